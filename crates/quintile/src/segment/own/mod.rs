//! The user's own segments: files in `segments/` of the project, and which of them are in force.
//!
//! A file says what a segment shall be; [`super::changes`] puts the files in force. From then on a name means, for every question, what
//! was put in force, until the files are put in force again. A name that never was in force means what its file says.
//!
//! Files in `traits/` are traits of the user's own: names for numbers and conditions. They are in force in the same way.
//!
//! - `file`: one file, read and written; `trait_file`: that of a trait.
//! - `put`: one segment changed by itself.

mod file;
mod put;
mod trait_file;

pub use file::OwnSegment;
pub use put::{Changed, OwnInForce};

use crate::Error;
use crate::segment::parameters;
use crate::workspace::Workspace;
use quintile_model::ids;
use quintile_segment::TraitText;
use quintile_segment::vocabulary::NamedSegment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of the files, in the project.
pub const FOLDER: &str = "segments";

/// The folder of the files of traits, in the project.
pub const TRAITS: &str = "traits";

/// What is in force is kept with the store under this name.
const NOTE: &str = "segments";

/// The family that lists show own segments under.
pub const FAMILY: &str = "own";

/// Texts of files, by their names: what is on disk, or what is in force. Those of traits have their folder before the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// A hash of all of them; of none it is that of an empty list.
    pub fn hash(&self) -> String {
        format!("{:016x}", ids::text_hash(&format!("{:?}", self.0)))
    }

    /// The segments that they are. The first file that cannot be read is an error.
    pub fn segments(&self, folder: &Path) -> Result<BTreeMap<String, OwnSegment>, Error> {
        let mut segments = BTreeMap::new();
        for (name, text) in self.of_segments() {
            let segment = OwnSegment::parse(&folder.join(name), text)?;
            if segments.contains_key(&segment.id) {
                let why = format!("there are two files of the segment `{}`; keep one of them", segment.id);
                return Err(Error::Settings { file: folder.join(name), line: None, why });
            }
            segments.insert(segment.id.clone(), segment);
        }
        Ok(segments)
    }

    fn of_segments(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().filter(|(name, _)| !name.contains('/'))
    }

    /// The traits that they are, by name; those whose files cannot be read with the reason.
    pub fn traits(&self, root: &Path) -> BTreeMap<String, Result<TraitText, Error>> {
        let of = |(name, text): (&String, &String)| {
            let id = name.strip_prefix(TRAITS)?.strip_prefix('/')?.strip_suffix(".toml")?;
            Some((id.to_owned(), trait_file::parse(&root.join(name), text)))
        };
        self.0.iter().filter_map(of).collect()
    }

    /// Those of them that can be read.
    fn readable(&self, folder: &Path) -> BTreeMap<String, OwnSegment> {
        let read = self.of_segments().filter_map(|(name, text)| OwnSegment::parse(&folder.join(name), text).ok());
        read.map(|segment| (segment.id.clone(), segment)).collect()
    }

    fn of(&self, id: &str) -> Option<(&String, &String)> {
        self.0.iter().find(|(name, _)| id_of(name) == Some(id))
    }
}

/// Traits by name, and what is wrong with files that cannot be read.
pub(crate) type Traits = BTreeMap<String, Result<TraitText, Error>>;

/// Which of two meanings a name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What is in force; of names that never were, what their files say.
    InForce,
    /// What the files say.
    Files,
}

impl Workspace {
    /// The folder of the user's own segments.
    pub fn segments_folder(&self) -> PathBuf {
        self.root().join(FOLDER)
    }

    /// The texts of the files on disk.
    pub(crate) fn own_files(&self) -> Result<Texts, Error> {
        let mut texts = BTreeMap::new();
        for (folder, before) in [(self.segments_folder(), String::new()), (self.root().join(TRAITS), format!("{TRAITS}/"))] {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(&folder).map_err(Error::file("read", &folder))? {
                let path = entry.map_err(Error::file("read", &folder))?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let is_one = id_of(&name).is_some() && (before.is_empty() || name.ends_with(".toml"));
                if is_one && path.is_file() {
                    texts.insert(format!("{before}{name}"), std::fs::read_to_string(&path).map_err(Error::file("read", &path))?);
                }
            }
        }
        Ok(Texts(texts))
    }

    /// The texts that are in force.
    pub(crate) fn own_in_force(&self) -> Result<Texts, Error> {
        let Some(text) = self.store.note(NOTE)? else { return Ok(Texts::default()) };
        let texts = serde_json::from_str(&text);
        texts.map(Texts).map_err(|error| Error::Answer(format!("the segments in force, kept with the store, cannot be read: {error}")))
    }

    /// Puts texts in force in place of those that the caller saw in force; false where somebody else was faster.
    pub(crate) fn put_in_force(&self, texts: &Texts, before: &Texts) -> Result<bool, Error> {
        let kept = self.store.note(NOTE)?;
        if self.own_in_force()? != *before {
            return Ok(false);
        }
        let text = serde_json::to_string(&texts.0).map_err(|error| Error::Answer(error.to_string()))?;
        Ok(self.store.put_note(NOTE, kept.as_deref(), &text)?)
    }

