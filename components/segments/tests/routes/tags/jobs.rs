//! An audience is tagged; tags are merged and renamed; tags that nobody knows.

use super::*;

#[tokio::test]
async fn an_audience_is_tagged_by_a_job_that_says_how_far_it_is() {
    let shop = Shop::new();
    shop.customers(9).await;
    shop.define(
        "city",
        json!({"field": "traits.city", "is": "eq", "value": "上海"}),
    )
    .await;
    let apply = "/v1/tags/vip/apply";
    let of = json!({"segment": "city"});
    assert_eq!(
        said(&shop.client.post(apply, of.clone()).await),
        (404, "not_found")
    );
    shop.client.put(VIP, json!({})).await;
    assert_eq!(
        said(&shop.client.post(apply, of.clone()).await),
        (409, "conflict"),
        "not filled"
    );
    shop.fill().await;
    let none = shop.client.post(apply, json!({"segment": "none"})).await;
    assert_eq!(
        (said(&none), &none.body["errors"][0]["code"]),
        ((422, "invalid_input"), &json!("unknown_segment"))
    );
    let dry = shop
        .client
        .post(&format!("{apply}?dry_run=true"), of.clone())
        .await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body),
        (
            200,
            &json!({"tag": "vip", "segment": "city", "customers": 3, "exact": true})
        )
    );
    assert_eq!(
        shop.client.get("/v1/tags/jobs").await.body["items"],
        json!([])
    );

    let key = [("idempotency-key", "k")];
    let asked = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!(
        (asked.status.as_u16(), &asked.body["state"]),
        (202, &json!("queued"))
    );
    assert_eq!(asked.headers["location"], "/v1/tags/jobs/job-1");
    let again = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!(
        (&again.headers["idempotency-replayed"], &again.body),
        (&"true".parse().unwrap(), &asked.body)
    );
    work(&shop).await;
    let job = shop.client.get("/v1/tags/jobs/job-1").await.body;
    assert_eq!(
        job,
        json!({"id": "job-1", "kind": "apply", "tag": "vip", "segment": "city", "state": "done", "looked_at": 3, "total": 3,
            "changed": 3, "refused": 0, "asked_at": "2026-11-21T04:00:00Z", "finished_at": "2026-11-21T04:00:00Z"})
    );
    assert_eq!(tags(&shop, "c3").await, ["vip people"]);
    assert!(tags(&shop, "c1").await.is_empty());
    // So it is where the audience is another one by then.
    shop.define("city", json!({"tag": "nobody"})).await;
    let again = shop
        .client
        .call(Method::POST, apply, &key, Some(of.clone()))
        .await;
    assert_eq!((again.status.as_u16(), &again.body), (202, &asked.body));
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    shop.define("city", rule).await;
    shop.fill().await;
    shop.client.post("/v1/tags/vip/remove", of).await;
    work(&shop).await;
    let list = shop.client.get("/v1/tags/jobs").await.body;
    assert_eq!(
        (&list["items"][0]["kind"], &list["items"][0]["changed"]),
        (&json!("remove"), &json!(3))
    );
    assert!(tags(&shop, "c3").await.is_empty());
    assert_eq!(
        said(&shop.client.get("/v1/tags/jobs/none").await),
        (404, "not_found")
    );
}

#[tokio::test]
async fn a_tag_is_merged_into_another_and_rules_say_so_at_once() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({})).await;
    shop.client.put("/v1/tags/gold", json!({})).await;
    shop.define("golden", json!({"tag": "gold"})).await;
    shop.traits("c1", json!({}), NOW).await;
    on(&shop, Method::PUT, "gold", "c1").await;
    let merge = "/v1/tags/gold/merge";
    for (body, status, code) in [
        (json!({"into": "none"}), 422, "invalid_input"),
        (json!({"into": "Gold"}), 422, "invalid_input"),
        (json!({"to": "vip"}), 422, "invalid_input"),
    ] {
        assert_eq!(
            said(&shop.client.post(merge, body.clone()).await),
            (status, code),
            "{body}"
        );
    }
    let dry = shop
        .client
        .post(&format!("{merge}?dry_run=true"), json!({"into": "vip"}))
        .await;
    let merged = shop.client.post(merge, json!({"into": "vip"})).await;
    assert_eq!(
        (merged.status.as_u16(), &merged.body),
        (
            202,
            &json!({"tag": "vip", "changed": ["golden"], "job": "name-3"})
        )
    );
    assert_eq!(dry.body, merged.body);
    let golden = shop.client.get("/v1/segments/golden").await.body;
    assert_eq!(
        (&golden["rule"], &golden["definition_version"]),
        (&json!({"tag": "vip"}), &json!(2))
    );
    assert_eq!(tags(&shop, "c1").await, ["vip people"]);
    let members = shop.client.get("/v1/segments/memberships/c1").await.body;
    assert_eq!(members["memberships"][0]["segment"], "golden");
    let gone = shop.client.get("/v1/tags/gold").await;
    assert_eq!(said(&gone), (404, "not_found"));
    assert!(
        gone.body["detail"]
            .as_str()
            .unwrap()
            .contains("\"vip\" now"),
        "{}",
        gone.body
    );
    assert_eq!(shop.client.get(VIP).await.body["aliases"], json!(["gold"]));
    assert_eq!(
        said(&shop.client.put("/v1/tags/gold", json!({})).await),
        (409, "conflict")
    );
    let job = "/v1/tags/jobs/name-3";
    assert_eq!(shop.client.get(job).await.body["state"], "queued");
    work(&shop).await;
    let job = shop.client.get(job).await.body;
    assert_eq!(
        (&job["kind"], &job["to"], &job["state"], &job["changed"]),
        (&json!("merge"), &json!("vip"), &json!("done"), &json!(1))
    );
    // An old name still means the tag.
    assert_eq!(
        on(&shop, Method::PUT, "gold", "c1").await.body["changed"],
        false
    );
}

