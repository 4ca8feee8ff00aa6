//! The catalogue as a whole: compiled in, or read from a folder laid out like `catalog/`.

use crate::guide::Guide;
use crate::partition::Partition;
use crate::plays::Play;
use crate::ready::SEGMENTS;
use crate::rfm::RfmMap;
use crate::segment::Segment;
use std::path::{Path, PathBuf};

/// Everything that lies in `catalog/`, checked.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// RFM maps; the first is the default.
    pub rfm: Vec<RfmMap>,
    /// Partitions, in the order they are shown.
    pub partitions: Vec<Partition>,
    /// The moves between life stages.
    pub guide: Guide,
    /// What brings customers of a stage to the next.
    pub plays: Vec<Play>,
    /// Ready segments, by family.
    pub segments: Vec<Segment>,
}

/// The default map.
pub const DEFAULT_RFM_MAP: &str = "shopify";

const RFM: [(&str, &str); 5] = [
    ("rfm/shopify.toml", include_str!("../../../catalog/rfm/shopify.toml")),
    ("rfm/klaviyo.toml", include_str!("../../../catalog/rfm/klaviyo.toml")),
    ("rfm/ten.toml", include_str!("../../../catalog/rfm/ten.toml")),
    ("rfm/putler.toml", include_str!("../../../catalog/rfm/putler.toml")),
    ("rfm/core.toml", include_str!("../../../catalog/rfm/core.toml")),
];

const PARTITIONS: [(&str, &str); 4] = [
    ("partitions/life-stage.toml", include_str!("../../../catalog/partitions/life-stage.toml")),
    ("partitions/buying-group.toml", include_str!("../../../catalog/partitions/buying-group.toml")),
    ("partitions/core-group.toml", include_str!("../../../catalog/partitions/core-group.toml")),
    ("partitions/retention-state.toml", include_str!("../../../catalog/partitions/retention-state.toml")),
];

const GUIDE: (&str, &str) = ("opportunities/guide.toml", include_str!("../../../catalog/opportunities/guide.toml"));

const PLAYS: [(&str, &str); 6] = [
    ("plays/first-purchase.toml", include_str!("../../../catalog/plays/first-purchase.toml")),
    ("plays/second-purchase.toml", include_str!("../../../catalog/plays/second-purchase.toml")),
    ("plays/stay-active.toml", include_str!("../../../catalog/plays/stay-active.toml")),
    ("plays/second-chance.toml", include_str!("../../../catalog/plays/second-chance.toml")),
    ("plays/win-back-at-risk.toml", include_str!("../../../catalog/plays/win-back-at-risk.toml")),
    ("plays/reactivate.toml", include_str!("../../../catalog/plays/reactivate.toml")),
];

/// A catalogue file that does not hold together, or is not there.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file could not be read.
    #[error("cannot read `{}`; check that the file is there and may be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a key that is not known.
    #[error("`{file}`{at}: {message}", at = line.map(|l| format!(", line {l}")).unwrap_or_default())]
    Syntax {
        /// The file.
        file: String,
        /// 1-based, where known.
        line: Option<usize>,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// The file reads well and says something that cannot be.
    #[error("`{file}`: {message}")]
    Wrong {
        /// The file.
        file: String,
        /// What cannot be, and what to do.
        message: String,
    },
    /// Nothing of that name.
    #[error("there is no {kind} `{name}`; there is {known}")]
    Unknown {
        /// RFM map, partition, class.
        kind: &'static str,
        /// As asked.
        name: String,
        /// What there is, ready to show.
        known: String,
    },
}

impl Catalog {
    /// The catalogue compiled in.
    pub fn built_in() -> Result<Catalog, CatalogError> {
        let rfm = RFM.iter().map(|(file, text)| RfmMap::parse(file, text)).collect::<Result<_, _>>()?;
        let partitions = PARTITIONS.iter().map(|(file, text)| Partition::parse(file, text)).collect::<Result<Vec<_>, _>>()?;
        let guide = Guide::parse(GUIDE.0, GUIDE.1, &partitions)?;
        let plays = PLAYS.iter().map(|(file, text)| Play::parse(file, text, &partitions)).collect::<Result<Vec<_>, _>>()?;
        let segments = SEGMENTS.iter().map(|(family, file, text)| Segment::parse(file, family, text, &plays)).collect::<Result<_, _>>()?;
        Ok(Catalog { rfm, partitions, guide, plays, segments })
    }

