//! The place in a `stackTrace`: the line of the function that has called the crate or that has the `?`.

use std::fs;
use std::path::{Path, PathBuf};

use tiny_lambda::events::sqs::{SqsEvent, SqsMessage};
use tiny_lambda::events::{Field, Map};
use tiny_lambda::http::{Method, Request, Response, Router};
use tiny_lambda::json::{self, RawJson, Reader, Value};
use tiny_lambda::{Context, Error, Handler, Result, bail, encoding, ensure, handler};

use super::play;
use crate::support::runtime_api::{ACCEPTED, GET_NEXT, POST_ERROR, next, step};

/// Returns the `stackTrace` of an error.
fn stack_trace(error: &[u8]) -> Vec<String> {
    let error: Value = json::parse(error).unwrap();
    let trace = error.get("stackTrace").and_then(Value::as_array).unwrap();
    let places = trace.iter().map(|place| place.as_str().unwrap().to_owned());
    places.collect()
}

/// Returns the `stackTrace` of the error that is posted for `event`.
fn posted(handler: &dyn Handler, event: &str) -> Vec<String> {
    let script = [step(GET_NEXT, next(event)), step(POST_ERROR, ACCEPTED)];
    let (requests, _) = play(&script, handler);
    stack_trace(&requests[1].body)
}

/// Checks that the error of `f` names a place in this file.
#[track_caller]
fn check_place<T>(name: &str, f: impl Fn() -> Result<T>) {
    let error = f().err().expect(name);
    let places = stack_trace(&json::to_vec(&error));
    let is_here = |place: &String| place.starts_with("tests/it/runtime/places.rs:");
    assert!(
        places.len() == 1 && places.iter().all(is_here),
        "{name}: {places:?}"
    );
}

/// A stack trace names the function's source, or is empty.
#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn a_stack_trace_never_names_a_source_file_of_this_crate() {
    let double = handler::json(|text: String, _| Ok(text.parse::<u8>()? * 2));
    let odd = [
        posted(&double, "7"),
        posted(&double, "{"),
        posted(
            &handler::json(|event: SqsEvent, _| Ok(event.records.get()?.len())),
            "[]",
        ),
        posted(&handler::http(|_: Request, _| Ok("")), "[]"),
        posted(&handler::streaming(|_: u8, _, _| Ok(())), "[]"),
        posted(&handler::bytes(|_, _| Ok(vec![0; 7 << 20])), "7"),
        posted(
            &handler::bytes(|_, _| std::panic::resume_unwind(Box::new("gone"))),
            "7",
        ),
    ];
    for (i, places) in odd.iter().enumerate() {
        assert!(places.is_empty(), "{i}: {places:?}");
    }

    let request = Request::new(Method::Post, "/?a=%").with_body("x");
    check_place("env::required", || {
        Ok(tiny_lambda::env::required::<u8>("NOT_SET")?)
    });
    check_place("Client::new", || {
        Ok(tiny_lambda::http::client::Client::new("x")?)
    });
    check_place("Client::new", || {
        Ok(tiny_lambda::http::client::Client::new("127.0.0.1:0")?)
    });
    check_place("RequestBuilder::send", || {
        let client = tiny_lambda::http::client::Client::new("127.0.0.1:1")?;
        Ok(client.get("a").send()?)
    });
    check_place("RequestBuilder::send", || {
        let client = tiny_lambda::http::client::Client::new("127.0.0.1:1")?;
        Ok(client.get("/").send()?)
    });
    check_place("json::parse", || Ok(json::parse::<u8>(b"x")?));
    check_place("std", || Ok("x".parse::<u8>()?));
    check_place("Request::json", || Ok(request.json::<u8>()?));
    check_place("Query::parse", || {
        Ok(Request::new(Method::Get, "/?a=b")
            .query()?
            .parse::<u8>("a")?)
    });
    check_place("Request::param", || Ok(request.param::<u8>("none")?));
    check_place("Request::limit_body", || Ok(request.limit_body(0)?));
    check_place("Field::get", || Ok(*Field::<u8>::default().get()?));
    check_place("Field::into_inner", || {
        Ok(Field::<u8>::default().into_inner()?)
    });
    check_place("Map::value", || Ok(Map::<u8>::default().value("a")?));
    check_place("SqsMessage::json", || {
        Ok(SqsMessage::default().json::<u8>()?)
    });
}

