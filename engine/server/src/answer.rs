//! The body of an answer: a chain of slices, sent one after the other without being joined.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::deadline::{Phase, Phases};

/// A body of known length.
pub(crate) struct AnswerBody {
    chunks: vec::IntoIter<Bytes>,
    left: u64,
    /// Told when the last chunk was handed over.
    phases: Option<Arc<Phases>>,
}

impl AnswerBody {
    /// A body in one piece.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { left: bytes.len() as u64, chunks: vec![bytes].into_iter(), phases: None }
    }

    /// A body in the pieces that SOAP gave.
    pub(crate) fn chain(body: phytohub_soap::Body) -> Self {
        Self { left: body.len() as u64, chunks: body.into_chunks().into_iter(), phases: None }
    }

    /// The same body, whose end is told to the connection's deadlines.
    pub(crate) fn observed(mut self, phases: Arc<Phases>) -> Self {
        self.phases = Some(phases);
        self
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.chunks.next();
        if let Some(chunk) = &chunk {
            self.left = self.left.saturating_sub(chunk.len() as u64);
        }
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Drop for AnswerBody {
    /// hyper drops a body when it has all of it; what remains is to bring the last bytes to the client.
    fn drop(&mut self) {
        if let Some(phases) = &self.phases {
            phases.enter(Phase::Flush);
        }
    }
}
