//! Compiler errors for wrong fields in `info!` and the like: they are about the user's line.

use crate::json_macro_errors::{compile, compile_in, refuses};

/// Returns a function that contains `line`.
fn source(line: &str) -> String {
    format!(
        "struct Mine;
        fn f(cx: &tiny_lambda::Context, id: String, n: u32, mine: Mine) {{
            let _ = (cx, &id, n, &mine);
            {line}
        }}"
    )
}

#[track_caller]
fn check(name: &str, line: &str, want: &str) {
    let source = source(&format!("tiny_lambda::{line}; // HERE"));
    refuses(&format!("log_{name}"), &source, want);
}

#[test]
fn correct_fields_compile() {
    let lines = [
        r#"info!("paid", order = id, cents = n,)"#,
        r#"info!(cx, "paid {} of {n}", id, order = id, n2 = n,)"#,
        r#"info!(&mut cx.clone(), "{id}", n = n, "user.id" = n)"#,
        r#"info!(&std::sync::Arc::new(cx.clone()), "a", a = id)"#,
        r#"warn!("a", %id, ?n, a = %id.len(), b = ?Some(&id), "c" = %n)"#,
        r#"error!("a", r#type = [1, 2], none = None::<u8>, some = (1, "a"))"#,
        // Arguments of the message, also in the message of a macro.
        r#"debug!("{x:>w$} {}", n, x = Shown, w = 5)"#,
        r#"trace!(cx, concat!("{x}", "{}"), n, x = Shown)"#,
        r#"info!(cx, "{message} {level}", message = n, level = n)"#,
        r#"info!("{a} {b}", a = b, b = a)"#,
        // An argument that begins like a literal.
        r#"info!("{} {}", -signed, -1 - signed)"#,
        r#"info!(cx, "{} {a}", -signed, a = -signed, b = -signed, "c" = -signed, d = %-signed)"#,
        r#"info!("{} {x}", FIELDS, x = FIELDS, y = FIELDS)"#,
    ];
    let lines = lines.map(|line| format!("{line};\n")).concat();
    let source = format!(
        "#![deny(warnings)]
        use tiny_lambda::*;
        const FIELDS: u8 = 1;
        struct Shown;
        impl std::fmt::Display for Shown {{
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ f.write_str(\"x\") }}
        }}
        pub fn f<T: json::ToJson>(cx: &Context, id: String, n: u32, a: u8, b: u16, signed: i8, t: T) {{
            {lines}
            info!(\"generic\", t = t);
        }}
        fn main() {{}}"
    );
    assert_eq!(compile("log_fields", &source), Ok(()));
}

/// In edition 2021 the temporaries of a block's last expression live longer than the block's variables.
#[test]
fn a_log_macro_may_be_the_last_expression_of_a_block() {
    let source = r#"#![deny(warnings)]
        use std::cell::RefCell;
        use tiny_lambda::{Context, info};
        pub fn f(cx: &Context) {
            let cell = RefCell::new(1);
            match cell.take() {
                1 => info!(cx, "{}", cell.borrow()),
                _ => info!("a", n = *cell.borrow()),
            }
            let cell = RefCell::new(1);
            info!(cx, "{}", cell.borrow(), n = *cell.borrow())
        }
        fn main() {}"#;
    assert_eq!(compile_in("2021", "log_last", source), Ok(()));
}

#[test]
fn values_of_unsized_types_and_behind_any_pointer_compile() {
    let source = r#"#![deny(warnings)]
        use std::{rc::Rc, sync::Arc};
        use tiny_lambda::{Context, info, json, json::ToJson, log};
        type Shared = Arc<dyn ToJson + Send + Sync>;
        pub fn f(
            cx: &Context, a: &dyn ToJson, b: Box<dyn ToJson>, c: Box<str>, d: Rc<[u8]>, e: &(dyn ToJson + Send),
            f: Shared, g: &mut dyn ToJson, h: &mut str,
        ) {
            info!(cx, "a", a = a, a1 = *a, b = b, b1 = *b, b2 = &*b, b3 = Some(a));
            info!("a {c}", c = *c, c1 = *c, c2 = c, d = *d, d1 = d, d2 = &d[1..], d3 = d[1..]);
            info!("{h}", e = e, e1 = *e, f = f, f1 = *f, f2 = &*f, g = g, g1 = *g, h = *h, h1 = h);
            log::append_key(cx, "a", a);
            log::write_with_fields(log::Level::Info, cx, format_args!("a"), &[("a", a), ("b", &*b), ("e", &e)]);
            let _ = (json!({ "a": a, "b": *b, "c": *c, "d": d, "e": e, "f": f }), json::to_vec(&[a, &b]));
        }
        fn main() {}"#;
    assert_eq!(compile("log_unsized", source), Ok(()));
}

/// The names of constants cannot be bound as variables can, and neither can those of the macros' own variables if they
/// were names of constants.
#[test]
fn names_of_constants_can_be_names_of_fields() {
    let source = r#"#![deny(warnings)]
        #![allow(non_upper_case_globals)]
        use tiny_lambda::*;
        const MAX: u8 = 1;
        static LIMIT: u8 = 1;
        struct Unit;
        const cx: u8 = 1;
        const argument: u8 = 1;
        const field: u8 = 1;
        static fields: u8 = 1;
        static value: u8 = 1;
        pub fn f<const N: usize>(context: &Context, a: u8) {
            info!("a", MAX = MAX, LIMIT = LIMIT, N = N, Unit = a);
            info!(context, "{MAX} {LIMIT} {N} {Unit}", MAX = a, LIMIT = LIMIT, N = %N, Unit = ?N);
            info!(context, "{cx} {argument} {field} {}", field, fields = fields, field = a, cx = cx);
            info!(context, "{value} {fields} {}", argument, "value" = value, "fields" = fields);
            let _ = Unit;
        }
        fn main() {}"#;
    assert_eq!(compile("log_constants", source), Ok(()));
}

#[test]
fn a_users_macro_may_pass_the_message_and_its_names_together() {
    let source = r#"#![deny(warnings)]
        use tiny_lambda::*;
        macro_rules! all { ($($all:tt)*) => { info!($($all)*) } }
        macro_rules! own { () => { info!("{a}", a = 1, b = 2) } }
        macro_rules! message { ($text:literal) => { info!($text, c = 1, d = 2) } }
        macro_rules! expression { ($text:expr) => { info!($text, c = 1) } }
        macro_rules! name { ($name:ident) => { info!("a", $name = 1) } }
        macro_rules! both { ($text:literal, $name:ident) => { info!($text, $name = 1) } }
        pub fn f(cx: &Context, a: u8, b: u8) {
            all!(cx, "{a} {c}", c = a, d = b);
            own!();
            message!("{a} {b}");
            expression!("{a} {b}");
            name!(a);
            both!("{a} {b}", a);
        }
        fn main() {}"#;
    assert_eq!(compile("log_users_macro", source), Ok(()));
}

/// `format!` would use the macro's value. A log macro cannot, and must not use another variable instead.
#[test]
fn a_users_macro_cannot_pass_the_message_and_its_names_from_different_places() {
    let want = "NameOfAnotherMacro) {x}` doesn't implement";
    for (name, text, want) in [
        ("display", "{x}", want),
        ("debug", "{x:?}", want),
        ("hex", "{x:#x}", "NameOfAnotherMacro"),
        ("width", "{x2:x$}", "NameOfAnotherMacro"),
    ] {
        let source = format!(
            "macro_rules! message {{ ($text:literal) => {{ tiny_lambda::info!($text, x = 1) }} }}
            fn f(x: usize, x2: usize) {{
                let _ = (x, x2);
                message!(\"{text}\"); // HERE
            }}"
        );
        refuses(&format!("log_message_{name}"), &source, want);
    }
    let source = "macro_rules! name {
            ($name:ident) => { tiny_lambda::info!(\"{x}\", $name = 1) }; // HERE
        }
        fn f(x: u8) { name!(x) }";
    refuses("log_message_name", source, want);
}

#[test]
fn the_error_of_a_wrong_field_says_what_to_write() {
    check(
        "value_type",
        r#"info!(cx, "paid", order = mine)"#,
        "`Mine` cannot be the value of a log field",
    );
    check(
        "value_type_note",
        r#"error!("paid", order = mine)"#,
        "`name = %value` writes its `Display`",
    );
    let commas =
        "expected fields with commas between them: `info!(\"paid\", order = id, cents = n)`";
    check("comma", r#"info!("paid", order = id cents = n)"#, commas);
    check(
        "semicolon",
        r#"info!(cx, "paid", order = id; cents = n)"#,
        commas,
    );
    check(
        "two_commas",
        r#"info!(cx, "paid", order = id,, cents = n)"#,
        commas,
    );
    let message = "expected `,` after the message";
    check("message_comma", r#"info!("paid" order = id)"#, message);
    check(
        "context_message_comma",
        r#"info!(cx, "paid" order = id)"#,
        message,
    );
    check("message_semicolon", r#"info!("paid"; order = id)"#, message);
    check(
        "no_value",
        r#"info!("paid", order =)"#,
        "expected a value after `order =`",
    );
    check(
        "no_value_in_front",
        r#"info!(cx, "paid", order =, cents = n)"#,
        "expected a value after `order =`",
    );
    check(
        "no_value_in_quotes",
        r#"info!("paid", "order" =)"#,
        "expected a value after `\"order\" =`",
    );
    let unnamed = "a field that is not a variable needs a name: `id = %order.id`";
    check("unnamed", r#"info!("paid", %id.len())"#, unnamed);
    check(
        "unnamed_debug",
        r#"info!(cx, "paid", n = n, ?cx.tenant_id)"#,
        unnamed,
    );
    check(
        "colon",
        r#"info!("paid", order: id)"#,
        "expected `=` after the field `order`, found `:`",
    );
    check("shorthand", r#"info!("paid", n)"#, "argument never used");
    check(
        "shorthand_with_field",
        r#"info!("paid", n, order = id)"#,
        "argument never used",
    );
    check(
        "late_argument",
        r#"info!("paid {}", order = id, n)"#,
        "the message's own arguments come before the fields",
    );
    check(
        "dots",
        r#"info!("paid", user.id = id)"#,
        "a field's name with a dot must be in quotes: `\"user.id\" = id`",
    );
}

#[test]
fn the_error_of_a_wrong_order_or_name_says_what_to_write() {
    let order = "expected the message before the fields: `info!(cx, \"paid\", order = id)`";
    check("order", r#"info!(order = id, "paid")"#, order);
    check("context_order", r#"info!(cx, order = id, "paid")"#, order);
    check("order_display", r#"info!(%id, "paid")"#, order);
    check("context_order_debug", r#"info!(cx, ?id, "paid")"#, order);
    check("log_order", r#"info!(order = id; "paid")"#, order);
    check(
        "reserved",
        r#"info!("paid", message = id)"#,
        "`message` is a member of every log line: give the field another name",
    );
    check(
        "reserved_quotes",
        r#"info!("paid", "requestId" = n)"#,
        "`requestId` is a member",
    );
    check(
        "twice",
        r#"info!("paid", order = id, "order" = n)"#,
        "two fields of a log line have the same name",
    );
    check(
        "twice_bound",
        r#"info!("paid", order = id, order = n)"#,
        "two fields of a log line have the same name",
    );
    check(
        "blank",
        r#"info!("paid", "order id" = n)"#,
        "a field's name has no blanks",
    );
    check(
        "empty",
        r#"info!("paid", "" = n)"#,
        "a field's name has no blanks",
    );
    check("number", r#"info!("paid", 1 = n)"#, "mismatched types");
    check(
        "no_message",
        "info!(cx, 1)",
        "format argument must be a string literal",
    );
    check("bracket", r#"info!("paid {", order = id)"#, "expected `}`");
}
