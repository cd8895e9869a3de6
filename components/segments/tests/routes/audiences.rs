//! `/v1/segments/{id}/members`, `/count`, `/fill`, `/export`, and `/v1/segments/overlap`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use std::collections::BTreeSet;

use crate::common::Shop;
use http::Method;
use rapport_store::{Change, Key, Nothing, Request};
use rapport_types::Timestamp;
use serde_json::{Value, json};

fn city(name: &str) -> Value {
    json!({"field": "traits.city", "is": "eq", "value": name})
}

/// A shop with 90 customers, of whom 30 are in Shanghai.
async fn open() -> Shop {
    let shop = Shop::new();
    shop.customers(90).await;
    shop.define("shanghai", city("上海")).await;
    shop
}

async fn all(shop: &Shop, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = shop
            .client
            .get(&format!("{path}?limit={limit}{cursor}"))
            .await;
        assert_eq!(page.status, 200, "{}", page.body);
        let now = page.body["items"].as_array().unwrap().clone();
        assert!(now.len() <= limit);
        items.extend(now);
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn members_are_paged_and_each_is_there_once() {
    let shop = open().await;
    shop.fill().await;
    let items = all(&shop, "/v1/segments/shanghai/members", 7).await;
    let ids: BTreeSet<&str> = items
        .iter()
        .map(|item| item["customer"].as_str().unwrap())
        .collect();
    let expected: BTreeSet<String> = (0..90).step_by(3).map(|n| format!("c{n}")).collect();
    assert_eq!(ids, expected.iter().map(String::as_str).collect());
    assert_eq!(items.len(), 30);
    assert_eq!(items[0]["since"], "2026-11-21T04:00:00Z");
    let page = shop.client.get("/v1/segments/shanghai/members").await.body;
    assert_eq!(
        (&page["definition_version"], &page["complete"]),
        (&json!(1), &json!(true))
    );
    let count = shop.client.get("/v1/segments/shanghai/count").await.body;
    assert_eq!(
        count,
        json!({"count": 30, "exact": true, "definition_version": 1, "complete": true})
    );
    for path in [
        "members?limit=0",
        "members?limit=201",
        "members?cursor=c1",
        "export?limit=10001",
    ] {
        let refused = shop
            .client
            .get(&format!("/v1/segments/shanghai/{path}"))
            .await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_parameter"))
        );
    }
    for path in ["members", "count", "fill", "export"] {
        assert_eq!(
            shop.client
                .get(&format!("/v1/segments/none/{path}"))
                .await
                .status,
            404
        );
    }
}

#[tokio::test]
async fn a_page_of_members_reads_few_shards() {
    let shop = Shop::new();
    let set = shop.store.set("audience:many:1");
    let members = (0..20_000).map(|n| format!("c{n:06}"));
    set.add_all(members).await.unwrap();
    shop.define("many", json!({"tag": "x"})).await;
    let before = shop.client.memory.counts().reads;
    let page = shop.client.get("/v1/segments/many/members?limit=200").await;
    assert_eq!(page.body["items"].as_array().unwrap().len(), 200);
    let reads = shop.client.memory.counts().reads - before;
    // Definitions, what is filled, and at most five shards; what has not been born takes one more.
    assert!(reads <= 12, "{reads} reads");
    let before = shop.client.memory.counts().reads;
    shop.client.get("/v1/segments/many/count").await;
    let reads = shop.client.memory.counts().reads - before;
    assert!(reads <= 40, "{reads} reads");
}

#[tokio::test]
async fn a_fill_says_how_far_it_is_and_until_it_is_done_answers_are_not_complete() {
    let shop = open().await;
    let fill = async || shop.client.get("/v1/segments/shanghai/fill").await.body;
    let queued = fill().await;
    assert_eq!(
        (&queued["state"], &queued["started_at"]),
        (&json!("queued"), &Value::Null)
    );
    let now = Timestamp::parse("2026-11-21T12:00:00+08:00").unwrap();
    let zone = rapport_types::Zone::named("Asia/Shanghai").unwrap();
    while rapport_records::fill::step(&shop.store, now, &zone)
        .await
        .unwrap()
        .more
    {}
    let settling = fill().await;
    assert_eq!(
        settling,
        json!({
            "segment": "shanghai", "definition_version": 1, "state": "settling", "done": 90, "total": 90,
            "started_at": "2026-11-21T04:00:00Z", "finished_at": null
        })
    );
    let count = shop.client.get("/v1/segments/shanghai/count").await.body;
    assert_eq!(
        (&count["count"], &count["complete"]),
        (&json!(30), &json!(false))
    );
    shop.fill().await;
    assert_eq!(fill().await["state"], "done");
    shop.define("shanghai", city("北京")).await;
    let count = shop.client.get("/v1/segments/shanghai/count").await.body;
    assert_eq!(
        count,
        json!({"count": 30, "exact": true, "definition_version": 1, "complete": false}),
        "the audience of before answers"
    );
    shop.fill().await;
    let count = shop.client.get("/v1/segments/shanghai/count").await.body;
    assert_eq!(
        count,
        json!({"count": 0, "exact": true, "definition_version": 2, "complete": true})
    );
}

