//! The services of AWS that the local Lambda plays: parameters, secrets, configurations, X-Ray, metrics.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use tiny_lambda::emulator::{self, Emulator, InvokeRequest, InvokeResponse, Metric, Settings};
use tiny_lambda::json::Value;
use tiny_lambda::metrics::Metrics;
use tiny_lambda::services::{Configuration, Secret, configuration, metadata, parameter, secret};
use tiny_lambda::xray::{self, Trace};
use tiny_lambda::{Context, Result, handler, json, metrics};

use crate::support::client::{Client, Reply};

const PARAMETER: &str = "/systemsmanager/parameters/get";
const SECRET: &str = "/secretsmanager/get";
const TOKEN: &str = "X-Aws-Parameters-Secrets-Token: local\r\n";

/// Sends a request with the token.
fn send(addr: SocketAddr, line: &str) -> Reply {
    Client::connect(addr).request(line, TOKEN, b"")
}

fn get(addr: SocketAddr, target: &str) -> Reply {
    send(addr, &format!("GET {target}"))
}

/// Plays a runtime that serves one invocation.
fn invoke(emulator: &Emulator, request: InvokeRequest) -> InvokeResponse {
    let mut client = Client::connect(emulator.addr());
    thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(request).unwrap());
        let next = client.request("GET /2018-06-01/runtime/invocation/next", "", b"");
        let id = next.field("Lambda-Runtime-Aws-Request-Id").unwrap();
        let line = format!("POST /2018-06-01/runtime/invocation/{id}/response");
        assert_eq!(client.request(&line, "", b"null").status, 202);
        invocation.join().unwrap()
    })
}

/// Returns the address of the services of an emulator in which an invocation has begun.
fn ready(emulator: &Emulator) -> SocketAddr {
    invoke(emulator, "{}".into());
    emulator.services_addr().unwrap()
}

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.field("Content-Type"), Some("application/json"));
    json::parse(&reply.body).unwrap()
}

#[track_caller]
fn check_text(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.text().as_str()), (status, text));
}

#[track_caller]
fn check_configuration(reply: &Reply, content_type: &str, version: &str, body: &[u8]) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.field("Content-Type"), Some(content_type));
    assert_eq!(reply.field("Configuration-Version"), Some(version));
    assert_eq!(reply.body, body);
}

