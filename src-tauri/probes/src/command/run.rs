//! Runs one command without a shell: a fixed set of variables, no input, a process group of
//! its own, a deadline, and only the end of what it prints.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::group::Group;
use super::report::Printed;
use super::tail::Tail;
use super::voice::Voice;

/// Variables that a command gets whatever the template says.
const ALWAYS: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "NODE_OPTIONS",
    "NVM_DIR",
    // Windows finds no program without these.
    "SystemRoot",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "PATHEXT",
    "APPDATA",
];
/// How long processes left behind may hold the output after the command itself ended.
const LINGER: Duration = Duration::from_millis(500);
/// How long a command may tidy up after it was asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// How a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    By(ExitStatus),
    /// At the deadline, by us.
    AtDeadline,
    /// It could not be started, or not be waited for.
    Failed(std::io::Error),
}

/// How much of the output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Its last lines, to show.
    Lines,
    /// As much as a report may need.
    Report,
}

impl Keep {
    fn bytes(self) -> usize {
        match self {
            Self::Lines => 64 * 1024,
            Self::Report => 8 * 1024 * 1024,
        }
    }
}

/// A run that is over.
pub(super) struct Ran {
    pub(super) ended: Ended,
    pub(super) printed: Printed,
}

/// What hears the outputs.
struct Ears {
    both: Tail,
    out: Tail,
    voice: Voice,
}

impl Ears {
    fn new(keep: Keep) -> Self {
        let out = Tail::of(if keep == Keep::Report { keep.bytes() } else { 0 });
        Self { both: Tail::of(keep.bytes()), out, voice: Voice::new() }
    }

    fn hear(&mut self, bytes: &[u8], from_out: bool) {
        self.both.push(bytes);
        if from_out {
            self.out.push(bytes);
        }
        self.voice.hear(bytes, from_out);
    }

    fn printed(&self) -> Printed {
        Printed {
            both: self.both.text(),
            out: self.out.text(),
            dropped: self.both.dropped(),
            out_dropped: self.out.dropped(),
        }
    }
}

/// Runs `argv` in `dir`. When the future is dropped, the whole group is killed.
pub(super) async fn run(
    argv: &[String],
    dir: &Path,
    allowed: &[String],
    limit: Duration,
    keep: Keep,
) -> Ran {
    let mut ears = Ears::new(keep);
    let mut child = match start(argv, dir, allowed) {
        Ok(child) => child,
        Err(error) => return Ran { ended: Ended::Failed(error), printed: ears.printed() },
    };
    let mut group = Group::led_by(child.id());
    let deadline = Instant::now() + limit;
    let mut out = child.stdout.take();
    let mut err = child.stderr.take();
    let ended = timeout_at(deadline, watch(&mut child, &mut out, &mut err, &mut ears)).await;
    let ended = match ended {
        Ok(Ok(status)) => {
            // Output that is still open belongs to a process that was left behind.
            if timeout(LINGER, drain(&mut out, &mut err, &mut ears)).await.is_ok() {
                group.ended();
            }
            Ended::By(status)
        }
        Ok(Err(error)) => Ended::Failed(error),
        Err(_) => {
            group.ask();
            let _ = timeout(GRACE, watch(&mut child, &mut out, &mut err, &mut ears)).await;
            group.end();
            Ended::AtDeadline
        }
    };
    Ran { ended, printed: ears.printed() }
}

fn start(argv: &[String], dir: &Path, allowed: &[String]) -> std::io::Result<Child> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(std::io::Error::from(std::io::ErrorKind::InvalidInput));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir).env_clear();
    for name in ALWAYS.iter().copied().chain(allowed.iter().map(String::as_str)) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Colours and prompts belong to a terminal; there is none.
    command.env("CI", "true").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

/// Reads both outputs until the command ends.
async fn watch(
    child: &mut Child,
    out: &mut Option<impl AsyncRead + Unpin>,
    err: &mut Option<impl AsyncRead + Unpin>,
    ears: &mut Ears,
) -> std::io::Result<ExitStatus> {
    tokio::select! {
        status = child.wait() => status,
        () = read_then_stay(out, err, ears) => Err(std::io::ErrorKind::Interrupted.into()),
    }
}

/// Reads until both outputs are closed, then waits for ever: a command may close its
/// outputs before it ends.
async fn read_then_stay(
    out: &mut Option<impl AsyncRead + Unpin>,
    err: &mut Option<impl AsyncRead + Unpin>,
    ears: &mut Ears,
) {
    drain(out, err, ears).await;
    std::future::pending().await
}

async fn drain(
    out: &mut Option<impl AsyncRead + Unpin>,
    err: &mut Option<impl AsyncRead + Unpin>,
    ears: &mut Ears,
) {
    let mut out_bytes = vec![0; 8 * 1024];
    let mut err_bytes = vec![0; 8 * 1024];
    while out.is_some() || err.is_some() {
        let (bytes, read, from_out) = tokio::select! {
            read = next(out, &mut out_bytes), if out.is_some() => (&out_bytes, read, true),
            read = next(err, &mut err_bytes), if err.is_some() => (&err_bytes, read, false),
            () = ears.voice.due() => {
                ears.voice.speak();
                continue;
            }
        };
        match read {
            0 if from_out => *out = None,
            0 => *err = None,
            read => ears.hear(&bytes[..read], from_out),
        }
    }
}

/// Bytes read, zero at the end or when the pipe broke.
async fn next(source: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> usize {
    match source {
        Some(source) => source.read(into).await.unwrap_or(0),
        None => 0,
    }
}
