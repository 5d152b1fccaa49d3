//! The page of the local Lambda, and the paths that its script calls.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tiny_lambda::emulator::Settings;
use tiny_lambda::http::{Request, Response};
use tiny_lambda::json::{self, Value};
use tiny_lambda::{Context, Error, Handler, Responder, Result, handler, metrics, xray};

use crate::support::client::{Client, Reply};

/// What Chromium sends for an address that is typed, and for the icon of that page.
const DOCUMENT: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nSec-Fetch-Site: none\r\n\
                        Sec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n";
const ICON: &str = "Accept: image/avif,image/webp,*/*;q=0.8\r\nSec-Fetch-Site: same-origin\r\n\
                    Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n";

fn with_settings(mut settings: Settings, handler: &dyn Handler, test: impl FnOnce(SocketAddr)) {
    settings.xray = true;
    super::with_settings(settings, handler, test);
}

fn with(handler: &dyn Handler, test: impl FnOnce(SocketAddr)) {
    with_settings(Settings::default(), handler, test);
}

fn value(reply: &Reply) -> Value {
    json::parse(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

#[track_caller]
fn has(value: &Value, pointer: &str, want: &str) {
    let got = value.pointer(pointer);
    let got = got.map_or("absent".to_owned(), Value::to_string);
    assert_eq!(got, want, "{pointer} of {value}");
}

/// Returns the details of an invocation.
fn details(client: &mut Client, id: &str) -> Value {
    let reply = client.request(&format!("GET /_local/history/{id}"), "", b"");
    assert_eq!(reply.status, 200, "{reply:?}");
    value(&reply)
}

/// Invokes the function as the page does. Returns the response and the details of the invocation.
fn invoke(client: &mut Client, line: &str, body: &str) -> (String, Value) {
    let reply = client.request(line, "", body.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    let id = reply.field("X-Amzn-RequestId").unwrap().to_owned();
    (reply.text(), details(client, &id))
}

#[test]
fn loading_the_page_does_not_invoke_the_function() {
    let count = AtomicUsize::new(0);
    let shop = handler::http(|request: Request, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Response::text(format!(
            "of the function: {}",
            request.path()
        )))
    });
    with(&shop, |addr| {
        let mut client = Client::connect(addr);
        let page = client.request("GET /", DOCUMENT, b"");
        assert_eq!(page.status, 200);
        assert!(page.text().starts_with("<!doctype html>"), "{page:?}");
        assert!(!page.text().contains("NONCE"));
        assert_eq!(client.request("GET /favicon.ico", ICON, b"").status, 404);
        for path in ["/_local/", "/_local/history", "/_local/samples"] {
            assert_eq!(
                client.request(&format!("GET {path}"), DOCUMENT, b"").status,
                200
            );
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
        let history = value(&client.request("GET /_local/history", "", b""));
        has(&history, "/invocations", "[]");

        // The function gets the rest: `/?`, other paths, scripts, other programs, and all of its own host.
        let script = "Accept: */*\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\n";
        let own = [
            ("GET /?", DOCUMENT),
            ("GET /page", DOCUMENT),
            ("GET /icon.png", ICON),
            ("GET /", script),
            ("GET /", ""),
            ("GET /favicon.ico", "Accept: */*\r\n"),
            ("POST /", DOCUMENT),
        ];
        for (n, (line, fields)) in own.into_iter().enumerate() {
            let text = client.request(line, fields, b"").text();
            assert!(
                text.starts_with("of the function: /"),
                "{line} {fields}: {text}"
            );
            assert_eq!(count.load(Ordering::SeqCst), n + 1);
        }
        for line in ["GET /", "GET /favicon.ico", "GET /_local/history"] {
            let mut client = Client::connect(addr);
            let head = format!("{line} HTTP/1.1\r\nHost: function.localhost:1\r\n{DOCUMENT}\r\n");
            client.send(head.as_bytes());
            let text = client.reply(false).text();
            assert!(text.starts_with("of the function: /"), "{line}: {text}");
        }
    });
}

#[test]
fn responses_to_the_page_have_a_strict_policy() {
    with(&handler::json(|(), _| Ok(())), |addr| {
        let mut client = Client::connect(addr);
        let mut nonces = Vec::new();
        for line in [
            "GET /_local/",
            "GET /_local/history",
            "GET /_local/history/0",
            "GET /_local/samples",
            "GET /_local/x",
            "POST /_local/invoke",
        ] {
            let reply = client.request(line, "", b"null");
            assert_eq!(
                reply.field("X-Content-Type-Options"),
                Some("nosniff"),
                "{line}"
            );
            assert_eq!(
                reply.field("Cross-Origin-Resource-Policy"),
                Some("same-origin")
            );
            assert_eq!(reply.field("Cache-Control"), Some("no-store"));
            let policy = reply.field("Content-Security-Policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; "), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            let nonce = policy.split("script-src 'nonce-").nth(1).unwrap();
            nonces.push(nonce.split('\'').next().unwrap().to_owned());
            if line == "GET /_local/" {
                assert_eq!(
                    reply
                        .text()
                        .matches(&format!("nonce=\"{}\"", nonces[0]))
                        .count(),
                    2
                );
            }
        }
        assert_ne!(nonces[0], nonces[1]);
        for (line, allow) in [
            ("POST /_local/history", "GET"),
            ("GET /_local/invoke", "POST"),
        ] {
            let reply = client.request(line, "", b"");
            assert_eq!(
                (reply.status, reply.field("Allow")),
                (405, Some(allow)),
                "{line}"
            );
        }
    });
}

#[test]
fn pages_of_other_origins_neither_invoke_nor_read() {
    let count = AtomicUsize::new(0);
    let counting = handler::json(|_: Value, _| Ok(count.fetch_add(1, Ordering::SeqCst)));
    // An origin that may call the function may not read what others have sent.
    for allowed in ["http://app.example", "*"] {
        let mut settings = Settings::default();
        settings.allowed_origins = vec![allowed.to_owned()];
        with_settings(settings, &counting, |addr| {
            for line in [
                "GET /_local/",
                "GET /_local/history",
                "GET /_local/history/0",
                "POST /_local/invoke",
                "POST /_local/request",
                "OPTIONS /_local/invoke",
            ] {
                for fields in [
                    "Origin: http://app.example\r\n",
                    "Origin: http://evil.example\r\n",
                    "Origin: null\r\n",
                    "Sec-Fetch-Site: cross-site\r\n",
                    "Sec-Fetch-Site: cross-site\r\nReferer: http://app.example/\r\n",
                    "Sec-Fetch-Site: same-site\r\n",
                ] {
                    let reply = Client::connect(addr).request(line, fields, b"{}");
                    assert_eq!(reply.status, 403, "{line} {fields}");
                    assert_eq!(reply.field("Access-Control-Allow-Origin"), None);
                }
            }
            let mut client = Client::connect(addr);
            client.send(b"GET /_local/history HTTP/1.1\r\nHost: evil.example\r\n\r\n");
            assert_eq!(client.reply(false).status, 403);
        });
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn history_has_responses_logs_metrics_and_subsegments() {
    let work = handler::json(|event: Value, cx: &Context| {
        metrics!("Shop", { "service": "orders" }, "Orders": Count = 2);
        tiny_lambda::info!(cx, "working");
        xray::try_subsegment("order", |_| {
            xray::try_subsegment("write", |_| Ok(()))?;
            match event.as_str() {
                Some("bad") => Err(Error::new("NoStock", "sold out")),
                _ => Ok(event.clone()),
            }
        })
    });
    with(&work, |addr| {
        let mut client = Client::connect(addr);
        let (text, good) = invoke(&mut client, "POST /_local/invoke", "{\"a\": 1}");
        assert_eq!(text, r#"{"a":1}"#);
        has(&good, "/status", "\"success\"");
        has(&good, "/title", r#""{\"a\": 1}""#);
        has(&good, "/event/text", r#""{\"a\": 1}""#);
        has(&good, "/response/text", r#""{\"a\":1}""#);
        has(&good, "/response/isCut", "false");
        has(&good, "/isCold", "false");
        has(&good, "/memoryMb", "128");
        has(&good, "/error", "null");
        has(&good, "/web", "null");
        has(
            &good,
            "/metrics",
            r#""METRIC Shop Orders 2 Count service=orders\n""#,
        );
        let log = good.pointer("/log").and_then(Value::as_str).unwrap();
        for part in ["START RequestId", "working", "REPORT RequestId"] {
            assert!(log.contains(part), "{log}");
        }
        for (pointer, want) in [
            ("/subsegments/0/name", "\"order\""),
            ("/subsegments/0/depth", "0"),
            ("/subsegments/1/name", "\"write\""),
            ("/subsegments/1/depth", "1"),
            ("/subsegments/0/isFailed", "false"),
            ("/subsegments/2", "absent"),
        ] {
            has(&good, pointer, want);
        }
        assert!(good.get("durationMs").and_then(Value::as_f64).unwrap() > 0.0);

        let (text, bad) = invoke(&mut client, "POST /_local/invoke", "\"bad\"");
        assert!(text.contains("sold out"), "{text}");
        has(&bad, "/status", "\"error\"");
        has(&bad, "/errorType", "\"Function.NoStock\"");
        has(&bad, "/subsegments/0/isFailed", "true");
        let error = bad.get("error").and_then(Value::as_str).unwrap();
        assert!(error.contains("sold out"), "{error}");

        // The history also has the invocations of other callers, the newest first.
        let call = "POST /2015-03-31/functions/function/invocations";
        client.request(call, "", b"\"third\"");
        let list = value(&client.request("GET /_local/history", "", b""));
        has(&list, "/name", "\"function\"");
        for (n, title) in [r#""\"third\"""#, r#""\"bad\"""#].into_iter().enumerate() {
            has(&list, &format!("/invocations/{n}/title"), title);
        }
        has(&list, "/invocations/2/number", "0");
        has(&list, "/invocations/3", "absent");
        let changes = list.get("changes").unwrap().to_string();
        // The report of the third invocation may follow its response.
        let unchanged = (0..100).any(|_| {
            let list = value(&client.request("GET /_local/history", "", b""));
            let since = format!("GET /_local/history?since={}", list.get("changes").unwrap());
            client.request(&since, "", b"").status == 204
        });
        assert!(unchanged, "{changes}");
        assert_eq!(client.request("GET /_local/history/9", "", b"").status, 404);
    });
}

#[test]
fn a_malformed_event_is_refused_with_its_place() {
    with(&handler::json(|_: Value, _| Ok(())), |addr| {
        let mut client = Client::connect(addr);
        for (line, body, want) in [
            ("POST /_local/invoke", "{\"a\":", "line 1"),
            ("POST /_local/request", "{", "line 1"),
            (
                "POST /_local/request",
                "{\"method\":\"GET\"}",
                "expected a path",
            ),
        ] {
            let reply = client.request(line, "", body.as_bytes());
            assert_eq!(reply.status, 400, "{reply:?}");
            assert!(reply.text().contains(want), "{}", reply.text());
        }
        let history = value(&client.request("GET /_local/history", "", b""));
        has(&history, "/invocations", "[]");
    });
}

#[test]
fn a_web_request_of_the_form_reaches_the_function_as_a_client_would_send_it() {
    let shop = handler::http(|request: Request, _| {
        let mut text = format!("{} {} ", request.method(), request.path());
        for name in ["host", "x-a", "cookie"] {
            let _ = write!(text, "{name}={:?} ", request.header(name));
        }
        text.push_str(request.body()?.as_str().unwrap());
        Ok(Response::text(text)
            .with_status(302)
            .with_header("Location", "/other"))
    });
    with(&shop, |addr| {
        let mut client = Client::connect(addr);
        let request = r#"{"method":"PUT","path":"/a?b=1","headers":[["X-A","1"],["Cookie","c=d"]],"body":"hi"}"#;
        let (_, got) = invoke(&mut client, "POST /_local/request", request);
        has(&got, "/title", "\"PUT /a?b=1\"");
        has(&got, "/web/status", "302");
        let body = got.pointer("/web/body").and_then(Value::as_str).unwrap();
        for part in [
            "PUT /a ",
            "x-a=Some(\"1\")",
            "cookie=Some(\"c=d\")",
            "host=Some(",
            " hi",
        ] {
            assert!(body.contains(part), "{body}");
        }
        let headers = got.pointer("/web/headers").unwrap().to_string();
        assert!(
            headers
                .to_ascii_lowercase()
                .contains(r#"["location","/other"]"#),
            "{headers}"
        );
    });
}

#[test]
fn a_stream_reaches_the_page_in_parts_and_its_head_is_read() {
    let (go, wait) = std::sync::mpsc::sync_channel(0);
    let wait = std::sync::Mutex::new(wait);
    let count = handler::streaming(|_: Value, _: &Context, out: Responder<'_>| -> Result<()> {
        let mut body = out.start_http(201, &[("X-A", "1")])?;
        for n in ["one", "two"] {
            write!(body, "{n}")?;
            body.flush()?;
            wait.lock().unwrap().recv()?;
        }
        Ok(())
    });
    with(&count, |addr| {
        let mut client = Client::connect(addr);
        let body = r#"{"method":"GET","path":"/"}"#;
        let head = "POST /_local/request HTTP/1.1\r\nHost: localhost\r\n";
        client.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        let mut id = String::new();
        loop {
            let line = client.line();
            if let Some(value) = line.strip_prefix("X-Amzn-RequestId: ") {
                id = value.to_owned();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut text = Vec::new();
        while !text.ends_with(b"one") {
            text.extend(client.chunk().unwrap());
        }
        has(
            &details(&mut Client::connect(addr), &id),
            "/status",
            "\"pending\"",
        );
        go.send(()).unwrap();
        while !text.ends_with(b"two") {
            text.extend(client.chunk().unwrap());
        }
        go.send(()).unwrap();
        assert_eq!(client.chunk(), None);
        let got = details(&mut client, &id);
        has(&got, "/web/status", "201");
        has(&got, "/web/body", "\"onetwo\"");
        has(&got, "/status", "\"success\"");
    });
}

#[test]
fn history_is_bounded() {
    let large = handler::bytes(|event, _| Ok(event.to_vec()));
    with(&large, |addr| {
        let mut client = Client::connect(addr);
        let event = format!("\"{}\"", "x".repeat(300 * 1024));
        let (text, got) = invoke(&mut client, "POST /_local/invoke", &event);
        assert_eq!(text.len(), event.len());
        for body in ["event", "response"] {
            has(&got, &format!("/{body}/len"), &event.len().to_string());
            has(&got, &format!("/{body}/isCut"), "true");
            let kept = got
                .pointer(&format!("/{body}/text"))
                .and_then(Value::as_str);
            assert_eq!(kept.map(str::len), Some(256 * 1024));
        }
        for n in 1..=50 {
            client.request("POST /_local/invoke", "", n.to_string().as_bytes());
        }
        let list = value(&client.request("GET /_local/history", "", b""));
        has(&list, "/invocations/0/title", "\"50\"");
        has(&list, "/invocations/49/title", "\"1\"");
        has(&list, "/invocations/50", "absent");
        assert_eq!(client.request("GET /_local/history/0", "", b"").status, 404);
    });
}
