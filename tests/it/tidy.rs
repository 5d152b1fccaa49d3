//! Rules of the project that a test can check: file headers, formatting, equal texts, scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the files in `folder` and its subfolders that end with `.ending`, with paths from the root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push((name.clone(), read(&name)));
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} files in {folder}");
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let folders = ["src", "examples", "tests"];
    folders
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .collect()
}

#[test]
fn each_file_says_in_its_first_line_what_it_is_for() {
    for (name, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//! ") && first.len() > 12,
            "{name}: {first:?}"
        );
    }
}

#[test]
fn no_file_has_a_todo() {
    let words = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
    ];
    for (name, text) in sources() {
        for word in &words {
            assert!(!text.contains(word), "{name} has a {word}");
        }
    }
}

#[test]
fn unsafe_code_is_only_in_sys_and_each_block_has_a_safety_comment() {
    for (name, text) in files("src", "rs") {
        let n_unsafe = text.matches("unsafe {").count();
        if name.starts_with("src/sys/") {
            let n_argued = text.matches("// SAFETY: ").count();
            assert!(
                n_argued >= n_unsafe,
                "{name}: {n_unsafe} unsafe blocks, {n_argued} arguments"
            );
        } else {
            assert_eq!(n_unsafe, 0, "{name} has unsafe code");
            let allowed = name == "src/lib.rs" || !text.contains("allow(unsafe_code)");
            assert!(allowed, "{name} allows unsafe code");
        }
    }
}

