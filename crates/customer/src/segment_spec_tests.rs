//! Tests of the wire format.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use serde_json::json;

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn place(outcome: Result<Call, Violation>) -> (String, String) {
    let violation = outcome.unwrap_err();
    (violation.pointer, violation.code)
}

#[test]
fn a_call_as_the_libraries_send_it_is_read() {
    let body = json!({
        "anonymousId": "507f191e810c19729de860ea", "userId": "97980cfea0067",
        "channel": "browser", "context": {"ip": "8.8.8.8"}, "integrations": {"All": true},
        "event": "Order Completed", "properties": {"order_id": "50314b8e9bcf", "total": 27.5},
        "messageId": "022bb90c-bbac-11e4-8dfc-aa07a5b093db",
        "originalTimestamp": "2015-02-23T22:28:55.387Z", "receivedAt": "2015-02-23T22:28:55.387Z",
        "sentAt": "2015-02-23T22:28:55.111Z", "timestamp": "2015-02-23T22:28:54.111Z",
        "type": "track", "version": "1.1", "somethingNew": 1
    });
    let call = call(Kind::Track, body, &zone()).unwrap();
    assert_eq!(call.customer.as_str(), "97980cfea0067");
    let Item::Track {
        event,
        properties,
        timestamp,
        message_id,
    } = call.item
    else {
        panic!("not an event")
    };
    assert_eq!(event, "Order Completed");
    assert_eq!(properties["total"], json!(27.5));
    assert_eq!(timestamp.unwrap().to_string(), "2015-02-23T22:28:54.111Z");
    assert_eq!(message_id.unwrap(), "022bb90c-bbac-11e4-8dfc-aa07a5b093db");
}

#[test]
fn an_anonymous_visitor_is_a_customer_of_their_own() {
    for user in [json!(null), json!("")] {
        let body = json!({"userId": user, "anonymousId": "a-1", "traits": {"city": "上海"}});
        let call = call(Kind::Identify, body, &zone()).unwrap();
        assert_eq!(call.customer.as_str(), "anon:a-1");
    }
}

#[test]
fn what_is_wrong_with_a_call_is_named() {
    let track = |body| place(call(Kind::Track, body, &zone()));
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(track(json!([])), at("", "wrong_type"));
    assert_eq!(track(json!({"event": "a"})), at("/userId", "required"));
    assert_eq!(
        track(json!({"userId": "a b", "event": "a"})),
        at("/userId", "bad_id")
    );
    assert_eq!(
        track(json!({"anonymousId": {}, "event": "a"})),
        at("/anonymousId", "wrong_type")
    );
    assert_eq!(track(json!({"userId": "u"})), at("/event", "required"));
    assert_eq!(
        track(json!({"userId": "u", "event": 5})),
        at("/event", "wrong_type")
    );
    assert_eq!(
        track(json!({"userId": "u", "event": "a", "properties": []})),
        at("/properties", "wrong_type")
    );
    assert_eq!(
        track(json!({"userId": "u", "event": "a", "timestamp": "soon"})),
        at("/timestamp", "not_a_moment")
    );
    assert_eq!(
        track(json!({"userId": "u", "event": "a", "type": "identify"})),
        at("/type", "wrong_value")
    );
}

#[test]
fn a_batch_answers_for_every_item() {
    let body = json!({"batch": [
        {"type": "identify", "userId": "u", "traits": {"a": 1}},
        {"type": "page", "userId": "u", "name": "Home", "properties": {"url": "/"}},
        {"type": "alias", "userId": "u", "previousId": "v"},
        {"type": "dance", "userId": "u"},
        {"userId": "u", "event": "a"},
        7
    ], "context": {}});
    let items = batch(body, &zone()).unwrap();
    assert_eq!(items.len(), 6);
    assert!(matches!(
        &items[0],
        Ok(Call {
            item: Item::Identify { .. },
            ..
        })
    ));
    let Ok(Call {
        item: Item::Track {
            event, properties, ..
        },
        ..
    }) = &items[1]
    else {
        panic!("{:?}", items[1])
    };
    assert_eq!(
        (event.as_str(), &properties["name"]),
        ("page_viewed", &json!("Home"))
    );
    let codes: Vec<_> = items[2..].iter().map(|item| place(item.clone())).collect();
    let expected = [
        ("/type", "unsupported"),
        ("/type", "wrong_value"),
        ("/type", "required"),
        ("", "wrong_type"),
    ];
    for (found, (pointer, code)) in codes.iter().zip(expected) {
        assert_eq!((found.0.as_str(), found.1.as_str()), (pointer, code));
    }
}

#[test]
fn what_is_no_batch_is_refused_as_a_whole() {
    assert_eq!(batch(json!({}), &zone()).unwrap_err().code, "required");
    assert_eq!(
        batch(json!({"batch": {}}), &zone()).unwrap_err().code,
        "wrong_type"
    );
    let many: Vec<_> = (0..=BATCH_ITEMS).map(|_| json!(1)).collect();
    assert_eq!(
        batch(json!({"batch": many}), &zone()).unwrap_err().code,
        "too_many"
    );
}
