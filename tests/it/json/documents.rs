//! Whole documents: the JSON test suite, AWS's sample events, and changes of small documents.

use std::fs;
use std::path::{Path, PathBuf};

use tiny_lambda::json::{self, ErrorKind, Ignored, Value};

/// Returns the JSON files of a folder of shared test data with their names; none if the folder does not
/// exist.
fn shared(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(folder);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
    paths
        .iter()
        .map(|path| (name(path), fs::read(path).unwrap()))
        .collect()
}

/// Parses any bytes, and checks that parsing and skipping agree, that the place of an error is in the
/// text, and that a value is read as it was written.
#[track_caller]
fn consistent(text: &[u8]) -> Result<Value, json::Error> {
    let tree = json::parse::<Value>(text);
    let skipped = json::parse::<Ignored>(text);
    match &tree {
        Ok(value) => {
            assert_eq!(skipped, Ok(Ignored));
            assert_eq!(
                json::parse::<Value>(&json::to_vec(value)).as_ref(),
                Ok(value)
            );
        }
        Err(error) => {
            // An unpaired surrogate is an error only if its string is read. Skipping may find an error
            // after it.
            if error.kind() == ErrorKind::Surrogate {
                assert!(
                    skipped
                        .as_ref()
                        .map_or_else(json::Error::offset, |_| usize::MAX)
                        > error.offset()
                );
            } else {
                assert_eq!(skipped.as_ref(), Err(error));
            }
            assert!(error.offset() <= text.len(), "{error}");
            assert!(error.line() >= 1 && error.column() >= 1, "{error}");
            assert!(error.path().starts_with('$'), "{error}");
        }
    }
    tree
}

/// The results of the tests that the suite, like RFC 8259, leaves to the implementation.
const CHOICES: [(&str, Result<(), ErrorKind>); 35] = [
    // Numbers keep their text.
    ("i_number_double_huge_neg_exp.json", Ok(())),
    ("i_number_huge_exp.json", Ok(())),
    ("i_number_neg_int_huge_exp.json", Ok(())),
    ("i_number_pos_double_huge_exp.json", Ok(())),
    ("i_number_real_neg_overflow.json", Ok(())),
    ("i_number_real_pos_overflow.json", Ok(())),
    ("i_number_real_underflow.json", Ok(())),
    ("i_number_too_big_neg_int.json", Ok(())),
    ("i_number_too_big_pos_int.json", Ok(())),
    ("i_number_very_big_negative_int.json", Ok(())),
    // A `String` cannot hold an unpaired surrogate.
    (
        "i_object_key_lone_2nd_surrogate.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_1st_surrogate_but_2nd_missing.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_1st_valid_surrogate_2nd_invalid.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_incomplete_surrogate_and_escape_valid.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_incomplete_surrogate_pair.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_incomplete_surrogates_escape_valid.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_invalid_lonely_surrogate.json",
        Err(ErrorKind::Surrogate),
    ),
    ("i_string_invalid_surrogate.json", Err(ErrorKind::Surrogate)),
    (
        "i_string_inverted_surrogates_U+1D11E.json",
        Err(ErrorKind::Surrogate),
    ),
    (
        "i_string_lone_second_surrogate.json",
        Err(ErrorKind::Surrogate),
    ),
    // Text is UTF-8, without a byte order mark.
    ("i_string_UTF-16LE_with_BOM.json", Err(ErrorKind::Utf8)),
    ("i_string_UTF-8_invalid_sequence.json", Err(ErrorKind::Utf8)),
    ("i_string_UTF8_surrogate_U+D800.json", Err(ErrorKind::Utf8)),
    ("i_string_invalid_utf-8.json", Err(ErrorKind::Utf8)),
    ("i_string_iso_latin_1.json", Err(ErrorKind::Utf8)),
    (
        "i_string_lone_utf8_continuation_byte.json",
        Err(ErrorKind::Utf8),
    ),
    ("i_string_not_in_unicode_range.json", Err(ErrorKind::Utf8)),
    (
        "i_string_overlong_sequence_2_bytes.json",
        Err(ErrorKind::Utf8),
    ),
    (
        "i_string_overlong_sequence_6_bytes.json",
        Err(ErrorKind::Utf8),
    ),
    (
        "i_string_overlong_sequence_6_bytes_null.json",
        Err(ErrorKind::Utf8),
    ),
    ("i_string_truncated-utf-8.json", Err(ErrorKind::Utf8)),
    ("i_string_utf16BE_no_BOM.json", Err(ErrorKind::Utf8)),
    ("i_string_utf16LE_no_BOM.json", Err(ErrorKind::Utf8)),
    ("i_structure_500_nested_arrays.json", Err(ErrorKind::Depth)),
    (
        "i_structure_UTF-8_BOM_empty_object.json",
        Err(ErrorKind::Syntax),
    ),
];

#[test]
fn the_json_test_suite_passes() {
    let (mut accepted, mut refused, mut chosen) = (0, 0, 0);
    let files = shared("json_test_suite/test_parsing");
    for (name, text) in &files {
        let got = consistent(text);
        let verdict = got.as_ref().map(|_| ()).map_err(json::Error::kind);
        match &name[..2] {
            "y_" => {
                assert_eq!(verdict, Ok(()), "{name}: {got:?}");
                accepted += 1;
            }
            "n_" => {
                assert!(verdict.is_err(), "{name}: {got:?}");
                refused += 1;
            }
            _ => {
                let choice = CHOICES.iter().find(|choice| choice.0 == *name).expect(name);
                assert_eq!(verdict, choice.1, "{name}: {got:?}");
                chosen += 1;
            }
        }
    }
    if !files.is_empty() {
        assert_eq!((accepted, refused, chosen), (95, 188, 35));
    }
}

#[test]
fn sample_events_are_written_as_they_were_read() {
    let events = shared("events");
    for (name, text) in &events {
        let value = consistent(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = json::to_vec(&value);
        assert_eq!(
            json::to_vec(&json::parse::<Value>(&written).unwrap()),
            written,
            "{name}"
        );
    }
    assert!(events.is_empty() || events.len() == 84, "{}", events.len());
}

/// Small documents that use every rule of the grammar.
const DOCUMENTS: [&str; 6] = [
    r#"{"a":[1,-2.5e+3,{"b":null}],"c\u00e9\ud834\udd1e":"x\n\"y\\"}"#,
    "[ true , false\t,\r\nnull , [ ] , { } ]",
    r#"{"Records":[{"body":"h\u00e9","n":0},{"body":"","n":-0.0E-1}]}"#,
    "\"\u{e9}\u{20ac}\u{10348} plain and long enough for a word\"",
    "-12345678901234567890.0123456789e+99",
    r#"[[[[[[[{"":""}]]]]]]]"#,
];

#[test]
fn every_proper_prefix_of_a_document_is_refused_unless_it_is_a_number() {
    for document in DOCUMENTS {
        assert!(consistent(document.as_bytes()).is_ok(), "{document}");
        for end in 0..document.len() {
            let prefix = &document.as_bytes()[..end];
            if let Ok(value) = consistent(prefix) {
                // Only a number may be valid without its end.
                assert!(
                    value.as_number().is_some(),
                    "{}",
                    String::from_utf8_lossy(prefix)
                );
            }
        }
    }
}

#[test]
fn parsing_and_skipping_agree_on_every_change_of_one_byte() {
    for document in DOCUMENTS {
        for at in 0..document.len() {
            let mut bytes = document.as_bytes().to_vec();
            for byte in 0..=0xff {
                bytes[at] = byte;
                let _ = consistent(&bytes);
            }
        }
    }
}
