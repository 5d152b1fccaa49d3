//! The inputs of a build, and which of them have changed: files in cargo's dep-info, manifests, sources, or all
//! files of a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
#[cfg(unix)]
use std::{fs::File, io};

use crate::emulator::time::since_epoch;
use crate::emulator::watch::ignore::IgnorePatterns;

/// Device and inode of a file.
type FileId = (u64, u64);

/// Deepest folder that is searched.
const DEPTH_MAX: u32 = 32;
/// Longest file whose content is compared, in bytes.
const CONTENT_LEN_MAX: u64 = 1024 * 1024;
/// File systems take times from a clock that ticks 100 times a second or more often.
const CLOCK_TICK: Duration = Duration::from_millis(10);
/// Files that cargo reads in a package's folder and in the folders above it.
const MANIFESTS: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    ".cargo/config",
    "rust-toolchain.toml",
    "rust-toolchain",
];

/// What distinguishes two versions of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    len: u64,
    /// Device and inode, which also change when another file is renamed to this one.
    id: Option<FileId>,
    /// The status change time (inode(7)) since the Unix epoch, which also changes when the modification
    /// time is set back.
    changed: Duration,
}

/// The state of a build's inputs at one time.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// The files; `None` for one that does not exist.
    files: BTreeMap<PathBuf, Option<Stamp>>,
    /// The folders that were searched.
    searched: BTreeSet<(PathBuf, Search)>,
    /// Hashes of the files' contents, before a build.
    contents: BTreeMap<PathBuf, u64>,
    /// When it was taken, since the Unix epoch.
    taken: Duration,
}

/// Which files of a folder are inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Search {
    /// All files.
    Folder,
    /// All files of one package, without those of other packages in the folder.
    Package,
    /// The files of one package whose names end in `.rs`.
    PackageSources,
}

/// Finds the inputs of a build.
#[derive(Debug, Clone)]
pub(crate) struct BuildInputs {
    pub(super) folder: PathBuf,
    /// The executable that the build makes.
    pub(super) program: Option<PathBuf>,
    /// The value of `CARGO_TARGET_DIR`.
    target: Option<OsString>,
}

impl BuildInputs {
    pub(crate) fn new(folder: &Path, program: Option<&Path>) -> BuildInputs {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.to_owned());
        BuildInputs {
            folder: absolute(folder),
            program: program.map(absolute),
            target: std::env::var_os("CARGO_TARGET_DIR"),
        }
    }

    /// Takes a snapshot of all files right before a build, with their contents: a file that the build writes
    /// again with the same content has not changed.
    pub(crate) fn snapshot_before_build(&self) -> Snapshot {
        let mut snapshot = self.snapshot(true);
        let paths = snapshot.files.keys();
        let contents = paths.filter_map(|path| Some((path.clone(), content_hash(path)?)));
        snapshot.contents = contents.collect();
        snapshot
    }

    /// Takes a snapshot of all inputs. With `everything` it includes other files of the packages, which a
    /// build may need before dep-info names them.
    pub(crate) fn snapshot(&self, everything: bool) -> Snapshot {
        let mut snapshot = Snapshot {
            taken: since_epoch(SystemTime::now()),
            ..Snapshot::default()
        };
        let dep_infos = self.dep_infos();
        let is_package = self.folder.join("Cargo.toml").is_file();
        let mut parents = BTreeSet::from_iter(is_package.then(|| self.folder.clone()));
        for dep_info in &dep_infos {
            let output = output_folder(dep_info);
            let text = fs::read_to_string(dep_info).unwrap_or_default();
            for path in prerequisites(&text) {
                let path = self.folder.join(path);
                if path.starts_with(output) {
                    continue;
                }
                if path.is_dir() {
                    snapshot.search(&path, Search::Folder);
                } else {
                    snapshot.add(&path);
                }
                parents.extend(path.parent().map(Path::to_owned));
            }
        }
        let packages = parents
            .iter()
            .filter_map(|parent| packages_around(parent).next());
        let packages = packages.map(Path::to_owned).collect();
        snapshot.add_packages(packages, everything || dep_infos.is_empty());
        // There is no package, or the executable is from one elsewhere and the user wants the other files
        // of this folder.
        let mut files = snapshot.files.iter();
        let has_own = files.any(|(path, stamp)| stamp.is_some() && path.starts_with(&self.folder));
        if !is_package && !has_own {
            snapshot.search(&self.folder, Search::Folder);
        }
        snapshot
    }

    /// Returns the dep-info files of the last build: the one beside the executable, else those in the target
    /// folders of the packages that contain the folder.
    fn dep_infos(&self) -> Vec<PathBuf> {
        let beside = self.program.as_ref().map(|p| p.with_extension("d"));
        if let Some(beside) = beside.filter(|path| path.is_file()) {
            return vec![beside];
        }
        let packages = packages_around(&self.folder);
        let mut targets: BTreeSet<_> = packages.map(|package| package.join("target")).collect();
        targets.extend(self.target.iter().map(|target| self.folder.join(target)));
        let mut found = Vec::new();
        let is_dep_info =
            |path: &PathBuf| path.extension().is_some_and(|e| e == "d") && path.is_file();
        for target in &targets {
            // target/PROFILE and target/TRIPLE/PROFILE, and the folder for examples in each.
            for profile in paths_in(target) {
                for inner in paths_in(&profile).chain([profile.clone()]) {
                    if !inner.ends_with("deps") {
                        found.extend(paths_in(&inner).filter(is_dep_info));
                        found.extend(paths_in(&inner.join("examples")).filter(is_dep_info));
                    }
                }
            }
        }
        // A file or folder name of the executable may be that of its target (target/lambda/NAME/bootstrap).
        let program = self.program.as_deref();
        let names = [
            program.and_then(Path::file_stem),
            program.and_then(Path::parent).and_then(Path::file_name),
        ];
        for name in names.into_iter().flatten() {
            let is_named = |path: &&PathBuf| path.file_stem() == Some(name);
            let own: Vec<PathBuf> = found.iter().filter(is_named).cloned().collect();
            if !own.is_empty() {
                return own;
            }
        }
        found
    }
}

