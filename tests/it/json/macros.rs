//! The types that `json_struct!` and `json_enum!` make: what they read, write and refuse.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;

use tiny_lambda::json::{
    ErrorKind, FromJson, Object, RawJson, ToJson, Value, parse, parse_borrowed, to_vec,
};

/// Checks that `text` is read as `want`, and that `want` is read as it was written.
#[track_caller]
fn reads<T: FromJson + ToJson + PartialEq + Debug>(text: &str, want: T) {
    assert_eq!(parse::<T>(text.as_bytes()).as_ref(), Ok(&want), "{text}");
    let written = to_vec(&want);
    assert_eq!(
        parse::<T>(&written),
        Ok(want),
        "{}",
        String::from_utf8_lossy(&written)
    );
}

/// Checks that `text` cannot be read as `T`, and the error message.
#[track_caller]
fn refuses<T: FromJson + Debug>(text: &str, want: &str) {
    assert_eq!(
        parse::<T>(text.as_bytes()).expect_err(text).to_string(),
        want,
        "{text}"
    );
}

#[track_caller]
fn writes<T: ToJson>(value: &T, want: &str) {
    assert_eq!(String::from_utf8(to_vec(value)).unwrap(), want);
    assert_eq!(value.to_value().to_string(), want, "as a tree");
}

#[test]
fn members_may_come_in_any_order_and_more_than_once() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Event {
            a: u8,
            r#type: String,
            next: Option<u8> as "n/\"ext",
            r: bool = true,
        }
    }
    let want = || Event {
        a: 3,
        r#type: "t".into(),
        next: None,
        r: true,
    };
    reads(r#"{"type":"t","a":3}"#, want());
    reads(
        r#"{"a":1,"x":{"a":[2]},"a":3,"n/\"ext":null,"type":"t"}"#,
        want(),
    );
    reads(r#"{"\u0061":3,"r":true,"ty\u0070e":"t"}"#, want());
    reads(
        r#"{"a":3,"type":"t","r":false,"n/\"ext":9}"#,
        Event {
            next: Some(9),
            r: false,
            ..want()
        },
    );
    writes(&want(), r#"{"a":3,"type":"t","n/\"ext":null,"r":true}"#);
    refuses::<Event>(
        r#"{"a":3}"#,
        "missing member `type` at $ (offset 6, line 1, column 7)",
    );
    refuses::<Vec<Event>>(
        r#"[{"a":-3}]"#,
        "number out of range for u8 at $[0].a (offset 6, line 1, column 7)",
    );
    refuses::<Event>(
        r#"{"b":nul}"#,
        "expected a value, found `n` at $.b (offset 5, line 1, column 6)",
    );
}

#[test]
fn the_second_of_two_members_with_one_name_replaces_the_whole_struct() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Inner {
            a: u8,
            b: Option<String>,
            c: u8 = 7,
            d: Vec<u8> = vec![1],
            deep: Option<Box<Inner>>,
            all: Object as ..,
        }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Borrowed<'j> { a: &'j str, b: Option<&'j str>, c: u8 = 7, deep: Inner }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Outer<'j> { inner: Inner, borrowed: Borrowed<'j>, maybe: Option<Inner> }
    }
    let inner = || Inner {
        a: 2,
        b: None,
        c: 7,
        d: vec![1],
        deep: None,
        all: Object::default(),
    };
    let full = r#"{"a":1,"b":"x","c":8,"d":[],"deep":{"a":1},"e":3}"#;
    let text = format!(
        r#"{{"inner":{full},"maybe":{full},"borrowed":{{"a":"1","b":"x","c":8,"deep":{full}}},
        "inner":{{"a":2}},"maybe":{{"a":2}},"borrowed":{{"a":"2","deep":{{"a":2}}}}}}"#
    );
    let outer: Outer = parse_borrowed(text.as_bytes()).unwrap();
    let want = Outer {
        inner: inner(),
        borrowed: Borrowed {
            a: "2",
            b: None,
            c: 7,
            deep: inner(),
        },
        maybe: Some(inner()),
    };
    assert_eq!(outer, want);
    // The second struct lacks a member that the first one has.
    let text = text.replace(r#""deep":{"a":2}"#, r#""c":1"#);
    let error = parse_borrowed::<Outer>(text.as_bytes()).unwrap_err();
    assert_eq!(
        (error.message(), error.path()),
        ("missing member `deep`", "$.borrowed")
    );
}

