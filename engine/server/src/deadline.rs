//! Deadlines of a connection: a slow or silent client ends, and costs the others nothing.
//!
//! A connection is always in one phase, each with its own time. Whoever moves it on says so (the socket, the service,
//! the answer's body); one watchdog for each connection looks at the clock.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::ingress::HttpSettings;

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The first byte of a request.
    Idle = 0,
    /// The end of its head.
    Head = 1,
    /// The end of its body.
    Body = 2,
    /// The hub itself: no deadline here.
    Work = 3,
    /// The client, to take the answer.
    Answer = 4,
    /// The client, to take the last bytes of the answer.
    Flush = 5,
    /// The end of the TLS handshake.
    Handshake = 6,
}

impl Phase {
    const ALL: [Self; 7] = [Self::Idle, Self::Head, Self::Body, Self::Work, Self::Answer, Self::Flush, Self::Handshake];

    /// Name of the deadline that ends it, for metrics.
    fn reason(self) -> &'static str {
        match self {
            Self::Idle => "idle_timeout",
            Self::Head => "head_timeout",
            Self::Body => "body_timeout",
            Self::Work => "work",
            Self::Answer | Self::Flush => "answer_timeout",
            Self::Handshake => "handshake_timeout",
        }
    }
}

/// The phase of one connection and since when. Both in one word, so that they are never read apart: the lower three
/// bits are the phase, the rest milliseconds since the connection began.
pub(crate) struct Phases {
    began: Instant,
    word: AtomicU64,
}

const PHASE_BITS: u32 = 3;
const PHASE_MASK: u64 = (1 << PHASE_BITS) - 1;

/// A client that is at work sends its next request sooner than this.
const UNUSED_AFTER: Duration = Duration::from_secs(1);

/// How often the watchdog looks: a deadline is kept to within this or a quarter of the shortest.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(1);

impl Phases {
    /// A connection that begins now, with its handshake.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), word: AtomicU64::new(Phase::Handshake as u64) })
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> PHASE_BITS)
    }

    fn now(&self) -> (Phase, Duration) {
        let word = self.word.load(Ordering::Acquire);
        let since = Duration::from_millis(self.millis().saturating_sub(word >> PHASE_BITS));
        let phase = Phase::ALL.get((word & PHASE_MASK) as usize).copied().unwrap_or(Phase::Work);
        (phase, since)
    }

    /// For how long nobody has used the connection, or has been busy with its handshake; None where it is at work, or
    /// idle since a moment ago.
    pub(crate) fn unused_for(&self) -> Option<Duration> {
        let (phase, since) = self.now();
        let is_unused = phase == Phase::Handshake || (phase == Phase::Idle && UNUSED_AFTER <= since);
        is_unused.then_some(since)
    }

    /// The connection enters a phase now.
    pub(crate) fn enter(&self, phase: Phase) {
        self.word.store(self.millis() << PHASE_BITS | phase as u64, Ordering::Release);
    }

    fn move_on(&self, from: Phase, to: Phase) {
        if self.now().0 == from {
            self.enter(to);
        }
    }

    /// Whether nothing is under way: the connection may be closed without harm.
    pub(crate) fn is_idle(&self) -> bool {
        self.now().0 == Phase::Idle
    }

    /// Ends when the connection overstays a phase, with the name of the deadline.
    pub(crate) async fn overstayed(&self, settings: &HttpSettings) -> &'static str {
        let limit = |phase| match phase {
            Phase::Idle => Some(settings.idle_timeout.0),
            Phase::Head => Some(settings.head_timeout.0),
            Phase::Body => Some(settings.body_timeout.0),
            Phase::Work => None,
            Phase::Handshake => Some(settings.handshake_timeout.0),
            Phase::Answer | Phase::Flush => Some(settings.answer_timeout.0),
        };
        let shortest = Phase::ALL.into_iter().filter_map(limit).min().unwrap_or(LOOK_EVERY_MAX);
        let mut look = tokio::time::interval((shortest / 4).clamp(Duration::from_millis(10), LOOK_EVERY_MAX));
        loop {
            look.tick().await;
            let (phase, since) = self.now();
            if limit(phase).is_some_and(|limit| since > limit) {
                return phase.reason();
            }
        }
    }
}

/// A socket that tells what it sees: the first byte of a request, the last of an answer.
pub(crate) struct Watched<S> {
    socket: S,
    phases: Arc<Phases>,
}

impl<S> Watched<S> {
    pub(crate) fn new(socket: S, phases: Arc<Phases>) -> Self {
        Self { socket, phases }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.phases.move_on(Phase::Idle, Phase::Head);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_flush(context);
        if let Poll::Ready(Ok(())) = result {
            self.phases.move_on(Phase::Flush, Phase::Idle);
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
