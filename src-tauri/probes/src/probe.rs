//! The shape of a probe, and the adapter that turns one into a finding.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};
use countersign_domain::finding::{Finding, Note, Outcome, Reason};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::context::Context;

/// How long one probe may take unless it says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What a reader needs to know about a probe; the reference is generated from it.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The claim as a name: `redis.password-required`.
    pub name: &'static str,
    /// Version of the judging rules; raised when the same facts get another verdict.
    pub rules: u32,
    /// The claim as a sentence that is true or false.
    pub claim: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How it looks, and what it sends.
    pub how: &'static str,
    /// What it cannot see.
    pub blind: &'static str,
    /// How to make the claim true, with the effort.
    pub remedy: &'static str,
    /// Whether it changes state or load on the target; such probes ask first in production.
    pub active: bool,
}

/// Why the facts could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The kind of reason.
    pub reason: Reason,
    /// What was seen instead, in words.
    pub seen: String,
}

impl Doubt {
    /// A doubt with its reason in words.
    pub fn new(reason: Reason, seen: impl Into<String>) -> Self {
        Self { reason, seen: seen.into() }
    }
}

/// What a probe saw: facts, or why there are none.
#[derive(Debug, Clone)]
pub struct Observation<F> {
    /// What was looked at, for people; secrets are removed by the adapter.
    pub target: String,
    /// The facts.
    pub facts: Result<F, Doubt>,
    /// Lines exchanged, for the evidence.
    pub transcript: Vec<String>,
    /// A command that shows the same.
    pub reproduce: Option<String>,
}

impl<F> Observation<F> {
    /// An observation of `target` without transcript or command.
    pub fn new(target: impl Into<String>, facts: Result<F, Doubt>) -> Self {
        Self { target: target.into(), facts, transcript: Vec::new(), reproduce: None }
    }

    /// The target is not named in the environment.
    pub fn not_configured(what: &str) -> Self {
        let seen = format!("the environment names no `{what}`");
        Self::new(what, Err(Doubt::new(Reason::NotConfigured, seen)))
    }
}

/// The verdict on facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub outcome: Outcome,
    /// One sentence for the list.
    pub summary: String,
    /// What the claim asks for.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// Reservations.
    pub notes: Vec<Note>,
}

impl Judgement {
    /// A verdict without reservations.
    pub fn new(
        outcome: Outcome,
        summary: impl Into<String>,
        expected: impl Into<String>,
        observed: impl Into<String>,
    ) -> Self {
        Self {
            outcome,
            summary: summary.into(),
            expected: expected.into(),
            observed: observed.into(),
            notes: Vec::new(),
        }
    }

    /// The same with one more reservation.
    #[must_use]
    pub fn note(mut self, code: &str, text: impl Into<String>) -> Self {
        self.notes.push(Note { code: code.to_owned(), text: text.into() });
        self
    }

    /// The same with the reservations of `notes`.
    #[must_use]
    pub fn notes(mut self, notes: impl IntoIterator<Item = Note>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// One claim about a deployment.
pub trait Probe: Send + Sync + 'static {
    /// Parameters from the template.
    type Params: DeserializeOwned + Send + Sync;
    /// What is seen.
    type Facts: Send + Sync;

    /// What a reader needs to know.
    const DEFINITION: Definition;

    /// When it is looked at.
    const TURN: Turn = Turn::Shared;

    /// What the claim asks for, in one line; stands beside what was seen.
    fn expected(params: &Self::Params) -> String;

    /// Looks. Does all I/O, is read-only and bounded, and always returns.
    fn observe(
        cx: &Context,
        params: &Self::Params,
    ) -> impl Future<Output = Observation<Self::Facts>> + Send;

    /// Judges what was seen. Pure.
    fn judge(facts: &Self::Facts, params: &Self::Params) -> Judgement;

    /// Checks parameters beyond their types (a CEL text that must compile, say).
    ///
    /// # Errors
    /// What is wrong, in words that name the parameter.
    fn check(_params: &Self::Params) -> Result<(), String> {
        Ok(())
    }

    /// How long it may take; a probe that runs a command of the user's asks for more.
    fn deadline(_params: &Self::Params) -> Duration {
        DEADLINE
    }
}

/// When a claim is looked at, beside the others of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Together with whatever else is looked at.
    Shared,
    /// After the others of this kind: two test suites of one tree would get in each other's
    /// way (ports, databases, build folders).
    InLine,
    /// When all else is done: the look leaves the target in a state that others would see,
    /// or sees only what happens while nobody else asks.
    Last,
}

