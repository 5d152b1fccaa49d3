//! Reads the map that `rust-lld` writes: what an executable consists of.
//!
//! A line has an address, the same as a load address, a size, an alignment, and from column 49 on a
//! name. The indentation of the name says what it is: a section of the executable; below it, an input
//! section, with the object that it comes from; below that, a symbol in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where names begin, and how many spaces each level below a section adds.
const NAME_COLUMN: usize = 49;
const INDENT: usize = 8;

/// The most rows of a table, and the longest name of a symbol.
const N_ROWS_MAX: usize = 30;
const SYMBOL_LEN_MAX: usize = 100;

/// Returns whether an executable contains the buffer of std's standard output. Names of sections are
/// mangled, in either scheme.
pub(crate) fn uses_stdout(map: &[u8]) -> bool {
    let name = b"stdio6STDOUT";
    map.windows(name.len()).any(|window| window == name)
}

/// Bytes by name.
type Sizes = BTreeMap<String, u64>;

/// Returns tables of the bytes in an executable: by section, by crate or C library, and by symbol.
pub(crate) fn report(name: &str, map: &str) -> String {
    let (mut sections, mut owners, mut symbols) = (Sizes::new(), Sizes::new(), Sizes::new());
    let mut is_in_file = false;
    // The current input section, if none of its symbols has been counted yet: its library and its size.
    let mut input: Option<(Option<String>, u64)> = None;
    for line in map.lines().skip(1) {
        let Some((size, depth, text)) = parse_line(line) else {
            continue;
        };
        // Mapping symbols, which mark code and data on arm64.
        if text.starts_with("$x") || text.starts_with("$d") {
            continue;
        }
        // An input section belongs to its first symbol.
        let symbol = (depth == 2).then(|| without_hash(text));
        if let Some((library, size)) = input.take() {
            let owner = match (library, symbol) {
                (Some(library), _) => library,
                (None, Some(symbol)) => crate_of(symbol),
                (None, None) => "constants and tables".into(),
            };
            *owners.entry(owner).or_default() += size;
            if let Some(symbol) = symbol {
                *symbols.entry(symbol.into()).or_default() += size;
            }
        }
        if depth == 0 {
            is_in_file = !text.contains("bss");
            let suffix = if is_in_file { "" } else { " (in memory only)" };
            sections.insert(format!("{text}{suffix}"), size);
        } else if depth == 1 && is_in_file {
            input = Some((library_of(text), size));
        }
    }
    table(name, "section", &sections)
        + &table(name, "crate or C library", &owners)
        + &table(name, "symbol, the biggest", &symbols)
}

/// Returns the size, the depth and the name in a line.
fn parse_line(line: &str) -> Option<(u64, usize, &str)> {
    let size = u64::from_str_radix(line.split_whitespace().nth(2)?, 16).ok()?;
    let indented = line.get(NAME_COLUMN..)?;
    let text = indented.trim_start();
    Some((size, (indented.len() - text.len()) / INDENT, text))
}

/// Returns a symbol without the hash at its end, as in `core::fmt::write::h0123456789abcdef`.
fn without_hash(symbol: &str) -> &str {
    match symbol.rsplit_once("::h") {
        Some((path, hash)) if hash.bytes().all(|b| b.is_ascii_hexdigit()) => path,
        _ => symbol,
    }
}

/// Returns the crate that a symbol is named after: the first one in its path, where `..` may stand
/// for `::`.
fn crate_of(symbol: &str) -> String {
    let symbol = symbol.replace("..", "::");
    let Some((first, _)) = symbol.split_once("::") else {
        return "C names in Rust crates".into();
    };
    // A type that has no path, as in `<&str>::len`.
    if first.starts_with('<') && first.ends_with('>') {
        return "core".into();
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = first.rsplit(|c| !is_name(c)).next().unwrap_or_default();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase() && c != '_');
    if name.is_empty() {
        return "core".into();
    }
    name.into()
}

/// Returns the library that an object comes from; `None` if link-time optimisation has made it from all
/// crates.
fn library_of(object: &str) -> Option<String> {
    let file_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some((path, _)) = object.split_once(".rlib(") {
        // For example `libstd-0123456789abcdef.rlib(`.
        let name = file_name(path);
        let name = name.strip_prefix("lib").unwrap_or(&name);
        return Some(name.rsplit_once('-').map_or(name, |(name, _)| name).into());
    }
    if let Some((path, _)) = object.split_once(".a(") {
        return Some(file_name(path));
    }
    let is_optimised = object.contains(".rcgu.o:");
    (!is_optimised).then(|| "start files, linker".into())
}

