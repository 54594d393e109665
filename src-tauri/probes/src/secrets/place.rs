//! What a file's path says about what may stand in it.

use super::rules::Place;

/// How to read the file at `path`.
pub(super) fn place(path: &str) -> Place {
    let file = name(path);
    Place { settings: is_settings(file), template: is_template(file), lock: is_lock(file) }
}

/// Whether made-up secrets belong in the file at `path`: a test, or a template of settings.
pub(super) fn is_made_up(path: &str) -> bool {
    let file = name(path);
    let folders =
        ["test", "tests", "__tests__", "__mocks__", "fixtures", "e2e", "spec", "testdata"];
    let marks = [".spec.", ".test.", ".e2e-spec."];
    let folder = path.strip_suffix(file).unwrap_or_default();
    marks.iter().any(|mark| file.contains(mark))
        || folder.split('/').any(|part| folders.contains(&part))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether values stand without quotes in a file of this name.
fn is_settings(file: &str) -> bool {
    let endings = [
        ".env",
        ".yml",
        ".yaml",
        ".ini",
        ".conf",
        ".cfg",
        ".properties",
        ".toml",
        ".npmrc",
        ".tfvars",
    ];
    file.starts_with(".env")
        || file.starts_with("Dockerfile")
        || endings.iter().any(|end| file.ends_with(end))
}

/// Whether a file of this name shows which settings there are, not what they are.
fn is_template(file: &str) -> bool {
    let words = ["example", "sample", "template", "dist"];
    is_settings(file) && file.split(['.', '-', '_']).any(|part| words.contains(&part))
}

fn is_lock(file: &str) -> bool {
    let names = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "bun.lock",
        "composer.lock",
        "go.sum",
        "packages.lock.json",
    ];
    // yarn.lock, Cargo.lock, poetry.lock, Gemfile.lock, …
    names.contains(&file) || file.ends_with(".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_may_stand_there() {
        for (path, settings, template, lock, made_up) in [
            ("src/main.ts", false, false, false, false),
            ("src/auth.spec.ts", false, false, false, true),
            ("test/keys.ts", false, false, false, true),
            ("latest/keys.ts", false, false, false, false),
            ("spec", false, false, false, false),
            (".env.production", true, false, false, false),
            ("deploy/.env.example", true, true, false, false),
            ("config/app.template.yml", true, true, false, false),
            ("docker-compose.yml", true, false, false, false),
            ("Dockerfile.dev", true, false, false, false),
            ("web/package-lock.json", false, false, true, false),
            ("yarn.lock", false, false, true, false),
            ("src/example.ts", false, false, false, false),
        ] {
            assert_eq!(place(path), Place { settings, template, lock }, "{path}");
            assert_eq!(is_made_up(path), made_up, "{path}");
        }
    }
}
