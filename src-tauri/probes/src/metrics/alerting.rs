//! Claim: somebody is told when a number goes wrong. Prometheus measures the application,
//! evaluates alert rules, and has an Alertmanager to send alerts to.

mod rules;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use self::rules::Rule;
use super::api;
use super::samples::{Series, read};
use crate::context::Context;
use crate::http::visit::Ask;
use crate::http::{reproduce, target};
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Jobs of Prometheus that are the application, separated by commas.
const JOBS: &str = "metrics_job";
/// What makes the alerts where it is not Prometheus.
const ELSEWHERE: &str = "alerts_elsewhere";
/// Every scraped target, 1 when it answers.
const UP: &str = "up";
/// Alerts that reached no Alertmanager of late; only there when Prometheus scrapes itself.
/// An alert that fires is sent again each minute, so a dead Alertmanager shows here soon.
const UNDELIVERED: &str = "sum(increase(prometheus_notifications_dropped_total[10m]))";
/// Names that are shown.
const SHOWN: usize = 10;

/// `metrics.alerting`
pub struct Alerting;

/// None: the environment says all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {}

/// What Prometheus says of itself.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its alert rules.
    pub rules: Vec<Rule>,
    /// Alertmanagers that it sends to.
    pub managers: usize,
    /// The targets that it scrapes.
    pub up: Vec<Series>,
    /// Alerts of the last 10 minutes that no Alertmanager took; `None` when it does not say.
    pub undelivered: Option<f64>,
    /// Jobs that must be up, as the team names them.
    pub jobs: Vec<String>,
}

impl Probe for Alerting {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "metrics.alerting",
        rules: 1,
        claim: "The application is measured, alert rules are evaluated, and alerts have somewhere \
                to go.",
        why: "An alert rule that can't be evaluated, or that nobody is told of, looks just like a \
              quiet night.",
        how: "Below the target `metrics` one GET each of /api/v1/rules?type=alert (4 MiB read), \
              /api/v1/alertmanagers, and /api/v1/query for `up` and for alerts that reached no \
              Alertmanager in the last 10 minutes. The fact `metrics_job` names the jobs that are the \
              application (commas between them): each must be up. Where alerts are made by \
              something else, the fact `alerts_elsewhere` names it and a person decides.",
        blind: "Whether the rules ask the right questions, and whether an alert wakes a person: \
                only firing one shows that. A dead Alertmanager is seen only where Prometheus \
                scrapes itself and had an alert to send.",
        remedy: "Add `rule_files` and `alerting.alertmanagers` to prometheus.yml, check with \
                 `promtool check config`, reload. An hour for the first rules.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "alert rules that are evaluated, an Alertmanager, and the application's targets up".into()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let rules = match api::get(cx, "/api/v1/rules?type=alert") {
            Ok(ask) => ask.up_to(rules::MAX_BODY),
            Err(doubt) => return Observation::new("metrics", Err(doubt)),
        };
        let mut transcript = Vec::new();
        let facts = look(cx, &rules, &mut transcript).await;
        transcript.extend(facts.iter().flat_map(lines));
        Observation {
            target: target::shown(&rules.url),
            facts,
            transcript,
            reproduce: Some(reproduce::curl(cx, &rules, api::TOKEN)),
        }
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let (outcome, summary) = verdict(facts);
        let judgement =
            Judgement::new(outcome, summary, Self::expected(params), lines(facts).join("; "));
        if outcome == Outcome::Pass { judgement.notes(notes(facts)) } else { judgement }
    }
}

async fn look(cx: &Context, rules: &Ask, transcript: &mut Vec<String>) -> Result<Facts, Doubt> {
    if let Some(other) = cx.fact(ELSEWHERE) {
        let seen = format!("the environment says that {other} makes the alerts");
        return Err(Doubt::new(Reason::NeedsPerson, seen));
    }
    let mut put = async |ask: &Ask| {
        let answer = cx.visit(ask).await;
        transcript.push(ask.line());
        transcript.extend(answer.as_ref().map(|answer| answer.line(&["content-type"])));
        answer.map_err(Doubt::from)
    };
    let rules = rules::read(&*put(rules).await?, cx.now())?;
    let managers = rules::managers(&*put(&api::get(cx, "/api/v1/alertmanagers")?).await?)?;
    let up = read(&*put(&api::query(cx, UP)?).await?)?;
    let undelivered = read(&*put(&api::query(cx, UNDELIVERED)?).await?)?;
    let jobs = cx.fact(JOBS).unwrap_or_default().split(',').map(str::trim);
    Ok(Facts {
        rules,
        managers,
        up,
        undelivered: undelivered.first().map(|series| series.value),
        jobs: jobs.filter(|job| !job.is_empty()).map(str::to_owned).collect(),
    })
}

