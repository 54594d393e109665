//! What the tests stand on: real servers on loopback, a certificate authority of their
//! own, git trees, and the built `countersign` program. Everything lives in a temporary
//! folder, takes a free port, waits a bounded time, and ends when its value is dropped.
//! Only the servers' own programs are used, so that a probe meets what it will meet in
//! the field.

mod ca;
mod canary;
mod cli;
mod echo;
mod git;
mod hostile;
mod mailagent;
mod moto;
mod nginx;
mod port;
mod postgres;
mod process;
mod prometheus;
mod recorder;
mod redis;
mod release;
mod signed;
mod ssh_agent;
mod validators;
mod venv;

pub use ca::{Leaf, LeafOptions, TestCa};
pub use canary::Canaries;
pub use cli::Cli;
pub use echo::Echo;
pub use git::GitTree;
pub use hostile::{Behaviour, Hostile};
pub use mailagent::{
    FRONTEND, Fault, MailAgent, Monitoring, SecretStore, Secrets, Stores, USER_PASSWORD, replace,
    token,
};
pub use moto::Moto;
pub use nginx::{LoginLimit, Nginx, NginxOptions, Origins, PlainHttp};
pub use port::free_port;
pub use postgres::{Postgres, PostgresOptions, SUPERUSER_PASSWORD};
pub use process::{Process, Ran, run, wait_until};
pub use prometheus::{Alertmanager, Prometheus, PrometheusOptions};
pub use recorder::{Recorder, Wrapping};
pub use redis::{Redis, RedisOptions};
pub use release::{Opened, PASSPHRASE, open_release};
pub use signed::{ARTIFACT, Signed, path_text};
pub use ssh_agent::SshAgent;
pub use validators::Validators;
