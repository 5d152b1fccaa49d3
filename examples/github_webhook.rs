//! A webhook of GitHub: logs each push to a repository.
//!
//! The environment variable `WEBHOOK_SECRET` has the secret that was typed into the settings of the webhook. Its
//! content type is `application/json`, and its URL is that of a function URL or of an API.

use tiny_lambda::http::{IntoResponse, Request, Response};
use tiny_lambda::signing::webhook;
use tiny_lambda::{Context, Result, env, info, json_struct};

json_struct! {
    /// The members of a push event that the function reads.
    struct Push { branch: String as "ref", commits: Vec<Commit>, repository: Repository }
}
json_struct! { struct Commit { id: String, message: String } }
json_struct! { struct Repository { full_name: String } }

fn main() -> ! {
    tiny_lambda::run_http_with_init(
        || env::required::<String>("WEBHOOK_SECRET"),
        |secret, request, cx| receive(secret, request, cx),
    )
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

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::emulator::{self, FrontDoor};
    use tiny_lambda::handler;
    use tiny_lambda::http::Method;
    use tiny_lambda::signing::{hex, hmac_sha256};

    const SECRET: &str = "a secret of the settings";
    const PUSH: &str = r#"{
        "ref": "refs/heads/main",
        "commits": [{"id": "a1b2c3", "message": "Fix the gate\n\nIt was open.", "added": []}],
        "repository": {"id": 7, "full_name": "ada/engine"}
    }"#;

    /// Returns a request as GitHub signs it.
    fn signed(event: &str, body: &str, secret: &str) -> Request {
        let code = hex(&hmac_sha256(secret.as_bytes(), body.as_bytes()));
        Request::new(Method::Post, "/")
            .with_header("X-GitHub-Event", event)
            .with_header("X-Hub-Signature-256", &format!("sha256={code}"))
            .with_body(body)
    }

    /// Sends a request through a front door, such as a function URL.
    #[track_caller]
    fn check_at(front_door: FrontDoor, request: &Request, status: u16, body: &str) {
        let function = handler::http(|request, cx| receive(SECRET, request, cx));
        let response = emulator::invoke_http(&function, front_door, request).unwrap();
        let got = (response.status, response.body.as_str().unwrap());
        assert_eq!(got, (status, body), "{front_door:?}");
    }

    #[track_caller]
    fn check(request: Request, status: u16, body: &str) {
        check_at(FrontDoor::FunctionUrl, &request, status, body);
    }

    #[test]
    fn a_signed_push_is_read() {
        for &front_door in FrontDoor::HTTP {
            let push = signed("push", PUSH, SECRET);
            check_at(front_door, &push, 200, "1 commits");
        }
        // A body of bytes comes as base64.
        let bytes = signed("push", PUSH, SECRET).with_body(PUSH.as_bytes());
        check(bytes, 200, "1 commits");
        check(signed("ping", "{}", SECRET), 204, "");
    }

    #[test]
    fn others_are_refused() {
        let wrong = "webhook refused: the signature does not match";
        check(signed("push", PUSH, "another secret"), 401, wrong);
        check(signed("push", PUSH, SECRET).with_body("{}"), 401, wrong);
        let unsigned = Request::new(Method::Post, "/").with_body(PUSH);
        let missing = "webhook refused: missing header X-Hub-Signature-256";
        check(unsigned, 401, missing);
        let sha1 = Request::new(Method::Post, "/").with_header("X-Hub-Signature-256", "sha1=00");
        let unknown =
            "webhook refused: no signature of a known version in header X-Hub-Signature-256";
        check(sha1, 401, unknown);
    }

    #[test]
    fn a_push_without_commits_is_a_bad_request() {
        let response = receive(SECRET, signed("push", "{}", SECRET), &Context::default());
        assert_eq!(response.unwrap_err().error_type(), "Http.BadRequest");
    }
}
