//! Keys: 64-bit names of customers, orders and facts.
//!
//! A key is the XXH3 hash of (source, id), so it does not depend on the order of imports and needs no table of
//! numbers. The store checks every commit for two ids under one key.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A customer, as facts are ordered by it. Zero is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerKey(pub u64);

/// An order of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub u64);

/// One fact within its kind; two versions of a fact share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey(pub u64);

impl CustomerKey {
    /// The owner of facts that name no customer.
    pub const NOBODY: CustomerKey = CustomerKey(0);

    /// The key range (of 256) a customer falls in: the top eight bits.
    pub fn bucket(self) -> u8 {
        (self.0 >> 56) as u8
    }
}

/// Makes keys for one source.
///
/// Ids of different sorts never meet: a registered customer `7`, a guest `7` and an order `7` have three keys.
#[derive(Debug, Clone, Copy)]
pub struct KeyMaker {
    registered: u64,
    guest_email: u64,
    guest_phone: u64,
    order: u64,
    other: u64,
    visitor: u64,
}

impl KeyMaker {
    /// Keys of the source of that name, such as `shopify`.
    pub fn new(source: &str) -> Self {
        let seed = |sort: u64| xxh3_64_with_seed(source.as_bytes(), sort);
        KeyMaker { registered: seed(1), guest_email: seed(2), guest_phone: seed(3), order: seed(4), other: seed(5), visitor: seed(6) }
    }

    /// A registered customer by the source's id.
    pub fn registered(&self, id: &str) -> CustomerKey {
        CustomerKey(nonzero(xxh3_64_with_seed(id.as_bytes(), self.registered)))
    }

    /// A guest known by e-mail; `email` is already [normalised](normal_email).
    pub fn guest_by_email(&self, email: &str) -> CustomerKey {
        CustomerKey(nonzero(xxh3_64_with_seed(email.as_bytes(), self.guest_email)))
    }

    /// A guest known by phone alone; `phone` is already [normalised](normal_phone).
    pub fn guest_by_phone(&self, phone: &str) -> CustomerKey {
        CustomerKey(nonzero(xxh3_64_with_seed(phone.as_bytes(), self.guest_phone)))
    }

    /// An order by the source's id.
    pub fn order(&self, id: &str) -> OrderKey {
        OrderKey(nonzero(xxh3_64_with_seed(id.as_bytes(), self.order)))
    }

    /// A visitor who has not said who they are, by the source's id of their browser or device.
    pub fn visitor(&self, id: &str) -> CustomerKey {
        CustomerKey(nonzero(xxh3_64_with_seed(id.as_bytes(), self.visitor)))
    }

    /// Anything else with an id of its own: a line, a refund.
    pub fn fact(&self, id: &str) -> FactKey {
        FactKey(nonzero(xxh3_64_with_seed(id.as_bytes(), self.other)))
    }
}

/// E-mail for joining: trimmed and lower case, nothing else; `None` when nothing is left.
///
/// Placeholders that shops write for "no address" are nobody's address.
pub fn normal_email(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let blocked = matches!(email.as_str(), "" | "null" | "undefined" | "none" | "n/a" | "-" | "0" | "[object object]");
    (!blocked).then_some(email)
}

/// Phone for joining: its digits, with a leading `+` kept; `None` under seven digits or when all are equal.
pub fn normal_phone(phone: &str) -> Option<String> {
    let trimmed = phone.trim();
    let digits: String = trimmed.chars().filter(char::is_ascii_digit).collect();
    let first = digits.chars().next()?;
    if digits.len() < 7 || digits.chars().all(|c| c == first) {
        return None;
    }
    Some(if trimmed.starts_with('+') { format!("+{digits}") } else { digits })
}

/// Mixes hashes into one, for keys made of several parts; the order of parts matters.
pub fn mix<const N: usize>(parts: &[u64; N]) -> u64 {
    const { assert!(N <= MIXED) };
    let mut bytes = [0; 8 * MIXED];
    for (bytes, part) in bytes.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    nonzero(xxh3_64_with_seed(&bytes[..8 * N], 0))
}

/// The most parts that are mixed at once.
const MIXED: usize = 9;

/// Hash of a text part of a content key.
pub fn text_hash(text: &str) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), 0)
}

fn nonzero(hash: u64) -> u64 {
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_sorts_and_sources_differ() {
        let (a, b) = (KeyMaker::new("shopify"), KeyMaker::new("woocommerce"));
        assert_ne!(a.registered("7").0, a.guest_by_email("7").0);
        assert_ne!(a.registered("7"), b.registered("7"));
        assert_eq!(a.registered("7"), KeyMaker::new("shopify").registered("7"));
    }

    #[test]
    fn emails_join_by_case_and_space_only() {
        assert_eq!(normal_email("  Ada@Example.COM ").as_deref(), Some("ada@example.com"));
        assert_eq!(normal_email("a.da+x@example.com").as_deref(), Some("a.da+x@example.com"));
        assert_eq!(normal_email(" null "), None);
    }

    #[test]
    fn phones_join_by_digits() {
        assert_eq!(normal_phone("+1 (310) 555-0462").as_deref(), Some("+13105550462"));
        assert_eq!(normal_phone("0000000000"), None);
        assert_eq!(normal_phone("12"), None);
    }
}
