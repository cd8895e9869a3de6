//! The segments component: routes and nothing else.
