//! The key for who has configured none: on a loopback address, a fresh one for this run; elsewhere, none at all.

use std::net::SocketAddr;

use crate::manifest::variables::Values;
use crate::random;

/// The variable that holds the key.
const VARIABLE: &str = "admin_key";

/// Where the admin key comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum AdminKey {
    /// The environment or the manifest.
    Configured,
    /// This run made it, and tells it once.
    Once(String),
    /// There is none, and strangers could reach the address.
    Closed,
    /// The application knows no such variable.
    Unknown,
}

impl AdminKey {
    /// Looks whether a key is set, and sets one if it may.
    pub fn choose(variables: &mut Values, address: SocketAddr) -> Self {
        match variables.get(VARIABLE) {
            None => Self::Unknown,
            Some(key) if !key.is_empty() => Self::Configured,
            Some(_) if !address.ip().to_canonical().is_loopback() => Self::Closed,
            Some(_) => {
                let key = format!("rk_admin_{}", random::hex(16));
                variables.set(VARIABLE, key.clone());
                Self::Once(key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(key: &str, address: &str) -> (AdminKey, String) {
        let mut variables = Values::default();
        variables.set(VARIABLE, key.into());
        let chosen = AdminKey::choose(&mut variables, address.parse().unwrap());
        (chosen, variables.get(VARIABLE).unwrap().to_owned())
    }

    #[test]
    fn on_loopback_a_fresh_key_reaches_the_components() {
        for address in ["127.0.0.1:3000", "[::1]:3000", "[::ffff:127.0.0.1]:3000"] {
            let (AdminKey::Once(told), set) = chosen("", address) else {
                panic!("{address}")
            };
            assert_eq!(told, set);
            assert!(told.starts_with("rk_admin_") && told.len() == 41, "{told}");
            assert_ne!(chosen("", address).1, told);
        }
    }

    #[test]
    fn elsewhere_the_service_starts_closed() {
        for address in ["0.0.0.0:3000", "[::]:3000", "192.168.1.2:80"] {
            assert_eq!(chosen("", address), (AdminKey::Closed, String::new()));
        }
    }

    #[test]
    fn a_configured_key_is_left_alone() {
        assert_eq!(
            chosen("rk_admin_x", "127.0.0.1:1"),
            (AdminKey::Configured, "rk_admin_x".into())
        );
        let unknown = AdminKey::choose(&mut Values::default(), "127.0.0.1:1".parse().unwrap());
        assert_eq!(unknown, AdminKey::Unknown);
    }
}
