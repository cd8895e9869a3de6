//! `--sample`: loads the sample into what is being served, as any client would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use rapport_import::{Sample, sample};

/// Where the sample is, from the manifest's folder.
const FILE: &str = "examples/cdnow_sample.txt";

/// Loads the sample beside everything else, and says what there is then. Serving goes on whatever comes of it.
///
/// `key` is the admin key, and `show_key` whether it may be shown again.
pub fn load(address: SocketAddr, key: Option<&str>, show_key: bool, folder: &Path) {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        tracing::error!(
            "the sample was not loaded: no admin key is set; set SPIN_VARIABLE_ADMIN_KEY"
        );
        return;
    };
    let sample_of = Sample {
        url: format!("http://{}", reachable(address)),
        key: key.to_owned(),
        file: folder.join(FILE),
        show_key,
    };
    let started = std::thread::Builder::new()
        .name("sample".into())
        .spawn(move || match sample(&sample_of) {
            Ok(told) => println!("{told}"),
            Err(error) => tracing::error!("the sample was not loaded: {error:#}"),
        });
    if let Err(error) = started {
        tracing::error!("the sample was not loaded: {error}");
    }
}

/// An address of this machine under which `address` can be reached from it.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_stands_for_all_is_reached_on_loopback() {
        for (listening, reached) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("192.168.1.2:80", "192.168.1.2:80"),
        ] {
            assert_eq!(reachable(listening.parse().unwrap()).to_string(), reached);
        }
    }
}