#[tokio::test]
async fn a_tag_is_renamed_with_all_that_is_known_of_it() {
    let shop = Shop::new();
    shop.client.put(VIP, json!({"group": "g"})).await;
    shop.client.put("/v1/tags/x", json!({})).await;
    shop.traits("c1", json!({}), NOW).await;
    on(&shop, Method::PUT, "vip", "c1").await;
    let rename = "/v1/tags/vip/rename";
    for (body, status, code) in [
        (json!({"to": "X"}), 409, "conflict"),
        (json!({"to": "vip"}), 422, "invalid_input"),
        (json!({"to": "jobs"}), 400, "invalid_parameter"),
        (json!({"to": ""}), 422, "invalid_input"),
    ] {
        assert_eq!(
            said(&shop.client.post(rename, body.clone()).await),
            (status, code),
            "{body}"
        );
    }
    assert_eq!(
        said(
            &shop
                .client
                .post("/v1/tags/none/rename", json!({"to": "y"}))
                .await
        ),
        (404, "not_found")
    );
    let renamed = shop.client.post(rename, json!({"to": "贵宾"})).await;
    assert_eq!(renamed.status.as_u16(), 202, "{}", renamed.body);
    let read = shop.client.get("/v1/tags/%E8%B4%B5%E5%AE%BE").await.body;
    assert_eq!(
        (&read["id"], &read["name"], &read["group"], &read["aliases"]),
        (&json!("贵宾"), &json!("贵宾"), &json!("g"), &json!(["vip"]))
    );
    assert_eq!(tags(&shop, "c1").await, ["贵宾 people"]);
    work(&shop).await;
    assert_eq!(tags(&shop, "c1").await, ["贵宾 people"]);
}

#[tokio::test]
async fn what_happens_to_unknown_tags_is_a_setting() {
    let shop = Shop::new();
    let path = "/v1/tags/settings";
    assert_eq!(
        shop.client.get(path).await.body,
        json!({"unknown_tags": "allow"})
    );
    let put = shop
        .client
        .put(path, json!({"unknown_tags": "refuse"}))
        .await;
    assert_eq!(
        (put.status.as_u16(), &put.body),
        (200, &json!({"unknown_tags": "refuse"}))
    );
    assert_eq!(shop.client.get(path).await.body, put.body);
    let wrong = shop
        .client
        .put(path, json!({"unknown_tags": "maybe"}))
        .await;
    assert_eq!(said(&wrong), (422, "invalid_input"));
}

