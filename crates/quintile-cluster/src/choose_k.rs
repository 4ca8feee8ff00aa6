//! How many groups, with the reason: or that there are no clear ones.
//!
//! For each k the groups of k-means are judged by how far they are apart (silhouette), whether each comes back when
//! customers are resampled (Jaccard), and whether each is large enough. The rule: the largest k of which every group is
//! stable and large enough and whose silhouette is nearly the best of all. It is refused where points thrown at random
//! into the same box would gain as much by that many groups (gap). BIC stands beside, for a second opinion.
//!
//! Of many rows samples are judged: which, the seed decides.

use crate::chance::Chance;
use crate::gap::{self, Along, Gap, References};
use crate::k_means::{self, KMeans};
use crate::mixture::{self, Shape};
use crate::stability::{self, Resampling, Stability};
use crate::{Error, Points, separation};

/// The rule, and how much work goes into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The fewest groups looked at; at least 2.
    pub from: usize,
    /// The most.
    pub to: usize,
    /// The least Jaccard index of every group: its mean over resamplings, less the standard error of that.
    pub least_stability: f64,
    /// The least share of rows in every group.
    pub least_share: f64,
    /// How much the silhouette may lie below the best of all k.
    pub silhouette_slack: f64,
    /// By how many standard errors the gap of k must lie above that of one group.
    pub gap_errors: f64,
    /// Starts of k-means for each k; more, up to 60, where there are fewer rows.
    pub starts: usize,
    /// Resamplings of each k.
    pub resamplings: usize,
    /// Starts of k-means in each of them, and in each table of random points; more, up to 20, where there are fewer rows.
    pub resampling_starts: usize,
    /// Tables of random points.
    pub references: usize,
    /// The most rows that k-means of each k sees.
    pub rows_to_group: usize,
    /// The most rows whose silhouette and BIC are taken.
    pub rows_to_judge: usize,
    /// The most rows that are resampled and held against random points.
    pub rows_to_resample: usize,
    /// Where chance begins.
    pub seed: u64,
}

impl Rule {
    /// From 2 to 12 groups.
    pub fn new(seed: u64) -> Rule {
        Rule {
            from: 2,
            to: 12,
            least_stability: 0.75,
            least_share: 0.02,
            silhouette_slack: 0.05,
            gap_errors: 2.0,
            starts: 10,
            resamplings: 50,
            resampling_starts: 3,
            references: 20,
            rows_to_group: 20_000,
            rows_to_judge: 5_000,
            rows_to_resample: 2_500,
            seed,
        }
    }
}

/// What was found for one k.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Groups.
    pub k: usize,
    /// The sum of squared distances of the rows that were grouped.
    pub inertia: f64,
    /// The mean silhouette of the rows that were judged.
    pub silhouette: f64,
    /// The mean Jaccard index of each group.
    pub stability: Vec<Stability>,
    /// The share of rows in each group.
    pub shares: Vec<f64>,
    /// Of a mixture of k normal distributions with widths of their own in each column.
    pub bic: f64,
    /// What k falls short in; nothing, and it passes.
    pub short_of: Vec<ShortOf>,
}

impl Tried {
    /// The stability of the least stable group.
    pub fn least_stability(&self) -> f64 {
        self.stability.iter().map(|of| of.mean).fold(f64::INFINITY, f64::min)
    }

    /// The share of the smallest group.
    pub fn least_share(&self) -> f64 {
        self.shares.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// What a k falls short in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortOf {
    /// A group does not come back when customers are resampled.
    Stability,
    /// A group is too small.
    Size,
    /// Groups are less apart than those of another k.
    Separation,
    /// Points thrown at random gain as much.
    Structure,
}

/// What was found, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Each k, ascending. Those with more groups than distinct rows are not there.
    pub tried: Vec<Tried>,
    /// The gap of one group and of each k that passes else.
    pub gaps: Vec<Gap>,
    /// The k that was chosen; `None`: there are no clear groups.
    pub k: Option<usize>,
}

