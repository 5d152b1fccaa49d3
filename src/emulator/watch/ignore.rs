//! Patterns of `.gitignore` files: which files Git ignores (gitignore(5)).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The patterns for a folder, in increasing order of precedence.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnorePatterns(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    /// The folder of its `.gitignore`.
    base: PathBuf,
    /// The parts between slashes.
    segments: Vec<Vec<u8>>,
    is_negated: bool,
    folders_only: bool,
}

impl IgnorePatterns {
    /// Returns the patterns of the ancestors of `folder` within its repository.
    pub(crate) fn above(folder: &Path) -> IgnorePatterns {
        let mut ignore = IgnorePatterns::default();
        let is_root = |dir: &Path| dir.join(".git").exists();
        if let Some(root) = folder.ancestors().position(is_root) {
            let above: Vec<&Path> = folder.ancestors().skip(1).take(root).collect();
            for dir in above.into_iter().rev() {
                ignore.add(dir);
            }
        }
        ignore
    }

    /// Adds the patterns of the `.gitignore` in `folder`, if there is one.
    pub(crate) fn add(&mut self, folder: &Path) {
        let content = fs::read(folder.join(".gitignore")).unwrap_or_default();
        let lines = content.split(|&b| b == b'\n');
        self.0
            .extend(lines.filter_map(|line| Pattern::parse(folder, line)));
    }

    /// Returns whether `path` is ignored. Its folder must not be ignored.
    pub(crate) fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let last = self.0.iter().rev().find(|p| p.matches(path, is_folder));
        last.is_some_and(|pattern| !pattern.is_negated)
    }
}

impl Pattern {
    fn parse(base: &Path, line: &[u8]) -> Option<Pattern> {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        // Trailing spaces are ignored unless they are escaped.
        while let Some(shorter) = line.strip_suffix(b" ").filter(|l| !l.ends_with(b"\\")) {
            line = shorter;
        }
        if line.is_empty() || line.starts_with(b"#") {
            return None;
        }
        let negated = line.strip_prefix(b"!");
        let line = negated.unwrap_or(line);
        let folder = line.strip_suffix(b"/");
        let line = folder.unwrap_or(line);
        let mut segments: Vec<Vec<u8>> = line.split(|&b| b == b'/').map(<[u8]>::to_vec).collect();
        if segments.first().is_some_and(Vec::is_empty) {
            segments.remove(0);
        } else if segments.len() == 1 {
            // A pattern without a slash matches names in any folder.
            segments.insert(0, b"**".to_vec());
        }
        (!segments.is_empty()).then(|| Pattern {
            base: base.to_owned(),
            segments,
            is_negated: negated.is_some(),
            folders_only: folder.is_some(),
        })
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let Ok(inside) = path.strip_prefix(&self.base) else {
            return false;
        };
        if self.folders_only && !is_folder {
            return false;
        }
        let names: Vec<&[u8]> = inside.iter().map(OsStr::as_encoded_bytes).collect();
        path_matches(&self.segments, &names)
    }
}

fn path_matches(pattern: &[Vec<u8>], names: &[&[u8]]) -> bool {
    match (pattern, names) {
        ([], []) => true,
        // A trailing `**` matches everything inside, but not the folder itself.
        ([last], _) if last == b"**" => !names.is_empty(),
        ([first, rest @ ..], _) if first == b"**" => {
            (0..=names.len()).any(|n| path_matches(rest, names.get(n..).unwrap_or_default()))
        }
        ([first, rest @ ..], [name, names @ ..]) => {
            name_matches(first, name) && path_matches(rest, names)
        }
        _ => false,
    }
}

/// Returns whether the pattern matches `name`. `*`, `?`, `[a-z]` and `\` are special.
///
/// On a mismatch it backtracks to the last star only, which is enough for patterns of one segment.
fn name_matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // The pattern after the last star, and the rest of the name that it was tried against.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            pattern = rest;
            retry = Some((rest, name));
            continue;
        }
        let Some((&byte, after)) = name.split_first() else {
            return pattern.is_empty();
        };
        match (byte_matches(pattern, byte), retry) {
            (Some(rest), _) => (pattern, name) = (rest, after),
            (None, Some((rest, [_, shorter @ ..]))) => {
                retry = Some((rest, shorter));
                (pattern, name) = (rest, shorter);
            }
            _ => return false,
        }
    }
}

/// Returns the rest of the pattern if its first element matches `byte`.
fn byte_matches(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [b'?', rest @ ..] => Some(rest),
        [b'[', inside @ ..] => {
            let (is_negated, inside) = match inside {
                [b'!' | b'^', rest @ ..] => (true, rest),
                _ => (false, inside),
            };
            // A bracket in front is part of the set.
            let end = inside.iter().skip(1).position(|&b| b == b']')?;
            let (mut set, rest) = inside.split_at_checked(end.saturating_add(1))?;
            let mut found = false;
            while let [first, others @ ..] = set {
                (found, set) = match others {
                    [b'-', last, others @ ..] => {
                        (found || (*first..=*last).contains(&byte), others)
                    }
                    _ => (found || *first == byte, others),
                };
            }
            (found != is_negated).then(|| rest.get(1..).unwrap_or_default())
        }
        [b'\\', escaped, rest @ ..] => (*escaped == byte).then_some(rest),
        [first, rest @ ..] => (*first == byte).then_some(rest),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_git() {
        #[track_caller]
        fn check(patterns: &str, path: &str, want: bool) {
            let base = Path::new("/repo");
            let lines = patterns.as_bytes().split(|&b| b == b'\n');
            let ignore = IgnorePatterns(lines.filter_map(|l| Pattern::parse(base, l)).collect());
            let is_folder = path.ends_with('/');
            let path = base.join(path.trim_end_matches('/'));
            assert_eq!(
                ignore.matches(&path, is_folder),
                want,
                "{patterns:?} {path:?}"
            );
        }
        check("", "a", false);
        check("# a\n#a", "#a", false);
        check("\\#a", "#a", true);
        check("/", "a", false);
        check("!", "a", false);
        check("*.log", "a.log", true);
        check("*.log", "x/y/a.log", true);
        check("*.log", "a.logs", false);
        check("*.log\n!keep.log", "keep.log", false);
        check("!keep.log\n*.log", "keep.log", true);
        check("*.log\r\n", "a.log", true);
        check("a.log  ", "a.log", true);
        check("a\\ ", "a ", true);
        check("/out", "out", true);
        check("/out", "x/out", false);
        check("x/out", "x/out", true);
        check("x/out", "y/x/out", false);
        check("out/", "out/", true);
        check("out/", "out", false);
        check("out/", "x/out/", true);
        check("**/out", "x/y/out", true);
        check("x/**", "x/y/z", true);
        check("x/**", "x/", false);
        check("x/**/z", "x/z", true);
        check("x/**/z", "x/1/2/z", true);
        check("?.rs", "a.rs", true);
        check("?.rs", "ab.rs", false);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[]]x", "]x", true);
        check("[a", "[a", false);
        check("a*b*c", "a1b2b3c", true);
        check("a*b*c", "a1b2b3", false);
        check(&"*a".repeat(40), &"a".repeat(60), true);
        check(&("*a".repeat(40) + "b"), &"a".repeat(60), false);
    }
}