/// A probe with its types erased, as the registry holds it.
pub trait AnyProbe: Send + Sync {
    /// What a reader needs to know.
    fn definition(&self) -> &'static Definition;

    /// When it is looked at.
    fn turn(&self) -> Turn;

    /// Checks the parameters that a template gives.
    ///
    /// # Errors
    /// What is wrong, in words that name the parameter.
    fn check(&self, params: &Map<String, Value>) -> Result<(), String>;

    /// What the claim asks for; empty when the parameters cannot be read.
    fn expected(&self, params: &Map<String, Value>) -> String;

    /// How long it may take.
    fn deadline(&self, params: &Map<String, Value>) -> Duration;

    /// Looks and judges. Total: whatever happens becomes a finding.
    fn run<'a>(&'a self, cx: &'a Context, params: &'a Map<String, Value>)
    -> BoxFuture<'a, Finding>;
}

/// Erases the types of a probe.
pub struct Erased<P>(std::marker::PhantomData<fn() -> P>);

impl<P> Erased<P> {
    /// The adapter around `P`.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<P> Default for Erased<P> {
    fn default() -> Self {
        Self::new()
    }
}

fn parse<T: DeserializeOwned>(params: &Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(params.clone())).map_err(|error| error.to_string())
}

impl<P: Probe> AnyProbe for Erased<P> {
    fn definition(&self) -> &'static Definition {
        &P::DEFINITION
    }

    fn turn(&self) -> Turn {
        P::TURN
    }

    fn check(&self, params: &Map<String, Value>) -> Result<(), String> {
        P::check(&parse::<P::Params>(params)?)
    }

    fn expected(&self, params: &Map<String, Value>) -> String {
        parse::<P::Params>(params).map_or_else(|_| String::new(), |params| P::expected(&params))
    }

    fn deadline(&self, params: &Map<String, Value>) -> Duration {
        parse::<P::Params>(params).map_or(DEADLINE, |params| P::deadline(&params))
    }

    fn run<'a>(
        &'a self,
        cx: &'a Context,
        params: &'a Map<String, Value>,
    ) -> BoxFuture<'a, Finding> {
        Box::pin(async move {
            let started_at = cx.now();
            let clock = std::time::Instant::now();
            let params = match parse::<P::Params>(params) {
                Ok(params) => params,
                Err(error) => {
                    let doubt = Doubt::new(Reason::Internal, format!("parameters: {error}"));
                    return doubtful(cx, &P::DEFINITION, "", &doubt, started_at, 0);
                }
            };
            let seen = P::observe(cx, &params).await;
            let took_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
            let mut finding = match &seen.facts {
                Ok(facts) => judged(&P::DEFINITION, P::judge(facts, &params), started_at, took_ms),
                Err(doubt) => {
                    doubtful(cx, &P::DEFINITION, &P::expected(&params), doubt, started_at, took_ms)
                }
            };
            finding.target = seen.target;
            finding.transcript = seen.transcript;
            finding.reproduce = seen.reproduce;
            cx.redactor().clean(finding)
        })
    }
}

fn judged(
    definition: &Definition,
    judgement: Judgement,
    started_at: DateTime<Utc>,
    took_ms: u64,
) -> Finding {
    Finding {
        probe: definition.name.to_owned(),
        rules: definition.rules,
        target: String::new(),
        outcome: judgement.outcome,
        summary: judgement.summary,
        expected: judgement.expected,
        observed: judgement.observed,
        reproduce: None,
        notes: judgement.notes,
        transcript: Vec::new(),
        started_at,
        took_ms,
    }
}

/// The finding of a claim that could not be tested.
pub fn doubtful(
    cx: &Context,
    definition: &Definition,
    expected: &str,
    doubt: &Doubt,
    started_at: DateTime<Utc>,
    took_ms: u64,
) -> Finding {
    cx.redactor().clean(Finding {
        probe: definition.name.to_owned(),
        rules: definition.rules,
        target: String::new(),
        outcome: Outcome::Inconclusive(doubt.reason),
        summary: format!("Could not tell: {}", doubt.reason.words()),
        expected: expected.to_owned(),
        observed: doubt.seen.clone(),
        reproduce: None,
        notes: Vec::new(),
        transcript: Vec::new(),
        started_at,
        took_ms,
    })
}
