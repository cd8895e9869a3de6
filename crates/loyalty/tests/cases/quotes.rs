//! How many points a cart may use, each with its arithmetic.

use rapport_loyalty::quote::{Asked, Limit};
use rapport_loyalty::{NoQuote, Program, Quote};
use rapport_types::{Currency, Money, Slug};

use super::support::usd;

/// A programme whose points are worth what `redeem` says.
fn program(redeem: &str) -> Program {
    let json = format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}},
            "tiers": [{{"id": "silver", "name": "Silver", "at_least": 100, "by": "points"}},
                      {{"id": "gold", "name": "Gold", "at_least": 300, "by": "points"}}],
            "redeem": {redeem}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn ask(redeem: &str, tier: Option<&str>, asked: Asked) -> Result<Quote, NoQuote> {
    let program = program(redeem);
    assert_eq!(program.check(), []);
    let tier = tier.map(|tier| Slug::parse(tier).unwrap());
    program.redeem.unwrap().quote(tier.as_ref(), asked)
}

/// Points, what they are worth, what is left to pay, and why no more.
fn quote(redeem: &str, cart: i64, points: Option<i64>, available: i64) -> (i64, i64, i64, Limit) {
    let asked = Asked {
        cart: usd(cart),
        points,
        available,
    };
    let quote = ask(redeem, None, asked).unwrap();
    assert_eq!(quote.value.amount + quote.to_pay.amount, cart);
    (
        quote.points,
        quote.value.amount,
        quote.to_pay.amount,
        quote.limited_by,
    )
}

/// 100 points are worth 1.00: a point is a cent.
const CENT: &str = r#"{"points": 100, "worth": {"amount": 100, "currency": "USD"}}"#;
const HALF: &str =
    r#"{"points": 100, "worth": {"amount": 100, "currency": "USD"}, "max_share": 0.5}"#;

#[test]
fn what_binds_first_limits_the_points() {
    assert_eq!(
        quote(CENT, 5_000, None, 300),
        (300, 300, 4_700, Limit::Balance)
    );
    assert_eq!(
        quote(CENT, 5_000, Some(120), 300),
        (120, 120, 4_880, Limit::Asked)
    );
    assert_eq!(quote(CENT, 250, None, 300), (250, 250, 0, Limit::Share));
    // Half of 49.99 is 24.995, rounded down to 24.99.
    assert_eq!(
        quote(HALF, 4_999, None, 9_000),
        (2_499, 2_499, 2_500, Limit::Share)
    );
    assert_eq!(
        quote(HALF, 4_999, Some(9_000), 9_000),
        (2_499, 2_499, 2_500, Limit::Share)
    );
    // Asked for exactly what may be: that they get it is the reason.
    assert_eq!(quote(HALF, 4_999, Some(2_499), 9_000).3, Limit::Asked);
}

#[test]
fn nothing_to_use_is_an_answer() {
    assert_eq!(quote(CENT, 5_000, None, 0), (0, 0, 5_000, Limit::Balance));
    assert_eq!(quote(CENT, 5_000, None, -40), (0, 0, 5_000, Limit::Balance));
    assert_eq!(quote(CENT, 0, None, 300), (0, 0, 0, Limit::Share));
    assert_eq!(
        quote(CENT, 5_000, Some(0), 300),
        (0, 0, 5_000, Limit::Asked)
    );
    // Half of a cent is no cent.
    assert_eq!(quote(HALF, 1, None, 300), (0, 0, 1, Limit::Share));
}

#[test]
fn no_point_is_spent_for_nothing() {
    // 30 points are a cent: 100 points are floor(100 / 30) = 3 cents, which 90 points pay, too.
    let thirty = r#"{"points": 30, "worth": {"amount": 1, "currency": "USD"}}"#;
    assert_eq!(
        quote(thirty, 5_000, None, 100),
        (90, 3, 4_997, Limit::Balance)
    );
    // 29 points are worth nothing.
    assert_eq!(
        quote(thirty, 5_000, None, 29),
        (0, 0, 5_000, Limit::Balance)
    );
    // A cart of 2 cents takes 60 points, not the 89 that are worth the same.
    assert_eq!(quote(thirty, 2, None, 1_000), (60, 2, 0, Limit::Share));
    // 3 points are 7 cents: 1 is floor(7/3) = 2, 2 are floor(14/3) = 4. For 5 cents 2 points do, and the fifth cent is paid.
    let rich = r#"{"points": 3, "worth": {"amount": 7, "currency": "USD"}}"#;
    assert_eq!(quote(rich, 5, None, 1_000), (2, 4, 1, Limit::Share));
}

#[test]
fn points_are_used_in_steps_and_not_below_the_least() {
    let steps = r#"{"points": 100, "worth": {"amount": 100, "currency": "USD"}, "min_points": 200, "step": 50}"#;
    assert_eq!(
        quote(steps, 5_000, None, 349),
        (300, 300, 4_700, Limit::Balance)
    );
    assert_eq!(quote(steps, 249, None, 900), (200, 200, 49, Limit::Share));
    assert_eq!(
        quote(steps, 5_000, None, 199),
        (0, 0, 5_000, Limit::MinPoints)
    );
    assert_eq!(
        quote(steps, 5_000, Some(199), 900),
        (0, 0, 5_000, Limit::MinPoints)
    );
    // Worth the same from 60 on, but 70 are the least that may be used, and 75 the next step.
    let least = r#"{"points": 30, "worth": {"amount": 1, "currency": "USD"}, "min_points": 70, "step": 25}"#;
    assert_eq!(quote(least, 2, None, 80), (75, 2, 0, Limit::Balance));
}

