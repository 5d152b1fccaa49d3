//! Compiler errors for wrong `json_struct!`s, `json_enum!`s and `json!`s: they are about the user's line.

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
    assert!(!messages.contains("no rules expected"), "{messages}");
    let place = format!("{name}.rs:{line}:");
    assert!(
        messages.contains(&place),
        "wanted a message about line {line}, got:\n{messages}"
    );
}

/// Compiles `source` with the library that cargo has built for the tests; returns the errors.
pub(crate) fn compile(name: &str, source: &str) -> Result<(), String> {
    compile_in("2024", name, source)
}

/// Does the same as [`compile`] for an edition of Rust.
pub(crate) fn compile_in(edition: &str, name: &str, source: &str) -> Result<(), String> {
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
            "--edition",
            edition,
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
        "expected a name in quotes or `..` after `as`: `size: u32 as \"Size\"`",
    );
    refuses(
        "unknown_case",
        "tiny_lambda::json_struct! {
            struct Wrong as snakeCase { // HERE
                a: u8,
            }
        }",
        "unknown word after the struct's name: there are `camelCase`, ",
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
        "rest_default",
        "tiny_lambda::json_struct! {
            struct Wrong {
                a: tiny_lambda::json::Object as .. = tiny_lambda::json::Object::new(), // HERE
            }
        }",
        "a field `as ..` has no default",
    );
    refuses(
        "rest_in_front",
        "tiny_lambda::json_struct! { // HERE
            struct Wrong { rest: tiny_lambda::json::Object as .., a: u8 }
        }",
        "the field `as ..` must be the last",
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
        "expected a name in quotes or `..` after `as`: `Open as \"OPEN\"`",
    );
    for (name, variant, want) in [
        (
            "unknown_variant_type",
            "A(Nope),",
            "cannot find type `Nope`",
        ),
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
        "two fields have the same name in JSON: `unitPrice`",
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
            "two variants have the same name in JSON: `x`",
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
            "two variants have the same name in JSON: `..`",
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
}

/// Checks that `definition`, in `before` and `after`, is a mistake: see [`refuses`].
#[track_caller]
fn each_is_refused(name: &str, before: &str, after: &str, rows: &[(&str, &str)]) {
    for (index, (definition, want)) in rows.iter().enumerate() {
        let source = format!("struct Mine;\n{before}\n{definition} // HERE\n{after}");
        refuses(&format!("{name}_{index}"), &source, want);
    }
}

const NAME_FIRST: &str = "write the name before the default: `size: u32 as \"Size\" = 1`";
const QUOTES: &str = "expected a name in quotes or `..` after `as`: `size: u32 as \"Size\"`";
const NO_TYPE: &str = "expected `:` and a type after the field's name: `name: Type`";
const NO_COLON: &str = "expected `:` after the field's name: `name: Type`";
const NO_COMMA: &str = "expected `,`, `as \"name\"` or `= default` after the field's type";
const NO_QUOTES: &str = "expected a field's name without quotes";
const WORD: &str = "expected only a visibility before the field's name";

