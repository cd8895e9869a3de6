//! A batch, until each of its rows has an answer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::balance;
use crate::client::{self, Client, Reply, Violation};
use crate::order::Item;
use crate::patience::Patience;
use crate::report::Refused;

/// What became of a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    /// Counted.
    Applied,
    /// Known already.
    Duplicate,
    /// Refused, and would be again.
    Refused(Refused),
}

/// Delivers batches.
pub struct Delivery<'a> {
    /// Where to.
    pub client: &'a Client,
    /// How long to go on trying.
    pub retry_for: Duration,
    /// Another has given up.
    pub stop: &'a AtomicBool,
    /// Is told why it waits, and when it no longer does.
    pub waiting: &'a (dyn Fn(Option<&str>) + Sync),
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    index: usize,
    status: String,
    error: Option<Violation>,
}

/// What came of one request.
enum Attempt {
    /// A line for every item.
    Answered(Vec<Line>),
    /// Not now.
    Later {
        reason: String,
        after: Option<Duration>,
    },
    /// Something in it is refused, and it is not said what.
    Refused(Reply),
    /// Neither this nor anything else will be taken.
    Hopeless(String),
}

impl Delivery<'_> {
    /// Sends `items` until each has an answer, and tells `each` of them. Items of one customer are answered in their order.
    ///
    /// Fails with the reason when it gives up; then some may have been answered and the others are worth another try.
    pub fn deliver(&self, items: &[Item], mut each: impl FnMut(&Item, Fate)) -> Result<(), String> {
        let mut patience = Patience::new(self.retry_for);
        let mut parts: VecDeque<Vec<&Item>> = VecDeque::from([items.iter().collect()]);
        while let Some(part) = parts.pop_front() {
            if part.is_empty() {
                continue;
            }
            let (left, reason, after) = match self.attempt(&part) {
                Attempt::Hopeless(reason) => return Err(reason),
                Attempt::Refused(reply) => {
                    patience.refresh();
                    match part[..] {
                        [only] => each(only, refused(only, &reply)),
                        // One of them spoils the others: each half by itself finds it in a few steps.
                        _ => {
                            let (first, second) = part.split_at(part.len() / 2);
                            parts.push_front(second.to_vec());
                            parts.push_front(first.to_vec());
                        }
                    }
                    continue;
                }
                Attempt::Later { reason, after } => (part, reason, after),
                Attempt::Answered(lines) => {
                    let (left, reason) = settle(&part, lines, &mut each);
                    if left.len() < part.len() {
                        patience.refresh();
                    }
                    if left.is_empty() {
                        continue;
                    }
                    (left, reason, None)
                }
            };
            parts.push_front(left);
            let Some(wait) = patience.wait(Instant::now(), after) else {
                return Err(format!(
                    "given up after {:.0} s: {reason}",
                    self.retry_for.as_secs_f64()
                ));
            };
            (self.waiting)(Some(&reason));
            let until = Instant::now() + wait;
            while Instant::now() < until {
                if self.stop.load(Ordering::Relaxed) {
                    return Err("stopped".into());
                }
                std::thread::sleep(
                    until
                        .saturating_duration_since(Instant::now())
                        .min(Duration::from_millis(50)),
                );
            }
            (self.waiting)(None);
        }
        Ok(())
    }

    fn attempt(&self, items: &[&Item]) -> Attempt {
        if items.iter().any(|item| item.path.is_some()) {
            return self.one_by_one(items);
        }
        let bytes: usize = items.iter().map(|item| item.json.len() + 1).sum();
        let mut body = String::with_capacity(bytes + 16);
        body.push_str("{\"batch\":[");
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            body.push_str(&item.json);
        }
        body.push_str("]}");
        let reply = match self.post("/v1/batch", &body) {
            Ok(reply) => reply,
            Err(attempt) => return attempt,
        };
        let answer = reply
            .json()
            .and_then(|body| serde_json::from_value::<Answer>(body).ok());
        match answer {
            Some(answer) => Attempt::Answered(answer.results),
            None => Attempt::Hopeless(format!(
                "{} answered what is not understood",
                self.client.base()
            )),
        }
    }

    /// Each in a request of its own, until one has to wait.
    fn one_by_one(&self, items: &[&Item]) -> Attempt {
        let mut lines = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = item.path.as_deref().unwrap_or_default();
            let line = |status: &str, error: Option<Violation>| Line {
                index,
                status: status.to_owned(),
                error,
            };
            let answered = match self.post(path, &item.json) {
                Ok(reply) if reply.replayed => line("duplicate", None),
                Ok(_) => line("applied", None),
                Err(Attempt::Refused(reply)) => line("refused", Some(why(&reply))),
                // What was answered before is told first.
                Err(Attempt::Later { reason, .. }) if index > 0 => {
                    let error = Violation {
                        detail: reason,
                        ..Violation::default()
                    };
                    lines.push(line("failed", Some(error)));
                    break;
                }
                Err(attempt) => return attempt,
            };
            lines.push(answered);
        }
        Attempt::Answered(lines)
    }

    /// The answer to one request, if it was taken.
    fn post(&self, path: &str, body: &str) -> Result<Reply, Attempt> {
        let reply = self.client.post(path, body).map_err(|error| {
            let reason = format!(
                "{} does not answer: {}",
                self.client.base(),
                client::said(&error)
            );
            Attempt::Later {
                reason,
                after: None,
            }
        })?;
        Err(match reply.status {
            200 => return Ok(reply),
            // Nothing but a change of the settings makes it better.
            503 if reply
                .problem()
                .is_some_and(|problem| problem.code == "misconfigured") =>
            {
                Attempt::Hopeless(self.client.explain(&reply))
            }
            408 | 429 | 500 | 502..=504 => Attempt::Later {
                reason: format!("{} answered {}", self.client.base(), reply.said()),
                after: reply.retry_after,
            },
            400 | 409 | 413 | 422 => Attempt::Refused(reply),
            _ => Attempt::Hopeless(self.client.explain(&reply)),
        })
    }
}

