//! Where the module's memory comes from: first from a part that it has from its beginning, then from the host.
//!
//! A host grows the memory of an instance by calls of the system, once for growing it and once for taking it back.
//! They take a fifth of the time in which an ordinary certificate is judged, which needs less than is here at once.

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// Bytes of a page of WebAssembly (core specification 2.0, 4.2.8).
const PAGE: usize = 64 << 10;

/// Bytes that are there from the beginning: enough for a certificate of a dozen lines and its report.
const AT_ONCE: usize = 256 << 10;

#[global_allocator]
static MEMORY: TalcSyncCell<AtOnceThenGrown, WasmBinning> = TalcSyncCell::new_wasm(AtOnceThenGrown::Nothing);

/// What was taken so far.
#[derive(Debug)]
enum AtOnceThenGrown {
    Nothing,
    AtOnce,
    /// The memory was grown, and all before this is the allocator's.
    Grown(Option<NonNull<u8>>),
}

// SAFETY: neither allocates nor reaches the allocator but by what it is given.
#[expect(unsafe_code, reason = "memory has no owner before the allocator has it")]
unsafe impl Source for AtOnceThenGrown {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        static mut HEAP: MaybeUninit<[u8; AT_ONCE]> = MaybeUninit::uninit();
        if matches!(talc.source, Self::Nothing) {
            talc.source = Self::AtOnce;
            // SAFETY: nobody else knows of these bytes, and they are given away once.
            unsafe { talc.claim((&raw mut HEAP).cast(), AT_ONCE) };
            // Where this is too little, the allocator asks again.
            return Ok(());
        }
        // Room for the allocator's own notes, too.
        let pages = (layout.size() + layout.align() + PAGE).div_ceil(PAGE);
        let before = memory_grow::<0>(pages);
        if before == usize::MAX {
            return Err(());
        }
        let (start, length) = (before * PAGE, pages * PAGE);
        // The last page of all ends where addresses begin again; the allocator does without its last bytes.
        let (start, behind) = (start as *mut u8, start.saturating_add(length) as *mut u8);
        let end = match talc.source {
            // SAFETY: the pages are new and follow those that the allocator has, which nobody else grew.
            Self::Grown(Some(end)) if end.as_ptr() == start => unsafe { Some(talc.extend(end, behind)) },
            // SAFETY: the pages are new, so nobody else has them.
            _ => unsafe { talc.claim(start, length) },
        };
        talc.source = Self::Grown(end);
        Ok(())
    }
}