/// Fields after `a: u8`, and the messages of the compiler.
const WRONG_FIELDS: &[(&str, &str)] = &[
    ("b: u8 = 1 as \"B\",", NAME_FIRST),
    ("pub b: i8 = -1 as \"B\"", NAME_FIRST),
    ("b: String = String::from(\"x\") as \"B\",", NAME_FIRST),
    (
        "/// B\n b: Vec<u8> = vec![1, 2] as \"B\", c: u8",
        NAME_FIRST,
    ),
    (
        "b: u8 = std::primitive::u8::MAX as \"B\", c: u8 = 2",
        NAME_FIRST,
    ),
    ("b,", NO_TYPE),
    ("b: ,", NO_TYPE),
    ("b: = 1,", NO_TYPE),
    ("b as \"B\": u8,", NO_TYPE),
    ("b = 1,", NO_TYPE),
    ("b: \"String\",", NO_TYPE),
    ("b u8,", NO_COLON),
    ("pub(crate) b u8", NO_COLON),
    ("b => u8,", NO_COLON),
    ("b: u8 c: u8,", NO_COMMA),
    ("b: Vec<u8> pub c: u8,", NO_COMMA),
    ("b: u8; c: u8,", NO_COMMA),
    ("b: u8?,", NO_COMMA),
    ("b: u8 == 1,", NO_COMMA),
    ("b: u8 = 1 c: u8,", "expected `,` after the field's default"),
    (
        "b: u8 = 1; c: u8 = 2;",
        "expected `,` after the field's default",
    ),
    ("b: u8 = ,", "expected a default after `=`"),
    ("b: u8 =", "expected a default after `=`"),
    ("b: u8 as B,", QUOTES),
    ("b: u8 as NAME = 1,", QUOTES),
    ("b: u8 as skip_none,", QUOTES),
    ("b: u8 as concat!(\"a\", \"b\"),", QUOTES),
    ("b: u8 as 5,", "mismatched types"),
    (
        "b: u8 as \"B\" as \"C\",",
        "expected one name after `as`, found another",
    ),
    (
        "b: u8 as \"x\" as ..,",
        "expected one name after `as`, found another",
    ),
    (
        "b: u8 as \"B\" default 1,",
        "expected `,` or `= default` after the field's name in JSON",
    ),
    ("\"b\": u8,", NO_QUOTES),
    ("5: u8,", NO_QUOTES),
    (
        "b: pub u8,",
        "write the visibility before the field's name: `pub name: Type`",
    ),
    ("pub pub b: u8,", WORD),
    ("mut b: u8,", WORD),
    ("const B: u8 = 1,", WORD),
    ("b?: u8,", "expected identifier, found `?`"),
];

#[test]
fn each_wrong_field_is_named_at_its_line() {
    each_is_refused(
        "field",
        "tiny_lambda::json_struct! {\n pub struct Wrong {\n a: u8,",
        "}\n}\nfn uses(wrong: Wrong) -> u8 { wrong.a }",
        WRONG_FIELDS,
    );
}

#[test]
fn each_attribute_of_serde_and_each_wrong_type_is_named_at_its_line() {
    each_is_refused(
        "type",
        "tiny_lambda::json_struct! {\n pub struct Wrong {\n a: u8,",
        "}\n}\nfn uses(wrong: Wrong) -> u8 { wrong.a }",
        &[
            (
                "#[serde(rename = \"x\")] b: u8,",
                "json_struct! does not read serde attributes: write the name after the type",
            ),
            (
                "#[serde(default)] b: u8,",
                "json_struct! does not read serde attributes: write the default after the type",
            ),
            (
                "#[serde(skip_serializing_if = \"Option::is_none\")] b: Option<u8>,",
                "json_struct! does not read serde attributes: the word `skip_none`",
            ),
            (
                "#[serde(flatten)] b: u8,",
                "json_struct! does not read serde attributes: a last field `rest: Object as ..`",
            ),
            (
                "#[serde(with = \"x\")] b: u8,",
                "do not read serde attributes: ",
            ),
            ("b: Mine,", "`Mine` cannot be read from JSON"),
            ("b: Option<Mine>,", "`Mine` cannot be written as JSON"),
            (
                "b: u8 as ..,",
                "`u8` cannot keep the members that no other field takes",
            ),
        ],
    );
}

