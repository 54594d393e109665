//! Claims about the source code itself, by real parsing: what stands in a comment or a
//! string is not code. Code shows what was meant; the live claims show what is.

mod app_guards;
mod classes;
pub mod guarded;
mod guards;
pub mod helmet_applied;
mod language;
mod names;
pub mod ownership;
pub mod pattern;
pub mod pooled;
pub mod reads_secret_store;
pub mod redis_password;
mod roles;
mod settings;
mod source;
mod syntax;
#[cfg(test)]
mod trial;

use crate::probe::{AnyProbe, Erased};

/// The claims of this family.
pub const PROBES: &[&dyn AnyProbe] = &[
    &Erased::<guarded::Guarded>::new(),
    &Erased::<ownership::OwnershipChecked>::new(),
    &Erased::<pattern::CodePattern>::new(),
    &Erased::<redis_password::RedisPassword>::new(),
    &Erased::<pooled::Pooled>::new(),
    &Erased::<helmet_applied::HelmetApplied>::new(),
    &Erased::<reads_secret_store::ReadsSecretStore>::new(),
];

#[cfg(test)]
mod tests {
    use countersign_domain::template::{Loaded, built_in};

    use crate::registry;

    #[test]
    fn the_built_in_checklist_asks_this_family_in_words_that_it_understands() {
        let text = built_in("production-security").expect("it is built in");
        let template = Loaded::parse(text).expect("it loads").template;
        let items = template.sections.iter().flat_map(|section| &section.items);
        let lines =
            items.flat_map(|item| &item.probes).filter(|line| line.name.starts_with("code."));
        let checked: Vec<_> = lines.map(registry::check_use).collect();
        assert!(checked.len() >= 7, "{checked:?}");
        assert!(checked.iter().all(Result::is_ok), "{checked:?}");
    }
}
