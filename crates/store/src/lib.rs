//! Documents, logs and counters over a key-value backend that promises little.
