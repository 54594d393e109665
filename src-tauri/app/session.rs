//! What one window holds: the opened home, and the key that is unlocked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use countersign_domain::id::{ProjectId, ReleaseId};
use countersign_workflow::view::KeyView;
use countersign_workflow::{Cancel, Failure, Home, UnlockedKey};

/// How long a key stays unlocked while nobody uses it.
pub const LOCK_AFTER: Duration = Duration::from_secs(10 * 60);

/// Time since some fixed moment, never going back.
pub type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// The state behind every command.
pub struct Session {
    /// Ledger, keys and templates.
    pub home: Arc<Home>,
    unlocked: Mutex<Option<Unlocked>>,
    lock_after: Duration,
    clock: Clock,
    verification: Mutex<Cancel>,
}

/// A key in memory, and when its owner last used it.
struct Unlocked {
    view: KeyView,
    key: Arc<UnlockedKey>,
    used: Duration,
}

impl Session {
    /// A session in which nobody is signed in; a key locks after [`LOCK_AFTER`].
    #[must_use]
    pub fn new(home: Arc<Home>) -> Self {
        let began = Instant::now();
        Self::timed(home, LOCK_AFTER, Box::new(move || began.elapsed()))
    }

    /// The same, with another patience and clock.
    #[must_use]
    pub fn timed(home: Arc<Home>, lock_after: Duration, clock: Clock) -> Self {
        Self { home, unlocked: Mutex::default(), lock_after, clock, verification: Mutex::default() }
    }

    /// Signs a person in.
    pub fn enter(&self, view: KeyView, key: UnlockedKey) {
        *self.slot() = Some(Unlocked { view, key: Arc::new(key), used: (self.clock)() });
    }

    /// Forgets the key; its secret is wiped once no check run signs with it any more.
    pub fn leave(&self) {
        *self.slot() = None;
    }

    /// Forgets a key that nobody used for too long; whether it did.
    pub fn lock_when_idle(&self) -> bool {
        let mut slot = self.slot();
        let was = slot.is_some();
        self.judge(&mut slot);
        was && slot.is_none()
    }

    /// Who is signed in. Looking is no use of the key.
    #[must_use]
    pub fn who(&self) -> Option<KeyView> {
        let mut slot = self.slot();
        self.judge(&mut slot);
        slot.as_ref().map(|unlocked| unlocked.view.clone())
    }

    /// The key of who is signed in, who has thereby used it.
    ///
    /// # Errors
    /// [`Failure::Locked`], also when the key was idle for too long.
    pub fn key(&self) -> Result<Arc<UnlockedKey>, Failure> {
        let mut slot = self.slot();
        self.judge(&mut slot);
        let unlocked = slot.as_mut().ok_or(Failure::Locked)?;
        unlocked.used = (self.clock)();
        Ok(unlocked.key.clone())
    }

    fn judge(&self, slot: &mut Option<Unlocked>) {
        let now = (self.clock)();
        let Some(unlocked) = slot.as_mut() else { return };
        // A check run holds the key while it lasts: that is not idle.
        if Arc::strong_count(&unlocked.key) > 1 {
            unlocked.used = now;
        }
        if now.saturating_sub(unlocked.used) >= self.lock_after {
            *slot = None;
        }
    }

    /// What stops the verification of the ledger that begins now. One that is under way ends:
    /// nobody waits for two.
    #[must_use]
    pub fn begin_verification(&self) -> Cancel {
        let next = Cancel::new();
        let mut known = self.verification.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, next.clone()).cancel();
        next
    }

    /// Stops the verification of the ledger.
    pub fn stop_verification(&self) {
        self.verification.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Unlocked>> {
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
