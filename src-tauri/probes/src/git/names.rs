//! Which file names hold settings that must stay out of a repository.

/// Whether a file of this name holds real settings: `.env`, `.env.production`,
/// `.env-local`; not the templates `.env.example`, `.env.sample`, `.env.template`, and not
/// direnv's `.envrc`, which is a script that teams commit.
pub(crate) fn is_env_file(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(b".env") else { return false };
    let separated = rest.first().is_none_or(|byte| matches!(byte, b'.' | b'-' | b'_'));
    let template = rest
        .split(|byte| matches!(byte, b'.' | b'-' | b'_'))
        .any(|part| [&b"example"[..], b"sample", b"template"].contains(&part));
    separated && !template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_told_from_the_real_thing() {
        for name in
            [".env", ".env.local", ".env.production", ".env-prod", ".env_backup", ".env.bak"]
        {
            assert!(is_env_file(name.as_bytes()), "{name}");
        }
        for name in [
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.production.example",
            ".envrc",
            "env",
            "a.env",
            ".environment",
            ".env-example",
        ] {
            assert!(!is_env_file(name.as_bytes()), "{name}");
        }
    }
}
