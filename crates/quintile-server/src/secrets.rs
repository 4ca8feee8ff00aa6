//! Secrets: made from the system's randomness, known by their hashes, compared without telling by time.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, Salt, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use blake2::digest::{FixedOutput, KeyInit, Mac, consts::U32};
use blake2::{Blake2b, Blake2bMac, Digest};
use std::fmt::Write;

/// Randomness, written with sixteen digits.
pub fn random(bytes: usize) -> Result<String, getrandom::Error> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random)?;
    Ok(hex(&random))
}

/// A hash by which a secret of ours is known. It was random, so that it needs no salt and no delay.
pub fn hash(secret: &str) -> String {
    hex(&Blake2b::<U32>::digest(secret.as_bytes()))
}

/// A mark that only whoever has the key can put on a text.
pub fn mark(key: &str, text: &str) -> String {
    match <Blake2bMac<U32> as KeyInit>::new_from_slice(&key.as_bytes()[..key.len().min(64)]) {
        Ok(mut mac) => {
            Mac::update(&mut mac, text.as_bytes());
            hex(&mac.finalize_fixed())
        }
        // A key of at most 64 bytes is always taken.
        Err(_) => String::new(),
    }
}

/// Are they equal? It takes as long whatever they are.
pub fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (hash(one), hash(other));
    one.bytes().zip(other.bytes()).fold(0, |apart, (a, b)| apart | (a ^ b)) == 0
}

/// A password hashed with Argon2id: 19 MiB, two passes, as OWASP advises.
pub fn password(text: &str) -> Result<String, String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let salt: Salt<'_> = salt.as_salt();
    Ok(argon2().hash_password(text.as_bytes(), salt).map_err(|error| error.to_string())?.to_string())
}

/// Is it the password of this hash? Of no hash it is not, and that takes as long.
pub fn is_password(text: &str, hash: Option<&str>) -> bool {
    let (hash, known) = match hash {
        Some(hash) => (hash, true),
        None => (NOBODYS, false),
    };
    let right = PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(text.as_bytes(), &hash).is_ok());
    right && known
}

/// The hash of a password that nobody has.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let hash = password("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, password("correct horse battery").unwrap());
        assert!(is_password("correct horse battery", Some(&hash)));
        assert!(!is_password("correct horse batterz", Some(&hash)));
        assert!(!is_password("", Some("no hash")));
    }

    #[test]
    fn nobodys_password_takes_as_long() {
        let hash = password("correct horse battery").unwrap();
        let of = |hash: Option<&str>| {
            let start = Instant::now();
            assert!(!is_password("wrong", hash));
            start.elapsed()
        };
        let (somebody, nobody) = (of(Some(&hash)), of(None));
        assert!(nobody > somebody / 5, "{nobody:?} of nobody, {somebody:?} of somebody");
    }

    #[test]
    fn marks_differ_by_key_and_text() {
        let key = random(32).unwrap();
        assert_eq!(mark(&key, "a"), mark(&key, "a"));
        assert_ne!(mark(&key, "a"), mark(&key, "b"));
        assert_ne!(mark(&key, "a"), mark(&random(32).unwrap(), "a"));
        assert!(equal("a", "a") && !equal("a", "b") && !equal("a", "ab"));
    }
}
