//! A webhook of GitHub: logs each push to a repository.
//!
//! The environment variable `WEBHOOK_SECRET` has the secret that was typed into the settings of the webhook. Its
//! content type is `application/json`, and its URL is that of a function URL or of an API.

use tiny_lambda::http::{IntoResponse, Request, Response};
use tiny_lambda::signing::webhook;
use tiny_lambda::{Context, Error, Result, info, json_struct};

json_struct! {
    /// The members of a push event that the function reads.
    struct Push { branch: String as "ref", commits: Vec<Commit>, repository: Repository }
}
json_struct! { struct Commit { id: String, message: String } }
json_struct! { struct Repository { full_name: String } }

fn main() -> ! {
    tiny_lambda::run_http_with_init(secret, |secret, request, cx| receive(secret, request, cx))
}

fn secret() -> Result<String> {
    let secret = std::env::var("WEBHOOK_SECRET").unwrap_or_default();
    if secret.is_empty() {
        let message = "the environment variable WEBHOOK_SECRET is not set";
        return Err(Error::new("NoSecret", message));
    }
    Ok(secret)
}

fn receive(secret: &str, request: Request, cx: &Context) -> Result<Response> {
    let body = request.body()?.as_bytes();
    if let Err(error) = webhook::github(secret, body, |name| request.header(name)) {
        info!(cx, "{error}");
        return Ok(error.into_response());
    }
    // GitHub sends `ping` when the webhook is created.
    if request.header("X-GitHub-Event") != Some("push") {
        return Ok(Response::new(204));
    }
    let push: Push = request.json()?;
    for commit in &push.commits {
        let (repository, branch) = (&push.repository.full_name, &push.branch);
        let subject = commit.message.lines().next().unwrap_or_default();
        info!(cx, "{repository} {branch}: {} {subject}", commit.id);
    }
    Ok(Response::text(format!("{} commits", push.commits.len())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::http::Method;
    use tiny_lambda::signing::{hex, hmac_sha256};

    const SECRET: &str = "a secret of the settings";
    const PUSH: &str = r#"{
        "ref": "refs/heads/main",
        "commits": [{"id": "a1b2c3", "message": "Fix the gate\n\nIt was open.", "added": []}],
        "repository": {"id": 7, "full_name": "ada/engine"}
    }"#;

    fn signed(event: &str, body: &str, secret: &str) -> Request {
        let code = hex(&hmac_sha256(secret.as_bytes(), body.as_bytes()));
        Request::new(Method::Post, "/")
            .with_header("X-GitHub-Event", event)
            .with_header("X-Hub-Signature-256", &format!("sha256={code}"))
            .with_body(body)
    }

    #[track_caller]
    fn check(request: Request, want: Result<(u16, &str), &str>) {
        let got = receive(SECRET, request, &Context::default());
        let got = got
            .as_ref()
            .map(|got| (got.status, got.body.as_str().unwrap()));
        assert_eq!(got.map_err(Error::error_type), want);
    }

    #[test]
    fn a_signed_push_is_read() {
        check(signed("push", PUSH, SECRET), Ok((200, "1 commits")));
        // GitHub's body may come as base64.
        let bytes = signed("push", PUSH, SECRET).with_body(PUSH.as_bytes());
        check(bytes, Ok((200, "1 commits")));
        check(signed("ping", "{}", SECRET), Ok((204, "")));
        check(signed("push", "{}", SECRET), Err("Http.BadRequest"));
    }

    #[test]
    fn others_are_refused() {
        let wrong = Ok((401, "webhook refused: the signature does not match"));
        check(signed("push", PUSH, "another secret"), wrong);
        check(signed("push", PUSH, SECRET).with_body("{}"), wrong);
        let unsigned = Request::new(Method::Post, "/").with_body(PUSH);
        let missing = "webhook refused: missing header X-Hub-Signature-256";
        check(unsigned, Ok((401, missing)));
        let sha1 = Request::new(Method::Post, "/").with_header("X-Hub-Signature-256", "sha1=00");
        let unknown =
            "webhook refused: no signature of a known version in header X-Hub-Signature-256";
        check(sha1, Ok((401, unknown)));
    }
}