/// Why a request of its own was refused: the first thing that is wrong with it.
fn why(reply: &Reply) -> Violation {
    let problem = reply.problem().unwrap_or_default();
    match problem.errors.into_iter().next() {
        Some(error) if !error.detail.is_empty() => error,
        _ => Violation {
            detail: reply.said(),
            ..Violation::default()
        },
    }
}

/// Tells `each` of what was answered, and answers the items that were not, with the reason.
fn settle<'a>(
    items: &[&'a Item],
    lines: Vec<Line>,
    each: &mut impl FnMut(&Item, Fate),
) -> (Vec<&'a Item>, String) {
    let mut fates: Vec<Option<Fate>> = items.iter().map(|_| None).collect();
    let mut reason = "the answer leaves out some of what was sent".to_owned();
    for line in lines {
        let (Some(item), Some(fate)) = (items.get(line.index), fates.get_mut(line.index)) else {
            continue;
        };
        let error = line.error.unwrap_or_default();
        *fate = match line.status.as_str() {
            "applied" => Some(Fate::Applied),
            "duplicate" => Some(Fate::Duplicate),
            "refused" => Some(Fate::Refused(Refused {
                line: item.line,
                field: match item.path {
                    Some(_) => balance::field(&error.pointer),
                    None => field(&error.pointer),
                },
                reason: error.detail,
            })),
            _ => {
                if !error.detail.is_empty() {
                    reason = error.detail;
                }
                None
            }
        };
    }
    let mut left = Vec::new();
    for (item, fate) in items.iter().zip(fates) {
        match fate {
            Some(fate) => each(item, fate),
            None => left.push(*item),
        }
    }
    (left, reason)
}

/// The refusal of a request that held nothing but `item`.
fn refused(item: &Item, reply: &Reply) -> Fate {
    let problem = reply.problem().unwrap_or_default();
    let pointer = problem.errors.first().map_or("", |error| &error.pointer);
    Fate::Refused(Refused {
        line: item.line,
        field: field(pointer),
        reason: reply.said(),
    })
}

/// What `--map` calls the place that a pointer into a batch means.
fn field(pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(1).peekable();
    if steps.next_if_eq(&"batch").is_some() {
        steps.next();
    }
    match (steps.next(), steps.next()) {
        (Some("userId"), _) => "customer".into(),
        (Some("timestamp"), _) => "date".into(),
        (Some("messageId"), _) => "order_id".into(),
        (Some("properties"), Some(name)) => name.replace("~1", "/").replace("~0", "~"),
        (None | Some(""), _) => "row".into(),
        (Some(other), _) => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_told_as_the_name_in_the_mapping() {
        for (pointer, name) in [
            ("/batch/3/userId", "customer"),
            ("/batch/3/timestamp", "date"),
            ("/batch/3/properties/total", "total"),
            ("/batch/3/properties/a~1b", "a/b"),
            ("/batch/3/properties", "properties"),
            ("/batch/3", "row"),
            ("", "row"),
        ] {
            assert_eq!(field(pointer), name, "{pointer}");
        }
    }

    #[test]
    fn what_the_answer_leaves_out_is_left_to_do() {
        let items: Vec<Item> = (1..=4)
            .map(|line| Item {
                line,
                partition: 0,
                path: None,
                json: String::new(),
            })
            .collect();
        let lines = serde_json::from_str(
            r#"[{"index": 2, "status": "refused", "error": {"pointer": "/batch/2/properties/total", "code": "x", "detail": "bad"}},
                {"index": 0, "status": "applied", "customer": "c"},
                {"index": 1, "status": "failed", "error": {"pointer": "/batch/1", "code": "contended", "detail": "busy"}},
                {"index": 9, "status": "applied"}]"#,
        )
        .unwrap();
        let mut told = Vec::new();
        let items: Vec<&Item> = items.iter().collect();
        let (left, reason) = settle(&items, lines, &mut |item, fate| {
            told.push((item.line, fate))
        });
        assert_eq!(
            left.iter().map(|item| item.line).collect::<Vec<_>>(),
            [2, 4]
        );
        assert_eq!(reason, "busy");
        let refused = Refused {
            line: 3,
            field: "total".into(),
            reason: "bad".into(),
        };
        assert_eq!(told, [(1, Fate::Applied), (3, Fate::Refused(refused))]);
    }
}
