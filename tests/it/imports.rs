//! The direction of imports in `src/` (docs/ARCHITECTURE.md): a file names only modules of its own layer or
//! of a layer below, and no two modules or files name each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate, from the top layer down. A module may name those of its own line and of the
/// lines below.
const LAYERS: &[&[&str]] = &[
    &["lib"],
    &["emulator"],
    &["extension", "events"],
    &["runtime"],
    &["services", "metrics", "xray", "http"],
    &["context", "error", "log"],
    &["signing", "json", "http1"],
    &["sys"],
    &["encoding"],
];

/// The folders of the emulator, from the servers down. A folder may name those of the lines below. The
/// emulator's other files may name all of them.
const EMULATOR_LAYERS: &[&[&str]] = &[
    &["invoke_api", "runtime_api", "watch"],
    &["environment"],
    &["server"],
];

/// Folders whose files may not name each other in a cycle.
const WITHOUT_CIRCLES: &[&str] = &["src/runtime", "src/http1", "src/encoding", "bench/src"];

#[test]
fn imports_point_one_way() {
    let project = Project::new(&sources("src"));
    let mut problems = Vec::new();
    let mut edges = Vec::new();
    for file in &project.files {
        for path in file.paths() {
            match project.target(file, &path) {
                Ok(target) => edges.push((file.module[0].clone(), target[0].clone())),
                Err(problem) => problems.push(format!("{}: {problem}", file.name)),
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(cycle(edges), None, "modules that name each other");
}

#[test]
fn imports_of_the_emulators_folders_point_one_way() {
    let project = Project::new(&sources("src"));
    let folders: Vec<&str> = EMULATOR_LAYERS.concat();
    let layer = |folder: &str| EMULATOR_LAYERS.iter().position(|it| it.contains(&folder));
    let mut found = BTreeSet::new();
    let mut problems = Vec::new();
    for file in &project.files {
        let Some(from) = emulator_folder(&file.module) else {
            continue;
        };
        found.insert(from);
        if layer(from).is_none() && file.name.matches('/').count() > 2 {
            problems.push(format!("{}: {from} is in no line", file.name));
        }
        for path in file.paths() {
            let Some(to) = emulator_folder(&path.segments) else {
                continue;
            };
            if from != to && folders.contains(&to) && layer(to) <= layer(from) {
                let path = path.segments.join("::");
                problems.push(format!("{}: names {to}, not below it: {path}", file.name));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    for folder in folders {
        assert!(found.contains(folder), "no folder src/emulator/{folder}");
    }
}

/// Returns the second segment of a module's path below `emulator`.
fn emulator_folder(module: &[String]) -> Option<&str> {
    match module {
        [first, second, ..] if first == "emulator" => Some(second),
        _ => None,
    }
}

#[test]
fn no_files_name_each_other_in_a_cycle() {
    for folder in WITHOUT_CIRCLES {
        let crate_folder = if folder.starts_with("bench") {
            "bench/src"
        } else {
            "src"
        };
        let project = Project::new(&sources(crate_folder));
        let mut edges = Vec::new();
        for file in project
            .files
            .iter()
            .filter(|it| it.name.starts_with(folder))
        {
            for path in file.paths() {
                if let Some(target) = project.file_of(&path) {
                    edges.push((file.name.clone(), target.to_owned()));
                }
            }
        }
        assert_eq!(cycle(edges), None, "files that name each other");
    }
}

/// Code that must be found, each in a file of the lowest layer and with the start of the problem.
#[test]
fn an_import_that_points_upwards_is_found() {
    #[track_caller]
    fn check(code: &str, want: &str) {
        let lib = "mod encoding; mod json; mod runtime; \
                   pub use runtime::{Runtime, worker::run as go}; pub fn run_bytes() {}";
        let files = [
            ("src/lib.rs", lib),
            ("src/runtime/mod.rs", "pub mod worker; pub struct Runtime;"),
            ("src/runtime/worker.rs", "pub fn run() {}"),
            (
                "src/json/mod.rs",
                "#[macro_export] macro_rules! object { () => {} } pub fn parse() {}",
            ),
            ("src/encoding/mod.rs", "mod time;"),
            ("src/encoding/time.rs", code),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let project = Project::new(&files);
        let file = project.files.last().unwrap();
        let problem = file
            .paths()
            .iter()
            .find_map(|path| project.target(file, path).err());
        let problem = problem.unwrap_or_default();
        assert!(problem.starts_with(want), "{code}: {problem}");
        assert_eq!(problem.is_empty(), want.is_empty(), "{code}: {problem}");
    }
    let upward = "names runtime, which is above it";
    check(
        "type Upward = crate::Runtime;",
        "crate::Runtime is a re-export",
    );
    check(
        "fn f() { crate::run_bytes() }",
        "crate::run_bytes is not a module",
    );
    check("use crate::runtime::Runtime;", upward);
    check(
        "use crate::{encoding::time, runtime::{worker::run}};",
        upward,
    );
    check("use crate::{self as root};", "crate::self is not a module");
    check("use crate::*;", "crate::* is not a module");
    check("use super::super::runtime;", upward);
    check("mod inner { use super::super::super::runtime; }", upward);
    check(
        "mod inner { mod more { type T = super::super::super::super::Runtime; } }",
        "crate::Runtime is a re-export",
    );
    check("use super::super::super::x;", "a path leaves the crate");
    check(
        "fn f() { crate::object!() }",
        "names json, which is above it",
    );
    check("macro_rules! m { () => { $crate::go() } }", upward);
    check(
        "/* a */ fn f() { let c = '\"'; crate::runtime::worker::run() }",
        upward,
    );
    check(
        "fn f<'a>() { let s = r#\"\"\"#; r#type::x; crate::runtime::worker::run() }",
        upward,
    );
    check(
        "use tiny_lambda::Runtime;",
        "names the crate as its users do",
    );
    check("extern crate self as me;", "extern crate self");
    check("include!(\"../x.rs\");", "include!");
    for allowed in [
        "// crate::Runtime\nuse crate::encoding::time;",
        "/// [`run`](crate::run)\nfn f() { \"crate::Runtime\" }",
        "use self::x; use super::time; pub(in crate::encoding) fn f() {} pub(crate) fn g() {}",
        "#[cfg(test)] mod tests { use crate::Runtime; }",
        "#[cfg(test)] use crate::runtime::Runtime;",
        "mod inner { use super::super::time; }",
    ] {
        check(allowed, "");
    }
}

/// Returns the Rust files below `folder`, sorted, with their names from the repository's root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no files in {folder}");
    found
}

struct Project {
    files: Vec<File>,
    /// The module that defines each `#[macro_export]` macro.
    macros: BTreeMap<String, String>,
    /// The module that each re-export of `lib.rs` comes from.
    reexports: BTreeMap<String, String>,
}

struct File {
    name: String,
    /// The path of the file's module from the crate's root; `["lib"]` for the root.
    module: Vec<String>,
    tokens: Vec<String>,
}

impl Project {
    /// Programs in `bin/` and files of tests are left out: they are not part of the library.
    fn new(files: &[(String, String)]) -> Project {
        let is_library = |name: &str| !name.contains("/bin/") && !name.contains("tests");
        let mut project = Project {
            files: Vec::new(),
            macros: BTreeMap::new(),
            reexports: BTreeMap::new(),
        };
        for (name, text) in files.iter().filter(|(name, _)| is_library(name)) {
            let tokens = without_tests(tokens(text));
            let file = File {
                name: name.clone(),
                module: module_of(name),
                tokens,
            };
            for words in file.tokens.windows(3) {
                if words[0] == "macro_rules" && words[1] == "!" {
                    project
                        .macros
                        .insert(words[2].clone(), file.module[0].clone());
                }
            }
            if file.module == ["lib"] {
                project.reexports = reexports(&file.tokens);
            }
            project.files.push(file);
        }
        project
    }

    /// Returns the module that `path` names, from the crate's root, if `file` may name it.
    fn target(&self, file: &File, path: &Found) -> Result<Vec<String>, String> {
        let segments = &path.segments;
        let first = segments.first().ok_or("a path leaves the crate")?.as_str();
        if let Some(problem) = first.strip_prefix('!') {
            return Err(problem.to_owned());
        }
        let is_module = self.files.iter().any(|file| file.module[0] == first);
        let target = if is_module {
            first
        } else if let (Some(module), true) = (self.macros.get(first), segments.len() == 1) {
            // `use crate::json` names the module and the macro of the same name.
            module
        } else {
            match self.reexports.get(first) {
                // A macro's code is compiled in other crates, which see the re-exports.
                Some(module) if path.from_dollar => module,
                Some(module) => {
                    return Err(format!(
                        "crate::{first} is a re-export: import it from {module}"
                    ));
                }
                None => return Err(format!("crate::{first} is not a module: import from one")),
            }
        };
        let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
        let from = layer(&file.module[0]).ok_or("its module is on no layer: see LAYERS")?;
        let to = layer(target).ok_or(format!("{target} is on no layer: see LAYERS"))?;
        if to < from {
            return Err(format!(
                "names {target}, which is above it: {}",
                segments.join("::")
            ));
        }
        let rest = segments.iter().skip(1).cloned();
        Ok([target.to_owned()].into_iter().chain(rest).collect())
    }

    /// Returns the file whose module is the longest start of `path`.
    fn file_of(&self, path: &Found) -> Option<&str> {
        let is_start = |file: &&File| path.segments.starts_with(&file.module);
        let found = self
            .files
            .iter()
            .filter(is_start)
            .max_by_key(|file| file.module.len())?;
        Some(&found.name)
    }
}

fn module_of(name: &str) -> Vec<String> {
    let path = name.split_once("src/").unwrap().1.trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if module.len() > 1 && module.last().unwrap() == "mod" {
        module.pop();
    }
    module
}

/// Splits Rust code into identifiers, lifetimes and single other characters; `::` is one token. Comments
/// and white space are left out, and string and character literals become `""`.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let is_ident = |c: char| c.is_alphanumeric() || c == '_';
    let starts = |at: usize, what: &str| {
        what.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let c = chars[at];
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            let mut depth = 0;
            loop {
                if starts(at, "/*") {
                    (depth, at) = (depth + 1, at + 2);
                } else if starts(at, "*/") {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    at += 1;
                }
                if depth == 0 || at >= chars.len() {
                    break;
                }
            }
        } else if let Some(len) = raw_string_len(&chars[at..]) {
            tokens.push("\"\"".to_owned());
            at += len;
        } else if c == '"' || starts(at, "b\"") || starts(at, "c\"") {
            at += if c == '"' { 1 } else { 2 };
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
            tokens.push("\"\"".to_owned());
        } else if c == '\''
            && (chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\''))
        {
            at += if chars.get(at + 1) == Some(&'\\') {
                3
            } else {
                2
            };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
            tokens.push("\"\"".to_owned());
        } else if is_ident(c) {
            let end = (at..chars.len())
                .find(|&i| !is_ident(chars[i]))
                .unwrap_or(chars.len());
            tokens.push(chars[at..end].iter().collect());
            at = end;
        } else if starts(at, "::") {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            at += 1;
        }
    }
    tokens
}

/// Returns the length of a raw string at the start of `chars`.
fn raw_string_len(chars: &[char]) -> Option<usize> {
    let prefix = chars
        .iter()
        .take_while(|c| matches!(c, 'b' | 'c' | 'r'))
        .count();
    if !(1..=2).contains(&prefix) || chars[prefix - 1] != 'r' {
        return None;
    }
    let hashes = chars[prefix..].iter().take_while(|&&c| c == '#').count();
    if chars.get(prefix + hashes) != Some(&'"') {
        return None;
    }
    let start = prefix + hashes + 1;
    let is_end =
        |at: usize| chars[at] == '"' && (0..hashes).all(|i| chars.get(at + 1 + i) == Some(&'#'));
    (start..chars.len())
        .find(|&at| is_end(at))
        .map(|at| at + 1 + hashes)
}

/// Leaves out each item that follows `#[cfg(test)]`.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    let marker: Vec<&str> = "# [ cfg ( test ) ]".split(' ').collect();
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..]
            .iter()
            .map(String::as_str)
            .take(marker.len())
            .eq(marker.iter().copied())
        {
            at += marker.len();
            let mut depth = 0;
            while at < tokens.len() {
                depth += match tokens[at].as_str() {
                    "{" | "(" | "[" => 1,
                    "}" | ")" | "]" => -1,
                    _ => 0,
                };
                let is_end = tokens[at] == ";" || tokens[at] == "}";
                at += 1;
                if depth == 0 && is_end {
                    break;
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Returns the names that `pub use` gives to items of modules, each with the module.
fn reexports(tokens: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for at in 0..tokens.len() {
        if tokens[at] == "use" && at > 0 && tokens[at - 1] == "pub" {
            for path in tree(&tokens[at + 1..]) {
                let name = path.last().unwrap().clone();
                found.insert(name, path[0].clone());
            }
        }
    }
    found
}

/// Reads the paths of a `use` tree at the start of `tokens`. The last segment of a path with `as` is the
/// new name.
fn tree(tokens: &[String]) -> Vec<Vec<String>> {
    fn read(tokens: &[String], at: &mut usize, prefix: &[String], found: &mut Vec<Vec<String>>) {
        let mut path = prefix.to_vec();
        loop {
            match tokens.get(*at).map(String::as_str) {
                Some("{") => {
                    *at += 1;
                    while tokens.get(*at).is_some_and(|token| token != "}") {
                        read(tokens, at, &path, found);
                        if tokens.get(*at).is_some_and(|token| token == ",") {
                            *at += 1;
                        }
                    }
                    *at += 1;
                    return;
                }
                Some(segment) => {
                    path.push(segment.to_owned());
                    *at += 1;
                }
                None => return,
            }
            match tokens.get(*at).map(String::as_str) {
                Some("::") => *at += 1,
                Some("as") => {
                    path.push(tokens.get(*at + 1).cloned().unwrap_or_default());
                    *at += 2;
                    break;
                }
                _ => break,
            }
        }
        found.push(path);
    }
    let (mut found, mut at) = (Vec::new(), 0);
    read(tokens, &mut at, &[], &mut found);
    found
}

/// A path that a file names.
struct Found {
    /// From the crate's root; empty if the path leaves the crate. A first segment that begins with `!` is
    /// a problem.
    segments: Vec<String>,
    /// The path begins with `$crate`.
    from_dollar: bool,
}

impl File {
    /// Returns the paths that begin with `crate`, `$crate` or `super`.
    fn paths(&self) -> Vec<Found> {
        let mut found = Vec::new();
        // The names of the inline modules that are open, each with the depth of its braces.
        let (mut modules, mut depth) = (Vec::<(String, usize)>::new(), 0_usize);
        let token = |at: usize| self.tokens.get(at).map_or("", String::as_str);
        let problem = |text: &str| Found {
            segments: vec![format!("!{text}")],
            from_dollar: false,
        };
        let mut at = 0;
        while at < self.tokens.len() {
            match token(at) {
                "{" => {
                    depth += 1;
                    if at > 1 && token(at - 2) == "mod" {
                        modules.push((token(at - 1).to_owned(), depth));
                    }
                }
                "}" => {
                    if modules.last().is_some_and(|(_, opened)| *opened == depth) {
                        modules.pop();
                    }
                    depth = depth.saturating_sub(1);
                }
                "tiny_lambda" if token(at + 1) == "::" => {
                    found.push(problem("names the crate as its users do"));
                }
                "extern" if token(at + 1) == "crate" && token(at + 2) == "self" => {
                    found.push(problem("extern crate self"));
                }
                "include" if token(at + 1) == "!" => found.push(problem("include!")),
                "crate" if token(at + 1) == "::" && token(at.saturating_sub(1)) != "in" => {
                    let from_dollar = at > 0 && token(at - 1) == "$";
                    self.add(&mut found, &[], at + 2, from_dollar);
                }
                "super" if token(at + 1) == "::" && token(at.wrapping_sub(1)) != "::" => {
                    let mut base: Vec<String> = match self.module.as_slice() {
                        [root] if root == "lib" => Vec::new(),
                        module => module.to_vec(),
                    };
                    base.extend(modules.iter().map(|(name, _)| name.clone()));
                    let mut left = Some(base);
                    while token(at) == "super" {
                        left = left.and_then(|mut base| base.pop().map(|_| base));
                        at += 2;
                    }
                    match left {
                        Some(base) => self.add(&mut found, &base, at, false),
                        None => found.push(Found {
                            segments: Vec::new(),
                            from_dollar: false,
                        }),
                    }
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        found
    }

    /// Adds the paths that continue `base` from token `at` on.
    fn add(&self, found: &mut Vec<Found>, base: &[String], at: usize, from_dollar: bool) {
        for mut segments in tree(&self.tokens[at..]) {
            segments.splice(..0, base.iter().cloned());
            found.push(Found {
                segments,
                from_dollar,
            });
        }
    }
}

/// Returns a cycle in a graph, if there is one.
fn cycle(edges: Vec<(String, String)>) -> Option<Vec<String>> {
    fn visit(
        at: &str,
        next: &BTreeMap<String, BTreeSet<String>>,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> bool {
        if path.iter().any(|it| it == at) {
            path.push(at.to_owned());
            return true;
        }
        if !done.insert(at.to_owned()) {
            return false;
        }
        path.push(at.to_owned());
        let found = next
            .get(at)
            .is_some_and(|to| to.iter().any(|to| visit(to, next, path, done)));
        if !found {
            path.pop();
        }
        found
    }

    let mut next: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in edges.into_iter().filter(|(from, to)| from != to) {
        next.entry(from).or_default().insert(to);
    }
    let mut done = BTreeSet::new();
    next.keys().find_map(|start| {
        let mut path = Vec::new();
        visit(start, &next, &mut path, &mut done).then_some(path)
    })
}
