//! The documents that are read and written: like those that Lambda sends, and the same for every library.

/// An HTTP API event as the documentation prints one, 1.9 KB.
pub fn http_api() -> String {
    include_str!("http_api.json").into()
}

/// One as API Gateway sends it for a browser's request: without white space, 1.8 KB.
pub fn compact() -> String {
    concat!(
    r#"{"version":"2.0","routeKey":"ANY /orders/{id}","rawPath":"/orders/4711","rawQueryString":"expand=lines&lang=en","#,
    r#""cookies":["session=8f14e45fceea167a5a36dedd4bea2543","theme=dark"],"headers":{"accept":"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8","#,
    r#""accept-encoding":"gzip, deflate, br","accept-language":"en-GB,en;q=0.9","cache-control":"max-age=0","content-length":"27","content-type":"application/json","#,
    r#""host":"a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com","origin":"https://shop.example.com","referer":"https://shop.example.com/orders?page=2","#,
    r#""sec-fetch-dest":"document","sec-fetch-mode":"navigate","sec-fetch-site":"same-site","user-agent":"Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0","#,
    r#""x-amzn-trace-id":"Root=1-665f3b2a-3b1f0c4d5e6f708192a3b4c5","x-forwarded-for":"203.0.113.17","x-forwarded-port":"443","x-forwarded-proto":"https"},"#,
    r#""queryStringParameters":{"expand":"lines","lang":"en"},"pathParameters":{"id":"4711"},"stageVariables":{"pool":"blue"},"requestContext":{"accountId":"123456789012","apiId":"a1b2c3d4e5","#,
    r#""domainName":"a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com","domainPrefix":"a1b2c3d4e5","http":{"method":"POST","path":"/orders/4711","protocol":"HTTP/1.1","sourceIp":"203.0.113.17","#,
    r#""userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"},"requestId":"JKJaXmPLvHcESHA=","routeKey":"ANY /orders/{id}","stage":"$default","#,
    r#""time":"04/Jun/2024:16:04:58 +0000","timeEpoch":1717517098217},"body":"{\"quantity\":3,\"note\":\"x\"}","isBase64Encoded":false}"#
    ).into()
}

pub fn hello() -> String {
    r#"{"name":"x"}"#.into()
}

/// A batch of ten messages from SQS, 9.5 KB, with the members that the documentation's example has.
pub fn sqs() -> String {
    let mut text = String::from(r#"{"Records":["#);
    for n in 0..10 {
        if n > 0 {
            text.push(',');
        }
        text += &format!(
            concat!(
                r#"{{"messageId":"059f36b4-87a3-44ab-83d2-66197{n:07}","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{}","#,
                r#""body":"{{\"order\":\"A-{n:05}\",\"customer\":{{\"name\":\"Ada Lovelace\"}},\"total\":{n}}}","#,
                r#""attributes":{{"ApproximateReceiveCount":"1","SentTimestamp":"15452506{n:05}","SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"15452506{n:05}"}},"#,
                r#""messageAttributes":{{"kind":{{"stringValue":"order","stringListValues":[],"binaryListValues":[],"dataType":"String"}}}},"#,
                r#""md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"}}"#
            ),
            "Kq0tBRJ7xOW1EaTh".repeat(20),
            n = n
        );
    }
    text + "]}"
}

/// Records with strings, integers, a boolean and a list, 1.1 MB.
pub fn records() -> String {
    let mut text = String::from("[");
    for n in 0_u64..5_700 {
        if n > 0 {
            text.push(',');
        }
        text += &format!(
            r#"{{"id":{n},"name":"customer {n}","email":"customer{n}@example.com","active":{},"balance":{},"tags":["alpha","beta-{}","gamma"],"address":{{"street":"{} High Street","city":"London","zip":"E{}"}}}}"#,
            n % 3 == 0,
            n * 7919 % 1_000_003,
            n % 17,
            n % 250,
            n % 900,
        );
    }
    text + "]"
}

/// Returns a list of 10,000 values, each made of pseudo-random bits.
fn list(value: impl Fn(u64) -> String) -> String {
    let mut bits = 1_u64;
    let values: Vec<String> = (0..10_000)
        .map(|_| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            value(bits ^ bits >> 31)
        })
        .collect();
    format!("[{}]", values.join(","))
}

/// Returns a float from 0 to `max`.
fn float(bits: u64, max: f64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64 * max
}

/// Prices: floats with two digits after the point.
pub fn prices() -> String {
    list(|bits| format!("{}.{:02}", bits >> 50, bits % 100))
}

