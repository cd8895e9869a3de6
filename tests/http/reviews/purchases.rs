//! Reviews of the real purchases find what the file says.

use std::collections::BTreeMap;
use std::process::Command;

use rapport_tests::host::binary;
use rapport_tests::sample::{Purchase, purchases};
use rapport_tests::{Host, Shop, root};
use serde_json::{Value, json};

use super::REVIEWS;

/// The day of the first review and that of the second, and their numbers since 1970.
const FIRST: (&str, i64) = ("1997-09-30", 10_134);
const SECOND: (&str, i64) = ("1997-12-31", 10_226);

/// Days since 1970 of a day in 1997 or 1998.
fn number(day: &str) -> i64 {
    let starts = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month: usize = day[4..6].parse().expect("a month");
    let of_month: i64 = day[6..].parse().expect("a day");
    let year = if &day[..4] == "1997" { 9_862 } else { 10_227 };
    year + starts[month - 1] + of_month - 1
}

/// The beginning of that day in the shop's zone: each order of the file is at the beginning of its day.
fn moment(day: &str) -> String {
    format!("{day}T00:00:00+08:00")
}

/// The customers of whom the tests make a shop: every fourth of the file.
fn sampled() -> Vec<Purchase> {
    let mut all = purchases();
    all.retain(|purchase| purchase.customer.parse::<u32>().is_ok_and(|id| id % 4 == 1));
    all
}

/// Each customer's orders until a day: its number and cents.
fn until(day: i64) -> BTreeMap<String, Vec<(i64, i64)>> {
    let mut customers: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for purchase in sampled() {
        let orders = customers.entry(purchase.customer).or_default();
        let of = number(&purchase.day);
        if of <= day {
            orders.push((of, purchase.cents));
        }
    }
    // Each of the file's customers ordered in its first quarter.
    customers.retain(|_, orders| !orders.is_empty());
    customers
}

/// Brings the orders after one day and until another into the shop, at that moment.
async fn bring(shop: &Shop, after: &str, until: &str) {
    let orders = sampled()
        .into_iter()
        .filter(|purchase| purchase.day.as_str() > after && purchase.day.as_str() <= until);
    let calls: Vec<Value> = orders
        .map(|one| {
            let day = &one.day;
            let total = format!("{}.{:02}", one.cents / 100, one.cents % 100);
            json!({
                "type": "track", "userId": one.customer, "event": "Order Completed",
                "timestamp": format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]),
                "properties": {"order_id": format!("cdnow-{}", one.line), "total": total, "currency": "USD"},
            })
        })
        .collect();
    for some in calls.chunks(400) {
        let answer = shop.post("/v1/batch", json!({"batch": some})).await.ok();
        let results = answer["results"].as_array().expect("results");
        assert!(
            results.iter().all(|result| result["status"] == "applied"),
            "{answer}"
        );
    }
}

async fn define(shop: &Shop, id: &str, rule: Value) {
    let body = json!({"name": id.to_uppercase(), "rule": rule});
    shop.put(&format!("/v1/segments/{id}"), body).await.ok();
}

/// Reviews everybody; answers the report.
async fn review(shop: &Shop) -> Value {
    loop {
        let step = shop.post(REVIEWS, json!({})).await;
        let status = step.status.as_u16();
        let location = step.header("location").map(str::to_owned);
        let progress = step.ok();
        assert_eq!(
            status,
            if progress["done"] == true { 201 } else { 202 },
            "{progress}"
        );
        if progress["done"] == true {
            return shop
                .get(&location.expect("a review has a place"))
                .await
                .ok();
        }
    }
}

/// The stage of a customer with orders on those days, by the bounds that hold where none are set.
fn stage(orders: &[(i64, i64)], day: i64) -> &'static str {
    let days: Vec<i64> = orders
        .iter()
        .map(|(of, _)| *of)
        .filter(|of| *of <= day)
        .collect();
    let last = days[days.len() - 1];
    match day - last {
        365.. => "lost",
        180.. => "dormant",
        90.. => "at_risk",
        _ if days.len() > 1 && last - days[days.len() - 2] >= 180 => "won_back",
        _ if days.len() >= 5 => "loyal",
        _ if days.len() > 1 => "repeat",
        _ => "first_time",
    }
}

/// Half away from zero.
fn per(total: i64, count: usize) -> i64 {
    let count = i64::try_from(count).expect("few");
    (2 * total + count) / (2 * count)
}

