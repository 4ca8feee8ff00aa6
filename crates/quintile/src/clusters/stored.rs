//! Clusters as they lie in `answers/clusters.json`: a shape of its own, so that what computes them can change.

use crate::Error;
use crate::workspace::Workspace;
use quintile_cluster::choose_k::{ShortOf, Tried};
use quintile_cluster::grouping::{Grouping, Kinds};
use quintile_cluster::kinds::KindColumn;
use quintile_cluster::prepare::{LeftOut, Preparation, Scale};
use quintile_profile::ClusterModel;
use serde::{Deserialize, Serialize};

const FILE: &str = "clusters.json";
const LAST_FIT: &str = "clusters-tried.json";
/// Another shape has another number.
pub(super) const FORMAT: u32 = 1;

/// Clusters that were fitted, with all that is needed to fit them again and to say who is in which.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    pub format: u32,
    /// The moment they were fitted for, in UTC.
    pub as_of: String,
    /// The newest commit that was read.
    pub version: u32,
    pub settings: String,
    pub currency: String,
    pub seed: u64,
    /// Customers with two orders or more.
    pub customers: u64,
    /// Was k given by hand?
    pub by_hand: bool,
    /// The columns that were asked for, in their order; of them some may be left out.
    pub asked: Vec<String>,
    pub columns: Vec<StoredColumn>,
    pub left_out: Vec<StoredLeftOut>,
    /// Columns of kinds; none where only numbers were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<StoredKinds>,
    /// What a kind that differs weighs.
    #[serde(default)]
    pub gamma: f64,
    pub clusters: Vec<StoredCluster>,
    /// Numbers are never given twice.
    pub next_number: u32,
    pub tried: Vec<StoredTry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredColumn {
    pub name: String,
    pub logarithm: bool,
    pub unit: f64,
    pub middle: f64,
    pub missing: usize,
    pub low: f64,
    pub high: f64,
    pub centre: f64,
    pub spread: f64,
}

/// A column of kinds: those with a code of their own, in the order of codes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredKinds {
    pub name: String,
    pub kinds: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredLeftOut {
    pub name: String,
    /// The column it is like, with their correlation; `None` where all customers are alike in it.
    pub like: Option<(String, f64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredCluster {
    pub number: u32,
    pub id: String,
    pub name: String,
    /// Prepared.
    pub centre: Vec<f64>,
    /// The same in the shop's units, for people.
    pub middle: Vec<f64>,
    /// The code of the commonest kind in each column of kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<u32>,
    /// Did it continue one of the clusters before?
    pub continued: bool,
}

/// How a number of groups did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredTry {
    pub k: usize,
    pub silhouette: f64,
    pub stability: f64,
    pub smallest_share: f64,
    pub bic: f64,
    pub inertia: f64,
    pub short_of: Vec<String>,
}

impl StoredTry {
    /// What speaks against so many groups, if anything.
    pub(crate) fn verdict(&self, taken: Option<usize>) -> String {
        match (Some(self.k) == taken, self.short_of.is_empty()) {
            (true, _) => "taken".to_owned(),
            (false, true) => "would do".to_owned(),
            (false, false) => self.short_of.join(", "),
        }
    }
}

/// How the last fit went, whether or not there were groups to keep.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LastFit {
    pub format: u32,
    /// The moment, in UTC.
    pub as_of: String,
    /// Customers with two orders or more.
    pub customers: u64,
    /// Was k given by hand?
    pub by_hand: bool,
    /// How many groups were kept; none where there are no clear ones.
    pub found: Option<usize>,
    pub tried: Vec<StoredTry>,
}