/// Whoever had the id before.
#[tokio::test]
async fn nobody_is_answered_from_before_a_segment_was_defined() {
    let shop = open().await;
    let rule = |is: &str, value: u64| json!({"field": "traits.n", "is": is, "value": value});
    let dynamic = |is: &str, value: u64| json!({"name": "x", "rule": rule(is, value)});
    let manual = || json!({"name": "x", "kind": "manual"});
    let ids = async || {
        let items = all(&shop, "/v1/segments/x/members", 200).await;
        let ids = items.iter().map(|item| item["customer"].as_str().unwrap());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort();
        ids
    };
    for filled in [true, false] {
        for (before, after) in [
            (dynamic("lt", 3), dynamic("gte", 88)),
            (manual(), dynamic("gte", 88)),
            (dynamic("lt", 3), manual()),
        ] {
            shop.client.put("/v1/segments/x", before.clone()).await;
            let body = json!({"add": ["c0", "c1", "c2"]});
            shop.client.post("/v1/segments/x/members", body).await;
            if filled {
                shop.fill().await;
                assert_eq!(ids().await, ["c0", "c1", "c2"]);
            } else {
                shop.early().await;
            }
            let deleted = shop
                .client
                .call(Method::DELETE, "/v1/segments/x", &[], None);
            assert_eq!(deleted.await.status, 204);
            let put = shop.client.put("/v1/segments/x", after.clone()).await;
            assert_eq!(put.status, 201, "{}", put.body);
            let version = &put.body["definition_version"];
            // Before a tick has seen it, when one has, and when it is filled.
            for stage in 0..3 {
                match stage {
                    0 => {}
                    1 => shop.early().await,
                    _ => shop.fill().await,
                }
                let is_manual = after["kind"] == "manual";
                let expected = match stage {
                    _ if is_manual => vec![],
                    0 => vec![],
                    _ => vec!["c88", "c89"],
                };
                assert_eq!(ids().await, expected, "{before} {after} {stage}");
                let count = shop.client.get("/v1/segments/x/count").await.body;
                assert_eq!(
                    count,
                    json!({"count": expected.len(), "exact": true, "definition_version": version,
                        "complete": is_manual || stage == 2}),
                    "{before} {after} {stage}"
                );
            }
            shop.client
                .call(Method::DELETE, "/v1/segments/x", &[], None)
                .await;
            shop.fill().await;
        }
    }
}

#[tokio::test]
async fn an_export_is_csv_or_lines_of_json_in_parts_that_make_one_file() {
    let shop = open().await;
    shop.traits(
        "c,\"x\"",
        json!({"city": "上海"}),
        "2026-11-21T12:00:00+08:00",
    )
    .await;
    shop.fill().await;
    let text = async |path: &str, accept: &str| {
        let headers = [("accept", accept)];
        shop.client.text(path, &headers).await
    };
    let (head, csv) = text("/v1/segments/shanghai/export", "text/csv").await;
    assert_eq!(head["content-type"], "text/csv; charset=utf-8");
    assert_eq!(head["rapport-audience-complete"], "true");
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!((lines[0], lines.len()), ("customer,since", 32));
    assert!(
        lines.contains(&"\"c,\"\"x\"\"\",2026-11-21T04:00:00Z"),
        "{csv}"
    );
    assert!(head.get("link").is_none());

    let mut path = "/v1/segments/shanghai/export?format=csv&limit=9".to_owned();
    let mut joined = String::new();
    loop {
        let (head, part) = text(&path, "*/*").await;
        joined.push_str(&part);
        let Some(link) = head.get("link") else { break };
        let link = link.to_str().unwrap();
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    assert_eq!(joined, csv);

    let (head, lines) = text("/v1/segments/shanghai/export", "application/json").await;
    assert_eq!(head["content-type"], "application/x-ndjson");
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["since"], "2026-11-21T04:00:00Z");
    assert_eq!(lines.lines().count(), 31);
}

