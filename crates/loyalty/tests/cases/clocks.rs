//! Requests that meet carry the moments at which they began. To an account time never goes back.

use rapport_types::Span;

use crate::PLAIN;
use crate::support::{Bank, at};

#[test]
fn what_was_just_earned_can_be_spent_by_who_began_a_moment_earlier() {
    let (earlier, later) = ("2026-01-10T00:00:00Z", "2026-01-10T00:00:01Z");
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 10, later);
    let spent = bank.spend("s", 4, earlier).unwrap();
    assert_eq!(spent.answer.balance.active, 6);
    // It is written down as of when the account knew it, and so is what is reckoned from it.
    let hold = bank.authorize("h", 2, "1h", earlier).unwrap();
    let hour = Span::parse("1h").unwrap();
    assert_eq!(hold.answer.expires_at, Some(at(later).plus(hour)));
    let recorded: Vec<_> = bank.journal().iter().map(|entry| entry.recorded).collect();
    assert_eq!(recorded, [at(later); 3]);
    bank.check_laws(at(later));
}
