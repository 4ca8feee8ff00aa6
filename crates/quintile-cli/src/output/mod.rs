//! Answers on stdout or in a file.

pub mod progress;
pub mod table;

use crate::arguments::Face;
use crate::session::Session;
use quintile::write::Format;
use quintile::{Answer, Error, Profile};
use std::io::{BufWriter, IsTerminal, Write};

/// Writes to stdout, or to the file that was named: whole, or not at all.
pub fn to_output<T>(session: &Session, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Error>) -> Result<T, Error> {
    let Some(path) = &session.given.output else {
        let mut out = BufWriter::new(std::io::stdout());
        let result = write(&mut out)?;
        out.flush().map_err(broken)?;
        return Ok(result);
    };
    to_file(path, write)
}

/// Writes a file: whole, or not at all.
pub fn to_file<T>(path: &std::path::Path, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Error>) -> Result<T, Error> {
    let failed = |source| Error::File { doing: "write", path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let mut file = tempfile::Builder::new().permissions_of_new().tempfile_in(folder).map_err(failed)?;
    let result = write(file.as_file_mut())?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(result)
}

/// Temporary files are closed to others; an answer is as open as any new file.
trait PermissionsOfNew {
    fn permissions_of_new(&mut self) -> &mut Self;
}

impl PermissionsOfNew for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_of_new(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt;
        // The mask of the process takes away what it takes from any file.
        self.permissions(std::fs::Permissions::from_mode(0o666))
    }
    #[cfg(not(unix))]
    fn permissions_of_new(&mut self) -> &mut Self {
        self
    }
}

/// An error of stdout.
pub fn broken(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Error::BrokenPipe,
        _ => Error::Answer(error.to_string()),
    }
}

/// The format of a face that is not a table. Parquet is not for a terminal.
pub fn format(session: &Session, face: Face) -> Result<Option<Format>, Error> {
    Ok(match face {
        Face::Table => None,
        Face::Json => Some(Format::Json),
        Face::Jsonl => Some(Format::JsonLines),
        Face::Csv => Some(Format::Csv),
        Face::Parquet if session.given.output.is_none() && std::io::stdout().is_terminal() => {
            return Err(Error::Usage("Parquet is no text for a terminal; name a file with -o, or send it into a pipe".to_owned()));
        }
        Face::Parquet => Some(Format::Parquet),
        Face::Arrow if session.given.output.is_none() && std::io::stdout().is_terminal() => {
            return Err(Error::Usage("an Arrow stream is no text for a terminal; name a file with -o, or send it into a pipe".to_owned()));
        }
        Face::Arrow => Some(Format::Arrow),
        Face::Xlsx if session.given.output.is_none() && std::io::stdout().is_terminal() => {
            return Err(Error::Usage("a spreadsheet is no text for a terminal; name a file with -o, or send it into a pipe".to_owned()));
        }
        Face::Xlsx => Some(Format::Xlsx),
    })
}

/// What a table shows of a small answer.
pub struct Shown<'a> {
    /// Columns that only files have.
    pub hide: &'a [&'a str],
    /// A column that is listed under the table, as sentences by the first column.
    pub below: Option<&'a str>,
    /// Thresholds make this answer.
    pub thresholds: bool,
}

/// Writes a small answer in the form that was asked for, and says what it holds for.
pub fn answer(session: &Session, answer: &Answer, shown: &Shown<'_>) -> Result<(), Error> {
    let answer = &select(session, answer)?;
    let face = session.face();
    match format(session, face)? {
        Some(format) => {
            to_output(session, |out| answer.write(format, !session.given.no_header, out))?;
        }
        None => to_output(session, |out| table::draw_answer(session, answer, shown, out))?,
    }
    if face == Face::Table {
        answer.notes.iter().for_each(|note| session.say(note));
    }
    if let Some(header) = &answer.header {
        session.say_header(header, shown.thresholds && face == Face::Table);
    }
    Ok(())
}

/// Columns and rows as asked.
fn select(session: &Session, answer: &Answer) -> Result<Answer, Error> {
    let mut rows = answer.rows.clone();
    if let Some(limit) = session.given.limit.filter(|limit| *limit > 0) {
        rows = rows.slice(0, rows.num_rows().min(limit as usize));
    }
    if !session.given.columns.is_empty() {
        let mut places = Vec::new();
        for name in &session.given.columns {
            places.push(rows.schema().index_of(name).map_err(|_| {
                let known = rows.schema().fields().iter().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ");
                Error::Usage(format!("unknown column `{name}`; this answer has {known}"))
            })?);
        }
        rows = rows.project(&places)?;
    }
    Ok(Answer { header: answer.header.clone(), rows, notes: answer.notes.clone() })
}

/// Rows of a table of customers where nobody says how many.
const TABLE_ROWS: u64 = 20;

/// Writes a profile in the form that was asked for, and says what it holds for.
pub fn profile(session: &Session, profile: Profile) -> Result<(), Error> {
    let (header, customers) = (profile.header.clone(), profile.customers());
    let limit = session.given.limit.map(|limit| if limit == 0 { u64::MAX } else { limit });
    let written = match format(session, session.face())? {
        Some(format) => to_output(session, |out| profile.write(format, !session.given.no_header, limit, out))?,
        None => {
            let rows = limit.unwrap_or(TABLE_ROWS);
            let written = to_output(session, |out| table::draw_profile(session, profile, rows, out))?;
            if written < customers && session.given.limit.is_none() {
                session.say(&format!(
                    "{written} of {} customers; --limit 0 shows all, -o FILE.csv or .parquet writes all",
                    quintile::header::grouped(&customers.to_string())
                ));
            }
            written
        }
    };
    if let Some(path) = &session.given.output {
        session.say(&format!("{} rows in `{}`", quintile::header::grouped(&written.to_string()), path.display()));
    }
    session.say_header(&header, false);
    Ok(())
}
