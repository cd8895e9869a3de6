//! What is right, by several casts of processes, and in which wrong ways a promise is broken.

use super::process::Role;
use super::variant::Variant;
use super::{CARRIED, EMPTIED, FOUND, KEPT, Parking, TIDY};
use crate::{breaks, holds};

pub const TWO_REQUESTS: &[Role] = &[Role::Request, Role::Request, Role::Tick];
const TWO_TICKS: &[Role] = &[Role::Request, Role::Tick, Role::Tick];
const ONE_PLAIN: &[Role] = &[Role::Request, Role::Plain, Role::Tick];
const ONE_KEEP: &[Role] = &[Role::Request, Role::Keep, Role::Tick];
const THREE_REQUESTS: &[Role] = &[Role::Request, Role::Request, Role::Request];

const WITH_A_TICK: [&[Role]; 4] = [TWO_REQUESTS, TWO_TICKS, ONE_PLAIN, ONE_KEEP];

fn right(variant: Variant, casts: &[&'static [Role]]) {
    for roles in casts {
        let name = format!("{variant:?} by {roles:?}");
        holds(&name, Parking { variant, roles });
    }
}

#[test]
fn no_effect_is_lost_and_nothing_stays_parked() {
    right(Variant::Right, &WITH_A_TICK);
    right(Variant::Right, &[THREE_REQUESTS]);
}

#[test]
fn it_is_as_right_to_carry_out_what_is_left_without_looking() {
    right(Variant::RightCarryingAlways, &WITH_A_TICK);
    right(Variant::RightCarryingAlways, &[THREE_REQUESTS]);
}

/// The document names it, so nobody will commit under it any more.
#[test]
fn it_is_as_right_to_give_up_the_token_of_what_was_left_and_is_carried_out() {
    right(Variant::RightGivingUpWhatItCarried, &WITH_A_TICK);
    right(Variant::RightGivingUpWhatItCarried, &[THREE_REQUESTS]);
}

#[test]
fn it_is_as_right_if_a_tick_carries_out_whatever_it_finds() {
    right(Variant::RightTickCarryingWhateverItFinds, &WITH_A_TICK);
}

/// What the outbox still holds is under a token that is not parked, so it counts as carried out.
#[test]
fn it_is_as_right_if_a_tick_does_not_commit_what_it_has_carried_out() {
    right(Variant::RightTickLeavingWhatItCarried, &WITH_A_TICK);
}

/// On a store that may call a swap lost that has happened, or will. Whoever loads bytes that have changed since knows that it
/// cannot happen any more, and finds its token in them if it has just happened. Not with two requests: too many states.
#[test]
fn it_is_as_right_on_an_unsure_store_to_give_up_by_what_the_next_load_shows() {
    right(
        Variant::RightUnsureJudgingByTheLoad,
        &[TWO_TICKS, ONE_PLAIN, ONE_KEEP],
    );
}

/// Looks for the shortest way in which `variant` breaks `promise` with two requests and a tick.
fn wrong(variant: Variant, promise: &'static str) {
    let roles = TWO_REQUESTS;
    breaks(&format!("{variant:?}"), Parking { variant, roles }, promise);
}

#[test]
fn parking_before_loading_loses_an_effect() {
    wrong(Variant::ParksBeforeLoad, CARRIED);
    wrong(Variant::ParksBeforeLoad, FOUND);
}

#[test]
fn parking_after_the_commit_loses_an_effect() {
    wrong(Variant::ParksAfterCommit, CARRIED);
}

#[test]
fn trying_again_without_parking_again_loses_an_effect() {
    wrong(Variant::ParksOnlyOnce, CARRIED);
}

#[test]
fn trying_again_with_the_same_token_loses_an_effect() {
    wrong(Variant::ParksTheSameToken, CARRIED);
}

#[test]
fn naming_the_token_of_an_earlier_try_loses_an_effect() {
    wrong(Variant::NamesItsFirstToken, CARRIED);
}

#[test]
fn a_document_that_names_no_token_loses_an_effect_to_a_guess() {
    wrong(Variant::NamesNoTokenAndTheRequestGuesses, CARRIED);
    wrong(Variant::NamesNoTokenAndTheTickPassesBy, CARRIED);
}

#[test]
fn giving_the_token_up_before_carrying_out_loses_an_effect() {
    wrong(Variant::GivesUpBeforeCarryingOut, CARRIED);
}

#[test]
fn a_swap_called_lost_that_has_happened_or_will_loses_an_effect() {
    wrong(Variant::Unsure, CARRIED);
}

#[test]
fn giving_up_or_unparking_tokens_of_others_loses_an_effect() {
    wrong(Variant::GivesUpOthersTokens, CARRIED);
    wrong(Variant::TickUnparksOthersTokens, CARRIED);
}

#[test]
fn dropping_what_was_left_loses_an_effect() {
    wrong(Variant::DropsWhatIsLeft, CARRIED);
}

#[test]
fn looking_what_is_parked_before_loading_loses_an_effect() {
    wrong(Variant::LooksBeforeLoad, CARRIED);
}

#[test]
fn a_tick_that_unparks_without_touching_loses_an_effect() {
    wrong(Variant::TickUnparksWithoutTouching, CARRIED);
    wrong(Variant::TickUnparksBeforeItTouches, CARRIED);
}

#[test]
fn a_touch_that_a_late_commit_does_not_notice_loses_an_effect() {
    wrong(Variant::TickCommitsTheSameBytes, CARRIED);
    wrong(Variant::SwapsComparingOnlyRev, CARRIED);
}

#[test]
fn a_tick_that_unparks_though_its_swap_is_lost_loses_an_effect() {
    wrong(Variant::TickUnparksThoughItsSwapIsLost, CARRIED);
}

#[test]
fn a_tick_that_empties_what_was_committed_under_another_token_loses_an_effect() {
    wrong(Variant::TickClearsAnothersOutbox, CARRIED);
}

#[test]
fn a_tick_that_drops_the_name_of_another_token_loses_an_effect() {
    wrong(Variant::TickForgetsAnothersToken, CARRIED);
}

#[test]
fn a_tick_that_empties_the_outbox_before_carrying_it_out_loses_an_effect() {
    wrong(Variant::TickClearsBeforeCarryingOut, CARRIED);
}

#[test]
fn a_receiver_that_adds_without_ids_adds_an_effect_twice() {
    wrong(Variant::LedgerForgetsIds, CARRIED);
}

#[test]
fn a_receiver_that_ignores_revisions_is_set_back_by_a_late_delivery() {
    wrong(Variant::IndexIgnoresRev, CARRIED);
}

#[test]
fn a_commit_that_does_not_compare_loses_another() {
    wrong(Variant::SwapsWithoutComparing, KEPT);
}

#[test]
fn where_a_tick_or_a_request_unparks_nothing_something_stays_parked() {
    wrong(Variant::TickUnparksNothing, EMPTIED);
    wrong(Variant::GivesUpNothing, TIDY);
}
