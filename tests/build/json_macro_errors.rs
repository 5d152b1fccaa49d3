//! Compiler errors for wrong `json_struct!`s and `json_enum!`s: they are about the user's line.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Checks that the compiler refuses `source` with `want` in a message about the line that ends with the
/// comment `HERE`, and with at most two errors.
#[track_caller]
pub(crate) fn refuses(name: &str, source: &str, want: &str) {
    let source = format!("#![allow(dead_code)]\n{source}\nfn main() {{}}\n");
    let line = 1 + source
        .lines()
        .position(|line| line.ends_with("// HERE"))
        .expect("a line HERE");
    let messages = compile(name, &source).expect_err(&format!("compiled: {source}"));
    assert!(messages.contains(want), "wanted {want:?}, got:\n{messages}");
    let n_errors = messages
        .lines()
        .filter(|line| line.starts_with("error") && !line.starts_with("error: aborting"))
        .count();
    assert!(n_errors <= 2, "{n_errors} errors:\n{messages}");
    let place = format!("{name}.rs:{line}:");
    assert!(
        messages.contains(&place),
        "wanted a message about line {line}, got:\n{messages}"
    );
}

/// Compiles `source` with the library that cargo has built for the tests; returns the errors.
pub(crate) fn compile(name: &str, source: &str) -> Result<(), String> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("json_macro_errors");
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
fn a_correct_struct_compiles() {
    let source =
        "tiny_lambda::json_struct! { struct Right { a: u8, b: Option<String> } }\nfn main() {}";
    assert_eq!(compile("right", source), Ok(()));
}

#[test]
fn the_error_of_a_wrong_struct_is_at_the_wrong_line() {
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
        "expected a member's name in quotes or `..` after `as`",
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
        "generic",
        "tiny_lambda::json_struct! {
            struct Wrong<T> { // HERE
                a: T,
            }
        }",
        "no rules expected",
    );
    refuses(
        "missing_comma",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a: u8
                b: u8, // HERE
            }
        }",
        "no rules expected",
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
fn a_wrong_field_is_one_error_in_owned_and_borrowing_structs() {
    let only_read = "struct Mine;
        impl tiny_lambda::json::FromJson for Mine {
            fn from_json(
                _: &mut tiny_lambda::json::Reader<'_>,
            ) -> Result<Mine, tiny_lambda::json::Error> {
                Ok(Mine)
            }
        }";
    let only_written = "struct Mine;
        impl tiny_lambda::json::ToJson for Mine {
            fn to_json(&self, _: &mut tiny_lambda::json::Writer) {}
        }";
    for (name, before, field, want) in [
        ("unknown_type", "", "b: Nope,", "cannot find type `Nope`"),
        (
            "inner_type",
            "struct Mine;",
            "b: Vec<Option<Mine>>,",
            "`Mine` cannot be read from JSON",
        ),
        (
            "only_read",
            only_read,
            "b: Mine,",
            "`Mine` cannot be written as JSON",
        ),
        (
            "only_written",
            only_written,
            "b: Box<Mine>,",
            "`Mine` cannot be read from JSON",
        ),
        (
            "type_with_default",
            "struct Mine;",
            "b: Mine = Mine,",
            "`Mine` cannot be read from JSON",
        ),
        (
            "type_with_name",
            "struct Mine;",
            "b: Mine as \"x\",",
            "`Mine` cannot be read from JSON",
        ),
        (
            "string_default",
            "",
            "b: String = \"x\",",
            "mismatched types",
        ),
        (
            "unknown_default",
            "",
            "b: u8 = NOPE,",
            "cannot find value `NOPE`",
        ),
        (
            "option_default",
            "",
            "b: Option<u8> = 3,",
            "mismatched types",
        ),
        ("reference", "", "b: &str,", "missing lifetime specifier"),
    ] {
        let source = format!(
            "{before}\ntiny_lambda::json_struct! {{\n struct Wrong {{\n a: u8,\n {field} // HERE\n }}\n}}"
        );
        refuses(name, &source, want);
        if name != "reference" {
            let source = source
                .replace("Wrong {", "Wrong<'j> {")
                .replace("a: u8", "a: &'j str");
            let name = format!("{name}_borrowed");
            let at_macro = want.contains("cannot be read");
            // A method chooses how the type is read, so the error is about the macro.
            let source = if at_macro {
                source
                    .replace("// HERE", "")
                    .replace("json_struct! {", "json_struct! { // HERE")
            } else {
                source
            };
            refuses(&name, &source, want);
        }
    }
}

