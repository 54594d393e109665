//! Conditions on what was seen, written in CEL (the Common Expression Language) by whoever
//! writes a template. They are compiled when the template is loaded, and a condition that
//! does not hold shows what its parts came to. Each probe says which names they may use.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, operators};
use cel::{Context as Bound, ExecutionError, Program, Value};
use countersign_domain::finding::{Outcome, Reason};
use serde_json::Value as Json;

use crate::probe::Judgement;

/// Most conditions in one claim.
const MAX_CONDITIONS: usize = 20;
/// Longest condition, in bytes.
const MAX_SOURCE: usize = 1_000;
/// Deepest nesting of brackets.
const MAX_DEPTH: usize = 16;
/// Deepest nesting of `all`, `exists`, `map` and the like: each level multiplies the work.
const MAX_LOOPS: usize = 2;
/// Bytes of stack for one condition. The parser needs over 100 KiB for each bracket in an
/// unoptimised build, and a stack that overflows ends the whole program.
const STACK: usize = 64 * 1024 * 1024;
/// How long one condition may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest value that is shown, in characters.
const MAX_SHOWN: usize = 200;
/// Operators whose sides are shown when a condition does not hold.
const COMPARISONS: [&str; 6] = [
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
];

/// What became of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// True.
    Holds,
    /// False, or about something that the answer does not have; what was seen instead.
    Broken(String),
    /// The condition itself is wrong: it is neither true nor false.
    Mistaken(String),
}

/// Names that a condition may use.
pub type Names = &'static [&'static str];

/// What was seen, by the names of the probe.
#[derive(Debug, Clone, Default)]
pub struct Scope(pub Vec<(&'static str, Json)>);

impl Scope {
    fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }
}

/// Compiles a condition, to see whether it can; the names that it uses.
///
/// # Errors
/// What is wrong with it, and where.
pub fn check(source: &str, names: Names) -> Result<Vec<&'static str>, String> {
    let owned = source.to_owned();
    let used = move || {
        compile(&owned, names).map(|program| {
            let references = program.references();
            names.iter().copied().filter(|name| references.has_variable(name)).collect()
        })
    };
    on_deep_stack(used).unwrap_or_else(|| Err(format!("`{source}` takes too long to read")))
}

/// Compiles every condition of a claim's `expect`.
///
/// # Errors
/// What is wrong with the first that cannot work.
pub fn check_all(sources: &[String], names: Names) -> Result<(), String> {
    if sources.is_empty() || sources.len() > MAX_CONDITIONS {
        let count = sources.len();
        return Err(format!("`expect` holds {count} conditions: expected 1 to {MAX_CONDITIONS}"));
    }
    for source in sources {
        check(source, names).map_err(|error| format!("`expect`: {error}"))?;
    }
    Ok(())
}

/// Judges a claim whose conditions must all hold; `seen` is shown when they do.
#[must_use]
pub fn judge(sources: &[String], scope: &Arc<Scope>, seen: impl Into<String>) -> Judgement {
    let expected = sources.join(" and ");
    let (mut broken, mut mistaken) = (Vec::new(), Vec::new());
    for source in sources {
        match evaluate(source, scope) {
            Verdict::Holds => {}
            Verdict::Broken(seen) => broken.push(format!("`{source}`: {seen}")),
            Verdict::Mistaken(what) => mistaken.push(format!("`{source}`: {what}")),
        }
    }
    if !broken.is_empty() {
        let summary = format!("{} of {} conditions do not hold", broken.len(), sources.len());
        return Judgement::new(Outcome::Fail, summary, expected, broken.join("; "));
    }
    if !mistaken.is_empty() {
        let outcome = Outcome::Inconclusive(Reason::Internal);
        let summary = "Could not tell: a condition of the template is wrong";
        return Judgement::new(outcome, summary, expected, mistaken.join("; "));
    }
    Judgement::new(Outcome::Pass, "Every condition holds", expected, seen)
}

/// Tries a condition on what was seen.
#[must_use]
pub fn evaluate(source: &str, scope: &Arc<Scope>) -> Verdict {
    let (owned, scope) = (source.to_owned(), scope.clone());
    let verdict = move || match compile(&owned, &scope.names()) {
        Ok(program) => execute(&program, &scope),
        Err(error) => Verdict::Mistaken(error),
    };
    let late = || Verdict::Mistaken(format!("it took more than {} s", PATIENCE.as_secs()));
    on_deep_stack(verdict).unwrap_or_else(late)
}

/// Runs `work` on a thread of its own; nothing when it is late or breaks off.
fn on_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (send, receive) = mpsc::channel();
    let run = move || {
        // Nobody waits for a late result.
        let _ = send.send(work());
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).ok()?;
    receive.recv_timeout(PATIENCE).ok()
}