#[test]
fn other_mistakes_are_named_at_the_macro() {
    // These are about the macro, or about another line.
    each_is_refused(
        "macro",
        "",
        "}",
        &[
            (
                "tiny_lambda::json_struct! { struct Wrong { type: u8 }",
                "escape `type` to use it as an identifier",
            ),
            (
                "tiny_lambda::json_struct! { struct Wrong { a: u8,, b: u8 }",
                "expects a field, `name: Type`, found `,`",
            ),
            (
                "tiny_lambda::json_struct! { struct Wrong { .. }",
                "expects a field, `name: Type`, found `..`",
            ),
            (
                "tiny_lambda::json_struct! { struct Wrong { #[doc = \"x\"] }",
                "after its attributes",
            ),
            (
                "tiny_lambda::json_struct! { struct Wrong { r#type: u8, b: u8 as \"type\" }",
                "two fields have the same name in JSON",
            ),
            (
                "tiny_lambda::json_struct! { struct Wrong as kebab-case { a_b: u8, b: u8 as \"a-b\" }",
                "two fields have the same name in JSON",
            ),
            (
                "tiny_lambda::json_enum! { enum Wrong { type }",
                "escape `type` to use it as an identifier",
            ),
            (
                "tiny_lambda::json_enum! { enum Wrong { A,, B }",
                "expects a variant, found `,`",
            ),
            (
                "tiny_lambda::json_enum! { enum Wrong as snake_case { Ab, B as \"ab\" }",
                "two variants have the same name in JSON",
            ),
            (
                "tiny_lambda::json_struct! {",
                "expects one `struct Name { field: Type, ... }`",
            ),
            (
                "tiny_lambda::json_enum! {",
                "expects one `enum Name { Variant, ... }`",
            ),
        ],
    );
}

#[test]
fn each_wrong_head_of_a_struct_is_named_at_its_line() {
    let generics = "json_struct! does not support generics: implement FromJson and ToJson by hand";
    let tuple = "json_struct! supports tuple structs of one value only: name the fields";
    let no_where = "json_struct! does not support where clauses: implement FromJson and ToJson";
    let lifetimes = "json_struct! supports one lifetime without bounds";
    let body = "json_struct! expects one `struct Name { field: Type, ... }`: `as` and words may follow the \
                name, and nothing follows the `}`";
    let word =
        "unknown word after the struct's name: there are `camelCase`, `PascalCase`, `snake_case`";
    let comma = "expected `,` between the words after the name: `as camelCase, skip_none`";
    let one = "json_struct! expects one `struct Name { field: Type, ... }`";
    each_is_refused(
        "head",
        "tiny_lambda::json_struct! {",
        "}",
        &[
            ("struct Wrong<T> { a: T }", generics),
            (
                "pub struct Wrong<T: Copy> as camelCase { a: T as \"b\", c: String = String::new() }",
                generics,
            ),
            ("struct Wrong<'j, T> { a: &'j T }", generics),
            ("struct Wrong<const N: usize> { a: [u8; N] }", generics),
            ("struct Wrong<T>(T);", generics),
            ("struct Wrong<> { a: u8 }", generics),
            ("struct Wrong<'a, 'b> { a: &'a str, b: &'b str }", lifetimes),
            ("struct Wrong<'a: 'static> { a: &'a str }", lifetimes),
            ("struct Wrong where u8: Copy { a: u8 }", no_where),
            ("struct Wrong<'a> where 'a: 'a { a: &'a str }", no_where),
            ("struct Wrong(u8) where u8: Copy;", no_where),
            (
                "struct Wrong(Option<u8>) as skip_none;",
                "a struct of one value is that value in JSON",
            ),
            (
                "struct Wrong;",
                "json_struct! does not support unit structs: write `struct Name {}`",
            ),
            ("struct Wrong(u8, u8);", tuple),
            ("struct Wrong(pub u8, pub u8);", tuple),
            ("struct Wrong<'a>(&'a str, u8);", tuple),
            ("struct Wrong();", tuple),
            ("struct Wrong(u8)", "expected `;` after the struct"),
            ("struct Wrong(Mine);", "`Mine` cannot be read from JSON"),
            ("struct Wrong as snakecase { a: u8 }", word),
            ("struct Wrong as snake-case { a: u8 }", word),
            ("struct Wrong as kebab_case { a: u8 }", word),
            ("struct Wrong as camelcase, skip_none { a: u8 }", word),
            ("struct Wrong as skip_none, skip { a: u8 }", word),
            (
                "struct Wrong as \"camelCase\" { a: u8 }",
                "expected a word without quotes after the name",
            ),
            (
                "struct Wrong as camelCase, PascalCase { a: u8 }",
                "expected at most one case after the name",
            ),
            ("struct Wrong as camelCase skip_none { a: u8 }", comma),
            ("struct Wrong as camelCase as skip_none { a: u8 }", comma),
            ("struct Wrong as { a: u8 }", body),
            ("struct Wrong camelCase { a: u8 }", body),
            ("struct Wrong: Copy { a: u8 }", body),
            ("struct Wrong", body),
            ("struct Wrong { a: u8 } struct Other { b: u8 }", body),
            ("struct Wrong { a: u8 } impl Wrong {}", body),
            (
                "struct Wrong<'j> { a: &'j str } struct Other { b: u8 }",
                body,
            ),
            (
                "enum Wrong { A }",
                "expected a struct, found an enum: json_enum! defines enums",
            ),
            ("strcut Wrong { a: u8 }", one),
            ("Wrong { a: u8 }", one),
            ("type Wrong = u8;", one),
            ("fn wrong() {}", one),
            (
                "#[serde(rename_all = \"camelCase\")] struct Wrong { a: u8 }",
                "write the case after the type's name, `as camelCase`",
            ),
            (
                "#[serde(deny_unknown_fields)] struct Wrong { a: u8 }",
                "do not read serde attributes",
            ),
            (
                "#[serde(transparent)] struct Wrong(u8);",
                "a struct such as `struct Id(String);` is written as its value",
            ),
        ],
    );
}

