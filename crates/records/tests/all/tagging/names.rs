//! Tags get another name, or are merged, while others write.

use super::*;
use crate::common;

#[tokio::test]
async fn a_merge_loses_nobody_whatever_crashes() {
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
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
    assert!(after.get(&slug("__tag_1")).is_some());
    assert_eq!(after.get(&slug("__tag_1")), before.get(&slug("__tag_1")));
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
