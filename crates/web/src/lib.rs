//! The HTTP glue that all components share.
