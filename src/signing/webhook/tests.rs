//! Examples of the providers, and headers that are refused.

use super::WebhookError::*;
use super::*;
use crate::encoding::base64;
use crate::signing::hex;
use alloc::string::{String, ToString};

const NOW_S: u64 = 1_600_000_000;

type Headers<'h> = &'h [(&'h str, &'h str)];
type Check = fn(Window, &str, &[u8], &dyn Fn(&str) -> Option<&'static str>) -> Result;

/// Returns the value of a header, whose names are compared without regard to case.
fn find<'h>(headers: Headers<'h>, name: &str) -> Option<&'h str> {
    let mut headers = headers.iter();
    let found = headers.find(|header| header.0.eq_ignore_ascii_case(name));
    found.map(|header| header.1)
}

fn window(now_s: u64) -> Window {
    Window::new(Duration::from_secs(300)).at(now_s)
}

fn hex_code(key: &str, message: &[&[u8]]) -> String {
    hex(&hmac(key.as_bytes(), message))
}

#[track_caller]
fn check_github(secret: &str, body: &str, signature: Option<&str>, want: Result) {
    let header = |name: &str| signature.filter(|_| name == "X-Hub-Signature-256");
    assert_eq!(
        github(secret, body.as_bytes(), header),
        want,
        "{signature:?}"
    );
}

/// The secret, body and signature are those of "Validating webhook deliveries".
#[test]
fn webhooks_of_github() {
    const SECRET: &str = "It's a Secret to Everybody";
    const HEADER: &str = "X-Hub-Signature-256";
    const CODE: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[track_caller]
    fn check(signature: &str, want: Result) {
        check_github(SECRET, "Hello, World!", Some(signature), want);
    }
    let valid = ["sha256=", CODE].concat();
    check(&valid, Ok(()));
    check(&["sha256=", &CODE.to_uppercase()].concat(), Ok(()));
    check_github(SECRET, "Hello, World", Some(&valid), Err(WrongSignature));
    check_github(SECRET, "", Some(&valid), Err(WrongSignature));
    check_github(
        "it's a Secret to Everybody",
        "Hello, World!",
        Some(&valid),
        Err(WrongSignature),
    );
    check_github(SECRET, "Hello, World!", None, Err(MissingHeader(HEADER)));
    let empty = ["sha256=", &hex_code("", &[b"{}"])].concat();
    check_github("", "{}", Some(&empty), Err(InvalidSecret));
    for unknown in [
        "",
        "sha256",
        "sha1=757107ea",
        CODE,
        "SHA256=7571",
        " sha256=",
    ] {
        check(unknown, Err(UnknownVersion(HEADER)));
    }
    for end in 0..CODE.len() {
        let signature = ["sha256=", &CODE[..end]].concat();
        check(&signature, Err(MalformedHeader(HEADER)));
        let other = if &CODE[end..=end] == "0" { "1" } else { "0" };
        let signature = ["sha256=", &CODE[..end], other, &CODE[end + 1..]].concat();
        check(&signature, Err(WrongSignature));
        let signature = ["sha256=", &CODE[..end], "g", &CODE[end + 1..]].concat();
        check(&signature, Err(MalformedHeader(HEADER)));
    }
    for after in ["0", "00", " ", "\n", ",", "\u{e9}"] {
        check(&[&*valid, after].concat(), Err(MalformedHeader(HEADER)));
    }
    // The first character has two bytes, so the text has the length of a code.
    let signature = ["sha256=\u{e9}", &CODE[2..]].concat();
    check(&signature, Err(MalformedHeader(HEADER)));
}

