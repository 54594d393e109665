//! Stories about templates.

mod bad_templates;
mod built_in;
mod loading;
