//! Waiting for what must happen, with an end: no test sleeps for a fixed time.

use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// How long anything may take before a test fails. Far more than it needs, so that a busy machine fails no test.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked for what nobody announces.
const AGAIN: Duration = Duration::from_millis(10);

/// Waits until it is so, which only looking tells; panics with `what` when it takes longer than [`PATIENCE`].
pub async fn until(what: &str, is: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(AGAIN);
    let looking = async {
        while !is() {
            tick.tick().await;
        }
    };
    eventually(what, looking).await;
}

/// Waits for `future`; panics with `what` when it takes longer than [`PATIENCE`].
pub async fn eventually<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
