//! Whole numbers as short text: five bits a character, as in source maps, the lowest first. Counts are mostly small, and
//! thirty thousand of them have to fit into a document.

/// 64 characters that JSON leaves as they are.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Set in each digit but the last of a number.
const MORE: u8 = 32;

/// Appends `number` to `text`.
pub(crate) fn put(text: &mut String, mut number: u64) {
    loop {
        let low = u8::try_from(number & 31).unwrap_or(0);
        number >>= 5;
        let digit = if number > 0 { low | MORE } else { low };
        let letter = ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'A');
        text.push(char::from(letter));
        if number == 0 {
            return;
        }
    }
}

/// The numbers of such a text; an `Err` at the first that is none.
pub(crate) fn read(text: &str) -> impl Iterator<Item = Result<u64, &'static str>> {
    let mut bytes = text.bytes();
    std::iter::from_fn(move || {
        let first = bytes.next()?;
        let (mut number, mut shift, mut byte) = (0_u64, 0_u32, first);
        loop {
            let Some(digit) = value(byte) else {
                return Some(Err("no digit"));
            };
            let Some(part) = u64::from(digit & 31)
                .checked_shl(shift)
                .filter(|part| part >> shift == u64::from(digit & 31))
            else {
                return Some(Err("a number too large"));
            };
            number |= part;
            if digit & MORE == 0 {
                return Some(Ok(number));
            }
            shift = shift.saturating_add(5);
            match bytes.next() {
                Some(next) => byte = next,
                None => return Some(Err("half a number")),
            }
        }
    })
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => byte.checked_sub(b'A'),
        b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26),
        b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back() {
        let numbers = [0, 1, 31, 32, 1_023, 1_024, 1_000_000, u64::MAX];
        let mut text = String::new();
        numbers.iter().for_each(|number| put(&mut text, *number));
        let back: Vec<u64> = read(&text).map(Result::unwrap).collect();
        assert_eq!(back, numbers);
        // A million has 20 bits.
        let mut million = String::new();
        put(&mut million, 1_000_000);
        assert_eq!(million.len(), 4);
    }

    #[test]
    fn what_is_no_number_is_said() {
        for bad in ["g", "!", "A!", "________________"] {
            assert!(read(bad).any(|number| number.is_err()), "{bad}");
        }
    }
}
