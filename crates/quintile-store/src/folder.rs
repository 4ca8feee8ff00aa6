//! The folder of a store: what lies where, and who may write.

use crate::StoreError;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The places in a store.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

/// Held while writing; the operating system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct WriterLock(#[expect(dead_code, reason = "held for its lock")] File);

/// Held while reading, so that no file is deleted under a reader.
#[derive(Debug)]
pub(crate) struct ReaderLock(#[expect(dead_code, reason = "held for its lock")] File);

impl Folder {
    pub fn create(root: &Path) -> Result<Folder, StoreError> {
        let folder = Folder { root: root.to_owned() };
        if folder.manifest().exists() {
            return Err(StoreError::Exists(root.to_owned()));
        }
        for place in [folder.facts(), folder.answers(), folder.rejects()] {
            fs::create_dir_all(&place).map_err(StoreError::file("write", &place))?;
        }
        Ok(folder)
    }

    pub fn open(root: &Path) -> Result<Folder, StoreError> {
        let folder = Folder { root: root.to_owned() };
        if !folder.manifest().is_file() {
            return Err(StoreError::Missing(root.to_owned()));
        }
        Ok(folder)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
    pub fn manifest(&self) -> PathBuf {
        self.root.join("quintile.db")
    }
    pub fn facts(&self) -> PathBuf {
        self.root.join("facts")
    }
    pub fn answers(&self) -> PathBuf {
        self.root.join("answers")
    }
    pub fn rejects(&self) -> PathBuf {
        self.root.join("rejects")
    }

    pub fn lock_writer(&self) -> Result<WriterLock, StoreError> {
        let path = self.root.join("writer.lock");
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(WriterLock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked(self.root.clone())),
            Err(fs::TryLockError::Error(source)) => Err(StoreError::File { doing: "lock", path, source }),
        }
    }

    pub fn lock_reader(&self) -> Result<ReaderLock, StoreError> {
        let path = self.root.join("readers.lock");
        let file = open_lock(&path)?;
        file.lock_shared().map_err(StoreError::file("lock", &path))?;
        Ok(ReaderLock(file))
    }

    /// Runs `work` if nobody reads now; readers that come meanwhile wait.
    pub fn without_readers(&self, work: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let file = open_lock(&self.root.join("readers.lock"))?;
        match file.try_lock() {
            Ok(()) => work(),
            Err(_) => Ok(()),
        }
    }
}

fn open_lock(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(StoreError::file("lock", path))
}

/// Makes a folder's entries durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::file("sync", path))
}
