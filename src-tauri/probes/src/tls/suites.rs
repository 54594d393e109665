//! Cipher suites that no server should accept any more, by kind: what each of them lets an
//! attacker do differs, and so does what switches it off. TLS 1.3 has none of them.

/// Why a suite is weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weakness {
    /// Nothing is encrypted (RFC 5246, A.5 forbids it for data).
    Null,
    /// Nobody proves who they are (RFC 5246, A.5).
    Anonymous,
    /// Keys cut down to 40 or 56 bits (RFC 4346 forbids them; FREAK, Logjam).
    Export,
    /// Single DES or IDEA (RFC 5469).
    Des,
    /// RC4 (RFC 7465).
    Rc4,
    /// Triple DES: 64-bit blocks (SWEET32, NIST SP 800-131A rev. 2).
    TripleDes,
}

impl Weakness {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Null, Self::Anonymous, Self::Export, Self::Des, Self::Rc4, Self::TripleDes];

    /// The kind as OpenSSL and administrators call it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Null => "NULL (no encryption)",
            Self::Anonymous => "anonymous (no certificate)",
            Self::Export => "EXPORT (40 or 56 bit keys)",
            Self::Des => "single DES or IDEA",
            Self::Rc4 => "RC4",
            Self::TripleDes => "3DES",
        }
    }

    /// The kind of a suite; `None` for one that is not weak in these ways.
    #[must_use]
    pub fn of(suite: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.suites().contains(&suite))
    }

    /// The suites of the kind (IANA numbers). A suite that is weak twice stands at the
    /// worse of the two.
    #[must_use]
    pub fn suites(self) -> &'static [u16] {
        match self {
            Self::Null => &[
                0x0001, 0x0002, 0x003b, 0xc001, 0xc006, 0xc00b, 0xc010, 0xc015, 0x002c, 0x002d,
                0x002e, 0x00b0, 0x00b1, 0x00b4, 0x00b5, 0x00b8, 0x00b9, 0xc039, 0xc03a, 0xc03b,
            ],
            Self::Anonymous => &[
                0x0017, 0x0018, 0x0019, 0x001a, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d, 0x0046,
                0x0089, 0x009b, 0x00a6, 0x00a7, 0x00bf, 0x00c5, 0xc016, 0xc017, 0xc018, 0xc019,
                0xc046, 0xc047, 0xc05a, 0xc05b, 0xc084, 0xc085,
            ],
            Self::Export => &[
                0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0060, 0x0061, 0x0062,
                0x0063, 0x0064, 0x0065,
            ],
            Self::Des => &[0x0007, 0x0009, 0x000c, 0x000f, 0x0012, 0x0015],
            Self::Rc4 => &[
                0x0004, 0x0005, 0x0066, 0x008a, 0x008e, 0x0092, 0xc002, 0xc007, 0xc00c, 0xc011,
                0xc033,
            ],
            Self::TripleDes => &[
                0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x008b, 0x008f, 0x0093, 0xc003, 0xc008,
                0xc00d, 0xc012, 0xc01a, 0xc01b, 0xc01c, 0xc034,
            ],
        }
    }
}

/// The name of a suite (IANA), or its number.
#[must_use]
pub fn name(suite: u16) -> String {
    tls_parser::TlsCipherSuite::from_id(suite)
        .map_or_else(|| format!("{suite:#06x}"), |known| known.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_of_one_kind_and_its_name_says_so() {
        let mut all: Vec<u16> =
            Weakness::ALL.iter().flat_map(|kind| kind.suites()).copied().collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count, "no suite stands twice");
        for kind in Weakness::ALL {
            let marks: &[&str] = match kind {
                Weakness::Null => &["_NULL_"],
                Weakness::Anonymous => &["anon"],
                Weakness::Export => &["EXPORT"],
                Weakness::Des => &["_DES_CBC", "_IDEA_"],
                Weakness::Rc4 => &["RC4_128"],
                Weakness::TripleDes => &["3DES"],
            };
            for suite in kind.suites() {
                let name = name(*suite);
                assert!(
                    marks.iter().any(|mark| name.contains(mark)),
                    "{suite:#06x} {name}: {kind:?}"
                );
            }
        }
    }

    #[test]
    fn no_weak_suite_known_to_the_parser_is_left_out() {
        let marks = ["_NULL_", "anon", "EXPORT", "_DES_CBC", "_IDEA_", "RC4", "3DES"];
        for suite in 0..=u16::MAX {
            let Some(known) = tls_parser::TlsCipherSuite::from_id(suite) else { continue };
            // Kerberos is not offered: OpenSSL and its like dropped it.
            let weak = marks.iter().any(|mark| known.name.contains(mark));
            if weak
                && suite != 0
                && !known.name.contains("KRB5")
                && !known.name.contains("_NULL_NULL")
            {
                assert!(Weakness::of(suite).is_some(), "{suite:#06x} {}", known.name);
            }
        }
    }
}
