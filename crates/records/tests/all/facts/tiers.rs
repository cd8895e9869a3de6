//! Rules over a tier that is given by a segment are told of it at once: before a tick, and of moments to come.

use std::collections::BTreeMap;

use rapport_loyalty::tier::standing;
use rapport_records::beside::Beside;
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::effects::{CustomerCarrier, Moved};
use rapport_records::freshness::{Listed, Transition};
use rapport_records::segments::{self, Compiled};
use rapport_rules::{Outcome, Rule, evaluate};

use super::*;
use crate::audiences::rules::{chance, deed};

/// Lowest first: by points, by an order of late, by two, by a good word of late, and by the birthday.
fn tiers(policy: &Value) -> Program {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 8, "by": "points", "window": "20d"},
            {"id": "vip", "name": "VIP", "segment": "lately"},
            {"id": "gold", "name": "Gold", "segment": "often"},
            {"id": "star", "name": "Star", "segment": "happy"},
            {"id": "guest", "name": "Guest", "segment": "birthday"}
        ],
        "tier_policy": policy,
    });
    let program: Program = serde_json::from_value(program).unwrap();
    assert_eq!(program.check(), []);
    program
}

fn tier(id: &str) -> Value {
    field("loyalty.tier", "eq", json!(id))
}

/// The segments that the tiers ask for, and rules of every kind that ask for the tier.
async fn define(shop: &Shop) {
    let happy = json!({"all": [
        field("feedback.last_nps", "gte", json!(9)),
        field("feedback.last_at", "within_last", json!("6d")),
    ]});
    let asked = [
        (
            "lately",
            json!({"event": "order_completed", "within": "5d"}),
        ),
        (
            "often",
            json!({"event": "order_completed", "within": "9d", "count": {"at_least": 2}}),
        ),
        ("happy", happy),
        (
            "birthday",
            field("traits.birthday", "anniversary", json!("7d")),
        ),
    ];
    let heat = json!({"clauses": [
        {"when": tier("vip"), "points": 30},
        {"when": {"field": "loyalty.tier", "is": "exists"}, "points": 10},
    ]});
    shop.score("heat", heat, at(0)).await;
    let shiny = field("loyalty.tier", "in", json!(["gold", "star"]));
    shop.automatic("shiny", shiny, at(0)).await;
    let asking = [
        ("is_vip", tier("vip")),
        ("is_guest", tier("guest")),
        ("not_gold", field("loyalty.tier", "ne", json!("gold"))),
        ("none", json!({"field": "loyalty.tier", "is": "missing"})),
        (
            "mixed",
            json!({"any": [{"all": [tier("vip"), {"tag": "vip"}]}, tier("silver")]}),
        ),
        (
            "named",
            json!({"all": [{"not": {"segment": "is_vip"}}, {"not": {"segment": "none"}}]}),
        ),
        ("warm", field("scores.heat", "gte", json!(40))),
        ("tagged", json!({"tag": "shiny"})),
    ];
    for (id, rule) in asked.into_iter().chain(asking) {
        shop.define(id, rule, at(0)).await;
    }
    shop.filled(at(0)).await;
}

/// A customer as they were read.
struct Read {
    definitions: std::sync::Arc<Compiled>,
    record: CustomerRecord,
    beside: Beside,
}

impl Read {
    async fn of(shop: &Shop, id: &str) -> Self {
        let definitions = segments::compiled(&shop.store).await.unwrap();
        let needs = definitions.needs;
        let beside = Beside::load(&shop.store, &customer(id), needs, &zone()).await;
        Self {
            definitions,
            record: shop.record(id).await,
            beside: beside.unwrap(),
        }
    }

    /// What each segment says: whether they are in it, since when, and until when that holds.
    fn all(&self, now: Timestamp) -> BTreeMap<String, rapport_rules::Membership> {
        let (definitions, zone) = (&self.definitions, zone());
        let facts = definitions.facts(&self.record, &self.beside);
        let mut members = definitions.members(&facts, &self.record, &self.beside, now, &zone);
        let all = definitions.segments.iter();
        all.map(|segment| (segment.definition.id.to_string(), members.of(segment)))
            .collect()
    }