fn sum<'a>(orders: impl Iterator<Item = &'a (i64, i64)>) -> (usize, i64) {
    orders.fold((0, 0), |(count, cents), (_, more)| {
        (count + 1, cents + more)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_reviews_of_the_real_purchases_find_what_the_file_says() {
    let host = Host::start();
    let shop = host.shop();
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [{"id": "all", "name": "All", "at_least": 0, "by": "points"}],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
    let early = shop.at("1997-01-01T00:00:00+08:00");
    define(
        &early,
        "twice",
        json!({"field": "rfm.frequency", "is": "gte", "value": 2}),
    )
    .await;
    define(
        &early,
        "fresh",
        json!({"field": "rfm.recency_days", "is": "lt", "value": 60}),
    )
    .await;
    define(
        &early,
        "quiet",
        json!({"field": "lifecycle", "is": "in", "value": ["at_risk", "dormant"]}),
    )
    .await;
    let on_first = shop.at(&moment(FIRST.0));
    bring(&on_first, "19970000", "19970930").await;
    // The first two say what they think.
    let ids: Vec<String> = until(FIRST.1).into_keys().collect();
    for (customer, value) in [(&ids[0], 9), (&ids[1], 10), (&ids[1], 3)] {
        let said = json!({"kind": "nps", "value": value, "customer": customer});
        shop.post("/v1/feedback", said).await.ok();
    }

    let first = review(&on_first).await;
    let then = until(FIRST.1);
    assert_eq!(first["customers"]["size"], then.len());
    assert_eq!(
        first["customers"]["nps"],
        json!({"score": 0.0, "answers": 2})
    );
    let points: i64 = then.values().flatten().map(|(_, cents)| cents / 100).sum();
    assert_eq!(first["customers"]["points"]["active"], points);
    let (orders, cents) = sum(then.values().flatten());
    assert_eq!(first["customers"]["orders"]["lifetime"], orders);
    assert_eq!(first["customers"]["revenue"][0]["lifetime"], cents);
    assert_eq!(
        first["customers"]["revenue"][0]["per_member"],
        per(cents, then.len())
    );

    let on_second = shop.at(&moment(SECOND.0));
    bring(&on_second, "19970930", "19971231").await;
    let second = review(&on_second).await;
    let now = until(SECOND.1);
    // By segment: who was in then and who is now.
    let within = |id: &str, orders: &[(i64, i64)], day: i64| {
        let until: Vec<&(i64, i64)> = orders.iter().filter(|(of, _)| *of <= day).collect();
        match id {
            "twice" => until.len() >= 2,
            "fresh" => until.last().is_some_and(|(of, _)| day - of < 60),
            _ => ["at_risk", "dormant"].contains(&stage(orders, day)),
        }
    };
    let segments = second["segments"].as_array().expect("segments");
    assert_eq!(segments.len(), 3);
    for segment in segments {
        let id = segment["segment"].as_str().expect("an id");
        let members: Vec<_> = now
            .values()
            .filter(|orders| within(id, orders, SECOND.1))
            .collect();
        let before = now
            .values()
            .filter(|orders| within(id, orders, FIRST.1))
            .count();
        assert_eq!(segment["size"], members.len(), "{id} {segment}");
        assert_eq!(segment["trend"]["size"]["was"], before, "{id} {segment}");
        let flow = |name: &str| segment[name].as_u64().expect("a number");
        assert_eq!(
            before as u64 + flow("entered") - flow("left"),
            members.len() as u64
        );
        if id == "twice" {
            // Nobody has fewer orders than before.
            assert_eq!(flow("left"), 0);
        }
        let all = members.iter().flat_map(|orders| orders.iter());
        let (count, cents) = sum(all.clone());
        let (recent, recent_cents) = sum(all.filter(|(of, _)| *of > FIRST.1));
        let revenue = &segment["revenue"][0];
        assert_eq!(
            (&segment["orders"]["lifetime"], &segment["orders"]["period"]),
            (&json!(count), &json!(recent)),
            "{id}"
        );
        assert_eq!(
            (
                &revenue["currency"],
                &revenue["lifetime"],
                &revenue["period"]
            ),
            (&json!("USD"), &json!(cents), &json!(recent_cents)),
            "{id}"
        );
        assert_eq!(revenue["per_member"], per(cents, members.len()), "{id}");
        if recent > 0 {
            assert_eq!(revenue["average_order"], per(recent_cents, recent), "{id}");
        }
    }
    // From stage to stage.
    let mut stages: BTreeMap<&str, u64> = BTreeMap::new();
    for orders in now.values() {
        *stages.entry(stage(orders, SECOND.1)).or_default() += 1;
    }
    for (stage, count) in &stages {
        assert_eq!(second["lifecycle"]["stages"][stage], *count, "{stage}");
    }
    let mut moves: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for orders in now.values() {
        let row = moves.entry(stage(orders, FIRST.1)).or_default();
        *row.entry(stage(orders, SECOND.1)).or_default() += 1;
    }
    assert_eq!(second["lifecycle"]["moves"], json!(moves));
    assert_eq!(second["previous"], first["id"]);

    // The thresholds are those that a fit finds in the file.
    let file = host.data().join("until-all.txt");
    let rows: String = sampled()
        .into_iter()
        .filter(|one| number(&one.day) <= SECOND.1)
        .map(|one| {
            format!(
                "{} {} {} 1 {}.{:02}\n",
                one.customer,
                one.customer,
                one.day,
                one.cents / 100,
                one.cents % 100
            )
        })
        .collect();
    std::fs::write(&file, rows).expect("a file can be written");
    let output = Command::new(binary())
        .current_dir(root())
        .arg("fit")
        .arg(&file)
        .args([
            "--map",
            "customer=2,date=3,total=5",
            "--until",
            SECOND.0,
            "--json",
        ])
        .output()
        .expect("a fit runs");
    let fitted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let model = shop.get("/v1/segments/models/rfm").await.ok();
    for part in [
        "recency_days",
        "frequency",
        "monetary",
        "mean_scores",
        "customers",
    ] {
        assert_eq!(second["rfm"][part], fitted["rfm"][part], "{part}");
        assert_eq!(model[part], fitted["rfm"][part], "{part}");
    }
    assert_eq!(model["version"], 2);

    let listed = shop.get("/v1/reviews?limit=1").await.ok();
    assert_eq!(listed["items"][0]["id"], "r2");
    assert_eq!(listed["next_review_at"], "1998-01-30T16:00:00Z");
    let cursor = listed["next_cursor"].as_str().expect("there is one more");
    let more = shop
        .get(&format!("/v1/reviews?limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(
        (&more["items"][0]["id"], &more["next_cursor"]),
        (&json!("r1"), &Value::Null)
    );
    assert_eq!(shop.get("/v1/reviews/latest").await.ok(), second);
}
