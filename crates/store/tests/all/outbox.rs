//! What a commit caused elsewhere is carried out, once in its result, even if the first try failed.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::Ordering;

use crate::senders::{ToList, received, send};
use rapport_store::{Memory, Store};

#[tokio::test]
async fn an_effect_is_carried_out_right_after_its_commit_even_of_a_new_document() {
    let store = Store::new(Memory::new());
    send(&store, &ToList::default(), "one").await.unwrap();
    assert_eq!(received(&store).await, ["one"]);
}

#[tokio::test]
async fn what_was_left_in_the_outbox_is_carried_out_before_the_next_commit() {
    let store = Store::new(Memory::new());
    let carrier = ToList::broken();
    // The commit stands, though its effect could not be carried out.
    send(&store, &carrier, "one").await.unwrap();
    assert!(received(&store).await.is_empty());
    // While it cannot be carried out, nothing may push it out of the outbox.
    assert!(send(&store, &carrier, "two").await.is_err());
    carrier.broken.store(false, Ordering::SeqCst);
    send(&store, &carrier, "two").await.unwrap();
    assert_eq!(received(&store).await, ["one", "two"]);
}
