//! Field types: base64, times, durations, sets, pointers to strings and addresses.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tiny_lambda::json::{
    self, Base64, EpochMillis, EpochSeconds, FromJson, IsoDuration, Millis, Rfc3339, Seconds,
    ToJson,
};

/// Checks that `text` is read as `value`, which is written as `canonical`.
#[track_caller]
fn check<T: FromJson + ToJson + PartialEq + Debug>(text: &str, value: T, canonical: &str) {
    assert_eq!(
        json::parse::<T>(text.as_bytes()).as_ref(),
        Ok(&value),
        "{text}"
    );
    assert_eq!(String::from_utf8(json::to_vec(&value)).unwrap(), canonical);
    assert_eq!(
        json::parse::<T>(canonical.as_bytes()),
        Ok(value),
        "{canonical}"
    );
}

#[track_caller]
fn refuses<T: FromJson + Debug>(texts: &[&str]) {
    for text in texts {
        assert!(json::parse::<T>(text.as_bytes()).is_err(), "{text}");
    }
}

/// Returns the time that is this long after the Unix epoch.
fn time(secs: i64, nanos: u32) -> SystemTime {
    let whole = Duration::from_secs(secs.unsigned_abs());
    let time = if secs < 0 {
        UNIX_EPOCH - whole
    } else {
        UNIX_EPOCH + whole
    };
    time + Duration::from_nanos(nanos.into())
}

#[test]
fn now_is_the_time_of_the_clock_in_whole_milliseconds() {
    let ms = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let before = ms(SystemTime::now());
    let times = [
        Rfc3339::now().0,
        EpochSeconds::now().0,
        EpochMillis::now().0,
    ];
    let after = ms(SystemTime::now());
    for time in times {
        assert!((before..=after).contains(&ms(time)));
        let nanos = time.duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        assert_eq!(nanos % 1_000_000, 0);
    }
}

#[test]
fn base64_follows_rfc_4648() {
    for (bytes, text) in [
        ("", "\"\""),
        ("f", "\"Zg==\""),
        ("fo", "\"Zm8=\""),
        ("foo", "\"Zm9v\""),
        ("foobar", "\"Zm9vYmFy\""),
    ] {
        check(text, Base64(bytes.into()), text);
        check(&text.replace('=', ""), Base64(bytes.into()), text);
    }
    refuses::<Base64>(&[
        "\"Z\"",
        "\"Zg=\"",
        "\"Z===\"",
        "\"Zh==\"",
        "\"Zm9v\\n\"",
        "\"Zm_v\"",
        "1",
    ]);
}

#[test]
fn rfc_3339_times_are_read_and_written() {
    // The examples of the RFC, section 5.8.
    check(
        "\"1985-04-12T23:20:50.52Z\"",
        Rfc3339(time(482_196_050, 520_000_000)),
        "\"1985-04-12T23:20:50.520Z\"",
    );
    check(
        "\"1996-12-19T16:39:57-08:00\"",
        Rfc3339(time(851_042_397, 0)),
        "\"1996-12-20T00:39:57Z\"",
    );
    check(
        "\"1990-12-31T15:59:60-08:00\"",
        Rfc3339(time(662_688_000, 0)),
        "\"1991-01-01T00:00:00Z\"",
    );
    check(
        "\"1937-01-01T12:00:27.87+00:20\"",
        Rfc3339(time(-1_041_337_173, 870_000_000)),
        "\"1937-01-01T11:40:27.870Z\"",
    );
    check(
        "\"1970-01-01t00:00:00z\"",
        Rfc3339(UNIX_EPOCH),
        "\"1970-01-01T00:00:00Z\"",
    );
    check(
        "\"2000-02-29T00:00:00.123456789999Z\"",
        Rfc3339(time(951_782_400, 123_456_789)),
        "\"2000-02-29T00:00:00.123456789Z\"",
    );
    check(
        "\"0000-01-01T00:00:00Z\"",
        Rfc3339(time(-62_167_219_200, 0)),
        "\"0000-01-01T00:00:00Z\"",
    );
    check(
        "\"9999-12-31T23:59:59Z\"",
        Rfc3339(time(253_402_300_799, 0)),
        "\"9999-12-31T23:59:59Z\"",
    );
    assert_eq!(json::to_vec(&Rfc3339(time(253_402_300_800, 0))), b"null");
    assert_eq!(json::to_vec(&Rfc3339(time(-62_167_219_201, 0))), b"null");
    refuses::<Rfc3339>(&[
        "\"\"",
        "\"2024\"",
        "\"2023-02-29T00:00:00Z\"",
        "\"1900-02-29T00:00:00Z\"",
        "\"2024-13-01T00:00:00Z\"",
        "\"2024-00-01T00:00:00Z\"",
        "\"2024-01-32T00:00:00Z\"",
        "\"2024-01-01T24:00:00Z\"",
        "\"2024-01-01T00:60:00Z\"",
        "\"2024-01-01T00:00:61Z\"",
        "\"2024-01-01T00:00:00\"",
        "\"2024-01-01T00:00:00.Z\"",
        "\"2024-01-01T00:00:00+24:00\"",
        "\"2024-01-01T00:00:00Zx\"",
        "\"02024-01-01T00:00:00Z\"",
        "\"2024-1-1T00:00:00Z\"",
        "1717517098",
    ]);
}