impl Facts {
    fn of_job<'a>(&'a self, job: &'a str) -> impl Iterator<Item = &'a Series> {
        self.up.iter().filter(move |series| series.labels.get("job").is_some_and(|own| own == job))
    }

    fn is_down(&self, job: &str) -> bool {
        let mut targets = self.of_job(job).peekable();
        targets.peek().is_none() || targets.any(|series| series.value < 1.0)
    }

    fn down(&self) -> usize {
        self.up.iter().filter(|series| series.value < 1.0).count()
    }
}

fn verdict(facts: &Facts) -> (Outcome, String) {
    let fail = |summary: String| (Outcome::Fail, summary);
    let named = |wanted: &dyn Fn(&Rule) -> bool| {
        let found: Vec<_> = facts.rules.iter().filter(|rule| wanted(rule)).collect();
        let names: Vec<_> = found.iter().take(SHOWN).map(|rule| rule.name.as_str()).collect();
        (found.len(), names.join(", "))
    };
    if facts.rules.is_empty() {
        return fail("Prometheus has no alert rule".to_owned());
    }
    if facts.managers == 0 {
        return fail("Alerts go nowhere: Prometheus has no Alertmanager".to_owned());
    }
    if let (broken @ 1.., names) = named(&|rule| rule.broken) {
        return fail(format!("{broken} alert rules can't be evaluated: {names}"));
    }
    if let Some(job) = facts.jobs.iter().find(|job| facts.is_down(job)) {
        return fail(format!("The job {job:?} is not measured: a target is down or missing"));
    }
    if facts.down() == facts.up.len() {
        return fail("Nothing that Prometheus measures answers".to_owned());
    }
    if let Some(lost) = facts.undelivered
        && lost > 0.0
    {
        return fail(format!(
            "About {lost:.0} alerts of the last 10 minutes reached no Alertmanager"
        ));
    }
    if let (idle @ 1.., names) = named(&|rule| rule.idle) {
        let summary = format!("{idle} alert rules were not evaluated of late: {names}");
        return (Outcome::Inconclusive(Reason::Unexpected), summary);
    }
    let count = facts.rules.len();
    (Outcome::Pass, format!("{count} alert rules are evaluated, and an Alertmanager is told"))
}

fn notes(facts: &Facts) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut say = |code: &str, text: String| notes.push(Note { code: code.to_owned(), text });
    let firing: Vec<_> =
        facts.rules.iter().filter(|rule| rule.firing).map(|rule| rule.name.as_str()).collect();
    if !firing.is_empty() {
        let shown = firing.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        say("alerts-firing", format!("{} alerts are firing now: {shown}", firing.len()));
    }
    if facts.jobs.is_empty() {
        let text = format!("The fact `{JOBS}` names no job, so it is unknown which targets matter");
        say("job-unnamed", text);
    }
    if facts.down() > 0 {
        let text = format!("{} of {} targets are down", facts.down(), facts.up.len());
        say("targets-down", text);
    }
    if facts.undelivered.is_none() {
        let text = "Prometheus does not measure itself: lost alerts would not be seen";
        say("delivery-unseen", text.to_owned());
    }
    notes
}

fn lines(facts: &Facts) -> Vec<String> {
    let lost = facts.undelivered.map_or("unknown".to_owned(), |lost| format!("{lost:.0}"));
    let mut lines = vec![
        format!("alert rules: {}", facts.rules.len()),
        format!("Alertmanagers: {}", facts.managers),
        format!("targets up: {} of {}", facts.up.len() - facts.down(), facts.up.len()),
        format!("undelivered in the last 10 minutes: {lost}"),
    ];
    let faulty = facts.rules.iter().filter(|rule| rule.broken || rule.idle);
    lines.extend(faulty.take(SHOWN).map(|rule| format!("rule {}: {}", rule.name, rule.why)));
    lines
}

#[cfg(test)]
mod tests;
