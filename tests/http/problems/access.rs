//! Who has no key gets nothing.

use rapport_tests::Shop;
use reqwest::Method;

use super::table::prepared;

#[tokio::test]
async fn without_a_key_nothing_is_answered() {
    let (_host, shop, routes) = prepared().await;
    for key in ["", "rk_admin_wrong"] {
        let stranger = shop.with_key(key);
        for path in &routes.reads {
            let answered = stranger.get(path).await;
            assert_eq!(answered.problem(), (401, "unauthorized"), "GET {path}");
            assert!(answered.header("www-authenticate").is_some());
        }
        for mutation in &routes.mutations {
            let (method, path) = (mutation.method.clone(), &mutation.path);
            let answered = stranger.call(method, path, &mutation.body()).await;
            let name = mutation.name();
            assert_eq!(answered.problem(), (401, "unauthorized"), "{name}");
        }
        for path in &routes.deletes {
            let answered = stranger.delete(path).await;
            assert_eq!(answered.problem(), (401, "unauthorized"), "DELETE {path}");
        }
    }
    // Nothing was deleted, and what is public is answered to strangers.
    for path in &routes.deletes {
        let request = shop.request(Method::DELETE, &format!("{path}?dry_run=true"));
        Shop::send(request).await.ok();
    }
    for path in &routes.public {
        shop.with_key("").get(path).await.ok();
    }
}

#[tokio::test]
async fn a_closed_service_says_so() {
    let host = rapport_tests::host::Options::default()
        .variable("admin_key", "")
        .start();
    // On a loopback address a key for this run is made and told.
    let key = host.greeting.iter().find_map(|line| {
        let at = line.find("rk_admin_")?;
        line[at..].split_whitespace().next().map(str::to_owned)
    });
    let key = key.expect("a key is printed");
    assert_eq!(
        host.shop().get("/v1/customers").await.problem(),
        (401, "unauthorized")
    );
    host.shop().with_key(&key).get("/v1/customers").await.ok();
}