#[test]
fn structs_map_the_case_of_names_and_collect_unknown_members() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Camel as camelCase { unit_price_cents: u8, r#type: u8 as "kind", a: Option<u8>, others: Object as .. }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Pascal as PascalCase { event_source: u8 }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct All { all: Object as .. }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Empty {}
    }
    let text = r#"{"unitPriceCents":1,"kind":2,"a":null,"b":[{}],"c\"":"x"}"#;
    let value: Camel = parse(text.as_bytes()).unwrap();
    assert_eq!(
        (value.unit_price_cents, value.r#type, value.others.len()),
        (1, 2, 2)
    );
    writes(&value, text);
    reads(r#"{"EventSource":1}"#, Pascal { event_source: 1 });
    writes(&Pascal { event_source: 1 }, r#"{"EventSource":1}"#);
    writes(
        &parse::<All>(br#"{"x":1,"y":2,"x":3}"#).unwrap(),
        r#"{"x":3,"y":2}"#,
    );
    writes(&All { all: Object::new() }, "{}");
    reads(r#"{"x":1}"#, Empty {});
    writes(&Empty {}, "{}");
    refuses::<Camel>(
        r#"{"unitPriceCents":1,"b":nul,"kind":2}"#,
        "expected a value, found `n` at $.b (offset 24, line 1, column 25)",
    );
}

#[test]
fn structs_with_any_member_names_are_read_as_they_were_written() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Names {
            a: u8,
            ab: u8,
            abcdef: u8,
            abcdefg: u8,
            abcdefgh: u8,
            abcdefghi: u8,
            abcdefghijklmnop: u8,
            abcdefghijklmnopq: u8,
            empty: u8 as "",
            accents: u8 as "\u{e9}\u{20ac}",
            controls: u8 as "\u{8}\u{c}\n\r\t\u{1}\u{1f}",
            quotes: u8 as "\\\"",
        }
    }
    let want = || Names {
        a: 1,
        ab: 2,
        abcdef: 3,
        abcdefg: 4,
        abcdefgh: 5,
        abcdefghi: 6,
        abcdefghijklmnop: 7,
        abcdefghijklmnopq: 8,
        empty: 9,
        accents: 10,
        controls: 11,
        quotes: 12,
    };
    let text = String::from_utf8(to_vec(&want())).unwrap();
    reads(&text, want());
    let tree: Object = parse(text.as_bytes()).unwrap();
    // In every rotation of the members, and with all characters escaped.
    for start in 0..tree.len() {
        let rotated: Object = tree
            .iter()
            .cycle()
            .skip(start)
            .take(tree.len())
            .map(|(name, value)| (name, value.clone()))
            .collect();
        reads(&Value::Object(rotated.clone()).to_string(), want());
        let mut escaped = Vec::new();
        for (name, value) in &rotated {
            let units = name.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            let name = units.collect::<Vec<_>>().concat();
            escaped.push(format!("\"{name}\" :{value}"));
        }
        reads(&format!("{{{}}}", escaped.join(" ,")), want());
    }
    // With a name that differs in one character.
    for (name, _) in &tree {
        let text = format!("{{\"{name}x\":0,\"x{name}\":0}}").replace('\\', "\\\\");
        if let Err(error) = parse::<Names>(text.as_bytes()) {
            assert!(
                matches!(error.kind(), ErrorKind::Missing | ErrorKind::Syntax),
                "{text}: {error}"
            );
        }
    }
}

#[test]
fn structs_may_borrow_from_the_text() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Outer<'j> as camelCase {
            inner_list: Vec<Inner<'j>>,
            map: BTreeMap<Cow<'j, str>, &'j str>,
            raw: RawJson<'j>,
            count: u64 = 7,
            maybe: Option<&'j str>,
            owned: Option<String>,
            rest: Object as ..,
        }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Inner<'j> { name: Cow<'j, str> }
    }
    let text = r#"{"innerList":[{"name":"a"},{"name":"b\n"}],"map":{"k":"v"},"raw":[1, 2],"owned":"\"","x":1}"#;
    let outer: Outer = parse_borrowed(text.as_bytes()).unwrap();
    assert!(matches!(outer.inner_list[0].name, Cow::Borrowed("a")));
    assert_eq!(outer.inner_list[1].name, "b\n");
    assert_eq!(
        (outer.map["k"], outer.raw.as_str(), outer.count, outer.maybe),
        ("v", "[1, 2]", 7, None)
    );
    assert_eq!((outer.owned.as_deref(), outer.rest.len()), (Some("\""), 1));
    let written = to_vec(&outer);
    assert_eq!(parse_borrowed::<Outer>(&written), Ok(outer));
    let error = parse_borrowed::<Vec<&str>>(br#"["a","\n"]"#)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "a string with escapes cannot be borrowed at $[1] (offset 5, line 1, column 6)"
    );
}

