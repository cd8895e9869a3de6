//! Tags that rules put on are told of and filled as segments are; jobs tag an audience and rename a tag, whatever crashes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;

use common::{DAY, LATE, Shop, at, order, put, slug, tags, zone};
use rapport_customer::{Command, Tagging};
use rapport_records::customers::CustomerRecord;
use rapport_records::fill::Stepped;
use rapport_records::segments::{self, DefinitionSet, Definitions, Refused};
use rapport_records::tagging::{self, Audience, Job, State, What};
use rapport_records::tags::{Unknown, Wanted};
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Change, Key, Memory, Nothing, Request, Store};
use rapport_types::{Tag, Timestamp};
use serde_json::{Value, json};

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn wanted(text: &str, rule: Value) -> Wanted {
    Wanted {
        tag: tag(text),
        name: None,
        color: None,
        group: None,
        rule,
    }
}

/// Changes the definitions.
async fn change<T: Send>(
    shop: &Shop,
    now: Timestamp,
    change: impl Fn(&mut DefinitionSet, u64) -> T + Send + Sync,
) -> T {
    let mut answer = None;
    let key = Key::<Definitions>::single();
    let request = Request::plain(now, &Nothing);
    let committed = shop.store.update::<_, (), ()>(&key, request, |current| {
        let mut value = current.value.unwrap_or_default();
        answer = Some(change(&mut value, current.next_rev));
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    });
    committed.await.unwrap();
    answer.unwrap()
}

async fn define(shop: &Shop, text: &str, rule: Value, now: Timestamp) {
    change(shop, now, |set, rev| {
        set.define_tag(wanted(text, rule.clone()), now, rev)
            .unwrap()
    })
    .await;
}

/// Does jobs until there is nothing to do now.
async fn work(store: &Store, now: Timestamp) {
    while step(store, now).await.unwrap().more {}
}

async fn step(store: &Store, now: Timestamp) -> Result<Stepped, rapport_store::StoreError> {
    tagging::step(store, now, &zone()).await
}

async fn jobs(shop: &Shop) -> Vec<Job> {
    tagging::read(&shop.store).await.unwrap().jobs
}

/// The tags that rules would see, and those that stand in the document.
async fn seen(shop: &Shop, id: &str) -> (Vec<String>, Vec<String>) {
    let CustomerRecord { customer, .. } = shop.record(id).await;
    let mut renamed = customer.clone();
    let definitions = segments::compiled(&shop.store).await.unwrap();
    definitions.rename_tags(&mut renamed);
    let list = |tags: std::collections::BTreeSet<String>| tags.into_iter().collect();
    (list(renamed.tags), list(customer.tags))
}

#[tokio::test]
async fn an_automatic_tag_comes_and_goes_with_its_rule() {
    let shop = Shop::new();
    let active = json!({"event": "order_completed", "within": "30d"});
    define(&shop, "活跃", active, at(0)).await;
    shop.define(
        "busy",
        json!({"all": [{"tag": "活跃"}, {"not": {"tag": "staff"}}]}),
        at(0),
    )
    .await;
    shop.filled(at(0)).await;
    shop.apply("a", put(json!({})), at(1)).await;
    shop.apply("a", order(5), at(DAY)).await;
    let record = shop.record("a").await;
    let held: Vec<&str> = record.memberships.keys().map(|id| id.as_str()).collect();
    assert_eq!(held, ["__tag_1", "busy"]);
    let told: Vec<&str> = record
        .transitions
        .iter()
        .map(|one| one.segment.as_str())
        .collect();
    assert_eq!(told, ["busy"], "a tag is no segment");
    assert_eq!(record.timer, Some(at(31 * DAY)));
    shop.check(at(2 * DAY)).await;
    assert_eq!(shop.audience_of("__tag_1", 1).await.len(), 1);
    // Nobody asks; the timer takes it away.
    assert_eq!(shop.tick(at(31 * DAY)).await, 1);
    assert!(shop.record("a").await.memberships.is_empty());
    assert!(shop.audience_of("__tag_1", 1).await.is_empty());
    shop.check(at(31 * DAY)).await;

    // Another rule: whoever passes has it when it is filled, and so has the segment.
    let other = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.apply("a", put(json!({"city": "上海"})), at(32 * DAY))
        .await;
    define(&shop, "活跃", other, at(32 * DAY)).await;
    let filled = shop.filled(at(32 * DAY)).await;
    assert_eq!(filled, 1);
    shop.check(at(32 * DAY)).await;
    assert_eq!(shop.audience("busy").await.len(), 1);
    assert_eq!(shop.audience_of("__tag_1", 2).await.len(), 1);
    // Without a rule nobody has it any more.
    define(&shop, "活跃", Value::Null, at(33 * DAY)).await;
    shop.filled(at(33 * DAY)).await;
    assert!(shop.audience("busy").await.is_empty());
    assert!(shop.audience_of("__tag_1", 2).await.is_empty());
    shop.check(at(33 * DAY)).await;
}

