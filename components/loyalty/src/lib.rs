//! The loyalty component: routes and nothing else.
