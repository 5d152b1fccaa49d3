//! A folder for the files of one test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A folder of one test; it is removed when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let name = format!("tiny-lambda {name} {}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Creates a folder in `folder`.
    pub(crate) fn inside(folder: &Folder, name: &str) -> Folder {
        let path = folder.0.join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Writes an executable script with the name `bootstrap`.
    pub(crate) fn script(&self, text: &str) -> PathBuf {
        let path = self.0.join("bootstrap");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
