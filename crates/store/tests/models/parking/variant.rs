//! The ways to do it: right, as right, and wrong.

/// How the protocol is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As described.
    Right,
    /// As right: what is left in the outbox is carried out without looking whether its token is parked.
    RightCarryingAlways,
    /// As right: a request that has carried out what was left gives that token up.
    RightGivingUpWhatItCarried,
    /// As right: a tick carries out whatever is in the outbox, and clears it, whichever token the document names.
    RightTickCarryingWhateverItFinds,
    /// As right: a tick that has carried out what was committed under its token unparks, and commits nothing.
    RightTickLeavingWhatItCarried,
    /// As right, on a store that is unsure: it may say of a swap that it was lost though it has happened, or will. A token is given
    /// up only if the document, loaded again, has changed and does not name it. If it names it, that swap has happened.
    RightUnsureJudgingByTheLoad,

    /// Wrong, as are all that follow: the name says how.
    ParksBeforeLoad,
    ParksAfterCommit,
    /// The document is parked once, at the first try.
    ParksOnlyOnce,
    /// A later try parks the token of the first.
    ParksTheSameToken,
    /// A later try parks a fresh token, and the document names the first.
    NamesItsFirstToken,
    /// No document names a token. A request takes what it finds for carried out; a tick carries out what it finds.
    NamesNoTokenAndTheRequestGuesses,
    /// No document names a token. A request carries out what it finds; a tick passes it by.
    NamesNoTokenAndTheTickPassesBy,
    GivesUpBeforeCarryingOut,
    /// As described, on a store that is unsure.
    Unsure,
    /// A request that is done gives up whatever tokens lead to the document.
    GivesUpOthersTokens,
    GivesUpNothing,
    /// What is left in the outbox is dropped.
    DropsWhatIsLeft,
    /// A request reads what is parked, and loads then.
    LooksBeforeLoad,
    /// A swap overwrites, whatever came between.
    SwapsWithoutComparing,
    /// A swap compares `rev`, and not `touches`.
    SwapsComparingOnlyRev,
    /// Where the document names another token or none, a tick unparks its own at once.
    TickUnparksWithoutTouching,
    /// A tick commits the very bytes that it has loaded.
    TickCommitsTheSameBytes,
    TickUnparksBeforeItTouches,
    TickUnparksThoughItsSwapIsLost,
    /// A tick unparks every token of the document.
    TickUnparksOthersTokens,
    TickUnparksNothing,
    /// A tick empties an outbox that was committed under another token, and does not carry it out.
    TickClearsAnothersOutbox,
    /// A tick leaves an outbox that was committed under another token, but not that token's name.
    TickForgetsAnothersToken,
    /// A tick commits the empty outbox, and carries out then.
    TickClearsBeforeCarryingOut,
    LedgerForgetsIds,
    IndexIgnoresRev,
}

impl Variant {
    /// Whether a tick carries out what was committed under another token, too.
    pub fn tick_carries_all(self) -> bool {
        use Variant::*;
        matches!(
            self,
            RightTickCarryingWhateverItFinds | NamesNoTokenAndTheRequestGuesses
        )
    }

    /// Whether the store may say of a swap that it was lost though it has happened, or will.
    pub fn is_unsure(self) -> bool {
        matches!(self, Variant::Unsure | Variant::RightUnsureJudgingByTheLoad)
    }

    /// Whether documents name the token of their outbox.
    pub fn names_tokens(self) -> bool {
        use Variant::*;
        !matches!(
            self,
            NamesNoTokenAndTheRequestGuesses | NamesNoTokenAndTheTickPassesBy
        )
    }
}
