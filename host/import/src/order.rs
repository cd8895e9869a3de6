//! A row made into what is sent, or the reason why not.

use csv::ByteRecord;
use rapport_types::{Currency, CustomerId};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::columns::{Columns, Kind};
use crate::partition;
use crate::report::Refused;
use crate::row::Row;
use crate::when::Offset;
use crate::{amount, when};

/// How rows are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Where everything is.
    pub columns: Columns,
    /// The currency of orders that name none.
    pub currency: Option<Currency>,
    /// What order ids begin with where no column holds them.
    pub order_id_prefix: String,
    /// The offset of times that name none.
    pub offset: Option<Offset>,
    /// Totals are written with a comma.
    pub decimal_comma: bool,
}

/// An order, or another row, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where its row begins.
    pub line: u64,
    /// The part that its customer belongs to.
    pub partition: usize,
    /// Where it is sent by itself; `None`: it travels with others in a batch.
    pub path: Option<String>,
    /// The body, of a batch the call in Segment's public format.
    pub json: String,
}

#[derive(Serialize)]
struct Call<'a> {
    r#type: &'static str,
    #[serde(rename = "userId")]
    user_id: &'a str,
    event: &'static str,
    timestamp: String,
    #[serde(rename = "messageId")]
    message_id: &'a str,
    properties: Map<String, Value>,
}

impl Reading {
    /// Reads the row that begins on `line`.
    pub fn read(&self, line: u64, record: &ByteRecord) -> Result<Item, Refused> {
        let row = Row { line, record };
        let refused = |field: &str, reason: String| row.refused(field, reason);
        let columns = &self.columns;
        let customer = row.text("customer", &columns.customer)?;
        CustomerId::parse(customer).map_err(|error| refused("customer", error.to_string()))?;
        let date = row.text("date", &columns.date)?;
        let timestamp =
            when::parse(date, self.offset.as_ref()).map_err(|reason| refused("date", reason))?;
        let currency = match row.optional("currency", columns.currency.as_ref())? {
            Some(code) => Some(
                Currency::parse(code).map_err(|error| refused("currency", error.to_string()))?,
            ),
            None => self.currency,
        };
        let total = row.text("total", &columns.total)?;
        let total = amount::total(
            total,
            self.decimal_comma,
            currency.unwrap_or(Currency::NONE),
        )
        .map_err(|reason| refused("total", reason))?;
        let column = columns.order_id.as_ref();
        let order_id = row.id("order_id", ("an", "order id"), column, || {
            format!("{}{line}", self.order_id_prefix)
        })?;

        let mut properties = Map::new();
        for (name, kind, column) in &columns.properties {
            let text = row.text(name, column)?;
            if text.is_empty() {
                continue;
            }
            let value = match (kind, amount::number(text)) {
                (Kind::Any | Kind::Number, Some(number)) => number,
                (Kind::Number, None) => {
                    return Err(refused(name, format!("{text:?} is not a number")));
                }
                (Kind::Any, None) | (Kind::Text, _) => Value::String(text.to_owned()),
            };
            properties.insert(name.clone(), value);
        }
        properties.insert("order_id".into(), Value::String(order_id.clone()));
        properties.insert("total".into(), total);
        if let Some(currency) = currency {
            properties.insert("currency".into(), Value::String(currency.to_string()));
        }
        let call = Call {
            r#type: "track",
            user_id: customer,
            event: "Order Completed",
            timestamp,
            message_id: &order_id,
            properties,
        };
        let json =
            serde_json::to_string(&call).map_err(|error| refused("row", error.to_string()))?;
        Ok(Item {
            line,
            partition: partition::of(customer),
            path: None,
            json,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::columns::Mapping;

    fn reading(map: &str) -> Reading {
        Reading {
            columns: Mapping::parse(&[map.to_owned()])
                .unwrap()
                .resolve(None)
                .unwrap(),
            currency: Currency::parse("USD").ok(),
            order_id_prefix: "cdnow-".into(),
            offset: None,
            decimal_comma: false,
        }
    }

    fn row(fields: &[&str]) -> ByteRecord {
        ByteRecord::from(fields.to_vec())
    }

    #[test]
    fn a_row_becomes_a_call_in_segments_format() {
        let reading = reading("customer=2,date=3,total=5,quantity=4");
        let item = reading
            .read(1, &row(&["00004", "0001", "19970101", "2", "29.33"]))
            .unwrap();
        assert_eq!((item.line, item.partition), (1, partition::of("0001")));
        let call: Value = serde_json::from_str(&item.json).unwrap();
        assert_eq!(
            call,
            json!({
                "type": "track", "userId": "0001", "event": "Order Completed", "timestamp": "1997-01-01",
                "messageId": "cdnow-1",
                "properties": {"order_id": "cdnow-1", "total": 29.33, "currency": "USD", "quantity": 2}
            })
        );
    }

    #[test]
    fn columns_win_over_what_is_said_for_all() {
        let reading = reading("customer=1,date=2,total=3,currency=4,order_id=5,zip:text=6,note=7");
        let item = reading
            .read(
                9,
                &row(&["会员-1", "2026-01-02", "5", "cny", "A7", "90210", ""]),
            )
            .unwrap();
        let call: Value = serde_json::from_str(&item.json).unwrap();
        assert_eq!(
            call["properties"],
            json!({"order_id": "A7", "total": 5, "currency": "CNY", "zip": "90210"})
        );
        assert_eq!(
            (&call["userId"], &call["messageId"]),
            (&json!("会员-1"), &json!("A7"))
        );
        let item = reading
            .read(9, &row(&["c", "2026-01-02", "5", "", "A7", "1", "x"]))
            .unwrap();
        assert!(item.json.contains("\"currency\":\"USD\""));
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line_field_and_reason() {
        let reading = reading("customer=1,date=2,total=3,order_id=4,n:number=5");
        let long = "x".repeat(256);
        for (fields, field, reason) in [
            (&["", "20260101", "5", "a", "1"][..], "customer", "empty"),
            (&["a b", "20260101", "5", "a", "1"], "customer", "' '"),
            (&["c", "tomorrow", "5", "a", "1"], "date", "no date"),
            (
                &["c", "20260101", "much", "a", "1"],
                "total",
                "not a number",
            ),
            (&["c", "20260101", "5", "", "1"], "order_id", "no order id"),
            (
                &["c", "20260101", "5", &long, "1"],
                "order_id",
                "at most 255",
            ),
            (&["c", "20260101", "5", "a", "many"], "n", "not a number"),
            (
                &["c", "20260101"],
                "total",
                "the row has no column 3; it has 2",
            ),
        ] {
            let refused = reading.read(7, &row(fields)).unwrap_err();
            assert_eq!((refused.line, refused.field.as_str()), (7, field));
            assert!(refused.reason.contains(reason), "{refused:?}");
        }
        let mut latin = ByteRecord::new();
        for field in [&b"Ren\xe9"[..], b"20260101", b"5", b"a", b"1"] {
            latin.push_field(field);
        }
        assert!(
            reading
                .read(7, &latin)
                .unwrap_err()
                .reason
                .contains("not UTF-8")
        );
    }
}
