//! The profiles component: routes and nothing else.
