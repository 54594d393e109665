//! Claim: every route of a controller stands behind the guards.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Note, Outcome, Reason};
use serde::Deserialize;

use super::app_guards::{Custom, Surroundings, look as look_around};
use super::classes::{Class, classes};
use super::guards::{Applied, Controller, Known, Place, controller};
use super::names::Names;
use super::source::{self, check_path, one};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// `code.guarded`
pub struct Guarded;

/// Which controller, and what must stand before it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The controller's file, from the root of the source tree.
    pub file: String,
    /// The class; without it every class with `@Controller` in the file.
    #[serde(default)]
    pub class: Option<String>,
    /// Guards that must be applied. One that a call makes is written as the call:
    /// `AuthGuard('jwt')`.
    #[serde(default = "guards")]
    pub guards: Vec<String>,
    /// Decorators that take the guards away from a route.
    #[serde(default = "opt_outs")]
    pub opt_outs: Vec<String>,
}

fn guards() -> Vec<String> {
    ["JwtAuthGuard", "TenantGuard"].map(str::to_owned).to_vec()
}

fn opt_outs() -> Vec<String> {
    ["Public", "SkipAuth", "AllowAnonymous"].map(str::to_owned).to_vec()
}

/// What the file and the tree around it say.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The controllers.
    pub controllers: Vec<Controller>,
    /// What the rest of the tree says.
    pub around: Surroundings,
    /// Lines that show it.
    pub shown: Vec<String>,
}

impl Probe for Guarded {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.guarded",
        rules: 1,
        claim: "Every route of the controller stands behind the guards.",
        why: "A route without its guards answers anybody, or hands one tenant's data to another.",
        how: "Parses the file and reads the decorators of the class and of each route: \
              @UseGuards on the class or on every route, in any order, under any imported name. \
              Comments and strings do not count, nor does a guard that is only imported. A \
              decorator that takes guards away from a route (@Public()) fails. Decorators of the \
              project's own and guards of the whole application (APP_GUARD, useGlobalGuards) are \
              looked up in the tree. Nothing is run or sent.",
        blind: "What a guard does, unless it is declared in the same file; routes of a base \
                class; whether the module is loaded; whether this is the code that is deployed.",
        remedy: "Put `@UseGuards(JwtAuthGuard, TenantGuard)` on the class, and move public routes \
                 to a controller of their own. 5 minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("{} on the class or on every route", params.guards.join(" and "))
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Facts> {
        let wanted = params.clone();
        let work = move |root: &Path, abandoned: &Abandoned| look(root, &wanted, abandoned);
        let mut seen = source::look_at(cx, &params.file, work).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript.clone_from(&facts.shown);
        }
        seen.reproduce = Some(format!("grep -nE '@[A-Z]|class ' '{}'", params.file));
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let observed = observed(facts);
        let verdict = |outcome, summary: String| {
            Judgement::new(outcome, summary, Self::expected(params), observed.clone())
        };
        let mut notes = Vec::new();
        let mut doubt = None;
        if facts.controllers.is_empty() {
            doubt = Some("The file has no controller".to_owned());
        }
        for controller in &facts.controllers {
            match judge_one(controller, facts, params) {
                Seen::Open(why) => return verdict(Outcome::Fail, why),
                Seen::Unclear(why) => doubt = doubt.or(Some(why)),
                Seen::Guarded(own) => notes.extend(own),
            }
        }
        match doubt {
            Some(why) => verdict(Outcome::Inconclusive(Reason::NeedsPerson), why),
            None => {
                let names: Vec<_> =
                    facts.controllers.iter().map(|one| one.class.name.as_str()).collect();
                let summary = format!("Every route of {} is guarded", names.join(", "));
                verdict(Outcome::Pass, summary).notes(notes)
            }
        }
    }

    fn check(params: &Params) -> Result<(), String> {
        check_path("file", &params.file)?;
        if params.guards.is_empty() || params.guards.iter().any(|guard| guard.trim().is_empty()) {
            return Err("`guards` is empty or names an empty guard: expected class names".into());
        }
        Ok(())
    }
}

enum Seen {
    Guarded(Vec<Note>),
    Open(String),
    Unclear(String),
}