/// The lint `unreachable_pub` makes sure that `pub` is written for public functions only.
#[test]
fn each_public_function_has_an_example() {
    /// Public for the macros of this crate only.
    const HIDDEN: [&str; 3] = [
        "src/json/field_names.rs",
        "src/json/private.rs",
        "src/runtime/no_main.rs",
    ];
    /// The fence of an example, hidden documentation, and documentation that a macro's caller writes.
    const EXPECTED: [&str; 3] = ["/// ```", "#[doc(hidden)]", "$(#[$doc])*"];
    let mut without = Vec::new();
    for (name, text) in files("src", "rs") {
        if name.starts_with("src/bin/") || HIDDEN.contains(&&*name) {
            continue;
        }
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (index, line) in lines.iter().enumerate() {
            if line.starts_with("pub fn ") || line.starts_with("pub const fn ") {
                let before = lines[..index].iter().rev();
                let mut docs = before.take_while(|line| !line.is_empty() && !line.ends_with('{'));
                if !docs.any(|line| EXPECTED.iter().any(|text| line.starts_with(text))) {
                    without.push(format!("{name}:{}: {line}", index + 1));
                }
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[test]
fn the_only_dependency_is_optional() {
    let manifest = read("Cargo.toml");
    let section = manifest
        .split("\n[dependencies]")
        .nth(1)
        .unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    for line in section
        .lines()
        .filter(|line| line.contains('=') && !line.starts_with('#'))
    {
        assert!(
            line.starts_with("miniserde = ") && line.contains("optional = true"),
            "{line}"
        );
    }
    assert!(!manifest.contains("build-dependencies"));
    assert!(!root().join("build.rs").exists());
}

/// The conformance checklists for runtimes and for emulators (runtime-api.md, section 12), and how
/// many items each has, each MUST and SHOULD.
const CHECKLISTS: [(&str, usize); 2] = [("12.1: ", 51), ("12.2: ", 27)];

/// A test's comment names the items that it proves: `12.1: 4 and 30.`
#[test]
fn each_item_of_the_conformance_checklists_has_a_test_that_names_it() {
    for (list, n_items) in CHECKLISTS {
        each_item_is_named(list, n_items);
    }
}

fn each_item_is_named(list: &str, n_items: usize) {
    let mut n_tests = vec![0; n_items + 1];
    for (name, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        for named in text.split(list).skip(1) {
            let is_list = |c: char| c.is_ascii_digit() || ", and".contains(c);
            let items = named.split(|c| !is_list(c)).next().unwrap();
            for item in items
                .split(|c: char| !c.is_ascii_digit())
                .filter(|item| !item.is_empty())
            {
                let item: usize = item.parse().unwrap();
                assert!((1..=n_items).contains(&item), "{name} names {list}{item}");
                n_tests[item] += 1;
            }
        }
    }
    let missing: Vec<_> = (1..=n_items).filter(|&item| n_tests[item] == 0).collect();
    assert!(missing.is_empty(), "no test names {list}{missing:?}");
}

#[test]
fn no_lock_file_is_tracked() {
    let Ok(output) = Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output()
    else {
        return println!("skipped, since there is no git");
    };
    let tracked = String::from_utf8(output.stdout).unwrap();
    assert!(
        !tracked.lines().any(|line| line.ends_with("Cargo.lock")),
        "{tracked}"
    );
}

#[test]
fn the_version_is_in_the_changelog() {
    let heading = format!("\n## {}\n", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").contains(&heading), "no {heading:?}");
}

/// Returns the first block of Rust in a text, without the prefix of comments on each line.
fn first_program(text: &str, in_front: &str) -> String {
    let mut lines = text.lines().map(|line| {
        let bare = in_front.trim_end();
        line.strip_prefix(in_front)
            .or(line.strip_prefix(bare))
            .unwrap_or_default()
    });
    let is_start = |line: &&str| line.starts_with("```rust") || *line == "```no_run";
    lines.by_ref().find(is_start).expect("a program");
    lines
        .take_while(|line| *line != "```")
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn readme_crate_documentation_and_example_open_with_the_same_program() {
    let example = read("examples/hello.rs");
    let program = example
        .split_once("\n\n")
        .expect("a line about the file, and the program")
        .1;
    assert_eq!(first_program(&read("README.md"), ""), program);
    assert_eq!(first_program(&read("src/lib.rs"), "//! "), program);
}

#[test]
fn the_program_with_serde_in_the_readme_is_that_of_its_package() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("### With serde").expect("the section");
    let program = "bench/serde/src/main.rs";
    if root().join(program).exists() {
        assert_eq!(first_program(section, ""), read(program));
    }
}

#[test]
fn files_that_the_readme_links_to_exist() {
    let readme = read("README.md");
    for link in readme.split("](").skip(1) {
        let path = link.split(')').next().unwrap();
        let is_elsewhere = path.starts_with("https://") || path.starts_with('#');
        assert!(is_elsewhere || root().join(path).exists(), "{path}");
    }
}

#[test]
fn the_source_is_formatted() {
    match Command::new("cargo")
        .args(["fmt", "--check"])
        .current_dir(root())
        .output()
    {
        Ok(output) if output.status.success() => {}
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("not installed") => {
            println!("skipped, since there is no rustfmt");
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => println!("skipped: {error}"),
    }
}

#[test]
fn scripts_pass_sh_n_and_shellcheck() {
    for script in [
        "build.sh",
        "bootstrap.sh",
        "src/bin/package/c_compiler.sh",
        "src/bin/package/invoke.sh",
        "src/bin/package/new.sh",
        ".ci/run",
        ".ci/sizes",
        ".ci/capabilities",
    ] {
        if !root().join(script).exists() {
            assert!(script.starts_with(".ci/"), "{script} is missing");
            continue;
        }
        let status = Command::new("sh")
            .args(["-n", script])
            .current_dir(root())
            .status()
            .unwrap();
        assert!(status.success(), "sh -n {script}");
        match Command::new("shellcheck")
            .arg(script)
            .current_dir(root())
            .output()
        {
            Ok(output) => {
                assert!(
                    output.status.success(),
                    "{}",
                    String::from_utf8_lossy(&output.stdout)
                );
            }
            Err(error) => println!("skipped: shellcheck: {error}"),
        }
    }
}

/// `.gitattributes` sets LF, whatever the configuration of Git is.
#[test]
fn text_files_have_lf_on_every_machine() {
    let attributes = read(".gitattributes");
    for line in [
        "* text=auto eol=lf",
        "*.sh text eol=lf",
        ".ci/* text eol=lf",
        "fuzz/seeds/** -text",
    ] {
        assert!(attributes.lines().any(|l| l == line), "{line}");
    }
    let scripts = fs::read_dir(root().join(".ci")).unwrap();
    let scripts = scripts.map(|entry| entry.unwrap().path());
    for path in scripts.chain(
        ["build.sh", "bootstrap.sh", "src/bin/package/c_compiler.sh"].map(|name| root().join(name)),
    ) {
        assert!(
            !fs::read(&path).unwrap().contains(&b'\r'),
            "{}",
            path.display()
        );
    }
}

/// The numbers of the rules that a page has, in its order: `12.1: 4` if a line begins with
/// `- **12.1: 4** `.
fn rules(page: &str) -> Vec<&str> {
    let rules = page.lines().filter_map(|line| line.strip_prefix("- **"));
    rules
        .filter(|rule| rule.starts_with("12."))
        .map(|rule| rule.split_once("** ").expect("a rule after its number").0)
        .collect()
}

/// Each number of the checklists is a rule of the page.
/// [`each_item_of_the_conformance_checklists_has_a_test_that_names_it`] checks that comments cite each of
/// these numbers and no other.
#[test]
fn each_rule_that_a_comment_cites_is_in_the_page_of_rules() {
    let page = read("docs/runtime-api.md");
    let rules = rules(&page);
    let wanted: Vec<String> = CHECKLISTS
        .iter()
        .flat_map(|(list, n_items)| (1..=*n_items).map(move |item| format!("{list}{item}")))
        .collect();
    let missing: Vec<_> = wanted
        .iter()
        .filter(|number| !rules.contains(&number.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/runtime-api.md has no rule {missing:?}"
    );
    assert_eq!(
        rules, wanted,
        "the rules of docs/runtime-api.md, in their order"
    );
}

/// The sections of `docs/runtime-api.md` that `text` cites: `4.1` for `runtime-api.md 4.1` and for
/// `runtime-api.md, section 4.1`.
fn cited_sections(text: &str) -> Vec<&str> {
    let citations = text.split("runtime-api.md").skip(1);
    let sections = citations.filter_map(|behind| {
        let behind = behind.trim_start_matches([',', ' ']);
        let number = behind.strip_prefix("section ").unwrap_or(behind);
        let len = number
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(number.len());
        Some(number[..len].trim_end_matches('.')).filter(|number| !number.is_empty())
    });
    sections.collect()
}

#[test]
fn each_section_that_a_comment_cites_is_in_the_page_of_rules() {
    let page = read("docs/runtime-api.md");
    let headings: Vec<_> = page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
        .filter_map(|heading| heading.split(' ').next())
        .collect();
    for (name, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        for section in cited_sections(&text) {
            assert!(
                headings.contains(&section),
                "{name} cites section {section} of docs/runtime-api.md, which does not exist"
            );
        }
    }
}

/// Sources, scripts and pages: everything that may name a page.
fn texts() -> Vec<(String, String)> {
    let folders = [
        ("src", "rs"),
        ("examples", "rs"),
        ("tests", "rs"),
        ("bench/src", "rs"),
        ("fuzz/fuzz_targets", "rs"),
        ("docs", "md"),
    ];
    let mut texts: Vec<_> = folders
        .iter()
        .flat_map(|(folder, ending)| files(folder, ending))
        .collect();
    let scripts = fs::read_dir(root().join(".ci")).unwrap();
    let scripts = scripts.map(|entry| {
        let name = entry.unwrap().file_name();
        format!(".ci/{}", name.to_str().unwrap())
    });
    let others = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "bench/json/README.md",
        "fuzz/README.md",
        "Cargo.toml",
        "build.sh",
        "bootstrap.sh",
    ];
    texts.extend(
        others
            .map(str::to_owned)
            .into_iter()
            .chain(scripts)
            .map(|name| (name.clone(), read(&name))),
    );
    texts
}

fn pages() -> impl Iterator<Item = (String, String)> {
    let is_page = |name: &str| Path::new(name).extension().is_some_and(|e| e == "md");
    texts().into_iter().filter(move |(name, _)| is_page(name))
}

/// Returns the files that `text` names: each word that ends in `.ending`. Addresses of other sites are
/// left out.
fn named_files<'t>(text: &'t str, ending: &str) -> Vec<&'t str> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    let words = text.split(|c| !is_path(c));
    let files = words.map(|word| word.trim_end_matches(['.', ':']));
    files
        .filter(|file| Path::new(file).extension().is_some_and(|e| e == ending))
        .filter(|file| !file.contains("://"))
        .collect()
}

/// A page may name a source file by the end of its path.
#[test]
fn each_source_file_that_a_page_names_exists() {
    let sources: Vec<_> = ["src", "examples", "tests", "bench", "fuzz"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|(name, _)| Path::new(&name).to_owned())
        .collect();
    for (page, text) in pages().filter(|(name, _)| name != "CHANGELOG.md") {
        for file in named_files(&text, "rs") {
            let exists = sources
                .iter()
                .any(|source| source.ends_with(file.trim_start_matches("../")));
            assert!(exists, "{page} names {file}, which does not exist");
        }
    }
}

/// A page is named by its path from the root, from the file that names it, or from `docs`.
#[test]
fn each_page_that_is_named_exists() {
    for (name, text) in texts() {
        let folder = Path::new(&name).parent().unwrap();
        for page in named_files(&text, "md") {
            let exists = [Path::new(""), folder, Path::new("docs")]
                .iter()
                .any(|folder| root().join(folder).join(page).exists());
            assert!(exists, "{name} names {page}, which does not exist");
        }
    }
}

/// README.md has a test of its own.
#[test]
fn files_that_other_pages_link_to_exist() {
    for (name, text) in pages() {
        let folder = root().join(Path::new(&name).parent().unwrap());
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap();
            let is_elsewhere = link.starts_with("https://");
            assert!(
                is_elsewhere || folder.join(link).exists(),
                "{name} links to {link}, which does not exist"
            );
        }
    }
}

/// A corpus that fuzzing has grown is not part of the repository (`fuzz/README.md`).
#[test]
fn there_are_at_most_100_seeds_and_their_names_say_what_they_show() {
    let targets = fs::read_dir(root().join("fuzz/seeds")).unwrap();
    let seeds: Vec<_> = targets
        .flat_map(|target| fs::read_dir(target.unwrap().path()).unwrap())
        .map(|seed| seed.unwrap().path())
        .collect();
    assert!(seeds.len() <= 100, "{} seeds", seeds.len());
    for seed in seeds {
        let name = seed.file_name().unwrap().to_str().unwrap();
        // cargo-fuzz names an input by its hash.
        let is_hash = name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(!is_hash, "{} has a hash as its name", seed.display());
        assert!(
            root()
                .join("fuzz/fuzz_targets")
                .join(seed.parent().unwrap().file_name().unwrap())
                .with_extension("rs")
                .exists(),
            "{} belongs to no target",
            seed.display()
        );
    }
}
