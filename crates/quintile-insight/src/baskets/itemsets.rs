//! Frequent item sets: every set of items that lies in at least so many baskets, with how many.
//!
//! Two ways, each where it is quick. Items are numbered from the rarest to the commonest. For each item the rest of each of its baskets
//! is walked once, which counts every pair (occurrence deliver; Uno, Asai, Uchida, Arimura, "LCM: an efficient algorithm for enumerating
//! frequent closed item sets", FIMI 2003): nothing is counted for a pair that never occurs. What can go on from a pair is few: of the
//! item's baskets each follower then has a bit a basket, and larger sets are counted by laying bits over each other, depth first
//! (Zaki, "Scalable algorithms for association mining", IEEE Transactions on Knowledge and Data Engineering 12, 2000).

use super::Baskets;

/// Sets of items with the number of baskets they lie in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemSets {
    items: Vec<u32>,
    ends: Vec<u32>,
    counts: Vec<u32>,
}

/// There are more sets than were allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {most} sets of items lie in {least_baskets} baskets or more; ask for more baskets a set")]
pub struct TooMany {
    /// How many were allowed.
    pub most: usize,
    /// In how many baskets a set had to lie.
    pub least_baskets: u32,
}

impl ItemSets {
    /// How many sets.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// No sets.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The sets, items ascending, with their counts. A set comes after all that it continues.
    pub fn iter(&self) -> impl Iterator<Item = (&[u32], u32)> {
        (0..self.counts.len()).map(|set| {
            let start = set.checked_sub(1).map_or(0, |before| self.ends[before]);
            (&self.items[start as usize..self.ends[set] as usize], self.counts[set])
        })
    }

    fn push(&mut self, items: impl Iterator<Item = u32>, count: u32) {
        let start = self.items.len();
        self.items.extend(items);
        self.items[start..].sort_unstable();
        self.ends.push(self.items.len() as u32);
        self.counts.push(count);
    }
}

/// Which sets are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In how many baskets a set has to lie; one at least.
    pub least_baskets: u32,
    /// How many items a set may have.
    pub largest_set: usize,
    /// How many sets there may be: more are refused rather than cut, since half a list of sets says nothing.
    pub most_sets: usize,
}

impl Limits {
    /// Sets of any size.
    pub fn of(least_baskets: u32) -> Limits {
        Limits { least_baskets, largest_set: usize::MAX, most_sets: 1_000_000 }
    }
}

/// All sets within the limits.
pub fn frequent(baskets: &Baskets, limits: Limits) -> Result<ItemSets, TooMany> {
    let least = limits.least_baskets.max(1);
    let mut counts = vec![0_u32; baskets.items()];
    baskets.items.iter().for_each(|item| counts[*item as usize] += 1);
    let mut kept: Vec<u32> = (0..counts.len() as u32).filter(|item| counts[*item as usize] >= least).collect();
    kept.sort_by_key(|item| (counts[*item as usize], *item));
    let limits = Limits { least_baskets: least, ..limits };
    let mut search = Search { limits, prefix: Vec::new(), found: ItemSets::default() };
    for item in kept.iter().filter(|_| limits.largest_set > 0) {
        search.found_set(&[*item], counts[*item as usize])?;
    }
    let mut places = vec![NOWHERE; counts.len()];
    kept.iter().enumerate().for_each(|(place, item)| places[*item as usize] = place as u32);
    let mut ranked = Ranked { names: kept, items: Vec::new(), ends: Vec::new() };
    for basket in baskets.iter() {
        ranked.push(basket.iter().map(|item| places[*item as usize]).filter(|place| *place != NOWHERE));
    }
    if limits.largest_set > 1 {
        search.pairs_on(&ranked)?;
    }
    Ok(search.found)
}

const NOWHERE: u32 = u32::MAX;

/// The baskets, of items that are frequent alone.
struct Ranked {
    /// What each place stands for; places go from the rarest to the commonest.
    names: Vec<u32>,
    /// Places, ascending within a basket.
    items: Vec<u32>,
    ends: Vec<u32>,
}