    /// The user's own segments by name. A file that cannot be read names nothing here; whoever asks for it is told.
    pub(crate) fn own(&self, meaning: Meaning) -> Result<BTreeMap<String, OwnSegment>, Error> {
        let folder = self.segments_folder();
        let mut segments = self.own_files()?.readable(&folder);
        if meaning == Meaning::InForce {
            segments.extend(self.own_in_force()?.readable(&folder));
        }
        Ok(segments)
    }

    /// The user's own traits by name, and what is wrong with files that cannot be read.
    pub(crate) fn traits(&self, meaning: Meaning) -> Result<Traits, Error> {
        let mut traits = self.own_files()?.traits(self.root());
        if meaning == Meaning::InForce {
            traits.extend(self.own_in_force()?.traits(self.root()));
        }
        Ok(traits)
    }

    /// One of them.
    pub(crate) fn own_named(&self, id: &str, meaning: Meaning) -> Result<Option<OwnSegment>, Error> {
        let (files, in_force) = (self.own_files()?, self.own_in_force()?);
        let found = match meaning {
            Meaning::InForce => in_force.of(id).or_else(|| files.of(id)),
            Meaning::Files => files.of(id).or_else(|| in_force.of(id)),
        };
        found.map(|(name, text)| OwnSegment::parse(&self.segments_folder().join(name), text)).transpose()
    }

    /// What is to be said of a name beside an answer: that its file is not, or no longer, what is in force.
    pub(crate) fn own_notice(&self, id: &str) -> Result<Option<String>, Error> {
        let (files, in_force) = (self.own_files()?, self.own_in_force()?);
        Ok(match (files.of(id), in_force.of(id)) {
            (Some((name, _)), None) => Some(format!("`{id}` is what `{FOLDER}/{name}` says; it is not in force yet (`quintile plan`)")),
            (Some((name, file)), Some((_, force))) if file != force => {
                Some(format!("`{id}` is as it is in force; `{FOLDER}/{name}` has changed since (`quintile segment diff {id}`, `--draft`)"))
            }
            (None, Some(_)) => Some(format!("`{id}` is in force and has no file any more (`quintile plan`)")),
            _ => None,
        })
    }

    /// Own segments whose day of review has come, each with that day.
    pub fn segments_due(&self) -> Result<Vec<(String, String)>, Error> {
        let today = quintile_model::StoreZone::date_of(self.settings.zone.day(self.now().0)).to_string();
        let own = self.own(Meaning::Files)?.into_values();
        Ok(own.filter_map(|segment| Some((segment.id, segment.review_on.filter(|date| *date <= today)?))).collect())
    }

    /// The file of one of the user's own segments; `None` where there is none.
    pub fn segment_file(&self, id: &str) -> Result<Option<PathBuf>, Error> {
        Ok(self.own_files()?.of(id).map(|(name, _)| self.segments_folder().join(name)))
    }

    /// Writes the file of a new segment, whose text must be sound. Where the file is; it is in force when it is applied.
    pub fn segment_new(&self, segment: &OwnSegment) -> Result<PathBuf, Error> {
        file::check_id(&segment.id).map_err(Error::Usage)?;
        if let Some(path) = self.segment_file(&segment.id)? {
            let hint = format!("change it with `quintile segment edit {}`", segment.id);
            return Err(Error::Usage(format!("`{}` already says what `{}` is; {hint}", path.display(), segment.id)));
        }
        let mut vocabulary = self.words_of(Meaning::Files, &[])?;
        vocabulary.parameters.extend(segment.named()?.parameters);
        quintile_segment::Plan::new(&[quintile_segment::Ask::Text(&segment.text)], &vocabulary)
            .map_err(|refused| Error::Segment(Box::new(refused)))?;
        let folder = self.segments_folder();
        std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
        let name = format!("{}.toml", segment.id);
        crate::workspace::whole(&folder, &name, &segment.to_toml())?;
        Ok(folder.join(name))
    }
}

impl Workspace {
    /// Writes another text into the file of a segment. Everything else in it, comments too, stays as it is.
    pub fn segment_rewrite(&self, id: &str, text: &str) -> Result<(), Error> {
        let Some(path) = self.segment_file(id)? else {
            return Err(Error::UnknownSegment { name: id.to_owned(), nearest: None });
        };
        let old = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let new = match name.ends_with(".sql") {
            true => format!("{}\n", text.trim()),
            false => {
                let wrong =
                    |error: toml_edit::TomlError| Error::Settings { file: path.clone(), line: None, why: error.message().to_owned() };
                let mut file: toml_edit::DocumentMut = old.parse().map_err(wrong)?;
                file["segment"] = toml_edit::value(text.trim());
                file.to_string()
            }
        };
        crate::workspace::whole(&self.segments_folder(), &name, &new)
    }
}

impl OwnSegment {
    /// As the segment language names it.
    pub(crate) fn named(&self) -> Result<NamedSegment, Error> {
        let given = self.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.default.clone())).collect::<Vec<_>>();
        Ok(NamedSegment { text: self.text.clone(), parameters: parameters(&given)? })
    }
}

/// The name that a file gives its segment; `None` where it is no file of a segment.
fn id_of(file: &str) -> Option<&str> {
    let id = file.strip_suffix(".toml").or_else(|| file.strip_suffix(".sql"))?;
    (!id.is_empty() && !id.starts_with('.')).then_some(id)
}