#[tokio::test]
async fn audiences_are_laid_over_each_other() {
    let shop = open().await;
    let n = |is: &str, value: u64| json!({"field": "traits.n", "is": is, "value": value});
    shop.define("first", n("lt", 30)).await;
    shop.define("last", n("gte", 60)).await;
    shop.fill().await;
    let overlap = shop
        .client
        .get("/v1/segments/overlap?of=shanghai,first,last")
        .await
        .body;
    assert_eq!(
        overlap,
        json!({
            "segments": [
                {"segment": "shanghai", "count": 30}, {"segment": "first", "count": 30}, {"segment": "last", "count": 30}
            ],
            "pairs": [
                {"segments": ["shanghai", "first"], "in_both": 10},
                {"segments": ["shanghai", "last"], "in_both": 10},
                {"segments": ["first", "last"], "in_both": 0}
            ],
            "in_all": 0, "exact": true, "looked_at": 90, "complete": true
        })
    );
    for of in ["shanghai", "shanghai,shanghai", "a b,shanghai"] {
        let of = of.replace(' ', "%20");
        let refused = shop
            .client
            .get(&format!("/v1/segments/overlap?of={of}"))
            .await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (400, &json!("invalid_parameter")),
            "{of}"
        );
    }
    let unknown = shop
        .client
        .get("/v1/segments/overlap?of=shanghai,none")
        .await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn what_large_audiences_have_in_common_is_estimated() {
    let shop = Shop::new();
    for (name, range) in [("a", 0..40_000), ("b", 30_000..50_000)] {
        let set = shop.store.set(&format!("audience:{name}:1"));
        set.add_all(range.map(|n| format!("c{n}"))).await.unwrap();
    }
    for name in ["a", "b"] {
        let key = Key::<rapport_records::segments::Definitions>::single();
        let now = Timestamp::EPOCH;
        let request = Request::plain(now, &Nothing);
        let put = shop.store.update::<_, (), ()>(&key, request, |current| {
            let mut value = current.value.unwrap_or_default();
            value.retired = 0;
            let wanted = rapport_records::segments::Wanted {
                id: rapport_types::Slug::parse(name).unwrap(),
                name: name.to_owned(),
                rule: json!({"tag": name}),
            };
            value.define(wanted, now, current.next_rev).unwrap();
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
        put.await.unwrap();
    }
    let overlap = shop.client.get("/v1/segments/overlap?of=a,b").await.body;
    assert_eq!(overlap["exact"], false);
    let near = |value: &Value, truth: f64| {
        let said = value.as_f64().unwrap();
        assert!(
            (said - truth).abs() < truth * 0.1,
            "{said} instead of {truth}"
        );
    };
    near(&overlap["segments"][0]["count"], 40_000.0);
    near(&overlap["segments"][1]["count"], 20_000.0);
    near(&overlap["pairs"][0]["in_both"], 10_000.0);
    near(&overlap["in_all"], 10_000.0);
}

#[tokio::test]
async fn no_id_is_a_formula_to_a_spreadsheet_unless_it_shall_be_as_it_is() {
    let shop = Shop::new();
    let ids = [
        "=1+1",
        "@SUM(A1)",
        "-2+3",
        "+8613800138000",
        "-7",
        "＝1",
        "a;=1+1",
        "a=b",
    ];
    for id in ids {
        shop.traits(id, json!({}), "2026-11-21T12:00:00+08:00")
            .await;
    }
    shop.define("all", json!({"not": {"tag": "none"}})).await;
    shop.fill().await;
    let read = async |query: &str| {
        let path = format!("/v1/segments/all/export?{query}");
        let (headers, text) = shop.client.text(&path, &[]).await;
        let lines = text.lines().skip(1).map(|line| {
            let (id, _) = line.rsplit_once(',').unwrap();
            id.to_owned()
        });
        (headers, lines.collect::<BTreeSet<String>>())
    };
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let guarded: BTreeSet<String> = set(&[
        "'=1+1",
        "'@SUM(A1)",
        "'-2+3",
        "+8613800138000",
        "-7",
        "'＝1",
        "\"a;=1+1\"",
        "a=b",
    ]);
    assert_eq!(read("format=csv").await.1, guarded);
    let (headers, _) = read("format=csv&guard=false&limit=3").await;
    let link = headers["link"].to_str().unwrap();
    assert!(link.contains("&guard=false&"), "{link}");
    let (_, exact) = read("format=csv&guard=false").await;
    assert!(
        exact.contains("=1+1") && exact.contains("-2+3"),
        "{exact:?}"
    );
    assert!(!exact.iter().any(|id| id.starts_with('\'')), "{exact:?}");
    let (_, text) = shop
        .client
        .text("/v1/segments/all/export?format=ndjson", &[])
        .await;
    assert!(text.contains("\"customer\":\"=1+1\""), "{text}");
}
