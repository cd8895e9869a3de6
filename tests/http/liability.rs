//! `/v1/loyalty/liability`: what is owed is what the accounts say, one by one.

use std::collections::BTreeMap;

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

const PATH: &str = "/v1/loyalty/liability";
/// When the shop began; the clock that [`Host::shop`] starts with is ten months later.
const EARLY: &str = "2026-01-05T12:00:00+08:00";
const NOW: &str = "2026-11-21T12:00:00+08:00";

async fn program(shop: &Shop) {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"months": 12}, "activates_after": "2d"},
        "kinds": [{"id": "growth", "name": "成长值", "spendable": false, "expires_after": {"end_of": {"period": "year"}}}],
        "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 100, "currency": "CNY"}, "points": 2}],
        "redeem": {"points": 100, "worth": {"amount": 90, "currency": "CNY"}},
        "tiers": [{"id": "silver", "name": "银卡", "at_least": 100, "by": "points", "kind": "growth"}],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
}

async fn post(shop: &Shop, customer: &str, what: &str, body: Value) -> Value {
    let path = format!("/v1/loyalty/accounts/{customer}/{what}");
    shop.post(&path, body).await.ok()
}

/// A shop in which everything happened that there is: points that expired, were spent, are held, wait, were taken back twice.
async fn history(shop: &Shop) -> Vec<String> {
    let early = shop.at(EARLY);
    program(&early).await;
    let mut customers = Vec::new();
    for n in 0..12_i64 {
        let customer = format!("c{n}");
        let lots = json!({"key": "old", "lots": [
            {"points": 100 + n, "expires_at": "2026-02-28"}, {"points": 50, "expires_at": "2027-03-31"}, {"points": 9}]});
        post(&early, &customer, "import", lots).await;
        post(
            &early,
            &customer,
            "spend",
            json!({"points": 10 * (n % 5) + 1}),
        )
        .await;
        customers.push(customer);
    }
    for (n, customer) in customers.iter().enumerate() {
        let money =
            json!({"order_id": "o", "money": {"amount": 10_000 + 700 * n, "currency": "CNY"}});
        // Half of them yesterday, so that their points wait.
        let at = if n % 2 == 0 {
            "2026-11-20"
        } else {
            "2026-10-05"
        };
        let mut order = money.clone();
        order["at"] = json!(at);
        let earned = post(shop, customer, "earn", order).await;
        if n % 3 == 0 {
            let hold = json!({"points": 20, "expires_in": "1h"});
            post(shop, customer, "authorize", hold).await;
        }
        if n % 4 == 1 {
            post(shop, customer, "spend", json!({"points": 150})).await;
            let back = json!({"transaction": earned["transaction"], "policy": "allow_negative"});
            post(shop, customer, "reverse", back).await;
        }
    }
    // Somebody who came by an order that was tracked, and somebody whom a transfer made.
    shop.customer("tracked")
        .with_order(80, "2026-11-01T12:00:00+08:00")
        .create()
        .await;
    post(
        shop,
        "c2",
        "transfer",
        json!({"to": "receiver", "points": 5}),
    )
    .await;
    customers.extend(["tracked".to_owned(), "receiver".to_owned()]);
    customers
}

/// Of one kind, what all accounts say: active, pending, held, spent, expired; and points by month, out of lots and holds.
async fn one_by_one(
    shop: &Shop,
    customers: &[String],
    kind: &str,
) -> ([i64; 5], BTreeMap<String, i64>) {
    let mut sums = [0; 5];
    let mut months: BTreeMap<String, i64> = BTreeMap::new();
    for customer in customers {
        let account = shop
            .get(&format!("/v1/loyalty/accounts/{customer}"))
            .await
            .ok();
        let balance = &account["balances"][kind];
        for (sum, name) in sums
            .iter_mut()
            .zip(["active", "pending", "held", "spent", "expired"])
        {
            *sum += balance[name].as_i64().expect("a number");
        }
        let lots = format!("/v1/loyalty/accounts/{customer}/lots?kind={kind}&limit=200");
        for lot in shop.get(&lots).await.ok()["items"]
            .as_array()
            .expect("a list")
        {
            let month = match lot["expires_at"].as_str() {
                // The last moment of a day in Shanghai is before 16:00 UTC of that day: the day as UTC has it.
                Some(end) => end[..7].to_owned(),
                None => "never".to_owned(),
            };
            *months.entry(month).or_default() += lot["points"].as_i64().expect("a number");
        }
    }
    (sums, months)
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}