/// Returns a heading, and the rows with the most bytes.
fn table(name: &str, by: &str, sizes: &Sizes) -> String {
    let mut rows: Vec<_> = sizes.iter().filter(|(_, size)| **size > 0).collect();
    rows.sort_by_key(|(_, size)| Reverse(**size));
    let mut text = format!("{name}: bytes by {by}\n");
    for (name, size) in rows.iter().take(N_ROWS_MAX) {
        let name: String = name.chars().take(SYMBOL_LEN_MAX).collect();
        let _ = writeln!(text, "{size:9} {name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_crate(symbol: &str, want: &str) {
        assert_eq!(crate_of(symbol), want, "{symbol}");
    }

    #[test]
    fn crates_of_symbols() {
        check_crate("core::fmt::write", "core");
        check_crate("<tiny_lambda::json::Writer>::string", "tiny_lambda");
        check_crate(
            "<alloc::string::String as core::fmt::Display>::fmt",
            "alloc",
        );
        check_crate("<&T as core::fmt::Debug>::fmt", "core");
        check_crate("<[u8]>::starts_with", "core");
        check_crate(
            "_$LT$std..io..error..Error$u20$as$u20$core..fmt..Debug$GT$::fmt",
            "std",
        );
        check_crate("memcpy", "C names in Rust crates");
    }

    #[track_caller]
    fn check_library(object: &str, want: Option<&str>) {
        assert_eq!(library_of(object).as_deref(), want, "{object}");
    }

    #[test]
    fn libraries_of_objects() {
        check_library(
            "/lib/self-contained/libc.a(block.lo):(.rodata)",
            Some("libc"),
        );
        check_library(
            "/lib/libpanic_abort-0123.rlib(a.cgu.0.rcgu.o):(.text)",
            Some("panic_abort"),
        );
        check_library(
            "/examples/hello-0123.hello.4567-cgu.0.rcgu.o:(.text.f)",
            None,
        );
        check_library(
            "/self-contained/crt1.o:(.text)",
            Some("start files, linker"),
        );
        check_library("<internal>:(.rodata.cst16)", Some("start files, linker"));
    }

    /// A line of a map, with an address of no account.
    fn line(size: u64, depth: usize, name: &str) -> String {
        let indent = INDENT * depth;
        format!(
            "{0:>16x} {0:>16x} {size:>8x} {1:>5} {2:indent$}{name}\n",
            0x20_0158, 16, ""
        )
    }

    #[test]
    fn bytes_are_counted_once_for_each_section_crate_and_symbol() {
        let map = [
            "             VMA              LMA     Size Align Out     In      Symbol\n".into(),
            line(300, 0, ".text"),
            line(100, 1, "/hello.0-cgu.0.rcgu.o:(.text.f)"),
            line(0, 2, "$x"),
            line(100, 2, "hello::f::h0123456789abcdef"),
            line(100, 2, "hello::the_same"),
            line(120, 1, "/libc.a(memcpy.lo):(.text.memcpy)"),
            line(120, 2, "memcpy"),
            line(80, 1, "/hello.0-cgu.0.rcgu.o:(.rodata.x)"),
            line(4096, 0, ".bss"),
            line(
                4096,
                1,
                "/hello.0-cgu.0.rcgu.o:(.bss._ZN3std2io5stdio6STDOUT17h0E)",
            ),
            line(4096, 2, "std::io::stdio::STDOUT"),
        ];
        let map = map.concat();
        assert_eq!(
            report("hello", &map),
            "hello: bytes by section\n     \
             4096 .bss (in memory only)\n      \
             300 .text\n\
             hello: bytes by crate or C library\n      \
             120 libc\n      \
             100 hello\n       \
             80 constants and tables\n\
             hello: bytes by symbol, the biggest\n      \
             120 memcpy\n      \
             100 hello::f\n"
        );
        assert!(uses_stdout(map.as_bytes()));
        assert!(!uses_stdout(map.replace("STDOUT17", "STDERR17").as_bytes()));
    }
}