fn observed(facts: &Facts) -> String {
    let place = |place: &Place| {
        let guards: Vec<_> = place.guards.iter().map(|guard| guard.name.as_str()).collect();
        format!("{} [{}]", place.name, guards.join(", "))
    };
    let mut parts = Vec::new();
    for controller in &facts.controllers {
        let routes: Vec<_> = controller.routes.iter().map(place).collect();
        parts.push(format!("{}: {}", place(&controller.class), routes.join(", ")));
    }
    for global in &facts.around.global {
        parts.push(format!("whole application: {} ({})", global.name, global.at));
    }
    parts.join("; ")
}

fn judge_one(controller: &Controller, facts: &Facts, params: &Params) -> Seen {
    let (class, around) = (&controller.class, &facts.around);
    let kind = |name: &String| around.custom.get(name).copied();
    for place in controller.routes.iter().chain([class]) {
        let opens = place.custom.iter().find(|name| kind(name) == Some(Custom::Opens));
        if let Some(opt_out) = place.opt_outs.first().or(opens) {
            return Seen::Open(format!(
                "{opt_out} takes the guards away from {} (line {})",
                place.name, place.line
            ));
        }
    }
    let lacks = |route: Option<&Place>| -> Vec<&str> {
        let applied = || class.guards.iter().chain(route.into_iter().flat_map(|r| &r.guards));
        let wanted = params.guards.iter().map(String::as_str);
        wanted.filter(|name| !applied().any(|guard| stands_for(guard, name))).collect()
    };
    let of_class = lacks(None);
    let bare: Vec<_> = match controller.routes.as_slice() {
        [] if of_class.is_empty() => Vec::new(),
        [] => vec![(class, of_class.clone())],
        routes => routes.iter().map(|route| (route, lacks(Some(route)))).collect(),
    };
    let bare: Vec<_> = bare.into_iter().filter(|(_, lacks)| !lacks.is_empty()).collect();
    let mut notes = notes(controller, params);
    if let Some((place, missing)) = bare.first() {
        let missing_here = |name: &&str| {
            around.global.iter().all(|global| !(global.plain && is_named(&global.name, name)))
        };
        let rest: Vec<_> =
            bare.iter().flat_map(|(_, lacks)| lacks).copied().filter(missing_here).collect();
        if rest.is_empty() {
            let text = format!("{} for the whole application, not here", missing.join(", "));
            notes.push(Note { code: "guarded-globally".into(), text });
            return Seen::Guarded(notes);
        }
        let what = format!("{} is not applied to {}", rest[0], place.name);
        return match why_unclear(controller, facts, &bare, &rest) {
            Some(why) => Seen::Unclear(format!("{what}, but {why}")),
            None => Seen::Open(format!("{what} (line {})", place.line)),
        };
    }
    if !of_class.is_empty() {
        // Only the routes bear the guards: a route that is not seen would be open.
        if let Some(base) = &controller.extends {
            return Seen::Unclear(format!("{} {base}, whose routes are not seen", class.name));
        }
        let other = controller
            .others
            .iter()
            .find(|place| place.custom.iter().any(|name| kind(name) != Some(Custom::Harmless)));
        if let Some(place) = other {
            return Seen::Unclear(format!("{} may be a route: see its decorators", place.name));
        }
    }
    Seen::Guarded(notes)
}

/// Whether the applied guard is the wanted one.
fn stands_for(guard: &Applied, wanted: &str) -> bool {
    guard.known != Known::Open && is_named(&guard.name, wanted)
}

/// Whether two guards are the same: blanks and the kind of quotes do not matter, and one
/// that is made by a call may be wanted by the maker's name.
fn is_named(name: &str, wanted: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if c == '"' { '\'' } else { c })
            .collect()
    };
    let (name, wanted) = (plain(name), plain(wanted));
    name == wanted
        || (!wanted.contains('(') && name.split_once('(').is_some_and(|(n, _)| n == wanted))
}

