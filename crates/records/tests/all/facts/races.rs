//! Crashes, and several who commit at once.

use rapport_records::effects::Moved;

use super::*;

/// Segments whose rules need two documents, or three.
async fn mixed(shop: &Shop) {
    let big = field("traits.n", "gte", json!(3));
    let rich = field("loyalty.active", "gte", json!(100));
    let unhappy = field("feedback.last_nps", "lte", json!(6));
    for (id, rule) in [
        ("big-and-rich", json!({"all": [big, rich]})),
        ("rich-not-unhappy", json!({"all": [rich, {"not": unhappy}]})),
        ("unhappy-big", json!({"all": [unhappy, big]})),
        ("all-of-it", json!({"all": [unhappy, big, rich]})),
        (
            "bought",
            json!({"all": [{"event": "order_completed"}, rich]}),
        ),
        ("tiered", json!({"field": "loyalty.tier", "is": "exists"})),
    ] {
        shop.define(id, rule, at(0)).await;
    }
}

#[tokio::test]
async fn whenever_a_crash_comes_audiences_are_right_after_a_tick() {
    let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        let shop = open(Shop::over(memory.clone())).await;
        mixed(&shop).await;
        shop.apply("a", put(json!({"n": 5})), at(0)).await;
        shop.filled(at(0)).await;
        let crashing = Shop {
            memory: memory.clone(),
            store: Store::new(process),
        };
        let _ = try_earn(&crashing, "a", "e", 120, at(HOUR)).await;
        let _ = try_say(&crashing, "a", "f", "nps", 2, at(2 * HOUR)).await;
        let _ = try_spend(&crashing, "a", "s", 50, at(3 * HOUR)).await;
        let _ = crashing.try_apply("a", order(40), at(4 * HOUR)).await;
        let _ = crashing.try_apply("b", order(100), at(5 * HOUR)).await;
        let later = Shop::over(memory.late_by(LATE));
        later.tick(at(6 * HOUR)).await;
        later.check(at(6 * HOUR)).await;
        later.tick(at(20 * DAY)).await;
        later.check(at(20 * DAY)).await;
        assert!(members(&later, "big-and-rich").await.is_empty());
    });
    let points = points.await;
    assert!(points > 80, "{points} points");
}

/// Who commits one document may have looked at another as it was before somebody else committed that.
#[tokio::test]
async fn whoever_comes_at_once_with_whom_audiences_are_what_evaluating_everybody_says() {
    for seed in 0..60 {
        let memory = Memory::new();
        let shop = open(Shop::over(memory.clone())).await;
        mixed(&shop).await;
        for id in ["a", "b"] {
            shop.apply(id, put(json!({"n": 0})), at(0)).await;
        }
        shop.filled(at(0)).await;
        let process = |n: u64| Shop {
            memory: memory.clone(),
            store: Store::new(Faulty::over(
                memory.clone(),
                Plan {
                    seed: seed * 10 + n,
                    delayed: 500,
                    lost_races: 30,
                    ..Plan::default()
                },
            )),
        };
        let now = at(HOUR);
        let (one, two, three, four) = (process(0), process(1), process(2), process(3));
        let customers = async {
            for n in 0..6 {
                one.apply("a", put(json!({"n": (n * 2 + 3) % 5, "again": n})), now)
                    .await;
            }
        };
        let points = async {
            for n in 0..4 {
                earn(&two, "a", &format!("e{n}"), 110, now).await;
                spend(&two, "a", &format!("s{n}"), 100, now).await;
            }
        };
        let feedback = async {
            // Of answers at the same moment the lowest counts.
            for score in [9, 8, 7, 3, 2, 0] {
                say(&three, "a", &format!("f{score}"), "nps", score, now).await;
            }
        };
        let orders = async {
            for _ in 0..3 {
                four.apply("b", order(60), now).await;
                four.apply("a", order(35), now).await;
            }
        };
        join!(customers, points, feedback, orders);
        for (segment, expected) in shop.evaluated(now).await {
            let found = shop.audience(&segment).await;
            let names = |all: &BTreeMap<String, Timestamp>| all.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&found), names(&expected), "seed {seed}: {segment}");
        }
    }
}

