//! The templates that come with the program.

/// Name and file text of each built-in template.
pub const BUILT_IN: &[(&str, &str)] =
    &[("production-security", include_str!("../../../templates/production-security.toml"))];

/// The text of the built-in template of that name.
#[must_use]
pub fn built_in(id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}