impl Ranked {
    /// Adds a basket; fewer than two items lead nowhere.
    fn push(&mut self, places: impl Iterator<Item = u32>) {
        let start = self.items.len();
        self.items.extend(places);
        match self.items.len() - start {
            0 | 1 => self.items.truncate(start),
            _ => {
                self.items[start..].sort_unstable();
                self.ends.push(self.items.len() as u32);
            }
        }
    }

    /// For each place, what follows it in every basket it lies in: (start, end) in `items`, by place.
    fn occurrences(&self) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut starts = vec![0_u32; self.names.len() + 1];
        self.items.iter().for_each(|place| starts[*place as usize + 1] += 1);
        for place in 0..self.names.len() {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut rests = vec![(0, 0); self.items.len()];
        let mut start = 0;
        for end in &self.ends {
            for at in start..*end {
                let next = &mut next[self.items[at as usize] as usize];
                rests[*next as usize] = (at + 1, *end);
                *next += 1;
            }
            start = *end;
        }
        (starts, rests)
    }

    /// What follows in one basket.
    fn followers(&self, (start, end): (u32, u32)) -> &[u32] {
        &self.items[start as usize..end as usize]
    }
}

/// The baskets of a prefix as bits: where a set can go on, each item has a bit for each of them.
#[derive(Default)]
struct Bits {
    words: Vec<u64>,
    /// Words an item.
    each: usize,
}

/// An item that can follow, with where its bits begin.
#[derive(Clone, Copy)]
struct Follower {
    name: u32,
    start: usize,
}

impl Bits {
    /// The bits of some places, ascending, in the baskets of which these are the rests. `masks` is nought for each place, and stays so.
    fn fill(&mut self, ranked: &Ranked, rests: &[(u32, u32)], places: &[u32], masks: &mut [u64]) {
        self.each = rests.len().div_ceil(64);
        self.words.clear();
        self.words.resize(places.len() * self.each, 0);
        // Up to 64 places in one walk: a basket is reduced to a mask without a branch, since most of what lies in it leads nowhere.
        for (walk, some) in places.chunks(64).enumerate() {
            some.iter().enumerate().for_each(|(at, place)| masks[*place as usize] = 1 << at);
            for (basket, rest) in rests.iter().enumerate() {
                let mut mask = ranked.followers(*rest).iter().fold(0, |mask, place| mask | masks[*place as usize]);
                while mask != 0 {
                    let follower = walk * 64 + mask.trailing_zeros() as usize;
                    self.words[follower * self.each + basket / 64] |= 1 << (basket % 64);
                    mask &= mask - 1;
                }
            }
            some.iter().for_each(|place| masks[*place as usize] = 0);
        }
    }

    /// Adds the baskets that have both, and says how many.
    fn push_both(&mut self, one: Follower, other: Follower) -> u32 {
        let end = self.words.len();
        self.words.resize(end + self.each, 0);
        let (there, new) = self.words.split_at_mut(end);
        let mut count = 0;
        for ((new, one), other) in new.iter_mut().zip(&there[one.start..]).zip(&there[other.start..]) {
            *new = one & other;
            count += new.count_ones();
        }
        count
    }
}

struct Search {
    limits: Limits,
    prefix: Vec<u32>,
    found: ItemSets,
}

impl Search {
    fn found_set(&mut self, more: &[u32], count: u32) -> Result<(), TooMany> {
        let Limits { most_sets, least_baskets, .. } = self.limits;
        if self.found.len() == most_sets {
            return Err(TooMany { most: most_sets, least_baskets });
        }
        self.found.push(self.prefix.iter().chain(more).copied(), count);
        Ok(())
    }

    /// Finds all pairs, and what goes on from them.
    fn pairs_on(&mut self, ranked: &Ranked) -> Result<(), TooMany> {
        let (starts, rests) = ranked.occurrences();
        let places = ranked.names.len();
        let (mut counts, mut masks) = (vec![0_u32; places], vec![0_u64; places]);
        let mut bits = Bits::default();
        for place in 0..places {
            let own = &rests[starts[place] as usize..starts[place + 1] as usize];
            own.iter().flat_map(|rest| ranked.followers(*rest)).for_each(|follower| counts[*follower as usize] += 1);
            self.prefix.push(ranked.names[place]);
            let mut often = Vec::new();
            for follower in place + 1..places {
                if counts[follower] >= self.limits.least_baskets {
                    self.found_set(&[ranked.names[follower]], counts[follower])?;
                    often.push(follower as u32);
                }
                counts[follower] = 0;
            }
            if self.goes_on(often.len()) {
                bits.fill(ranked, own, &often, &mut masks);
                let follower = |(at, place): (usize, &u32)| Follower { name: ranked.names[*place as usize], start: at * bits.each };
                let followers: Vec<Follower> = often.iter().enumerate().map(follower).collect();
                self.below(&followers, &mut bits)?;
            }
            self.prefix.pop();
        }
        Ok(())
    }

