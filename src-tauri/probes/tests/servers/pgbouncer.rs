//! A real PgBouncer in front of a cluster: the console is asked by the user `stats`.

use std::process::Command;

use super::{Postgres, Running, as_user_postgres, free_port, own};

/// PgBouncer before the database `shop`, ended when dropped.
pub struct PgBouncer {
    pub port: u16,
    _folder: tempfile::TempDir,
    _running: Running,
}

impl PgBouncer {
    /// With these lines of its own; every user of `users` has the password.
    pub fn start(server: &Postgres, users: &[&str], password: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let list: String =
            users.iter().map(|user| format!("\"{user}\" \"{password}\"\n")).collect();
        std::fs::write(folder.path().join("users.txt"), list).expect("a file");
        let dir = folder.path().display();
        let conf = format!(
            "[databases]\nshop = host=127.0.0.1 port={} dbname=shop\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {dir}/users.txt\nstats_users = stats\n{lines}\n",
            server.port
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, conf).expect("a file");
        own(folder.path());
        let mut command: Command = as_user_postgres("/usr/sbin/pgbouncer".into());
        command.arg(file);
        let running = Running::start(command, port);
        Self { port, _folder: folder, _running: running }
    }
}