/// The secret, body and signature are those of "Verifying requests from Slack".
#[test]
fn webhooks_of_slack() {
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow\
        &channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner\
        &command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
        %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const SENT_S: u64 = 1_531_420_618;
    const TIME: (&str, &str) = ("x-slack-request-timestamp", "1531420618");

    #[track_caller]
    fn check(headers: Headers<'_>, now_s: u64, want: Result) {
        let header = |name: &str| find(headers, name);
        let got = slack_within(window(now_s), SECRET, BODY.as_bytes(), header);
        assert_eq!(got, want, "{headers:?}");
    }
    let valid = [TIME, ("x-slack-signature", SIGNATURE)];
    check(&valid, SENT_S, Ok(()));
    let upper = ["v0=", &SIGNATURE[3..].to_uppercase()].concat();
    check(&[TIME, ("X-Slack-Signature", &upper)], SENT_S, Ok(()));
    for twice in [
        [SIGNATURE, ", ", SIGNATURE].concat(),
        [SIGNATURE, ",", SIGNATURE].concat(),
    ] {
        let malformed = Err(MalformedHeader("X-Slack-Signature"));
        check(&[TIME, ("X-Slack-Signature", &twice)], SENT_S, malformed);
    }
    check(&valid, SENT_S + 300, Ok(()));
    check(&valid, SENT_S + 301, Err(TooOld));
    check(&valid, SENT_S - 300, Ok(()));
    check(&valid, SENT_S - 301, Err(TooNew));
    check(&valid, 0, Err(TooNew));
    check(&valid, u64::MAX, Err(TooOld));
    check(&valid[..1], SENT_S, Err(MissingHeader("X-Slack-Signature")));
    check(
        &valid[1..],
        SENT_S,
        Err(MissingHeader("X-Slack-Request-Timestamp")),
    );
    check(&[], SENT_S, Err(MissingHeader("X-Slack-Request-Timestamp")));
    for time in [
        "",
        "x",
        "-1",
        "+1",
        " 1531420618",
        "1531420618 ",
        "1531420618.0",
        "1e9",
        "18446744073709551616",
        "99999999999999999999",
        "1531420618, 1531420618",
        "0x5b47",
    ] {
        let headers = [("X-Slack-Request-Timestamp", time), valid[1]];
        check(
            &headers,
            SENT_S,
            Err(MalformedHeader("X-Slack-Request-Timestamp")),
        );
    }
    // The signature covers the time, so a request with another time is refused.
    let headers = [("X-Slack-Request-Timestamp", "1531420619"), valid[1]];
    check(&headers, SENT_S, Err(WrongSignature));
    let v1 = SIGNATURE.replace("v0", "v1");
    check(
        &[TIME, ("X-Slack-Signature", &v1)],
        SENT_S,
        Err(UnknownVersion("X-Slack-Signature")),
    );
    check(
        &[TIME, ("X-Slack-Signature", "v0=a2")],
        SENT_S,
        Err(MalformedHeader("X-Slack-Signature")),
    );
    // This function compares the time with the clock.
    let header = |name: &str| find(&valid, name);
    assert_eq!(slack(SECRET, BODY.as_bytes(), header), Err(TooOld));
    assert_eq!(slack(SECRET, b"", header), Err(WrongSignature));
}

/// The secret, body and signature are those of the tests of Stripe's library for .NET (EventUtilityTest.cs).
#[test]
fn webhooks_of_stripe() {
    const BODY: &str = r#"{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
"#;
    const SENT_S: u64 = 1_533_204_620;
    const V1: &str = "v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7";
    const V0: &str = "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef";

    #[track_caller]
    fn check(items: &[&str], want: Result) {
        check_at(SENT_S, items, want);
    }
    #[track_caller]
    fn check_at(now_s: u64, items: &[&str], want: Result) {
        let value = items.join(",");
        let header = |name: &str| (name == "Stripe-Signature").then_some(&*value);
        let got = stripe_within(window(now_s), "webhook_secret", BODY.as_bytes(), header);
        assert_eq!(got, want, "{value}");
    }
    let malformed = Err(MalformedHeader("Stripe-Signature"));
    let unknown = Err(UnknownVersion("Stripe-Signature"));
    check(&["t=1533204620", V1, V0], Ok(()));
    check(&[V0, V1, "t=1533204620"], Ok(()));
    check(&["t=1533204620", " v1=00", V1], Ok(()));
    check(&["t=1533204620", V1, "v1=", "v2=x=y"], Ok(()));
    let upper = ["v1=", &V1[3..].to_uppercase()].concat();
    check(&["t=1533204620", &upper], Ok(()));
    check(&["t=1533204620", &upper.replace("v1", "V1")], unknown);
    check_at(SENT_S + 300, &["t=1533204620", V1], Ok(()));
    check_at(SENT_S + 301, &["t=1533204620", V1], Err(TooOld));
    check_at(SENT_S - 301, &["t=1533204620", V1], Err(TooNew));
    check(&["t=1533204620", "v1=invalid"], Err(WrongSignature));
    check(&["t=1533204621", V1], Err(WrongSignature));
    check(
        &["t=1533204620", &V0.replace("v0", "v1")],
        Err(WrongSignature),
    );
    check(&["t=1533204620", V0], unknown);
    check(&["t=1533204620", &V1.replace("v1", "v0")], unknown);
    check(&["t=1533204620"], unknown);
    for items in [
        &[""][..],
        &[V1],
        &["t"],
        &["t=", V1],
        &["t=x", V1],
        &["t=-1", V1],
        &["t=+1533204620", V1],
        &["t= 1533204620", V1],
        &["t=1533204620 ", "t=1533204620", V1],
        &["t=18446744073709551616", V1],
        // The header given twice, joined as RFC 9110, section 5.3, says.
        &["t=1533204620", V1, " t=1533204620", V1],
        &["t=1533204620", "v1"],
        &["t=1533204620", V1, ""],
        &["t=1533204620", "t=1533204620", V1],
        &["t=111111111111111111111", V1],
    ] {
        check(items, malformed);
    }
    let got = stripe("webhook_secret", b"", |_| None);
    assert_eq!(got, Err(MissingHeader("Stripe-Signature")));
}

