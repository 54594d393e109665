//! What a run gives its probes: the environment, the secrets it refers to, the clock, and
//! a cap on how many connections one host sees at a time.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use countersign_domain::environment::Environment;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::http::visit::{Ask, Outcome};
use crate::probe::Doubt;
use crate::redact::Redactor;
use crate::secrets::beside;
use crate::store::look::Look;
use crate::tls::trust::Trust;
use crate::tls::versions::Versions;

/// Connections that one host sees from us at a time.
const PER_HOST: usize = 4;

/// Secret values of one run, by name; forgotten when the run ends.
pub type Secrets = BTreeMap<String, Zeroizing<String>>;

/// The clock of a run.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How long one exchange with a server may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(10) }
    }
}

/// Looks that several claims share: the first one that asks makes it, the others wait.
struct Memo<V>(Mutex<HashMap<String, Arc<OnceCell<V>>>>);

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Memo<V> {
    async fn get(&self, key: String, look: impl Future<Output = V>) -> V {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            cells.entry(key).or_default().clone()
        };
        cell.get_or_init(|| look).await.clone()
    }
}

/// What a run gives its probes.
pub struct Context {
    environment: Environment,
    secrets: Secrets,
    redactor: Redactor,
    clock: Clock,
    base: PathBuf,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    patience: Patience,
    trust: OnceCell<Result<Arc<Trust>, Doubt>>,
    visits: Memo<Outcome>,
    versions: Memo<Arc<Versions>>,
    stored: OnceCell<Result<Arc<Look>, Doubt>>,
}

impl Context {
    /// A context for one run. Relative paths of the environment start at `base`. Reads the
    /// `.env` files of the source tree, whose secrets no finding may show.
    #[must_use]
    pub fn new(environment: Environment, secrets: Secrets, clock: Clock, base: PathBuf) -> Self {
        let source = environment.targets.source.as_deref().map(|source| base.join(source));
        let beside = source.map(|source| beside::values(&source)).unwrap_or_default();
        let redactor = Redactor::new(secrets.values().cloned().chain(beside));
        Self {
            environment,
            secrets,
            redactor,
            clock,
            base,
            hosts: Mutex::default(),
            patience: Patience::default(),
            trust: OnceCell::new(),
            visits: Memo::default(),
            versions: Memo::default(),
            stored: OnceCell::new(),
        }
    }

    /// The same with other time limits for one exchange.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// How long one exchange with a server may take.
    #[must_use]
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// The certificate authorities of this run: the system's and the environment's own.
    ///
    /// # Errors
    /// A doubt that names the file when the environment's own cannot be read.
    pub async fn trust(&self) -> Result<Arc<Trust>, Doubt> {
        let file = self.environment.targets.ca_file.as_deref().map(|file| self.path(file));
        self.trust.get_or_init(|| Trust::load(file)).await.clone()
    }

    /// One exchange over HTTP. The same question is asked once in a run and feeds every
    /// claim; questions that carry a secret or a body are always asked anew.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn visit(&self, ask: &Ask) -> Outcome {
        match ask.memo_key() {
            Some(key) => self.visits.get(key, crate::http::visit::fetch(self, ask)).await,
            None => crate::http::visit::fetch(self, ask).await,
        }
    }

    /// Which TLS versions `host:port` speaks, looked at once in a run.
    pub async fn tls_versions(&self, host: &str, port: u16) -> Arc<Versions> {
        let look = async { Arc::new(Versions::look(self, host, port).await) };
        self.versions.get(format!("{host}:{port}"), look).await
    }

    /// What the secret store says about the declared secrets, asked once in a run.
    ///
    /// # Errors
    /// Why the store said nothing.
    pub async fn stored(&self) -> Result<Arc<Look>, Doubt> {
        self.stored.get_or_init(|| Look::take(self)).await.clone()
    }

    /// Where the project runs.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The value of a secret, when its reference led to one.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Zeroizing<String>> {
        self.secrets.get(name)
    }

    /// A fact that the team declared (`facts` of the environment).
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.environment.facts.get(name).map(String::as_str)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Takes secrets out of texts.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// A path of the environment, made absolute.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// The target with `${NAME}` filled in; `Err` names the secret that is missing.
    ///
    /// # Errors
    /// The name of the first secret without a value.
    pub fn resolve(&self, target: &str) -> Result<Zeroizing<String>, String> {
        let mut out = Zeroizing::new(String::with_capacity(target.len()));
        let mut rest = target;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else { break };
            let value = self.secrets.get(name).ok_or_else(|| name.to_owned())?;
            let encoded: Zeroizing<String> =
                Zeroizing::new(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
            out.push_str(before);
            // Form encoding writes a blank as '+', which a URL's user part would keep.
            out.push_str(&encoded.replace('+', "%20"));
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Waits for a place among the connections to `host`.
    pub async fn place(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let semaphore = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts
                .entry(host.to_ascii_lowercase())
                .or_insert_with(|| Arc::new(Semaphore::new(PER_HOST)))
                .clone()
        };
        semaphore.acquire_owned().await.ok()
    }
}