fn why_unclear(
    controller: &Controller,
    facts: &Facts,
    bare: &[(&Place, Vec<&str>)],
    missing: &[&str],
) -> Option<String> {
    let places = || bare.iter().map(|(place, _)| *place).chain([&controller.class]);
    if let Some(text) = places().find_map(|place| place.unclear.first()) {
        return Some(format!("{text} may hold it"));
    }
    let may_guard = |name: &&String| facts.around.custom.get(*name) != Some(&Custom::Harmless);
    if let Some(name) = places().find_map(|place| place.custom.iter().find(may_guard)) {
        return Some(format!("@{name} may apply it"));
    }
    let passport = |guard: &Applied| guard.made && guard.name.starts_with("AuthGuard(");
    let by_passport = places().flat_map(|place| &place.guards).find(|guard| passport(guard));
    if let Some(guard) = by_passport.filter(|_| missing.iter().all(|m| m.contains("Auth"))) {
        return Some(format!("{} is: list it in `guards` if it does the same", guard.name));
    }
    if let Some(base) = &controller.extends {
        return Some(format!("the class {base}, which may bear it"));
    }
    let conditional = facts.around.global.iter().find(|global| !global.plain);
    conditional.map(|global| format!("{} at {} may cover it", global.name, global.at))
}

fn notes(controller: &Controller, params: &Params) -> Vec<Note> {
    let mut notes = Vec::new();
    let applied: Vec<_> = controller
        .class
        .guards
        .iter()
        .chain(controller.routes.iter().flat_map(|route| &route.guards))
        .filter(|guard| params.guards.iter().any(|wanted| stands_for(guard, wanted)))
        .collect();
    let named = |known| applied.iter().find(|guard| guard.known == known);
    if let Some(guard) = named(Known::Nowhere) {
        let text = format!("{} is neither imported nor declared in the file", guard.name);
        notes.push(Note { code: "guard-unresolved".into(), text });
    }
    if let Some(guard) = named(Known::Here) {
        let text = format!("{} is declared in the controller's own file", guard.name);
        notes.push(Note { code: "guard-declared-here".into(), text });
    }
    let place = |wanted: &String, guards: &[Applied]| {
        guards.iter().position(|guard| stands_for(guard, wanted))
    };
    let runs_late = |route: Option<&Place>| {
        let mut guards = controller.class.guards.clone();
        guards.extend(route.into_iter().flat_map(|route| route.guards.clone()));
        let order: Vec<_> = params.guards.iter().filter_map(|name| place(name, &guards)).collect();
        !order.is_sorted()
    };
    if controller.routes.iter().map(Some).chain([None]).any(runs_late) {
        let text = format!("The guards do not run in the order {}", params.guards.join(", "));
        notes.push(Note { code: "guard-order".into(), text });
    }
    notes
}

fn look(root: &Path, params: &Params, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let source = one(root, &params.file, abandoned)?;
    let names = Names::of(&source.tree);
    let all = classes(&source.tree, &names);
    let chosen: Vec<_> = all
        .iter()
        .filter(|class| match &params.class {
            Some(name) => class.name == *name,
            None => class.bears("Controller"),
        })
        .collect();
    if chosen.is_empty() {
        let what = params.class.as_ref().map_or_else(
            || "class with @Controller: name one in `class`".to_owned(),
            |name| format!("class {name}"),
        );
        let seen = format!("{} has no {what}", params.file);
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    let controllers: Vec<_> =
        chosen.iter().map(|class| controller(class, &names, &params.opt_outs)).collect();
    let mut custom: Vec<_> = controllers
        .iter()
        .flat_map(|one| one.routes.iter().chain(&one.others).chain([&one.class]))
        .flat_map(|place| place.custom.iter().cloned())
        .collect();
    custom.sort();
    custom.dedup();
    let around = look_around(root, &custom, abandoned)?;
    let shown = chosen.iter().flat_map(|class| shown(class)).collect();
    Ok(Facts { controllers, around, shown })
}

fn shown(class: &Class<'_>) -> Vec<String> {
    let mut lines: Vec<_> = class
        .decorators
        .iter()
        .map(|decorator| (decorator.line, decorator.shown.clone()))
        .chain([(class.line, format!("class {}", class.name))])
        .collect();
    for method in class.methods.iter().filter(|method| !method.decorators.is_empty()) {
        let own = method.decorators.iter().map(|one| (one.line, format!("  {}", one.shown)));
        lines.extend(own.chain([(method.line, format!("  {}()", method.name))]));
    }
    lines.sort_by_key(|(line, _)| *line);
    lines.into_iter().map(|(line, text)| format!("{line:>4}  {text}")).collect()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tree_tests;