/// Somebody read the account, or the summary, and commits the customer after another has done so by a newer one: wherever in the request that comes
/// between, they do not undo it. All would be right in the end; but who went and came back would have been told so.
#[tokio::test]
async fn nobody_leaves_a_segment_because_somebody_else_had_read_an_older_document() {
    for feedback in [false, true] {
        let mut turns = 0;
        loop {
            let memory = Memory::new();
            let shop = open(Shop::over(memory.clone())).await;
            shop.apply("a", put(json!({"n": 0})), at(0)).await;
            earn(&shop, "a", "e0", 1, at(0)).await;
            say(&shop, "a", "f0", "nps", 9, at(0)).await;
            let rich = field("loyalty.active", "gte", json!(100));
            shop.define("rich", rich, at(0)).await;
            let unhappy = field("feedback.last_nps", "lte", json!(6));
            shop.define("unhappy", unhappy, at(0)).await;
            shop.filled(at(1)).await;
            let plan = Plan {
                delayed: 1_000,
                ..Plan::default()
            };
            let slow = Shop {
                memory: memory.clone(),
                store: Store::new(Faulty::over(memory, plan)),
            };
            let now = at(HOUR);
            let mut applied = Box::pin(slow.apply("a", put(json!({"n": 1})), now));
            let mut ended = false;
            for _ in 0..turns {
                ended = ended || futures::poll!(&mut applied).is_ready();
            }
            let segment = match feedback {
                false => {
                    earn(&shop, "a", "e", 110, now).await;
                    "rich"
                }
                true => {
                    say(&shop, "a", "f", "nps", 2, now).await;
                    "unhappy"
                }
            };
            if !ended {
                applied.await;
            }
            let record = shop.record("a").await;
            let went = record.transitions.iter();
            let went: Vec<_> = went.map(|one| (one.segment.as_str(), one.event)).collect();
            assert_eq!(went, [(segment, Moved::Entered)], "after {turns} turns");
            assert_eq!(members(&shop, segment).await, ["a"], "after {turns} turns");
            if ended {
                break;
            }
            turns += 1;
        }
        assert!(turns > 20, "{turns} turns");
    }
}

/// What no rule asks for any more is not read, and is no older than what was.
#[tokio::test]
async fn a_document_that_nobody_asks_for_any_more_costs_a_commit_no_second_look() {
    let shop = shop().await;
    let rich = field("loyalty.active", "gte", json!(100));
    shop.define("rich", rich, at(0)).await;
    shop.apply("a", put(json!({"n": 0})), at(0)).await;
    earn(&shop, "a", "e", 110, at(0)).await;
    shop.apply("a", put(json!({"n": 1})), at(0)).await;
    shop.delete("rich", at(0)).await;
    // What is new costs more; both are old by then.
    for (id, n) in [("a", 2), ("b", 2), ("b", 4)] {
        shop.apply(id, put(json!({ "n": n })), at(1)).await;
    }
    let reads = async |id: &str| {
        let before = shop.memory.counts().reads;
        shop.apply(id, put(json!({"n": 3})), at(2)).await;
        shop.memory.counts().reads - before
    };
    let (a, b) = (reads("a").await, reads("b").await);
    assert!(shop.record("a").await.seen.account > 0);
    assert_eq!(a, b);
}

/// Two documents are committed once each, and only together do they make a member: whoever commits last has to see it.
#[tokio::test]
async fn of_two_who_commit_at_once_the_last_sees_both() {
    let big = field("traits.n", "gte", json!(3));
    let rich = field("loyalty.active", "gte", json!(100));
    let unhappy = field("feedback.last_nps", "lte", json!(6));
    let pairs = [[&big, &rich], [&big, &unhappy], [&rich, &unhappy]];
    for (without, pair) in [(2, pairs[0]), (1, pairs[1]), (0, pairs[2])] {
        for seed in 0..120 {
            let memory = Memory::new();
            let shop = open(Shop::over(memory.clone())).await;
            shop.apply("a", put(json!({"n": 0})), at(0)).await;
            // The documents are there, and so are those of parking: all that is left are the commits.
            earn(&shop, "a", "e0", 1, at(0)).await;
            say(&shop, "a", "f0", "nps", 9, at(0)).await;
            shop.define("both", json!({ "all": pair }), at(0)).await;
            shop.filled(at(1)).await;
            let process = |n: u64| {
                let seed = seed * 3 + n;
                let plan = Plan {
                    seed,
                    delayed: 500,
                    ..Plan::default()
                };
                let shop = Shop {
                    memory: memory.clone(),
                    store: Store::new(Faulty::over(memory.clone(), plan)),
                };
                // Feedback has further to go before its summary is committed.
                let turns = if n == 2 { 0 } else { (seed * 7) % 90 };
                (shop, turns)
            };
            let wait = async |turns: u64| {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            };
            let (one, two, three) = (process(0), process(1), process(2));
            let now = at(HOUR);
            join!(
                async {
                    if without != 0 {
                        wait(one.1).await;
                        one.0.apply("a", put(json!({"n": 5})), now).await;
                    }
                },
                async {
                    if without != 1 {
                        wait(two.1).await;
                        earn(&two.0, "a", "e", 110, now).await;
                    }
                },
                async {
                    if without != 2 {
                        say(&three.0, "a", "f", "nps", 2, now).await;
                    }
                },
            );
            assert_eq!(
                members(&shop, "both").await,
                ["a"],
                "seed {seed}, without {without}"
            );
        }
    }
}

