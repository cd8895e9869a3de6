//! The script of a swap: compares and sets in one step on the server, which runs one script at a time.

/// What the server runs. `ARGV`: how the present value is told, what is told of it, the new value.
pub const SWAP: &str = "local now=redis.call('GET',KEYS[1]) \
if ARGV[1]=='none' then if now then return 0 end \
else if now and ARGV[1]=='sha1' then now=redis.sha1hex(now) end \
if now~=ARGV[2] then return 0 end end \
redis.call('SET',KEYS[1],ARGV[3]) return 1";

/// SHA-1 of [`SWAP`], by which a server knows the script once it has run it.
pub const SWAP_SHA1: &str = "2704d4d148ced955135286a70bfde6b48573fad8";

/// The bytes of a SHA-1 in hexadecimal digits. What is not longer goes as it is.
const DIGEST: usize = 40;

/// How the value that must be there is told, and what is told of it: itself or its SHA-1, whichever is shorter, so that a
/// commit does not send a document twice.
pub fn told(seen: Option<&[u8]>) -> (&'static str, Vec<u8>) {
    match seen {
        None => ("none", Vec::new()),
        Some(bytes) if bytes.len() <= DIGEST => ("same", bytes.to_vec()),
        Some(bytes) => ("sha1", digest(bytes).into_bytes()),
    }
}

fn digest(bytes: &[u8]) -> String {
    sha1_smol::Sha1::from(bytes).digest().to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_known_by_its_own_sha1() {
        assert_eq!(SWAP_SHA1, digest(SWAP.as_bytes()));
    }

    #[test]
    fn a_value_is_told_by_the_shorter_of_itself_and_its_sha1() {
        assert_eq!(told(None), ("none", Vec::new()));
        assert_eq!(told(Some(b"17")), ("same", b"17".to_vec()));
        let (how, told) = told(Some(&[b'x'; 41]));
        assert_eq!((how, told.len()), ("sha1", DIGEST));
    }
}