#[test]
fn each_wrong_enum_is_named_at_its_line() {
    let quotes = "expected a name in quotes or `..` after `as`: `Open as \"OPEN\"`";
    let end = "expected `,` or `as \"name\"` after the variant";
    let values = "json_enum! supports variants without a value or with one: use a tuple";
    let discriminant = "json_enum! does not support discriminants";
    each_is_refused(
        "variant",
        "tiny_lambda::json_enum! {\n enum Wrong {\n X,",
        "}\n}\nfn uses() -> Wrong { Wrong::X }",
        &[
            (
                "B { a: u8 },",
                "json_enum! does not support variants with named fields: give the variant a struct",
            ),
            (
                "B { a: u8, b: u8 } as \"b\"",
                "json_enum! does not support variants with named fields",
            ),
            ("B(u8, u16),", values),
            ("B(pub u8),", values),
            ("B(),", "expected a type in the parentheses"),
            ("B = 1,", discriminant),
            ("B as \"b\" = 1", discriminant),
            ("B as b,", quotes),
            ("B(u8) as b,", quotes),
            (
                "B as \"b\" as \"c\",",
                "expected one name after `as`, found another",
            ),
            (
                "B(String) as .. as \"x\",",
                "expected one name after `as`, found another",
            ),
            ("B C,", end),
            ("B as \"b\" C,", end),
            ("B(u8) C,", end),
            ("B as \"b\" (u8),", "write the value before the name"),
            ("B as \"b\" { b: u8 },", end),
            ("pub(crate) B,", "variants are as public as their enum"),
            ("B; C,", end),
            ("B: u8,", end),
            ("B[u8],", end),
            ("\"b\",", "expected a variant's name without quotes"),
            ("pub B,", "variants are as public as their enum"),
            (
                "B as ..,",
                "a variant `as ..` needs a type for its value: `Other(String) as ..`",
            ),
            (
                "#[serde(rename = \"x\")] B,",
                "write the name after the variant, `Open as \"OPEN\"`",
            ),
            ("#[serde(other)] B,", "do not read serde attributes"),
            ("B(Mine),", "`Mine` cannot be read from JSON"),
        ],
    );
}

