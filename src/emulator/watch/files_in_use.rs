//! The executables that a build cannot replace on Windows, because a process runs them. They can be renamed.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

/// Part of the names of executables that were renamed, before a number.
const SUFFIX: &str = ".in-use-";

/// Renames the files of `program` that a process uses, and leaves copies in their places, which a build can replace.
/// Deletes the files that an earlier call has renamed and that no process uses any more.
///
/// Cargo hard-links `target/debug/NAME.exe` to `target/debug/deps/NAME-HASH.exe`, and those of examples to a file beside
/// them. The linker writes to that file, so both names are released. A file that cannot be renamed stays: then the build
/// says why it fails.
pub(super) fn release(program: &Path) {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    // Cargo names the linked file like a crate.
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let linked = format!("{}-", stem.replace('-', "_"));
    let folder = program.parent().unwrap_or(Path::new(""));
    for path in [folder.to_owned(), folder.join("deps")]
        .iter()
        .flat_map(files)
    {
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        if !(file_name.starts_with(&*name) || file_name.starts_with(&linked)) {
            continue;
        }
        if file_name.contains(SUFFIX) {
            let _ = fs::remove_file(&path);
        } else if path.extension() == program.extension() && is_in_use(&path) {
            let free = (0..u32::MAX).map(|n| folder.join(format!("{file_name}{SUFFIX}{n}")));
            let mut free = free.skip_while(|path| path.exists());
            if let Some(renamed) = free.next().filter(|to| fs::rename(&path, to).is_ok()) {
                // Without a copy, the build makes the file, even if nothing has changed.
                let _ = fs::copy(renamed, &path);
            }
        }
    }
}

/// Returns the files in a folder.
fn files(folder: &PathBuf) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.into_iter().filter(|path| path.is_file())
}

/// Returns whether a file cannot be opened for writing, as that of a running program cannot.
fn is_in_use(path: &Path) -> bool {
    OpenOptions::new().write(true).open(path).is_err()
}

// Linux refuses to open the file of a running program for writing, as Windows does (`ETXTBSY`, open(2)).
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_running_program_is_renamed_and_a_copy_takes_its_place() {
        let folder =
            std::env::temp_dir().join(format!("tiny-lambda-in-use-{}", std::process::id()));
        let program = folder.join("a-b.exe");
        let linked = folder.join("deps/a_b-0123456789abcdef.exe");
        fs::create_dir_all(folder.join("deps")).unwrap();
        fs::copy("/bin/sleep", &program).unwrap();
        fs::hard_link(&program, &linked).unwrap();
        let others = ["a-b.d", "a-b-c.exe", "deps/a_c-0123456789abcdef.exe"];
        for name in others {
            fs::write(folder.join(name), name).unwrap();
        }

        let mut running = Command::new(&program).arg("600").spawn().unwrap();
        let renamed = || {
            let is_renamed = |path: &PathBuf| path.to_string_lossy().contains(SUFFIX);
            files(&folder).filter(is_renamed).count()
        };
        assert!(is_in_use(&program) && is_in_use(&linked));
        release(&program);
        assert_eq!(renamed(), 2);
        for path in [&program, &linked] {
            assert!(!is_in_use(path));
            assert_eq!(fs::read(path).unwrap(), fs::read("/bin/sleep").unwrap());
        }
        // The copies are not in use. Linux lets the renamed files be deleted while the program runs.
        release(&program);
        assert_eq!(renamed(), 0);
        for name in others {
            assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), name);
        }
        running.kill().unwrap();
        running.wait().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
}
