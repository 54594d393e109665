//! A real PostgreSQL cluster on loopback, with or without TLS.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::ca::Leaf;
use crate::port::on_free_port;
use crate::process::{Process, Ran, run};

const READY: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(60);

/// Password of the superuser `postgres` of every test cluster.
pub const SUPERUSER_PASSWORD: &str = "superuser of a test";

/// What the cluster is made with.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    /// Offers TLS with this certificate.
    pub tls: Option<Leaf>,
    /// Refuses TCP connections without TLS (`hostssl`, `hostnossl … reject` in pg_hba.conf).
    pub tls_required: bool,
    /// Statements run one by one as superuser in database `postgres` after the start.
    pub statements: Vec<String>,
    /// Further lines of postgresql.conf.
    pub settings: Vec<String>,
}

/// A running cluster, stopped and removed when dropped.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    bin: PathBuf,
    process: Process,
    // Declared last: the folder goes after the process that writes into it.
    dir: TempDir,
}

impl Postgres {
    /// Makes a cluster, starts it, waits until it takes queries, runs the statements.
    ///
    /// # Errors
    /// When PostgreSQL is missing, refuses the options, or a statement fails.
    pub fn start(options: PostgresOptions) -> Result<Self> {
        let bin = programs()?;
        on_free_port(|port| Self::start_on(port, &bin, &options))
    }

    fn start_on(port: u16, bin: &Path, options: &PostgresOptions) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let account = Account::find()?;
        account.own(dir.path())?;
        init(bin, &account, dir.path())?;
        configure(&account, dir.path(), port, options)?;

        let mut command = account.command(&bin.join("postgres"));
        command.arg("-D").arg(dir.path().join("data")).current_dir(dir.path());
        let mut process = Process::spawn("postgres", &mut command, &dir.path().join("log"))?;
        process.wait_ready(READY, || {
            let mut check = Command::new(bin.join("pg_isready"));
            check.args(["--quiet", "--port", &port.to_string(), "--host"]).arg(dir.path());
            run(&mut check, LIMIT).is_ok_and(|ran| ran.code == Some(0))
        })?;

        let postgres = Self { port, bin: bin.to_owned(), process, dir };
        for statement in &options.statements {
            postgres.admin("postgres", statement)?;
        }
        Ok(postgres)
    }

    /// The loopback port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the postmaster.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Stops it; its files stay until this value is dropped.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// What the server logged up to now.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Runs one statement as superuser over the local socket; returns bare rows.
    ///
    /// # Errors
    /// When it fails, quoting the server.
    pub fn admin(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = self.client();
        command
            .env("PGHOST", self.dir.path())
            .env("PGUSER", "postgres")
            .env("PGDATABASE", database);
        let ran =
            run(command.args(["--command", sql]), LIMIT)?.with_code(0).context(sql.to_owned())?;
        Ok(ran.stdout.trim_end().to_owned())
    }

    /// Runs one statement over TCP the way an application would, with further `PG*`
    /// variables such as `PGSSLMODE` and `PGSSLROOTCERT`.
    ///
    /// # Errors
    /// When psql can't be run. What the server says is in the result.
    pub fn psql(
        &self,
        user: &str,
        password: &str,
        variables: &[(&str, &str)],
        sql: &str,
    ) -> Result<Ran> {
        let mut command = self.client();
        command
            .env("PGHOST", "localhost")
            .env("PGHOSTADDR", "127.0.0.1")
            .env("PGDATABASE", "postgres")
            .env("PGUSER", user)
            .env("PGPASSWORD", password)
            .envs(variables.iter().copied());
        run(command.args(["--command", sql]), LIMIT)
    }

    fn client(&self) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command
            .args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1"])
            .env("PGPORT", self.port.to_string())
            .env("PGCONNECT_TIMEOUT", "10");
        command
    }
}

/// The system account that the server runs as: PostgreSQL refuses root.
#[derive(Debug)]
enum Account {
    Own,
    Other { uid: u32, gid: u32 },
}

impl Account {
    fn find() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        Ok(Self::Other { uid: id_of("-u")?, gid: id_of("-g")? })
    }

    /// Gives a path to the account, if it is another one.
    fn own(&self, path: &Path) -> Result<()> {
        if let Self::Other { uid, gid } = self {
            chown(path, Some(*uid), Some(*gid))
                .with_context(|| format!("chown {}", path.display()))?;
        }
        Ok(())
    }

    /// `program` as this account. setpriv replaces itself by it, so the id stays.
    fn command(&self, program: &Path) -> Command {
        let Self::Other { uid, gid } = self else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .args(["--clear-groups", "--"])
            .arg(program);
        command
    }
}

fn id_of(flag: &str) -> Result<u32> {
    let ran = run(Command::new("id").args([flag, "postgres"]), LIMIT)?
        .with_code(0)
        .context("root needs the account postgres to run a cluster")?;
    Ok(ran.stdout.trim().parse()?)
}

/// The folder of PostgreSQL's own programs: the newest that Debian keeps, else by PATH.
fn programs() -> Result<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    let debian =
        versions.iter().rev().map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = debian.chain(std::env::split_paths(&path));
    match candidates.into_iter().find(|dir| dir.join("initdb").is_file()) {
        Some(dir) => Ok(dir),
        None => bail!("initdb was not found: PostgreSQL is missing (./dev setup installs it)"),
    }
}

fn init(bin: &Path, account: &Account, dir: &Path) -> Result<()> {
    let password = dir.join("password");
    fs::write(&password, SUPERUSER_PASSWORD)?;
    account.own(&password)?;
    let mut command = account.command(&bin.join("initdb"));
    command
        .arg("--pgdata")
        .arg(dir.join("data"))
        .arg("--pwfile")
        .arg(&password)
        .args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
        .current_dir(dir);
    run(&mut command, LIMIT)?.with_code(0).context("initdb")?;
    Ok(())
}

fn configure(account: &Account, dir: &Path, port: u16, options: &PostgresOptions) -> Result<()> {
    let data = dir.join("data");
    // fsync buys a test cluster nothing.
    let mut settings = vec![
        "listen_addresses = '127.0.0.1'".to_owned(),
        format!("port = {port}"),
        format!("unix_socket_directories = '{}'", dir.display()),
        "fsync = off".to_owned(),
        "shared_buffers = 16MB".to_owned(),
        "max_connections = 30".to_owned(),
    ];
    if let Some(leaf) = &options.tls {
        let (certificate, key) = leaf.write(&data)?;
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600))?;
        account.own(&certificate)?;
        account.own(&key)?;
        settings.push("ssl = on".to_owned());
        settings.push(format!("ssl_cert_file = '{}'", certificate.display()));
        settings.push(format!("ssl_key_file = '{}'", key.display()));
    }
    settings.extend(options.settings.iter().cloned());
    append(&data.join("postgresql.conf"), &settings.join("\n"))?;

    let tcp = if options.tls_required { "hostssl" } else { "host" };
    let rest = if options.tls_required { "hostnossl all all all reject\n" } else { "" };
    let access = format!("local all all trust\n{tcp} all all 127.0.0.1/32 scram-sha-256\n{rest}");
    fs::write(data.join("pg_hba.conf"), access)?;
    Ok(())
}

fn append(path: &Path, text: &str) -> Result<()> {
    let mut contents = fs::read_to_string(path)?;
    contents.push('\n');
    contents.push_str(text);
    contents.push('\n');
    fs::write(path, contents)?;
    Ok(())
}
