//! The surveys component: routes and nothing else.