    /// Can two of so many followers continue the prefix?
    fn goes_on(&self, followers: usize) -> bool {
        followers >= 2 && self.prefix.len() + 2 <= self.limits.largest_set
    }

    /// Finds all sets that continue the prefix by two of its followers or more. Its depth is the largest set, which no basket exceeds.
    fn below(&mut self, followers: &[Follower], bits: &mut Bits) -> Result<(), TooMany> {
        let end = bits.words.len();
        for (at, one) in followers.iter().enumerate() {
            self.prefix.push(one.name);
            let mut next = Vec::new();
            for other in &followers[at + 1..] {
                let start = bits.words.len();
                let count = bits.push_both(*one, *other);
                if count >= self.limits.least_baskets {
                    self.found_set(&[other.name], count)?;
                    next.push(Follower { name: other.name, start });
                } else {
                    bits.words.truncate(start);
                }
            }
            if self.goes_on(next.len()) {
                self.below(&next, bits)?;
            }
            bits.words.truncate(end);
            self.prefix.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baskets(text: &str) -> Baskets {
        let mut all = Baskets::default();
        text.split('|').for_each(|basket| all.push(basket.bytes().filter(u8::is_ascii_lowercase).map(|letter| u32::from(letter - b'a'))));
        all
    }

    fn named(sets: &ItemSets) -> Vec<String> {
        let name = |items: &[u32]| items.iter().map(|item| char::from(b'a' + *item as u8)).collect::<String>();
        let mut all: Vec<String> = sets.iter().map(|(items, count)| format!("{} {count}", name(items))).collect();
        all.sort();
        all
    }

    #[test]
    fn sets_are_found_with_their_counts() {
        let sets = frequent(&baskets("abc|abc|ab|cd|a"), Limits::of(2)).unwrap();
        assert_eq!(named(&sets), ["a 4", "ab 3", "abc 2", "ac 2", "b 3", "bc 2", "c 3"]);
        assert_eq!(frequent(&baskets("|"), Limits::of(1)).unwrap(), ItemSets::default());
    }

    #[test]
    fn an_item_counts_once_a_basket() {
        assert_eq!(named(&frequent(&baskets("aab|ba"), Limits::of(2)).unwrap()), ["a 2", "ab 2", "b 2"]);
    }

    #[test]
    fn too_many_sets_are_refused() {
        let error = frequent(&baskets("abcdefgh|abcdefgh"), Limits { most_sets: 20, ..Limits::of(2) }).unwrap_err();
        assert_eq!(error, TooMany { most: 20, least_baskets: 2 });
    }

    /// Against counting every subset of every basket.
    #[test]
    fn all_subsets_agree() {
        let mut state = 7_u64;
        for round in 0..200 {
            let mut all = Baskets::default();
            let mut slow: std::collections::BTreeMap<Vec<u32>, u32> = std::collections::BTreeMap::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let bits = (state >> 40) as u32 & 0xFF;
                all.push((0..8).filter(|item| bits & (1 << item) != 0));
                for part in (1..256_u32).filter(|part| part & bits == *part) {
                    *slow.entry((0..8).filter(|item| part & (1 << item) != 0).collect()).or_default() += 1;
                }
            }
            let least = 1 + round % 5;
            slow.retain(|_, count| *count >= least);
            for largest_set in [usize::MAX, 3, 2, 1] {
                let sets = frequent(&all, Limits { largest_set, ..Limits::of(least) }).unwrap();
                let found: std::collections::BTreeMap<Vec<u32>, u32> = sets.iter().map(|(items, count)| (items.to_vec(), count)).collect();
                slow.retain(|items, _| items.len() <= largest_set);
                assert_eq!(found, slow);
            }
        }
    }
}
