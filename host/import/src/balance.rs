//! Balances that customers had elsewhere: a row made into an import of one lot, or the reason why not.
//!
//! - [`args`]: the arguments of `rapport import balances`.
//! - `columns`: which column holds what.

pub mod args;
mod columns;

use csv::ByteRecord;
use rapport_types::CustomerId;
use serde::Serialize;

use crate::columns::Column;
use crate::order::Item;
use crate::report::Refused;
use crate::row::Row;
use crate::when::Offset;
use crate::{partition, when};

pub use columns::{Columns, Mapping};

/// How rows are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Where everything is.
    pub columns: Columns,
    /// The kind of points of rows that name none; `None`: the main one.
    pub kind: Option<String>,
    /// What keys begin with where no column holds them.
    pub key_prefix: String,
    /// The offset of times that name none.
    pub offset: Option<Offset>,
}

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    lots: [Lot; 1],
}

#[derive(Serialize)]
struct Lot {
    points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl Reading {
    /// Reads the row that begins on `line`.
    pub fn read(&self, line: u64, record: &ByteRecord) -> Result<Item, Refused> {
        let row = Row { line, record };
        let refused = |field: &str, reason: String| row.refused(field, reason);
        let columns = &self.columns;
        let customer = row.text("customer", &columns.customer)?;
        CustomerId::parse(customer).map_err(|error| refused("customer", error.to_string()))?;
        let points = row.text("points", &columns.points)?;
        let points = whole(points).map_err(|reason| refused("points", reason))?;
        let moment = |name: &str, column: &Option<Column>| {
            row.optional(name, column.as_ref())?
                .map(|text| when::parse(text, self.offset.as_ref()))
                .transpose()
                .map_err(|reason| refused(name, reason))
        };
        let lot = Lot {
            points,
            active_from: moment("earned_at", &columns.earned_at)?,
            expires_at: moment("expires_at", &columns.expires_at)?,
        };
        let key = row.id("key", ("a", "key"), columns.key.as_ref(), || {
            format!("{}{line}", self.key_prefix)
        })?;
        let body = Body {
            key: &key,
            kind: row
                .optional("kind", columns.kind.as_ref())?
                .or(self.kind.as_deref()),
            lots: [lot],
        };
        let json =
            serde_json::to_string(&body).map_err(|error| refused("row", error.to_string()))?;
        Ok(Item {
            line,
            partition: partition::of(customer),
            path: Some(format!("/v1/loyalty/accounts/{}/import", encoded(customer))),
            json,
        })
    }
}

/// A whole number of points, at least 1.
fn whole(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(points) if points > 0 => Ok(points),
        Ok(_) => Err(format!(
            "{text} points are none to bring along; leave the row out"
        )),
        Err(_) if text.is_empty() => Err("there are no points".into()),
        Err(_) => Err(format!(
            "{text:?} is not a whole number of points; one is written 1200"
        )),
    }
}

/// What a column is called that a pointer into the request means.
pub fn field(pointer: &str) -> String {
    match pointer.rsplit('/').next().unwrap_or_default() {
        "active_from" => "earned_at".into(),
        "" => "row".into(),
        "lots" => "points".into(),
        name => name.to_owned(),
    }
}

/// A customer's id as a step of a path (RFC 3986, 3.3).
fn encoded(customer: &str) -> String {
    let mut text = String::new();
    for byte in customer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NAMES: [&str; 6] = [
        "customer",
        "points",
        "expires_at",
        "earned_at",
        "kind",
        "key",
    ];

    fn reading() -> Reading {
        let names = ByteRecord::from(NAMES.to_vec());
        Reading {
            columns: Mapping::parse(&[]).unwrap().resolve(Some(&names)).unwrap(),
            kind: None,
            key_prefix: "old-".into(),
            offset: None,
        }
    }

    fn row(fields: &[&str]) -> ByteRecord {
        ByteRecord::from(fields.to_vec())
    }

    #[test]
    fn a_row_becomes_an_import_of_one_lot() {
        let full = ["会员 1", "120", "20271231", "2025-03-01", "growth", "K-7"];
        // An id has no spaces; what else it has is written as a path takes it.
        let refused = reading().read(3, &row(&full)).unwrap_err();
        assert_eq!((refused.line, refused.field.as_str()), (3, "customer"));
        let full = ["会员-1", "120", "20271231", "2025-03-01", "growth", "K-7"];
        let item = reading().read(3, &row(&full)).unwrap();
        assert_eq!(
            item.path.as_deref(),
            Some("/v1/loyalty/accounts/%E4%BC%9A%E5%91%98-1/import")
        );
        let body: Value = serde_json::from_str(&item.json).unwrap();
        assert_eq!(
            body,
            json!({"key": "K-7", "kind": "growth", "lots": [
                {"points": 120, "active_from": "2025-03-01", "expires_at": "2027-12-31"}]})
        );
        let mut plain = reading();
        plain.columns.key = None;
        let item = plain.read(9, &row(&["c", "5", "", "", "", ""])).unwrap();
        assert_eq!(item.json, r#"{"key":"old-9","lots":[{"points":5}]}"#);
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line_field_and_reason() {
        let long = "x".repeat(256);
        for (fields, field, reason) in [
            (["", "5", "", "", "", "k"], "customer", "empty"),
            (["c", "", "", "", "", "k"], "points", "no points"),
            (["c", "1,200", "", "", "", "k"], "points", "1200"),
            (["c", "12.5", "", "", "", "k"], "points", "whole number"),
            (["c", "0", "", "", "", "k"], "points", "leave the row out"),
            (["c", "-5", "", "", "", "k"], "points", "leave the row out"),
            (["c", "5", "soon", "", "", "k"], "expires_at", "no date"),
            (
                ["c", "5", "", "18/01/1997", "", "k"],
                "earned_at",
                "no date",
            ),
            (["c", "5", "", "", "", ""], "key", "no key"),
            (["c", "5", "", "", "", &long], "key", "255 bytes"),
        ] {
            let refused = reading().read(7, &row(&fields)).unwrap_err();
            assert_eq!((refused.line, refused.field.as_str()), (7, field));
            assert!(refused.reason.contains(reason), "{}", refused.reason);
        }
        let short = reading().read(7, &row(&["c", "5"])).unwrap_err();
        assert!(
            short
                .reason
                .contains("the row has no column `earned_at`; it has 2")
        );
    }

    #[test]
    fn a_pointer_is_told_as_the_columns_name() {
        for (pointer, name) in [
            ("/lots/0/points", "points"),
            ("/lots/0/expires_at", "expires_at"),
            ("/lots/0/active_from", "earned_at"),
            ("/lots", "points"),
            ("/kind", "kind"),
            ("/key", "key"),
            ("", "row"),
        ] {
            assert_eq!(field(pointer), name, "{pointer}");
        }
    }
}