#[test]
fn each_wrong_head_of_an_enum_is_named_at_its_line() {
    let generics = "json_enum! does not support generics: implement FromJson and ToJson by hand";
    let word = "unknown word after the enum's name: there are a tag in quotes, `camelCase`";
    let body = "json_enum! expects one `enum Name { Variant, ... }`: `as`, a tag in quotes and words may follow \
                the name, and nothing follows the `}`";
    let one = "json_enum! expects one `enum Name { Variant, ... }`";
    each_is_refused(
        "enum_head",
        "tiny_lambda::json_enum! {",
        "}",
        &[
            ("enum Wrong<T> { A(T) }", generics),
            ("enum Wrong<'a> { A(&'a str) }", generics),
            ("enum Wrong where u8: Copy { A }", generics),
            ("enum Wrong {}", "json_enum! expects a variant"),
            ("enum Wrong as camelcase { A }", word),
            ("enum Wrong as skip_none { A }", word),
            ("enum Wrong as type { A }", "found keyword `type`"),
            (
                "enum Wrong as camelCase, \"type\" { A }",
                "the tag comes before the words",
            ),
            (
                "enum Wrong as \"type\", \"x\" { A }",
                "the tag comes before the words",
            ),
            (
                "enum Wrong as \"type\" camelCase { A }",
                "expected `,` between the words after the name",
            ),
            (
                "enum Wrong as camelCase, PascalCase { A }",
                "expected at most one case after the name",
            ),
            ("enum Wrong: u8 { A }", body),
            ("enum Wrong", body),
            (
                "struct Wrong { a: u8 }",
                "expected an enum, found a struct: json_struct! defines structs",
            ),
            ("emun Wrong { A }", one),
            (
                "#[serde(tag = \"type\")] enum Wrong { A }",
                "write the tag after the name, `enum Name as \"type\"`",
            ),
            (
                "#[serde(untagged)] enum Wrong { A }",
                "do not read serde attributes",
            ),
        ],
    );
}

#[test]
fn each_mistake_in_a_tree_is_named_at_its_line() {
    let colon = "json! expects `:` and a value after the name of a member; a name that is an expression is in parentheses";
    let comma = "json! expects `,` after the value of a member";
    let value = "json! expects a value after `:`";
    each_is_refused(
        "member",
        "fn tree(x: u8, y: Option<u8>) -> tiny_lambda::json::Value {\n tiny_lambda::json!({\n \"a\": 1,",
        "})\n}",
        &[
            ("\"b\" 1,", colon),
            ("\"b\"", colon),
            ("\"b\" = 1", colon),
            ("\"b\" => 1", colon),
            ("format!(\"x\"): 1", colon),
            ("\"b\".to_owned(): 1", colon),
            ("x + 1: 1", colon),
            ("x.y: 1", colon),
            ("x 1", colon),
            ("\"b\": 1 \"c\": 2", comma),
            ("\"b\": x + 1 \"c\": 2", comma),
            ("\"b\": 1; \"c\": 2", comma),
            ("\"b\": {} {}", comma),
            ("\"b\": null null", comma),
            ("\"b\": ,", value),
            ("\"b\":", value),
            ("\"b\": { \"c\" 1 }", colon),
            ("\"b\": [1 2]", "json! expects `,` between elements"),
            ("\"b\": [x x]", "json! expects `,` between elements"),
            ("b: 1", "cannot find value `b`"),
            ("5: 1", "AsRef<str>` is not satisfied"),
            ("\"b\": undefined", "cannot find value `undefined`"),
        ],
    );
    // A value is an argument in the expansion: the message is about the macro, and names the type.
    each_is_refused(
        "value",
        "",
        "",
        &[
            (
                "fn tree() { tiny_lambda::json!({ \"a\": [1, Mine] }); }",
                "`Mine` cannot be written as JSON",
            ),
            (
                "fn tree() { tiny_lambda::json!(Some(Mine)); }",
                "`Mine` cannot be written as JSON",
            ),
            (
                "fn tree() { tiny_lambda::json!({ \"a\": 1,, \"b\": 2 }); }",
                "expects members `\"name\": value`, found `,`",
            ),
            (
                "fn tree() { tiny_lambda::json!({ (1) 2 }); }",
                "expects members `\"name\": value`, found `(1)`",
            ),
            (
                "fn tree() { tiny_lambda::json!([, 1]); }",
                "json! expects an element, found `,`",
            ),
            (
                "fn tree() { tiny_lambda::json!(1 2); }",
                "json! expects one value, found more after it",
            ),
            (
                "fn tree(x: u8) { tiny_lambda::json!(x x); }",
                "json! expects one value, found more after it",
            ),
            (
                "fn tree() { tiny_lambda::json!({} {}); }",
                "json! expects one value, found more after `{}`",
            ),
            (
                "fn tree() { tiny_lambda::json!({ \"a\": 1 }, 2); }",
                "json! expects one value, found `,` after it",
            ),
            (
                "fn tree() { tiny_lambda::json!([1], 2); }",
                "json! expects one value, found `,` after it",
            ),
            (
                "fn tree() { tiny_lambda::json!(); }",
                "json! expects a value",
            ),
        ],
    );
}