impl Snapshot {
    /// Returns whether the file existed.
    pub(crate) fn has(&self, path: &Path) -> bool {
        matches!(self.files.get(path), Some(Some(_)))
    }

    /// Returns the files that differ from `before`.
    pub(crate) fn changed_since(&self, before: &Snapshot) -> Vec<PathBuf> {
        let mut changed = Vec::new();
        for (path, now) in &self.files {
            let is_changed = match before.files.get(path) {
                Some(before) => before != now,
                // It did not exist, or it was not searched for.
                None => now.as_ref().is_some_and(|now| {
                    let is_new = now.changed.saturating_add(CLOCK_TICK) >= before.taken;
                    before.has_searched(path) || is_new
                }),
            };
            let is_same = |hash: &u64| content_hash(path).as_ref() == Some(hash);
            if is_changed && !before.contents.get(path).is_some_and(is_same) {
                changed.push(path.clone());
            }
        }
        for (path, stamp) in &before.files {
            if stamp.is_some() && !self.files.contains_key(path) && self.has_searched(path) {
                changed.push(path.clone());
            }
        }
        changed
    }

    /// Returns whether `path` would be in the snapshot if it existed.
    fn has_searched(&self, path: &Path) -> bool {
        self.searched.iter().any(|(folder, search)| {
            let is_wanted = *search != Search::PackageSources || is_source(path);
            is_wanted && path.starts_with(folder)
        })
    }

    /// Adds a file, which may not exist.
    fn add(&mut self, path: &Path) {
        self.files.entry(path.to_owned()).or_insert_with(|| {
            let metadata = fs::metadata(path).ok().filter(Metadata::is_file);
            metadata.as_ref().map(Stamp::new)
        });
    }

    /// Adds the manifests and sources of packages and of those that they depend on by path. With
    /// `everything` it adds all files.
    fn add_packages(&mut self, mut packages: Vec<PathBuf>, everything: bool) {
        let mut seen = BTreeSet::new();
        while let Some(package) = packages.pop() {
            if !seen.insert(package.clone()) {
                continue;
            }
            for folder in package.ancestors() {
                for name in MANIFESTS {
                    self.add(&folder.join(name));
                }
            }
            // Cargo itself watches every file of a package whose build script names no inputs.
            let search = if everything || package.join("build.rs").is_file() {
                Search::Package
            } else {
                Search::PackageSources
            };
            self.search(&package, search);
            let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
            let dependencies = path_dependencies(&manifest);
            let dependencies = dependencies.map(|path| normalized(&package.join(path)));
            packages.extend(dependencies.filter(|path| path.join("Cargo.toml").is_file()));
        }
    }

