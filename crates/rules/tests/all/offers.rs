//! Which offer a customer is shown.

use crate::common::{Shopper, at, rule, shanghai};
use rapport_rules::{Decided, Fate, Offer, decide_offers};
use rapport_types::{Decimal, Slug};
use serde_json::json;

fn offer(id: &str, priority: i64, tag: Option<&str>) -> Offer {
    Offer {
        id: Slug::parse(id).unwrap(),
        audience: tag.map(|tag| rule(json!({"tag": tag}))),
        priority,
        control: Decimal::ZERO,
    }
}

fn decide(offers: &[Offer], customer: &str) -> Vec<Decided> {
    let shopper = Shopper::default().tagged(&["vip"]);
    decide_offers(offers, customer, &shopper, at("2026-11-21"), &shanghai())
}

fn fates(offers: &[Offer]) -> Vec<Fate> {
    decide(offers, "c1")
        .into_iter()
        .map(|decided| decided.fate)
        .collect()
}

#[test]
fn the_highest_priority_whose_audience_has_the_customer_is_shown() {
    use Fate::{NotInAudience, Outranked, Shown};
    let offers = [
        offer("all", 1, None),
        offer("vip", 5, Some("vip")),
        offer("new", 9, Some("new")),
        offer("vip-too", 5, Some("vip")),
    ];
    assert_eq!(fates(&offers), [Outranked, Shown, NotInAudience, Outranked]);
    assert_eq!(fates(&offers[2..3]), [NotInAudience]);
    assert_eq!(fates(&[]), []);
}

#[test]
fn who_is_in_the_control_group_of_one_is_shown_the_next() {
    let mut offers = [offer("best", 5, Some("vip")), offer("rest", 1, None)];
    offers[0].control = Decimal::ONE;
    assert_eq!(fates(&offers), [Fate::Control, Fate::Shown]);
    offers[1].control = Decimal::ONE;
    assert_eq!(fates(&offers), [Fate::Control, Fate::Control]);
}

#[test]
fn a_control_group_is_its_share_of_customers_and_always_the_same_ones() {
    let mut offers = [offer("a", 1, None), offer("b", 1, None)];
    for offer in &mut offers {
        offer.control = Decimal::new(1, 1);
    }
    let drawn = |customer: usize| -> (bool, bool) {
        let decided = decide(&offers, &format!("c{customer}"));
        (decided[0].control, decided[1].control)
    };
    let groups: Vec<_> = (0..20_000).map(drawn).collect();
    assert_eq!(groups, (0..20_000).map(drawn).collect::<Vec<_>>());
    let count =
        |is: &dyn Fn(&(bool, bool)) -> bool| groups.iter().filter(|group| is(group)).count();
    // 2,000 are expected, and 200 in both; the standard deviations are 42 and 14.
    assert!((1_800..2_200).contains(&count(&|group| group.0)));
    assert!((1_800..2_200).contains(&count(&|group| group.1)));
    assert!((140..260).contains(&count(&|group| group.0 && group.1)));
}
