//! A small API with routes. Its notes are in memory, and lost when Lambda ends the process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tiny_lambda::http::{Request, Response, Router};
use tiny_lambda::{Result, json, json_struct};

json_struct! {
    /// A note. The function chooses the ID.
    #[derive(Clone)]
    struct Note { id: u32 = 0, text: String }
}

#[derive(Default)]
struct Notes(Mutex<Vec<Note>>);

fn main() -> ! {
    let notes = Notes::default();
    tiny_lambda::run_http(router(&notes))
}

fn router(notes: &Notes) -> Router<'_> {
    Router::new()
        .json_errors()
        .get("/notes", |_, _| Ok(notes.list()))
        .post("/notes", |request, _| notes.add(&request))
        .get("/notes/{id}", |request, _| notes.show(&request))
        .put("/notes/{id}", |request, _| notes.change(&request))
        .delete("/notes/{id}", |request, _| notes.remove(&request))
}

impl Notes {
    fn list(&self) -> Vec<Note> {
        self.lock().clone()
    }

    fn add(&self, request: &Request) -> Result<Response> {
        let mut note: Note = request.json()?;
        let mut notes = self.lock();
        let id = notes.last().map_or(1, |last| last.id.saturating_add(1));
        note.id = id;
        notes.push(note);
        let location = format!("/notes/{id}");
        let response = Response::json(&json!({ "id": id })).with_status(201);
        Ok(response.with_header("Location", &location))
    }

    fn show(&self, request: &Request) -> Result<Option<Note>> {
        let id: u32 = request.param("id")?;
        Ok(self.lock().iter().find(|note| note.id == id).cloned())
    }

    fn change(&self, request: &Request) -> Result<Option<()>> {
        let id: u32 = request.param("id")?;
        let changed: Note = request.json()?;
        let mut notes = self.lock();
        Ok(notes
            .iter_mut()
            .find(|note| note.id == id)
            .map(|note| note.text = changed.text))
    }

    fn remove(&self, request: &Request) -> Result<Option<()>> {
        let id: u32 = request.param("id")?;
        let mut notes = self.lock();
        let len = notes.len();
        notes.retain(|note| note.id != id);
        Ok((notes.len() < len).then_some(()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Note>> {
        // No code panics while it holds the lock, so the notes are never in an inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::Context;
    use tiny_lambda::http::Method;

    #[track_caller]
    fn check(router: &Router<'_>, line: &str, body: &str, want: (u16, &str)) {
        let (method, path) = line.split_once(' ').unwrap();
        let request = Request::new(Method::from(method), path).with_body(body);
        let got = router.handle(request, &Context::default()).unwrap();
        assert_eq!((got.status, got.body.as_str().unwrap()), want, "{line}");
    }

    #[test]
    fn notes_are_added_shown_changed_and_removed() {
        let notes = Notes::default();
        let router = router(&notes);
        let router = &router;
        check(router, "GET /notes", "", (200, "[]"));
        check(
            router,
            "POST /notes",
            r#"{"text":"milk"}"#,
            (201, r#"{"id":1}"#),
        );
        check(
            router,
            "POST /notes",
            r#"{"text":"tea"}"#,
            (201, r#"{"id":2}"#),
        );
        check(
            router,
            "GET /notes/2",
            "",
            (200, r#"{"id":2,"text":"tea"}"#),
        );
        check(router, "PUT /notes/2", r#"{"text":"green tea"}"#, (204, ""));
        check(
            router,
            "GET /notes/2",
            "",
            (200, r#"{"id":2,"text":"green tea"}"#),
        );
        check(router, "DELETE /notes/1", "", (204, ""));
        check(
            router,
            "DELETE /notes/1",
            "",
            (404, r#"{"message":"Not Found"}"#),
        );
        check(
            router,
            "PUT /notes/1",
            r#"{"text":"x"}"#,
            (404, r#"{"message":"Not Found"}"#),
        );
        check(
            router,
            "PATCH /notes/1",
            "",
            (405, r#"{"message":"Method Not Allowed"}"#),
        );
        check(
            router,
            "GET /notes",
            "",
            (200, r#"[{"id":2,"text":"green tea"}]"#),
        );
    }
}