    /// Adds the files below `folder`, without hidden files, those that Git ignores, and the output of cargo.
    fn search(&mut self, folder: &Path, search: Search) {
        // The files that this process writes its output to. No build reads them.
        let own_output = own_output();
        // The folders that have been found, by device and inode: symbolic links may form a cycle.
        let mut folders = BTreeSet::new();
        self.searched.insert((folder.to_owned(), search));
        let mut rest = vec![(folder.to_owned(), IgnorePatterns::above(folder), DEPTH_MAX)];
        while let Some((folder, mut ignore, depth)) = rest.pop() {
            ignore.add(&folder);
            for path in paths_in(&folder) {
                let name = path.file_name().unwrap_or_default().as_encoded_bytes();
                // Hidden files, and those in which editors keep unsaved changes.
                if name.starts_with(b".") || name.starts_with(b"#") || name.ends_with(b"~") {
                    continue;
                }
                let Ok(metadata) = fs::metadata(&path) else {
                    continue;
                };
                if ignore.matches(&path, metadata.is_dir()) {
                    continue;
                }
                let stamp = Stamp::new(&metadata);
                if metadata.is_dir() {
                    let is_output = name == b"target" || path.join("CACHEDIR.TAG").is_file();
                    let is_other = search != Search::Folder && path.join("Cargo.toml").is_file();
                    let is_new = stamp.id.is_none_or(|id| folders.insert(id));
                    if is_new && !is_output && !is_other && depth > 0 {
                        rest.push((path, ignore.clone(), depth.saturating_sub(1)));
                    }
                    continue;
                }
                let is_own = stamp.id.is_some() && own_output.contains(&stamp.id);
                let is_wanted = search != Search::PackageSources || is_source(&path);
                if metadata.is_file() && is_wanted && !is_own {
                    self.files.insert(path, Some(stamp));
                }
            }
        }
    }
}

/// Returns the identities of the files that standard output and standard error of this process go to.
#[cfg(unix)]
fn own_output() -> [Option<FileId>; 2] {
    use std::os::fd::{AsFd, BorrowedFd};

    let id = |fd: BorrowedFd<'_>| {
        let file = File::from(fd.try_clone_to_owned().ok()?);
        Stamp::new(&file.metadata().ok()?).id
    };
    [id(io::stdout().as_fd()), id(io::stderr().as_fd())]
}

/// Returns nothing: std does not tell the identity of a file.
#[cfg(not(unix))]
fn own_output() -> [Option<FileId>; 2] {
    [None; 2]
}

impl Stamp {
    fn new(metadata: &Metadata) -> Stamp {
        #[cfg(unix)]
        let (id, changed) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
            let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
            let id = (metadata.dev(), metadata.ino());
            (Some(id), Duration::new(seconds, nanos))
        };
        #[cfg(not(unix))]
        let (id, changed) = (
            None,
            metadata.modified().map(since_epoch).unwrap_or_default(),
        );
        let len = metadata.len();
        Stamp { len, id, changed }
    }
}