fn compile(source: &str, names: &[&str]) -> Result<Program, String> {
    if source.len() > MAX_SOURCE {
        return Err(format!(
            "a condition of {} bytes: expected {MAX_SOURCE} at most",
            source.len()
        ));
    }
    if depth(source) > MAX_DEPTH {
        return Err(format!("a condition with more than {MAX_DEPTH} brackets inside each other"));
    }
    let program = Program::compile(source).map_err(|error| format!("`{source}`: {error}"))?;
    if loops(program.expression()) > MAX_LOOPS {
        return Err(format!("`{source}`: more than {MAX_LOOPS} loops inside each other"));
    }
    match unknown(program.expression(), &mut names.to_vec()) {
        Some(name) => {
            let known = names.join(", ");
            Err(format!("`{source}` speaks of `{name}`: expected one of {known}"))
        }
        None => Ok(program),
    }
}

/// The deepest nesting of brackets; those in a text count too, which errs on the safe side.
fn depth(source: &str) -> usize {
    let (mut now, mut deepest) = (0_usize, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => now += 1,
            b')' | b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

fn loops(expression: &IdedExpr) -> usize {
    let own = usize::from(matches!(expression.expr, Expr::Comprehension(_)));
    own + parts(expression).into_iter().map(loops).max().unwrap_or(0)
}

fn parts(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Unspecified | Expr::Literal(_) | Expr::Ident(_) => Vec::new(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Struct(made) => {
            made.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect()
        }
        Expr::Comprehension(each) => {
            vec![&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result]
        }
    }
}

/// The first name that nothing has bound.
fn unknown<'e>(expression: &'e IdedExpr, bound: &mut Vec<&'e str>) -> Option<&'e str> {
    match &expression.expr {
        Expr::Ident(name) => {
            let known = name.starts_with('@') || bound.contains(&name.as_str());
            (!known).then_some(name)
        }
        Expr::Comprehension(each) => {
            let outside = unknown(&each.iter_range, bound);
            let before = bound.len();
            bound.extend([each.iter_var.as_str(), each.accu_var.as_str()]);
            bound.extend(each.iter_var2.as_deref());
            let inner = [&each.accu_init, &each.loop_cond, &each.loop_step, &each.result];
            let inside = inner.into_iter().find_map(|part| unknown(part, bound));
            bound.truncate(before);
            outside.or(inside)
        }
        _ => parts(expression).into_iter().find_map(|part| unknown(part, bound)),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

fn execute(program: &Program, scope: &Scope) -> Verdict {
    let mut bound = Bound::default();
    for (name, seen) in &scope.0 {
        bound.add_variable_from_value(*name, value(seen));
    }
    match program.execute(&bound) {
        Ok(Value::Bool(true)) => Verdict::Holds,
        Ok(Value::Bool(false)) => Verdict::Broken(resolved(program, scope, &bound)),
        Ok(other) => Verdict::Mistaken(format!("it is {}, not true or false", shown(&other))),
        Err(ExecutionError::UndeclaredReference(name)) => {
            Verdict::Mistaken(format!("`{name}` is no name or function"))
        }
        Err(ExecutionError::NoSuchKey(key)) => {
            Verdict::Broken(format!("there is no `{key}`: {}", named(program, scope)))
        }
        Err(error) => {
            Verdict::Broken(format!("{}: {}", cut(&error.to_string()), named(program, scope)))
        }
    }
}

/// JSON as CEL sees it. Whole numbers become `int`, so that they compare and add with the
/// numbers that people write.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::String(text) => Value::from(text.clone()),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(large)) => Value::UInt(large),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        Json::Object(fields) => {
            let fields: HashMap<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), value(field))).collect();
            Value::from(fields)
        }
    }
}

/// The sides of a comparison that does not hold; else every name that the condition uses.
fn resolved(program: &Program, scope: &Scope, bound: &Bound) -> String {
    if let Expr::Call(call) = &program.expression().expr
        && let [left, right] = call.args.as_slice()
        && COMPARISONS.contains(&call.func_name.as_str())
    {
        let side =
            |side| bound.resolve(side).map_or_else(|_| "?".to_owned(), |value| shown(&value));
        if matches!(right.expr, Expr::Literal(_)) {
            return format!("it is {}", side(left));
        }
        return format!("left is {}, right is {}", side(left), side(right));
    }
    named(program, scope)
}

fn named(program: &Program, scope: &Scope) -> String {
    let references = program.references();
    let used = scope.0.iter().filter(|(name, _)| references.has_variable(name));
    let parts: Vec<_> =
        used.map(|(name, seen)| format!("{name} is {}", cut(&seen.to_string()))).collect();
    parts.join(", ")
}

fn shown(value: &Value) -> String {
    let text = value.json().map_or_else(|_| format!("{value:?}"), |json| json.to_string());
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