/// Floats with 15 to 17 digits.
pub fn long_floats() -> String {
    list(|bits| format!("{:?}", float(bits, 1000.0)))
}

/// Floats with a small exponent.
pub fn small_floats() -> String {
    list(|bits| format!("{:e}", float(bits, 10.0) * 1e-300))
}

/// The numbers of an embedding, from -1 to 1, with the digits that an `f32` has.
pub fn embedding() -> String {
    list(|bits| format!("{:?}", float(bits, 2.0) as f32 - 1.0))
}

/// Integers of up to 64 bits, half of them negative.
pub fn integers() -> String {
    list(|bits| (bits as i64 >> (bits % 60)).to_string())
}

/// A polygon of coordinates with two rings, 790 KB.
pub fn coordinates() -> String {
    let ring = list(|bits| {
        let (x, y) = (float(bits, 360.0) - 180.0, float(bits.rotate_left(20), 180.0) - 90.0);
        format!("[{x:?},{y:?}]")
    });
    format!("[{ring},{ring}]")
}

/// Strings of up to 20 characters without escapes, 130 KB.
pub fn short_strings() -> String {
    list(|bits| format!(r#""{}""#, &"the quick brown fox "[..(bits % 21) as usize]))
}

/// Strings of 1 KB, 630 KB.
pub fn strings() -> String {
    let line = "The quick brown fox jumps over the lazy dog, and then it does so once more because it can. ";
    format!("[{}]", vec![format!("\"{}\"", line.repeat(11)); 630].join(","))
}

/// Joins `n` objects to the list that is the member `name` of an object.
fn object_of(name: &str, n: u64, object: impl Fn(u64) -> String) -> String {
    let objects: Vec<String> = (0..n).map(object).collect();
    format!(r#"{{"{name}":[{}]}}"#, objects.join(","))
}

/// A feed of short messages in several languages, 630 KB. A program reads a third of the members.
pub fn feed() -> String {
    let words = ["hello", "\u{4eca}\u{65e5}\u{306f}", "na\u{ef}ve", r"two\nlines", "\u{1f600}", "https:\\/\\/t.example\\/a"];
    object_of("statuses", 411, |n| {
        let text: Vec<&str> = (0..12).map(|i| words[((n * 7 + i * i) % 6) as usize]).collect();
        let (id, user) = (505_874_924_095_815_681 + n * 4099, 1_186_275_104 + n * 77);
        let image = format!(r"http:\/\/images.example\/profile_images\/{user}\/normal.jpeg");
        format!(
            concat!(
                r#"{{"metadata":{{"result_type":"recent","iso_language_code":"ja"}},"created_at":"Sun Aug 31 00:29:{:02} +0000 2014","#,
                r#""id":{id},"id_str":"{id}","text":"{text}","source":"<a href=\"http:\/\/client.example\/\" rel=\"nofollow\">client<\/a>","#,
                r#""truncated":false,"in_reply_to":{},"in_reply_to_str":null,"user":{{"id":{user},"id_str":"{user}","name":"user {n}","#,
                r#""screen_name":"user_{n}","location":"","description":"{text}","url":null,"entities":{{"description":{{"urls":[]}}}},"#,
                r#""protected":false,"followers":{},"friends_count":{},"listed_count":{},"created_at":"Wed May 07 16:55:24 +0000 2008","#,
                r#""utc_offset":null,"time_zone":null,"geo_enabled":false,"verified":{},"statuses_count":{},"lang":"ja","#,
                r#""background_color":"C0DEED","background_image":"{image}","image":"{image}","link_color":"0084B4","default_profile":true,"following":false}},"#,
                r#""geo":null,"coordinates":null,"place":null,"retweet_count":{},"favorite_count":0,"#,
                r#""entities":{{"hashtags":[{{"text":"tag{n}","indices":[11,18]}}],"symbols":[],"urls":[],"#,
                r#""mentions":[{{"screen_name":"user_{}","name":"a name","id":{user},"id_str":"{user}","indices":[0,9]}}]}},"#,
                r#""favorited":false,"retweeted":false,"lang":"ja"}}"#
            ),
            n % 60,
            if n % 3 == 0 { id.to_string() } else { "null".into() },
            n * 31 % 5000, n * 17 % 900, n % 20, n % 50 == 0, n * 101 % 90_000, n * 13 % 300, n + 1,
            id = id, user = user, text = text.join(" "), image = image, n = n,
        )
    })
}

/// The products of a shop, with prices and sizes, 500 KB.
pub fn catalogue() -> String {
    object_of("products", 1400, |n| {
        format!(
            concat!(
                r#"{{"sku":"SKU-{n:07}","name":"Product number {n}","description":"A thing that people use on {} days of the week, in {} colours. It comes in a box.","#,
                r#""price":{}.{:02},"currency":"EUR","stock":{},"tags":["kitchen","blue","tag-{}"],"size":{{"width":{:.1},"height":{:.1},"depth":{:.2}}},"#,
                r#""rating":{:.2},"available":{},"updated":"2026-11-{:02}T12:00:00Z"}}"#
            ),
            n % 7 + 1, n % 5 + 2, n % 900, n % 100, n * 37 % 5000, n % 40,
            (n % 300) as f64 / 10.0, (n % 170) as f64 / 10.0, (n % 990) as f64 / 100.0,
            (n % 500) as f64 / 100.0, n % 4 != 0, n % 30 + 1,
            n = n,
        )
    })
}

/// The webhook of a push of three commits to a repository, 12 KB. Most members are addresses.
pub fn webhook() -> String {
    let kinds = [
        "forks", "keys", "collaborators", "teams", "hooks", "issue_events", "events", "assignees", "branches", "tags", "blobs",
        "git_tags", "git_refs", "trees", "statuses", "languages", "stargazers", "contributors", "subscribers", "subscription",
        "commits", "git_commits", "comments", "issue_comment", "contents", "compare", "merges", "archive", "downloads", "issues",
        "pulls", "milestones", "notifications", "labels", "releases", "deployments",
    ];
    let url = "https://api.code.example/repos/octo/hello-world";
    let urls: String = kinds.map(|kind| format!(r#""{kind}_url":"{url}/{kind}{{/number}}","#)).concat();
    let user = format!(
        r#"{{"login":"octo","id":21031067,"node_id":"MDQ6VXNlcjIxMDMxMDY3","url":"{url}","type":"User","site_admin":false,"name":"Octo Cat","email":"octo@code.example"}}"#
    );
    let commits: Vec<String> = (0..3)
        .map(|n| {
            format!(
                concat!(
                    r#"{{"id":"6113728f27ae82c7b1a177c8d03f9e96e0adf24{n}","tree_id":"f9d2a07e9488b91af2641b26b9407fe22a451433","distinct":true,"#,
                    r#""message":"Fix #{n}: read the \"whole\" file\n\nIt was cut after 4 KB.","timestamp":"2026-11-30T15:20:41Z","url":"{url}/commit/{n}","#,
                    r#""author":{{"name":"Octo Cat","email":"octo@code.example","username":"octo"}},"committer":{user},"#,
                    r#""added":[],"removed":["old/{n}.txt"],"modified":["src/main.rs","src/file_{n}.rs","README.md"]}}"#
                ),
                n = n, url = url, user = user,
            )
        })
        .collect();
    format!(
        concat!(
            r#"{{"reference":"refs/heads/main","before":"0000000000000000000000000000000000000000","after":"6113728f27ae82c7b1a177c8d03f9e96e0adf242","created":false,"deleted":false,"forced":false,"#,
            r#""commits":[{}],"head_commit":{},"repository":{{{urls}"id":186853002,"name":"hello-world","full_name":"octo/hello-world","private":false,"owner":{user},"#,
            r#""description":null,"fork":false,"size":21,"clone_url":"https://code.example/octo/hello-world.git","watchers":0,"default_branch":"main"}},"pusher":{user},"sender":{user}}}"#
        ),
        commits.join(","), commits[0], urls = urls, user = user,
    )
}

/// Records of calls of cloud services, 800 KB, of which a program reads few members.
pub fn audit() -> String {
    object_of("records", 620, |n| {
        let services = ["s3", "ec2", "iam", "kms", "dynamodb"];
        let service = services[(n % 5) as usize];
        format!(
            concat!(
                r#"{{"event_version":"1.10","user":{{"type":"AssumedRole","principal_id":"AROA{n:016}:session-{n}","#,
                r#""arn":"arn:aws:sts::123456789012:assumed-role/worker/session-{n}","account_id":"123456789012","access_key_id":"ASIA{n:016}","#,
                r#""session":{{"issuer":{{"type":"Role","arn":"arn:aws:iam::123456789012:role/worker","user_name":"worker"}},"attributes":{{"creation_date":"2026-11-30T10:{:02}:00Z","mfa":"false"}}}}}},"#,
                r#""event_time":"2026-11-30T10:{:02}:{:02}Z","event_source":"{service}.amazonaws.com","event_name":"Describe{service}{}","aws_region":"eu-central-1","source_ip":"203.0.113.{}","#,
                r#""user_agent":"aws-sdk-rust/1.3.3 os/linux lang/rust/1.95.0","error_code":{},"parameters":{{"bucket":"records-{n}","prefix":"logs/{}","max_items":1000,"filters":[{{"name":"state","values":["running","stopped"]}}]}},"#,
                r#""response":null,"request_id":"8476a536-e9f4-11e8-9739-2dfe598c{n:04x}","event_id":"d2a07e94-88b9-4af2-941b-26b9407f{n:04x}","read_only":true,"#,
                r#""resources":[{{"account_id":"123456789012","type":"AWS::{service}::Thing","arn":"arn:aws:{service}:::records-{n}"}}],"event_type":"AwsApiCall","management":true,"#,
                r#""tls":{{"version":"TLSv1.3","cipher":"TLS_AES_128_GCM_SHA256","host":"{service}.eu-central-1.amazonaws.com"}}}}"#
            ),
            n % 60, n % 60, n * 7 % 60, n % 9, n % 256,
            if n % 10 == 0 { r#""AccessDenied""# } else { "null" },
            n % 31,
            n = n, service = service,
        )
    })
}

/// Short strings with quotes, a backslash and a line feed.
pub fn escapes() -> String {
    list(|bits| format!(r#""path {} \\ \"{}\"\n""#, bits % 1000, bits >> 50))
}

/// Strings of escapes.
pub fn escapes_only() -> String {
    list(|bits| format!(r#""{}""#, r#"\n\t\u00e9\\\""#.repeat((bits % 10) as usize)))
}

/// Strings in Greek, whose letters have two bytes, and Japanese, whose letters have three.
pub fn non_ascii() -> String {
    let texts = ["\u{3b1}\u{3b2}\u{3b3}\u{3b4} \u{3b5}\u{3b6} ", "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{6587}"];
    list(|bits| format!(r#""{}""#, texts[(bits % 2) as usize].repeat((bits % 9) as usize)))
}

/// Runs a work twice. At each call of `mark`, callgrind writes its count and sets it to zero. The first count includes
/// everything before and the first run. The second count is that of one warm run. The name goes to standard
/// output, unless arguments of the program choose other works by the beginning of their names.
pub fn measure(name: &str, work: impl Fn()) {
    if !is_chosen(name) {
        return;
    }
    println!("{name}");
    work();
    mark();
    work();
    mark();
}

/// Returns whether the arguments choose the work, or a work of the document, with this name.
pub fn is_chosen(name: &str) -> bool {
    let mut chosen = std::env::args().skip(1).peekable();
    chosen.peek().is_none() || chosen.any(|chosen| name.starts_with(&chosen) || chosen.starts_with(name))
}

/// See [`measure`].
#[inline(never)]
#[unsafe(no_mangle)]
pub extern "C" fn mark() {
    std::hint::black_box(());
}

/// Reads the documents whose types borrow from the text, by the macro `read`, which takes the text and the type.
#[macro_export]
macro_rules! borrowed {
    ($read:ident) => {
        $crate::borrowed! { $read
            "HTTP API event as sent, borrowed" compact borrowed::Event;
            "SQS batch, borrowed" sqs borrowed::Sqs;
            "records, borrowed" records Vec<borrowed::Record>;
            "long strings, borrowed" strings Vec<&str>;
        }
    };
    ($read:ident $($name:literal $make:ident $type:ty;)*) => {
        $({
            let text = $make().into_bytes();
            measure($name, || drop(black_box($read!(&text, $type))));
        })*
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn documents_are_as_long_as_they_say() {
        assert_eq!(super::sqs().len() / 100, 95);
        assert_eq!(super::http_api().len() / 100, 19);
        assert_eq!(super::records().len() / 100_000, 11);
        assert_eq!(super::strings().len() / 10_000, 63);
        assert_eq!(super::short_strings().len() / 10_000, 13);
        assert_eq!(super::coordinates().len() / 100_000, 7);
        assert_eq!(super::feed().len() / 10_000, 63);
        assert_eq!(super::catalogue().len() / 100_000, 5);
        assert_eq!(super::webhook().len() / 1000, 12);
        assert_eq!(super::audit().len() / 100_000, 8);
    }
}
