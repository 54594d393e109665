//! The JSON shapes are a promise to other people's scripts: their schemas in
//! `docs/schemas/` must be those of the code. `COUNTERSIGN_WRITE=1` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_workflow::view;
use serde_json::Value;

#[test]
fn the_schemas_in_docs_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let write = std::env::var_os("COUNTERSIGN_WRITE").is_some();
    let mut documents = view::documents();
    documents.push(("wire", view::wire()));
    for (name, schema) in documents {
        let text = serde_json::to_string_pretty(&sorted(schema)).expect("a schema is JSON") + "\n";
        let path = folder.join(format!("{name}.json"));
        if write {
            std::fs::create_dir_all(&folder).expect("docs/schemas can be made");
            std::fs::write(&path, &text).expect("a schema can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, text, "{} is stale: run with COUNTERSIGN_WRITE=1", path.display());
    }
}

/// With its keys in one order: whether `serde_json` keeps the order of insertion depends on
/// which other packages are built in the same run.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let keys: BTreeMap<_, _> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(keys.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}
