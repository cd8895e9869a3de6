//! A catalogue: one document that lists all entries of a kind by id. How an entry is put and deleted, the same for missions
//! and for rewards.

use std::collections::BTreeMap;

use rapport_store::{Change, Committed, Current, Key, NoEffect, Nothing, Table};
use rapport_types::{Slug, Violation};
use rapport_web::{Answer, App, Command, Problem};
use serde::Serialize;

/// The table of a catalogue, which has one document.
pub(crate) trait Catalogue: Table<Value: Default, Effect = NoEffect> {
    /// What clients say of an entry.
    type Entry: Clone + PartialEq + Sync;
    /// An entry as it is listed: with its own revision.
    type Listed;
    /// What an entry is called.
    const NOUN: &'static str;
    /// The most entries that there may be.
    const MOST: usize;

    /// Says that there are so many already.
    fn full() -> String;
    /// The entries.
    fn entries(value: &mut Self::Value) -> &mut BTreeMap<Slug, Self::Listed>;
    /// Lists an entry.
    fn listed(entry: Self::Entry, rev: u64) -> Self::Listed;
    /// What is listed, and its revision.
    fn parts(listed: &Self::Listed) -> (&Self::Entry, u64);
}

/// An entry's revision after it was put, and whether it is new.
pub(crate) type Put = Committed<(u64, bool)>;

/// Puts the entry `id`, if the client's condition holds. Where `unknown` is not empty, it names what is not there, and is refused with.
pub(crate) async fn put<C: Catalogue, T: Sync>(
    app: &App,
    command: &Command<T>,
    id: &Slug,
    entry: &C::Entry,
    unknown: &[Violation],
) -> Result<Put, Problem> {
    let decide = |current: Current<C>| {
        // Not before: a key that came before is answered as then, whatever was deleted since.
        if !unknown.is_empty() {
            return Err(Problem::invalid(unknown.to_vec()));
        }
        let mut value = current.value.unwrap_or_default();
        let entries = C::entries(&mut value);
        let before = entries.get(id).map(C::parts);
        command.condition.check(before.map_or(0, |(_, rev)| rev))?;
        if let Some((_, rev)) = before.filter(|(before, _)| *before == entry) {
            return Ok(Change::Keep((rev, false)));
        }
        let created = before.is_none();
        if created && entries.len() >= C::MOST {
            let full = Violation::new("", "too_many", C::full());
            return Err(Problem::invalid(vec![full]));
        }
        let rev = current.next_rev;
        entries.insert(id.clone(), C::listed(entry.clone(), rev));
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (rev, created),
        })
    };
    let once = command.once();
    let request = command.request(once.as_ref(), &Nothing);
    Ok(app.store.update(&Key::single(), request, decide).await?)
}

/// The answer about an entry that was put, as `view` shows it.
pub(crate) fn answer(put: &Put, view: &impl Serialize) -> Result<Answer, Problem> {
    let (rev, created) = put.answer;
    let answer = match created {
        true => Answer::created(view)?,
        false => Answer::ok(view)?,
    };
    Ok(answer.named(rev).replayed(put.replayed))
}

/// Deletes the entry `id`, if the client's condition holds.
pub(crate) async fn delete<C: Catalogue>(
    app: &App,
    command: &Command<()>,
    id: &Slug,
) -> Result<Answer, Problem> {
    let decide = |current: Current<C>| {
        let mut value = current.value.unwrap_or_default();
        let Some(gone) = C::entries(&mut value).remove(id) else {
            return Err(Problem::not_found(C::NOUN, id.as_str()));
        };
        command.condition.check(C::parts(&gone).1)?;
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    };
    let once = command.once();
    let request = command.request(once.as_ref(), &Nothing);
    let committed = app.store.update(&Key::single(), request, decide).await?;
    Ok(Answer::nothing().replayed(committed.replayed))
}
