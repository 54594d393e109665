//! The way into the source tree that the environment names: several families look at it.

use std::path::Path;

use countersign_domain::finding::Reason;

use crate::context::Context;
use crate::offload::{Abandoned, offload};
use crate::probe::{Doubt, Observation};

/// Runs `work` over the root of the source tree, on a thread of its own. Without a tree
/// there is a doubt and no work.
pub(crate) async fn look<T: Send + 'static>(
    cx: &Context,
    work: impl FnOnce(&Path, &Abandoned) -> Result<T, Doubt> + Send + 'static,
) -> Observation<T> {
    let Some(source) = cx.environment().targets.source.as_deref() else {
        return Observation::not_configured("source");
    };
    let root = cx.path(source);
    let facts = offload(move |abandoned| {
        if !root.is_dir() {
            let seen = format!("{} is not a folder", root.display());
            return Err(Doubt::new(Reason::NotConfigured, seen));
        }
        work(&root, abandoned)
    });
    Observation::new(source, facts.await)
}

/// Nobody waits for the answer any more.
pub(crate) fn abandoned() -> Doubt {
    Doubt::new(Reason::Cancelled, "nobody waits for the answer")
}
