//! What the domain refuses, as problems.

use rapport_loyalty::Rejection;
use rapport_loyalty::reward::{Denied, VoucherRejection};
use rapport_web::{Code, Problem};

/// Why an account was not changed.
pub(crate) struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        // The domain's texts are written for people; here they become sentences.
        let detail = sentence(&rejection.to_string());
        Self(match rejection {
            Rejection::Unreadable(_) => Problem::internal(detail),
            Rejection::KeyReused { .. } => Problem::new(Code::KeyReused, detail),
            Rejection::Insufficient { .. } => Problem::new(Code::InsufficientPoints, detail),
            Rejection::UnknownTransaction { .. } => Problem::new(Code::NotFound, detail),
            Rejection::Frozen { .. } => Problem::new(Code::AccountFrozen, detail),
            Rejection::NothingToAdjust => Problem::invalid_at("/points", "out_of_range", detail),
            Rejection::NoDateToTake => Problem::invalid_at("/expires_at", "unsupported", detail),
            Rejection::Unsigned { field } => {
                Problem::invalid_at(&format!("/{field}"), "required", detail)
            }
            Rejection::LongNote { lot } => {
                let field = if lot.is_some() { "reason" } else { "author" };
                Problem::invalid_at(&of_lot(lot, field), "too_long", detail)
            }
            Rejection::OverAlready { lot } => {
                Problem::invalid_at(&of_lot(lot, "expires_at"), "in_the_past", detail)
            }
            Rejection::BadImport => Problem::invalid_at("/lots", "out_of_range", detail),
            Rejection::BadLot { lot } => {
                Problem::invalid_at(&of_lot(Some(lot), "points"), "out_of_range", detail)
            }
            Rejection::NotReversible
            | Rejection::BeyondOriginal { .. }
            | Rejection::NoHold
            | Rejection::HoldClosed { .. }
            | Rejection::BeyondHold { .. }
            | Rejection::TooManyHolds => Problem::new(Code::Conflict, detail),
            Rejection::UnknownReward { .. } => Problem::new(Code::NotFound, detail),
            Rejection::NotEligible(Denied::OutOfStock) => Problem::new(Code::OutOfStock, detail),
            Rejection::NotEligible(Denied::PoolEmpty) => Problem::new(Code::PoolEmpty, detail),
            Rejection::NotEligible(_) => Problem::new(Code::NotEligible, detail),
            Rejection::OfRedemption | Rejection::OfVoucher => Problem::new(Code::Conflict, detail),
            Rejection::HoldOver { .. } => Problem::new(Code::HoldExpired, detail),
            Rejection::BadHoldTime => Problem::invalid_at("/expires_in", "out_of_range", detail),
            Rejection::NoProgram => Problem::new(
                Code::NotConfigured,
                "No programme says how many points money earns. PUT /v1/loyalty/program sets one.",
            ),
            Rejection::NothingToEarn => Problem::invalid_at("", "missing_field", detail),
            Rejection::TooFewPoints { .. } => {
                Problem::invalid_at("/points", "out_of_range", detail)
            }
            Rejection::NegativeMoney => {
                Problem::invalid_at("/money/amount", "out_of_range", detail)
            }
            Rejection::OtherCurrency { .. } => {
                Problem::invalid_at("/money/currency", "other_currency", detail)
            }
            Rejection::FutureDated => Problem::invalid_at("/at", "in_the_future", detail),
            Rejection::BadId { field } => {
                Problem::invalid_at(&format!("/{field}"), "invalid_value", detail)
            }
            Rejection::LongReason => Problem::invalid_at("/reason", "too_long", detail),
            Rejection::UnknownKind { .. } => Problem::invalid_at("/kind", "unknown_kind", detail),
            Rejection::NotSpendable { .. } => Problem::invalid_at("/kind", "not_spendable", detail),
            Rejection::PointsOfKind => Problem::invalid_at("/points", "missing_field", detail),
            Rejection::MainKindOnly => Problem::invalid_at("/kind", "unsupported", detail),
            Rejection::Overflow => Problem::invalid_at("", "too_large", detail),
        })
    }
}

impl From<VoucherRejection> for Refusal {
    fn from(rejection: VoucherRejection) -> Self {
        let detail = sentence(&rejection.to_string());
        let code = match rejection {
            VoucherRejection::KeyReused => Code::KeyReused,
            _ => Code::VoucherUnusable,
        };
        Self(Problem::new(code, detail))
    }
}

/// The place of a field, within a lot of an import or by itself.
fn of_lot(lot: Option<usize>, field: &str) -> String {
    match lot {
        Some(lot) => format!("/lots/{lot}/{field}"),
        None => format!("/{field}"),
    }
}

/// `text` with a capital and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
