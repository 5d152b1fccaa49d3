//! Cases of AWS's test suite and of its references. Those of botocore are in `tests/it/signatures.jsonl`.

use super::canonical::UNSIGNED_HEADERS;
use super::*;
use crate::signing::hex;

fn signer(service: &'static str) -> Signer {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    Signer::new(credentials, "us-east-1", service).at(1_440_938_160)
}

fn authorization(signer: &Signer, target: &str, headers: &[(&str, &str)]) -> String {
    let host = "example.amazonaws.com";
    let added = signer.sign("GET", host, target, headers, b"");
    let (name, value) = added.last().unwrap();
    assert_eq!(*name, "Authorization");
    value.clone()
}

/// Checks a case of AWS's "Signature Version 4 Test Suite".
fn check_suite(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8], want: &str) {
    let host = "example.amazonaws.com";
    let signed = signer("service").sign(method, host, target, headers, body);
    assert_eq!(signed[0], ("X-Amz-Date", "20150830T123600Z".into()));
    let authorization = &signed[1].1;
    let (credential, signature) = authorization.rsplit_once("Signature=").unwrap();
    assert_eq!(signature, want, "{target} {headers:?}");
    let start = "AWS4-HMAC-SHA256 \
        Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
    assert!(credential.starts_with(start), "{credential}");
}