#[test]
fn every_day_of_eight_centuries_is_read_as_it_was_written() {
    // Two cycles of 400 years of the calendar, one before and one after the epoch.
    for day in -146_097..146_097_i64 {
        let value = Rfc3339(time(day * 86_400, 0));
        assert_eq!(
            json::parse::<Rfc3339>(&json::to_vec(&value)),
            Ok(value),
            "{day}"
        );
    }
}

#[test]
fn epoch_times_are_integers_or_decimals() {
    check(
        "1717517098",
        EpochSeconds(time(1_717_517_098, 0)),
        "1717517098",
    );
    check(
        "1717517098.217",
        EpochSeconds(time(1_717_517_098, 217_000_000)),
        "1717517098.217",
    );
    check(
        "1.717517098217E9",
        EpochSeconds(time(1_717_517_098, 217_000_000)),
        "1717517098.217",
    );
    check(
        "1717517098.1234567899",
        EpochSeconds(time(1_717_517_098, 123_456_789)),
        "1717517098.123456789",
    );
    check("-1.5", EpochSeconds(time(-2, 500_000_000)), "-1.5");
    check("0e99", EpochSeconds(UNIX_EPOCH), "0");
    check(
        "1717517098217",
        EpochMillis(time(1_717_517_098, 217_000_000)),
        "1717517098217",
    );
    check(
        "1717517098217.5",
        EpochMillis(time(1_717_517_098, 217_500_000)),
        "1717517098217.5",
    );
    check("1e-9", EpochMillis(UNIX_EPOCH), "0");
    refuses::<EpochSeconds>(&[
        "1e30",
        "1e99999999999",
        "\"1\"",
        "null",
        "9223372036854775808",
    ]);
    refuses::<EpochMillis>(&["1e33", "true"]);
}

#[test]
fn durations_are_seconds_milliseconds_or_iso_8601_texts() {
    check("30", Seconds(Duration::from_secs(30)), "30");
    check("0.25", Seconds(Duration::from_millis(250)), "0.25");
    check("1500", Millis(Duration::from_millis(1500)), "1500");
    refuses::<Seconds>(&["-1", "-0.5", "1e40", "\"30\""]);
    check("\"PT0S\"", IsoDuration(Duration::ZERO), "\"PT0S\"");
    check(
        "\"P1DT2H30M\"",
        IsoDuration(Duration::from_secs(95_400)),
        "\"P1DT2H30M\"",
    );
    check(
        "\"P2W\"",
        IsoDuration(Duration::from_secs(1_209_600)),
        "\"P14D\"",
    );
    check(
        "\"PT36H\"",
        IsoDuration(Duration::from_secs(129_600)),
        "\"P1DT12H\"",
    );
    check(
        "\"PT0.5S\"",
        IsoDuration(Duration::from_millis(500)),
        "\"PT0.5S\"",
    );
    check(
        "\"PT1,5M\"",
        IsoDuration(Duration::from_secs(90)),
        "\"PT1M30S\"",
    );
    refuses::<IsoDuration>(&[
        "\"\"",
        "\"P\"",
        "\"PT\"",
        "\"P1DT\"",
        "\"1D\"",
        "\"P1\"",
        "\"P1Y\"",
        "\"P1M\"",
        "\"PT1D\"",
        "\"P1H\"",
        "\"PT1M1H\"",
        "\"PT1H1H\"",
        "\"PT1.5M1S\"",
        "\"PT.5S\"",
        "\"-PT1S\"",
        "\"PT1S \"",
        "5",
    ]);
}

