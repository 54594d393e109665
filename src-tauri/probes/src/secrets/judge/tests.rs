//! Values as teams write them, and what the judge says of each.

use super::*;
use crate::secrets::generate::{Shape, generate};

/// A generator that only has to look random.
fn noise(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |bytes| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_be_bytes()[2];
        }
    }
}

#[test]
fn a_generated_secret_is_always_strong() {
    for seed in 1..30 {
        for shape in Shape::ALL {
            let value = generate(shape, &mut noise(seed));
            let strength = judge_value("JWT_SECRET", &value);
            assert_eq!(strength.bucket, Bucket::Strong, "seed {seed} {shape:?} {strength:?}");
            assert_eq!(strength.bytes, if shape == Shape::Hex64 { 64 } else { 32 });
            assert_eq!(strength.alphabet.is_hex(), shape != Shape::Base64x32);
        }
    }
}

#[test]
fn each_bad_value_is_bad_for_its_own_reason() {
    use Weakness::{
        KnownWeak, LowEntropy, NamesItself, OuterBlanks, Placeholder, Repeats, SpelledText,
    };
    let cases: &[(&str, Weakness)] = &[
        (&"ab".repeat(64), Repeats),
        (&"0".repeat(128), Repeats),
        (&format!("{}b", "0".repeat(63)), LowEntropy),
        (&"0123456789abcdef".repeat(8), Repeats),
        (&hex::encode("this is a password, spelled in hex, so long"), SpelledText),
        ("foobared", KnownWeak),
        ("Super-Secret", KnownWeak),
        ("your-256-bit-secret", Placeholder),
        ("change_me", Placeholder),
        ("<generate one>", Placeholder),
        ("${JWT_SECRET}", Placeholder),
        ("xxxxxxxxxxxx", Placeholder),
        ("mailagent-jwt-secret-2024", NamesItself),
        (" lQ8#fj2!kd9$sm3^ ", OuterBlanks),
    ];
    for (value, weakness) in cases {
        let strength = judge_value("JWT_SECRET", value);
        assert!(strength.weaknesses.contains(weakness), "{value}: {strength:?}");
        assert_eq!(strength.bucket, Bucket::Weak, "{value}");
        assert_eq!(strength.fingerprint, None, "{value}");
    }
}

#[test]
fn words_without_blanks_do_not_count_as_base64() {
    let strength = judge_value("P", "correcthorsebatterystaplecorrecthorsebattery");
    assert_eq!(strength.alphabet, Alphabet::Printable);
    assert!(strength.bucket < Bucket::Strong, "{strength:?}");
}

#[test]
fn the_fingerprint_moves_with_the_value_and_with_the_name() {
    let value = generate(Shape::Hex32, &mut noise(7));
    let other = generate(Shape::Hex32, &mut noise(8));
    let of = |name: &str, value: &str| judge_value(name, value).fingerprint;
    assert!(of("A_KEY", &value).is_some());
    assert_ne!(of("A_KEY", &value), of("A_KEY", &other));
    assert_ne!(of("A_KEY", &value), of("B_KEY", &value));
}
