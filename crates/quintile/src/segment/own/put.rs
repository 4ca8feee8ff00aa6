//! One own segment changed by itself: its file is written and it is in force at once, unless somebody else was first.
//!
//! For those who change segments one by one, as on a web page. Who keeps them as files, and plans and applies all of them together, goes
//! by [`super::super::changes`]; the two see each other's work.

use super::{FOLDER, Meaning, OwnSegment, Texts, file};
use crate::Error;
use crate::workspace::Workspace;
use quintile_model::ids;
use quintile_segment::{Ask, Plan};

/// An own segment as it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnInForce {
    /// What it is.
    pub segment: OwnSegment,
    /// A hash of its file: as long as it is the same, nobody has changed it.
    pub mark: String,
}

/// What came of a change: done, or the mark of what stands instead, of which the caller did not know.
pub type Changed<T> = Result<T, Option<String>>;

impl Workspace {
    /// One of the user's own segments as it is in force; of one that never was, as its file says.
    pub fn own_segment(&self, id: &str) -> Result<Option<OwnInForce>, Error> {
        let (files, in_force) = (self.own_files()?, self.own_in_force()?);
        let Some((name, text)) = in_force.of(id).or_else(|| files.of(id)) else { return Ok(None) };
        let segment = OwnSegment::parse(&self.segments_folder().join(name), text)?;
        Ok(Some(OwnInForce { segment, mark: mark(text) }))
    }

    /// A hash of all own segments: as long as it is the same, every name means the same.
    pub fn own_segments_hash(&self) -> Result<String, Error> {
        Ok(format!("{} {}", self.own_in_force()?.hash(), self.own_files()?.hash()))
    }

    /// Gives a segment another name for people and another text, or makes a new one where `known` is `None`. What else its file says stays.
    pub fn put_segment(&self, id: &str, name: &str, text: &str, known: Option<&str>) -> Result<Changed<OwnInForce>, Error> {
        file::check_id(id).map_err(Error::Usage)?;
        let stands = self.own_segment(id)?;
        if stands.as_ref().map(|stands| stands.mark.as_str()) != known {
            return Ok(Err(stands.map(|stands| stands.mark)));
        }
        self.no_draft(id)?;
        let before = self.own_in_force()?;
        let standing = before.of(id).map(|(file, old)| (file.clone(), old.clone()));
        let standing = match standing {
            Some(standing) => Some(standing),
            None => self.own_files()?.of(id).map(|(file, old)| (file.clone(), old.clone())),
        };
        let path = |file: &str| self.segments_folder().join(file);
        let (file, written) = match standing {
            None => (format!("{id}.toml"), OwnSegment { name: name.to_owned(), ..OwnSegment::new(id, text) }.to_toml()),
            Some((file, _)) if file.ends_with(".sql") => {
                if name != id {
                    let why = format!("`{FOLDER}/{file}` holds a text alone; call the segment `{id}`, or make the file a .toml");
                    return Err(Error::Usage(why));
                }
                (file, format!("{}\n", text.trim()))
            }
            Some((file, old)) => {
                let wrong =
                    |error: toml_edit::TomlError| Error::Settings { file: path(&file), line: None, why: error.message().to_owned() };
                let mut document: toml_edit::DocumentMut = old.parse().map_err(wrong)?;
                document["segment"] = toml_edit::value(text.trim());
                if name != id || document.contains_key("name") {
                    document["name"] = toml_edit::value(name);
                }
                let written = document.to_string();
                (file, written)
            }
        };
        let segment = OwnSegment::parse(&path(&file), &written)?;
        let mut own = self.own(Meaning::InForce)?;
        own.insert(id.to_owned(), segment.clone());
        // It may name others, and others may name it.
        let vocabulary = self.words_with(own.values(), &self.traits(Meaning::InForce)?, &[])?;
        Plan::new(&[Ask::Name(id)], &vocabulary).map_err(|refused| Error::Segment(Box::new(refused)))?;
        let mut after = before.clone();
        after.0.insert(file.clone(), written.clone());
        if !self.put_in_force(&after, &before)? {
            return Ok(Err(self.own_segment(id)?.map(|stands| stands.mark)));
        }
        let folder = self.segments_folder();
        std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
        crate::workspace::whole(&folder, &file, &written)?;
        Ok(Ok(OwnInForce { segment, mark: mark(&written) }))
    }

    /// Takes a segment out of force and removes its file.
    pub fn remove_segment(&self, id: &str, known: &str) -> Result<Changed<()>, Error> {
        let Some(stands) = self.own_segment(id)? else { return Ok(Err(None)) };
        if stands.mark != known {
            return Ok(Err(Some(stands.mark)));
        }
        if stands.segment.protected {
            return Err(Error::Protected(id.to_owned()));
        }
        self.no_draft(id)?;
        let mut own = self.own(Meaning::InForce)?;
        own.remove(id);
        let vocabulary = self.words_with(own.values(), &self.traits(Meaning::InForce)?, &[])?;
        let with = self.words_of(Meaning::InForce, &[])?;
        let broken =
            |other: &&String| Plan::new(&[Ask::Name(other)], &vocabulary).is_err() && Plan::new(&[Ask::Name(other)], &with).is_ok();
        if let Some(other) = own.keys().find(broken) {
            return Err(Error::SegmentNamed { name: id.to_owned(), by: other.clone() });
        }
        let before = self.own_in_force()?;
        let mut after: Texts = before.clone();
        after.0.retain(|file, _| super::id_of(file) != Some(id));
        if after != before && !self.put_in_force(&after, &before)? {
            return Ok(Err(self.own_segment(id)?.map(|stands| stands.mark)));
        }
        if let Some(path) = self.segment_file(id)? {
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
        Ok(Ok(()))
    }

    /// What somebody has written into a file and not put in force is not written over.
    fn no_draft(&self, id: &str) -> Result<(), Error> {
        match (self.own_files()?.of(id), self.own_in_force()?.of(id)) {
            (Some((_, file)), Some((_, force))) if file != force => Err(Error::DraftInTheWay(id.to_owned())),
            _ => Ok(()),
        }
    }
}

fn mark(text: &str) -> String {
    format!("{:016x}", ids::text_hash(text))
}