#[test]
fn the_error_of_a_wrong_enum_is_at_the_wrong_line() {
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
        "expected a variant's name in quotes or `..` after `as`",
    );
    for (name, variant, want) in [
        (
            "unknown_variant_type",
            "A(Nope),",
            "cannot find type `Nope`",
        ),
        ("two_values", "A(u8, u8),", "no rules expected"),
        ("named_values", "A { a: u8 },", "no rules expected"),
        (
            "inner_variant_type",
            "A(Vec<Mine>),",
            "`Mine` cannot be read from JSON",
        ),
    ] {
        let source = format!(
            "struct Mine;\ntiny_lambda::json_enum! {{\n enum Wrong {{\n {variant} // HERE\n }}\n}}"
        );
        refuses(name, &source, want);
    }
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

#[test]
fn two_members_with_one_name_do_not_compile() {
    for (name, members, want) in [
        (
            "same_field",
            "a: u8, a: u8",
            "field `a` is already declared",
        ),
        (
            "same_name",
            "a: u8, b: u8, c: u8 as \"a\"",
            "two fields have the same name in JSON",
        ),
        (
            "same_escaped_name",
            "a: u8 as \"\\n\", b: u8 as \"\\u{a}\"",
            "two fields have the same name in JSON",
        ),
    ] {
        for head in ["Wrong", "Wrong<'j>"] {
            let life = if head == "Wrong" { "String" } else { "&'j str" };
            let source = format!(
                "tiny_lambda::json_struct! {{ // HERE\n struct {head} {{ x: {life}, {members} }}\n}}"
            );
            refuses(&format!("{name}_{}", head.len()), &source, want);
        }
    }
    refuses(
        "same_cased_name",
        "tiny_lambda::json_struct! { // HERE
            struct Wrong as camelCase { unit_price: u8, b: u8 as \"unitPrice\" }
        }",
        "two fields have the same name in JSON",
    );
    for (name, head, variants, want) in [
        ("same_variant", "Wrong", "A, A", "the name `A` is defined"),
        (
            "same_variants",
            "Wrong",
            "A(u8), B, A(u8)",
            "the name `A` is defined",
        ),
        (
            "same_unit_name",
            "Wrong",
            "A, B, C as \"A\"",
            "two variants have the same name in JSON",
        ),
        (
            "same_value_name",
            "Wrong",
            "A(u8) as \"x\", B(u8) as \"x\"",
            "two variants have the same name in JSON",
        ),
        (
            "same_tag",
            "Wrong as \"t\"",
            "A(Object), B as \"A\"",
            "two variants have the same name in JSON",
        ),
        (
            "two_others",
            "Wrong",
            "A(String) as .., B(String) as ..",
            "two variants have the same name in JSON",
        ),
    ] {
        let source = format!(
            "use tiny_lambda::json::Object;\ntiny_lambda::json_enum! {{ // HERE\n enum {head} {{ {variants} }}\n}}"
        );
        refuses(name, &source, want);
    }
    // A string variant and an object variant may have the same name.
    let source = "tiny_lambda::json_enum! { enum Right { A, B(u8) as \"A\", C(String) as .. } }
        tiny_lambda::json_struct! {
            struct Raw { r#type: u8, r#struct: u8, body: u8, impls: u8, dollar: u8 }
        }
        fn main() {}";
    assert_eq!(compile("right_names", source), Ok(()));
}

#[test]
fn a_wrong_variant_of_a_tagged_enum_is_one_error() {
    for (name, head, variant, want) in [
        (
            "tagged_type",
            "Wrong as \"t\"",
            "A(Mine)",
            "`Mine` cannot be read from JSON",
        ),
        (
            "tagged_other",
            "Wrong as \"t\"",
            "A(Mine) as ..",
            "`Mine` cannot be read from JSON",
        ),
        (
            "other_type",
            "Wrong",
            "A(Mine) as ..",
            "the trait bound `Mine: From<&str>` is not satisfied",
        ),
        (
            "tagged_only_read",
            "Wrong as \"t\"",
            "A(OnlyRead)",
            "`OnlyRead` is not written as an object, which could take a tag",
        ),
    ] {
        let source = format!(
            "struct Mine;
            struct OnlyRead;
            impl tiny_lambda::json::FromJson for OnlyRead {{
                fn from_json(
                    _: &mut tiny_lambda::json::Reader<'_>,
                ) -> Result<OnlyRead, tiny_lambda::json::Error> {{
                    Ok(OnlyRead)
                }}
            }}
            tiny_lambda::json_enum! {{\n enum {head} {{\n B,\n {variant}, // HERE\n }}\n}}"
        );
        refuses(name, &source, want);
    }
    refuses(
        "other_without_value",
        "tiny_lambda::json_enum! { // HERE
            enum Wrong { A, B as .. }
        }",
        "a variant `as ..` needs a type for its value",
    );
}
