//! Which column holds what.

use anyhow::{Context as _, Result, bail, ensure};
use csv::ByteRecord;

/// A column as `--map` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// From 1.
    Position(usize),
    Name(String),
}

/// The type of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number where it is written as one, else text.
    Any,
    Text,
    Number,
}

/// `--map`, as it is written.
#[derive(Clone, Debug)]
pub struct Mapping(Vec<(Target, Named)>);

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Customer,
    Date,
    Total,
    OrderId,
    Currency,
    Property(String, Kind),
}

impl Target {
    fn name(&self) -> &str {
        match self {
            Self::Customer => "customer",
            Self::Date => "date",
            Self::Total => "total",
            Self::OrderId => "order_id",
            Self::Currency => "currency",
            Self::Property(name, _) => name,
        }
    }
}

/// Names under which Rapport looks for an order's money and id: a property must not pose as one.
const TAKEN: [&str; 3] = ["orderId", "revenue", "value"];

impl Mapping {
    /// Reads `customer=…,date=…,total=…`, in one part or several.
    pub fn parse(parts: &[String]) -> Result<Self> {
        Self::with(parts, &["customer", "date", "total"])
    }

    /// The same where only the columns `needed` have to be named.
    pub fn with(parts: &[String], needed: &[&str]) -> Result<Self> {
        let mut pairs: Vec<(Target, Named)> = Vec::new();
        for pair in parts
            .iter()
            .flat_map(|part| part.split(','))
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            let (target, column) = pair.split_once('=').with_context(|| {
                format!("--map takes pairs such as customer=2 or total=amount, not `{pair}`")
            })?;
            let target = target_of(target.trim())?;
            let column = column.trim();
            ensure!(!column.is_empty(), "--map: `{pair}` names no column");
            let column = match column.parse::<usize>() {
                Ok(0) => bail!("--map: columns are counted from 1, so `{pair}` names none"),
                Ok(position) => Named::Position(position),
                Err(_) => Named::Name(column.to_owned()),
            };
            ensure!(
                pairs.iter().all(|(other, _)| other.name() != target.name()),
                "--map names {} twice",
                target.name()
            );
            pairs.push((target, column));
        }
        for name in needed {
            let pattern: Vec<String> = needed.iter().map(|name| format!("{name}=…")).collect();
            ensure!(
                pairs.iter().any(|(target, _)| target.name() == *name),
                "--map does not say which column holds {name}; it takes {}",
                pattern.join(",")
            );
        }
        Ok(Self(pairs))
    }

    /// Whether the first row must hold names.
    pub fn by_name(&self) -> bool {
        self.0
            .iter()
            .any(|(_, column)| matches!(column, Named::Name(_)))
    }

    /// The same text for the same mapping, however it was written.
    pub fn canonical(&self) -> String {
        let mut pairs: Vec<String> = self
            .0
            .iter()
            .map(|(target, column)| format!("{target:?}={column:?}"))
            .collect();
        pairs.sort();
        pairs.join(",")
    }

    /// Finds the columns; `names` is the first row where it holds names.
    pub fn resolve(&self, names: Option<&ByteRecord>) -> Result<Columns> {
        let found = self.locate(names)?;
        let get = |wanted: &Target| {
            found
                .iter()
                .find(|(target, _)| *target == wanted)
                .map(|(_, column)| column.clone())
        };
        let needed = |wanted: Target| get(&wanted).context("a needed column was not mapped");
        Ok(Columns {
            customer: needed(Target::Customer)?,
            date: needed(Target::Date)?,
            total: needed(Target::Total)?,
            order_id: get(&Target::OrderId),
            currency: get(&Target::Currency),
            properties: found
                .iter()
                .filter_map(|(target, column)| match target {
                    Target::Property(name, kind) => Some((name.clone(), *kind, column.clone())),
                    _ => None,
                })
                .collect(),
        })
    }

    /// Finds the column mapped to `wanted`, such as `date`; `None` where none is.
    pub fn find(&self, wanted: &str, names: Option<&ByteRecord>) -> Result<Option<Column>> {
        let found = self.locate(names)?.into_iter();
        Ok(found
            .filter(|(target, _)| target.name() == wanted)
            .map(|(_, column)| column)
            .next())
    }

    fn locate(&self, names: Option<&ByteRecord>) -> Result<Vec<(&Target, Column)>> {
        let names = names.map(texts);
        let mut found = Vec::new();
        for (target, column) in &self.0 {
            let index = match (column, &names) {
                (Named::Position(position), Some(names)) if *position > names.len() => bail!(
                    "the file has {} columns, so {}={position} is not one of them; they are {}",
                    names.len(),
                    target.name(),
                    listed(names)
                ),
                (Named::Position(position), _) => position - 1,
                (Named::Name(name), Some(names)) => find(name, names)?,
                (Named::Name(name), None) => {
                    bail!("the file is empty, so there is no column `{name}`")
                }
            };
            let label = match &names {
                Some(names) => format!("`{}`", names[index]),
                None => format!("{}", index + 1),
            };
            found.push((target, Column { index, label }));
        }
        Ok(found)
    }
}

/// The names in the first row.
pub(crate) fn texts(names: &ByteRecord) -> Vec<String> {
    names
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect()
}

