//! A small disk for the hub: a file system in memory that takes the place of its data for one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use phytohub_operate::Size;
use phytohub_operate::layout::Layout;

/// The mounted file system; taken away when this is dropped, and with it all that the run wrote.
pub(crate) struct SmallDisk {
    data: PathBuf,
}

impl SmallDisk {
    /// Lays a file system of `size` over the data of a resting hub, with a copy of them in it.
    ///
    /// # Errors
    /// A sentence that says what is needed.
    pub(crate) fn mount(layout: &Layout, size: Size) -> Result<Self, String> {
        let data = layout.data();
        let lock = layout.lock().map_err(|_| {
            format!("{}: a hub runs here; [hub] small_disk needs one that rests", layout.dir().display())
        })?;
        // Copied before the mount hides the originals.
        let copy = layout.dir().join("data-on-small-disk");
        run("cp", &["-a".as_ref(), data.as_os_str(), copy.as_os_str()])?;
        drop(lock);
        let options = format!("size={}", size.0);
        let mounted = run(
            "mount",
            &["-t", "tmpfs", "-o", &options, "phytoload"]
                .map(AsRef::as_ref)
                .into_iter()
                .chain([data.as_os_str()])
                .collect::<Vec<_>>(),
        );
        let disk = mounted
            .map(|()| Self { data: data.clone() })
            .map_err(|error| format!("[hub] small_disk mounts a file system, for which root is needed: {error}"));
        let filled = disk.and_then(|disk| {
            let inside = copy.join(".");
            run("cp", &["-a".as_ref(), inside.as_os_str(), data.as_os_str()])?;
            Ok(disk)
        });
        let _ = std::fs::remove_dir_all(&copy);
        filled
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Nothing more can be done here; a mount that stays is seen by whoever looks for the space.
        let _ = run("umount", &[self.data.as_os_str()]);
    }
}

fn run(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{program} {}: {}",
        Path::new(arguments.last().copied().unwrap_or_default()).display(),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
