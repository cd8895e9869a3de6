//! What an event says about an order's life: placed, paid, refunded in part, cancelled.
//!
//! Events are named as Segment's e-commerce events are, in any spelling. `Order Paid` and `Order Completed` are one event under two
//! names, and so are `Order Canceled` and `Order Cancelled` (see [`event::name`](rapport_types::event::name)).

use rapport_types::event::{ORDER_CANCELLED, ORDER_COMPLETED, ORDER_PLACED, ORDER_REFUNDED};
use rapport_types::{Currency, Decimal, Money, Violation, decimal};
use serde_json::{Map, Value};

use crate::order::{Order, bad, currency, money, order_id, present, short_id};

/// Points that one order can be paid with: so many that no shop means more.
const MOST_POINTS: i64 = 1_000_000_000_000;

/// What an event says about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was placed and is to be paid.
    Placed {
        /// The shop's id of it.
        id: Option<String>,
        /// How many points it is paid with in part.
        points_used: Option<i64>,
    },
    /// It was paid: a purchase.
    Bought {
        /// What it came to.
        order: Order,
        /// How many points it was paid with in part; `None`: as many as were said when it was placed.
        points_used: Option<i64>,
    },
    /// Money went back.
    Refunded {
        /// The shop's id of the order.
        id: String,
        /// The shop's id of the refund.
        refund: Option<String>,
        /// How much; `None`: all of it.
        money: Option<Money>,
    },
    /// It is not to be, and whatever was paid went back.
    Cancelled {
        /// The shop's id of it.
        id: String,
    },
}

impl Step {
    /// What an event of that name says; `None` where it is about no order's life. Pointers of violations begin at the event.
    pub(crate) fn parse(
        name: &str,
        properties: &Map<String, Value>,
    ) -> Result<Option<Self>, Violation> {
        Ok(Some(match name {
            ORDER_PLACED => {
                let (id, points_used) = (order_id(properties)?, points(properties)?);
                if id.is_none() && points_used.is_some() {
                    return Err(which());
                }
                Self::Placed { id, points_used }
            }
            ORDER_COMPLETED => {
                let order = Order::parse(properties)?;
                let points_used = points(properties)?;
                if order.id.is_none() && points_used.is_some() {
                    return Err(which());
                }
                Self::Bought { order, points_used }
            }
            ORDER_REFUNDED => {
                let currency = currency(properties)?;
                let amount = ["refund", "total", "revenue", "value"]
                    .iter()
                    .find_map(|name| Some((*name, present(properties, name)?)));
                Self::Refunded {
                    id: order_id(properties)?.ok_or_else(which)?,
                    refund: short_id(properties, &["refund_id", "refundId"], "a refund's id")?,
                    money: match amount {
                        Some((name, value)) => Some(money(value, currency, name, "a refund")?),
                        None => of_products(properties, currency)?,
                    },
                }
            }
            ORDER_CANCELLED => Self::Cancelled {
                id: order_id(properties)?.ok_or_else(which)?,
            },
            _ => return Ok(None),
        }))
    }

    /// The shop's id of the order, where it gave one.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Placed { id, .. } => id.as_deref(),
            Self::Bought { order, .. } => order.id.as_deref(),
            Self::Refunded { id, .. } | Self::Cancelled { id } => Some(id),
        }
    }
}

/// What the products of a refund come to that names them and no amount; `None` where it names none.
fn of_products(
    properties: &Map<String, Value>,
    currency: Currency,
) -> Result<Option<Money>, Violation> {
    let products = match properties.get("products") {
        Some(Value::Array(products)) if !products.is_empty() => products,
        _ => return Ok(None),
    };
    let number = |value: Option<&Value>| match value {
        Some(Value::Number(number)) => decimal::from_number(number),
        Some(Value::String(text)) => Decimal::from_str_exact(text).ok(),
        _ => None,
    };
    let sum = products.iter().try_fold(Decimal::ZERO, |sum, product| {
        let times = match product.get("quantity") {
            None | Some(Value::Null) => Decimal::ONE,
            said => number(said)?,
        };
        sum.checked_add(number(product.get("price"))?.checked_mul(times)?)
    });
    let sum = sum.filter(|sum| !sum.is_sign_negative());
    match sum.and_then(|sum| Money::from_major(sum, currency)) {
        Some(money) => Ok(Some(money)),
        None => bad(
            "refund",
            "required",
            "how much went back: properties.refund, or a price and quantity of each product"
                .to_owned(),
        ),
    }
}