impl Stored {
    pub(super) fn grouping(&self) -> Grouping {
        let scale = |of: &StoredColumn| Scale {
            name: of.name.clone(),
            logarithm: of.logarithm,
            unit: of.unit,
            middle: of.middle,
            missing: of.missing,
            low: of.low,
            high: of.high,
            centre: of.centre,
            spread: of.spread,
        };
        let preparation = Preparation { kept: self.columns.iter().map(scale).collect(), left_out: Vec::new() };
        let kinds = Kinds {
            columns: self.kinds.iter().map(|of| KindColumn { name: of.name.clone(), kinds: of.kinds.clone() }).collect(),
            of_groups: self.clusters.iter().map(|cluster| cluster.kinds.clone()).collect(),
            gamma: self.gamma,
        };
        Grouping { preparation, centres: self.clusters.iter().map(|cluster| cluster.centre.clone()).collect(), kinds }
    }

    pub(super) fn model(&self) -> ClusterModel {
        ClusterModel { grouping: self.grouping(), ids: self.clusters.iter().map(|cluster| cluster.id.clone()).collect() }
    }
}

pub(super) fn columns(preparation: &Preparation) -> (Vec<StoredColumn>, Vec<StoredLeftOut>) {
    let kept = |of: &Scale| StoredColumn {
        name: of.name.clone(),
        logarithm: of.logarithm,
        unit: of.unit,
        middle: of.middle,
        missing: of.missing,
        low: of.low,
        high: of.high,
        centre: of.centre,
        spread: of.spread,
    };
    let left_out = |(name, why): &(String, LeftOut)| StoredLeftOut {
        name: name.clone(),
        like: match why {
            LeftOut::Constant => None,
            LeftOut::Like { column, correlation } => Some((column.clone(), *correlation)),
        },
    };
    (preparation.kept.iter().map(kept).collect(), preparation.left_out.iter().map(left_out).collect())
}

pub(super) fn tried(of: &Tried) -> StoredTry {
    let short = |of: &ShortOf| {
        match of {
            ShortOf::Stability => "a group is not stable",
            ShortOf::Size => "a group is too small",
            ShortOf::Separation => "less apart than others",
            ShortOf::Structure => "no more than chance",
        }
        .to_owned()
    };
    StoredTry {
        k: of.k,
        silhouette: of.silhouette,
        stability: of.least_stability(),
        smallest_share: of.least_share(),
        bic: of.bic,
        inertia: of.inertia,
        short_of: of.short_of.iter().map(short).collect(),
    }
}

impl Workspace {
    /// The clusters that were last fitted, and their text.
    pub(super) fn stored_clusters(&self) -> Result<Option<(Stored, String)>, Error> {
        let path = self.answers_folder().join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let unusable = |why: String| Error::Settings {
            file: path.clone(),
            line: None,
            why: format!("{why}; remove the file and fit clusters again with `quintile clusters fit`"),
        };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        let (width, kept) = (stored.columns.len(), &stored.clusters);
        if stored.format != FORMAT
            || kept.is_empty()
            || kept.iter().any(|cluster| cluster.centre.len() != width || cluster.kinds.len() != stored.kinds.len())
        {
            return Err(unusable("it holds no clusters that this version knows".to_owned()));
        }
        Ok(Some((stored, text)))
    }

    /// How the last fit went; `None` where there never was one.
    pub(crate) fn last_cluster_fit(&self) -> Result<Option<LastFit>, Error> {
        let path = self.answers_folder().join(LAST_FIT);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let unusable = |why: String| Error::Settings { file: path.clone(), line: None, why: format!("{why}; remove the file") };
        let last: LastFit = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        Some(last).filter(|last| last.format == FORMAT).map(Some).ok_or_else(|| unusable("it is of another version".to_owned()))
    }

    pub(super) fn keep_last_fit(&self, last: &LastFit) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(last).map_err(|error| Error::Answer(error.to_string()))?;
        self.keep_answer(LAST_FIT, &text)
    }

    pub(super) fn keep_clusters(&self, stored: &Stored) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(stored).map_err(|error| Error::Answer(error.to_string()))?;
        self.keep_answer(FILE, &text)
    }
}