#[tokio::test]
async fn a_tag_that_gets_a_rule_or_another_one_renews_all_that_stand_on_it() {
    let shop = Shop::new();
    let versions = async || {
        let set = change(&shop, at(9), |set, _| set.clone()).await;
        let one = |id: &str| set.segments[&slug(id)].version;
        (
            one("direct"),
            one("through"),
            one("other"),
            set.scores[&slug("heat")].version,
        )
    };
    shop.define("direct", json!({"tag": "VIP"}), at(0)).await;
    shop.define("other", json!({"tag": "friend"}), at(0)).await;
    change(&shop, at(0), |set, rev| {
        let clauses = json!([{"when": {"segment": "direct"}, "points": 1}]);
        let wanted = rapport_records::scores::Wanted {
            id: slug("heat"),
            name: "Heat".to_owned(),
            clauses,
            bands: Value::Null,
        };
        set.define_score(wanted, at(0), rev).unwrap();
    })
    .await;
    let heat = json!({"field": "scores.heat", "is": "gte", "value": 1});
    shop.define("through", heat, at(0)).await;
    assert_eq!(versions().await, (1, 1, 1, 1));
    // In the catalogue it means what it meant before.
    define(&shop, "vip", Value::Null, at(1)).await;
    assert_eq!(versions().await, (1, 1, 1, 1));
    define(&shop, "vip", json!({"event": "visit"}), at(2)).await;
    assert_eq!(versions().await, (2, 2, 1, 2));
    define(&shop, "vip", json!({"event": "call"}), at(3)).await;
    assert_eq!(versions().await, (3, 3, 1, 3));
    // A circle is refused at its place, and changes nothing.
    let circle = json!({"any": [{"tag": "friend"}, {"segment": "through"}]});
    let refused = change(&shop, at(4), |set, rev| {
        set.define_tag(wanted("vip", circle.clone()), at(4), rev)
    });
    match refused.await {
        Err(Refused::Invalid(wrong)) => {
            assert_eq!(
                (wrong[0].pointer.as_str(), wrong[0].code.as_str()),
                ("/rule/any/1/segment", "cycle")
            );
        }
        other => panic!("{other:?}"),
    }
    change(&shop, at(5), |set, rev| {
        set.remove_tag(&tag("vip"), at(5), rev).unwrap()
    })
    .await;
    assert_eq!(versions().await, (4, 4, 1, 4));
}

async fn asked(shop: &Shop, segment: &str) {
    let of = Audience {
        tag: tag("vip"),
        segment: slug(segment),
        version: 1,
    };
    let what = || Ok::<_, tagging::TooMany>(What::Apply(of.clone()));
    tagging::ask(&shop.store, &what, &|most| most, at(1), None)
        .await
        .unwrap();
}

/// Ten customers, nine of whom are in the segment `city`.
async fn town(memory: Memory) -> Shop {
    let shop = Shop::over(memory);
    shop.define(
        "city",
        json!({"field": "traits.city", "is": "exists"}),
        at(0),
    )
    .await;
    shop.filled(at(0)).await;
    for n in 0..9 {
        shop.apply(&format!("c{n}"), put(json!({"city": "上海"})), at(0))
            .await;
    }
    shop.apply("x", put(json!({})), at(0)).await;
    shop
}

