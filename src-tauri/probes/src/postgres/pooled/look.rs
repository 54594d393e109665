//! Gathers what tells of a pool: the pooler's console, the database's own numbers, and the
//! parameters of the URL.

use countersign_domain::finding::Reason;

use super::{Activity, Facts, Params, UrlPool, console, slope};
use crate::context::Context;
use crate::postgres::session::{Session, number, text};
use crate::postgres::target::{Target, Which, shown};
use crate::probe::Doubt;

/// The declared path of a route that uses the database.
const PATH: &str = "pooling_path";
/// Parameters of a URL that are about a pool (Prisma, SQLAlchemy, node-postgres).
const PARAMETERS: &[&str] =
    &["connection_limit", "pool_timeout", "pgbouncer", "pool_size", "max_overflow", "max"];
/// Those that limit its size.
const LIMITS: &[&str] = &["connection_limit", "pool_size", "max"];

pub(super) async fn look(cx: &Context, params: &Params) -> Result<Facts, Doubt> {
    let console = match Which::Pooler.shown(cx) {
        Some(_) => Some(console::look(cx).await),
        None => None,
    };
    let application =
        Target::of(cx, Which::Database).ok().map(|target| (target.user, target.database));
    let url = shown(cx).map(in_url).unwrap_or_default();
    let named = shown(cx).is_some();
    let missing = || Doubt::new(Reason::NotConfigured, "the environment names no `database`");
    let session = if named { Session::open(cx).await } else { Err(missing()) };
    let (rounds, activity) = match session {
        Err(doubt) => (Err(doubt), None),
        Ok(session) => {
            let activity = activity(&session).await?;
            let rounds = if matches!(console, Some(Ok(_))) {
                Err(Doubt::new(Reason::NotAllowed, "the pooler tells; no requests were sent"))
            } else {
                let path = params.path.as_deref().or_else(|| cx.fact(PATH)).unwrap_or("/health");
                slope::measure(cx, &session, path).await
            };
            (rounds, Some(activity))
        }
    };
    Ok(Facts { application, console, rounds, url, activity })
}

/// The parameters of a URL that are about a pool.
fn in_url(url: &str) -> UrlPool {
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pool = UrlPool::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !PARAMETERS.contains(&&*name) {
            continue;
        }
        if LIMITS.contains(&&*name) {
            pool.limit = value.parse().ok().or(pool.limit);
        }
        pool.words.push(format!("{name}={value}"));
    }
    pool
}

async fn activity(session: &Session) -> Result<Activity, Doubt> {
    let counts = "SELECT current_setting('max_connections') AS max, \
                  (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL) AS everybody";
    let own = "SELECT coalesce(application_name, '') AS application, count(*) AS own \
               FROM pg_stat_activity WHERE usename = session_user AND pid <> pg_backend_pid() \
               GROUP BY 1 ORDER BY 2 DESC LIMIT 20";
    let rows = session.rows(counts).await?;
    let field = |name| rows.first().and_then(|row| number(row, name));
    let (Some(max), Some(all)) = (field("max"), field("everybody")) else {
        return Err(Doubt::new(Reason::Unexpected, "the server does not tell max_connections"));
    };
    let rows = session.rows(own).await?;
    let own = rows.iter().filter_map(|row| Some((text(row, "application")?, number(row, "own")?)));
    Ok(Activity { max, all, own: own.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_about_a_pool_are_read_and_no_others() {
        let pool = in_url(
            "postgresql://app:${PW}@db/shop?schema=s&connection_limit=5&pool_timeout=10&sslmode=require",
        );
        assert_eq!(pool.limit, Some(5));
        assert_eq!(pool.words, ["connection_limit=5", "pool_timeout=10"]);
        assert_eq!(in_url("postgresql://app@db/shop"), UrlPool::default());
        assert_eq!(in_url("postgresql://db?connection_limit=many").limit, None);
        assert_eq!(in_url("postgresql://db?pgbouncer=true").words, ["pgbouncer=true"]);
    }
}
