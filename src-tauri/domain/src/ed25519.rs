//! Many Ed25519 checks by one key. Most of a single check are the doublings between the
//! digits of its two scalars; tables of the multiples of the key and of the base point make
//! them unnecessary. The equation stays that of RFC 8032, 5.1.7, without the cofactor, as
//! OpenSSH and ed25519-dalek check it, so the answers stay the same too.
//!
//! The library has such tables, made for secret scalars: every look-up reads a whole row, so
//! that its time tells nothing. All that a check handles is public, so here a digit may pick
//! its multiple directly, and rows may be long. Points are added by the library.

use std::sync::LazyLock;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha512};

/// Checks before tables pay: making them takes as long as some tens of single checks.
const WORTH_A_TABLE: u32 = 64;

static BASE: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(ED25519_BASEPOINT_POINT));

/// A key that checks signatures, the quicker the more of them there are.
pub(crate) struct ReadyKey {
    key: VerifyingKey,
    checked: u32,
    /// Multiples of the key's point with its sign turned.
    turned: Option<Multiples>,
}

impl std::fmt::Debug for ReadyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyKey").field("key", &self.key).finish_non_exhaustive()
    }
}

impl ReadyKey {
    pub(crate) fn new(key: VerifyingKey) -> Self {
        Self { key, checked: 0, turned: None }
    }

    /// Whether the key signed `message`.
    pub(crate) fn holds(&mut self, message: &[u8], signature: &Signature) -> bool {
        self.checked = self.checked.saturating_add(1);
        if self.checked == WORTH_A_TABLE {
            self.turned = Some(Multiples::of(-self.key.to_edwards()));
        }
        let quick =
            self.turned.as_ref().is_some_and(|turned| equal(&self.key, turned, message, signature));
        // What the tables do not prove is left to the library to refuse.
        quick || self.key.verify(message, signature).is_ok()
    }
}

/// R = \[S\]B + \[k\](−A), over the bytes of R; S must be below the group's order.
fn equal(key: &VerifyingKey, turned: &Multiples, message: &[u8], signature: &Signature) -> bool {
    let Some(s) = Option::<Scalar>::from(Scalar::from_canonical_bytes(*signature.s_bytes())) else {
        return false;
    };
    let hash = Sha512::new()
        .chain_update(signature.r_bytes())
        .chain_update(key.as_bytes())
        .chain_update(message)
        .finalize();
    let k = Scalar::from_bytes_mod_order_wide(&hash.into());
    let point = turned.add(BASE.add(EdwardsPoint::identity(), &s), &k);
    point.compress().as_bytes() == signature.r_bytes()
}

/// Digits of a scalar, which are its bytes.
const DIGITS: usize = 32;

/// Multiples that a row holds: a digit beyond half of 256 counts down from the next one.
const ROW: usize = 128;

/// Multiples of a point by every digit at every place (655 kB): a row for each place, that
/// for place i with 1 to 128 times 256^i.
struct Multiples(Vec<EdwardsPoint>);

impl Multiples {
    fn of(point: EdwardsPoint) -> Self {
        let mut rows = Vec::with_capacity(DIGITS * ROW);
        let mut unit = point;
        for _ in 0..DIGITS {
            let mut multiple = unit;
            for _ in 1..ROW {
                rows.push(multiple);
                multiple += unit;
            }
            rows.push(multiple);
            unit = multiple + multiple;
        }
        Self(rows)
    }