#[tokio::test]
async fn another_programme_means_other_tiers_and_a_tick_finds_them() {
    let shop = shop().await;
    shop.define("gold", field("loyalty.tier", "eq", json!("gold")), at(0))
        .await;
    for (id, points) in [("a", 150), ("b", 400)] {
        shop.apply(id, put(json!({})), at(0)).await;
        earn(&shop, id, "e", points, at(0)).await;
    }
    shop.filled(at(1)).await;
    assert_eq!(members(&shop, "gold").await, ["b"]);
    let mut cheaper = program();
    cheaper.tiers.remove(0);
    cheaper.tiers[0].at_least = Some(100);
    set(&shop, cheaper).await;
    // Until the walker has passed, and no request can go by the programme of before: also before a tick has seen it.
    assert_eq!(shop.shown("gold").await, (1, false));
    shop.fill(at(2)).await;
    assert_eq!(shop.shown("gold").await, (1, false));
    let later = shop.later();
    later.filled(at(2)).await;
    assert_eq!(members(&later, "gold").await, ["a", "b"]);
    later.check(at(2)).await;
    // Nothing more is to be done then.
    assert_eq!(later.later().filled(at(3)).await, 0);
}

#[tokio::test]
async fn jobs_and_snapshots_wait_until_an_audience_is_right_under_another_programme() {
    let shop = shop().await;
    shop.define("gold", field("loyalty.tier", "eq", json!("gold")), at(0))
        .await;
    shop.apply("b", put(json!({})), at(0)).await;
    earn(&shop, "b", "e", 400, at(0)).await;
    shop.filled(at(1)).await;
    assert_eq!(members(&shop, "gold").await, ["b"]);
    let of = Audience {
        tag: Tag::parse("vip").unwrap(),
        serial: None,
        segment: slug("gold"),
        version: 1,
    };
    let key = Key::<Definitions>::single();
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(at(1), &Nothing), |current| {
            let (mut value, rev) = (current.value.unwrap(), current.next_rev);
            let wanted = rapport_records::tags::Wanted {
                tag: of.tag.clone(),
                name: None,
                color: None,
                group: None,
                rule: Value::Null,
            };
            value.define_tag(wanted, at(1), rev).unwrap();
            let origin = Origin {
                segment: slug("gold"),
                version: 1,
                at: at(1),
            };
            let frozen = value.define_list(slug("frozen"), "Frozen", Some(origin), at(1), rev);
            frozen.unwrap();
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
    let what = || Ok::<_, tagging::TooMany>(What::Apply(of.clone()));
    tagging::ask(&shop.store, &what, &|most| most, at(1), None)
        .await
        .unwrap();
    let mut dearer = program();
    dearer.tiers[1].at_least = Some(500);
    set(&shop, dearer).await;

    let zone = zone();
    for filled in [false, true] {
        if filled {
            shop.fill(at(2)).await;
        }
        let stepped = tagging::step(&shop.store, at(2), &zone).await.unwrap();
        assert!(!stepped.more, "{stepped:?}");
        let jobs = tagging::read(&shop.store).await.unwrap().jobs;
        assert_eq!(jobs[0].state, tagging::State::Queued);
        assert!(!shop.shown("frozen").await.1);
    }
    let later = shop.later();
    later.filled(at(3)).await;
    while tagging::step(&later.store, at(3), &zone)
        .await
        .unwrap()
        .more
    {}
    let jobs = tagging::read(&later.store).await.unwrap().jobs;
    assert_eq!(
        (&jobs[0].state, jobs[0].looked_at),
        (&tagging::State::Done, 0)
    );
    assert!(later.audience("gold").await.is_empty());
    assert!(later.audience("frozen").await.is_empty());
    assert!(later.record("b").await.customer.tags.is_empty());
}
