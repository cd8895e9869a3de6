//! `GET /v1/surveys/{id}/results`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{client, header, publish, respond, respond_once, results, shop, visit};
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn results_are_those_of_the_responses_at_once() {
    let shop = shop().await;
    for data in [
        json!({"nps": 10, "bought": ["shoes", "hats"]}),
        json!({"nps": 2, "why": "slow", "bought": ["other"], "bought-Comment": "socks"}),
        json!({"nps": 9, "why": "not asked"}),
    ] {
        assert_eq!(respond(&shop, data).await.status, 201);
    }
    let found = results(&shop).await;
    assert_eq!(
        (&found["responses"], &found["version"]),
        (&json!(3), &json!(1))
    );
    let nps = &found["questions"][0];
    assert_eq!(
        nps["nps"],
        json!({"promoters": 2, "passives": 0, "detractors": 1, "score": 33.33})
    );
    assert_eq!(nps["numbers"]["mean"], 7);
    let why = &found["questions"][1];
    assert_eq!(
        (&why["answered"], &why["not_shown"], &why["latest"]),
        (&json!(1), &json!(2), &json!(["slow"]))
    );
    let counts: Vec<_> = found["questions"][2]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["count"])
        .collect();
    assert_eq!(counts, [1, 1, 1]);
}

#[tokio::test]
async fn results_are_right_while_the_sum_behind_them_moves_on() {
    let shop = shop().await;
    let mut expected = [0_u64; 11];
    for n in 0..150_usize {
        let nps = n * 7 % 11;
        expected[nps] += 1;
        assert_eq!(
            respond_once(&shop, &format!("k{n}"), json!({"nps": nps}))
                .await
                .status,
            201
        );
    }
    // Retries count nothing.
    for n in 0..150 {
        let nps = n * 7 % 11;
        respond_once(&shop, &format!("k{n}"), json!({"nps": nps})).await;
    }
    let found = results(&shop).await;
    assert_eq!(found["responses"], 150);
    let counts: Vec<u64> = found["questions"][0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["count"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn responses_at_the_same_time_all_count() {
    let shop = shop().await;
    let sent: Vec<_> = (0..64)
        .map(|n| {
            let shop = shop.clone();
            // Every response twice at once, as an impatient client does.
            tokio::spawn(async move {
                respond_once(&shop, &format!("k{}", n / 2), json!({"nps": 5}))
                    .await
                    .status
            })
        })
        .collect();
    for sent in sent {
        assert_eq!(sent.await.unwrap(), 201);
    }
    assert_eq!(results(&shop).await["responses"], 32);
}

#[tokio::test]
async fn answers_to_an_earlier_version_count_for_questions_that_are_still_there() {
    let shop = shop().await;
    respond(&shop, json!({"nps": 10, "bought": ["hats"]})).await;
    let mut changed = visit();
    changed["pages"][0]["elements"][2]["choices"] = json!(["shoes", "scarves"]);
    shop.put("/v1/surveys/visit", changed).await;
    publish(&shop).await;
    respond(&shop, json!({"nps": 0, "bought": ["scarves"]})).await;
    let found = results(&shop).await;
    assert_eq!(found["versions"], json!({"1": 1, "2": 1}));
    let values: Vec<Value> = found["questions"][2]["values"].as_array().unwrap().clone();
    assert_eq!(values[3], json!({"value": "hats", "count": 1}));
    assert_eq!(found["questions"][0]["nps"]["score"], 0);
}

#[tokio::test]
async fn unchanged_results_need_not_be_sent_again() {
    let shop = shop().await;
    let first = shop.get("/v1/surveys/visit/results").await;
    let tag = header(&first, "etag").unwrap().to_owned();
    let headers = [("if-none-match", tag.as_str())];
    let same = shop
        .call(Method::GET, "/v1/surveys/visit/results", &headers, None)
        .await;
    assert_eq!(same.status, 304);
    respond(&shop, json!({"nps": 1})).await;
    let more = shop
        .call(Method::GET, "/v1/surveys/visit/results", &headers, None)
        .await;
    assert_eq!(more.body["responses"], 1);
}

#[tokio::test]
async fn there_are_no_results_before_publishing() {
    let shop = client();
    assert_eq!(
        shop.get("/v1/surveys/visit/results").await.body["code"],
        "not_found"
    );
    shop.put("/v1/surveys/visit", visit()).await;
    assert_eq!(
        shop.get("/v1/surveys/visit/results").await.body["code"],
        "not_published"
    );
}