#[test]
fn enums_are_strings_or_tagged_objects() {
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum Plain { Other(String) as .., Open as "OPEN", Shut }
    }
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum Strict { A as "a", B as "b" }
    }
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum External { Unit, Int(i32) as "int", List(Vec<String>) }
    }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Payload { n: u8 } }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Nothing {} }
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum Internal as "kind" { Unit as "unit", Payload(Payload) as "payload", Nothing(Box<Nothing>) }
    }
    reads("\"OPEN\"", Plain::Open);
    reads("\"Shut\"", Plain::Shut);
    reads("\"Open\"", Plain::Other("Open".into()));
    refuses::<Strict>(
        "\"c\"",
        "expected one of `a` `b`, found `c` at $ (offset 0, line 1, column 1)",
    );
    refuses::<Strict>(
        "1",
        "expected a string, found a number at $ (offset 0, line 1, column 1)",
    );
    reads("\"Unit\"", External::Unit);
    reads(r#"{"int":-3}"#, External::Int(-3));
    reads(r#"{"List":["a"]}"#, External::List(vec!["a".into()]));
    for text in [
        "\"int\"",
        r#"{"Unit":1}"#,
        r#"{"int":1,"x":2}"#,
        "{}",
        r#"{"x":1}"#,
        "[]",
        r#"{"int":"x"}"#,
    ] {
        assert_eq!(
            parse::<External>(text.as_bytes()).unwrap_err().kind(),
            ErrorKind::Type,
            "{text}"
        );
    }
    reads(r#"{"kind":"unit","x":[1]}"#, Internal::Unit);
    reads(
        r#"{"n":1,"kind":"payload"}"#,
        Internal::Payload(Payload { n: 1 }),
    );
    reads(
        r#"{"kind":"unit","n":1,"kind":"payload"}"#,
        Internal::Payload(Payload { n: 1 }),
    );
    reads(
        r#"{"kind":"Nothing"}"#,
        Internal::Nothing(Box::new(Nothing {})),
    );
    writes(
        &Internal::Payload(Payload { n: 1 }),
        r#"{"kind":"payload","n":1}"#,
    );
    writes(
        &[Internal::Unit, Internal::Nothing(Box::new(Nothing {}))],
        r#"[{"kind":"unit"},{"kind":"Nothing"}]"#,
    );
    refuses::<Vec<Internal>>(
        r#"[{"kind":"x"}]"#,
        "expected one of `unit` `payload` `Nothing`, found `x` at $[0] (offset 1, line 1, column 2)",
    );
    refuses::<Internal>(
        "{}",
        "expected one of `unit` `payload` `Nothing`, found an object at $ (offset 0, line 1, column 1)",
    );
}

/// A type of the user that has no default.
#[derive(Debug, PartialEq)]
struct Hex(u32);

impl FromJson for Hex {
    fn from_json(r: &mut tiny_lambda::json::Reader<'_>) -> Result<Self, tiny_lambda::json::Error> {
        let text = r.string()?;
        u32::from_str_radix(&text, 16)
            .map(Hex)
            .map_err(|_| r.error_expected("a hex number"))
    }
}

impl ToJson for Hex {
    fn to_json(&self, w: &mut tiny_lambda::json::Writer) {
        w.string(&format!("{:x}", self.0));
    }
}

#[test]
fn fields_may_be_of_any_type_with_from_json_and_to_json() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Inner { at: Hex, n: u8 }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Outer {
            id: u8,
            color: Hex,
            inner: Inner,
            edge: Hex = Hex(7),
            pair: [Hex; 2],
            maybe: Option<Hex>,
            rest: Object as ..,
        }
    }
    let outer = |edge, maybe, rest: &str| Outer {
        id: 1,
        color: Hex(255),
        inner: Inner { at: Hex(10), n: 2 },
        edge: Hex(edge),
        pair: [Hex(1), Hex(2)],
        maybe,
        rest: parse(rest.as_bytes()).unwrap(),
    };
    reads(
        r#"{"id":1,"color":"ff","inner":{"at":"a","n":2},"edge":"8","pair":["1","2"],"maybe":"3"}"#,
        outer(8, Some(Hex(3)), "{}"),
    );
    reads(
        r#"{"x":[{}],"pair":["1","2"],"inner":{"n":2,"y":0,"at":"b","\u0061t":"a"},"color":"0","id":1,"color":"ff"}"#,
        outer(7, None, r#"{"x":[{}]}"#),
    );
    refuses::<Outer>(
        r#"{"id":1,"color":"ff"}"#,
        "missing member `inner` at $ (offset 20, line 1, column 21)",
    );
    refuses::<Outer>(
        r#"{"id":1,"inner":{"n":2},"color":"ff","pair":[]}"#,
        "missing member `at` at $.inner (offset 22, line 1, column 23)",
    );
    refuses::<Outer>(
        r#"{"id":1,"color":"xy"}"#,
        "expected a hex number, found a string at $.color (offset 16, line 1, column 17)",
    );
}

#[test]
fn structs_may_have_many_fields() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Wide {
            f0: u8, f1: u8, f2: u8, f3: u8, f4: u8, f5: u8, f6: u8, f7: u8, f8: u8, f9: u8, f10: u8, f11: u8, f12: u8, f13: u8, f14: u8, f15: u8, f16: u8, f17: u8, f18: u8, f19: u8, f20: u8, f21: u8, f22: u8, f23: u8, f24: u8, f25: u8, f26: u8, f27: u8, f28: u8, f29: u8, f30: u8, f31: u8, f32: u8, f33: u8, f34: u8, f35: u8, f36: u8, f37: u8, f38: u8, f39: u8, f40: u8, f41: u8, f42: u8, f43: u8, f44: u8, f45: u8, f46: u8, f47: u8, f48: u8, f49: u8, f50: u8, f51: u8, f52: u8, f53: u8, f54: u8, f55: u8, f56: u8, f57: u8, f58: u8, f59: u8, f60: u8, f61: u8, f62: u8, f63: u8, f64: u8, f65: u8, f66: u8, f67: u8, f68: u8, f69: u8,
        }
    }
    let member = |n: usize| format!("\"f{n}\":{n}");
    let members = (0..70).map(member).collect::<Vec<_>>().join(",");
    let text = format!("{{{members}}}");
    let wide: Wide = parse(text.as_bytes()).unwrap();
    assert_eq!((wide.f0, wide.f63, wide.f64, wide.f69), (0, 63, 64, 69));
    writes(&wide, &text);
    for n in [0, 63, 64, 69] {
        let without = text.replace(&member(n), "\"x\":0");
        let error = parse::<Wide>(without.as_bytes()).unwrap_err();
        assert_eq!(error.message(), format!("missing member `f{n}`"));
    }
}