#[test]
fn a_tier_has_terms_of_its_own_and_the_rest_of_everybodys() {
    let redeem = r#"{"points": 100, "worth": {"amount": 100, "currency": "USD"}, "max_share": 0.3, "step": 10,
        "tiers": {"gold": {"max_share": 1, "worth": {"amount": 120, "currency": "USD"}}}}"#;
    let asked = Asked {
        cart: usd(1_000),
        points: None,
        available: 5_000,
    };
    for tier in [None, Some("silver")] {
        let quote = ask(redeem, tier, asked).unwrap();
        assert_eq!((quote.points, quote.value), (300, usd(300)));
    }
    // 834 points were floor(1000.8) = 1000 cents; the step makes it 830, floor(996) cents.
    let quote = ask(redeem, Some("gold"), asked).unwrap();
    assert_eq!(
        (quote.points, quote.value, quote.to_pay),
        (830, usd(996), usd(4))
    );
}

#[test]
fn the_largest_numbers_overflow_nowhere() {
    let most = i64::MAX;
    let dear = format!(r#"{{"points": 1, "worth": {{"amount": {most}, "currency": "USD"}}}}"#);
    assert_eq!(quote(&dear, most, None, most), (1, most, 0, Limit::Share));
    let cheap = format!(r#"{{"points": {most}, "worth": {{"amount": 1, "currency": "USD"}}}}"#);
    assert_eq!(
        quote(&cheap, most, None, most),
        (most, 1, most - 1, Limit::Balance)
    );
    assert_eq!(
        quote(HALF, most, None, most),
        (most / 2, most / 2, most - most / 2, Limit::Share)
    );
}

#[test]
fn other_currencies_and_what_is_below_zero_are_refused() {
    let asked = |cart, points| Asked {
        cart,
        points,
        available: 100,
    };
    let eur = Currency::parse("EUR").unwrap();
    let other = ask(CENT, None, asked(Money::new(1, eur), None));
    let expected = usd(0).currency;
    assert_eq!(
        other,
        Err(NoQuote::OtherCurrency {
            given: eur,
            expected
        })
    );
    assert!(ask(CENT, None, asked(Money::new(100, Currency::NONE), None)).is_ok());
    let negative = ask(CENT, None, asked(usd(-1), None));
    assert_eq!(negative, Err(NoQuote::NegativeCart));
    let negative = ask(CENT, None, asked(usd(1), Some(-1)));
    assert_eq!(negative, Err(NoQuote::NegativePoints));
}

#[test]
fn what_is_wrong_with_it_is_said_with_its_place() {
    let places = |redeem: &str| -> Vec<String> {
        let wrong = program(redeem).check();
        wrong.into_iter().map(|wrong| wrong.pointer).collect()
    };
    let of = |rest: &str| {
        places(&format!(
            r#"{{"points": 100, "worth": {{"amount": 100, "currency": "USD"}}, {rest}}}"#
        ))
    };
    for share in ["0", "-0.1", "1.0001", "0.33333", "2"] {
        assert_eq!(
            of(&format!(r#""max_share": {share}"#)),
            ["/redeem/max_share"],
            "{share}"
        );
    }
    for share in ["1", "1.0", "0.0001", "0.3333"] {
        assert_eq!(of(&format!(r#""max_share": {share}"#)), [""; 0], "{share}");
    }
    assert_eq!(
        of(r#""min_points": -1, "step": 0"#),
        ["/redeem/min_points", "/redeem/step"]
    );
    assert_eq!(of(r#""tiers": {"bronze": {}}"#), ["/redeem/tiers/bronze"]);
    assert_eq!(
        of(r#""tiers": {"gold": {"points": 0, "worth": {"amount": 0, "currency": "EUR"}}}"#),
        ["points", "worth/amount", "worth/currency"]
            .map(|field| format!("/redeem/tiers/gold/{field}"))
    );
    assert_eq!(
        places(r#"{"points": 0, "worth": {"amount": 100, "currency": "EUR"}}"#),
        ["/redeem/points", "/redeem/worth/currency"]
    );
}

/// Against the definition, number by number: the most that the limits allow, and of what is worth the same the least.
#[test]
fn every_small_cart_gets_what_the_definition_says() {
    for (points, worth) in [(1, 1), (7, 3), (3, 7), (30, 1), (10, 4)] {
        for (least, step) in [(1, 1), (5, 1), (4, 3), (1, 5)] {
            let redeem = format!(
                r#"{{"points": {points}, "worth": {{"amount": {worth}, "currency": "USD"}}, "max_share": 0.6,
                    "min_points": {least}, "step": {step}}}"#
            );
            for cart in 0..30 {
                for available in [0, 1, 6, 20, 60] {
                    let value = |p: i64| p * worth / points;
                    let may = |p: &i64| p % step == 0 && value(*p) <= cart * 6 / 10;
                    let most = (0..=available).filter(may).max().unwrap();
                    let least_of = (least..=most)
                        .filter(may)
                        .find(|p| value(*p) == value(most));
                    let expected = match value(most) {
                        0 => 0,
                        _ => least_of.unwrap_or(0),
                    };
                    let got = quote(&redeem, cart, None, available);
                    assert_eq!(got.0, expected, "{redeem} {cart} {available}");
                    assert_eq!(got.1, value(expected), "{redeem} {cart} {available}");
                }
            }
        }
    }
}
