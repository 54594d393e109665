//! Makes new secrets in the three shapes that the checklist asks for. The random bytes
//! come from the caller (the operating system's generator), so that this stays testable;
//! nothing is stored.

use base64::Engine as _;
use zeroize::Zeroizing;

/// The shape of a new secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// 64 bytes as 128 hexadecimal characters: a key that signs tokens.
    Hex64,
    /// 32 bytes as 64 hexadecimal characters: an AES-256 key.
    Hex32,
    /// 32 bytes in base64, 44 characters: a password.
    Base64x32,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 3] = [Self::Hex64, Self::Hex32, Self::Base64x32];

    /// The name on the command line and the screen.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Hex64 => "hex64",
            Self::Hex32 => "hex32",
            Self::Base64x32 => "base64-32",
        }
    }

    /// The shape with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.code() == code)
    }

    /// The shape that suits a variable of this name.
    #[must_use]
    pub fn for_name(name: &str) -> Self {
        let name = name.to_ascii_uppercase();
        if name.contains("JWT") || name.contains("SESSION") {
            return Self::Hex64;
        }
        if name.contains("KEY") { Self::Hex32 } else { Self::Base64x32 }
    }

    fn bytes(self) -> usize {
        if self == Self::Hex64 { 64 } else { 32 }
    }
}

/// A new secret; `fill` must fill the slice from a cryptographic generator.
pub fn generate(shape: Shape, fill: &mut dyn FnMut(&mut [u8])) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![0_u8; shape.bytes()]);
    fill(&mut bytes);
    Zeroizing::new(match shape {
        Shape::Hex64 | Shape::Hex32 => hex::encode(&*bytes),
        Shape::Base64x32 => base64::engine::general_purpose::STANDARD.encode(&*bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_has_its_length_and_uses_every_byte_that_it_asked_for() {
        for (shape, length) in [(Shape::Hex64, 128), (Shape::Hex32, 64), (Shape::Base64x32, 44)] {
            let mut next = 0_u8;
            let made = generate(shape, &mut |bytes| {
                for byte in bytes {
                    *byte = next;
                    next += 1;
                }
            });
            assert_eq!(made.len(), length, "{}", shape.code());
            assert_eq!(usize::from(next), shape.bytes());
            assert_eq!(Shape::from_code(shape.code()), Some(shape));
        }
    }

    #[test]
    fn hex_is_the_bytes_in_order() {
        let made = generate(Shape::Hex32, &mut |bytes| bytes.copy_from_slice(&[0xab; 32]));
        assert_eq!(*made, "ab".repeat(32));
    }

    #[test]
    fn the_checklists_own_names_get_the_checklists_shapes() {
        assert_eq!(Shape::for_name("JWT_SECRET"), Shape::Hex64);
        assert_eq!(Shape::for_name("ENCRYPTION_KEY"), Shape::Hex32);
        assert_eq!(Shape::for_name("REDIS_PASSWORD"), Shape::Base64x32);
    }
}
