//! The folder that holds ledger, keys and templates, opened; and the one path by which
//! anything ever enters the ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Local, SubsecRound, Utc};
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, SignedEvent};
use countersign_domain::fold::Fold;
use countersign_domain::id::{EventId, ProjectId, ReleaseId};
use countersign_domain::refusal::Refusal;
use countersign_domain::template::Loaded;
use countersign_ledger::keys::{KeyFolder, UnlockedKey};
use countersign_ledger::{Ledger, LedgerError};
use tokio_util::sync::CancellationToken;

use crate::agent::off_the_runtime;
use crate::error::Failure;
use crate::reading::Reading;
use crate::verified::Verified;

/// Stops a run when somebody asks.
pub type Cancel = CancellationToken;

/// Fills bytes from a secure source.
type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Reads a variable of the process environment.
type Variable = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How often an event is signed at most because somebody else was quicker: with a key in
/// ssh-agent each time may be a touch.
const AGENT_TRIES: u32 = 5;
/// The same with a key that is here, which takes no time to speak of.
const TRIES: u32 = 50;

/// The world that a home depends on, as parameters.
#[derive(Clone)]
pub struct World {
    /// The time.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// Minutes by which the local clock is ahead of UTC at that time.
    pub utc_offset: Arc<dyn Fn(DateTime<Utc>) -> i32 + Send + Sync>,
    /// Fills bytes from a secure source.
    pub random: Random,
    /// Reads a variable of the process environment.
    pub variable: Variable,
    /// The program that typesets PDFs.
    pub pdf: Option<PathBuf>,
}

impl World {
    /// The clock, random source and environment of this process.
    #[must_use]
    pub fn real() -> Self {
        Self {
            now: Arc::new(Utc::now),
            utc_offset: Arc::new(|at| at.with_timezone(&Local).offset().local_minus_utc() / 60),
            random: Arc::new(|bytes| {
                use rand::TryRngCore as _;
                // Without a random source nothing here is safe to go on with.
                #[expect(clippy::expect_used, reason = "no keys or ids without randomness")]
                rand::rngs::OsRng.try_fill_bytes(bytes).expect("the system's random source");
            }),
            variable: Arc::new(|name| std::env::var(name).ok()),
            pdf: crate::pdf::beside_this_program(),
        }
    }
}

/// The folder that holds ledger, keys and templates.
pub struct Home {
    path: PathBuf,
    pub(crate) world: World,
    pub(crate) ledger: Ledger,
    pub(crate) keys: KeyFolder,
    folds: Mutex<BTreeMap<ProjectId, Reading>>,
    verified: Verified,
    pub(crate) runs: Mutex<BTreeMap<ReleaseId, CancellationToken>>,
    pub(crate) demo: tokio::sync::Mutex<Option<crate::demo::Target>>,
}

