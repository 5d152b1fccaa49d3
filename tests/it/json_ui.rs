//! What the compiler says of wrong `json_struct!`s and `json_enum!`s: about the user's own line.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler refuses `source` with `want` in a message, and points at the line that ends in
/// the comment `HERE`.
#[track_caller]
fn refuses(name: &str, source: &str, want: &str) {
    let source = format!("#![allow(dead_code)]\n{source}\nfn main() {{}}\n");
    let line = 1 + source
        .lines()
        .position(|line| line.ends_with("// HERE"))
        .expect("a line HERE");
    let messages = compile(name, &source).expect_err(&format!("compiled: {source}"));
    assert!(messages.contains(want), "wanted {want:?}, got:\n{messages}");
    let place = format!("{name}.rs:{line}:");
    assert!(
        messages.contains(&place),
        "wanted a message about line {line}, got:\n{messages}"
    );
}

/// Checks one file against this crate as it was built for the tests.
fn compile(name: &str, source: &str) -> Result<(), String> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("json_ui");
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join(format!("{name}.rs"));
    fs::write(&file, source).unwrap();
    let deps = env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let newest = fs::read_dir(&deps).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().ok()?;
        let hash = name.strip_prefix("libtiny_lambda-")?.strip_suffix(".rlib");
        hash.map(|_| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
    });
    let (_, library) = newest.max().expect("the crate's own library");
    let output = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args([
            "--edition=2024",
            "--emit=metadata",
            "--crate-name",
            name,
            "--out-dir",
        ])
        .arg(&dir)
        .arg("--extern")
        .arg(format!("tiny_lambda={}", library.display()))
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg(&file)
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn right_structs_compile() {
    let source =
        "tiny_lambda::json_struct! { struct Right { a: u8, b: Option<String> } }\nfn main() {}";
    assert_eq!(compile("right", source), Ok(()));
}

#[test]
fn wrong_structs_are_refused_where_they_are_wrong() {
    refuses(
        "field_type",
        "struct Mine;
        tiny_lambda::json_struct! {
            struct Wrong {
                a: u8,
                b: Mine, // HERE
            }
        }",
        "`Mine` cannot be read from JSON",
    );
    refuses(
        "default_type",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a: u8 = \"one\", // HERE
            }
        }",
        "mismatched types",
    );
    refuses(
        "unquoted_name",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a: u8 as b, // HERE
            }
        }",
        "behind `as` stands a field's name in quotes, or `..` for all others",
    );
    refuses(
        "unknown_case",
        "tiny_lambda::json_struct! {
            struct Wrong as snakeCase { // HERE
                a: u8,
            }
        }",
        "named `snakeCase` found for enum",
    );
    refuses(
        "rest_type",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a: u8 as .., // HERE
            }
        }",
        "`u8` cannot keep the members that no other field takes",
    );
    refuses(
        "rest_in_front",
        "tiny_lambda::json_struct! { // HERE
            struct Wrong { rest: tiny_lambda::json::Object as .., a: u8 }
        }",
        "the field `as ..` must be the last",
    );
    refuses(
        "missing_colon",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a u8, // HERE
            }
        }",
        "no rules expected",
    );
}

#[test]
fn wrong_enums_are_refused_where_they_are_wrong() {
    refuses(
        "variant_type",
        "struct Mine;
        tiny_lambda::json_enum! {
            enum Wrong {
                A(Mine), // HERE
            }
        }",
        "`Mine` cannot be read from JSON",
    );
    refuses(
        "unquoted_variant",
        "tiny_lambda::json_enum! {
            enum Wrong {
                A as b, // HERE
            }
        }",
        "behind `as` stands a variant's name in quotes, or `..` for all others",
    );
    refuses(
        "tagged_scalar",
        "tiny_lambda::json_enum! {
            enum Wrong as \"type\" {
                A(u8), // HERE
            }
        }",
        "`u8` is not written as an object, which could take a tag",
    );
}