fn which() -> Violation {
    let detail = "which order: properties.order_id says it";
    Violation::new("/properties/order_id", "required", detail)
}

/// `points_used`: a whole number, 0 being none.
fn points(properties: &Map<String, Value>) -> Result<Option<i64>, Violation> {
    let name = "points_used";
    let Some(value) = present(properties, name) else {
        return Ok(None);
    };
    match value.as_i64() {
        Some(points) if (0..=MOST_POINTS).contains(&points) => {
            Ok(Some(points).filter(|points| *points > 0))
        }
        Some(_) => bad(
            name,
            "out_of_range",
            format!("points are 0 to {MOST_POINTS}"),
        ),
        None => bad(
            name,
            "wrong_type",
            "points are a whole number such as 200".to_owned(),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rapport_types::event;
    use serde_json::json;

    fn parse(name: &str, properties: Value) -> Result<Option<Step>, Violation> {
        Step::parse(&event::name(name), properties.as_object().unwrap())
    }

    #[test]
    fn every_spelling_of_an_order_s_life_is_read() {
        let id = json!({"order_id": 7});
        for name in ["Order Placed", "order_placed"] {
            assert!(matches!(
                parse(name, id.clone()),
                Ok(Some(Step::Placed { .. }))
            ));
        }
        for name in ["Order Paid", "order-completed", "order_paid"] {
            assert!(matches!(
                parse(name, id.clone()),
                Ok(Some(Step::Bought { .. }))
            ));
        }
        for name in ["Order Cancelled", "Order Canceled", "order_cancelled"] {
            let expected = Step::Cancelled { id: "7".into() };
            assert_eq!(parse(name, id.clone()), Ok(Some(expected)));
        }
        assert_eq!(parse("order_shipped", id), Ok(None));
    }

    #[test]
    fn a_refund_says_which_order_and_how_much_or_all() {
        let cny = Currency::parse("CNY").unwrap();
        let refund = |properties| match parse("Order Refunded", properties) {
            Ok(Some(Step::Refunded { money, refund, .. })) => Ok((money, refund)),
            Ok(_) => Ok((None, Some("something else".into()))),
            Err(violation) => Err((violation.pointer, violation.code)),
        };
        let part = json!({"order_id": "o", "refund": "9.90", "total": 30, "currency": "CNY", "refund_id": 12});
        assert_eq!(
            refund(part),
            Ok((Some(Money::new(990, cny)), Some("12".into())))
        );
        assert_eq!(refund(json!({"order_id": "o"})), Ok((None, None)));
        // Products without an amount: 2 * 4.50 + 1.
        let products = json!([{"price": 4.5, "quantity": 2}, {"price": "1"}]);
        let part = json!({"order_id": "o", "currency": "CNY", "products": products});
        assert_eq!(refund(part), Ok((Some(Money::new(1_000, cny)), None)));
        for (bad, pointer, code) in [
            (json!({"refund": 1}), "/properties/order_id", "required"),
            (
                json!({"order_id": "o", "refund": -1}),
                "/properties/refund",
                "negative",
            ),
            (
                json!({"order_id": "o", "refund_id": {}}),
                "/properties/refund_id",
                "wrong_type",
            ),
            (
                json!({"order_id": "o", "currency": 3}),
                "/properties/currency",
                "wrong_type",
            ),
            (
                json!({"order_id": "o", "products": [{"sku": "a"}]}),
                "/properties/refund",
                "required",
            ),
        ] {
            assert_eq!(refund(bad), Err((pointer.into(), code.into())));
        }
    }

    #[test]
    fn points_used_are_whole_and_of_an_order_that_is_named() {
        for (bad, pointer, code) in [
            (
                json!({"order_id": "o", "points_used": 1.5}),
                "/properties/points_used",
                "wrong_type",
            ),
            (
                json!({"order_id": "o", "points_used": -1}),
                "/properties/points_used",
                "out_of_range",
            ),
            (
                json!({"points_used": 5}),
                "/properties/order_id",
                "required",
            ),
        ] {
            for name in ["order_placed", "order_paid"] {
                let refused = parse(name, bad.clone()).unwrap_err();
                assert_eq!(
                    (refused.pointer.as_str(), refused.code.as_str()),
                    (pointer, code)
                );
            }
        }
        let none = parse("order_placed", json!({"points_used": 0})).unwrap();
        let expected = Step::Placed {
            id: None,
            points_used: None,
        };
        assert_eq!(none, Some(expected));
    }
}
