//! An audience is tagged, whatever crashes.

use super::*;

async fn asked(shop: &Shop, segment: &str) {
    let of = Audience {
        tag: tag("vip"),
        serial: None,
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
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
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