#[tokio::test]
async fn an_audience_is_tagged_whatever_crashes_and_once() {
    let points = for_each_crash_point(Memory::new, async |memory, process| {
        let shop = town(memory).await;
        define(&shop, "vip", Value::Null, at(0)).await;
        asked(&shop, "city").await;
        let crashing = Store::new(process);
        while step(&crashing, at(2))
            .await
            .is_ok_and(|stepped| stepped.more)
        {}
        work(&shop.store, at(3)).await;
        let job = jobs(&shop).await.remove(0);
        assert_eq!((job.state, job.looked_at, job.refused), (State::Done, 9, 0));
        for n in 0..9 {
            let id = format!("c{n}");
            assert_eq!(seen(&shop, &id).await.1, ["vip"], "{id}");
            assert_eq!(shop.record(&id).await.customer.tags.len(), 1);
        }
        assert!(seen(&shop, "x").await.1.is_empty());
        let writes = shop.writes(work(&shop.store, at(4))).await;
        assert_eq!(writes, 0, "nothing is left to do");
    });
    assert!(points.await > 40);
}

#[tokio::test]
async fn a_job_stops_where_the_segment_is_another_one_by_then() {
    let shop = town(Memory::new()).await;
    define(&shop, "vip", Value::Null, at(0)).await;
    asked(&shop, "city").await;
    shop.define("city", json!({"tag": "nobody"}), at(1)).await;
    work(&shop.store, at(2)).await;
    let job = jobs(&shop).await.remove(0);
    assert!(matches!(job.state, State::Stopped { .. }), "{job:?}");
    assert_eq!((job.changed, job.finished_at), (0, Some(at(2))));
}

