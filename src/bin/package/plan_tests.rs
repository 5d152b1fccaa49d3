//! Tests of `plan.rs` and `json.rs`: the choice of targets, the JSON reader, and the messages about failed builds.

use super::json::Json;
use super::{Options, choose, explain, plan, quoted};

/// Cargo's metadata of a workspace with two functions, a library, a tool, and a copy of tiny-lambda.
fn workspace() -> Json {
    let package = |name: &str, dependency: &str, more: &str, targets: &[(&str, &str)]| {
        let targets: Vec<String> = targets
            .iter()
            .map(|(kind, name)| format!(r#"{{"kind":["{kind}"],"name":"{name}"}}"#))
            .collect();
        format!(
            r#"{{"name":"{name}","manifest_path":"/w/{name}/Cargo.toml","dependencies":[{dependency}],
                "metadata":{{"target_directory":"/wrong"}},"targets":[{}]{more}}}"#,
            targets.join(",")
        )
    };
    let ours = r#"{"name":"tiny-lambda","kind":null,"path":"/w/tiny-lambda"}"#;
    let common = r#"{"name":"common","kind":null,"path":"/w/common"}"#;
    let only_in_tests = r#"{"name":"tiny-lambda","kind":"dev"}"#;
    let packages = [
        package(
            "tiny-lambda",
            "",
            "",
            &[("bin", "emulator"), ("example", "hello")],
        ),
        package("common", ours, "", &[("lib", "common")]),
        package(
            "orders",
            ours,
            r#","default_run":"place""#,
            &[("bin", "place"), ("bin", "cancel"), ("example", "shared")],
        ),
        package(
            "payments",
            common,
            "",
            &[("bin", "pay"), ("example", "shared"), ("example", "place")],
        ),
        package("xtask", only_in_tests, "", &[("bin", "xtask")]),
    ];
    let text = format!(
        r#"{{"packages":[{}],"resolve":null,"target_directory":"/w/a\n\"b'","workspace_root":"/w",
            "metadata":{{"target_directory":"/wrong","workspace_root":"/wrong"}}}}"#,
        packages.join(",")
    );
    Json::parse(text.as_bytes()).unwrap()
}

fn options<'o>(manifest: &'o str, names: &'o str, packages: &'o str) -> Options<'o> {
    Options {
        manifest,
        names: names.split_whitespace().collect(),
        packages: packages.split_whitespace().collect(),
        is_workspace: false,
        features: Vec::new(),
    }
}

/// Checks which targets are chosen by these options.
#[track_caller]
fn check_options(options: &Options<'_>, want: Result<&str, &str>) {
    let metadata = workspace();
    let chosen = choose(&metadata, options).map(|chosen| {
        let text = chosen.iter().map(|target| {
            let package = target.package.get("name").text();
            format!("{package}/{}/{}", target.kind, target.name)
        });
        text.collect::<Vec<_>>().join(" ")
    });
    let chosen = chosen.as_deref().map_err(String::as_str);
    assert_eq!(chosen, want);
}

#[track_caller]
fn check(manifest: &str, names: &str, packages: &str, want: Result<&str, &str>) {
    check_options(&options(manifest, names, packages), want);
}

#[test]
fn names_are_looked_up_in_the_package_or_in_all_members() {
    let root = "/w/Cargo.toml";
    check(
        root,
        "pay place",
        "",
        Ok("payments/bin/pay orders/bin/place"),
    );
    check(
        root,
        "shared",
        "",
        Err("several packages have \"shared\": choose one by --package: orders payments"),
    );
    check(root, "shared", "payments", Ok("payments/example/shared"));
    check(
        root,
        "",
        "payments orders",
        Ok("payments/bin/pay orders/bin/place"),
    );
    check("/w/orders/Cargo.toml", "", "", Ok("orders/bin/place"));
    check(
        "/w/orders/Cargo.toml",
        "pay",
        "",
        Err("no example or binary \"pay\" in /w/orders/Cargo.toml, which has cancel place shared"),
    );
    check(
        root,
        "hello",
        "",
        Err(
            "no example or binary \"hello\" in /w/Cargo.toml, which has cancel place pay xtask shared place shared",
        ),
    );
    check(
        "/w/tiny-lambda/Cargo.toml",
        "hello",
        "",
        Ok("tiny-lambda/example/hello"),
    );
    check(
        root,
        "",
        "",
        Err(
            "name what to build, or --workspace for all functions: /w/Cargo.toml has cancel place pay xtask \
             shared place shared",
        ),
    );
    check(
        root,
        "",
        "common",
        Err("name what to build: /w/Cargo.toml has no example or binary"),
    );
    check(
        root,
        "",
        "pay",
        Err(
            "no package \"pay\" in /w/Cargo.toml, which has tiny-lambda common orders payments xtask",
        ),
    );
    let mut all = options(root, "", "");
    all.is_workspace = true;
    check_options(
        &all,
        Ok("orders/bin/cancel orders/bin/place payments/bin/pay"),
    );
}

