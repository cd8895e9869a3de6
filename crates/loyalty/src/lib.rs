//! The points ledger, earning and tiers.
