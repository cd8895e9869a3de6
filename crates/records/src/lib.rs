//! The documents of the service: which key holds which value, and what one commit causes in others.