#[test]
fn the_plan_is_text_for_a_shell() {
    let text = plan(&workspace(), &options("/w/Cargo.toml", "pay", "")).unwrap();
    let want = "target_dir='/w/a\n\"b'\\'''\nworkspace=/w\nnames=pay\n\
                functions='\"$step\" pay bin /w/payments/Cargo.toml\n'\n";
    assert_eq!(text, want);
    for (text, want) in [
        ("", "''"),
        ("a/b-c.d", "a/b-c.d"),
        ("$a", "'$a'"),
        ("a'b", "'a'\\''b'"),
    ] {
        assert_eq!(quoted(text), want);
    }
}

#[test]
fn json_is_read_as_rfc_8259_says() {
    for text in [
        "0",
        "-0.5e+10",
        " [ ] ",
        "{}",
        "[1,{\"a\":[null,true,false]}]",
        "\"\\u00e9\\ud83d\\ude00\\n\"",
        "\"\\ud800\"",
    ] {
        assert!(Json::parse(text.as_bytes()).is_ok(), "{text}");
    }
    let text = Json::parse(b"\"\\ud83d\\ude00\\\"\\/\\t\"").unwrap();
    assert_eq!(text.text(), "\u{1f600}\"/\t");
    for (text, want) in [
        ("", "expected a value, found the end at offset 0"),
        ("01", "expected the end of the text, found `1` at offset 1"),
        ("1.", "expected a digit, found the end at offset 2"),
        ("[1,]", "expected a value, found `]` at offset 3"),
        ("{\"a\" 1}", "expected `:`, found `1` at offset 5"),
        ("{a:1}", "expected `\"`, found `a` at offset 1"),
        ("'a'", "expected a value, found `'` at offset 0"),
        ("\"a", "expected `\"`, found the end at offset 2"),
        (
            "\"\n\"",
            "expected an escaped control character, found `\n` at offset 1",
        ),
        ("\"\\x\"", "expected an escape, found `x` at offset 2"),
        (
            "\"\\u00g0\"",
            "expected four hexadecimal digits, found `0` at offset 3",
        ),
        ("nul", "expected a value, found `n` at offset 0"),
    ] {
        assert_eq!(Json::parse(text.as_bytes()), Err(want.into()), "{text}");
    }
    assert_eq!(
        Json::parse(b"\"\xff\""),
        Err("expected UTF-8 at offset 1".into())
    );
    assert!(Json::parse("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn known_errors_of_a_build_have_a_remedy() {
    let explained = |log: &str| explain(log, "x86_64-unknown-linux-musl", "gcc", "/rust dir");
    let compiler = "build.sh: ring needs a C compiler for x86_64-unknown-linux-musl: set CC_x86_64_unknown_linux_musl=…, \
                    or install gcc (Debian, Fedora) or musl-cross (Homebrew)\n";
    for error in [
        "error occurred in cc-rs: failed to find tool \"x86_64-linux-musl-gcc\": No such file or directory (os error 2)",
        "error occurred: Failed to find tool. Is `x86_64-linux-musl-gcc` installed?",
        "is `cmake` not installed?",
    ] {
        let log =
            format!("error: failed to run custom build command for `ring v0.17.14`\n\n  {error}\n");
        assert_eq!(explained(&log), compiler, "{error}");
    }
    let linker = explained(
        "error: linker `cc` not found\n  |\n  = note: No such file or directory (os error 2)\n",
    );
    assert!(
        linker.starts_with("build.sh: cargo links the build scripts"),
        "{linker}"
    );
    assert!(
        linker.ends_with("such as gcc and libc6-dev (Debian) or gcc (Fedora)\n"),
        "{linker}"
    );
    let mold = explained("  = note: rust-lld: error: unknown argument '-fuse-ld=mold'\n");
    assert!(
        mold.starts_with("build.sh: -fuse-ld=mold in RUSTFLAGS or "),
        "{mold}"
    );
    let library = "/x/lib/rustlib/src/rust/library";
    let std = explained(&format!(
        "error: no matching package named `addr2line` found\nrequired by package `std v0.0.0 ({library}/std)`\n"
    ));
    let cure = "`cargo fetch --locked --manifest-path '/rust dir/lib/rustlib/src/rust/library/Cargo.toml'`";
    assert!(std.contains(cure) && std.contains("`--sync"), "{std}");
    for log in [
        "",
        "error[E0425]: cannot find value `nonsense` in this scope",
        "error: no matching package named `serde` found\nrequired by package `mine v0.1.0`",
        "rust-lld: error: unknown argument '--mine'",
    ] {
        assert_eq!(explained(log), "", "{log}");
    }
}