#[tokio::test]
async fn the_figures_are_those_of_the_accounts_one_by_one() {
    let host = Host::start();
    let shop = host.shop().at(NOW);
    let customers = history(&shop).await;
    let begun = shop.post(PATH, json!({})).await.ok();
    assert_eq!(
        (&begun["complete"], &begun["of"]),
        (&json!(true), &json!(14)),
        "{begun}"
    );
    let report = shop.get(PATH).await.ok();
    assert_eq!(report["as_of"], "2026-11-21T04:00:00Z");
    for (place, kind) in ["points", "growth"].into_iter().enumerate() {
        let counted = &report["kinds"][place];
        assert_eq!(counted["kind"], kind);
        let (sums, months) = one_by_one(&shop, &customers, kind).await;
        let [active, pending, held, spent, expired] = sums;
        for (name, sum) in [
            ("active", active),
            ("pending", pending),
            ("held", held),
            ("outstanding", active + pending + held),
        ] {
            assert_eq!(number(&counted[name]), sum, "{kind} {name}");
        }
        let breakage = &counted["breakage"];
        assert_eq!(
            (number(&breakage["spent"]), number(&breakage["expired"])),
            (spent, expired),
            "{kind}"
        );
        // What is held is in no lot, so of each month the rest.
        let rows = counted["by_expiry"].as_array().expect("rows");
        let of_lots: BTreeMap<String, i64> = rows
            .iter()
            .map(|row| {
                (
                    row["month"].as_str().expect("text").to_owned(),
                    number(&row["active"]) + number(&row["pending"]),
                )
            })
            .filter(|(_, points)| *points > 0)
            .collect();
        assert_eq!(of_lots, months, "{kind}");
        let all: i64 = rows.iter().map(|row| number(&row["points"])).sum();
        assert_eq!(
            all,
            active + pending + held + number(&counted["owed"]),
            "{kind}"
        );
        let expire: i64 = rows
            .iter()
            .filter(|row| row["month"] != "never")
            .map(|row| number(&row["points"]))
            .sum();
        match expired + spent {
            0 => assert_eq!(breakage["points"], json!(null)),
            ended => assert_eq!(
                number(&breakage["points"]),
                expire * expired / ended,
                "{kind}"
            ),
        }
    }
    let points = &report["kinds"][0];
    assert!(
        number(&points["held"]) > 0
            && number(&points["pending"]) > 0
            && number(&points["owed"]) > 0,
        "{points}"
    );
    assert!(
        number(&points["breakage"]["expired"]) > 0
            && number(&report["kinds"][1]["outstanding"]) > 0
    );
    assert_eq!(
        points["value"],
        json!({"amount": number(&points["outstanding"]) * 90 / 100, "currency": "CNY"})
    );
    // A year later, counted anew: what expired by then is owed no more.
    let later = shop.at("2027-11-21T12:00:00+08:00");
    later.post(PATH, json!({})).await.ok();
    let (sums, _) = one_by_one(&later, &customers, "points").await;
    let report = later.get(PATH).await.ok();
    assert_eq!(
        number(&report["kinds"][0]["outstanding"]),
        sums[0] + sums[1] + sums[2]
    );
    assert_eq!(number(&report["kinds"][0]["breakage"]["expired"]), sums[4]);
}

#[tokio::test]
async fn a_large_shop_is_counted_by_the_tick_step_by_step() {
    let host = Host::start();
    let shop = host.shop();
    program(&shop).await;
    let numbers: Vec<i64> = (0..2_100).collect();
    for some in numbers.chunks(64) {
        let earned = some.iter().map(|n| {
            let shop = shop.clone();
            async move { post(&shop, &format!("c{n}"), "earn", json!({"points": n})).await }
        });
        join_all(earned).await;
    }
    let begun = shop.post(PATH, json!({})).await;
    assert_eq!(begun.status.as_u16(), 202);
    assert_eq!(
        (&begun.body["seen"], &begun.body["of"]),
        (&json!(2_000), &json!(2_100))
    );
    let so_far = shop.get(PATH).await.ok();
    assert_eq!(
        (&so_far["complete"], &so_far["seen"]),
        (&json!(false), &json!(2_000))
    );
    while shop.post("/v1/tick", json!({})).await.ok()["more"] == true {}
    let report = shop.get(PATH).await.ok();
    // 0 + 1 + … + 2,099.
    assert_eq!(
        (
            &report["complete"],
            &report["kinds"][0]["outstanding"],
            &report["kinds"][0]["holders"]
        ),
        (&json!(true), &json!(2_099 * 2_100 / 2), &json!(2_099))
    );
}