#[tokio::test]
async fn who_comes_after_a_job_was_asked_for_is_left_out_and_who_is_full_is_counted() {
    let shop = town(Memory::new()).await;
    define(&shop, "vip", Value::Null, at(0)).await;
    let many: Vec<String> = (0..128).map(|n| format!("t{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    shop.apply("c0", tags(&many), at(0)).await;
    asked(&shop, "city").await;
    shop.apply("x", put(json!({"city": "杭州"})), at(2)).await;
    work(&shop.store, at(3)).await;
    let job = jobs(&shop).await.remove(0);
    assert_eq!((job.looked_at, job.changed, job.refused), (10, 8, 1));
    assert!(seen(&shop, "x").await.1.is_empty());
}

#[tokio::test]
async fn a_merge_loses_nobody_whatever_crashes() {
    let points = for_each_crash_point(Memory::new, async |memory, process| {
        let shop = Shop::over(memory.clone());
        shop.define("vips", json!({"any": [{"tag": "老vip"}, {"field": "tags", "is": "contains_any", "value": ["老VIP", "x"]}]}), at(0)).await;
        shop.define("none", json!({"not": {"tag": "vip"}}), at(0))
            .await;
        shop.filled(at(0)).await;
        define(&shop, "vip", Value::Null, at(0)).await;
        shop.apply("old", put(json!({})), at(0)).await;
        shop.apply("old", tags(&["老VIP", "a"]), at(1)).await;
        shop.apply("both", put(json!({})), at(0)).await;
        shop.apply("both", tags(&["老vip", "vip"]), at(1)).await;
        shop.apply("neither", put(json!({})), at(0)).await;
        let renamed = change(&shop, at(2), |set, rev| {
            set.merge_tag(&tag("老vip"), &tag("vip"), at(2), rev)
                .unwrap()
        });
        let renamed = renamed.await;
        assert_eq!(renamed.changed.len(), 2);
        // From this commit on, whatever the documents say.
        let set = change(&shop, at(2), |set, _| set.clone()).await;
        assert_eq!(
            set.segments[&slug("vips")].rule,
            json!({"any": [{"tag": "vip"}, {"field": "tags", "is": "contains_any", "value": ["vip", "x"]}]})
        );
        assert_eq!(seen(&shop, "old").await.0, ["a", "vip"]);
        let evaluated = shop.evaluated(at(2)).await;
        let members = |id: &str| evaluated[id].keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            (members("vips"), members("none")),
            (
                vec!["both".to_owned(), "old".to_owned()],
                vec!["neither".to_owned()]
            )
        );

        let crashing = Store::new(process);
        while step(&crashing, at(3))
            .await
            .is_ok_and(|stepped| stepped.more)
        {}
        work(&shop.store, at(4)).await;
        assert!(matches!(jobs(&shop).await[0].state, State::Waiting { .. }));
        let plain = Shop::over(memory.clone());
        let later = Store::new(memory.late_by(LATE));
        work(&later, at(5)).await;
        assert_eq!(jobs(&plain).await[0].state, State::Done);
        for (id, tags) in [
            ("old", vec!["a", "vip"]),
            ("both", vec!["vip"]),
            ("neither", vec![]),
        ] {
            assert_eq!(
                seen(&plain, id).await,
                (
                    tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>(),
                    tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>(),
                ),
                "{id}"
            );
        }
        assert_eq!(
            plain.record("old").await.customer.tagged_at("vip"),
            Some(at(1))
        );
        // What a crash left in an outbox.
        plain.tick(at(6)).await;
        plain.filled(at(6)).await;
        plain.check(at(6)).await;
    });
    assert!(points.await > 10);
}

#[tokio::test]
async fn whoever_writes_an_old_name_writes_the_new_one() {
    let shop = Shop::new();
    define(&shop, "a", Value::Null, at(0)).await;
    shop.apply("c", put(json!({})), at(0)).await;
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a")] {
        change(&shop, at(1), |set, rev| {
            set.rename_tag(&tag(from), &tag(to), at(1), rev).unwrap()
        })
        .await;
        for old in ["a", "B", "c"] {
            shop.apply("c", tags(&[old]), at(2)).await;
            let known = old.to_lowercase() != "c" || to != "b";
            let expected = if known { to } else { old };
            assert_eq!(
                seen(&shop, "c").await.1,
                [expected],
                "{from} is {to}, {old}"
            );
            shop.apply("c", tags(&[]), at(2)).await;
        }
    }
    let tagging = Tagging {
        put: vec![tag("b")],
        take: vec![],
    };
    shop.apply("c", Command::Tag(tagging), at(3)).await;
    assert_eq!(seen(&shop, "c").await.1, ["a"]);
    let taken = change(&shop, at(3), |set, rev| {
        set.define_tag(wanted("B", Value::Null), at(3), rev)
    });
    assert_eq!(taken.await, Err(Refused::Taken(tag("a"))));
}

