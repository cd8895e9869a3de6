//! The feedback component: routes and nothing else.