#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn an_error_of_the_crates_functions_names_the_place_of_the_call() {
    use tiny_lambda::events::cloudwatch_logs::{LogData, LogsEvent};
    use tiny_lambda::events::dynamodb::{DynamoDbEvent, DynamoDbStreamRecord};
    use tiny_lambda::events::kafka::KafkaEvent;
    use tiny_lambda::events::kinesis::KinesisEvent;
    use tiny_lambda::events::lambda_destinations::LambdaDestinationEvent;
    use tiny_lambda::events::{
        Base64, EpochSeconds, FormText, Timestamp, cloudwatch_alarms, dynamodb, kafka, kinesis, sqs,
    };
    use tiny_lambda::http::Cookie;

    let odd = json::parse::<cloudwatch_alarms::CloudWatchAlarmState>(br#"{"reasonData":"x"}"#);
    let odd = odd.unwrap();
    check_place("CloudWatchAlarmState::data", || Ok(odd.data()?));
    let none = cloudwatch_alarms::CloudWatchAlarmState::default();
    check_place("CloudWatchAlarmState::data", || Ok(none.data()?));
    check_place("LogsEvent::data", || Ok(LogsEvent::default().data()?));
    for data in ["!", "aGk=", "H4sIAAAAAAAA"] {
        let data = Base64::from(String::from(data));
        check_place("LogData::from_base64", || Ok(LogData::from_base64(&data)?));
    }
    check_place("LogData::from_gzip", || Ok(LogData::from_gzip(b"x")?));
    let base64 = Base64::from(String::from("!"));
    check_place("Base64::decode", || Ok(base64.decode()?));
    check_place("Base64::json", || Ok(base64.json::<u8>()?));
    let text = FormText::from(String::from("%"));
    check_place("FormText::decode", || Ok(text.decode()?));
    let text = FormText::from(String::from("%ff"));
    check_place("FormText::decode", || Ok(text.decode()?));
    check_place("Timestamp::to_system_time", || {
        Ok(Timestamp::default().to_system_time()?)
    });
    let time = json::parse::<EpochSeconds>(b"1e99").unwrap();
    check_place(
        "EpochSeconds::to_system_time",
        || Ok(time.to_system_time()?),
    );
    let change = DynamoDbStreamRecord::default();
    check_place("DynamoDbStreamRecord::creation_time", || {
        Ok(change.creation_time()?)
    });
    let map = json::parse::<Map<u8>>(br#"{"a":"x"}"#).unwrap();
    check_place("Map::to_vec", || Ok(map.to_vec()?));
    check_place("LambdaDestinationEvent::batch", || {
        Ok(LambdaDestinationEvent::default().batch::<u8>()?)
    });
    check_place("Cookie::new", || Ok(Cookie::new("a", ";")?));
    let cookie = || Cookie::new("a", "b").unwrap();
    check_place("Cookie::path", || Ok(cookie().path(";")?));
    check_place("Cookie::domain", || Ok(cookie().domain(";")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"{}")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"\xff")?));
    check_place("Request::from_event", || Ok(Request::from_event(b"{")?));
    let event = br#"{"httpMethod":"GET","path":"/","body":7}"#;
    let odd = Request::from_event(event).unwrap();
    check_place("Request::body", || Ok(odd.body()?.len()));
    check_place("Request::form", || Ok(odd.form()?));
    check_place("Request::into_body", || Ok(odd.clone().into_body()?));
    check_place("Request::encode_response", || {
        Ok(odd.encode_response(&Response::new(0))?)
    });
    let split = Response::new(200).with_header("a", "b\n");
    check_place("Request::encode_response", || {
        Ok(odd.encode_response(&split)?)
    });
    let cx = Context::default();
    let sqs_event = || json::parse::<SqsEvent>(br#"{"Records":[{}]}"#).unwrap();
    check_place("sqs::each", || {
        Ok(sqs::each(&SqsEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("sqs::each", || {
        Ok(sqs::each(&sqs_event(), &cx, |_| Ok(()))?)
    });
    check_place("sqs::each_with_options", || {
        let options = sqs::EachOptions::default();
        Ok(sqs::each_with_options(&sqs_event(), &cx, options, |_| {
            Ok(())
        })?)
    });
    check_place("kinesis::each", || {
        Ok(kinesis::each(&KinesisEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("dynamodb::each", || {
        Ok(dynamodb::each(&DynamoDbEvent::default(), &cx, |_| Ok(()))?)
    });
    check_place("kafka::each", || {
        Ok(kafka::each(&KafkaEvent::default(), &cx, |_| Ok(()))?)
    });
}

/// This process has no variables with the addresses of services.
#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn an_error_of_a_missing_service_names_the_place_of_the_call() {
    use tiny_lambda::services::{
        Configuration, FeatureFlag, Parameter, Secret, configuration, parameter, secret,
    };

    check_place("parameter", || Ok(parameter("p")?));
    check_place("Parameter::text", || Ok(Parameter::new("p").text()?));
    check_place("Parameter::list", || Ok(Parameter::new("p").list()?));
    check_place("Parameter::json", || Ok(Parameter::new("p").json::<u8>()?));
    check_place("secret", || Ok(secret("s")?));
    check_place("Secret::text", || Ok(Secret::new("s").text()?));
    check_place("Secret::bytes", || Ok(Secret::new("s").bytes()?));
    check_place("Secret::json", || Ok(Secret::new("s").json::<u8>()?));
    check_place("configuration", || Ok(configuration("a", "e", "c")?));
    let c = || Configuration::new("a", "e", "c");
    check_place("Configuration::text", || Ok(c().text()?));
    check_place("Configuration::bytes", || Ok(c().bytes()?));
    check_place("Configuration::json", || Ok(c().json::<u8>()?));
    check_place("Configuration::flags", || Ok(c().flags()?));
    check_place("Configuration::context", || {
        Ok(c().context("a", "\n").text()?)
    });
    let flag: FeatureFlag = json::parse(br#"{"enabled":true,"a":"x"}"#).unwrap();
    check_place("FeatureFlag::attribute", || Ok(flag.attribute::<u8>("a")?));
}

/// A value is missing, or does not have the requested form.
#[cfg(feature = "emulator")]
#[test]
fn an_error_about_the_value_of_a_service_names_the_place_of_the_call() {
    use tiny_lambda::emulator::{self, InvokeRequest};
    use tiny_lambda::services::{Configuration, Parameter, Secret, metadata, parameter, secret};

    let function = handler::json(|(): (), _| {
        let c = |profile| Configuration::new("a", "e", profile);
        let errors = [
            parameter("none").err(),
            Parameter::new("p").json::<u8>().err(),
            secret("none").err(),
            secret("binary").err(),
            Secret::new("s").json::<u8>().err(),
            c("none").text().err(),
            c("binary").text().err(),
            c("c").json::<u8>().err(),
            c("c").flags().err(),
            c("c").flag("a").flags().err(),
            metadata()?.json::<u8>().err(),
        ];
        Ok(errors.map(|error| stack_trace(&json::to_vec(&error))))
    });
    let request = InvokeRequest::new("null")
        .with_parameter("p", "x")
        .with_secret("s", "x")
        .with_secret("binary", b"\xff")
        .with_configuration("a", "e", "c", "x")
        .with_configuration("a", "e", "binary", b"\xff");
    let response = emulator::invoke(&function, request).unwrap();
    let places: Vec<Vec<String>> = response.json().unwrap();
    assert_eq!(places.len(), 11);
    for (i, places) in places.iter().enumerate() {
        let [place] = places.as_slice() else {
            panic!("{i}: {places:?}");
        };
        assert!(
            place.starts_with("tests/it/runtime/places.rs:"),
            "{i}: {place}"
        );
    }
}

/// Errors that a function makes, and errors of std and of this crate that `?` converts.
#[test]
#[expect(
    clippy::needless_question_mark,
    reason = "a `?` is what a function writes"
)]
fn an_error_that_a_function_makes_or_converts_names_its_place() {
    let texts = ["x"];
    check_place("Error::new", || {
        Err::<u8, _>(Error::new("NoStock", "sold out"))
    });
    check_place("Error::msg", || Err::<u8, _>(Error::msg("sold out")));
    check_place("Error::boxed", || Err::<u8, _>(Error::boxed("sold out")));
    check_place("Error::boxed in a closure", || {
        Ok(Err::<u8, _>("sold out").map_err(|error| Error::boxed(error))?)
    });
    check_place("Error::msg in a closure", || {
        Ok(None::<u8>.ok_or_else(|| Error::msg("sold out"))?)
    });
    check_place("bail! with text", || -> Result<u8> { bail!("sold out") });
    check_place("bail! with an error", || -> Result<u8> {
        bail!(std::fmt::Error)
    });
    check_place("bail! with a String", || -> Result<u8> {
        bail!(String::from("sold out"))
    });
    check_place("bail! with a box", || -> Result<u8> {
        bail!(Box::<dyn std::error::Error>::from("sold out"))
    });
    check_place("bail! with a number", || -> Result<u8> { bail!(7 + 1) });
    check_place("ensure!", || {
        ensure!(texts[0] == "y");
        Ok(())
    });
    check_place("ensure! with text", || {
        ensure!(texts[0] == "y", "{} is not y", texts[0]);
        Ok(())
    });
    check_place("into", || Err::<u8, Error>(std::fmt::Error.into()));
    check_place("? in a closure", || {
        let numbers = texts.iter().map(|text| Ok(text.parse::<u8>()?));
        numbers.collect::<Result<Vec<_>>>()
    });
    check_place("json in a closure", || {
        let message = SqsMessage::default();
        let orders: Result<Vec<_>> = [message]
            .iter()
            .map(|message| message.json::<u8>())
            .collect();
        orders
    });
    check_place("a function of the function's own", || {
        fn parse(text: &str) -> Result<u8> {
            Ok(text.parse()?)
        }
        Ok(parse("x")?)
    });
    check_place("a boxed error", || {
        fn first() -> Result<u8, Box<dyn std::error::Error>> {
            Ok(*Field::default().get()?)
        }
        first().map_err(Error::boxed)
    });
    check_place("Router::handle", || {
        let router = Router::new().get("/", |request, _| Ok(request.json::<String>()?));
        router.handle(Request::new(Method::Get, "/"), &Context::default())
    });

    let mut cx = Context::default();
    (cx.client_context, cx.identity) = (Some("x".into()), Some("x".into()));
    check_place("parse_client_context", || {
        Ok(cx.parse_client_context::<u8>()?)
    });
    check_place("parse_identity", || Ok(cx.parse_identity::<u8>()?));
    check_place("json::parse_borrowed", || {
        Ok(json::parse_borrowed::<&str>(b"7")?.len())
    });
    check_place("json::get", || Ok(json::get::<u8>(b"x", "/a")?));
    check_place("RawJson::new", || Ok(RawJson::new("x")?));
    check_place("Reader::string", || Ok(Reader::new("7").string()?));
    check_place("Reader::from_bytes", || Ok(Reader::from_bytes(b"\xff")?));
    check_place("gunzip", || Ok(encoding::gunzip(b"x", 1)?));

    for name in ["\r\n", "x"] {
        let headers = [(name, "\n")];
        let places = [
            posted(
                &handler::streaming(move |_: u8, _, out| out.start(headers[0].1).map(drop)),
                "7",
            ),
            posted(
                &handler::streaming(move |_: u8, _, out| out.start_http(200, &headers).map(drop)),
                "7",
            ),
            posted(
                &handler::streaming(|_: u8, _, out| out.start_http(7, &[]).map(drop)),
                "7",
            ),
        ];
        for places in places {
            assert!(
                places[0].starts_with("tests/it/runtime/places.rs:"),
                "{places:?}"
            );
        }
    }
}

/// A place in std's source does not help the reader of the function's log either.
#[test]
fn an_error_of_a_function_that_std_calls_has_no_place() {
    let message = SqsMessage::default();
    for error in [
        "x".parse::<u8>().map_err(Error::boxed).unwrap_err(),
        "x".parse::<u8>().map_err(Error::from).unwrap_err(),
        "x".parse::<u8>().map_err(Into::<Error>::into).unwrap_err(),
        [Field::<u8>::default()]
            .iter()
            .map(Field::get)
            .next()
            .unwrap()
            .unwrap_err(),
        [message]
            .iter()
            .map(SqsMessage::json::<u8>)
            .next()
            .unwrap()
            .unwrap_err(),
    ] {
        let places = stack_trace(&json::to_vec(&error));
        assert!(places.is_empty(), "{error}: {places:?}");
    }
}

/// Returns the source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found = paths.flat_map(|path| {
        if path.is_dir() {
            sources(&path)
        } else {
            vec![path]
        }
    });
    found
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        .collect()
}

/// Without `#[track_caller]`, the place of an error would be in this crate, which counts as not known.
#[test]
fn a_public_function_that_returns_an_error_tracks_its_caller() {
    /// They return the error of a closure, or none at all.
    const OTHERS: [&str; 4] = ["handle", "query", "serve", "try_subsegment"];
    let mut n_checked = 0;
    for path in sources(Path::new("src")) {
        if path.starts_with("src/emulator") || path.starts_with("src/bin") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut attributes = String::new();
        for (at, line) in text
            .match_indices('\n')
            .map(|(at, _)| text[at + 1..].trim_start())
            .enumerate()
        {
            let first = line.lines().next().unwrap_or_default();
            if first.starts_with("#[") {
                attributes += first;
                continue;
            }
            let Some(function) = line.strip_prefix("pub fn ") else {
                attributes.clear();
                continue;
            };
            let signature = function.split(['{', ';']).next().unwrap_or_default();
            let name = signature.split(['(', '<']).next().unwrap_or_default();
            let returned = signature
                .rsplit_once(") -> ")
                .map_or("", |(_, returned)| returned);
            // `Result<T>` has the crate's own error type. A `Result<T, E>` is converted by a `?`.
            let own_error = returned
                .strip_prefix("Result<")
                .map(|rest| rest.replace("()", ""));
            let is_own = own_error.is_some_and(|rest| !rest.contains([',', ')']));
            if is_own && !OTHERS.contains(&name) {
                n_checked += 1;
                let is_tracked = attributes.contains("#[track_caller]");
                assert!(is_tracked, "{}:{}: {name}", path.display(), at + 2);
            }
            attributes.clear();
        }
    }
    assert!(n_checked >= 35, "{n_checked} functions");
}
