//! The rule language of segments, survey targeting and earning.
