//! Refused rows of an import, each with its file, line, column and reason.

use crate::Error;
use quintile_model::records::Refusal;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Refused rows of one part of a file, in a temporary file of their own once there are any.
#[derive(Default)]
pub(crate) struct PartRejects {
    rows: Option<csv::Writer<BufWriter<File>>>,
    pub count: u64,
    /// The first few, to show.
    pub first: Vec<Refusal>,
}

/// How many are shown.
const SHOWN: usize = 5;

impl PartRejects {
    pub(crate) fn add(&mut self, file: &str, refusal: Refusal) -> std::io::Result<()> {
        self.count += 1;
        let rows = match &mut self.rows {
            Some(rows) => rows,
            none => none.insert(csv::WriterBuilder::new().from_writer(BufWriter::new(tempfile::tempfile()?))),
        };
        let line = refusal.line.to_string();
        rows.write_record([file, &line, refusal.column.as_deref().unwrap_or(""), &refusal.reason, &refusal.row])
            .map_err(std::io::Error::other)?;
        if self.first.len() < SHOWN {
            self.first.push(refusal);
        }
        Ok(())
    }
}

/// Writes the rows of all parts, in order, to `rejects/<import>.csv`; nothing when there are none.
pub(crate) fn write(folder: &Path, import: u32, parts: Vec<PartRejects>) -> Result<Option<PathBuf>, Error> {
    if parts.iter().all(|part| part.count == 0) {
        return Ok(None);
    }
    let path = folder.join(format!("{import}.csv"));
    let put = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        {
            let mut out = BufWriter::new(&mut file);
            out.write_all(b"file,line,column,reason,row\n")?;
            for part in parts {
                let Some(rows) = part.rows else { continue };
                let mut rows = rows
                    .into_inner()
                    .map_err(|error| std::io::Error::other(error.to_string()))?
                    .into_inner()
                    .map_err(|error| error.into_error())?;
                rows.seek(SeekFrom::Start(0))?;
                let mut buffer = vec![0; 1 << 16];
                loop {
                    match rows.read(&mut buffer)? {
                        0 => break,
                        read => out.write_all(&buffer[..read])?,
                    }
                }
            }
            out.flush()?;
        }
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    put().map_err(Error::file("write", &path))?;
    Ok(Some(path))
}

/// Removes the refused rows of an import that was undone; they say nothing any more, so that a failure costs nothing.
pub(crate) fn forget(folder: &Path, import: u32) {
    let _ = std::fs::remove_file(folder.join(format!("{import}.csv")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_rows_are_written_in_order_with_everything_to_mend_them() {
        let refusal = |line, reason: &str| Refusal { line, column: Some("at".into()), reason: reason.into(), row: "a,\"b\"".into() };
        let mut parts = vec![PartRejects::default(), PartRejects::default()];
        parts[1].add("b.csv", refusal(7, "no time")).unwrap();
        parts[0].add("a.csv", refusal(3, "no, time")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), 4, parts).unwrap().unwrap();
        assert_eq!(path.file_name().unwrap(), "4.csv");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "file,line,column,reason,row\na.csv,3,at,\"no, time\",\"a,\"\"b\"\"\"\nb.csv,7,at,no time,\"a,\"\"b\"\"\"\n");
        assert_eq!(write(folder.path(), 5, vec![PartRejects::default()]).unwrap(), None);
    }
}