/// The secret, body and signature are those of the tests of the Standard Webhooks libraries and of Svix.
#[test]
fn standard_webhooks_and_those_of_svix() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SENT_S: u64 = 1_614_265_330;
    const ID: (&str, &str) = ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek");
    const TIME: (&str, &str) = ("webhook-timestamp", "1614265330");
    const V1: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[track_caller]
    fn check(secret: &str, headers: Headers<'_>, now_s: u64, want: Result) {
        let header = |name: &str| find(headers, name);
        let got = standard_webhooks_within(window(now_s), secret, BODY.as_bytes(), header);
        assert_eq!(got, want, "{secret} {headers:?}");
    }
    #[track_caller]
    fn check_signature(value: &str, want: Result) {
        check(
            SECRET,
            &[ID, TIME, ("webhook-signature", value)],
            SENT_S,
            want,
        );
    }
    let valid = [ID, TIME, ("webhook-signature", V1)];
    check(SECRET, &valid, SENT_S, Ok(()));
    check("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &valid, SENT_S, Ok(()));
    check(SECRET, &valid, SENT_S + 300, Ok(()));
    check(SECRET, &valid, SENT_S + 301, Err(TooOld));
    check(SECRET, &valid, SENT_S - 301, Err(TooNew));
    let svix = [
        ("svix-id", ID.1),
        ("svix-timestamp", TIME.1),
        ("svix-signature", V1),
    ];
    check(SECRET, &svix, SENT_S, Ok(()));
    check_signature(&["v1,AAAA v1a,AAAA ", V1, " v2,x"].concat(), Ok(()));
    let unknown = Err(UnknownVersion("webhook-signature"));
    for value in [
        "",
        " ",
        "v1a,AAAA",
        "v1",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ] {
        check_signature(value, unknown);
    }
    for value in [
        "v1,",
        "v1,AAAA",
        "v1,!",
        &V1.replace('+', "-"),
        &V1.replace("g0", "g1"),
        &V1.replace('=', ""),
        &[V1, "="].concat(),
        &[V1, ","].concat(),
    ] {
        check_signature(value, Err(WrongSignature));
    }
    for secret in ["", "whsec_", "whsec_!", "whsec_Mf=", "whpk_MfKQ"] {
        check(secret, &valid, SENT_S, Err(InvalidSecret));
    }
    for secret in ["whsec_AAAA", "whsec_AAA=", "whsec_AAA"] {
        check(secret, &valid, SENT_S, Err(WrongSignature));
    }
    for (missing, name) in ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .iter()
        .enumerate()
    {
        let mut headers = valid.to_vec();
        headers.remove(missing);
        check(SECRET, &headers, SENT_S, Err(MissingHeader(name)));
    }
    let headers = [("webhook-id", "msg_2"), TIME, valid[2]];
    check(SECRET, &headers, SENT_S, Err(WrongSignature));
    for time in [
        "",
        "now",
        "-1",
        "+1614265330",
        " 1614265330",
        "1614265330.5",
        "18446744073709551616",
        "1614265330, 1614265330",
    ] {
        let headers = [ID, ("webhook-timestamp", time), valid[2]];
        let malformed = Err(MalformedHeader("webhook-timestamp"));
        check(SECRET, &headers, SENT_S, malformed);
    }
    // The header given twice.
    check_signature(&["v1,AAAA, ", V1].concat(), Ok(()));
    check_signature(&[V1, " ", V1].concat(), Ok(()));
    // Only the alphabet of the specification, and in lower case the letters differ.
    check_signature(&V1.replace(['+', '/'], "_"), Err(WrongSignature));
    check_signature(&V1.to_lowercase(), Err(WrongSignature));
    let header = |name: &str| find(&valid, name);
    assert_eq!(
        standard_webhooks(SECRET, BODY.as_bytes(), header),
        Err(TooOld)
    );
}

#[test]
fn a_webhook_that_was_sent_just_now_is_accepted() {
    let now_s = Window::new(Duration::ZERO).now_s.to_string();
    let body = b"{}";
    let code = hex_code("secret", &[b"v0:", now_s.as_bytes(), b":", body]);
    let signature = ["v0=", &code].concat();
    let headers = [
        ("X-Slack-Request-Timestamp", &*now_s),
        ("X-Slack-Signature", &signature),
    ];
    assert_eq!(slack("secret", body, |name| find(&headers, name)), Ok(()));
    let code = hex_code("secret", &[now_s.as_bytes(), b".", body]);
    let value = ["t=", &now_s, ",v1=", &code].concat();
    assert_eq!(stripe("secret", body, |_| Some(&value)), Ok(()));
    let code = hmac(b"key", &[b"id.", now_s.as_bytes(), b".", body]);
    let signature = ["v1,", &String::from_utf8(base64(&code)).unwrap()].concat();
    let headers = [
        ("webhook-id", "id"),
        ("webhook-timestamp", &now_s),
        ("webhook-signature", &signature),
    ];
    assert_eq!(
        standard_webhooks("a2V5", body, |name| find(&headers, name)),
        Ok(())
    );
}

