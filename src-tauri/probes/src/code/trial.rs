//! A source tree in a temporary folder, and one claim asked about it, for tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use countersign_domain::environment::{Environment, Targets};
use countersign_domain::finding::Finding;
use serde_json::Value;

use crate::context::{Context, Secrets};
use crate::registry;

/// A folder with these files.
pub(super) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().expect("inside")).expect("a folder");
        std::fs::write(place, text).expect("a file");
    }
    folder
}

/// The finding of a claim about the tree at `source`.
pub(super) async fn ask_with(targets: Targets, claim: &str, params: Value) -> Finding {
    let environment = Environment {
        name: "test".into(),
        production: false,
        demo: false,
        targets,
        secrets: BTreeMap::new(),
        facts: BTreeMap::new(),
    };
    let clock = Arc::new(|| chrono::DateTime::UNIX_EPOCH);
    let cx = Context::new(environment, Secrets::new(), clock, "/".into());
    let params = params.as_object().expect("an object").clone();
    let probe = registry::find(claim).expect("registered");
    probe.check(&params).expect("good parameters");
    probe.run(&cx, &params).await
}

/// The same with nothing but a source tree.
pub(super) async fn ask(source: &Path, claim: &str, params: Value) -> Finding {
    let source = Some(source.to_string_lossy().into_owned());
    ask_with(Targets { source, ..Targets::default() }, claim, params).await
}
