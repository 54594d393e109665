//! Runs blocking looks (file trees, git objects) on a thread of their own, and tells them
//! when nobody waits for the answer any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_domain::finding::Reason;

use crate::probe::Doubt;

/// Set when the future that waits is dropped.
#[derive(Clone)]
pub(crate) struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    /// Whether the work may stop.
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on a blocking thread. A panic there becomes a doubt about ourselves.
pub(crate) async fn offload<T: Send + 'static>(
    work: impl FnOnce(&Abandoned) -> Result<T, Doubt> + Send + 'static,
) -> Result<T, Doubt> {
    let flag = Arc::new(AtomicBool::new(false));
    let _waiting = Waiting(flag.clone());
    match tokio::task::spawn_blocking(move || work(&Abandoned(flag))).await {
        Ok(result) => result,
        Err(error) => Err(Doubt::new(Reason::Internal, format!("the look ended early: {error}"))),
    }
}