#[test]
fn methods_headers_and_bodies_of_the_test_suite() {
    fn check(method: &str, headers: &[(&str, &str)], body: &[u8], want: &str) {
        check_suite(method, "/", headers, body, want);
    }
    check(
        "GET",
        &[
            ("My-Header1", "value2"),
            ("My-Header1", "value2"),
            ("My-Header1", "value1"),
        ],
        b"",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    );
    check(
        "GET",
        &[
            ("My-Header1", "value4"),
            ("My-Header1", "value1"),
            ("My-Header1", "value3"),
            ("My-Header1", "value2"),
        ],
        b"",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    );
    check(
        "GET",
        &[("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
        b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    );
    check(
        "GET",
        &[],
        b"",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    check(
        "POST",
        &[],
        b"",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    );
    check(
        "POST",
        &[("My-Header1", "value1")],
        b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    );
    check(
        "POST",
        &[("My-Header1", "VALUE1")],
        b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    );
    check(
        "POST",
        &[("Content-Type", "application/x-www-form-urlencoded")],
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    );
}

#[test]
fn paths_and_queries_of_the_test_suite() {
    fn check(method: &str, target: &str, want: &str) {
        check_suite(method, target, &[], b"", want);
    }
    check(
        "GET",
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    );
    check(
        "GET",
        "/?Param1=value1",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    );
    check(
        "GET",
        "/?Param1=value2&Param1=Value1",
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
    );
    check(
        "GET",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    );
    check(
        "GET",
        "/?Param1=value2&Param1=value1",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
    );
    check(
        "GET",
        "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    );
    check(
        "GET",
        "/?\u{1234}=bar",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    );
    check(
        "POST",
        "/?Param1=value1",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    );
    check(
        "GET",
        "/example/..",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    check(
        "GET",
        "/example1/example2/../..",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    check(
        "GET",
        "//",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    check(
        "GET",
        "/./",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    check(
        "GET",
        "/./example",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    );
    check(
        "GET",
        "//example//",
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    );
}

#[test]
fn paths_of_s3_are_encoded_once_and_kept() {
    fn check(path: &str, want_s3: &str, want_other: &str) {
        for (service, want) in [("s3", want_s3), ("sqs", want_other)] {
            let mut got = b"GET\n".to_vec();
            push_path(&mut got, path.as_bytes(), service == "s3");
            assert_eq!(
                got.strip_prefix(b"GET\n"),
                Some(want.as_bytes()),
                "{service} {path}"
            );
        }
    }
    check("", "/", "/");
    check("/", "/", "/");
    check("//", "//", "/");
    check("a/b", "/a/b", "/a/b");
    check("/a//b/", "/a//b/", "/a/b/");
    check("/a/./b/..", "/a/./b/..", "/a");
    check("/..", "/..", "/");
    check("/../../a/..//", "/../../a/..//", "/");
    check("/a b/%20+", "/a%20b/%20%2B", "/a%20b/%2520%2B");
    check(
        "/\u{fc}%c3%bc%FC",
        "/%C3%BC%C3%BC%FC",
        "/%C3%BC%25c3%25bc%25FC",
    );
    check("/a%2Fb%2e%", "/a%2Fb.%25", "/a%252Fb%252e%25");
    check("/...", "/...", "/...");
}

/// The server decodes a query before it signs it.
#[test]
fn all_encodings_of_a_query_have_the_same_signature() {
    let want = authorization(&signer("sqs"), "/?a=x%2Fy%20z&b=&b=1", &[]);
    for query in ["b=1&a=x/y+z&b", "b&b=1&%61=x%2fy z", "b=&a=x/y%20z&b=1"] {
        assert_eq!(
            authorization(&signer("sqs"), &["/?", query].concat(), &[]),
            want
        );
    }
    let other = authorization(&signer("sqs"), "/?a=x%2Fy%2Bz&b=&b=1", &[]);
    assert_ne!(other, want);
    assert_eq!(
        authorization(&signer("sqs"), "/?", &[]),
        authorization(&signer("sqs"), "/", &[])
    );
    assert_eq!(
        authorization(&signer("sqs"), "", &[]),
        authorization(&signer("sqs"), "/", &[])
    );
}

/// Returns the names of the headers that are signed.
fn signed_names(signer: &Signer, headers: &[(&str, &str)]) -> String {
    let value = authorization(signer, "/", headers);
    let (_, rest) = value.split_once("SignedHeaders=").unwrap();
    String::from(rest.split_once(", ").unwrap().0)
}

#[test]
fn headers_that_proxies_change_are_not_signed() {
    let signer = signer("sqs");
    let names = |headers: &[(&str, &str)]| signed_names(&signer, headers);
    assert_eq!(names(&[]), "host;x-amz-date");
    for name in UNSIGNED_HEADERS.split(' ') {
        assert_eq!(names(&[(name, "x")]), "host;x-amz-date", "{name}");
        assert_eq!(names(&[(&name.to_uppercase(), "x")]), "host;x-amz-date");
    }
    assert_eq!(
        names(&[("X-B", ""), ("a", ""), ("x-b", "1")]),
        "a;host;x-amz-date;x-b"
    );
    assert_eq!(names(&[("a-b", ""), ("a", "")]), "a;a-b;host;x-amz-date");
    assert_eq!(
        authorization(&signer, "/", &[("HOST", "example.amazonaws.com")]),
        authorization(&signer, "/", &[])
    );
    assert_ne!(
        authorization(&signer, "/", &[("Host", "other")]),
        authorization(&signer, "/", &[])
    );
}

#[test]
fn headers_that_the_signature_adds_are_signed_once() {
    let date = ("x-amz-date", "20200101T000000Z");
    let token = ("X-AMZ-Security-Token", "of the caller");
    let with_token = Signer {
        credentials: signer("sqs").credentials.with_session_token("token"),
        ..signer("sqs")
    };
    assert_eq!(
        authorization(&with_token, "/", &[date, token]),
        authorization(&with_token, "/", &[])
    );
    // The signature adds no token, so that of the caller is a header like others.
    assert_eq!(
        signed_names(&signer("sqs"), &[date, token]),
        "host;x-amz-date;x-amz-security-token"
    );
    let day = Duration::from_secs(86_400);
    let target = with_token
        .presign("GET", "h", "/", &[date, token], day)
        .unwrap();
    assert!(target.contains("&X-Amz-SignedHeaders=host%3Bx-amz-date%3Bx-amz-security-token&"));
}

#[test]
fn services_of_s3_have_the_content_hash_as_a_header() {
    for (service, is_s3) in [
        ("s3", true),
        ("s3express", true),
        ("s3-outposts", true),
        ("s3-object-lambda", true),
        ("s3tables", false),
        ("S3", false),
    ] {
        let names = signed_names(&signer(service), &[]);
        assert_eq!(names.contains("x-amz-content-sha256"), is_s3, "{service}");
    }
}

#[test]
fn a_content_hash_of_the_caller_is_used() {
    for service in ["s3", "sqs"] {
        let signer = signer(service);
        let hash = hex(&sha256(b"{}"));
        let own = [("x-amz-content-sha256", &*hash)];
        let of_body = signer.sign("PUT", "h", "/", &[], b"{}");
        let of_header = signer.sign("PUT", "h", "/", &own, b"another body");
        let (is_s3, n_added) = (service == "s3", of_body.len() - of_header.len());
        assert_eq!(n_added, usize::from(is_s3));
        assert_eq!(of_body.last() == of_header.last(), is_s3);
    }
    // As in botocore, the first of several values is the hash, and an empty one is, too.
    for (first, other) in [("UNSIGNED-PAYLOAD", "other"), ("", "UNSIGNED-PAYLOAD")] {
        let headers = [
            ("X-Amz-Content-Sha256", first),
            ("x-amz-content-sha256", other),
        ];
        let swapped = [headers[1], headers[0]];
        let signed = |headers, body| signer("sqs").sign("PUT", "h", "/", headers, body);
        assert_eq!(signed(&headers, b"a"), signed(&headers, b"b"));
        assert_ne!(signed(&headers, b"a"), signed(&swapped, b"a"));
    }
    let unsigned = [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")];
    let s3 = signer("s3");
    let signed = |body| s3.sign("PUT", "h", "/", &unsigned, body);
    assert_eq!(signed(b"a"), signed(b"b"));
}

/// "Authenticating Requests: Using Query Parameters" in the Amazon S3 API Reference.
#[test]
fn a_presigned_url_is_that_of_the_reference() {
    let credentials = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    );
    let signer = Signer::new(credentials, "us-east-1", "s3").at(1_369_353_600);
    let host = "examplebucket.s3.amazonaws.com";
    let day = Duration::from_secs(86_400);
    let target = signer.presign("GET", host, "/test.txt", &[], day).unwrap();
    let want = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(target.rsplit('=').next(), Some(want));
}

#[test]
fn a_presigned_target_has_a_path_and_no_empty_pairs() {
    let presign = |target| {
        signer("sqs")
            .presign("GET", "h", target, &[], Duration::from_secs(1))
            .unwrap()
    };
    for (target, same) in [("", "/"), ("?a=b", "/?a=b"), ("/?&a=b&&", "/?a=b")] {
        assert_eq!(presign(target), presign(same));
        assert!(presign(target).starts_with("/?"));
    }
}

#[test]
fn a_presigned_url_is_valid_for_1_second_to_7_days() {
    fn check(expires: Duration, want: Option<&str>) {
        let target = signer("s3").presign("GET", "h", "/?a=b&X=1", &[], expires);
        let expires = target.as_ref().map(|target| {
            let (_, rest) = target.split_once("&X-Amz-Expires=").unwrap();
            rest.split('&').next().unwrap()
        });
        assert_eq!(expires, want.ok_or(&SignError::Expires));
    }
    check(Duration::ZERO, None);
    check(Duration::from_millis(999), None);
    check(Duration::from_secs(1), Some("1"));
    check(Duration::from_secs(604_800), Some("604800"));
    check(Duration::from_secs(604_801), None);
    check(Duration::MAX, None);
}

#[test]
fn secrets_are_in_no_debug_output_and_no_error() {
    let credentials = Credentials::new("AKID", "SECRET").with_session_token("TOKEN");
    let signer = Signer::new(credentials, "eu-central-1", "s3");
    let text = alloc::format!("{signer:?} {signer:#?}");
    assert!(
        text.contains("AKID") && text.contains("eu-central-1"),
        "{text}"
    );
    assert!(
        !text.contains("SECRET") && !text.contains("TOKEN"),
        "{text}"
    );
    let error = signer
        .presign("GET", "h", "/", &[], Duration::ZERO)
        .unwrap_err();
    let text = alloc::format!("{error} {error:?}");
    assert!(
        !text.contains("SECRET") && !text.contains("TOKEN"),
        "{text}"
    );
    let error = SignError::MissingVariable("AWS_REGION");
    let want = "cannot sign the request: AWS_REGION is not set";
    assert_eq!(alloc::format!("{error}"), want);
}

/// No input may panic. Miri is a thousand times slower.
#[test]
fn odd_targets_and_headers_are_signed() {
    let parts = [
        "", "/", "?", "&", "=", "%", "%4", "%zz", "..", "\u{fc}", "\0", "\r\n", " ",
    ];
    let n_parts = if cfg!(miri) { 2 } else { parts.len() };
    for first in parts.iter().take(n_parts) {
        for second in parts.iter().take(n_parts) {
            for third in parts {
                let text = [*first, second, third].concat();
                for service in ["s3", "sqs", ""] {
                    let signer = signer(service).at(u64::MAX);
                    let headers = [(&*text, &*text), (third, "x"), (third, "")];
                    signer.sign(&text, &text, &text, &headers, text.as_bytes());
                    let day = Duration::from_secs(86_400);
                    assert!(signer.presign(&text, &text, &text, &headers, day).is_ok());
                }
            }
        }
    }
}

#[test]
fn times_have_the_basic_format() {
    let time = |time_s| signer("s3").at(time_s).time();
    assert_eq!(time(0), "19700101T000000Z");
    assert_eq!(time(1_709_210_096), "20240229T123456Z");
    assert_eq!(time(u64::MAX), "99991231T235959Z");
}