impl Home {
    /// Opens the folder, making what is missing.
    ///
    /// # Errors
    /// [`Failure`] when the ledger or the keys cannot be opened.
    pub fn open(path: &Path, world: World) -> Result<Self, Failure> {
        let ledger = Ledger::open(path.join("ledger.sqlite"))?;
        let keys = KeyFolder::open(path.join("keys"))?;
        let verified = Verified::of(path, keys.path(), env!("CARGO_PKG_VERSION"));
        Ok(Self {
            path: path.to_owned(),
            world,
            ledger,
            keys,
            folds: Mutex::default(),
            verified,
            runs: Mutex::default(),
            demo: tokio::sync::Mutex::default(),
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The ledger's file.
    #[must_use]
    pub fn ledger_path(&self) -> &Path {
        self.ledger.path()
    }

    /// How far the ledger reaches. It grows with every event, whichever process wrote it.
    ///
    /// # Errors
    /// [`Failure::Ledger`].
    pub fn position(&self) -> Result<i64, Failure> {
        let projects = self.ledger.projects()?;
        projects.iter().try_fold(0, |sum, project| Ok(sum + self.ledger.last_seq(project)?))
    }

    /// The time, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.world.now)().trunc_subsecs(3)
    }

    /// A new random id.
    pub(crate) fn fresh(&self, prefix: &str) -> String {
        let mut bytes = [0u8; 16];
        (self.world.random)(&mut bytes);
        format!("{prefix}-{}", uuid::Builder::from_random_bytes(bytes).into_uuid().simple())
    }

    /// Reads the state of a project, up to date with the file (other processes write too).
    pub(crate) fn read<T>(
        &self,
        project: &ProjectId,
        look: impl FnOnce(&Fold) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut folds = self.folds();
        look(&self.fresh_fold(&mut folds, project)?.fold)
    }

    /// Signs `body` with `key` and appends it, if the rules allow it. What they refuse is
    /// kept as an attempt where that belongs in the trail, unless that takes a touch.
    ///
    /// # Errors
    /// The refusal, or trouble with ledger or key; [`Failure::Overtaken`]. Nothing has
    /// changed then.
    pub(crate) fn act(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        body: Body,
    ) -> Result<EventId, Failure> {
        let result = self.append(key, project, &body);
        if let Err(Failure::Refused(refusal)) = &result
            && refusal.belongs_in_trail()
            && !key.needs_touch()
        {
            let kept = self.keep_attempt(key, project, &body, refusal);
            // Whoever was refused should hear that, not that their agent did not note it.
            if !key.is_in_agent() {
                kept?;
            }
        }
        result
    }

    /// Signs over what there is and appends; where somebody else was quicker, signs anew.
    fn append(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        body: &Body,
    ) -> Result<EventId, Failure> {
        let tries = if key.is_in_agent() { AGENT_TRIES } else { TRIES };
        for _ in 0..tries {
            let mut folds = self.folds();
            let reading = self.fresh_fold(&mut folds, project)?;
            let envelope = self.envelope(reading, key, project, body);
            let signed = if key.is_in_agent() {
                // Nobody is asked to touch a key for what is refused anyway.
                reading.fold.try_envelope(envelope.clone())?;
                // Whoever is asked may take their time, and no reader waits for that.
                drop(folds);
                let signed = off_the_runtime(|| key.sign_event(&envelope))?;
                folds = self.folds();
                signed
            } else {
                key.sign_event(&envelope)?
            };
            if self.take_in(&mut folds, &envelope, &signed)? {
                return Ok(signed.id());
            }
        }
        Err(Failure::Overtaken)
    }

    fn envelope(
        &self,
        reading: &Reading,
        key: &UnlockedKey,
        project: &ProjectId,
        body: &Body,
    ) -> Envelope {
        Envelope {
            version: ENVELOPE_VERSION,
            project: project.clone(),
            parents: reading.fold.heads().iter().cloned().collect(),
            author: key.fingerprint().clone(),
            at: self.event_time(reading, body),
            body: body.clone(),
        }
    }

    /// Appends what was signed, if it still builds on all that there is; whether it does.
    fn take_in(
        &self,
        folds: &mut BTreeMap<ProjectId, Reading>,
        envelope: &Envelope,
        signed: &SignedEvent,
    ) -> Result<bool, Failure> {
        let project = &envelope.project;
        let reading = self.fresh_fold(folds, project)?;
        if !reading.fold.heads().iter().eq(&envelope.parents) {
            return Ok(false);
        }
        let event =
            signed.verify().map_err(|source| LedgerError::BadEvent { id: signed.id(), source })?;
        reading.fold.admit(event)?;
        let appended = self.ledger.append_after(reading.seq(), signed, self.now());
        if !matches!(appended, Ok(true)) {
            // The fold is ahead of the file: read it anew next time.
            folds.remove(project);
        }
        Ok(appended?)
    }

    /// A clock that went back must not make an event older than what it builds on or tells.
    fn event_time(&self, cached: &Reading, body: &Body) -> DateTime<Utc> {
        let seen = match body {
            Body::FindingRecorded { finding, .. } => Some(finding.started_at.trunc_subsecs(3)),
            _ => None,
        };
        [cached.fold.latest(), seen].into_iter().flatten().fold(self.now(), DateTime::max)
    }

    fn keep_attempt(
        &self,
        key: &UnlockedKey,
        project: &ProjectId,
        attempt: &Body,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        let body = Body::AttemptRefused {
            release: attempt.release().cloned(),
            action: attempt.kind().to_owned(),
            code: refusal.code().to_owned(),
            reason: refusal.to_string(),
        };
        self.append(key, project, &body).map(|_| ())
    }

    fn folds(&self) -> MutexGuard<'_, BTreeMap<ProjectId, Reading>> {
        self.folds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reading that ends in an error is dropped, so that the next look meets the error too.
    fn fresh_fold<'a>(
        &self,
        folds: &'a mut BTreeMap<ProjectId, Reading>,
        project: &ProjectId,
    ) -> Result<&'a mut Reading, Failure> {
        let mut reading = match folds.remove(project) {
            Some(known) => known,
            None => Reading::of(&self.ledger, project, &self.verified)?,
        };
        reading.go_on(&self.ledger, project)?;
        if let Some(head) = reading.worth_keeping() {
            self.verified.keep(project, head, &*self.world.random);
        }
        Ok(folds.entry(project.clone()).or_insert(reading))
    }

    /// Stores a template and makes it known, so that a release can pin it.
    pub(crate) fn store_template(
        &self,
        project: &ProjectId,
        loaded: &Loaded,
    ) -> Result<(), Failure> {
        self.ledger.put_blob(loaded.text.as_bytes())?;
        let mut folds = self.folds();
        let cached = self.fresh_fold(&mut folds, project)?;
        cached.fold.know(loaded.digest.clone(), Arc::new(loaded.template.clone()));
        Ok(())
    }
}

/// The platform's folder for the data of this program: where the CLI and the window meet.
///
/// # Errors
/// [`Failure::Input`] where the platform names none.
pub fn default_home() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("COUNTERSIGN_HOME").filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    dirs::data_dir().map(|folder| folder.join("countersign")).ok_or_else(|| Failure::Input {
        field: "home",
        problem: "this system names no folder for data".into(),
        hint: "Say which with --home DIR or COUNTERSIGN_HOME",
    })
}