#[test]
fn the_tolerance_is_in_whole_seconds() {
    #[track_caller]
    fn check(tolerance: Duration, time_s: u64, want: Result) {
        assert_eq!(Window::new(tolerance).at(NOW_S).check(time_s), want);
    }
    check(Duration::ZERO, NOW_S, Ok(()));
    check(Duration::from_millis(999), NOW_S - 1, Err(TooOld));
    check(Duration::from_secs(1), NOW_S - 1, Ok(()));
    check(Duration::from_secs(1), NOW_S + 2, Err(TooNew));
    check(Duration::MAX, 0, Ok(()));
    check(Duration::MAX, u64::MAX, Ok(()));
}

/// No input may panic or be accepted.
#[test]
fn odd_headers_are_refused() {
    let parts = [
        "",
        " ",
        ",",
        "=",
        ".",
        "t=",
        "t=1600000000",
        "v0=",
        "v1=",
        "v1,",
        "sha256=",
        "\u{e9}",
        "1600000000",
        "0",
        "AAAA",
        "\0",
    ];
    let checks: [Check; 4] = [
        |_, secret, body, header| github(secret, body, header),
        |window, secret, body, header| slack_within(window, secret, body, header),
        |window, secret, body, header| stripe_within(window, secret, body, header),
        |window, secret, body, header| standard_webhooks_within(window, secret, body, header),
    ];
    // Miri is a thousand times slower.
    let n_parts = if cfg!(miri) { 2 } else { parts.len() };
    for first in &parts[..n_parts] {
        for second in &parts[..n_parts] {
            for third in parts {
                let value: &'static str = [*first, second, third].concat().leak();
                for check in checks {
                    for time in [value, "1600000000"] {
                        let header = |name: &str| {
                            Some(if name.contains("imestamp") {
                                time
                            } else {
                                value
                            })
                        };
                        assert!(check(window(NOW_S), "c2VjcmV0", b"{}", &header).is_err());
                    }
                }
            }
        }
    }
}

#[test]
fn messages_say_what_is_wrong() {
    #[track_caller]
    fn check(error: WebhookError, want: &str) {
        assert_eq!(error.to_string(), ["webhook refused: ", want].concat());
        assert_eq!(alloc::format!("{error:?}"), error.to_string());
    }
    check(MissingHeader("a"), "missing header a");
    check(MalformedHeader("a"), "malformed header a");
    check(
        UnknownVersion("a"),
        "no signature of a known version in header a",
    );
    check(WrongSignature, "the signature does not match");
    check(TooOld, "the timestamp is older than the tolerance");
    check(
        TooNew,
        "the timestamp is in the future by more than the tolerance",
    );
    check(InvalidSecret, "the function's secret is empty or malformed");
}

#[test]
fn an_empty_secret_is_refused_although_the_code_of_an_empty_key_is_right() {
    let code = hex_code("", &[b"v0:1600000000:"]);
    let signature = ["v0=", &code].concat();
    let headers = [
        ("X-Slack-Request-Timestamp", "1600000000"),
        ("X-Slack-Signature", &*signature),
    ];
    let header = |name: &str| find(&headers, name);
    assert_eq!(
        slack_within(window(NOW_S), "", b"", header),
        Err(InvalidSecret)
    );
    let code = hex_code("", &[b"1600000000."]);
    let value = ["t=1600000000,v1=", &code].concat();
    let got = stripe_within(window(NOW_S), "", b"", |_| Some(&value));
    assert_eq!(got, Err(InvalidSecret));
}

#[test]
fn an_empty_body_is_signed_like_any_other() {
    let code = ["sha256=", &hex_code("secret", &[])].concat();
    check_github("secret", "", Some(&code), Ok(()));
    check_github("secret", " ", Some(&code), Err(WrongSignature));
    let code = ["v0=", &hex_code("secret", &[b"v0:1600000000:"])].concat();
    let headers = [
        ("X-Slack-Request-Timestamp", "1600000000"),
        ("X-Slack-Signature", &*code),
    ];
    let header = |name: &str| find(&headers, name);
    assert_eq!(slack_within(window(NOW_S), "secret", b"", header), Ok(()));
    let code = hex_code("secret", &[b"1600000000."]);
    let value = ["t=1600000000,v1=", &code].concat();
    let got = stripe_within(window(NOW_S), "secret", b"", |_| Some(&value));
    assert_eq!(got, Ok(()));
}
