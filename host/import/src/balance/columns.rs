//! Which column holds what of a balance.

use anyhow::{Context as _, Result, bail, ensure};
use csv::ByteRecord;

use crate::columns::{self, Column};

/// What there is, and whether it has to be.
const KNOWN: [(&str, bool); 6] = [
    ("customer", true),
    ("points", true),
    ("expires_at", false),
    ("earned_at", false),
    ("kind", false),
    ("key", false),
];

/// `--map`: which column each is, by name or by number. What is not mapped is the column of its own name, if there is one.
#[derive(Clone, Debug)]
pub struct Mapping(Vec<(String, String)>);

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Columns {
    pub customer: Column,
    pub points: Column,
    pub expires_at: Option<Column>,
    pub earned_at: Option<Column>,
    pub kind: Option<Column>,
    pub key: Option<Column>,
}

impl Mapping {
    /// Reads `customer=…,points=…`, in one part or several, or none.
    pub fn parse(parts: &[String]) -> Result<Self> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let all = parts.iter().flat_map(|part| part.split(','));
        for pair in all.map(str::trim).filter(|pair| !pair.is_empty()) {
            let (target, column) = pair.split_once('=').with_context(|| {
                format!("--map takes pairs such as customer=2 or points=balance, not `{pair}`")
            })?;
            let (target, column) = (target.trim(), column.trim());
            let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            ensure!(
                known.contains(&target),
                "--map: a balance has no {target}; it has {}",
                known.join(", ")
            );
            ensure!(!column.is_empty(), "--map: `{pair}` names no column");
            ensure!(
                column != "0",
                "--map: columns are counted from 1, so `{pair}` names none"
            );
            ensure!(
                pairs.iter().all(|(other, _)| other != target),
                "--map names {target} twice"
            );
            pairs.push((target.to_owned(), column.to_owned()));
        }
        Ok(Self(pairs))
    }

    /// Whether the first row must hold names: where a column is named, or one that is needed is not given by its number.
    pub fn by_name(&self) -> bool {
        let named = |(_, column): &(String, String)| column.parse::<usize>().is_err();
        let missing = |(name, needed): &(&str, bool)| {
            *needed && self.0.iter().all(|(target, _)| target != name)
        };
        self.0.iter().any(named) || KNOWN.iter().any(missing)
    }

    /// The same text for the same mapping, however it was written.
    pub fn canonical(&self) -> String {
        let mut pairs: Vec<String> = self
            .0
            .iter()
            .map(|(target, column)| format!("{target}={column}"))
            .collect();
        pairs.sort();
        pairs.join(",")
    }

    /// Finds the columns; `names` is the first row where it holds names.
    pub fn resolve(&self, names: Option<&ByteRecord>) -> Result<Columns> {
        let needed = |name: &str| {
            self.find(name, names)?.with_context(|| {
                let has = names.map(|names| columns::listed(&columns::texts(names)));
                format!(
                    "no column holds {name}: give one the name, or say which with --map {name}=…; the file has {}",
                    has.unwrap_or_else(|| "no row of names".into())
                )
            })
        };
        let found = Columns {
            customer: needed("customer")?,
            points: needed("points")?,
            expires_at: self.find("expires_at", names)?,
            earned_at: self.find("earned_at", names)?,
            kind: self.find("kind", names)?,
            key: self.find("key", names)?,
        };
        Ok(found)
    }

    /// The column of `name`: the one that is mapped to it, else that which is called so.
    fn find(&self, name: &str, names: Option<&ByteRecord>) -> Result<Option<Column>> {
        let mapped = self.0.iter().find(|(target, _)| target == name);
        let names = names.map(columns::texts);
        let column = |index: usize| Column {
            index,
            label: match names.as_ref().and_then(|names| names.get(index)) {
                Some(name) => format!("`{name}`"),
                None => format!("{}", index + 1),
            },
        };
        let Some((_, wanted)) = mapped else {
            let same = |other: &String| other.to_lowercase() == name;
            let place = names.iter().flatten().position(same);
            return Ok(place.map(column));
        };
        match (wanted.parse::<usize>(), &names) {
            (Ok(position), Some(names)) if position > names.len() => bail!(
                "the file has {} columns, so {name}={position} is not one of them; they are {}",
                names.len(),
                columns::listed(names)
            ),
            (Ok(position), _) => Ok(Some(column(position - 1))),
            (Err(_), Some(names)) => columns::find(wanted, names).map(|index| Some(column(index))),
            (Err(_), None) => bail!("the file is empty, so there is no column `{wanted}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> Result<Mapping> {
        Mapping::parse(&[text.to_owned()])
    }

    #[test]
    fn columns_are_known_by_their_names_and_by_what_is_said() {
        let names = ByteRecord::from(vec!["Customer", "Balance", "points", "expires_at"]);
        let columns = mapping("").unwrap().resolve(Some(&names)).unwrap();
        assert_eq!((columns.customer.index, columns.points.index), (0, 2));
        assert_eq!(columns.expires_at.unwrap().label, "`expires_at`");
        assert_eq!((columns.kind, columns.key), (None, None));
        let said = mapping("points=balance,key=4").unwrap();
        assert!(said.by_name());
        let columns = said.resolve(Some(&names)).unwrap();
        assert_eq!((columns.points.index, columns.key.unwrap().index), (1, 3));
        let by_number = mapping("customer=2,points=1").unwrap();
        assert!(!by_number.by_name() && mapping("points=1").unwrap().by_name());
        assert_eq!(by_number.resolve(None).unwrap().points.label, "1");
    }

    #[test]
    fn a_mapping_that_cannot_be_is_refused() {
        for (text, reason) in [
            ("customer", "takes pairs"),
            ("tier=2", "a balance has no tier"),
            ("points=0", "counted from 1"),
            ("points=", "names no column"),
            ("points=1,points=2", "names points twice"),
        ] {
            let refused = mapping(text).unwrap_err().to_string();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        let names = ByteRecord::from(vec!["id", "sum"]);
        let resolve = |text: &str| {
            let resolved = mapping(text).unwrap().resolve(Some(&names));
            resolved.unwrap_err().to_string()
        };
        assert!(resolve("customer=id").contains("no column holds points: give one the name"));
        assert!(resolve("customer=id").contains("`id` (1), `sum` (2)"));
        assert!(resolve("customer=client").contains("no column `client`"));
        assert!(resolve("customer=9,points=2").contains("has 2 columns"));
    }
}
