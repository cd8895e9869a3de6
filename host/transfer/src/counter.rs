//! How a backend writes a counter.

/// One of the two ways there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Eight bytes, little-endian: Spin's SQLite.
    Bytes,
    /// Decimal text: Redis.
    Decimal,
}

impl Encoding {
    /// The number in a counter's bytes.
    pub fn read(self, bytes: &[u8]) -> Option<i64> {
        match self {
            Self::Bytes => bytes.try_into().ok().map(i64::from_le_bytes),
            Self::Decimal => std::str::from_utf8(bytes).ok()?.parse().ok(),
        }
    }

    /// A counter's bytes.
    pub fn write(self, number: i64) -> Vec<u8> {
        match self {
            Self::Bytes => number.to_le_bytes().to_vec(),
            Self::Decimal => number.to_string().into_bytes(),
        }
    }

    /// Whether bytes can hardly be anything else. No document of Rapport's is a bare number, or unprintable.
    pub fn is_likely(self, bytes: &[u8]) -> bool {
        match (self, std::str::from_utf8(bytes)) {
            (Self::Bytes, Ok(text)) => bytes.len() == 8 && text.contains(|c: char| c.is_control()),
            (Self::Bytes, Err(_)) => bytes.len() == 8,
            (Self::Decimal, _) => self
                .read(bytes)
                .is_some_and(|number| self.write(number) == bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 1, -1, 4_294_967_297, i64::MAX, i64::MIN] {
            for encoding in [Encoding::Bytes, Encoding::Decimal] {
                let bytes = encoding.write(number);
                assert_eq!(encoding.read(&bytes), Some(number));
                assert!(encoding.is_likely(&bytes), "{encoding:?} {number}");
            }
        }
    }

    #[test]
    fn text_is_no_counter() {
        assert!(!Encoding::Bytes.is_likely(br#"{"a":12}"#));
        assert!(!Encoding::Bytes.is_likely(b"12345678"));
        assert!(!Encoding::Bytes.is_likely(&[0; 7]));
        for text in ["", "007", "+1", "1.5", "{}", "9223372036854775808"] {
            assert!(!Encoding::Decimal.is_likely(text.as_bytes()), "{text}");
        }
        assert_eq!(Encoding::Bytes.read(b"1"), None);
        assert_eq!(Encoding::Decimal.read(b"x"), None);
    }
}