fn target_of(text: &str) -> Result<Target> {
    Ok(match text {
        "customer" => Target::Customer,
        "date" => Target::Date,
        "total" => Target::Total,
        "order_id" => Target::OrderId,
        "currency" => Target::Currency,
        property => {
            let (name, kind) = match property.rsplit_once(':') {
                None => (property, Kind::Any),
                Some((name, "text")) => (name, Kind::Text),
                Some((name, "number")) => (name, Kind::Number),
                Some(_) => {
                    bail!("--map: the type of a property is text or number, not as in `{property}`")
                }
            };
            ensure!(!name.is_empty(), "--map: a property needs a name");
            ensure!(
                !TAKEN.contains(&name),
                "--map: `{name}` cannot be a property, because it means the order's id or money; choose another name"
            );
            ensure!(
                !["customer", "date", "total", "order_id", "currency"].contains(&name),
                "--map: {name} has its own type; write {name}=…"
            );
            Target::Property(name.to_owned(), kind)
        }
    })
}

/// The one column of that name: as it is written, else whatever the case.
pub(crate) fn find(name: &str, names: &[String]) -> Result<usize> {
    let matching = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names
            .iter()
            .enumerate()
            .filter(|(_, other)| same(other))
            .map(|(index, _)| index)
            .collect()
    };
    let mut found = matching(&|other| other == name);
    if found.is_empty() {
        found = matching(&|other| other.to_lowercase() == name.to_lowercase());
    }
    match found[..] {
        [index] => Ok(index),
        [] => bail!("the file has no column `{name}`; it has {}", listed(names)),
        _ => bail!(
            "the file has several columns `{name}`; name yours by its number: {}",
            listed(names)
        ),
    }
}

/// Columns as people are told of them.
pub(crate) fn listed(names: &[String]) -> String {
    let named: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("`{name}` ({})", index + 1))
        .collect();
    named.join(", ")
}

/// One column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// From 0.
    pub index: usize,
    /// What people call it: its name, or its number from 1.
    pub label: String,
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Columns {
    pub customer: Column,
    pub date: Column,
    pub total: Column,
    pub order_id: Option<Column>,
    pub currency: Option<Column>,
    pub properties: Vec<(String, Kind, Column)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> Result<Mapping> {
        Mapping::parse(&[text.to_owned()])
    }

    fn refusal(text: &str) -> String {
        mapping(text).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_found_by_number_and_by_name() {
        let by_number = mapping("customer=2, date=3, total=5").unwrap();
        assert!(!by_number.by_name());
        let columns = by_number.resolve(None).unwrap();
        assert_eq!(
            (
                columns.customer.index,
                columns.date.index,
                columns.total.index
            ),
            (1, 2, 4)
        );
        assert_eq!(columns.total.label, "5");

        let by_name =
            mapping("customer=Client,date=2,total=amount,order_id=no,city:text=City").unwrap();
        assert!(by_name.by_name());
        let names = ByteRecord::from(vec!["no", "day", "CLIENT", " amount ", "City"]);
        let columns = by_name.resolve(Some(&names)).unwrap();
        assert_eq!(
            (
                columns.customer.index,
                columns.date.index,
                columns.total.index
            ),
            (2, 1, 3)
        );
        assert_eq!(columns.order_id.unwrap().index, 0);
        assert_eq!(columns.properties[0].0, "city");
        assert_eq!(
            (columns.properties[0].1, columns.properties[0].2.index),
            (Kind::Text, 4)
        );
        assert_eq!(columns.date.label, "`day`");
    }

    #[test]
    fn an_unknown_column_is_answered_with_those_there_are() {
        let names = ByteRecord::from(vec!["id", "date", "sum", "Sum"]);
        let resolve = |text: &str| {
            mapping(text)
                .unwrap()
                .resolve(Some(&names))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            resolve("customer=id,date=date,total=dollars"),
            "the file has no column `dollars`; it has `id` (1), `date` (2), `sum` (3), `Sum` (4)"
        );
        assert!(resolve("customer=id,date=date,total=SUM").contains("several columns `SUM`"));
        assert!(resolve("customer=id,date=9,total=sum").contains("has 4 columns, so date=9"));
        // As it is written wins.
        assert_eq!(
            mapping("customer=id,date=date,total=Sum")
                .unwrap()
                .resolve(Some(&names))
                .unwrap()
                .total
                .index,
            3
        );
    }

    #[test]
    fn a_mapping_that_cannot_be_is_refused() {
        for (text, reason) in [
            ("customer=1,date=2", "which column holds total"),
            ("customer=1,date=2,total", "takes pairs"),
            ("customer=0,date=2,total=3", "counted from 1"),
            ("customer=,date=2,total=3", "names no column"),
            ("customer=1,date=2,total=3,date=4", "names date twice"),
            (
                "customer=1,date=2,total=3,revenue=4",
                "cannot be a property",
            ),
            (
                "customer=1,date=2,total=3,total:number=4",
                "total has its own type",
            ),
            ("customer=1,date=2,total=3,zip:int=4", "text or number"),
        ] {
            let refused = refusal(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn the_same_mapping_is_the_same_text() {
        let one = mapping("customer=1,date=2,total=3").unwrap().canonical();
        assert_eq!(
            one,
            mapping("total=3, date=2,customer=1").unwrap().canonical()
        );
        assert_ne!(
            one,
            mapping("customer=1,date=2,total=4").unwrap().canonical()
        );
    }
}
