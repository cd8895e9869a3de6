//! A key and its value, whatever the backend.

use anyhow::{Result, bail};

use crate::counter::Encoding;

/// What the keys of counters begin with: the numbers of logs (`rapport_store::log`), the registers of creation
/// (`rapport_store::creation`), and the one that says how this store creates.
const COUNTERS: [&str; 3] = ["count:", "b:", CHOICE];
/// What the probe has found and left on a backend. It says nothing of another one.
const PROBE: &str = "probe:";
/// The register that says, in its upper half, how documents are created. It is part of the data where that is by
/// registers, because it stays so for as long as the data live, and registers are right on every backend.
const CHOICE: &str = "probe:creation";
/// The upper half of [`CHOICE`] where documents are created by registers.
const BY_REGISTERS: i64 = 1;

/// The most bytes of a key.
const KEY_BYTES: usize = 200;

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key, without any prefix.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number that each backend writes in its own way.
    Counter(i64),
    /// Bytes that are the same everywhere.
    Plain(Vec<u8>),
}

impl Row {
    /// The row for what a backend holds at `key`. `more` are prefixes of counters beside those that are known.
    pub fn read(key: String, bytes: Vec<u8>, encoding: Encoding, more: &[String]) -> Result<Self> {
        if let Err(why) = check_key(&key) {
            bail!("the store has the key {key:?}, and {why}: these are not Rapport's data alone");
        }
        let named = |prefix: &str| !prefix.is_empty() && key.starts_with(prefix);
        let is_counter =
            COUNTERS.iter().any(|known| named(known)) || more.iter().any(|more| named(more));
        if is_counter {
            return match encoding.read(&bytes) {
                Some(number) => Ok(Self {
                    key,
                    value: Value::Counter(number),
                }),
                None => bail!(
                    "`{key}` should hold a counter, and holds {} bytes that are none",
                    bytes.len()
                ),
            };
        }
        if !key.starts_with(PROBE) && encoding.is_likely(&bytes) {
            bail!(
                "`{key}` looks like a counter, and no key of that kind is known to be one; \
                 `--counter {key}` takes it for one"
            );
        }
        Ok(Self {
            key,
            value: Value::Plain(bytes),
        })
    }

    /// The value's bytes on a backend.
    pub fn bytes(&self, encoding: Encoding) -> Vec<u8> {
        match &self.value {
            Value::Counter(number) => encoding.write(*number),
            Value::Plain(bytes) => bytes.clone(),
        }
    }

    /// Whether it is a counter.
    pub fn is_counter(&self) -> bool {
        matches!(self.value, Value::Counter(_))
    }

    /// Whether it belongs to the backend, and not to the data.
    pub fn stays_behind(&self) -> bool {
        let by_registers = self.key == CHOICE
            && matches!(self.value, Value::Counter(number) if number >> 32 == BY_REGISTERS);
        self.key.starts_with(PROBE) && !by_registers
    }
}

/// Whether Rapport could have written this key.
pub fn check_key(key: &str) -> Result<(), &'static str> {
    let known = |c: char| matches!(c, 'a'..='z' | '0'..='9' | ':' | '.' | '_' | '-');
    match key {
        "" => Err("a key is not empty"),
        _ if key.len() > KEY_BYTES => Err("a key has at most 200 bytes"),
        _ if !key.chars().all(known) => Err("a key has only a-z, 0-9 and : . _ -"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, bytes: &[u8], encoding: Encoding) -> Result<Row> {
        Row::read(key.into(), bytes.into(), encoding, &[])
    }

    #[test]
    fn counters_are_known_by_their_keys() {
        let sqlite = read("count:customers", &7i64.to_le_bytes(), Encoding::Bytes).unwrap();
        let redis = read("count:customers", b"7", Encoding::Decimal).unwrap();
        assert_eq!(sqlite, redis);
        assert_eq!(sqlite.value, Value::Counter(7));
        assert_eq!(sqlite.bytes(Encoding::Decimal), b"7");
        assert!(read("b:program", b"{}", Encoding::Bytes).is_err());
    }

    #[test]
    fn a_counter_of_a_kind_that_is_not_known_is_not_passed_over() {
        let bytes = 7i64.to_le_bytes().to_vec();
        let error = read("gauge:x", &bytes, Encoding::Bytes).unwrap_err();
        assert!(error.to_string().contains("--counter gauge:x"), "{error}");
        assert!(read("gauge:x", b"7", Encoding::Decimal).is_err());
        let known = Row::read("gauge:x".into(), bytes, Encoding::Bytes, &["gauge:".into()]);
        assert!(known.unwrap().is_counter());
    }

    #[test]
    fn what_the_probe_found_stays_and_how_the_data_are_created_goes_along() {
        let choice = |number: i64| read(CHOICE, &number.to_le_bytes(), Encoding::Bytes).unwrap();
        assert!(!choice((BY_REGISTERS << 32) | 3).stays_behind());
        assert!(choice((2 << 32) | 3).stays_behind(), "by swaps");
        assert!(choice(3).stays_behind(), "not chosen yet");
        let plain = |key| read(key, b"{}", Encoding::Bytes).unwrap().stays_behind();
        assert!(plain("probe:kv:1") && plain("probe:00ff") && !plain("program"));
        assert!(
            read("probe:00ff", &[1; 8], Encoding::Bytes)
                .unwrap()
                .stays_behind()
        );
    }

    #[test]
    fn keys_that_rapport_does_not_write_are_refused() {
        for good in ["program", "customer:00ff.2", "a_b-c"] {
            assert_eq!(check_key(good), Ok(()));
        }
        for bad in ["", "A", "ä", "a b", "a\n", &"a".repeat(201)] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }
}
