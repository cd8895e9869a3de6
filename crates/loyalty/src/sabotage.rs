//! A defect on purpose, behind a feature that nothing but `cargo xtask test --sabotage` turns on: it shows that the tests notice it.

/// Ids that have left the document are not looked up.
pub(crate) const NO_ID_PAGES: bool = cfg!(feature = "sabotage-no-id-pages");