    /// A catalogue from a folder. What the folder lacks is taken from the one compiled in; what it has replaces the
    /// entry of the same id, and is added where there is none.
    pub fn from_folder(folder: &Path) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::built_in()?;
        for path in toml_files(&folder.join("rfm"))? {
            let map = RfmMap::from_file(&path)?;
            replace_or_add(&mut catalog.rfm, map, |map| &map.id);
        }
        for path in toml_files(&folder.join("partitions"))? {
            let partition = Partition::parse(&path.display().to_string(), &read(&path)?)?;
            replace_or_add(&mut catalog.partitions, partition, |partition| &partition.id);
        }
        let guide = folder.join(GUIDE.0);
        if guide.exists() {
            catalog.guide = Guide::parse(&guide.display().to_string(), &read(&guide)?, &catalog.partitions)?;
        }
        for path in toml_files(&folder.join("plays"))? {
            let play = Play::parse(&path.display().to_string(), &read(&path)?, &catalog.partitions)?;
            replace_or_add(&mut catalog.plays, play, |play| &play.id);
        }
        for family in folders(&folder.join("segments"))? {
            let name = family.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for path in toml_files(&family)? {
                let segment = Segment::parse(&path.display().to_string(), &name, &read(&path)?, &catalog.plays)?;
                replace_or_add(&mut catalog.segments, segment, |segment| &segment.id);
            }
        }
        Ok(catalog)
    }

    /// The default map.
    pub fn default_rfm_map(&self) -> &RfmMap {
        &self.rfm[0]
    }

    /// A map by its id.
    pub fn rfm_map(&self, id: &str) -> Result<&RfmMap, CatalogError> {
        self.rfm.iter().find(|map| map.id == id).ok_or_else(|| unknown("RFM map", id, self.rfm.iter().map(|map| map.id.as_str())))
    }

    /// A partition by its id.
    pub fn partition(&self, id: &str) -> Result<&Partition, CatalogError> {
        self.partitions
            .iter()
            .find(|partition| partition.id == id)
            .ok_or_else(|| unknown("partition", id, self.partitions.iter().map(|partition| partition.id.as_str())))
    }
}

/// The error of a name that is not there, with what is.
pub(crate) fn unknown<'a>(kind: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> CatalogError {
    let known = known.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    CatalogError::Unknown { kind, name: name.to_owned(), known }
}

/// Reads one TOML file into its boundary type.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text).map_err(|error| CatalogError::Syntax {
        file: file.to_owned(),
        line: error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count()),
        message: error.message().to_owned(),
    })
}

pub(crate) fn read(path: &Path) -> Result<String, CatalogError> {
    std::fs::read_to_string(path).map_err(|source| CatalogError::Unreadable { path: path.to_owned(), source })
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |source| CatalogError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|suffix| suffix == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |source| CatalogError::Unreadable { path: folder.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn replace_or_add<T>(list: &mut Vec<T>, item: T, id: impl Fn(&T) -> &String) {
    match list.iter().position(|other| id(other) == id(&item)) {
        Some(at) => list[at] = item,
        None => list.push(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_holds_together() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.default_rfm_map().id, DEFAULT_RFM_MAP);
        assert_eq!(catalog.rfm.iter().map(|map| map.groups.len()).collect::<Vec<_>>(), [10, 6, 10, 10, 3]);
        assert_eq!(catalog.partition("life_stage").unwrap().classes.len(), 7);
    }

    #[test]
    fn what_is_compiled_in_is_what_lies_in_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog");
        let count = |kind: &str| toml_files(&folder.join(kind)).unwrap().len();
        let counts = (count("rfm"), count("partitions"), count("opportunities"), count("plays"));
        assert_eq!(counts, (RFM.len(), PARTITIONS.len(), 1, PLAYS.len()));
        let from_folder = Catalog::from_folder(&folder).unwrap();
        assert_eq!(from_folder.rfm.len(), RFM.len());
        assert_eq!(from_folder.segments, Catalog::built_in().unwrap().segments);
    }

    #[test]
    fn a_name_that_is_not_there_is_told_what_is() {
        let error = Catalog::built_in().unwrap().rfm_map("shopfy").unwrap_err();
        assert_eq!(error.to_string(), "there is no RFM map `shopfy`; there is `shopify`, `klaviyo`, `ten`, `putler`, `core`");
    }
}
