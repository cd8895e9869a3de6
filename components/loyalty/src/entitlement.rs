//! What a customer is entitled to as a signed token, which anybody can check without a call: a JWT (RFC 7519) signed with Ed25519
//! (`EdDSA`, RFC 8037), and the public keys as a key set (RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use rapport_types::{CustomerId, Slug};
use rapport_web::Settings;
use serde::Serialize;
use serde_json::Result;
use sha2::{Digest, Sha256};

/// Who issues the tokens.
pub(crate) const ISSUER: &str = "rapport";

/// What a token says.
#[derive(Debug, Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) iss: &'static str,
    pub(crate) sub: &'a CustomerId,
    pub(crate) tier: Option<&'a Slug>,
    pub(crate) segments: &'a [Slug],
    /// In seconds since 1970, as all times of a JWT.
    pub(crate) iat: i64,
    /// The first second at which it holds no more.
    pub(crate) exp: i64,
}

/// The keys of the service, ready.
pub(crate) struct Keys(Vec<Key>);

struct Key {
    pair: KeyPair,
    /// Its name: the thumbprint by RFC 7638.
    id: String,
    /// Its public half.
    x: String,
}

/// A public key as RFC 8037 has it.
#[derive(Debug, Serialize)]
pub(crate) struct PublicKey<'a> {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    r#use: &'static str,
    kid: &'a str,
    x: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl Keys {
    /// Those of the settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let seeds = settings.signing_keys.iter();
        Self(seeds.filter_map(|seed| Key::new(seed.bytes())).collect())
    }

    /// A token that says `claims`, signed with the first key; `None` where there is no key.
    pub(crate) fn sign(&self, claims: &Claims<'_>) -> Option<Result<String>> {
        self.0.first().map(|key| key.sign(claims))
    }

    /// The public halves, the one that signs first.
    pub(crate) fn public(&self) -> Vec<PublicKey<'_>> {
        self.0.iter().map(Key::public).collect()
    }
}

impl Key {
    /// `None` where the seed is all zeros, which settings refuse.
    fn new(seed: [u8; 32]) -> Option<Self> {
        let pair = KeyPair::try_from_seed(Seed::new(seed)).ok()?;
        let x = URL_SAFE_NO_PAD.encode(pair.pk.as_ref());
        // The required members in the order of their names, without spaces.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
        Some(Self { pair, id, x })
    }

    fn sign(&self, claims: &Claims<'_>) -> Result<String> {
        let header = Header {
            alg: "EdDSA",
            typ: "JWT",
            kid: &self.id,
        };
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.signature(&token);
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    fn signature(&self, text: &str) -> String {
        // Without noise: the same text has the same signature, and nothing random is needed (RFC 8032, 5.1.6).
        let signature = self.pair.sk.sign(text, None);
        URL_SAFE_NO_PAD.encode(signature.as_ref())
    }

    fn public(&self) -> PublicKey<'_> {
        PublicKey {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            r#use: "sig",
            kid: &self.id,
            x: &self.x,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.
    #[test]
    fn keys_names_and_signatures_are_those_of_the_standard() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        let key = Key::new(seed.unwrap().try_into().unwrap()).unwrap();
        assert_eq!(key.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            key.signature("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }
}