    /// What one that is not among them says of each of `moments`, asked of the same facts in that order.
    fn each(&self, rule: &Value, moments: &[Timestamp]) -> Vec<Outcome> {
        let (rule, zone) = (Rule::parse(rule).unwrap(), zone());
        let facts = self.definitions.facts(&self.record, &self.beside);
        let asked = moments.iter();
        asked
            .map(|now| evaluate(&rule, &facts, *now, &zone))
            .collect()
    }
}

/// What `.../tier` says.
async fn route(shop: &Shop, id: &str, program: &Program, now: Timestamp) -> Option<String> {
    let (id, zone) = (customer(id), zone());
    let mut ledger = accounts::ledger(&shop.store, &id).await.unwrap().value;
    accounts::see(&shop.store, &id, &mut ledger, Some(program), now, &zone)
        .await
        .unwrap();
    let standing = standing(&ledger, Some(program), now, &zone);
    standing.tier.map(|tier| tier.to_string())
}

/// With no new data a rule says the same until `next_change_at`, and of every tier what the route will.
async fn look_ahead(shop: &Shop, id: &str, program: &Program, now: Timestamp) {
    let read = Read::of(shop, id).await;
    // Not in their order: what was found out on the way to a later moment serves an earlier one.
    let mut moments: Vec<Timestamp> = (0..40)
        .map(|step| Timestamp::from_millis(now.millis() + (step * 7 % 40) * 13 * HOUR))
        .collect();
    moments.push(now);
    let mut held = Vec::new();
    for moment in &moments {
        held.push(route(shop, id, program, *moment).await);
    }
    for (place, tier_id) in ["silver", "vip", "gold", "star", "guest"]
        .into_iter()
        .enumerate()
    {
        let outcomes = read.each(&tier(tier_id), &moments);
        for ((moment, outcome), held) in moments.iter().zip(&outcomes).zip(&held) {
            let says = held.as_deref() == Some(tier_id);
            assert_eq!(outcome.matches, says, "{id}: {tier_id} at {moment}");
            let next = outcome.next_change_at;
            assert!(next.is_none_or(|next| next > *moment));
            for (other, later) in moments.iter().zip(&outcomes) {
                if other > moment && next.is_none_or(|next| *other < next) {
                    assert_eq!(
                        later.matches, outcome.matches,
                        "{id}: {tier_id} at {moment} until {next:?}, and {other}"
                    );
                }
            }
            // Exact: what changes then is another tier, but for what is ten years off.
            if let Some(next) = next.filter(|next| *next < at(3_000 * DAY)) {
                let then = read.each(&tier(tier_id), &[next]);
                assert_ne!(then[0].matches, outcome.matches, "{id}: {place} at {next}");
            }
        }
    }
}

#[tokio::test]
async fn over_sixty_days_nothing_waits_for_a_tick() {
    let policies = [
        Value::Null,
        json!({"keep": "3d", "grace": "1d"}),
        json!({"keep": "2d", "downgrade": "one_step"}),
    ];
    for policy in policies {
        let shop = Shop::new();
        let program = tiers(&policy);
        set(&shop, program.clone()).await;
        define(&shop).await;
        let ids: Vec<String> = (0..5).map(|n| format!("c{n}")).collect();
        for id in &ids {
            shop.apply(id, put(json!({})), at(0)).await;
        }
        let mut promised: BTreeMap<(usize, String), rapport_rules::Membership> = BTreeMap::new();
        let mut flips = 0;
        for step in 1..=240 {
            let now = at(step * 6 * HOUR);
            for (n, id) in ids.iter().enumerate() {
                // Before anybody ticks.
                let read = Read::of(&shop, id).await.all(now);
                for (segment, found) in &read {
                    let before = promised.insert((n, segment.clone()), *found);
                    let Some(before) = before else { continue };
                    if before.next_change_at.is_none_or(|next| now < next) {
                        assert_eq!(before.matches, found.matches, "{id} in {segment} at {now}");
                        assert_eq!(before.since, found.since, "{id} in {segment} at {now}");
                    }
                    flips += usize::from(before.since != found.since);
                }
                if step % 24 == n as i64 {
                    look_ahead(&shop, id, &program, now).await;
                }
            }
            // A tick now and then: what it finds late has come and gone when it was so.
            if chance(&format!("tick {step}"), 3) > 0 {
                shop.tick(now).await;
                for id in &ids {
                    let n = ids.iter().position(|one| one == id).unwrap();
                    for (segment, found) in Read::of(&shop, id).await.all(now) {
                        let read = promised[&(n, segment.clone())];
                        assert_eq!(
                            (found.matches, found.since),
                            (read.matches, read.since),
                            "{id} in {segment} at {now}"
                        );
                    }
                }
                shop.check(now).await;
                let told = async || {
                    let mut all = Vec::new();
                    for id in &ids {
                        let record = shop.record(id).await;
                        all.push((record.evaluated_at, record.heard, record.transitions));
                    }
                    all
                };
                let before = told().await;
                assert_eq!(shop.tick(now).await, 0);
                assert_eq!(told().await, before, "nothing is told twice");
            }
            for (n, id) in ids.iter().enumerate() {
                if step % 4 != n as i64 % 4 {
                    continue;
                }
                let seed = format!("{id} says on {step}");
                if chance(&seed, 9) == 0 {
                    let score = [7, 10][usize::from(chance(&seed, 2) > 0)];
                    say(&shop, id, &format!("f{n}-{step}"), "nps", score, now).await;
                }
                if let Some(deed) = deed(n as u64, step / 4) {
                    shop.apply(id, deed, now).await;
                }
                promised.retain(|(of, _), _| *of != n);
            }
        }
        assert!(flips > 40, "{flips} flips by time alone");
    }
}

