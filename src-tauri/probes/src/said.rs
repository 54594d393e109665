//! The way of a line from inside a look to whoever follows the run. A look says something
//! without knowing who asked for it; redacted and bounded here, it goes out as progress.

use std::sync::Arc;

use countersign_domain::id::ItemId;
use tokio::sync::mpsc::UnboundedSender;

use crate::context::Context;
use crate::run::Progress;

/// Longest line that is passed on, in characters.
const LONGEST: usize = 200;

tokio::task_local! {
    static LISTENER: Listener;
}

/// Who hears what one look says.
#[derive(Clone)]
pub(crate) struct Listener {
    /// Knows the secrets that no line may carry.
    pub(crate) cx: Arc<Context>,
    /// The items and places that asked for this look.
    pub(crate) asked_by: Vec<(ItemId, u32)>,
    /// The listener of the whole run.
    pub(crate) on: UnboundedSender<Progress>,
}

impl Listener {
    /// Lets `look` be heard.
    pub(crate) async fn hear<T>(self, look: impl Future<Output = T>) -> T {
        LISTENER.scope(self, look).await
    }

    fn pass_on(&self, line: &str) {
        let line = self.cx.redactor().text(line, LONGEST).replace(['\n', '\t'], " ");
        for (item, slot) in &self.asked_by {
            let said = Progress::Said { item: item.clone(), slot: *slot, line: line.clone() };
            // Nobody listening is no reason to stop.
            let _ = self.on.send(said);
        }
    }
}

/// Says one line to whoever follows the run; nobody does in most tests.
pub(crate) fn say(line: &str) {
    // An error means that nobody listens.
    let _ = LISTENER.try_with(|listener| listener.pass_on(line));
}