/// Checks that `text` is read as `want` and written as before.
#[track_caller]
fn round_trips<T: FromJson + ToJson + PartialEq + Debug>(text: &str, want: T) {
    assert_eq!(
        json::parse::<T>(text.as_bytes()).as_ref(),
        Ok(&want),
        "{text}"
    );
    assert_eq!(String::from_utf8(json::to_vec(&want)).unwrap(), text);
    assert_eq!(tiny_lambda::json!(want).to_string(), text, "as a tree");
}

#[test]
fn sets_are_arrays_without_duplicates() {
    round_trips("[]", BTreeSet::<u8>::new());
    round_trips(
        r#"["a","b"]"#,
        BTreeSet::from(["a".to_owned(), "b".to_owned()]),
    );
    round_trips("[7]", HashSet::from([7]));
    let set = json::parse::<HashSet<u8>>(b"[3, 1, 3]").unwrap();
    assert_eq!(set, HashSet::from([1, 3]));
    let set = json::parse::<BTreeSet<u8>>(b"[3, 1, 3]").unwrap();
    assert_eq!(json::to_vec(&set), b"[1,3]");
    let error = json::parse::<BTreeSet<u8>>(br#"[1, "2"]"#).unwrap_err();
    assert_eq!(error.message(), "expected an integer, found a string");
    assert!(json::parse::<HashSet<u8>>(b"{}").is_err());
}

#[test]
fn pointers_to_strings_are_strings() {
    round_trips::<Box<str>>(r#""a\n""#, "a\n".into());
    round_trips::<Arc<str>>(r#""a""#, "a".into());
    round_trips::<Rc<str>>(r#""""#, "".into());
    round_trips(r#"["a"]"#, BTreeSet::from([Arc::<str>::from("a")]));
    round_trips("[1]", Arc::new(vec![1]));
    round_trips("[null,2]", vec![Rc::new(None), Rc::new(Some(2))]);
    assert!(json::parse::<Box<str>>(b"1").is_err());
}

#[test]
fn addresses_are_strings() {
    round_trips(r#""127.0.0.1""#, IpAddr::from([127, 0, 0, 1]));
    round_trips(r#""::1""#, IpAddr::from(Ipv6Addr::LOCALHOST));
    round_trips(r#""10.0.0.255""#, Ipv4Addr::new(10, 0, 0, 255));
    round_trips(
        r#""2001:db8::1""#,
        "2001:db8::1".parse::<Ipv6Addr>().unwrap(),
    );
    round_trips(r#""127.0.0.1:80""#, SocketAddr::from(([127, 0, 0, 1], 80)));
    round_trips(r#""[::1]:80""#, SocketAddr::from((Ipv6Addr::LOCALHOST, 80)));
    round_trips(
        r#""1.2.3.4:5""#,
        SocketAddrV4::new(Ipv4Addr::new(1, 2, 3, 4), 5),
    );
    round_trips(
        r#""[::1]:5""#,
        SocketAddrV6::new(Ipv6Addr::LOCALHOST, 5, 0, 0),
    );
    for (text, want) in [
        (r#""127.0.0.1""#, "expected an IPv6 address, found a string"),
        (r#""127.1""#, "expected an IPv6 address, found a string"),
        ("1", "expected a string, found a number"),
    ] {
        let error = json::parse::<Ipv6Addr>(text.as_bytes()).unwrap_err();
        assert_eq!(error.message(), want);
    }
    assert!(json::parse::<IpAddr>(br#""localhost""#).is_err());
    assert!(json::parse::<Ipv4Addr>(br#""::1""#).is_err());
    assert!(json::parse::<SocketAddr>(br#""127.0.0.1""#).is_err());
}

tiny_lambda::json_struct! {
    /// Has a field of each type, so that each has a placeholder.
    #[derive(Debug, PartialEq)]
    struct Each {
        hash_set: HashSet<u8>, tree_set: BTreeSet<String>, boxed: Box<str>, shared: Arc<str>, rc: Rc<str>,
        ip: IpAddr, v4: Ipv4Addr, v6: Ipv6Addr, socket: SocketAddr, maybe: Option<IpAddr>
    }
}

#[test]
fn fields_may_be_of_these_types() {
    let text = concat!(
        r#"{"hash_set":[1],"tree_set":["a"],"boxed":"b","shared":"c","rc":"d","ip":"::1","v4":"1.2.3.4","#,
        r#""v6":"::2","socket":"1.2.3.4:5","maybe":null}"#,
    );
    let each = json::parse::<Each>(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(json::to_vec(&each)).unwrap(), text);
    assert_eq!(each.v6, "::2".parse::<Ipv6Addr>().unwrap());
}
