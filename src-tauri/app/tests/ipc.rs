//! The window may ask for what is declared and granted, and for nothing else. Tested
//! against the real configuration, without a window.

#![allow(clippy::expect_used, reason = "a test that cannot go on must break off")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign_desktop::{LOCK_AFTER, Session, builder, context};
use countersign_workflow::{Home, World};
use serde_json::{Value, json};
use tauri::WebviewWindowBuilder;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;

struct Window {
    webview: tauri::WebviewWindow<MockRuntime>,
    _app: tauri::App<MockRuntime>,
    _folder: tempfile::TempDir,
}

fn window(label: &str) -> Window {
    window_in(label, World::real())
}

fn window_in(label: &str, world: World) -> Window {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = Home::open(folder.path(), world).expect("an empty home opens");
    let session = Session::new(Arc::new(home));
    let mut context = context();
    context.config_mut().app.windows.clear();
    let app = builder(mock_builder(), session).build(context).expect("the app builds");
    let webview = WebviewWindowBuilder::new(&app, label, tauri::WebviewUrl::default())
        .build()
        .expect("a mock window");
    Window { webview, _app: app, _folder: folder }
}

fn ask(window: &Window, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().expect("a URL"),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(&window.webview, request)
        .map(|body| body.deserialize::<Value>().expect("an answer is JSON"))
}

#[test]
fn a_declared_command_is_answered() {
    let answer = ask(&window("main"), "board", json!({})).expect("board is granted");
    assert_eq!(answer, json!({ "projects": [] }));
}

#[test]
fn an_undeclared_command_is_refused() {
    for command in
        ["delete_ledger", "plugin:fs|read_file", "plugin:shell|open", "plugin:window|close"]
    {
        let refusal = ask(&window("main"), command, json!({})).expect_err(command);
        let text = refusal.to_string();
        assert!(text.contains("not") && !text.contains("projects"), "{command}: {text}");
    }
}

#[test]
fn a_window_that_was_granted_nothing_is_refused() {
    let refusal = ask(&window("other"), "board", json!({})).expect_err("not the main window");
    assert!(refusal.to_string().contains("not allowed"), "{refusal}");
}

#[test]
fn a_failure_crosses_as_code_message_and_hint() {
    let request = json!({ "request": {
        "project": "p", "release": "r", "item": "i", "tick": "done", "note": "" } });
    let refusal = ask(&window("main"), "attest", request).expect_err("nobody is signed in");
    assert_eq!(refusal["code"], "locked");
    assert!(refusal["message"].is_string() && refusal["hint"].is_string());
}

#[test]
fn what_ssh_agent_says_crosses_as_a_failure_that_tells_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("nobody").display().to_string();
    let variable = move |name: &str| (name == "SSH_AUTH_SOCK").then(|| socket.clone());
    let main = window_in("main", World { variable: Arc::new(variable), ..World::real() });
    let request =
        json!({ "request": { "key": "SHA256:x", "owner": "Mara", "email": "m@x.example" } });
    for (command, arguments) in [("agent_keys", json!({})), ("use_agent_key", request)] {
        let failure = ask(&main, command, arguments).expect_err("nobody listens there");
        assert_eq!(failure["code"], "no-agent", "{command}: {failure}");
        assert!(failure["message"].as_str().expect("a text").contains("ssh-add FILE"));
    }
    // The agent is never asked for a key that this machine does not know.
    let unknown = ask(&main, "unlock", json!({ "key": "SHA256:x", "passphrase": "" }));
    assert_eq!(unknown.expect_err("no such key")["code"], "not-found");
}

const PASSPHRASE: &str = "a passphrase for tests";

/// A session with one key, and the seconds that its clock shows.
fn timed() -> (tempfile::TempDir, Session, Arc<AtomicU64>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = Arc::new(Home::open(folder.path(), World::real()).expect("an empty home opens"));
    let passphrase = PASSPHRASE.to_owned().into();
    home.create_key(None, "Mara Lind", "mara@example.org", &passphrase).expect("a key");
    let seconds = Arc::new(AtomicU64::new(0));
    let shown = seconds.clone();
    let clock = Box::new(move || Duration::from_secs(shown.load(Ordering::SeqCst)));
    let session = Session::timed(home, LOCK_AFTER, clock);
    unlock(&session);
    (folder, session, seconds)
}

