//! `countersign verify`: an audit record, checked offline: no home, no network, no trust in
//! whoever wrote it.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use clap::Args;
use countersign_domain::id::{Digest, EventId};
use countersign_workflow::view::VerifyView;
use countersign_workflow::{Age, Requirements, fingerprints, role_of, verify_file};

use super::read_text;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Look, Output, Span, plain, strong};

/// Which file, and what it must show besides being whole.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The audit record, as `countersign export` wrote it
    file: PathBuf,
    /// Roles whose sign-off must be current, separated by commas
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    require: Vec<String>,
    /// An artifact that the release must be about
    #[arg(long, value_name = "sha256:DIGEST")]
    subject: Option<String>,
    /// How old a sign-off may be: 90m, 24h, 7d
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
    /// The keys that may sign off: a file of allowed signers of your own
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// An event id that you kept elsewhere and that must be in it
    #[arg(long, value_name = "EVENT")]
    head: Option<String>,
}

pub(crate) fn run(verify: &Verify, out: &mut Output) -> Result<Exit, Fault> {
    let view = verify_file(&verify.file, &requirements(verify)?)?;
    let exit = exit(&view.verdict)?;
    out.show(&view, print)?;
    Ok(exit)
}

fn exit(verdict: &str) -> Result<Exit, Fault> {
    match verdict {
        "good" => Ok(Exit::GOOD),
        "broken" => Ok(Exit::BAD),
        "unmet" => Ok(Exit::UNSURE),
        other => Err(Fault::ours(format!("the verifier gave the unknown verdict {other:?}"))),
    }
}

fn requirements(verify: &Verify) -> Result<Requirements, Fault> {
    let subject = verify.subject.as_deref().map(|text| {
        Digest::parse(&text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase())
    });
    let roster = verify.roster.as_deref().map(|path| {
        fingerprints(&read_text(path)?).map_err(|bad| {
            let hint = "Write each signer on a line: E-MAIL ssh-ed25519 AAAA…";
            Fault::input(format!("{}: {bad}", path.display()), hint)
        })
    });
    let max_age = verify.max_age.as_deref().map(|text| {
        age(text).map(|limit| Age { limit, now: Utc::now() }).ok_or_else(|| {
            let hint = "Write a number and m, h or d: 90m, 24h, 7d";
            Fault::input(format!("--max-age: {text:?} is not an age"), hint)
        })
    });
    Ok(Requirements {
        roles: verify.require.iter().map(|role| role_of(role)).collect::<Result<_, _>>()?,
        subject: subject.transpose()?,
        max_age: max_age.transpose()?,
        roster: roster.transpose()?,
        head: verify.head.as_deref().map(EventId::parse).transpose()?,
    })
}

/// `90m`, `24h`, `7d`.
fn age(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = number.parse::<u32>().ok()?;
    match unit {
        "m" => TimeDelta::try_minutes(number.into()),
        "h" => TimeDelta::try_hours(number.into()),
        "d" => TimeDelta::try_days(number.into()),
        _ => None,
    }
}

fn print(out: &mut Output, view: &VerifyView) {
    let rows = view.steps.iter().map(|step| {
        let mark = if step.good {
            Span(Look::Green, "✓ holds".into())
        } else {
            Span(Look::Red, "✗ DOES NOT HOLD".into())
        };
        vec![mark, strong(&step.name), plain(&step.detail)]
    });
    out.table(&[], rows.collect());
    out.line(&[]);
    out.block("", &view.summary);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, minutes) in [
            ("90m", Some(90)),
            ("24h", Some(24 * 60)),
            ("7d", Some(7 * 24 * 60)),
            ("24", None),
            ("h", None),
            ("", None),
            ("-1h", None),
            ("1é", None),
            ("99999999999d", None),
        ] {
            assert_eq!(age(text).map(|age| age.num_minutes()), minutes, "{text}");
        }
    }
}
