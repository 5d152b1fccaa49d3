//! Reads the files and folders that `--include` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::zip::File;
use super::{Result, UNZIPPED_LEN_MAX};

/// The character after each path (unit separator), which no name of a file in a package may contain.
pub(crate) const US: char = '\u{1f}';

/// Returns the text of a file of paths.
pub(crate) fn paths(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes());
        let path = text.split(US).find(|path| path.contains('\u{fffd}'));
        format!(
            "--include {}: expected a path in UTF-8",
            path.unwrap_or_default()
        )
    })
}

/// Returns the files of `paths`, sorted by name. A path is relative to the folder `root`, and so is the name of
/// the file in the package. All files of a folder are included.
///
/// # Errors
/// A path is absolute or contains `..`, or there is no file; a link leads out of `root`; the names of files
/// cannot be stored; there are more bytes than Lambda allows; the folder `out` of the packages is among the folders.
pub(crate) fn files<'a>(
    root: &Path,
    out: &Path,
    paths: impl Iterator<Item = &'a str>,
) -> Result<Vec<File>> {
    let mut included = Included {
        root: canonical(root)?,
        out: out.canonicalize().ok(),
        folders: Vec::new(),
        files: BTreeMap::new(),
        len: 0,
    };
    for path in paths {
        let name = name_of(path)?;
        included.add(&root.join(&name), &name)?;
        let is_below = |file: &String| Path::new(file).starts_with(&name);
        if !included.files.keys().any(is_below) {
            return Err(format!("--include {path}: the folder has no files"));
        }
    }
    Ok(included.files.into_values().collect())
}

/// Returns the name in the package: the path without `.`.
fn name_of(path: &str) -> Result<String> {
    let mut names = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => names.push(name.to_string_lossy()),
            _ => {
                return Err(format!(
                    "--include {path}: expected a path below the current folder, without `..`, since the \
                     file has the same path in the zip"
                ));
            }
        }
    }
    if names.is_empty() {
        return Err(format!(
            "--include {path}: expected a file or folder in the current folder, not all of it"
        ));
    }
    Ok(names.join("/"))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// The files that have been read.
struct Included {
    /// No file outside of this folder is read.
    root: PathBuf,
    /// The folder of all packages, which would contain itself.
    out: Option<PathBuf>,
    /// The folders that are being read, each one in the one before it.
    folders: Vec<PathBuf>,
    files: BTreeMap<String, File>,
    /// The bytes of all files.
    len: u64,
}

impl Included {
    /// Adds the file or folder at `path` under `name`.
    fn add(&mut self, path: &Path, name: &str) -> Result<()> {
        let refused = |why: &str| Err(format!("--include {name}: {why}"));
        if name.contains(|c: char| c.is_control() || c == '\\') {
            return refused("expected a name without control characters and `\\`");
        }
        let real = canonical(path)?;
        if !real.starts_with(&self.root) {
            return refused("the link leads out of the current folder");
        }
        let cannot_read = |e| format!("cannot read {}: {e}", path.display());
        let metadata = fs::metadata(path).map_err(cannot_read)?;
        if metadata.is_dir() {
            if self.folders.contains(&real) {
                return refused("the link leads to a folder that contains it");
            }
            if self.out.as_ref() == Some(&real) {
                return refused("expected other files, found the folder of all packages");
            }
            self.folders.push(real);
            for entry in fs::read_dir(path).map_err(cannot_read)? {
                let entry = entry.map_err(cannot_read)?.file_name();
                let Some(entry) = entry.to_str() else {
                    return refused("expected names of files in UTF-8, found another");
                };
                self.add(&path.join(entry), &format!("{name}/{entry}"))?;
            }
            self.folders.pop();
        } else if metadata.is_file() {
            self.len += metadata.len();
            if self.len > UNZIPPED_LEN_MAX {
                return refused(&format!(
                    "Lambda allows {UNZIPPED_LEN_MAX} bytes of unzipped files (250 MB), and there are more"
                ));
            }
            let bytes = fs::read(path).map_err(cannot_read)?;
            let mode = if is_executable(&metadata) {
                0o755
            } else {
                0o644
            };
            let file = File {
                name: name.into(),
                mode,
                bytes,
            };
            self.files.insert(name.into(), file);
        } else {
            return refused("expected a file or folder, found something else");
        }
        Ok(())
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
