//! Lengths and numbers in bytes of seven bits, which stand in any text.

/// How many bytes a length has, and a number.
pub(super) const LENGTH: usize = 4;
pub(super) const NUMBER: usize = 10;
/// What is longer than this is cut off: values in the store are a thousandth of it.
pub(super) const LONGEST: usize = (1 << 28) - 1;

/// The length at the beginning of `bytes`.
#[inline]
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let four = u64::from(u32::from_le_bytes(*bytes.first_chunk::<LENGTH>()?));
    usize::try_from(together(four)).ok()
}

/// The text at the beginning of `text`, behind its length, and what is behind it.
#[inline]
pub(super) fn text(text: &str) -> Option<(&str, &str)> {
    let length = length(text.as_bytes())?;
    text.get(LENGTH..)?.split_at_checked(length)
}

/// The number at the beginning of `text`.
#[inline]
pub(super) fn number(text: &str) -> u64 {
    match text.as_bytes().first_chunk::<NUMBER>() {
        Some([low @ .., ninth, tenth]) => {
            let high = (u64::from(*ninth) << 56) | (u64::from(*tenth) << 63);
            together(u64::from_le_bytes(*low)) | high
        }
        None => 0,
    }
}

/// Eight groups of seven bits, of which each stands in a byte, next to each other.
#[inline]
fn together(bytes: u64) -> u64 {
    let two = (bytes & 0x007f_007f_007f_007f) | ((bytes & 0x7f00_7f00_7f00_7f00) >> 1);
    let four = (two & 0x0000_3fff_0000_3fff) | ((two & 0x3fff_0000_3fff_0000) >> 2);
    (four & 0x0fff_ffff) | ((four & 0x0fff_ffff_0000_0000) >> 4)
}

/// `number` in as many bytes as there are.
pub(super) fn write(mut number: u64, bytes: &mut [u8]) {
    for byte in bytes {
        *byte = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for shift in 0..64 {
            for number in [1, 0xa5a5_a5a5_a5a5_a5a5, u64::MAX].map(|number| number >> shift) {
                let mut bytes = [0; NUMBER];
                write(number, &mut bytes);
                assert_eq!(super::number(std::str::from_utf8(&bytes).unwrap()), number);
                let short = number & u64::try_from(LONGEST).unwrap();
                let mut bytes = [0; LENGTH];
                write(short, &mut bytes);
                assert_eq!(u64::try_from(length(&bytes).unwrap()).unwrap(), short);
            }
        }
    }
}