#[test]
fn the_tag_is_not_among_the_collected_unknown_members() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Created { id: u8, rest: Object as .. }
    }
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum Change as "type" {
            Created(Created),
            Moved(Box<Object>),
            Counted(BTreeMap<String, Value>),
            Listed(Vec<(String, Value)>),
        }
    }
    for text in [
        r#"{"type":"Created","id":1,"by":"x"}"#,
        r#"{"type":"Moved","by":"x"}"#,
        r#"{"type":"Counted","by":"x"}"#,
        r#"{"type":"Listed","by":"x"}"#,
    ] {
        let change: Change = parse(text.as_bytes()).unwrap();
        writes(&change, text);
    }
}

/// Compares the names that each case makes with those of serde 1.0.229 (`rename_all`), as serde_json prints
/// them.
#[test]
fn the_cases_are_those_of_serde() {
    macro_rules! check {
        ($($($word:ident)-+: $fields:literal, $variants:literal;)*) => {$({
            tiny_lambda::json_struct! {
                #[allow(non_snake_case)]
                #[derive(Debug, Default, PartialEq)]
                struct Fields as $($word)-+ {
                    a: u8, id: u8, unit_price: u8, _key: u8, __x: u8, a__b: u8,
                    sha_256: u8, sha256_sum: u8, x1y2: u8, url_v2_x: u8, r#type: u8, ARN: u8,
                    Name: u8, aC_cD: u8, api_URL: u8, end_: u8,
                }
            }
            tiny_lambda::json_enum! {
                #[allow(non_camel_case_types)]
                #[derive(Debug, PartialEq)]
                enum Variants as $($word)-+ {
                    A, Ab, AbCd, HTTPServer, Sha256, Sha256Sum,
                    X1, A_b, _Ac, Ad_, ABC, IdOfUrl,
                    aBx, r#Type, V2Ray, With_Snake,
                }
            }
            writes(&Fields::default(), $fields);
            reads($fields, Fields::default());
            let variants = [
                Variants::A, Variants::Ab, Variants::AbCd, Variants::HTTPServer, Variants::Sha256,
                Variants::Sha256Sum, Variants::X1, Variants::A_b, Variants::_Ac, Variants::Ad_,
                Variants::ABC, Variants::IdOfUrl, Variants::aBx, Variants::r#Type, Variants::V2Ray,
                Variants::With_Snake,
            ];
            writes(&variants, $variants);
            reads($variants, variants);
        })*};
    }
    check! {
        camelCase: r#"{"a":0,"id":0,"unitPrice":0,"key":0,"x":0,"aB":0,"sha256":0,"sha256Sum":0,"x1y2":0,"urlV2X":0,"type":0,"aRN":0,"name":0,"aCCD":0,"apiURL":0,"end":0}"#,
            r#"["a","ab","abCd","hTTPServer","sha256","sha256Sum","x1","a_b","_Ac","ad_","aBC","idOfUrl","aBx","type","v2Ray","with_Snake"]"#;
        PascalCase: r#"{"A":0,"Id":0,"UnitPrice":0,"Key":0,"X":0,"AB":0,"Sha256":0,"Sha256Sum":0,"X1y2":0,"UrlV2X":0,"Type":0,"ARN":0,"Name":0,"ACCD":0,"ApiURL":0,"End":0}"#,
            r#"["A","Ab","AbCd","HTTPServer","Sha256","Sha256Sum","X1","A_b","_Ac","Ad_","ABC","IdOfUrl","aBx","Type","V2Ray","With_Snake"]"#;
        snake_case: r#"{"a":0,"id":0,"unit_price":0,"_key":0,"__x":0,"a__b":0,"sha_256":0,"sha256_sum":0,"x1y2":0,"url_v2_x":0,"type":0,"ARN":0,"Name":0,"aC_cD":0,"api_URL":0,"end_":0}"#,
            r#"["a","ab","ab_cd","h_t_t_p_server","sha256","sha256_sum","x1","a_b","__ac","ad_","a_b_c","id_of_url","a_bx","type","v2_ray","with__snake"]"#;
        SCREAMING_SNAKE_CASE: r#"{"A":0,"ID":0,"UNIT_PRICE":0,"_KEY":0,"__X":0,"A__B":0,"SHA_256":0,"SHA256_SUM":0,"X1Y2":0,"URL_V2_X":0,"TYPE":0,"ARN":0,"NAME":0,"AC_CD":0,"API_URL":0,"END_":0}"#,
            r#"["A","AB","AB_CD","H_T_T_P_SERVER","SHA256","SHA256_SUM","X1","A_B","__AC","AD_","A_B_C","ID_OF_URL","A_BX","TYPE","V2_RAY","WITH__SNAKE"]"#;
        kebab-case: r#"{"a":0,"id":0,"unit-price":0,"-key":0,"--x":0,"a--b":0,"sha-256":0,"sha256-sum":0,"x1y2":0,"url-v2-x":0,"type":0,"ARN":0,"Name":0,"aC-cD":0,"api-URL":0,"end-":0}"#,
            r#"["a","ab","ab-cd","h-t-t-p-server","sha256","sha256-sum","x1","a-b","--ac","ad-","a-b-c","id-of-url","a-bx","type","v2-ray","with--snake"]"#;
        SCREAMING-KEBAB-CASE: r#"{"A":0,"ID":0,"UNIT-PRICE":0,"-KEY":0,"--X":0,"A--B":0,"SHA-256":0,"SHA256-SUM":0,"X1Y2":0,"URL-V2-X":0,"TYPE":0,"ARN":0,"NAME":0,"AC-CD":0,"API-URL":0,"END-":0}"#,
            r#"["A","AB","AB-CD","H-T-T-P-SERVER","SHA256","SHA256-SUM","X1","A-B","--AC","AD-","A-B-C","ID-OF-URL","A-BX","TYPE","V2-RAY","WITH--SNAKE"]"#;
        lowercase: r#"{"a":0,"id":0,"unit_price":0,"_key":0,"__x":0,"a__b":0,"sha_256":0,"sha256_sum":0,"x1y2":0,"url_v2_x":0,"type":0,"ARN":0,"Name":0,"aC_cD":0,"api_URL":0,"end_":0}"#,
            r#"["a","ab","abcd","httpserver","sha256","sha256sum","x1","a_b","_ac","ad_","abc","idofurl","abx","type","v2ray","with_snake"]"#;
        UPPERCASE: r#"{"A":0,"ID":0,"UNIT_PRICE":0,"_KEY":0,"__X":0,"A__B":0,"SHA_256":0,"SHA256_SUM":0,"X1Y2":0,"URL_V2_X":0,"TYPE":0,"ARN":0,"NAME":0,"AC_CD":0,"API_URL":0,"END_":0}"#,
            r#"["A","AB","ABCD","HTTPSERVER","SHA256","SHA256SUM","X1","A_B","_AC","AD_","ABC","IDOFURL","ABX","TYPE","V2RAY","WITH_SNAKE"]"#;
    }
}

