//! An order out of an event's properties, named as Segment's e-commerce events name them.

use rapport_types::{Currency, Decimal, Money, Violation, decimal};
use serde_json::{Map, Value};

use crate::limits::REPEATABLE_ID_BYTES;

/// What an `order_completed` event says about money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The shop's id of it: `order_id` or `orderId`, text or a whole number.
    pub id: Option<String>,
    /// The first of `total`, `revenue`, `value` that is there, in `currency`, or in
    /// [`Currency::NONE`] where none is named.
    pub money: Option<Money>,
}

impl Order {
    /// Reads `properties`. Pointers of violations begin at the event: `/properties/total`.
    pub fn parse(properties: &Map<String, Value>) -> Result<Self, Violation> {
        let currency = currency(properties)?;
        let amount = ["total", "revenue", "value"]
            .iter()
            .find_map(|name| Some((*name, present(properties, name)?)));
        let money = match amount {
            None => None,
            Some((name, value)) => Some(money(value, currency, name, "an order's total")?),
        };
        Ok(Self {
            id: order_id(properties)?,
            money,
        })
    }
}

/// Writes the money of an order's event as numbers where it came as text: so that a rule that sums it up finds what was counted.
pub(crate) fn write_numbers(properties: &mut Map<String, Value>) {
    for name in ["total", "revenue", "value", "refund"] {
        if let Some(value) = properties.get_mut(name)
            && let Value::String(text) = value
            && let Ok(amount) = Decimal::from_str_exact(text)
            && let Some(number) = decimal::to_number(amount)
        {
            *value = Value::Number(number);
        }
    }
}

pub(crate) fn present<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    properties.get(name).filter(|value| !value.is_null())
}

pub(crate) fn bad<T>(name: &str, code: &str, detail: String) -> Result<T, Violation> {
    Err(Violation::new(format!("/properties/{name}"), code, detail))
}

/// The order's id.
pub(crate) fn order_id(properties: &Map<String, Value>) -> Result<Option<String>, Violation> {
    short_id(properties, &["order_id", "orderId"], "an order id")
}

/// An id under the first of `names` that is there; `what` it is, for people.
pub(crate) fn short_id(
    properties: &Map<String, Value>,
    names: &[&'static str],
    what: &str,
) -> Result<Option<String>, Violation> {
    let Some((name, value)) = names
        .iter()
        .find_map(|name| Some((*name, present(properties, name)?)))
    else {
        return Ok(None);
    };
    let id = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => {
            let detail = format!("{what} is text or a whole number");
            return bad(name, "wrong_type", detail);
        }
    };
    if id.is_empty() || id.len() > REPEATABLE_ID_BYTES {
        let detail = format!(
            "{what} has 1 to {REPEATABLE_ID_BYTES} bytes; this one has {}",
            id.len()
        );
        return bad(name, "bad_length", detail);
    }
    Ok(Some(id))
}

pub(crate) fn currency(properties: &Map<String, Value>) -> Result<Currency, Violation> {
    match present(properties, "currency") {
        None => Ok(Currency::NONE),
        Some(Value::String(text)) => Currency::parse(text)
            .or_else(|error| bad("currency", "bad_currency", error.to_string())),
        Some(_) => bad(
            "currency",
            "wrong_type",
            "a currency is text such as CNY".to_owned(),
        ),
    }
}

/// `value` in major units, which stands under `name` and is `what`, for people.
pub(crate) fn money(
    value: &Value,
    currency: Currency,
    name: &str,
    what: &str,
) -> Result<Money, Violation> {
    let major = match value {
        Value::Number(number) => decimal::from_number(number),
        Value::String(text) => Decimal::from_str_exact(text).ok(),
        _ => None,
    };
    let Some(major) = major else {
        let detail = format!("{what} is a number such as 29.33, or the same as text");
        return bad(name, "not_a_number", detail);
    };
    if major.is_sign_negative() && !major.is_zero() {
        return bad(
            name,
            "negative",
            format!("{what} is not negative; this one is {major}"),
        );
    }
    let Some(money) = Money::from_major(major, currency) else {
        let detail = format!("{major} is more than can be counted");
        return bad(name, "out_of_range", detail);
    };
    if value.is_string() && !decimal::is_number(money.to_major()) {
        // It would be counted as one amount and found by rules as another.
        let detail = format!("{what} has more digits than are kept: {major}");
        return bad(name, "not_exact", detail);
    }
    Ok(money)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(properties: Value) -> Result<Order, Violation> {
        Order::parse(properties.as_object().unwrap())
    }

    #[test]
    fn a_total_is_a_number_or_decimal_text() {
        let cny = Currency::parse("CNY").unwrap();
        let expected = Some(Money::new(2_933, cny));
        for properties in [
            json!({"total": 29.33, "currency": "CNY", "revenue": 1}),
            json!({"total": "29.33", "currency": "cny"}),
            json!({"total": null, "revenue": 29.33, "currency": "CNY", "value": 3}),
            json!({"value": 29.33, "currency": "CNY"}),
        ] {
            assert_eq!(parse(properties).unwrap().money, expected);
        }
        assert_eq!(
            parse(json!({"total": 12})).unwrap().money,
            Some(Money::new(1_200, Currency::NONE))
        );
        assert_eq!(
            parse(json!({})).unwrap(),
            Order {
                id: None,
                money: None
            }
        );
    }

    #[test]
    fn an_order_id_is_text_or_a_whole_number() {
        assert_eq!(parse(json!({"order_id": 17})).unwrap().id.unwrap(), "17");
        assert_eq!(parse(json!({"orderId": "a-1"})).unwrap().id.unwrap(), "a-1");
        assert_eq!(
            parse(json!({"order_id": 1.5})).unwrap_err().pointer,
            "/properties/order_id"
        );
    }

    #[test]
    fn what_a_spreadsheet_writes_of_a_price_is_the_price() {
        for (total, cents) in [
            ("19.900000000000000355", 1_990),
            ("12345678901.23", 1_234_567_890_123),
        ] {
            let money = parse(json!({"total": total, "currency": "CNY"})).unwrap();
            assert_eq!(money.money.unwrap().amount, cents, "{total}");
        }
    }

    #[test]
    fn a_bad_total_is_named() {
        for (total, code) in [
            (json!("much"), "not_a_number"),
            (json!("1e3"), "not_a_number"),
            (json!([1]), "not_a_number"),
            (json!(-0.01), "negative"),
            (json!(1e18), "out_of_range"),
            (json!("12345678901234567.8"), "not_exact"),
        ] {
            let refused = parse(json!({ "total": total })).unwrap_err();
            assert_eq!(
                (refused.pointer.as_str(), refused.code.as_str()),
                ("/properties/total", code)
            );
        }
        let refused = parse(json!({"total": 1, "currency": "yuan"})).unwrap_err();
        assert_eq!(refused.pointer, "/properties/currency");
    }
}