fn unlock(session: &Session) {
    let passphrase = PASSPHRASE.to_owned().into();
    let key = session.home.unlock("mara@example.org", &passphrase).expect("it opens");
    let view = session.home.key_by(key.fingerprint()).expect("its view");
    session.enter(view, key);
}

#[test]
fn an_idle_key_locks_and_its_secret_is_dropped() {
    let (_folder, session, seconds) = timed();
    let held = Arc::downgrade(&session.key().expect("unlocked"));
    let limit = LOCK_AFTER.as_secs();

    seconds.store(limit - 1, Ordering::SeqCst);
    assert!(!session.lock_when_idle() && session.who().is_some(), "not yet");
    assert!(held.upgrade().is_some());
    session.key().expect("and this use begins the time anew");

    seconds.store(2 * limit - 2, Ordering::SeqCst);
    assert!(session.who().is_some(), "looking at who is signed in does not");
    seconds.store(2 * limit - 1, Ordering::SeqCst);
    assert!(session.lock_when_idle(), "idle for the whole time");
    assert!(!session.lock_when_idle(), "which is told once");
    assert!(held.upgrade().is_none(), "the key is gone from memory");
    assert_eq!(session.key().expect_err("locked").code(), "locked");
    assert!(session.who().is_none());

    unlock(&session);
    session.key().expect("the passphrase opens it again");
}

#[test]
fn a_use_that_comes_too_late_finds_the_key_locked() {
    let (_folder, session, seconds) = timed();
    seconds.store(LOCK_AFTER.as_secs(), Ordering::SeqCst);
    assert_eq!(session.key().expect_err("nobody looked in between").code(), "locked");
}

#[test]
fn a_key_that_a_check_run_signs_with_is_not_idle() {
    let (_folder, session, seconds) = timed();
    let run = session.key().expect("unlocked");
    seconds.store(LOCK_AFTER.as_secs() * 3, Ordering::SeqCst);
    assert!(!session.lock_when_idle(), "while the run lasts");
    drop(run);
    seconds.fetch_add(LOCK_AFTER.as_secs(), Ordering::SeqCst);
    assert!(session.lock_when_idle(), "and after it the time runs");
}

#[test]
fn lock_now_drops_the_secret_at_once() {
    let (_folder, session, _seconds) = timed();
    let held = Arc::downgrade(&session.key().expect("unlocked"));
    session.leave();
    assert!(held.upgrade().is_none());
    assert_eq!(session.key().expect_err("locked").code(), "locked");
}

#[test]
fn hostile_arguments_are_errors_and_not_panics() {
    let main = window("main");
    for project in ["", "../../etc", "\u{0}", &"x".repeat(100_000)] {
        let refusal = ask(&main, "project", json!({ "project": project })).expect_err("no id");
        assert!(refusal["message"].as_str().expect("a text").len() < 400);
    }
    ask(&main, "project", json!({ "project": { "$gt": "" } })).expect_err("not a text");
}

#[test]
fn every_declared_command_is_granted_and_no_other() {
    let declared: Vec<String> = include_str!("../command_list.in")
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','))
        .map(|name| format!("allow-{}", name.replace('_', "-")))
        .collect();
    let capability: Value =
        serde_json::from_str(include_str!("../capabilities/main.json")).expect("JSON");
    let granted: Vec<&str> = capability["permissions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !name.starts_with("core:"))
        .collect();
    assert!(declared.len() > 20);
    assert_eq!(granted, declared);
}

#[test]
fn the_window_loads_nothing_from_the_network() {
    let config: Value =
        serde_json::from_str(include_str!("../../../tauri.conf.json")).expect("JSON");
    let policy = config["app"]["security"]["csp"].as_str().expect("a policy");
    assert!(policy.starts_with("default-src 'none'"));
    for part in policy.split(';') {
        let words: Vec<&str> = part.split_whitespace().skip(1).collect();
        let local = |word: &&str| {
            ["'self'", "'none'", "data:", "blob:", "ipc:", "http://ipc.localhost"].contains(word)
        };
        assert!(words.iter().all(local), "{part}");
    }
    assert!(!policy.contains("unsafe"));
}
