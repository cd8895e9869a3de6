//! How many have a tag, and who.

use super::*;

/// The ids of `c<n>` for which `n` passes, in the order in which they were created.
fn ids(of: usize, passes: impl Fn(usize) -> bool) -> Vec<String> {
    let passing = (0..of).filter(|n| passes(*n));
    passing.map(|n| format!("c{n}")).collect()
}

/// Every customer of a tag, page by page; none has more than `limit`.
async fn all(shop: &Shop, tag: &str, limit: usize) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let path = format!("/v1/tags/{tag}/customers?limit={limit}{cursor}");
        let page = shop.client.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let now = page.body["items"].as_array().unwrap();
        assert!(now.len() <= limit, "{}", page.body);
        items.extend(now.clone());
        pages += 1;
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (items, pages),
        }
    }
}

fn names(items: &[Value]) -> Vec<String> {
    let names = items.iter().map(|item| item["customer"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

/// A shop with a tag that people put, and one that a third of its customers have by rule.
async fn shop_of(customers: usize) -> Shop {
    let shop = Shop::new();
    shop.customers(customers).await;
    shop.client.put(VIP, json!({})).await;
    shop.client
        .put(
            "/v1/tags/shanghai",
            json!({"rule": {"field": "traits.city", "is": "eq", "value": "上海"}}),
        )
        .await;
    shop
}

#[tokio::test]
async fn a_page_of_customers_is_as_long_as_was_asked_for_and_none_is_left_out() {
    let shop = shop_of(300).await;
    for n in (0..300).step_by(50) {
        on(&shop, Method::PUT, "vip", &format!("c{n}")).await;
    }
    let (vips, pages) = all(&shop, "vip", 2).await;
    assert_eq!(names(&vips), ids(300, |n| n % 50 == 0));
    assert_eq!(pages, 4, "the last one has found the end of the list");
    assert_eq!(
        vips[0],
        json!({"customer": "c0", "by": "people", "since": "2026-11-21T04:00:00Z"})
    );
    let (shanghai, _) = all(&shop, "shanghai", 7).await;
    assert_eq!(names(&shanghai), ids(300, |n| n % 3 == 0));
    assert_eq!(shanghai[0]["by"], "rule");
    // Under another name it is still on those.
    shop.client
        .post("/v1/tags/vip/rename", json!({"to": "gold"}))
        .await;
    for name in ["vip", "gold"] {
        assert_eq!(names(&all(&shop, name, 200).await.0), names(&vips));
    }
    assert_eq!(all(&shop, "nobody-has-it", 50).await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn a_list_of_tags_says_how_many_have_each_where_it_is_asked() {
    let shop = shop_of(12).await;
    for customer in ["c1", "c2"] {
        on(&shop, Method::PUT, "vip", customer).await;
    }
    shop.fill().await;
    let plain = shop.client.get("/v1/tags").await.body;
    assert!(plain["items"][1].get("tagged").is_none(), "{plain}");
    let counted = shop.client.get("/v1/tags?counts=true&limit=10").await;
    let items = &counted.body["items"];
    assert_eq!(
        items[1]["tagged"],
        json!({"count": 2, "exact": true, "interval": [2, 2]})
    );
    assert!(items[1].get("audience").is_none(), "{}", items[1]);
    assert_eq!(
        items[0]["audience"],
        json!({"count": 4, "exact": true, "definition_version": 1, "complete": true})
    );
    // A sample says so of larger shops.
    shop.customers(700).await;
    let estimated = shop.client.get("/v1/tags?counts=true").await.body;
    let tagged = &estimated["items"][1]["tagged"];
    assert_eq!(tagged["exact"], false);
    let (low, high) = (
        tagged["interval"][0].as_u64().unwrap(),
        tagged["interval"][1].as_u64().unwrap(),
    );
    assert!((low..=high).contains(&2) && high < 30, "{tagged}");
    let wrong = shop.client.get("/v1/tags?counts=yes").await;
    assert_eq!(said(&wrong), (400, "invalid_parameter"));
}
