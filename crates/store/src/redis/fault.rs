//! What an error's words mean: `spin:redis` tells most of them as text.
//!
//! The words are those of Redis itself and of the client library that Spin uses (the crate `redis`, 0.32), and those that
//! its later versions write.

use crate::driver::{DriverError, Grant};

/// Why a command has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The server does not know the script by its SHA-1. Nothing was done.
    UnknownScript,
    /// The server answered that it will not. The connection is good.
    Refused(DriverError),
    /// The connection is not good any more, or leads to a server that is not the one to ask. What was under way may have
    /// been done.
    Broken(DriverError),
}

/// The server, asked later, may well do it.
const BUSY: [&str; 9] = [
    "loading",
    "is busy running",
    "oom",
    "maxmemory",
    "tryagain",
    "clusterdown",
    "masterdown",
    "good replicas",
    "max number of clients",
];

/// The server knows us and says no, or does not know us.
const DENIED: [&str; 5] = [
    "noauth",
    "noperm",
    "wrongpass",
    "authentication",
    "no permissions",
];

/// The server answers, but a fresh connection may lead to a better one: after a failover, say.
const WRONG_SERVER: [&str; 4] = ["readonly", "masterdown", "loading", "max number of clients"];

impl Fault {
    /// What `text` says.
    pub fn of(text: String) -> Self {
        let lower = text.to_ascii_lowercase();
        let says = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
        if says(&["noscript", "no matching script"]) {
            return Self::UnknownScript;
        }
        let answered = is_answer(&text) && !says(&WRONG_SERVER);
        let error = if says(&BUSY) {
            DriverError::Overloaded(text)
        } else if says(&DENIED) {
            DriverError::Denied(Grant::Login, text)
        } else {
            DriverError::Failed(text)
        };
        if answered {
            Self::Refused(error)
        } else {
            Self::Broken(error)
        }
    }

    /// What the layers above are told.
    pub fn into_error(self) -> DriverError {
        match self {
            Self::UnknownScript => DriverError::Failed("the server forgets scripts".to_owned()),
            Self::Refused(error) | Self::Broken(error) => error,
        }
    }
}

/// Whether the words are a server's answer: the library says so, or they begin with a code such as `OOM`.
fn is_answer(text: &str) -> bool {
    if text.contains("signalled by the server") {
        return true;
    }
    let Some((code, _)) = text.split_once(": ") else {
        return false;
    };
    let code = code.trim_matches('"');
    code.len() > 2 && code.chars().all(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        Fault::of(text.to_owned())
    }

    #[test]
    fn an_unknown_script_is_known_as_such() {
        let text = "An error was signalled by the server - NoScriptError: No matching script. Please use EVAL.";
        assert_eq!(fault(text), Fault::UnknownScript);
    }

    #[test]
    fn a_server_that_asks_for_patience_is_overloaded() {
        for text in [
            "An error was signalled by the server - BusyLoadingError: Redis is loading the dataset in memory",
            "An error was signalled by the server - TryAgain: Multiple keys request during rehashing of slot",
            "An error was signalled by the server - ResponseError: max number of clients reached",
            "OOM: command not allowed when used memory > 'maxmemory'.",
            "BUSY: Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "NOREPLICAS: Not enough good replicas to write.",
        ] {
            let error = fault(text).into_error();
            assert!(matches!(error, DriverError::Overloaded(_)), "{text}");
        }
    }

    #[test]
    fn a_server_that_does_not_let_us_in_denies() {
        for text in [
            "Password authentication failed - AuthenticationFailed: WRONGPASS invalid username-password pair",
            "NOAUTH: Authentication required.",
            "NOPERM: this user has no permissions to run the 'evalsha' command",
        ] {
            let error = fault(text).into_error();
            assert!(
                matches!(error, DriverError::Denied(Grant::Login, _)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_connection_is_given_up_unless_the_right_server_answered() {
        for kept in [
            "OOM: command not allowed when used memory > 'maxmemory'.",
            "MISCONF: Errors writing to the AOF file",
            "An error was signalled by the server - ResponseError: value is not an integer or out of range",
        ] {
            assert!(matches!(fault(kept), Fault::Refused(_)), "{kept}");
        }
        for broken in [
            "broken pipe",
            "Connection refused (os error 111)",
            "Multiplexed connection driver unexpectedly terminated",
            "An error was signalled by the server - ReadOnly: You can't write against a read only replica.",
            "An error was signalled by the server - BusyLoadingError: Redis is loading the dataset in memory",
        ] {
            assert!(matches!(fault(broken), Fault::Broken(_)), "{broken}");
        }
    }
}
