//! What one window holds: the opened home, and the key that is unlocked.

use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_workflow::view::KeyView;
use countersign_workflow::{Failure, Home, UnlockedKey};

/// The state behind every command.
pub struct Session {
    /// Ledger, keys and templates.
    pub home: Arc<Home>,
    unlocked: Mutex<Option<(KeyView, Arc<UnlockedKey>)>>,
}

impl Session {
    /// A session in which nobody is signed in.
    #[must_use]
    pub fn new(home: Arc<Home>) -> Self {
        Self { home, unlocked: Mutex::default() }
    }

    /// Signs a person in.
    pub fn enter(&self, view: KeyView, key: UnlockedKey) {
        *self.slot() = Some((view, Arc::new(key)));
    }

    /// Forgets the key.
    pub fn leave(&self) {
        *self.slot() = None;
    }

    /// Who is signed in.
    #[must_use]
    pub fn who(&self) -> Option<KeyView> {
        self.slot().as_ref().map(|(view, _)| view.clone())
    }

    /// The key of who is signed in.
    ///
    /// # Errors
    /// [`Failure::Locked`].
    pub fn key(&self) -> Result<Arc<UnlockedKey>, Failure> {
        self.slot().as_ref().map(|(_, key)| key.clone()).ok_or(Failure::Locked)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<(KeyView, Arc<UnlockedKey>)>> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Project and release of a command's arguments.
///
/// # Errors
/// [`Failure::Id`].
pub(crate) fn ids(project: &str, release: &str) -> Result<(ProjectId, ReleaseId), Failure> {
    Ok((ProjectId::parse(project)?, ReleaseId::parse(release)?))
}