/// Judges each k and chooses.
pub fn choose(points: &Points, rule: &Rule) -> Result<Choice, Error> {
    let part = |index: u64| Chance::of_part(rule.seed, index).bits();
    let sample = |points: &Points, most: usize, index: u64| points.gather(&Chance::seeded(part(index)).sample(points.rows(), most.max(2)));
    let grouped = sample(points, rule.rows_to_group, 1);
    let judged = sample(&grouped, rule.rows_to_judge, 2);
    let resampled = sample(&judged, rule.rows_to_resample, 3);
    // Few rows are quickly grouped, and a poor start of one resampling must not pass for a group that is not stable.
    let starts = (rule.resampling_starts * rule.rows_to_resample / resampled.rows()).clamp(rule.resampling_starts, 20);
    let of_each = (rule.starts * rule.rows_to_group / grouped.rows()).clamp(rule.starts, 60);
    let rule = &Rule { resampling_starts: starts, starts: of_each, ..rule.clone() };
    let mut tried = Vec::new();
    for k in rule.from.max(2)..=rule.to.min(resampled.rows().saturating_sub(1)) {
        let found = k_means::fit(&grouped, &k_means::Params { starts: rule.starts, ..k_means::Params::new(k, part(10)) })?;
        if found.centres.len() < k {
            break;
        }
        tried.push(judge(&found, &judged, &resampled, rule, part(11))?);
    }
    let best = tried.iter().map(|tried| tried.silhouette).fold(f64::NEG_INFINITY, f64::max);
    for one in &mut tried {
        let short = [
            (one.stability.iter().any(|of| of.mean - of.error < rule.least_stability), ShortOf::Stability),
            (one.least_share() < rule.least_share, ShortOf::Size),
            (one.silhouette < best - rule.silhouette_slack, ShortOf::Separation),
        ];
        one.short_of = short.into_iter().filter(|(short, _)| *short).map(|(_, of)| of).collect();
    }
    let passing: Vec<usize> = tried.iter().filter(|tried| tried.short_of.is_empty()).map(|tried| tried.k).collect();
    let gaps = if passing.is_empty() {
        Vec::new()
    } else {
        let ks: Vec<usize> = std::iter::once(1).chain(passing.iter().copied()).collect();
        let along = Along::PrincipalAxes;
        gap::gaps(&resampled, &ks, &References { tables: rule.references, starts: rule.resampling_starts, seed: part(12), along })?
    };
    for of in gaps.iter().skip(1).filter(|of| of.gain <= rule.gap_errors * of.gain_error) {
        tried.iter_mut().filter(|tried| tried.k == of.k).for_each(|tried| tried.short_of.push(ShortOf::Structure));
    }
    let k = tried.iter().filter(|tried| tried.short_of.is_empty()).map(|tried| tried.k).max();
    Ok(Choice { tried, gaps, k })
}

fn judge(found: &KMeans, judged: &Points, resampled: &Points, rule: &Rule, seed: u64) -> Result<Tried, Error> {
    let k = found.centres.len();
    let rows = found.labels.len() as f64;
    let labels = k_means::assign(judged, &found.centres);
    let resampling = Resampling { times: rule.resamplings, starts: rule.resampling_starts, seed };
    let once = mixture::Params { starts: 1, tolerance: 1e-5, ..mixture::Params::new(k, Shape::Diagonal, seed) };
    let mixture = mixture::fit(judged, &once)?;
    Ok(Tried {
        k,
        inertia: found.inertia,
        // Where a sample misses all groups but one they are as little apart as can be.
        silhouette: separation::silhouette(judged, &labels).unwrap_or(-1.0),
        stability: stability::stability(resampled, &k_means::assign(resampled, &found.centres), k, &resampling)?,
        shares: found.sizes.iter().map(|size| *size as f64 / rows).collect(),
        bic: mixture.bic,
        short_of: Vec::new(),
    })
}
