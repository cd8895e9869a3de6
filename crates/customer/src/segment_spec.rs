//! The public wire format of Segment's tracking calls: `identify`, `track` and `batch`, and within a batch
//! `page` and `screen`.
//!
//! What is read: `userId`, `anonymousId`, `event`, `name`, `category`, `properties`, `traits`, `timestamp`, `originalTimestamp`,
//! `messageId` and `type`. Every other field of the format (`context`, `integrations`, `sentAt`, `channel`, ...)
//! and unknown ones are accepted and not kept, because the format's libraries send many.
//!
//! Differences a user of that format may notice:
//!
//! - `timestamp`, else `originalTimestamp`, is taken as it stands; `sentAt` corrects nothing. See
//!   [`moment`] for clocks that run ahead.
//! - Whoever has both ids is known by `userId`; the two are not merged.
//! - `page` and `screen` count as the events `page_viewed` and `screen_viewed`.
//! - `group` and `alias` are refused with the code `unsupported`, item by item.

use rapport_types::{CustomerId, Timestamp, Violation, Zone};
use serde_json::{Map, Value};

use crate::command::Item;
use crate::limits::BATCH_ITEMS;
use crate::{moment, name};

/// One call: an item, and whom it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `userId`, or `anon:<anonymousId>`.
    pub customer: CustomerId,
    /// What is reported.
    pub item: Item,
}

/// What kind of call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Traits of a customer.
    Identify,
    /// An event.
    Track,
    /// A page seen.
    Page,
    /// A screen of an app seen.
    Screen,
}

impl Kind {
    /// The word in `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
        }
    }
}

/// Reads the body of a route that is for one kind of call. `type` may be left out there.
pub fn call(kind: Kind, body: Value, zone: &Zone) -> Result<Call, Violation> {
    let fields = object(body)?;
    match fields.get("type") {
        None | Some(Value::Null) => read(kind, fields, zone),
        Some(Value::String(word)) if word == kind.word() => read(kind, fields, zone),
        Some(_) => Err(Violation::new(
            "/type",
            "wrong_value",
            format!("this route takes calls of type {:?}", kind.word()),
        )),
    }
}

/// Reads the body of `batch`: a result per item, in order, or what is wrong with the whole. Pointers of an
/// item's violations begin at the item.
pub fn batch(body: Value, zone: &Zone) -> Result<Vec<Result<Call, Violation>>, Violation> {
    let mut fields = object(body)?;
    let items = match fields.remove("batch") {
        Some(Value::Array(items)) => items,
        None => {
            let detail = "a batch is {\"batch\": [...]}, a list of calls with a type each";
            return Err(Violation::new("/batch", "required", detail));
        }
        Some(_) => {
            let detail = "a batch is a list of calls";
            return Err(Violation::new("/batch", "wrong_type", detail));
        }
    };
    if items.len() > BATCH_ITEMS {
        let detail = format!(
            "a batch has at most {BATCH_ITEMS} items; this one has {}",
            items.len()
        );
        return Err(Violation::new("/batch", "too_many", detail));
    }
    Ok(items
        .into_iter()
        .map(|item| batch_item(item, zone))
        .collect())
}

fn batch_item(item: Value, zone: &Zone) -> Result<Call, Violation> {
    let fields = object(item)?;
    let kind = match fields.get("type").and_then(Value::as_str) {
        Some("identify") => Kind::Identify,
        Some("track") => Kind::Track,
        Some("page") => Kind::Page,
        Some("screen") => Kind::Screen,
        Some(word @ ("alias" | "group")) => {
            let detail = format!("calls of type {word} are not supported");
            return Err(Violation::new("/type", "unsupported", detail));
        }
        _ => {
            let detail = "each item of a batch has a type: identify, track, page or screen";
            let code = if fields.contains_key("type") {
                "wrong_value"
            } else {
                "required"
            };
            return Err(Violation::new("/type", code, detail));
        }
    };
    read(kind, fields, zone)
}

