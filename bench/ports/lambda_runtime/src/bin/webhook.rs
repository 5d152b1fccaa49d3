//! Accepts webhooks that are signed with a shared secret, as GitHub sends them.

use hmac::{Hmac, Mac};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

#[derive(Deserialize)]
struct Payload {
    action: String,
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    title: String,
}

#[derive(Serialize)]
struct Accepted {
    issue: u64,
    summary: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let secret = std::env::var("WEBHOOK_SECRET")?;
    let secret = secret.as_str();
    run(service_fn(move |request| async move {
        webhook(&request, secret)
    }))
    .await
}

fn webhook(request: &Request, secret: &str) -> Result<Response<Body>, Error> {
    if request.method() != "POST" {
        return respond(405, "send a POST request");
    }
    let signature = header(request, "x-hub-signature-256");
    if !is_signed(secret, signature, request.body()) {
        return respond(401, "the signature is wrong");
    }
    match header(request, "x-github-event") {
        "ping" => respond(200, "pong"),
        "issues" => match serde_json::from_slice::<Payload>(request.body()) {
            Ok(payload) => {
                let accepted = Accepted {
                    issue: payload.issue.number,
                    summary: format!("{}: {}", payload.action, payload.issue.title),
                };
                Ok(Response::builder()
                    .status(202)
                    .header("content-type", "application/json")
                    .body(Body::from(serde_json::to_string(&accepted)?))?)
            }
            Err(error) => respond(400, &error.to_string()),
        },
        _ => Ok(Response::builder().status(204).body(Body::Empty)?),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let value = request.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some(Ok(signature)) = signature.strip_prefix("sha256=").map(hex::decode) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

fn respond(status: u16, text: &str) -> Result<Response<Body>, Error> {
    Ok(Response::builder()
        .status(status)
        .header("content-type", "text/plain; charset=utf-8")
        .body(Body::from(text))?)
}
