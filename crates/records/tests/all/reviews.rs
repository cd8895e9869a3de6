//! Reviews: what they count is what a plain recount finds, whatever interrupts them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod recount;
mod refunds;

use crate::common::{DAY, Shop, at, customer, order, put, slug, tags, zone};
use rapport_lifetime::Thresholds;
use rapport_records::freshness::Listed;
use rapport_records::models::{self, Wanted};
use rapport_records::reviews::{self, Asked, Progress, Start, States};
use rapport_records::segments::Definitions;
use rapport_records::{customers, effects::CustomerCarrier};
use rapport_review::{Report, Settings};
use rapport_store::faulty::{Faulty, Plan};
use rapport_store::{Change, Key, Nothing, Request, Store, UpdateError};
use rapport_types::Timestamp;
use recount::{Dice, Made};
use serde_json::{Value, json};

fn asked(now: Timestamp, most: u64, zone: &rapport_types::Zone) -> Asked<'_> {
    Asked {
        most,
        start: Start::ByHand,
        now,
        zone,
        once: None,
        dry_run: false,
    }
}

async fn step(store: &Store, now: Timestamp, most: u64) -> Result<Progress, String> {
    let zone = zone();
    match reviews::step(store, asked(now, most, &zone)).await {
        Ok(done) => Ok(done.unwrap().answer),
        Err(UpdateError::Store(error)) => Err(error.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}

/// Reviews everybody without anything in between.
async fn review(shop: &Shop, now: Timestamp) -> Report {
    let progress = step(&shop.store, now, 1_000_000).await.unwrap();
    assert!(progress.done, "{progress:?}");
    report(shop, &progress.review).await
}

async fn report(shop: &Shop, id: &str) -> Report {
    let found = reviews::report(&shop.store, id).await.unwrap();
    found.unwrap().value
}

fn json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap()
}

/// Reviews everybody a few at a time, in processes that crash, and of which sometimes two are at it. Answers the id.
async fn interrupted(shop: &Shop, now: Timestamp, dice: &mut Dice) -> String {
    let state = reviews::state(&shop.store).await.unwrap().value;
    let wanted = format!("r{}", state.count + 1);
    for _ in 0..10_000 {
        let most = 1 + dice.below(7);
        let crash_after = (dice.below(3) == 0).then(|| dice.below(60));
        let rough = Plan {
            crash_after,
            ..Plan::rough(dice.below(1_000_000))
        };
        let one = Store::new(Faulty::over(shop.memory.clone(), rough));
        let two = Plan::rough(dice.below(1_000_000));
        let two = Store::new(Faulty::over(shop.memory.clone(), two));
        let (one, two) = match dice.below(3) {
            0 => futures::join!(step(&one, now, most), step(&two, now, most + 1)),
            _ => (step(&one, now, most).await, Err("alone".to_owned())),
        };
        // Whoever ends it may be the one who crashed and was not told.
        let told = [one, two]
            .into_iter()
            .flatten()
            .any(|progress| progress.done);
        let state = reviews::state(&shop.store).await.unwrap().value;
        let last = state.last.map(|last| last.id);
        if told || last.as_ref() == Some(&wanted) {
            // What is done stays done, though another was still at it.
            assert!(state.running.is_none());
            assert_eq!(last.as_ref(), Some(&wanted));
            return wanted;
        }
    }
    panic!("it never ends");
}

#[tokio::test]
async fn an_interrupted_review_counts_what_a_plain_recount_finds() {
    for seed in 1..=12 {
        let mut dice = Dice(seed);
        let shop = Shop::new();
        let made = Made::new(&mut dice, 25);
        made.define(&shop).await;
        let (first, second) = (at(40 * DAY), at(75 * DAY));
        made.happen(&shop, at(0), first).await;
        let one = interrupted(&shop, first, &mut dice).await;
        made.happen(&shop, first, second).await;
        let two = interrupted(&shop, second, &mut dice).await;
        let (one, two) = (report(&shop, &one).await, report(&shop, &two).await);
        // Nothing was set for this shop, so the first period is a month.
        made.check(&json(&one), at(10 * DAY), first, None);
        made.check(&json(&two), first, second, Some(&json(&one)));
        // Each is listed once, whoever ended it.
        let listed = reviews::list(&shop.store, None, 10).await.unwrap().items;
        let ids: Vec<_> = listed
            .iter()
            .map(|(_, found)| found.value.id.as_str())
            .collect();
        assert_eq!(ids, ["r2", "r1"], "{seed}");
    }
}

#[tokio::test]
async fn who_comes_after_a_review_has_begun_is_left_to_the_next() {
    let shop = Shop::new();
    for id in ["c1", "c2", "c3"] {
        shop.apply(id, put(json!({})), at(0)).await;
    }
    assert!(!step(&shop.store, at(DAY), 2).await.unwrap().done);
    shop.apply("c4", put(json!({})), at(DAY)).await;
    let progress = step(&shop.store, at(2 * DAY), 100).await.unwrap();
    assert_eq!((progress.done, progress.as_of), (true, at(DAY)));
    assert_eq!(report(&shop, "r1").await.customers.size, 3);
    assert_eq!(review(&shop, at(3 * DAY)).await.customers.size, 4);
}

async fn tagged(shop: &Shop, id: &str, with: &[&str]) {
    shop.apply(id, put(json!({})), at(0)).await;
    shop.apply(id, tags(with), at(0)).await;
}

#[tokio::test]
async fn a_segment_that_changes_meanwhile_has_no_figures() {
    let shop = Shop::new();
    shop.define("kept", json!({"tag": "a"}), at(0)).await;
    shop.define("other", json!({"tag": "a"}), at(0)).await;
    for id in ["c1", "c2", "c3"] {
        tagged(&shop, id, &["a"]).await;
    }
    step(&shop.store, at(DAY), 2).await.unwrap();
    shop.define("other", json!({"tag": "b"}), at(DAY)).await;
    step(&shop.store, at(DAY), 2).await.unwrap();
    let report = report(&shop, "r1").await;
    let told = |place: usize| {
        let segment = &report.segments[place];
        (
            segment.state,
            segment.figures.as_ref().map(|figures| figures.size),
        )
    };
    assert_eq!(
        (told(0), told(1)),
        (("counted", Some(3)), ("changed", None))
    );
    let next = review(&shop, at(2 * DAY)).await;
    assert_eq!(next.segments[1].figures.as_ref().unwrap().size, 0);
}

/// By a new rule everybody is in the segment since it is there. Who was in before has not come with it.
#[tokio::test]
async fn a_changed_rule_does_not_make_members_who_stay_come() {
    for filled in [false, true] {
        let shop = Shop::new();
        shop.define("vip", json!({"tag": "a"}), at(0)).await;
        tagged(&shop, "both", &["a", "b"]).await;
        tagged(&shop, "old", &["a"]).await;
        tagged(&shop, "new", &["b"]).await;
        review(&shop, at(DAY)).await;
        shop.define("vip", json!({"tag": "b"}), at(2 * DAY)).await;
        if filled {
            shop.filled(at(2 * DAY)).await;
        }
        let report = review(&shop, at(3 * DAY)).await;
        let segment = &report.segments[0];
        let figures = segment.figures.as_ref().unwrap();
        assert!(segment.rule_changed);
        // `new` came and `old` went.
        assert_eq!(
            (figures.size, figures.entered, figures.left),
            (2, Some(1), Some(1)),
            "{filled}"
        );
    }
}

#[tokio::test]
async fn lists_are_reviewed_as_rules_are() {
    let shop = Shop::new();
    let key = Key::<Definitions>::single();
    let defined =
        shop.store
            .update::<_, (), ()>(&key, Request::plain(at(0), &Nothing), |current| {
                let mut value = current.value.unwrap_or_default();
                let rev = current.next_rev;
                value
                    .define_list(slug("beta"), "Beta", None, at(0), rev)
                    .unwrap();
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            });
    defined.await.unwrap();
    for id in ["c1", "c2"] {
        shop.apply(id, put(json!({})), at(0)).await;
    }
    let put_in = async |id: &str, since: Option<Timestamp>, now: Timestamp| {
        let (segment, zone) = (slug("beta"), zone());
        let listed = Listed {
            segment: &segment,
            version: 1,
            since,
        };
        let asked = customers::Asked {
            once: None,
            dry_run: false,
        };
        let carrier = CustomerCarrier::new(now, &zone);
        let done = customers::list(&shop.store, &customer(id), listed, asked, &carrier).await;
        assert_eq!(done.unwrap().answer, Some(true));
    };
    put_in("c1", Some(at(1)), at(1)).await;
    review(&shop, at(DAY)).await;
    put_in("c2", Some(at(DAY + 1)), at(DAY + 1)).await;
    put_in("c1", None, at(DAY + 1)).await;
    let report = review(&shop, at(2 * DAY)).await;
    let figures = report.segments[0].figures.as_ref().unwrap();
    assert_eq!(
        (figures.size, figures.entered, figures.left),
        (1, Some(1), Some(1))
    );
}

/// The thresholds that stand with the definitions, and their version.
async fn rfm(shop: &Shop) -> Option<models::Kept<models::Rfm>> {
    let found = shop
        .store
        .read(&Key::<Definitions>::single())
        .await
        .unwrap();
    found.and_then(|found| found.value.models.rfm)
}

async fn set(shop: &Shop, model: models::Rfm, now: Timestamp) {
    let key = Key::<Definitions>::single();
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
            let mut value = current.value.unwrap_or_default();
            let wanted = Wanted::Rfm(model.clone());
            value.set_model(wanted, now, current.next_rev).unwrap();
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

/// 60 customers with 1 to 60 orders of 10 each.
async fn buyers() -> Shop {
    let shop = Shop::new();
    for n in 0..60 {
        for nth in 0..=n {
            shop.apply(&format!("c{n}"), order(10), at(n * DAY + nth))
                .await;
        }
    }
    shop
}

#[tokio::test]
async fn a_review_sets_thresholds_that_fit_and_those_are_a_new_version() {
    let shop = buyers().await;
    shop.define(
        "best",
        json!({"field": "rfm.f", "is": "eq", "value": 5}),
        at(60 * DAY),
    )
    .await;
    let now = at(61 * DAY);
    let report = review(&shop, now).await;
    assert!(report.rfm.as_ref().unwrap().refreshed);
    let kept = rfm(&shop).await.unwrap();
    // Of 60 customers those at ranks 12, 24, 36 and 48.
    assert_eq!(kept.model.frequency, [12, 24, 36, 48]);
    assert_eq!((kept.version, kept.model.customers), (1, Some(60)));
    let population: Vec<_> = (0..60)
        .map(|n: i64| rapport_lifetime::Customer {
            recency_days: (61 * DAY - n * DAY - n).div_euclid(DAY) as u64,
            frequency: n as u64 + 1,
            monetary: (10 * (n + 1)).into(),
        })
        .collect();
    let plain = Thresholds::of(&population).unwrap();
    assert_eq!(kept.model.thresholds().unwrap(), plain);
    // The segment means something else now, and is filled anew; the next review counts it by that.
    assert_eq!(shop.shown("best").await.0, 2);
    let again = review(&shop, now).await;
    assert_eq!(again.segments[0].figures.as_ref().unwrap().size, 12);
    // They fit already.
    assert!(!again.rfm.as_ref().unwrap().refreshed);
    assert_eq!(again.rfm.as_ref().unwrap().drift, Some(0.0));
    assert_eq!(rfm(&shop).await.unwrap().version, 1);
    // A month later nobody is fresh by them: 42 of 60 ordered 49 days ago or earlier and score 1, where 12 should.
    let later = review(&shop, at(91 * DAY)).await;
    let fresh = later.rfm.as_ref().unwrap();
    assert!(fresh.refreshed && fresh.drift == Some(0.5), "{fresh:?}");
    assert_eq!(rfm(&shop).await.unwrap().version, 2);
}

#[tokio::test]
async fn thresholds_from_people_stay_and_are_told_of_once_they_are_stale() {
    let shop = buyers().await;
    let by_hand = models::Rfm {
        recency_days: [1, 2, 3, 4],
        frequency: [1, 2, 3, 4],
        monetary: [10.into(), 20.into(), 30.into(), 40.into()],
        mean_scores: None,
        computed_at: None,
        customers: None,
    };
    set(&shop, by_hand.clone(), at(60 * DAY)).await;
    let report = review(&shop, at(61 * DAY)).await;
    assert_eq!(rfm(&shop).await.unwrap().model, by_hand);
    let codes: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(codes, ["stale_thresholds"]);
    // Computed ones that somebody has put there are refreshed.
    let computed = models::Rfm {
        computed_at: Some(at(60 * DAY)),
        ..by_hand
    };
    set(&shop, computed, at(61 * DAY)).await;
    review(&shop, at(62 * DAY)).await;
    assert_eq!(rfm(&shop).await.unwrap().model.frequency, [12, 24, 36, 48]);
}

async fn settle(shop: &Shop, settings: Settings, now: Timestamp) {
    let key = Key::<States>::single();
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
            let mut state = current.value.unwrap_or_default();
            state.set(&settings, now, current.next_rev);
            Ok(Change::Commit {
                value: state,
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

/// What a tick does about reviews, until there is nothing to do.
async fn tick(shop: &Shop, now: Timestamp) -> u64 {
    while reviews::tick(&shop.store, now, &zone()).await.unwrap() {}
    reviews::state(&shop.store).await.unwrap().value.count
}

#[tokio::test]
async fn a_tick_begins_what_is_due_and_goes_on_with_what_is_under_way() {
    let shop = Shop::new();
    for n in 0..5 {
        shop.apply(&format!("c{n}"), put(json!({})), at(0)).await;
    }
    // Nobody has asked for any.
    assert_eq!(tick(&shop, at(400 * DAY)).await, 0);
    assert_eq!(shop.writes(tick(&shop, at(400 * DAY))).await, 0);
    let weekly = Settings {
        cadence: rapport_review::Cadence::Weekly,
        refresh_rfm: false,
        ..Settings::default()
    };
    settle(&shop, weekly.clone(), at(0)).await;
    assert_eq!(tick(&shop, at(0)).await, 1);
    assert_eq!(tick(&shop, at(7 * DAY - 1)).await, 1);
    assert_eq!(tick(&shop, at(7 * DAY + 5)).await, 2);
    // That one was late; the next is not.
    assert_eq!(tick(&shop, at(14 * DAY)).await, 3);
    // After a while in which nobody ticked there is one, not one for each week.
    assert_eq!(tick(&shop, at(40 * DAY)).await, 4);
    // One by hand is where weeks are counted from.
    step(&shop.store, at(41 * DAY), 2).await.unwrap();
    assert_eq!(tick(&shop, at(41 * DAY)).await, 5);
    assert_eq!(tick(&shop, at(48 * DAY - 1)).await, 5);
    assert_eq!(tick(&shop, at(48 * DAY)).await, 6);
    let off = Settings {
        cadence: rapport_review::Cadence::Off,
        ..weekly
    };
    settle(&shop, off, at(49 * DAY)).await;
    assert_eq!(tick(&shop, at(400 * DAY)).await, 6);
}

/// What can no longer be known to the moment is counted by days, and said.
#[tokio::test]
async fn a_customer_with_more_orders_than_are_kept_is_counted_by_days() {
    let shop = Shop::new();
    // 300 orders, four a day, of which 256 are kept singly.
    for n in 0..300 {
        shop.apply("c1", order(10), at(n * DAY / 4)).await;
    }
    review(&shop, at(5 * DAY)).await;
    let report = json(&review(&shop, at(75 * DAY)).await);
    assert_eq!(report["by_days"], 1);
    // Those after the first review's day, which ends 12 hours after noon: from day 5.5 on, as it is day 75 already.
    assert_eq!(report["customers"]["orders"]["period"], 300 - 22);
    assert_eq!(
        report["customers"]["revenue"][0]["period"],
        (300 - 22) * 1_000
    );
    assert_eq!(report["lifecycle"]["moves"], json!({"loyal": {"loyal": 1}}));
}