fn object(value: Value) -> Result<Map<String, Value>, Violation> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Violation::new("", "wrong_type", "a call is a JSON object")),
    }
}

fn read(kind: Kind, mut fields: Map<String, Value>, zone: &Zone) -> Result<Call, Violation> {
    let customer = customer(&fields)?;
    let timestamp = timestamp(&fields, zone)?;
    let message_id = text(&mut fields, "messageId")?;
    let item = match kind {
        Kind::Identify => Item::Identify {
            traits: section(&mut fields, "traits")?,
            timestamp,
            message_id,
        },
        Kind::Track => {
            let Some(event) = text(&mut fields, "event")? else {
                let detail = "a track call names its event, such as Order Completed";
                return Err(Violation::new("/event", "required", detail));
            };
            if rapport_types::event::OF_ACCOUNTS
                .contains(&rapport_types::event::name(&event).as_str())
            {
                let detail =
                    "points accounts tell this event themselves; call yours something else";
                return Err(Violation::new("/event", "reserved", detail));
            }
            Item::Track {
                event,
                properties: section(&mut fields, "properties")?,
                timestamp,
                message_id,
            }
        }
        Kind::Page | Kind::Screen => {
            let mut properties = section(&mut fields, "properties")?;
            for field in ["name", "category"] {
                if let Some(value) = text(&mut fields, field)? {
                    properties.entry(field).or_insert(Value::String(value));
                }
            }
            let event = if kind == Kind::Page {
                name::PAGE_VIEWED
            } else {
                name::SCREEN_VIEWED
            };
            Item::Track {
                event: event.to_owned(),
                properties,
                timestamp,
                message_id,
            }
        }
    };
    Ok(Call { customer, item })
}

/// `userId` or `anonymousId`; whole numbers count as their text, the empty text as absent, as in the format's
/// own libraries.
fn customer(fields: &Map<String, Value>) -> Result<CustomerId, Violation> {
    type Parse = fn(&str) -> Result<CustomerId, rapport_types::id::IdError>;
    let ways: [(&str, Parse); 2] = [
        ("userId", CustomerId::parse),
        ("anonymousId", CustomerId::anonymous),
    ];
    for (field, parse) in ways {
        let id = match fields.get(field) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) if text.is_empty() => continue,
            Some(Value::String(text)) => parse(text),
            Some(Value::Number(number)) if !number.is_f64() => parse(&number.to_string()),
            Some(_) => {
                let detail = "an id is text";
                return Err(Violation::new(format!("/{field}"), "wrong_type", detail));
            }
        };
        return id
            .map_err(|error| Violation::new(format!("/{field}"), "bad_id", error.to_string()));
    }
    let detail = "a call names its customer by userId or anonymousId";
    Err(Violation::new("/userId", "required", detail))
}

fn timestamp(fields: &Map<String, Value>, zone: &Zone) -> Result<Option<Timestamp>, Violation> {
    for field in ["timestamp", "originalTimestamp"] {
        let moment = match fields.get(field) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => moment::parse(text, zone),
            Some(_) => None,
        };
        return match moment {
            Some(moment) => Ok(Some(moment)),
            None => Err(Violation::new(
                format!("/{field}"),
                "not_a_moment",
                "a moment is RFC 3339 such as 2026-11-21T08:30:00+08:00, or a date such as 2026-11-21",
            )),
        };
    }
    Ok(None)
}

fn text(fields: &mut Map<String, Value>, field: &str) -> Result<Option<String>, Violation> {
    match fields.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Violation::new(
            format!("/{field}"),
            "wrong_type",
            format!("{field} is text"),
        )),
    }
}

fn section(fields: &mut Map<String, Value>, field: &str) -> Result<Map<String, Value>, Violation> {
    match fields.remove(field) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(section)) => Ok(section),
        Some(_) => Err(Violation::new(
            format!("/{field}"),
            "wrong_type",
            format!("{field} is a JSON object"),
        )),
    }
}

#[cfg(test)]
#[path = "segment_spec_tests.rs"]
mod tests;