#[test]
fn skip_none_leaves_out_each_none() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq, Clone)]
        struct Sparse as skip_none { a: Option<u8>, b: Option<Option<u8>>, c: Vec<Option<u8>> }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Camel as camelCase, skip_none { a_b: Option<u8>, c_d: u8 as "c-d", rest: Object as .. }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Borrowed<'j> as skip_none, kebab-case { a_b: Option<&'j str>, id: Option<Id> }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Rest as skip_none { rest: Object as .. }
    }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Id(Option<u8>); }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct HasId as skip_none { id: Id } }
    tiny_lambda::json_enum! {
        #[derive(Debug, PartialEq)]
        enum Tagged as "t" { Sparse(Sparse), Rest(Rest) }
    }
    let none = Sparse {
        a: None,
        b: None,
        c: vec![],
    };
    writes(&none, r#"{"c":[]}"#);
    reads(r#"{"c":[]}"#, none.clone());
    writes(&Tagged::Sparse(none), r#"{"t":"Sparse","c":[]}"#);
    writes(
        &Sparse {
            a: Some(1),
            b: Some(None),
            c: vec![None],
        },
        r#"{"a":1,"b":null,"c":[null]}"#,
    );
    writes(
        &Sparse {
            a: None,
            b: Some(Some(2)),
            c: vec![],
        },
        r#"{"b":2,"c":[]}"#,
    );
    let camel = Camel {
        a_b: None,
        c_d: 1,
        rest: [("x", Value::Null)].into_iter().collect(),
    };
    writes(&camel, r#"{"c-d":1,"x":null}"#);
    writes(
        &Borrowed {
            a_b: None,
            id: None,
        },
        "{}",
    );
    writes(
        &Borrowed {
            a_b: Some("x"),
            id: Some(Id(None)),
        },
        r#"{"a-b":"x","id":null}"#,
    );
    writes(
        &Rest {
            rest: Object::new(),
        },
        "{}",
    );
    writes(
        &Tagged::Rest(Rest {
            rest: Object::new(),
        }),
        r#"{"t":"Rest"}"#,
    );
    writes(&HasId { id: Id(None) }, "{}");
    reads("{}", HasId { id: Id(None) });
    assert_eq!(tiny_lambda::json!(HasId { id: Id(None) }).to_string(), "{}");
}

#[test]
fn a_struct_of_one_value_without_a_name_is_that_value() {
    tiny_lambda::json_struct! {
        /// An order's id.
        #[derive(Debug, Clone, PartialEq)]
        pub struct OrderId(pub String);
    }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Maybe(Option<Vec<OrderId>>,); }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Text<'j>(&'j str); }
    tiny_lambda::json_struct! { #[derive(Debug, PartialEq)] struct Owned<'j>(Cow<'j, str>); }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Order { id: OrderId, others: Maybe, last: OrderId = OrderId("x".into()) }
    }
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Borrowed<'j> { text: Text<'j>, owned: Owned<'j>, id: OrderId }
    }
    tiny_lambda::json_enum! { #[derive(Debug, PartialEq)] enum Key { Id(OrderId) } }
    let id = || OrderId("a1".into());
    reads(r#""a1""#, id());
    reads(
        r#"[["a1"],null]"#,
        vec![Maybe(Some(vec![id()])), Maybe(None)],
    );
    reads(r#"{"Id":"a1"}"#, Key::Id(id()));
    let order = Order {
        id: id(),
        others: Maybe(None),
        last: OrderId("x".into()),
    };
    assert_eq!(parse::<Order>(br#"{"id":"a1"}"#), Ok(order));
    refuses::<Order>(
        r#"{"others":[]}"#,
        "missing member `id` at $ (offset 12, line 1, column 13)",
    );
    refuses::<OrderId>(
        "1",
        "expected a string, found a number at $ (offset 0, line 1, column 1)",
    );
    let text = r#"{"text":"a","owned":"b\n","id":"a1"}"#;
    let borrowed = Borrowed {
        text: Text("a"),
        owned: Owned("b\n".into()),
        id: id(),
    };
    assert_eq!(
        parse_borrowed::<Borrowed>(text.as_bytes()).unwrap(),
        borrowed
    );
    writes(&borrowed, text);
    assert_eq!(tiny_lambda::json!(id()), "a1");
}

#[test]
fn defaults_may_be_any_expressions() {
    tiny_lambda::json_struct! {
        #[derive(Debug, PartialEq)]
        struct Defaults as camelCase {
            pub one_a: i32 = -1,
            two: (u8, u8) as "2" = (1, 2),
            map: std::collections::BTreeMap<String, u8> = std::collections::BTreeMap::<String, u8>::new(),
            #[doc = "A field."]
            list: Vec<u8> as "List" = [1, 2].iter().map(|n| n + 1).collect::<Vec<_>>(),
            unit: () = (),
            plain: Option<u8>,
            sum: u8 = if true { 1 + 1 } else { 0 },
            rest: Object as ..
        }
    }
    let defaults = parse::<Defaults>(b"{}").unwrap();
    writes(
        &defaults,
        r#"{"oneA":-1,"2":[1,2],"map":{},"List":[2,3],"unit":null,"plain":null,"sum":2}"#,
    );
}

mod conditional {
    //! Definitions with `cfg`, and with deprecated members, which are no warnings in the impls.
    #![deny(deprecated, single_use_lifetimes)]

    use tiny_lambda::json::{self, Object};
    use tiny_lambda::{json_enum, json_struct};

    json_struct! {
        /// A definition with attributes before and after `cfg`.
        #[derive(Debug, PartialEq)]
        #[cfg(all())]
        #[allow(dead_code, reason = "only compared")]
        pub(super) struct Mixed as camelCase, skip_none {
            #[allow(dead_code, reason = "only compared")]
            pub(super) unit_cents: u8 as "cents" = 1 + 1,
            #[cfg(any())]
            no_type: Missing = no_function(),
            /// A field.
            #[cfg(all())]
            /// It has two of them.
            #[cfg(not(any()))]
            order_id: Option<u8>,
            #[cfg(any())]
            pub(super) no_name: u8 as "cents" = 3,
            #[cfg(all())]
            rest: Object as ..,
        }
    }
    json_struct! { #[cfg(any())] #[derive(Debug)] pub(super) struct Id(Missing); }
    json_struct! { #[derive(Debug, PartialEq)] #[cfg(all())] pub(super) struct Id(pub(super) u8); }
    json_struct! {
        #[derive(Debug)]
        struct Borrowed<'j> { #[cfg(any())] no_type: Missing, #[cfg(all())] id: &'j str }
    }
    json_enum! {
        #[cfg(all())]
        #[derive(Debug, PartialEq)]
        pub(super) enum State as "type", camelCase {
            #[cfg(any())]
            NoType(Missing),
            #[cfg(all())]
            OpenNow,
            #[deprecated]
            Mixed(Mixed) as "mixed",
        }
    }
    json_enum! { #[cfg(any())] enum State { NoType(Missing) } }
    json_struct! {
        #[deprecated]
        #[derive(Debug)]
        pub(super) struct Old { #[deprecated] pub(super) a: u8, #[deprecated] b: Option<u8> = None }
    }
    json_struct! { #[deprecated] pub(super) struct OldId(u8); }

    #[test]
    fn cfg_leaves_out_types_fields_and_variants() {
        let mixed: Mixed = json::parse(br#"{"orderId":7,"x":1}"#).unwrap();
        assert_eq!(json::to_vec(&mixed), br#"{"cents":2,"orderId":7,"x":1}"#);
        assert_eq!(json::parse::<Id>(b"7").unwrap(), Id(7));
        let state = json::parse::<State>(br#"{"type":"openNow"}"#);
        assert_eq!(state.unwrap(), State::OpenNow);
        let borrowed: Borrowed<'_> = json::parse_borrowed(br#"{"id":"a"}"#).unwrap();
        assert_eq!(borrowed.id, "a");
        json_struct! { struct Local { #[cfg(any())] a: Missing, #[cfg(all())] b: u8 } }
        assert_eq!(json::parse::<Local>(br#"{"b":1}"#).unwrap().b, 1);
    }
}

/// The items of the expansion do not hide those of the user.
#[test]
fn types_may_have_the_names_of_the_macros_items() {
    use tiny_lambda::{json, json_enum, json_struct};

    const JSON_NAMES: u8 = 7;
    json_struct! { #[derive(Debug, PartialEq)] struct JsonField { a: u8 = JSON_NAMES } }
    json_struct! { #[derive(Debug, PartialEq)] struct JsonNames { field: JsonField } }
    json_enum! { #[derive(Debug, PartialEq)] enum Name { JsonNames(JsonNames), JsonField(JsonField), TEXT } }
    let name: Name = json::parse(br#"{"JsonNames":{"field":{}}}"#).unwrap();
    let field = JsonField { a: 7 };
    assert_eq!(name, Name::JsonNames(JsonNames { field }));
}