/// Returns a hash of a file's content; `None` if it cannot be read or is too long.
fn content_hash(path: &Path) -> Option<u64> {
    let is_short = |metadata: &Metadata| metadata.is_file() && metadata.len() <= CONTENT_LEN_MAX;
    fs::metadata(path).ok().filter(is_short)?;
    let mut hasher = DefaultHasher::new();
    fs::read(path).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Returns the folder that cargo writes to: the folder with a CACHEDIR.TAG that contains a dep-info file.
fn output_folder(dep_info: &Path) -> &Path {
    let mut around = dep_info.ancestors().skip(1);
    let marked = around.find(|folder| folder.join("CACHEDIR.TAG").is_file());
    marked.or(dep_info.parent()).unwrap_or(dep_info)
}

/// Returns the packages that contain `folder`, the innermost first.
fn packages_around(folder: &Path) -> impl Iterator<Item = &Path> {
    let is_package = |folder: &&Path| folder.join("Cargo.toml").is_file();
    folder.ancestors().filter(is_package)
}

/// Returns a path without `.`, `..` and symbolic links; on Windows with these links, since a canonical path begins with
/// `\\?\` there.
fn normalized(path: &Path) -> PathBuf {
    let path_found = if cfg!(windows) {
        std::path::absolute(path)
    } else {
        fs::canonicalize(path)
    };
    path_found.unwrap_or(path.to_owned())
}

/// Returns the paths in a folder; none if it cannot be read.
fn paths_in(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

/// Returns the prerequisites in a dep-info file, which has rules of make(1). Spaces in paths are escaped
/// with backslashes; other backslashes are part of a path.
fn prerequisites(text: &str) -> Vec<String> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    // No path contains a NUL, so it can replace a space within a path.
    let text = text.replace("\\ ", "\0");
    let rules = text.lines().filter(|line| !line.starts_with('#'));
    let paths = rules.flat_map(|rule| {
        let words = rule.split_ascii_whitespace();
        words.skip_while(|word| !word.ends_with(':')).skip(1)
    });
    paths.map(|path| path.replace('\0', " ")).collect()
}

/// Returns the values of `path = "..."` in a manifest: those of dependencies, and of targets.
fn path_dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let lines = manifest.lines().filter(move |line| !is_comment(line));
    lines.flat_map(|line| {
        line.split("path").skip(1).filter_map(|rest| {
            let rest = rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            rest.get(1..)?.split(quote).next()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let name = format!("tiny-lambda inputs {name} {}", std::process::id());
            let path = normalized(&std::env::temp_dir()).join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Returns the inputs of a build whose output is in its package. Ignores the variables of this process.
    fn inputs_of(folder: &Path, program: Option<&Path>) -> BuildInputs {
        BuildInputs {
            target: None,
            ..BuildInputs::new(folder, program)
        }
    }

    /// Runs `act` and checks which files have changed then.
    #[track_caller]
    fn check(inputs: &BuildInputs, folder: &Folder, act: impl FnOnce(), want: &[&str]) {
        let before = inputs.snapshot(true);
        // A file system's clock has coarse steps.
        std::thread::sleep(CLOCK_TICK * 2);
        act();
        let changed = inputs.snapshot(false).changed_since(&before);
        let want: Vec<PathBuf> = want.iter().map(|name| folder.0.join(name)).collect();
        assert_eq!(changed, want);
    }

    #[test]
    fn a_plain_folder_has_all_files_that_are_not_ignored() {
        let folder = Folder::new("plain");
        let inputs = inputs_of(&folder.0, None);
        let path = |name: &str| folder.0.join(name);
        let write = |name: &str, text: &str| folder.write(name, text);
        check(&inputs, &folder, || {}, &[]);
        check(&inputs, &folder, || write("src/a.rs", "1"), &["src/a.rs"]);
        check(&inputs, &folder, || write("src/a.rs", "12"), &["src/a.rs"]);
        // The new text has the same length and is written in the same second.
        check(&inputs, &folder, || write("src/a.rs", "21"), &["src/a.rs"]);
        let old = || {
            let file = fs::File::options().write(true).open(path("src/a.rs"));
            let file = file.unwrap();
            let time = file.metadata().unwrap().modified().unwrap();
            fs::write(path("src/a.rs"), "22").unwrap();
            file.set_modified(time).unwrap();
        };
        // On Windows a program can set every time of a file, so this change is not found there.
        #[cfg(unix)]
        check(&inputs, &folder, old, &["src/a.rs"]);
        #[cfg(not(unix))]
        check(&inputs, &folder, old, &[]);
        let save_by_rename = || {
            write("src/a.rs.new", "33");
            fs::rename(path("src/a.rs.new"), path("src/a.rs")).unwrap();
        };
        check(&inputs, &folder, save_by_rename, &["src/a.rs"]);
        let rename = || fs::rename(path("src/a.rs"), path("src/b.rs")).unwrap();
        check(&inputs, &folder, rename, &["src/b.rs", "src/a.rs"]);
        let remove = || fs::remove_file(path("src/b.rs")).unwrap();
        check(&inputs, &folder, remove, &["src/b.rs"]);
        for name in [".hidden", "a.rs~", "#a.rs#", "target/debug/x"] {
            check(&inputs, &folder, || write(name, "1"), &[]);
        }
        write("built/CACHEDIR.TAG", "");
        check(&inputs, &folder, || write("built/x", "1"), &[]);
        write(".gitignore", "*.log\n/data/\n");
        write("data/x", "");
        check(&inputs, &folder, || write("out.log", "1"), &[]);
        check(&inputs, &folder, || write("data/x", "1"), &[]);
        check(&inputs, &folder, || write("out.txt", "1"), &["out.txt"]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&folder.0, path("itself")).unwrap();
        check(&inputs, &folder, || {}, &[]);
    }

    #[test]
    fn the_inputs_of_a_package_may_be_anywhere() {
        let folder = Folder::new("package");
        let write = |name: &str, text: &str| folder.write(name, text);
        let root = folder.0.to_str().unwrap().replace(' ', "\\ ");
        write(
            "app/Cargo.toml",
            "[dependencies]\nhelp = { path = \"../help\" }",
        );
        write("app/src/main.rs", "");
        write("app/text to include.txt", "");
        write("help/Cargo.toml", "");
        write("help/src/lib.rs", "");
        write("app/target/CACHEDIR.TAG", "");
        write("app/target/debug/app", "");
        write("app/target/debug/build/app-1/out/made.rs", "");
        let rule = format!(
            "{root}/app/target/debug/app: {root}/app/src/main.rs {root}/app/text\\ to\\ include.txt \
             {root}/help/src/lib.rs {root}/app/target/debug/build/app-1/out/made.rs\n"
        );
        write("app/target/debug/app.d", &rule);
        let program = folder.0.join("app/target/debug/app");
        for inputs in [
            inputs_of(&folder.0.join("app"), Some(&program)),
            // Found without the executable, and from a folder inside.
            inputs_of(&folder.0.join("app"), None),
            inputs_of(&folder.0.join("app/src"), Some(Path::new("bootstrap"))),
        ] {
            for name in [
                "app/src/main.rs",
                "app/src/new.rs",
                "app/text to include.txt",
                "app/Cargo.toml",
                "app/Cargo.lock",
                "app/build.rs",
                "app/.cargo/config.toml",
                "app/rust-toolchain.toml",
                "help/src/lib.rs",
                "help/src/new.rs",
                "help/Cargo.toml",
                // The workspace's, if there is one.
                "Cargo.lock",
            ] {
                let before = fs::read_to_string(folder.0.join(name)).unwrap_or_default();
                check(&inputs, &folder, || write(name, &(before + "\n")), &[name]);
                if name == "app/build.rs" {
                    fs::remove_file(folder.0.join(name)).unwrap();
                }
            }
            for name in ["out.log", "app/out.log", "help/x", "app/target/debug/app"] {
                check(&inputs, &folder, || write(name, "1"), &[]);
                let _ = fs::remove_file(folder.0.join(name));
            }
            let made = "app/target/debug/build/app-1/out/made.rs";
            check(&inputs, &folder, || write(made, "2"), &[]);
            write("app/target/debug/app", "");
            for name in ["app/src/new.rs", "help/src/new.rs"] {
                let remove = || fs::remove_file(folder.0.join(name)).unwrap();
                check(&inputs, &folder, remove, &[name]);
            }
            // After a failed build, a file that it may have missed.
            let before = inputs.snapshot(true);
            write("app/missing.txt", "1");
            let changed = inputs.snapshot(true).changed_since(&before);
            assert_eq!(changed, [folder.0.join("app/missing.txt")]);
            fs::remove_file(folder.0.join("app/missing.txt")).unwrap();
        }
    }

    #[test]
    fn a_plain_folder_is_watched_if_the_executable_is_built_elsewhere() {
        let (folder, other) = (Folder::new("named"), Folder::new("elsewhere"));
        other.write("Cargo.toml", "");
        other.write("src/main.rs", "");
        let source = other.0.join("src/main.rs").display().to_string();
        let rule = format!("main: {}\n", source.replace(' ', "\\ "));
        other.write("target/debug/main.d", &rule);
        let inputs = inputs_of(&folder.0, Some(&other.0.join("target/debug/main")));
        check(&inputs, &folder, || folder.write("data", "1"), &["data"]);
        let save = || other.write("src/main.rs", "1");
        check(&inputs, &other, save, &["src/main.rs"]);
    }

    #[test]
    fn rules_of_dep_info_are_read() {
        let check = |text: &str, want: &[&str]| assert_eq!(prerequisites(text), want, "{text:?}");
        check("", &[]);
        check("/t/a: /s/a.rs", &["/s/a.rs"]);
        check(
            "/t/a: /s/a.rs /s/b.rs\n\n/s/a.rs:\n",
            &["/s/a.rs", "/s/b.rs"],
        );
        check("/my\\ t/a: /my\\ s/a.rs  /b\r\n", &["/my s/a.rs", "/b"]);
        check("/t/a: /a \\\n /b", &["/a", "/b"]);
        check("C:\\t\\a.exe: C:\\s\\a.rs", &["C:\\s\\a.rs"]);
        check("/t:t/a: /s:s/a.rs", &["/s:s/a.rs"]);
        check("# env-dep:X=/no: /no", &[]);
        check("/t/a:", &[]);
    }

    #[test]
    fn paths_of_a_manifest_are_found() {
        let manifest = "a = { path = \"../a\" }\nb = {version = \"1\", path='b b'}\n\
             #c = { path = \"c\" }\n[d]\npath=\"d\"\npathological = true";
        let found: Vec<&str> = path_dependencies(manifest).collect();
        assert_eq!(found, ["../a", "b b", "d"]);
    }
}
