//! The body of a request, as the platform has it.
//!
//! By hand, too: the SDK's reader asks for the length once more, takes 16 KB of memory for each piece, and waits for the end of the
//! stream and for trailers. Each wait is a turn of the host.

use spin_sdk::wasip3::http::types::{ErrorCode, Request, Trailers};
use spin_sdk::wasip3::wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult};
use spin_sdk::wasip3::wit_future;

/// A body on its way.
pub(crate) struct Body {
    pieces: StreamReader<u8>,
    /// What comes after the last piece: mostly no trailers, or why there was none. Held, as whoever drops it early says that the request
    /// is not wanted any more.
    end: FutureReader<Result<Option<Trailers>, ErrorCode>>,
    /// Says that all is well when it is dropped.
    _received: FutureWriter<Result<(), ErrorCode>>,
}

impl Body {
    /// That of `request`.
    pub(super) fn of(request: Request) -> Self {
        let (received, told) = wit_future::new(|| Ok(()));
        let (pieces, trailers) = Request::consume_body(request, told);
        Self {
            pieces,
            end: trailers,
            _received: received,
        }
    }

    /// The next piece, of at most so many bytes; `None` at the end, and where the body breaks off.
    pub(crate) async fn next(&mut self, at_most: usize) -> Option<Vec<u8>> {
        let (result, piece) = self.pieces.read(Vec::with_capacity(at_most)).await;
        matches!(result, StreamResult::Complete(_)).then_some(piece)
    }

    /// Whether the end was the end, and the body did not break off. A turn of the host more: only for those of no declared length.
    pub(crate) async fn ended(self) -> bool {
        let Self { end, _received, .. } = self;
        end.await.is_ok()
    }
}
