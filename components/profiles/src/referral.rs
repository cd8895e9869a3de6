//! A referral code that came with an item: what became of it.
//!
//! The item's commit has recorded the claim; here it is finished, and what came of it is told. Whatever that is, what was said of the
//! customer stands.

use rapport_customer::Item;
use rapport_records::referrals::told::{self, ReferralCode};
use rapport_records::referrals::{self, Asked, Refused};
use rapport_store::UpdateError;
use rapport_types::{CustomerId, Violation};
use rapport_web::App;
use serde::{Deserialize, Serialize};

use crate::apply::Circumstances;

/// A code, and where it stands in its call.
#[derive(Debug, Clone)]
pub struct Code {
    text: String,
    place: &'static str,
}

/// What became of a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Referred {
    /// The customer was brought by that one.
    By {
        /// Who brought them.
        referrer: CustomerId,
        /// The code as it is written.
        code: ReferralCode,
    },
    /// It is refused, or failed; all else of the item stands.
    Not {
        /// Why. The pointer begins at the item.
        error: Violation,
    },
}

impl Referred {
    /// The same, of the item at that place of a batch.
    #[must_use]
    pub fn within(self, index: usize) -> Self {
        match self {
            Self::Not { error } => Self::Not {
                error: error.under(&format!("/batch/{index}")),
            },
            by => by,
        }
    }
}

/// The code of each of `items`, where the programme has referrals.
pub async fn codes(app: &App, items: &[Item]) -> Vec<Option<Code>> {
    let code = |item: &Item| {
        let (text, place) = told::code_of(item)?;
        let text = text.to_owned();
        Some(Code { text, place })
    };
    let codes: Vec<Option<Code>> = items.iter().map(code).collect();
    if codes.iter().all(Option::is_none) {
        return Vec::new();
    }
    match told::is_asked(&app.store).await {
        Ok(true) => codes,
        _ => Vec::new(),
    }
}

/// Claims `code` for `customer`, or finds that it was.
pub async fn claim(
    app: &App,
    customer: &CustomerId,
    code: &Code,
    circumstances: &Circumstances,
) -> Referred {
    let not = |code_of: &str, detail: String| Referred::Not {
        error: Violation::new(code.place, code_of.to_owned(), detail),
    };
    let parsed = match ReferralCode::parse(&code.text) {
        Ok(parsed) => parsed,
        Err(error) => return not("invalid_value", error.to_string()),
    };
    let asked = Asked {
        code: &parsed,
        customer,
        now: circumstances.now,
        zone: &app.settings.zone,
        once: None,
        dry_run: circumstances.dry_run,
    };
    match referrals::claim(&app.store, asked).await {
        Ok(claimed) => Referred::By {
            referrer: claimed.referral.by,
            code: claimed.referral.code,
        },
        Err(UpdateError::Rejected(refused)) => not(word(&refused), refused.to_string()),
        Err(UpdateError::Store(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
            let detail =
                "the store did not take the claim; the tick does it, or send the item again";
            not("unavailable", detail.to_owned())
        }
    }
}

/// The code under which `POST /v1/loyalty/referrals` refuses it.
fn word(refused: &Refused) -> &'static str {
    match refused {
        Refused::NoTerms => "not_configured",
        Refused::UnknownCode { .. } => "unknown_code",
        Refused::Own { .. } | Refused::Circle { .. } => "circular_referral",
        Refused::Before { .. } => "already_referred",
        Refused::TooLate { .. } | Refused::Ordered { .. } => "not_eligible",
    }
}
