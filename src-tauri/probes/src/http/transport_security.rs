//! Reads a `Strict-Transport-Security` header as a browser does (RFC 6797, 6.1): what a
//! browser would throw away is no policy.

/// A policy that a browser would keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Seconds that it lasts.
    pub max_age: u64,
    /// Whether it covers the names below.
    pub subdomains: bool,
}

/// Reads one header field.
///
/// # Errors
/// Why a browser ignores it.
pub fn read(field: &str) -> Result<Policy, String> {
    let mut max_age = None;
    let mut subdomains = false;
    let mut seen: Vec<String> = Vec::new();
    for directive in split(field)? {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim())?)),
            None => (directive.trim(), None),
        };
        if name.is_empty() && value.is_none() {
            continue;
        }
        let name = name.to_ascii_lowercase();
        if !is_token(&name) {
            return Err(format!("`{name}` is no directive name"));
        }
        if seen.contains(&name) {
            return Err(format!("`{name}` stands twice"));
        }
        match (name.as_str(), value) {
            ("max-age", Some(value)) => max_age = Some(seconds(&value)?),
            ("max-age", None) => return Err("`max-age` has no value".to_owned()),
            ("includesubdomains", Some(_)) => {
                return Err("`includeSubDomains` takes no value".to_owned());
            }
            ("includesubdomains", None) => subdomains = true,
            _ => {}
        }
        seen.push(name);
    }
    let max_age = max_age.ok_or("there is no `max-age`")?;
    Ok(Policy { max_age, subdomains })
}

/// The directives: semicolons outside quotes part them.
fn split(field: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in field.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&field[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    parts.push(&field[start..]);
    Ok(parts)
}

fn unquoted(value: &str) -> Result<String, String> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').ok_or("a quote is not closed")?,
        None if is_token(value) => value,
        None => return Err(format!("`{value}` is no value")),
    };
    Ok(inner.to_owned())
}

fn seconds(value: &str) -> Result<u64, String> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("`max-age` is `{value}`: expected seconds in digits"));
    }
    // More digits than fit are still a very long time.
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// RFC 7230, 3.2.6.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_rfc_6797_says() {
        let year = 31_536_000;
        let plain = Ok(Policy { max_age: year, subdomains: false });
        let sub = Ok(Policy { max_age: year, subdomains: true });
        for (field, expected) in [
            ("max-age=31536000", plain.clone()),
            ("MAX-AGE=31536000; includesubdomains", sub.clone()),
            ("max-age=\"31536000\" ; includeSubDomains; preload", sub.clone()),
            ("; max-age = 31536000 ;;", plain.clone()),
            ("max-age=31536000; future=\"a;b\"", plain),
        ] {
            assert_eq!(read(field), expected, "{field}");
        }
        for field in [
            "",
            "includeSubDomains",
            "max-age",
            "max-age=",
            "max-age=1y",
            "max-age=-1",
            "max-age=31536000; max-age=31536000",
            "max-age=31536000, max-age=31536000",
            "max-age=31536000; includeSubDomains=1",
            "max-age=\"31536000",
        ] {
            assert!(read(field).is_err(), "a browser ignores `{field}`");
        }
        assert_eq!(read("max-age=99999999999999999999").map(|policy| policy.max_age), Ok(u64::MAX));
    }
}
