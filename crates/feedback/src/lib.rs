//! Feedback records and the metrics over them.
