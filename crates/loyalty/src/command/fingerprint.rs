//! A hash of what was asked.

use rapport_types::{Span, hash};

use super::Command;
use crate::claim::Policy;

impl Command {
    /// A hash of what was asked, by which a repetition is told from another request under the same name.
    ///
    /// An order is its id and its amount: the same order may be reported by several systems, each with its
    /// own moment and reason. A key names one exact request.
    pub(crate) fn fingerprint(&self) -> u64 {
        fn text(value: Option<impl ToString>) -> String {
            value.map_or_else(String::new, |v| v.to_string())
        }
        match self {
            Self::Earn(earn) => {
                let keyed = earn.ids.order.is_none();
                let money = earn.money.map(|m| format!("{} {}", m.amount, m.currency));
                hash::u64_of_parts(&[
                    "earn",
                    &text(earn.points),
                    &text(money),
                    &text(earn.at.filter(|_| keyed)),
                    &text(earn.reason.as_ref().filter(|_| keyed)),
                ])
            }
            Self::Spend(spend) => hash::u64_of_parts(&[
                "spend",
                &text(spend.ids.order.as_ref()),
                &text(Some(spend.points)),
                &text(spend.reason.as_ref()),
            ]),
            Self::Reverse(reverse) => {
                let points = text(reverse.points);
                let reason = text(reverse.reason.as_ref());
                let parts = ["reverse", reverse.of.as_str(), &points, &reason];
                // Requests from before there were policies are told by the other parts alone.
                let policy = reverse.policy.map(Policy::as_str);
                let parts: Vec<&str> = parts.into_iter().chain(policy).collect();
                hash::u64_of_parts(&parts)
            }
            Self::Authorize(authorize) => hash::u64_of_parts(&[
                "authorize",
                &text(Some(authorize.points)),
                &text(authorize.expires_in.map(Span::millis)),
                &text(authorize.reason.as_ref()),
            ]),
            Self::Capture(capture) => hash::u64_of_parts(&[
                "capture",
                capture.of.as_str(),
                &text(capture.points),
                &text(capture.reason.as_ref()),
            ]),
            Self::Void(void) => {
                hash::u64_of_parts(&["void", void.of.as_str(), &text(void.reason.as_ref())])
            }
            Self::Adjust(adjust) => hash::u64_of_parts(&[
                "adjust",
                &text(Some(adjust.points)),
                &text(adjust.expires_at),
                &adjust.reason,
                &adjust.author,
            ]),
            Self::Import(import) => {
                let lots = import.lots.iter().flat_map(|lot| {
                    [
                        text(Some(lot.points)),
                        text(lot.active_from),
                        text(lot.expires_at),
                        text(lot.reason.as_ref()),
                    ]
                });
                let parts: Vec<String> = lots.collect();
                let parts = parts.iter().map(String::as_str);
                hash::u64_of_parts(&["import"].into_iter().chain(parts).collect::<Vec<_>>())
            }
            Self::Freeze(freeze) => hash::u64_of_parts(&["freeze", &freeze.reason, &freeze.author]),
            Self::Unfreeze(unfreeze) => {
                hash::u64_of_parts(&["unfreeze", &unfreeze.reason, &unfreeze.author])
            }
            Self::Transfer(transfer) => hash::u64_of_parts(&[
                "transfer",
                transfer.to.as_str(),
                &text(Some(transfer.points)),
                &text(transfer.reason.as_ref()),
            ]),
            // Their ids say it all.
            Self::Sent(_) => hash::u64_of("sent"),
            Self::Receive(_) => hash::u64_of("receive"),
            Self::Reward(step) => step.fingerprint(),
            Self::Order(_) => hash::u64_of("order"),
            Self::OfKind(of) => hash::u64_of_parts(&[
                "of kind",
                of.kind.as_str(),
                &text(Some(of.command.fingerprint())),
            ]),
        }
    }
}
