//! What stands in the store, and what the model remembers to judge it by.

use super::process::Who;

/// The most processes that commit effects.
const MOST: usize = 3;

/// Told apart by who made it and at which try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    pub by: Who,
    pub at_try: u8,
}

/// Some of the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set(u8);

impl Set {
    pub fn with(self, who: Who) -> Self {
        Self(self.0 | (1 << who))
    }

    pub fn has(self, who: Who) -> bool {
        self.0 & (1 << who) != 0
    }
}

/// Some tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tokens(u32);

/// More tries than any request has: each needs a commit of another process.
const TRIES: u8 = 8;

impl Tokens {
    fn bit(token: Token) -> u32 {
        assert!(token.at_try < TRIES, "{token:?}");
        1 << (token.by * TRIES + token.at_try)
    }

    pub fn has(self, token: Token) -> bool {
        self.0 & Self::bit(token) != 0
    }

    pub fn insert(&mut self, token: Token) {
        self.0 |= Self::bit(token);
    }

    pub fn remove(&mut self, token: Token) {
        self.0 &= !Self::bit(token);
    }

    pub fn are_none(self) -> bool {
        self.0 == 0
    }

    /// Those that are not in `others`.
    pub fn but(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Token> {
        let all = (0..4).flat_map(|by| (0..TRIES).map(move |at_try| Token { by, at_try }));
        all.filter(move |token| self.has(*token))
    }
}

/// What a commit causes elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effect {
    /// Who committed it: requests commit once, so it is also the effect's id.
    pub by: Who,
    /// The document's revision by that commit.
    pub rev: u8,
    /// What the document says by then.
    pub says: Set,
}

/// A document. All of it are the bytes that a swap compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Document {
    /// Grows by each commit that changes what it says.
    pub rev: u8,
    /// Grows by each other commit.
    pub touches: u8,
    /// Whose commits it holds.
    pub says: Set,
    pub outbox: Option<Effect>,
    /// The token under which the outbox was committed.
    pub parked: Option<Token>,
}

impl Document {
    /// The same, with nothing to carry out.
    pub fn emptied(self) -> Self {
        Self {
            outbox: None,
            parked: None,
            ..self
        }
    }

    /// The same history with one commit more.
    pub fn touched(self) -> Self {
        Self {
            touches: self.touches + 1,
            ..self
        }
    }
}

/// Everything in the store, and what the model remembers to judge it by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Stored {
    pub document: Document,
    /// The tokens that lead to the document.
    pub parked: Tokens,
    /// Those of them that their owners need no longer. In the store only the owner's instance knows.
    pub given_up: Tokens,
    /// How often each process' effect was added to the ledger.
    pub ledger: [u8; MOST],
    /// The latest effect that the index has taken over.
    pub index: Option<Effect>,
    /// The latest effect that was committed.
    pub caused: Option<Effect>,
    /// Whose effects were committed.
    pub due: Set,
}

impl Stored {
    pub fn commit(&mut self, document: Document, causing: Option<Effect>) {
        self.document = document;
        if let Some(effect) = causing {
            self.caused = causing;
            self.due = self.due.with(effect.by);
        }
    }

    pub fn park(&mut self, token: Token) {
        self.parked.insert(token);
        self.given_up.remove(token);
    }

    pub fn unpark(&mut self, token: Token) {
        self.parked.remove(token);
        self.given_up.remove(token);
    }

    pub fn give_up(&mut self, token: Token) {
        if self.parked.has(token) {
            self.given_up.insert(token);
        }
    }

    /// The effect of `who` was carried out as often as it was committed: once, or not at all.
    fn is_settled(&self, who: Who) -> bool {
        self.ledger[usize::from(who)] == u8::from(self.due.has(who))
    }

    /// Each effect that was committed has been carried out, once.
    pub fn is_carried_out(&self) -> bool {
        self.index == self.caused && (0..3).all(|who| self.is_settled(who))
    }

    /// What is not carried out stands in the outbox, and the token that the document names is parked.
    pub fn can_be_found(&self) -> bool {
        if self.is_carried_out() {
            return true;
        }
        let Document { outbox, parked, .. } = self.document;
        let waits = outbox.map(|effect| effect.by);
        outbox == self.caused
            && parked.is_some_and(|token| self.parked.has(token))
            && (0..3).all(|who| waits == Some(who) || self.is_settled(who))
    }
}