#[tokio::test]
async fn a_tag_is_not_deleted_while_some_have_it_under_a_former_name_only() {
    let shop = Shop::new();
    let (old, new) = ("/v1/tags/aa", "/v1/tags/bb");
    shop.client.put(old, json!({})).await;
    shop.define("sb", json!({"tag": "aa"})).await;
    shop.traits("c1", json!({}), NOW).await;
    on(&shop, Method::PUT, "aa", "c1").await;
    shop.client
        .post(&format!("{old}/rename"), json!({"to": "bb"}))
        .await;
    let forced = format!("{new}?force=true");
    // Before a tick has seen it, and while requests may be under way that know the old name only.
    for seen in [false, true] {
        if seen {
            early(&shop).await;
        }
        let refused = delete(&shop, &forced).await;
        assert_eq!(said(&refused), (409, "conflict"), "seen: {seen}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains("the job name-2 has not yet"), "{detail}");
    }
    work(&shop).await;
    let deleted = delete(&shop, &forced).await;
    assert_eq!(
        (said(&deleted), &deleted.body["changed"]),
        ((200, ""), &json!(["sb"]))
    );
    // On whom people put it, it stays.
    let members = shop.client.get("/v1/segments/memberships/c1").await.body;
    assert_eq!(members["memberships"][0]["segment"], "sb");
    assert_eq!(tags(&shop, "c1").await, ["bb people"]);
}

#[tokio::test]
async fn a_job_that_puts_a_tag_on_ends_with_the_tag_and_says_so() {
    let shop = Shop::new();
    shop.customers(9).await;
    shop.define("city", json!({"field": "traits.city", "is": "exists"}))
        .await;
    shop.fill().await;
    let rule = json!({"rule": {"field": "traits.n", "is": "gte", "value": 7}});
    let of = json!({"segment": "city"});
    for (tag, then, why) in [
        ("gone", None, "The tag was deleted."),
        ("again", Some(json!({})), "The tag was deleted."),
        ("ruled", Some(rule), "A rule says who has the tag by now"),
    ] {
        let path = format!("/v1/tags/{tag}");
        shop.client.put(&path, json!({})).await;
        let asked = shop.client.post(&format!("{path}/apply"), of.clone()).await;
        assert_eq!(asked.status.as_u16(), 202, "{}", asked.body);
        if tag != "ruled" {
            assert_eq!(said(&delete(&shop, &path).await), (204, ""));
        }
        if let Some(then) = then {
            shop.client.put(&path, then).await;
        }
        work(&shop).await;
        let job = asked.headers["location"].to_str().unwrap();
        let job = shop.client.get(job).await.body;
        assert_eq!(
            (&job["state"], &job["changed"]),
            (&json!("stopped"), &json!(0)),
            "{job}"
        );
        assert!(job["why"].as_str().unwrap().starts_with(why), "{job}");
        assert_eq!(job["finished_at"], "2026-11-21T04:00:00Z");
        assert!(tags(&shop, "c0").await.is_empty(), "{tag}");
    }
    assert_eq!(tags(&shop, "c8").await, ["ruled rule"]);
    // To take off what is in no catalogue any more is right.
    shop.client.put(VIP, json!({})).await;
    on(&shop, Method::PUT, "vip", "c0").await;
    shop.client.post("/v1/tags/vip/remove", of).await;
    delete(&shop, VIP).await;
    work(&shop).await;
    assert!(tags(&shop, "c0").await.is_empty());
}

#[tokio::test]
async fn a_job_goes_on_where_its_tag_is_renamed_or_merged_meanwhile() {
    let shop = Shop::new();
    shop.customers(3).await;
    shop.define("city", json!({"field": "traits.city", "is": "exists"}))
        .await;
    shop.fill().await;
    for tag in ["a", "b", "into"] {
        shop.client.put(&format!("/v1/tags/{tag}"), json!({})).await;
    }
    let of = json!({"segment": "city"});
    for (tag, verb, body) in [
        ("a", "rename", json!({"to": "c"})),
        ("b", "merge", json!({"into": "into"})),
    ] {
        let path = format!("/v1/tags/{tag}");
        shop.client.post(&format!("{path}/apply"), of.clone()).await;
        let done = shop.client.post(&format!("{path}/{verb}"), body).await;
        assert_eq!(done.status.as_u16(), 202, "{}", done.body);
    }
    work(&shop).await;
    assert_eq!(tags(&shop, "c1").await, ["c people", "into people"]);
}

#[tokio::test]
async fn jobs_are_listed_in_pages_the_latest_first() {
    let shop = Shop::new();
    for n in 0..5 {
        let (tag, to) = (format!("/v1/tags/a{n}"), format!("b{n}"));
        shop.client.put(&tag, json!({})).await;
        let renamed = shop
            .client
            .post(&format!("{tag}/rename"), json!({"to": to}))
            .await;
        assert_eq!(renamed.status.as_u16(), 202, "{}", renamed.body);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for size in [2, 2, 1] {
        let path = format!("/v1/tags/jobs?limit=2{cursor}");
        let page = shop.client.get(&path).await.body;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), size);
        let tags = items.iter().map(|job| job["tag"].as_str().unwrap());
        seen.extend(tags.map(str::to_owned));
        // One that comes meanwhile is on none of the pages that follow.
        if seen.len() == 2 {
            let body = json!({"to": "c"});
            shop.client.post("/v1/tags/b0/rename", body).await;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => assert_eq!(seen.len(), 5),
        }
    }
    assert_eq!(seen, ["a4", "a3", "a2", "a1", "a0"]);
    for query in [
        "limit=0",
        "limit=201",
        "cursor=job-9",
        "cursor=%20",
        "state=done",
    ] {
        let refused = shop.client.get(&format!("/v1/tags/jobs?{query}")).await;
        assert_eq!(said(&refused), (400, "invalid_parameter"), "{query}");
    }
}
