//! Commands that show a person in psql what a probe saw. The password comes from the
//! variable that the URL names (or from ~/.pgpass), never from the command line.

use super::target::{SslMode, Target, Which};
use crate::context::Context;
use crate::http::reproduce::quoted;

/// psql to this target, up to its options.
pub(super) fn psql(cx: &Context, which: Which) -> Option<String> {
    let at = Target::of(cx, which).ok()?;
    let mode = match at.mode {
        SslMode::Absent | SslMode::Unknown(_) => "prefer".to_owned(),
        ref known => known.words(),
    };
    Some(with_mode(cx, which, &at, &mode))
}

/// psql to the database with this sslmode.
pub(super) fn with_mode(cx: &Context, which: Which, at: &Target, mode: &str) -> String {
    let mut command = String::new();
    if let Some(variable) = which.shown(cx).and_then(placeholder) {
        command.push_str(&format!("PGPASSWORD=\"${variable}\" "));
    }
    command.push_str(&format!("PGSSLMODE={mode} "));
    if let Some(file) = &cx.environment().targets.ca_file
        && mode.starts_with("verify")
    {
        command.push_str(&format!("PGSSLROOTCERT={} ", quoted(file)));
    }
    let host = at.host.trim_start_matches('[').trim_end_matches(']');
    let (host, user, database) = (quoted(host), quoted(&at.user), quoted(&at.database));
    command.push_str(&format!("psql -X -w -h {host} -p {} -U {user} -d {database}", at.port));
    command
}

/// The first `${NAME}` of a URL.
fn placeholder(url: &str) -> Option<&str> {
    let (_, after) = url.split_once("${")?;
    Some(after.split_once('}')?.0)
}