/// A variable of a macro with the name of a constant or a static would be a pattern that compares with it.
#[test]
fn no_macro_has_a_variable_with_the_name_of_a_users_constant() {
    let source = r#"#![deny(warnings)]
        #![allow(dead_code, non_upper_case_globals)]
        use tiny_lambda::*;
        mod names {
            macro_rules! names {
                ($($constant:ident)*; $($static:ident)*) => {
                    $(pub const $constant: u8 = 1;)*
                    $(pub static $static: u8 = 1;)*
                };
            }
            names! {
                cx argument field value error how object r w missing index variant name placeholder tag;
                text values names metrics dimensions line json_members check_types
            }
        }
        use names::*;
        json_struct! {
            pub struct Rest as camelCase, skip_none {
                value: u8 = value, b: Option<u8>, r: u8 = r + w + tag, c: u8 = json_members, rest: json::Object as ..
            }
        }
        json_struct! { pub struct Borrowed<'j> { a: &'j str, c: u8 = r + check_types } }
        json_struct! { pub struct Transparent(u8); }
        json_enum! { pub enum Tagged as "type", camelCase { A, B(Rest), C(json::Object) as .. } }
        json_enum! { pub enum External { A, B(u8), C(String) as .. } }
        pub fn f(context: &Context, x: u8) -> Result<()> {
            let _ = json!({ "a": object, "b": [1, { "c": index }] });
            ensure!(x > 1, "{error} {how}");
            if x > missing { bail!("x {}", error) }
            if x > variant { bail!(context.request_id.clone()) }
            metrics!("Shop", { "service": "orders" }, "n": Count = line, "m": None = metrics);
            info!(context, "{value} {} {text}", argument, cx = cx, field = field, "value" = values);
            Ok(())
        }
        fn main() {}"#;
    assert_eq!(compile("constants", source), Ok(()));
}

#[test]
fn types_that_derive_serde_keep_their_attributes() {
    // Without serde, its attributes are the compiler's only errors.
    let source = "tiny_lambda::json_struct! {
        #[derive(serde::Serialize, Debug)]
        struct Both { #[serde(rename = \"x\")] a: u8 as \"x\" }
    }
    fn main() {}";
    let messages = compile("serde_derive", source).expect_err("there is no serde");
    assert!(
        !messages.contains("does not read serde attributes"),
        "{messages}"
    );
}

#[test]
fn wide_structs_do_not_exceed_the_recursion_limit() {
    let fields = |n, field: &str| -> String {
        let field = |index: i32| format!("/// A.\n/// B.\n pub a{index}: {field},\n");
        (0..n).map(field).collect()
    };
    let wide = |head: &str, fields: String| {
        format!("tiny_lambda::json_struct! {{\n{head} {{ {fields} }}\n}}\n")
    };
    let docs = "/// Text.\n".repeat(200);
    let right = [
        wide("struct A", fields(200, "u8 = 1")),
        wide("struct B", fields(50, "String = String::new()")),
        wide("struct C", fields(300, "Option<u8>")),
        wide(&format!("{docs}#[derive(Debug)] struct D"), docs + "a: u8"),
        wide(
            "struct E",
            fields(200, "u8").replace(" pub", "#[allow(dead_code)] #[deprecated] pub"),
        ),
        wide(
            "struct F",
            fields(100, "u8 = 1") + "#[cfg(any())] a: Missing",
        ),
        "fn main() {}".to_owned(),
    ];
    assert_eq!(compile("right_wide", &right.concat()), Ok(()));
    let wrong = wide("struct E", fields(100, "Option<String>") + "b u8 // HERE\n");
    refuses("wide", &wrong, "expected `:` after the field's name");
}
