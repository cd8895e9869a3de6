//! What the domain refuses, as problems.

use rapport_customer::Rejection;
use rapport_web::{Code, Problem};

/// Why a customer was not changed.
pub struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self(match rejection {
            Rejection::Unknown => Problem::new(
                Code::NotFound,
                "There is no such customer to patch; PUT creates one.",
            ),
            Rejection::Invalid(violations) => Problem::invalid(violations),
        })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}
