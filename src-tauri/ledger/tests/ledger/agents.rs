//! Agents for tests: OpenSSH's own, and one that answers whatever a story wants.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// OpenSSH's agent. It asks for confirmation through a script that answers what
/// [`RealAgent::will_confirm`] said last, at first yes.
pub(crate) struct RealAgent {
    folder: TempDir,
    child: Child,
}

impl RealAgent {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("askpass");
        // To confirm, it says nothing and ends well; to whoever wants a passphrase it gives one.
        let answer = folder.path().join("answer");
        let text = format!(
            "#!/bin/sh\ncase $1 in\n*Allow*) exec test -e '{}' ;;\nesac\necho 'a lock'\n",
            answer.display()
        );
        fs::write(&script, text).expect("a script");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("executable");
        fs::write(&answer, "").expect("an answer");
        let socket = folder.path().join("agent");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket);
        command.env("SSH_ASKPASS", &script).env("SSH_ASKPASS_REQUIRE", "force");
        let child = command.stdout(Stdio::null()).spawn().expect("ssh-agent runs");
        let agent = Self { folder, child };
        let until = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(agent.socket()).is_err() {
            assert!(Instant::now() < until, "ssh-agent listens");
            thread::sleep(Duration::from_millis(5));
        }
        agent
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    /// Whether the person at the agent says yes from now on.
    pub(crate) fn will_confirm(&self, yes: bool) {
        let answer = self.folder.path().join("answer");
        if yes { fs::write(answer, "") } else { fs::remove_file(answer) }.expect("answered");
    }

    /// Makes a key of that type, adds it with `options`, and returns its public line.
    pub(crate) fn add(&self, kind: &str, options: &[&str]) -> String {
        let file = self.folder.path().join(format!("key-{kind}"));
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", kind, "-N", "", "-C", "Mara at work", "-f"]).arg(&file);
        assert!(keygen.status().expect("ssh-keygen runs").success());
        let file = file.to_str().expect("utf-8").to_owned();
        self.ssh_add(&[options, &[&file]].concat());
        fs::read_to_string(format!("{file}.pub")).expect("a public key")
    }

    pub(crate) fn ssh_add(&self, options: &[&str]) {
        let mut command = Command::new("ssh-add");
        command.args(options).env("SSH_AUTH_SOCK", self.socket());
        command.env("SSH_ASKPASS", self.folder.path().join("askpass"));
        command.env("SSH_ASKPASS_REQUIRE", "force");
        let output = command.output().expect("ssh-add runs");
        assert!(output.status.success(), "ssh-add {options:?}: {output:?}");
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a stand-in does with a question.
pub(crate) enum Reply {
    /// Sends these bytes as they are.
    Bytes(Vec<u8>),
    /// Sends these bytes, one each time.
    Slowly(Vec<u8>, Duration),
    /// Holds the line and says nothing.
    Silence,
}

/// Listens at `socket` and answers each question, which comes without its length, until the
/// test's process ends.
pub(crate) fn stand_in(socket: &Path, answer: impl Fn(&[u8]) -> Reply + Send + 'static) {
    let listener = UnixListener::bind(socket).expect("a free path");
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut length = [0; 4];
            // Whoever only looked whether somebody listens asks nothing.
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut question = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut question).expect("a question");
            match answer(&question) {
                Reply::Silence => held.push(stream),
                Reply::Bytes(bytes) => drop(stream.write_all(&bytes)),
                Reply::Slowly(bytes, pause) => {
                    for byte in bytes {
                        if stream.write_all(&[byte]).is_err() {
                            break;
                        }
                        thread::sleep(pause);
                    }
                }
            }
        }
    });
}

/// `bytes` with their length before them.
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A list of keys as an agent sends it.
pub(crate) fn listed(blobs: &[&[u8]]) -> Vec<u8> {
    let mut body = vec![12];
    body.extend(u32::try_from(blobs.len()).expect("few").to_be_bytes());
    for blob in blobs {
        body.extend(text(blob));
        body.extend(text(b"held by a stand-in"));
    }
    text(&body)
}

/// A signature as an agent sends it.
pub(crate) fn signed(signature: &ssh_key::Signature) -> Vec<u8> {
    let blob = Vec::<u8>::try_from(signature.clone()).expect("bytes");
    text(&[&[14][..], &text(&blob)].concat())
}

/// What a question asks to sign: the second of its texts.
pub(crate) fn data_of(question: &[u8]) -> &[u8] {
    let length =
        |at: usize| u32::from_be_bytes(*question[at..].first_chunk().expect("a length")) as usize;
    let at = 1 + 4 + length(1);
    &question[at + 4..][..length(at)]
}