/// Bought five days ago at noon; a tier over it.
async fn buyer(policy: &Value) -> (Shop, Program) {
    let shop = Shop::new();
    let program = tiers(policy);
    set(&shop, program.clone()).await;
    define(&shop).await;
    shop.apply("c", put(json!({})), at(0)).await;
    (shop, program)
}

#[tokio::test]
async fn who_leaves_by_time_alone_is_out_to_the_moment_and_told_once() {
    let (shop, _) = buyer(&Value::Null).await;
    shop.apply("c", order(5), at(HOUR)).await;
    let (came, left) = (at(HOUR), at(5 * DAY + HOUR));
    let read = async |id: &str, now| Read::of(&shop, "c").await.all(now)[id];
    // With the very commit that brought them in.
    let found = read("is_vip", came).await;
    assert_eq!(
        (found.since, found.next_change_at),
        (Some(came), Some(left))
    );
    assert_eq!(shop.audience("is_vip").await["c"], came);
    let just_before = Timestamp::from_millis(left.millis() - 1);
    assert!(read("is_vip", just_before).await.matches);
    for now in [left, at(7 * DAY), at(40 * DAY)] {
        let (vip, none) = (read("is_vip", now).await, read("none", now).await);
        assert_eq!((vip.matches, vip.left_at), (false, Some(left)));
        assert_eq!((none.matches, none.since), (true, Some(left)));
    }
    // Timers fall due at the flip, and a tick that is late says when it was.
    assert_eq!(shop.tick(just_before).await, 0);
    assert!(shop.tick(at(7 * DAY)).await > 0);
    assert!(shop.audience("is_vip").await.is_empty());
    assert_eq!(shop.audience("none").await["c"], left);
    let record = shop.record("c").await;
    let comings = record.transitions.iter();
    let comings: Vec<_> = comings
        .filter(|one| one.segment == slug("is_vip"))
        .map(|one| one.at)
        .collect();
    assert_eq!(comings, [came, left]);
    let told = |record: &CustomerRecord| record.customer.events_named("tier_changed").count();
    assert_eq!(told(&record), 2);
    let again = shop.writes(shop.tick(at(8 * DAY))).await;
    assert_eq!(again, 0);
    assert_eq!(told(&shop.record("c").await), 2);
}

/// What time did before a commit is known to the commit: they are out of the segment, and nobody keeps the tier from the commit on.
#[tokio::test]
async fn a_commit_that_comes_late_takes_nobody_for_kept() {
    let (shop, _) = buyer(&json!({"keep": "3d"})).await;
    shop.apply("c", order(5), at(HOUR)).await;
    // Out on 26 November, and the tier is kept to the end of the 29th.
    let lost = Timestamp::parse("2026-11-29T16:00:00Z").unwrap();
    let read = Read::of(&shop, "c").await.all(at(6 * DAY))["is_vip"];
    assert_eq!((read.matches, read.next_change_at), (true, Some(lost)));
    shop.apply("c", put(json!({"late": true})), at(20 * DAY))
        .await;
    let record = shop.record("c").await;
    let comings = record.transitions.iter();
    let comings: Vec<_> = comings
        .filter(|one| one.segment == slug("is_vip"))
        .map(|one| (one.event, one.at))
        .collect();
    assert_eq!(comings, [(Moved::Entered, at(HOUR)), (Moved::Left, lost)]);
}

