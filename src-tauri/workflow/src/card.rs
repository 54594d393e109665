//! Enrollment cards: who somebody is, with which key, signed by that key. A card proves that
//! its owner holds the key; that the owner is who they say, two people compare by voice.

use std::path::Path;

use countersign_domain::canonical;
use countersign_domain::id::{Digest, Fingerprint};
use countersign_domain::sshsig;
use countersign_ledger::keys::UnlockedKey;
use serde::{Deserialize, Serialize};

use crate::agent::off_the_runtime;
use crate::error::{Failure, file};
use crate::home::Home;
use crate::key::owner_of;
use crate::record::write_whole;
use crate::view::CardView;

/// What a card's signature is for; one made for anything else does not hold.
const NAMESPACE: &str = "countersign-card-v1";
/// What the card calls the format.
const FORMAT: &str = "countersign-card";
/// The version that this program writes and reads.
const VERSION: u32 = 1;
/// Bytes of a card that are read: it is a few hundred long.
const MAX_BYTES: u64 = 16 * 1024;
/// Words of a phrase: 66 bits, beyond what can be searched for another key with the same.
const WORDS: u32 = 6;
/// Bits of one word of the list of BIP-39, which was made to be told apart by ear.
const BITS: u32 = 11;

/// Who, with which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    format: String,
    version: u32,
    /// Printed name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// One line in OpenSSH form, without a comment.
    pub public_key: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    card: Card,
    signature: String,
}

/// The fingerprint as six words, to be read out on the telephone.
#[must_use]
pub fn phrase(fingerprint: &Fingerprint) -> String {
    let digest = Digest::of(fingerprint.as_str().as_bytes());
    // The first half of 64 hexadecimal digits; six words take 66 of its 128 bits.
    let bits = u128::from_str_radix(&digest.as_str()[..32], 16).unwrap_or_default();
    let list = bip39::Language::English.word_list();
    let word = |at: u32| {
        let number = bits >> (u128::BITS - BITS * (at + 1)) & 0x7ff;
        usize::try_from(number).map_or("", |number| list[number])
    };
    (0..WORDS).map(word).collect::<Vec<_>>().join(" ")
}

impl Card {
    /// Reads a card and checks that its key signed it.
    ///
    /// # Errors
    /// [`Failure::File`]; [`Failure::Input`] for anything that is no whole card.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let wrap = |error| file(path, error);
        let size = std::fs::metadata(path).map_err(wrap)?.len();
        let bad = |problem: String| Failure::Input {
            field: "card",
            problem: format!("{}: {problem}", path.display()),
            hint: "Ask its owner for a new one: `countersign key card`",
        };
        if size > MAX_BYTES {
            return Err(bad(format!("{size} bytes, more than a card has")));
        }
        Self::parse(&std::fs::read(path).map_err(wrap)?).map_err(bad)
    }

    /// The same, of a text that somebody gave.
    ///
    /// # Errors
    /// [`Failure::Input`] for anything that is no whole card.
    pub fn read_text(text: &str) -> Result<CardView, Failure> {
        let card = Self::parse(text.as_bytes()).map_err(|problem| Failure::Input {
            field: "card",
            problem,
            hint: "Ask its owner for a new one",
        })?;
        let fingerprint = card.fingerprint()?;
        Ok(card.view(&fingerprint, String::new()))
    }

    fn view(self, key: &Fingerprint, path: String) -> CardView {
        CardView {
            path,
            name: self.name,
            email: self.email,
            public_key: self.public_key,
            fingerprint: key.to_string(),
            phrase: phrase(key),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("{} bytes, more than a card has", bytes.len()));
        }
        let Signed { card, signature } =
            serde_json::from_slice(bytes).map_err(|error| format!("not a card ({error})"))?;
        if card.format != FORMAT || card.version != VERSION {
            return Err(format!("{} of version {}", card.format, card.version));
        }
        let key = sshsig::fingerprint(&card.public_key)
            .ok_or_else(|| "its key is no public key in OpenSSH form".to_owned())?;
        let message = canonical::bytes(&card).map_err(|error| error.to_string())?;
        sshsig::verify(&key, NAMESPACE, &message, &signature)
            .map_err(|error| format!("its signature: {error}"))?;
        Ok(card)
    }

    /// The key's fingerprint.
    ///
    /// # Errors
    /// [`Failure::Input`] for a key that is none.
    pub fn fingerprint(&self) -> Result<Fingerprint, Failure> {
        sshsig::fingerprint(&self.public_key).ok_or_else(|| Failure::Input {
            field: "card",
            problem: "its key is no public key in OpenSSH form".into(),
            hint: "Ask its owner for a new one: `countersign key card`",
        })
    }
}

impl Home {
    /// Writes the card of an unlocked key: `out`, or a name of its own below the home's
    /// `exports/`.
    ///
    /// # Errors
    /// [`Failure::Input`] for a key whose comment names nobody; [`Failure::Key`];
    /// [`Failure::File`] when it cannot be written.
    pub fn write_card(&self, key: &UnlockedKey, out: Option<&Path>) -> Result<CardView, Failure> {
        let entry = self.find_key(key.fingerprint().as_str())?;
        let (name, email) = owner_of(&entry.comment);
        if name.is_empty() || email.is_empty() {
            return Err(Failure::Input {
                field: "key",
                problem: format!("the key {:?} does not say whose it is", entry.name),
                hint: "Give it a comment: ssh-keygen -c -C 'NAME <E-MAIL>' -f FILE",
            });
        }
        let card = Card {
            format: FORMAT.to_owned(),
            version: VERSION,
            name: name.to_owned(),
            email: email.to_owned(),
            public_key: entry.public_key.clone(),
        };
        let message = canonical::bytes(&card).map_err(countersign_export::ExportError::from)?;
        let signature = off_the_runtime(|| key.sign(NAMESPACE, &message))?;
        let path = out.map_or_else(
            || self.path().join("exports").join(format!("{}.card.json", entry.name)),
            Path::to_owned,
        );
        let view = card.clone().view(key.fingerprint(), path.display().to_string());
        let mut text = serde_json::to_vec_pretty(&Signed { card, signature })
            .map_err(|error| file(&path, error.into()))?;
        text.push(b'\n');
        write_whole(&path, &text)?;
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_six_words_that_another_key_does_not_have() {
        let one = Fingerprint::parse("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDJ0UKYAtwI/TwQfhs");
        let other = Fingerprint::parse("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDJ0UKYAtwI/TwQfhA");
        let (one, other) = (phrase(&one.expect("one")), phrase(&other.expect("another")));
        assert_eq!(one.split(' ').count(), 6, "{one}");
        assert_ne!(one, other);
        let shared = one.split(' ').filter(|word| other.contains(word)).count();
        assert!(shared <= 1, "{one} / {other}");
    }

    #[test]
    fn what_is_no_card_is_told_apart() {
        for (bytes, word) in [
            ("", "not a card"),
            ("{}", "not a card"),
            (
                r#"{"card":{"format":"x","version":1,"name":"A","email":"a@b","public_key":"k"},"signature":""}"#,
                "x of version 1",
            ),
            (
                r#"{"card":{"format":"countersign-card","version":2,"name":"A","email":"a@b","public_key":"k"},"signature":""}"#,
                "version 2",
            ),
            (
                r#"{"card":{"format":"countersign-card","version":1,"name":"A","email":"a@b","public_key":"k"},"signature":""}"#,
                "no public key",
            ),
        ] {
            let error = Card::parse(bytes.as_bytes()).expect_err(bytes);
            assert!(error.contains(word), "{bytes}: {error}");
        }
    }
}
