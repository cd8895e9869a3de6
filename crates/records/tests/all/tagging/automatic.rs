//! Tags that rules put on.

use super::*;

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
    let held: Vec<&str> = record.memberships.iter().map(|(id, _)| id).collect();
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