#[tokio::test]
async fn whatever_is_asked_for_one_rule_alone_what_the_tier_asks_for_is_read_with_it() {
    let (shop, program) = buyer(&Value::Null).await;
    say(&shop, "c", "f", "nps", 10, at(HOUR)).await;
    let definitions = segments::compiled(&shop.store).await.unwrap();
    let rule = Rule::parse(&tier("star")).unwrap();
    let needs = definitions.needs_of(&rule);
    assert!(!needs.feedback, "it names the account alone");
    let (id, record) = (customer("c"), shop.record("c").await);
    let left = at(6 * DAY + HOUR);
    let one = Beside::load(&shop.store, &id, needs, &zone())
        .await
        .unwrap();
    let all = Beside::load_all(&shop.store, &[&id], needs, &zone()).await;
    for beside in [one, all.unwrap().remove(0)] {
        let facts = definitions.facts(&record, &beside);
        let found = evaluate(&rule, &facts, at(2 * HOUR), &zone());
        assert_eq!((found.matches, found.next_change_at), (true, Some(left)));
        assert!(!evaluate(&rule, &facts, left, &zone()).matches);
    }
    // A programme without such tiers reads no more than it did.
    let reads = async || {
        let before = shop.memory.counts().reads;
        Beside::load(&shop.store, &id, needs, &zone())
            .await
            .unwrap();
        shop.memory.counts().reads - before
    };
    let with = reads().await;
    let mut plain = program.clone();
    plain.tiers.truncate(1);
    set(&shop, plain).await;
    reads().await;
    assert_eq!(reads().await + 1, with);
}

#[tokio::test]
async fn whoever_is_on_a_list_that_a_tier_asks_for_holds_it_with_the_same_commit() {
    let (shop, mut program) = buyer(&json!({"keep": "3d"})).await;
    program.tiers[1].segment = Some(slug("picked"));
    let key = Key::<Definitions>::single();
    let put = shop
        .store
        .update::<_, (), ()>(&key, Request::plain(at(1), &Nothing), |current| {
            let (mut value, rev) = (current.value.unwrap(), current.next_rev);
            value
                .define_list(slug("picked"), "Picked", None, at(1), rev)
                .unwrap();
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
    set(&shop, program).await;
    let version = {
        let definitions = segments::compiled(&shop.store).await.unwrap();
        definitions.lists[0].version
    };
    let list = async |since: Option<Timestamp>, now| {
        let (id, segment, zone) = (customer("c"), slug("picked"), zone());
        let listed = Listed {
            segment: &segment,
            version,
            since,
        };
        let carrier = CustomerCarrier::new(now, &zone);
        let asked = customers::Asked {
            once: None,
            dry_run: false,
        };
        let put = customers::list(&shop.store, &id, listed, asked, &carrier);
        assert_eq!(put.await.unwrap().answer, Some(true));
    };
    let came = at(2 * HOUR);
    list(Some(came), came).await;
    let transitions = shop.record("c").await.transitions;
    let last = |id: &str, transitions: &[Transition]| {
        let of = transitions.iter().rfind(|one| one.segment == slug(id));
        of.map(|one| (one.event, one.at, one.rev))
    };
    // That they are on the list, and what it makes of the tier, were told by one commit.
    let picked = last("picked", &transitions).unwrap();
    assert_eq!((picked.0, picked.1), (Moved::Entered, came));
    assert_eq!(last("is_vip", &transitions), Some(picked));
    // Off it, the tier is kept to the end of the third day: of which rules know at once, too.
    list(None, at(DAY)).await;
    let kept = Timestamp::parse("2026-11-25T16:00:00Z").unwrap();
    let read = Read::of(&shop, "c").await;
    let found = read.all(at(DAY))["is_vip"];
    assert_eq!(
        (found.since, found.next_change_at),
        (Some(came), Some(kept))
    );
    assert!(!read.all(kept)["is_vip"].matches);
    shop.tick(at(9 * DAY)).await;
    let transitions = shop.record("c").await.transitions;
    let went = last("is_vip", &transitions).unwrap();
    assert_eq!((went.0, went.1), (Moved::Left, kept));
}