    /// `sum` and as many times the point as `scalar` says. The time it takes tells of the
    /// scalar, so it must not be a secret.
    fn add(&self, mut sum: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
        // A scalar is below 2^253, so the last digit carries nothing.
        let mut carry = 0;
        for (byte, row) in scalar.as_bytes().iter().zip(self.0.chunks_exact(ROW)) {
            let digit = usize::from(*byte) + carry;
            carry = usize::from(digit > ROW);
            let multiple = |count: usize| row.get(count.wrapping_sub(1));
            match carry {
                0 => multiple(digit).into_iter().for_each(|up| sum += up),
                _ => multiple(256 - digit).into_iter().for_each(|down| sum -= down),
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::edwards::EdwardsPoint;

    use super::*;

    /// The group's order (RFC 8032, 5.1), little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    /// A key whose table is there from the start.
    fn tabled(key: VerifyingKey) -> ReadyKey {
        let turned = Some(Multiples::of(-key.to_edwards()));
        ReadyKey { key, checked: WORTH_A_TABLE, turned }
    }

    fn scalar(seed: u8) -> Scalar {
        let hash = Sha512::digest([seed, 0x5c]);
        Scalar::from_bytes_mod_order_wide(&hash.into())
    }

    /// Signs as RFC 8032 says, with points that an honest signer would not use: `torsion` is
    /// added to the key's point, `other` to R.
    fn sign(
        seed: u8,
        torsion: EdwardsPoint,
        other: EdwardsPoint,
        message: &[u8],
    ) -> (VerifyingKey, Signature) {
        let (a, r) = (scalar(seed), scalar(seed.wrapping_add(100)));
        let key = VerifyingKey::from(EdwardsPoint::mul_base(&a) + torsion);
        let point = (EdwardsPoint::mul_base(&r) + other).compress();
        let hash = Sha512::new()
            .chain_update(point.as_bytes())
            .chain_update(key.as_bytes())
            .chain_update(message)
            .finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        (key, Signature::from_components(point.to_bytes(), (r + k * a).to_bytes()))
    }

    /// As many times the point as the scalar says, by the table and by the library.
    #[test]
    fn a_table_gives_what_multiplying_gives() {
        let edge = [0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff];
        let bytes = edge.iter().flat_map(|a| edge.iter().map(|b| [*a, *b]));
        let patterns = bytes.map(|pair| {
            Scalar::from_bytes_mod_order([pair; 16].concat().try_into().expect("32 bytes"))
        });
        let single = (0..=255_u8).map(|byte| Scalar::from(u64::from(byte) << 24));
        let ends = [-Scalar::ONE, -Scalar::from(128_u8), -Scalar::from(129_u8)];
        let scalars: Vec<_> =
            patterns.chain(single).chain(ends).chain((0..50).map(scalar)).collect();
        let points = [ED25519_BASEPOINT_POINT, EIGHT_TORSION[1], EIGHT_TORSION[4]];
        for point in points.into_iter().chain([points[0] + points[1], EdwardsPoint::identity()]) {
            let table = Multiples::of(point);
            for scalar in &scalars {
                let sum = table.add(points[0], scalar);
                assert_eq!(sum, points[0] + scalar * point, "{scalar:?}");
            }
        }
    }

    /// Whether the signature holds, by the table alone and by the library.
    fn both_ways(key: VerifyingKey, message: &[u8], signature: &Signature) -> bool {
        let ready = tabled(key);
        let turned = ready.turned.as_ref().expect("a table");
        let quick = equal(&key, turned, message, signature);
        assert_eq!(quick, key.verify(message, signature).is_ok(), "{key:?} {signature:?}");
        quick
    }

    #[test]
    fn a_good_signature_holds_and_one_with_any_bit_changed_does_not() {
        let (key, good) = sign(1, EIGHT_TORSION[0], EIGHT_TORSION[0], b"message");
        assert!(both_ways(key, b"message", &good));
        assert!(!both_ways(key, b"massage", &good));
        for bit in 0..512 {
            let mut bytes = good.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!both_ways(key, b"message", &Signature::from_bytes(&bytes)), "bit {bit}");
        }
    }

    #[test]
    fn a_second_spelling_of_the_scalar_does_not_hold() {
        let (key, good) = sign(2, EIGHT_TORSION[0], EIGHT_TORSION[0], b"message");
        let mut larger = *good.s_bytes();
        let mut carry = 0;
        for (byte, of_order) in larger.iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(of_order) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!both_ways(key, b"message", &Signature::from_components(*good.r_bytes(), larger)));
    }

    /// Points of small order are where ways to check Ed25519 differ from each other.
    #[test]
    fn keys_and_signatures_with_parts_of_small_order_get_the_librarys_answer() {
        let mut held = 0;
        for seed in 0..12 {
            for torsion in EIGHT_TORSION {
                for other in EIGHT_TORSION {
                    let (key, signature) = sign(seed, torsion, other, &[seed]);
                    held += u32::from(both_ways(key, &[seed], &signature));
                }
            }
        }
        assert!((12..12 * 64).contains(&held), "{held} hold: all or none would show little");
        for point in EIGHT_TORSION {
            let key = VerifyingKey::from(point);
            for r in EIGHT_TORSION {
                let nothing = Signature::from_components(r.compress().to_bytes(), [0; 32]);
                both_ways(key, b"anything", &nothing);
            }
        }
    }

    #[test]
    fn a_key_answers_the_same_before_and_after_it_has_its_table() {
        let mut ready = None;
        for count in 0..2 * WORTH_A_TABLE {
            let message = count.to_le_bytes();
            let (key, good) = sign(3, EIGHT_TORSION[0], EIGHT_TORSION[0], &message);
            let ready = ready.get_or_insert_with(|| ReadyKey::new(key));
            assert!(ready.holds(&message, &good), "{count}");
            assert!(!ready.holds(b"another", &good), "{count}");
        }
        assert!(ready.is_some_and(|ready| ready.turned.is_some()));
    }
}