#[track_caller]
fn is_unknown(reply: &Reply, message: &str) {
    let text = format!(r#"{{"Message":"{message}"}}"#);
    assert_eq!((reply.status, reply.text()), (404, text));
    assert_eq!(reply.field("Content-Type"), Some("application/json"));
}

/// Removes the members that depend on the time and the region.
fn without(mut document: Value, names: &[&str]) -> String {
    for name in names {
        let Value::Object(object) = &mut document else {
            panic!("not an object");
        };
        assert!(object.remove(name).is_some(), "{name}");
    }
    document.to_string()
}

#[test]
fn a_parameter_is_the_document_of_get_parameter() {
    let emulator = Emulator::start()
        .unwrap()
        .parameter("/db/url", "old")
        .parameter("plain", "a=b\u{e9}\n")
        .parameter("/db/url", "new");
    let addr = ready(&emulator);
    let parameter = |query: &str| {
        let document = json(&get(addr, &format!("{PARAMETER}?{query}")));
        let metadata = document.get("ResultMetadata").unwrap().to_string();
        assert_eq!(metadata, "{}");
        document.get("Parameter").unwrap().clone()
    };
    let newest = parameter("name=%2Fdb%2Furl&withDecryption=true");
    let arn = newest.get("ARN").and_then(Value::as_str).unwrap();
    assert!(arn.starts_with("arn:aws:ssm:"), "{arn}");
    assert!(arn.ends_with(":012345678912:parameter/db/url"), "{arn}");
    let want = r#"{"DataType":"text","Name":"/db/url","Selector":null,"SourceResult":null,"Type":"String","Value":"new","Version":2}"#;
    assert_eq!(without(newest.clone(), &["ARN", "LastModifiedDate"]), want);
    let value = |query: &str| parameter(query).get("Value").unwrap().to_string();
    assert_eq!(value("name=/db/url"), "\"new\"");
    assert_eq!(value("name=%2Fdb%2Furl&version=1"), "\"old\"");
    assert_eq!(value("version=1&name=%2Fdb%2Furl&label=x"), "\"old\"");
    assert_eq!(value("name=plain"), "\"a=b\u{e9}\\n\"");
    assert_eq!(
        value(&format!("name={}", arn.replace('/', "%2F"))),
        "\"new\""
    );
    let plain = "arn:aws:ssm:us-east-1:012345678912:parameter/plain";
    assert_eq!(value(&format!("name={plain}")), "\"a=b\u{e9}\\n\"");
    assert_eq!(get(addr, &format!("{PARAMETER}/?name=plain")).status, 200);
}

#[test]
fn a_secret_is_the_document_of_get_secret_value() {
    let emulator = Emulator::start()
        .unwrap()
        .secret("db", json!({ "user": "ada" }))
        .secret("binary", b"\xff\0")
        .secret("app/key", "old")
        .secret("app/key", "new");
    let addr = ready(&emulator);
    let secret = |query: &str| json(&get(addr, &format!("{SECRET}?{query}")));
    let strip = |document: Value| without(document, &["ARN", "CreatedDate"]);
    let want = r#"{"Name":"db","SecretBinary":null,"SecretString":"{\"user\":\"ada\"}","VersionId":"00000000-0000-4000-8000-000000000001","VersionStages":["AWSCURRENT"],"ResultMetadata":{}}"#;
    assert_eq!(strip(secret("secretId=db")), want);
    let want = r#"{"Name":"binary","SecretBinary":"/wA=","SecretString":null,"VersionId":"00000000-0000-4000-8000-000000000001","VersionStages":["AWSCURRENT"],"ResultMetadata":{}}"#;
    assert_eq!(strip(secret("secretId=binary")), want);
    let value = |query: &str| secret(query).get("SecretString").unwrap().to_string();
    let first = "00000000-0000-4000-8000-000000000001";
    assert_eq!(value("secretId=app%2Fkey"), "\"new\"");
    assert_eq!(
        value("secretId=app%2Fkey&versionStage=AWSCURRENT"),
        "\"new\""
    );
    assert_eq!(
        value("secretId=app%2Fkey&versionStage=AWSPREVIOUS"),
        "\"old\""
    );
    assert_eq!(
        value(&format!("secretId=app%2Fkey&versionId={first}")),
        "\"old\""
    );
    let arn = secret("secretId=app%2Fkey").get("ARN").unwrap().clone();
    let arn = arn.as_str().unwrap();
    assert_eq!(value(&format!("secretId={arn}")), "\"new\"");
    let (partial, _) = arn.rsplit_once('-').unwrap();
    assert_eq!(value(&format!("secretId={partial}")), "\"new\"");
    let unknown = [
        "secretId=db&versionStage=AWSPREVIOUS",
        "secretId=db&versionStage=AWSPENDING",
        "secretId=db&versionId=x",
        "secretId=app%2Fkey&versionStage=AWSCURRENT&versionId=00000000-0000-4000-8000-000000000001",
    ];
    for query in unknown {
        assert_eq!(
            get(addr, &format!("{SECRET}?{query}")).status,
            400,
            "{query}"
        );
    }
}

#[test]
fn what_the_extension_refuses_has_its_status_and_text() {
    let emulator = Emulator::start()
        .unwrap()
        .parameter("p", "1")
        .secret("s", "2");
    let addr = emulator.services_addr().unwrap();
    let check = check_text;
    // Before the first invocation.
    let not_ready = "not ready to serve traffic, please wait";
    check(&get(addr, &format!("{PARAMETER}?name=p")), 400, not_ready);
    check(&get(addr, &format!("{SECRET}?secretId=s")), 400, not_ready);
    ready(&emulator);
    let refused = "an unexpected error occurred while executing request";
    for target in [
        format!("{PARAMETER}?name=unknown"),
        format!("{PARAMETER}?name=p&version=2"),
        format!("{PARAMETER}?name=p&version=0"),
        format!("{PARAMETER}?name=p&version=x"),
        format!("{PARAMETER}?name=p&label=x&version=1"),
        format!("{PARAMETER}?name=arn:aws:ssm:us-east-1:1:parameter/unknown"),
        format!("{SECRET}?secretId=unknown"),
        format!("{SECRET}?secretId=arn:aws:secretsmanager:us-east-1:1:secret:unknown-abcdef"),
    ] {
        check(&get(addr, &target), 400, refused);
    }
    let missing = "the query needs the parameter name";
    check(&get(addr, PARAMETER), 400, missing);
    check(
        &get(addr, &format!("{PARAMETER}?name=&withDecryption=true")),
        400,
        missing,
    );
    check(&get(addr, &format!("{PARAMETER}?name=%zz")), 400, missing);
    check(
        &get(addr, SECRET),
        400,
        "the query needs the parameter secretId",
    );
    // The connections of a function in this process are not kept.
    let reply = get(addr, &format!("{PARAMETER}?name=p"));
    assert_eq!(reply.field("Connection"), Some("close"));
    for token in ["", "X-Aws-Parameters-Secrets-Token: other\r\n"] {
        let line = format!("GET {PARAMETER}?name=p");
        let without = |line: &str| Client::connect(addr).request(line, token, b"");
        check(&without(&line), 401, "Unauthorized");
        let line = format!("GET {SECRET}?secretId=s");
        check(&without(&line), 401, "Unauthorized");
    }
    for target in [
        "/",
        "/systemsmanager/parameters",
        "/secretsmanager/get/x",
        "/2018-06-01/ping",
    ] {
        check(&get(addr, target), 404, "404 page not found\n");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let reply = send(addr, &format!("{method} {PARAMETER}?name=p"));
        check(&reply, 405, "Method Not Allowed\n");
        assert_eq!(reply.field("Allow"), Some("GET"));
    }
    // A web page that has guessed the port.
    for field in [
        "Origin: http://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        let fields = [TOKEN, field].concat();
        let line = format!("GET {PARAMETER}?name=p");
        let reply = Client::connect(addr).request(&line, &fields, b"");
        check(&reply, 403, "requests of web pages are refused");
    }
}

#[test]
fn a_configuration_is_sent_as_it_is_and_flags_are_filtered() {
    let flags = r#"{"a":{"enabled":true,"n":1},"b":{"enabled":false}}"#;
    let emulator = Emulator::start()
        .unwrap()
        .configuration("my app", "prod", "flags", "old")
        .configuration("my app", "prod", "flags", flags)
        .configuration("a", "e", "text", "plain: yes\n")
        .configuration("a", "e", "binary", b"\xff");
    // The agent serves in the Init phase too.
    let addr = emulator.services_addr().unwrap();
    let path = |profile: &str| format!("/applications/a/environments/e/configurations/{profile}");
    let flags_path = "/applications/my%20app/environments/prod/configurations/flags";
    let check = check_configuration;
    check(
        &get(addr, flags_path),
        "application/json",
        "2",
        flags.as_bytes(),
    );
    let text = get(addr, &path("text"));
    check(&text, "text/plain", "1", b"plain: yes\n");
    check(
        &get(addr, &path("binary")),
        "application/octet-stream",
        "1",
        b"\xff",
    );
    let flag = |query: &str| get(addr, &format!("{flags_path}?{query}"));
    check(
        &flag("flag=a"),
        "application/json",
        "2",
        br#"{"enabled":true,"n":1}"#,
    );
    let both = br#"{"b":{"enabled":false},"a":{"enabled":true,"n":1}}"#;
    check(&flag("flag=b&flag=a"), "application/json", "2", both);
    is_unknown(&get(addr, &path("other")), "Configuration not found");
    is_unknown(
        &get(addr, "/applications/my/environments/e/configurations/text"),
        "Configuration not found",
    );
    is_unknown(&flag("flag=c"), "Flag not found: c");
    is_unknown(&flag("flag=a&flag=c"), "Flag not found: c");
    is_unknown(
        &get(addr, &format!("{}?flag=a", path("text"))),
        "Flag not found: a",
    );
    assert_eq!(get(addr, &format!("{}/", path("text"))).status, 404);
    assert_eq!(get(addr, "/applications/a").status, 404);
    assert_eq!(send(addr, &format!("POST {flags_path}")).status, 405);
}

/// Uses every service, on its own thread and on one that it starts.
fn use_services(name: String, cx: &Context) -> Result<Value> {
    metrics!("Shop", { "service": "fixed" }, "Calls": Count = 1);
    let mut metrics = Metrics::new("Shop");
    metrics.dimension("name", &name).count("Names", 2);
    let keys: Value = Secret::new("s").json()?;
    let flags = Configuration::new("a", "e", "flags").flags()?;
    let flag = flags.get(&name).map(|flag| flag.attribute::<u8>("limit"));
    let trace = Trace::of(cx);
    let parts = xray::subsegment("parts", || {
        let trace = Trace::current();
        thread::spawn(move || trace.subsegment("in a thread", || 1))
            .join()
            .unwrap_or(0)
    });
    thread::spawn(move || trace.subsegment("beside", || ()))
        .join()
        .ok();
    Ok(json!({
        "parameter": parameter("p")?,
        "secret": secret("text")?,
        "keys": keys,
        "configuration": configuration("a", "e", "c")?,
        "limit": flag.transpose()?.flatten(),
        "zone": metadata()?.availability_zone_id,
        "parts": parts
    }))
}

/// A socket's buffer holds some hundred.
#[test]
fn a_function_in_the_same_process_sends_2000_subsegments_in_a_loop() {
    let function = handler::json(|n: usize, _: &Context| {
        for _ in 0..n {
            xray::subsegment("step", || ());
        }
        Ok(n)
    });
    let response = emulator::invoke(&function, InvokeRequest::new("2000")).unwrap();
    assert_eq!(response.subsegments().len(), 2000);
}

#[test]
fn a_function_in_the_same_process_uses_each_service_of_its_own_emulator() {
    let function = handler::json(use_services);
    // A handler that another test calls directly, at the same time.
    let beside = || {
        Metrics::new("Beside").count("Calls", 1);
    };
    thread::scope(|scope| {
        for name in ["one", "two", "three"] {
            let function = &function;
            scope.spawn(move || {
                let request = InvokeRequest::new(json!(name))
                    .with_parameter("p", name)
                    .with_secret("s", json!({ "key": name }))
                    .with_secret("text", name)
                    .with_configuration("a", "e", "c", name)
                    .with_configuration("a", "e", "flags", json!({ name: { "enabled": true, "limit": 3 } }));
                let response = emulator::invoke(function, request).unwrap();
                let want = json!({
                    "parameter": name, "secret": name, "keys": { "key": name }, "configuration": name,
                    "limit": 3, "zone": "use1-az1", "parts": 1
                });
                emulator::assert_json_eq(&response, want);
                let subsegments = response.subsegments();
                let names: Vec<_> = subsegments.iter().map(|it| it.name.as_str()).collect();
                assert_eq!(names, ["parts", "beside"]);
                assert!(subsegments[0].find("in a thread").is_some());
                let metrics = response.metrics();
                let of = |metric: &Metric| (metric.name.clone(), metric.values.clone());
                let metrics: Vec<_> = metrics.iter().map(of).collect();
                let want = [("Calls".to_owned(), vec![1.0]), ("Names".to_owned(), vec![2.0])];
                assert_eq!(metrics, want);
            });
            scope.spawn(beside);
        }
    });
}

#[test]
fn subsegments_of_an_invocation_are_a_tree() {
    let emulator = Emulator::start().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = emulator.xray_addr().unwrap();
    let mut client = Client::connect(emulator.addr());
    let send = |members: &str| {
        let header = r#"{"format":"json","version":1}"#;
        let members = format!("{header}\n{{\"trace_id\":\"1-5bef4de7-ad49\",{members}}}");
        socket.send_to(members.as_bytes(), addr).unwrap();
    };
    let request = || {
        InvokeRequest::new("{}")
            .with_xray_trace_id("Root=1-5bef4de7-ad49;Parent=53995c3f42cd8ad8;Sampled=1")
    };
    let response = thread::scope(|scope| {
        let invocation = scope.spawn(|| emulator.invoke(request()).unwrap());
        let next = client.request("GET /2018-06-01/runtime/invocation/next", "", b"");
        send(
            r#""name":"inner","id":"00000000000000bb","parent_id":"00000000000000aa","start_time":1.5,"end_time":1.75,"fault":true"#,
        );
        send(
            r#""name":"outer","id":"00000000000000aa","parent_id":"53995c3f42cd8ad8","start_time":1,"end_time":2,"namespace":"aws","annotations":{"order":"o1"}"#,
        );
        socket.send_to(b"no document", addr).unwrap();
        let id = next.field("Lambda-Runtime-Aws-Request-Id").unwrap();
        let line = format!("POST /2018-06-01/runtime/invocation/{id}/response");
        client.request(&line, "", b"null");
        let response = invocation.join().unwrap();
        // Ends the invocation.
        client.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n");
        // A copy waits for the same data.
        assert_eq!(response.clone(), response);
        assert_eq!(response.clone().subsegments().len(), 1);
        response
    });
    let subsegments = response.subsegments();
    let [outer] = subsegments.as_slice() else {
        panic!("{subsegments:?}");
    };
    assert_eq!(
        (outer.name.as_str(), outer.id.as_str()),
        ("outer", "00000000000000aa")
    );
    assert_eq!(outer.parent_id.as_deref(), Some("53995c3f42cd8ad8"));
    assert_eq!(outer.trace_id, "1-5bef4de7-ad49");
    assert_eq!(outer.namespace.as_deref(), Some("aws"));
    assert_eq!(outer.duration, Some(Duration::from_secs(1)));
    assert_eq!(outer.annotations.get("order"), Some(&Value::from("o1")));
    assert!(!outer.is_fault && !outer.is_error && !outer.is_throttle);
    assert_eq!(
        outer.document.get("start_time").and_then(Value::as_u64),
        Some(1)
    );
    let inner = outer.find("inner").unwrap();
    assert!(inner.is_fault && inner.subsegments.is_empty());
    assert_eq!(outer.find("outer"), None);
}

#[test]
fn traces_are_sampled_if_a_setting_says_so() {
    let header = |settings: Settings| {
        let emulator = Emulator::start_with(settings).unwrap();
        let mut client = Client::connect(emulator.addr());
        thread::scope(|scope| {
            let invocation = scope.spawn(|| emulator.invoke(b"{}"));
            let next = client.request("GET /2018-06-01/runtime/invocation/next", "", b"");
            let header = next.field("Lambda-Runtime-Trace-Id").unwrap().to_owned();
            drop(client);
            let id = next.field("Lambda-Runtime-Aws-Request-Id").unwrap();
            let line = format!("POST /2018-06-01/runtime/invocation/{id}/response");
            Client::connect(emulator.addr()).request(&line, "", b"1");
            invocation.join().unwrap().unwrap();
            header
        })
    };
    let mut settings = Settings::default();
    settings.timeout = Duration::from_secs(60);
    assert!(header(settings.clone()).ends_with(";Sampled=0"));
    settings.xray = true;
    assert!(header(settings).ends_with(";Sampled=1"));
}

/// Functions as processes.
#[cfg(target_os = "linux")]
mod processes {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use tiny_lambda::signing::{encode_base64url, hmac_sha256};

    use super::*;
    use crate::emulator::process::text;
    use crate::support::folder::{Folder, path};
    use crate::support::function::example;

    const METRIC: &str = r#"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["service"]],"Metrics":[{"Name":"Orders","Unit":"Count"},{"Name":"Gone"}]}]},"service":"checkout","Orders":2,"id":"o1"}"#;

    fn datagrams() -> Vec<Value> {
        let document = |id: &str, parent: &str, name: &str| {
            format!(
                "{{\"format\":\"json\",\"version\":1}}\n{{\"name\":\"{name}\",\"id\":\"{id}\",\"parent_id\":\"{parent}\",\
                 \"trace_id\":\"ROOT\",\"start_time\":1,\"end_time\":1.25,\"annotations\":{{\"order\":\"o1\"}}}}"
            )
        };
        let (a, b) = ("00000000000000aa", "00000000000000bb");
        let late = document(a, "", "late").replace("ROOT", "1-2-3");
        let all = [
            document(b, a, "inner"),
            document(a, "1", "outer"),
            "odd".to_owned(),
            late,
        ];
        all.into_iter().map(Value::from).collect()
    }

    #[test]
    fn a_process_finds_the_services_by_variables() {
        let folder = Folder::new("services");
        let mut settings = Settings::default();
        settings.bootstrap = Some(folder.function());
        settings.timeout = Duration::from_secs(60);
        settings.xray = true;
        let emulator = Emulator::start_with(settings).unwrap();
        let emulator = emulator.parameter("/db/url", "postgres://db");
        let vars: Value = emulator.invoke(r#"{"do":"env"}"#).unwrap().json().unwrap();
        let var = |name: &str| vars.get(name).and_then(Value::as_str).unwrap_or_default();
        let port = emulator.services_addr().unwrap().port().to_string();
        assert_eq!(var("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"), port);
        assert_eq!(var("AWS_APPCONFIG_EXTENSION_HTTP_PORT"), port);
        let xray = emulator.xray_addr().unwrap();
        assert_eq!(var("AWS_XRAY_DAEMON_ADDRESS"), xray.to_string());
        assert_eq!(var("_AWS_XRAY_DAEMON_PORT"), xray.port().to_string());
        assert_eq!(var("AWS_XRAY_CONTEXT_MISSING"), "LOG_ERROR");
        let event = json!({ "do": "get", "target": format!("{PARAMETER}?name=%2Fdb%2Furl") });
        let got = text(&emulator.invoke(&event).unwrap());
        assert!(got.starts_with("\"200 "), "{got}");
        assert!(got.contains("postgres://db"), "{got}");
        let event = json!({ "do": "trace", "datagrams": datagrams() });
        let response = emulator.invoke(&event).unwrap();
        let subsegments = response.subsegments();
        assert_eq!(subsegments.len(), 1, "{subsegments:?}");
        assert!(subsegments[0].find("inner").is_some());
        assert_eq!(response.metrics(), []);
        let event = json!({ "do": "log", "line": METRIC });
        let response = emulator.invoke(&event).unwrap();
        let metrics = response.metrics();
        let [orders] = metrics.as_slice() else {
            panic!("{metrics:?}");
        };
        assert_eq!(
            (orders.namespace.as_str(), orders.name.as_str()),
            ("shop", "Orders")
        );
        assert_eq!(
            (orders.values.as_slice(), orders.unit.as_str()),
            (&[2.0][..], "Count")
        );
        assert_eq!(orders.dimension("service"), Some("checkout"));
        assert_eq!(orders.properties.get("id"), Some(&Value::from("o1")));
        assert_eq!(response.subsegments(), []);
        // The next invocation begins without them.
        assert_eq!(emulator.invoke("{}").unwrap().metrics(), []);
    }

    /// Runs the command with these options. Returns the exit code, standard output, and the log.
    fn emulator(folder: &Folder, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_emulator"));
        command.arg(folder.function()).args(args);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    #[test]
    fn the_command_serves_values_and_shows_traces_and_metrics() {
        let folder = Folder::new("services command");
        let file = folder.0.join("a secret");
        std::fs::write(&file, "hunter2").unwrap();
        let secret = format!("--secret=s=@{}", path(&file));
        let get = |target: &str| json!({ "do": "get", "target": target }).to_string();
        let trace = json!({ "do": "trace", "datagrams": datagrams() }).to_string();
        let metric = json!({ "do": "log", "line": METRIC }).to_string();
        let configuration = get("/applications/a/environments/e/configurations/c");
        let args = [
            "--timeout=60",
            "--xray",
            "--parameter",
            "/p=hunter2",
            &secret,
            "--configuration=a/e/c={}",
            "--event",
            &configuration,
            "--event",
            &get("/secretsmanager/get?secretId=t%0A"),
            "--event",
            &get("/systemsmanager/parameters/get?name=q"),
            "--event",
            &trace,
            "--event",
            &metric,
        ];
        let (code, out, log) = emulator(&folder, &args);
        assert_eq!(code, Some(0), "{log}");
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], r#""200 {}""#);
        for line in &lines[1..3] {
            assert_eq!(
                *line,
                r#""400 an unexpected error occurred while executing request""#
            );
        }
        assert!(lines[3].ends_with(";Sampled=1\""), "{out}");
        let extension = "[AWS Parameters and Secrets Lambda Extension] ERROR ";
        for part in [
            &format!(
                "{extension}GetSecretValue request encountered an error: operation error Secrets Manager: "
            ),
            "ResourceNotFoundException: the local Lambda has no secret \"t\\n\"; --secret NAME=VALUE adds one, and with_secret in a test\n",
            "ParameterNotFound: the local Lambda has no parameter \"q\"; --parameter NAME=VALUE adds one, and with_parameter in a test\n",
            "\nX-Ray subsegments:\n  outer 250.00 ms order=\"o1\"\n    inner 250.00 ms order=\"o1\"\nX-Ray: a datagram of 3 bytes was ignored: expected the line ",
            "\nX-Ray: the subsegment \"late\" of the trace \"1-2-3\" was ignored: no invocation of this trace is running\n",
            "\nMETRIC shop Orders 2 Count service=checkout\nMETRIC ignored by CloudWatch: the metric \"Gone\" has no number and ",
        ] {
            assert!(log.contains(part), "{part}\n{log}");
        }
        assert!(!log.contains("hunter2"), "{log}");
    }

    /// Runs a command. Returns what it has written to standard output, without the line end, and its log.
    fn output(program: &Path, args: &[&str]) -> (String, String) {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).env_remove("PORT");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            text(output.stdout).trim_end().to_owned(),
            text(output.stderr),
        )
    }

    /// Runs an example with these values: by `cargo run -- invoke`, and as an executable by the command `emulator`.
    /// Both have the same response and these parts of the log.
    #[track_caller]
    fn check(name: &str, event: &str, options: &[&str], want: &str, log_parts: &[&str]) {
        let function = example(name);
        let invoke = [&["invoke", event], options].concat();
        let by_emulator = [
            &[path(&function), "--timeout=60", "--event", event],
            options,
        ]
        .concat();
        let command = Path::new(env!("CARGO_BIN_EXE_emulator"));
        for (program, args) in [(function.as_path(), invoke), (command, by_emulator)] {
            let (got, log) = output(program, &args);
            assert_eq!(got, want, "{log}");
            for part in log_parts {
                assert!(log.contains(part), "{part}\n{log}");
            }
        }
    }

    #[test]
    fn the_examples_run_with_the_values_of_options() {
        let options = [
            "--parameter=/links/base=https://f",
            r#"--secret=links/signing-key={"key":"a"}"#,
        ];
        let code = encode_base64url(&hmac_sha256(b"a", b"/a"));
        let link = format!(r#"{{"url":"https://f/a?signature={code}"}}"#);
        check("secrets", r#"{"path":"/a"}"#, &options, &link, &[]);
        let options = [
            r#"--configuration=shop/prod/discount={"percent":10}"#,
            r#"--configuration=shop/prod/features={"bulk-discount":{"enabled":true}}"#,
        ];
        let order = r#"{"cents":1000,"items":12}"#;
        check("configuration", order, &options, r#"{"cents":800}"#, &[]);
        let order = r#"{"id":"a1","cents":250,"items":[{"name":"tea","grams":100}]}"#;
        let receipt = r#"{"id":"a1","cents":250}"#;
        let metrics = [
            "METRIC Shop Weight 100 service=orders\n",
            "METRIC Shop Orders 1 Count service=orders\n",
            "METRIC Shop ColdStart 1 Count ",
        ];
        check("metrics", order, &[], receipt, &metrics);
        let order = r#"{"id":"a1","cents":[100,50,200]}"#;
        let receipt = r#"{"id":"a1","total":350}"#;
        let tree = [
            "\nX-Ray subsegments:\n  total ",
            "\n    half ",
            "\n  payments.example.com ",
        ];
        check("tracing", order, &["--xray"], receipt, &tree);
    }

    #[test]
    fn an_executable_calls_each_service_of_the_command() {
        let function = example("function");
        let calls = r#"["parameter p","secret-json s","bytes b","configuration-json a","flag f","metadata","metadata-json"]"#;
        let args = [
            path(&function),
            "--timeout=60",
            "--env=ACT=services",
            "--parameter=p=1",
            "--secret=s=[7]",
            "--secret=b=x",
            "--configuration=a/e/p=[2]",
            r#"--configuration=f/e/p={"a b":{"enabled":true,"limit":3}}"#,
            "--event",
            calls,
        ];
        let (got, log) = output(Path::new(env!("CARGO_BIN_EXE_emulator")), &args);
        let want =
            r#"["1",[7],[120],[2],[true,false,3],"use1-az1",{"AvailabilityZoneID":"use1-az1"}]"#;
        assert_eq!(got, want, "{log}");
    }

    #[test]
    fn wrong_options_of_services_exit_with_code_2() {
        let folder = Folder::new("services options");
        for (option, want) in [
            (
                "--secret=s=@no/such",
                "emulator: --secret s: cannot read no/such: ",
            ),
            (
                "--parameter=hunter2",
                "emulator: --parameter: expected NAME=VALUE, found no =\n",
            ),
            (
                "--configuration=a=@b",
                "emulator: --configuration a: expected APP/ENV/PROFILE=@FILE or ",
            ),
        ] {
            let (code, out, log) = emulator(&folder, &[option, "--event={}"]);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{log}");
            assert!(log.starts_with(want) && !log.contains("hunter2"), "{log}");
        }
    }

    #[test]
    fn reserved_variables_in_settings_are_an_error() {
        let folder = Folder::new("services settings");
        let start = |name: &str, bootstrap| {
            let mut settings = Settings::default();
            settings.bootstrap = bootstrap;
            settings.env.push((name.to_owned(), "mine".to_owned()));
            Emulator::start_with(settings)
        };
        assert!(start("TABLE", Some(folder.function())).is_ok());
        let error = start("AWS_LAMBDA_RUNTIME_API", Some(folder.function())).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let want = "the variable \"AWS_LAMBDA_RUNTIME_API\" has no effect, Lambda sets this variable itself";
        assert_eq!(error.to_string(), want);
        let error = start("TABLE", None).unwrap_err().to_string();
        assert!(error.contains("without an executable"), "{error}");
    }

    #[test]
    fn reserved_variables_that_are_dropped_are_named() {
        let folder = Folder::new("services reserved");
        let args = ["--timeout=60", "--env=AWS_ACCESS_KEY_ID=mine", "--event={}"];
        let (code, _, log) = emulator(&folder, &args);
        assert_eq!(code, Some(0), "{log}");
        let want = "emulator: --env AWS_ACCESS_KEY_ID has no effect, Lambda sets this variable itself; set it in the emulator's own environment\n";
        assert!(log.contains(want), "{log}");
    }

    #[test]
    fn the_page_gets_metrics_and_a_cold_start() {
        let folder = Folder::new("services page");
        let mut settings = Settings::default();
        settings.bootstrap = Some(folder.function());
        settings.xray = true;
        settings.timeout = Duration::from_secs(60);
        let mut emulator = Emulator::start_with(settings).unwrap();
        let addr = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
        let mut client = Client::connect(addr);
        let line = "POST /2015-03-31/functions/function/invocations";
        let event = json!({ "do": "log", "line": METRIC }).to_string();
        let mode = |mode: &str| format!(r#""TracingConfig":{{"Mode":"{mode}"}}"#);
        let configuration =
            client.request("GET /2015-03-31/functions/function/configuration", "", b"");
        assert!(
            configuration.text().contains(&mode("Active")),
            "{configuration:?}"
        );
        for is_cold in [true, false] {
            client.request(line, "X-Amz-Log-Type: Tail\r\n", event.as_bytes());
            let reply = client.request("GET /_local/history", "", b"");
            let history: json::Value = json::parse(&reply.body).unwrap();
            let newest = history.pointer("/invocations/0").unwrap();
            assert_eq!(newest.get("isCold"), Some(&is_cold.into()), "{newest}");
            assert_eq!(
                newest.get("initMs").is_some_and(|it| !it.is_null()),
                is_cold
            );
            assert!(newest.get("peakKb").and_then(json::Value::as_u64) > Some(0));
            let line = format!("GET /_local/history/{}", newest.get("number").unwrap());
            let details = client.request(&line, "", b"").text();
            for want in [
                "METRIC shop Orders 2 Count service=checkout\\n",
                "METRIC ignored by CloudWatch: the metric",
            ] {
                assert!(details.contains(want), "{details}");
            }
        }
    }
}
