//! Accepts webhooks that are signed with a shared secret, as GitHub sends them.

use tiny_lambda::http::{Method, Request, Response};
use tiny_lambda::{Context, Result, json_struct, signing};

json_struct! { struct Payload { action: String, issue: Issue } }
json_struct! { struct Issue { number: u64, title: String } }
json_struct! { struct Accepted { issue: u64, summary: String } }

fn main() -> ! {
    tiny_lambda::run_http_with_init(|| Ok(std::env::var("WEBHOOK_SECRET")?), webhook)
}

fn webhook(secret: &String, request: Request, _: &Context) -> Result<Response> {
    if *request.method() != Method::Post {
        return Ok(Response::text("send a POST request").with_status(405));
    }
    if !is_signed(
        secret,
        header(&request, "x-hub-signature-256"),
        request.body()?.as_bytes(),
    ) {
        return Ok(Response::text("the signature is wrong").with_status(401));
    }
    match header(&request, "x-github-event") {
        "ping" => Ok(Response::text("pong")),
        "issues" => {
            let Payload { action, issue } = request.json()?;
            let summary = format!("{action}: {}", issue.title);
            let accepted = Accepted {
                issue: issue.number,
                summary,
            };
            Ok(Response::json(&accepted).with_status(202))
        }
        _ => Ok(Response::new(204)),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.header(name).unwrap_or_default()
}

fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let expected = signing::hex(&signing::hmac_sha256(secret.as_bytes(), body));
    let signature = signature.strip_prefix("sha256=").unwrap_or_default();
    signing::constant_time_eq(expected.as_bytes(), signature.as_bytes())
}
