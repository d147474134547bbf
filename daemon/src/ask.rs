//! What a face may ask the rooms behind it for: the one thing that flows back. An answer is an event.

use crate::model::Id;
use tokio::sync::mpsc;

/// One wish.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ask {
    /// Fetch the logs of this component. [`What::LogsEnded`](crate::event::What::LogsEnded) tells when it is done.
    Logs(Id),
}

/// Where wishes go. Bounded: whoever asks faster than devices answer is refused.
pub type Asks = mpsc::Sender<Ask>;

/// How many wishes may wait.
pub const WAITING_MOST: usize = 64;