#[tokio::test]
async fn an_automatic_tag_keeps_those_who_have_it_when_it_is_renamed() {
    let shop = Shop::new();
    define(&shop, "active", json!({"event": "visit"}), at(0)).await;
    shop.define("v", json!({"tag": "Active"}), at(0)).await;
    shop.filled(at(0)).await;
    shop.apply("a", common::track("visit", json!({})), at(1))
        .await;
    let before = shop.record("a").await.memberships;
    change(&shop, at(2), |set, rev| {
        set.rename_tag(&tag("active"), &tag("活跃"), at(2), rev)
            .unwrap()
    })
    .await;
    shop.filled(at(2)).await;
    let after = shop.record("a").await.memberships;
    assert_eq!(after[&slug("__tag_1")], before[&slug("__tag_1")]);
    assert_eq!(shop.audience("v").await.len(), 1);
    let merge = change(&shop, at(3), |set, rev| {
        set.define_tag(wanted("x", Value::Null), at(3), rev)
            .unwrap();
        set.merge_tag(&tag("活跃"), &tag("x"), at(3), rev)
    });
    assert!(matches!(merge.await, Err(Refused::Conflict(_))));
    let circle = change(&shop, at(3), |set, rev| {
        set.define_tag(wanted("y", json!({"tag": "x"})), at(3), rev)
            .unwrap();
        set.merge_tag(&tag("x"), &tag("y"), at(3), rev)
    });
    match circle.await {
        Err(Refused::Invalid(wrong)) => assert_eq!(wrong[0].pointer, "/into"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_people_put_on_by_hand_is_in_the_catalogue_where_the_shop_wants_that() {
    let shop = Shop::new();
    define(&shop, "vip", Value::Null, at(0)).await;
    define(&shop, "auto", json!({"event": "visit"}), at(0)).await;
    shop.apply("a", put(json!({})), at(0)).await;
    shop.apply("a", tags(&["anything"]), at(0)).await;
    let wrong = async |given: &[&str]| {
        let id = common::customer("a");
        let (zone, now) = (zone(), at(1));
        let circumstances = rapport_records::customers::Circumstances {
            now,
            zone: &zone,
            once: None,
            dry_run: true,
        };
        let applied = rapport_records::customers::apply::<u64, rapport_customer::Rejection>(
            &shop.store,
            &id,
            tags(given),
            circumstances,
            |_| Ok(()),
            |applied| applied.rev,
        );
        match applied.await {
            Ok(_) => Vec::new(),
            Err(rapport_store::UpdateError::Rejected(rapport_customer::Rejection::Invalid(
                wrong,
            ))) => wrong
                .into_iter()
                .map(|one| (one.pointer, one.code))
                .collect(),
            other => panic!("{other:?}"),
        }
    };
    let at_place = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(wrong(&["vip", "new"]).await, []);
    assert_eq!(
        wrong(&["vip", "Auto"]).await,
        at_place("/tags/1", "automatic_tag")
    );
    change(&shop, at(1), |set, _| set.unknown_tags = Unknown::Refuse).await;
    assert_eq!(
        wrong(&["vip", "new"]).await,
        at_place("/tags/1", "unknown_tag")
    );
    assert_eq!(wrong(&["anything", "VIP"]).await, [], "what is on stays");
}

/// Eight clients write old and new names while a tag is merged and merged again; a rough store delays, refuses and forgets.
#[tokio::test]
async fn merges_while_others_write_leave_every_document_with_the_last_name() {
    for seed in 0..4 {
        let memory = Memory::new();
        let shop = Shop::over(memory.clone());
        define(&shop, "one", Value::Null, at(0)).await;
        define(&shop, "two", Value::Null, at(0)).await;
        for n in 0..24 {
            shop.apply(&format!("c{n}"), put(json!({})), at(0)).await;
        }
        let clients = (0..8_u64).map(|client| {
            let rough = Faulty::over(memory.clone(), Plan::rough(seed * 100 + client));
            let own = Shop {
                store: Store::new(rough),
                memory: memory.clone(),
            };
            tokio::spawn(async move {
                for round in 0..6_u64 {
                    let id = format!("c{}", (client * 7 + round * 5) % 24);
                    let name = ["one", "zero", "two", "ZERO"]
                        [usize::try_from((client + round) % 4).unwrap()];
                    let _ = own.try_apply(&id, tags(&[name, "other"]), at(1)).await;
                }
            })
        });
        let clients: Vec<_> = clients.collect();
        change(&shop, at(1), |set, rev| {
            set.merge_tag(&tag("zero"), &tag("one"), at(1), rev)
                .unwrap()
        })
        .await;
        let _ = step(&shop.store, at(1)).await;
        change(&shop, at(1), |set, rev| {
            set.merge_tag(&tag("one"), &tag("two"), at(1), rev).unwrap()
        })
        .await;
        let _ = step(&shop.store, at(1)).await;
        for client in clients {
            client.await.unwrap();
        }
        shop.tick(at(1)).await;
        work(&shop.store, at(2)).await;
        let later = Store::new(memory.late_by(LATE));
        work(&later, at(3)).await;
        assert!(jobs(&shop).await.iter().all(|job| job.state == State::Done));
        for record in shop.records().await {
            let tags: Vec<_> = record.customer.tags.iter().map(String::as_str).collect();
            assert!(tags.is_empty() || tags == ["other", "two"], "{tags:?}");
        }
    }
}
