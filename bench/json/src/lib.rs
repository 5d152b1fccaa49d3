//! The documents that are read and written: like those that Lambda sends, and the same for every library.

/// An HTTP API event as the documentation prints one, 1.9 KB.
pub const HTTP_API: &str = include_str!("http_api.json");

/// One as API Gateway sends it for a browser's request: without white space.
pub const COMPACT: &str = concat!(
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
);

pub const HELLO: &str = r#"{"name":"x"}"#;

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

/// Long strings, 6.3 MB: what a batch of documents looks like.
pub fn strings() -> String {
    let line = "The quick brown fox jumps over the lazy dog, and then it does so once more because it can. ";
    let mut text = String::from("[");
    for n in 0..6_300 {
        if n > 0 {
            text.push(',');
        }
        text.push('"');
        for _ in 0..11 {
            text += line;
        }
        text.push('"');
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

/// Polygons of coordinates, 2 MB.
pub fn polygons() -> String {
    let ring = list(|bits| {
        let (x, y) = (float(bits, 360.0) - 180.0, float(bits.rotate_left(20), 180.0) - 90.0);
        format!("[{x:?},{y:?}]")
    });
    format!("[[{}]]", vec![ring; 5].join("],["))
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

/// Runs `work` as often as the first argument after its name says. The count of two runs less that of one is
/// one run without warm-up. Callgrind counts in the function that is named.
#[macro_export]
macro_rules! works {
    ($($name:ident($text:expr) $body:expr;)*) => {
        $(#[inline(never)]
        #[unsafe(no_mangle)]
        pub extern "Rust" fn $name(text: &[u8]) {
            #[allow(clippy::redundant_closure_call)]
            // Otherwise the compiler merges two works that do the same with different texts.
            std::hint::black_box(stringify!($name));
            ($body)(text);
        })*

        fn main() {
            let mut arguments = std::env::args().skip(1);
            let name = arguments.next().unwrap_or_default();
            let times: usize = arguments.next().map_or(1, |times| times.parse().unwrap());
            let text: Vec<u8> = match &*name {
                $(stringify!($name) => $text.to_string().into_bytes(),)*
                _ => {
                    $(println!("{}", stringify!($name));)*
                    return;
                }
            };
            for _ in 0..times {
                match &*name {
                    $(stringify!($name) => $name(std::hint::black_box(&text)),)*
                    _ => {}
                }
            }
        }
    };
}

/// Makes the value once, before it is written, so that the runs differ only in the writing.
#[macro_export]
macro_rules! keep {
    ($cell:ident: $type:ty = $make:expr) => {{
        static $cell: std::sync::OnceLock<$type> = std::sync::OnceLock::new();
        $cell.get_or_init(|| $make)
    }};
}

#[cfg(test)]
mod tests {
    #[test]
    fn documents_are_as_long_as_they_say() {
        assert_eq!(super::sqs().len() / 100, 95);
        assert_eq!(super::HTTP_API.len() / 100, 19);
        assert_eq!(super::records().len() / 100_000, 11);
        assert_eq!(super::strings().len() / 100_000, 63);
    }
}
