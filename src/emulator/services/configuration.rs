//! The AWS AppConfig agent: the reply to its path. Pure functions.
//!
//! Source: AWS AppConfig User Guide, "Retrieving configuration data" and "Retrieving basic and multi-variant feature
//! flags".

use crate::emulator::services::data::{ProfileId, versions};
use crate::emulator::services::{JSON, Query, Reply, Source};
use crate::encoding::decode_percent;
use crate::json;
use crate::json::{Object, Value};
use crate::sys::utf8;

/// Returns application, environment and profile of a path of the agent; `None` if it is another path.
pub(super) fn profile_id(path: &str) -> Option<ProfileId> {
    let segments: Vec<&str> = path.split('/').collect();
    let [
        "",
        "applications",
        application,
        "environments",
        environment,
        "configurations",
        profile,
    ] = segments.as_slice()
    else {
        return None;
    };
    let decoded = |text: &&str| utf8::to_string(decode_percent(text, false).ok()?).ok();
    Some([
        decoded(application)?,
        decoded(environment)?,
        decoded(profile)?,
    ])
}

/// Replies to `GET /applications/A/environments/E/configurations/P`.
pub(super) fn get_configuration(source: &Source<'_>, id: &ProfileId, query: &Query) -> Reply {
    let versions = versions(&source.data.configurations, id);
    let name = id.join("/");
    let Some(content) = versions.last() else {
        let mut reply = not_found("Configuration not found");
        reply.log_line = Some(format!(
            "[appconfig agent] ERROR the local Lambda has no configuration {name:?}; \
             --configuration APP/ENV/PROFILE=@FILE adds one, and with_configuration in a test"
        ));
        return reply;
    };
    let document: Option<Value> = json::parse(json::without_bom(content)).ok();
    let flags: Vec<&str> = query.all("flag").collect();
    let mut reply = if flags.is_empty() {
        let content_type = match &document {
            Some(_) => JSON,
            None if std::str::from_utf8(content).is_ok() => "text/plain",
            None => "application/octet-stream",
        };
        Reply::new(200, content_type, (*content).clone())
    } else {
        let flag = |name: &str| document.as_ref().and_then(|document| document.get(name));
        let mut object = Object::new();
        for name in &flags {
            let Some(value) = flag(name) else {
                return not_found(&format!("Flag not found: {name}"));
            };
            object.insert(name, value.clone());
        }
        // One flag is the flag's own object, several are an object with each of them.
        let body = match flags.as_slice() {
            [name] => flag(name).map(json::to_vec).unwrap_or_default(),
            _ => json::to_vec(&object),
        };
        Reply::new(200, JSON, body)
    };
    reply
        .fields
        .push(("Configuration-Version", versions.len().to_string()));
    reply
}

fn not_found(message: &str) -> Reply {
    let document = json!({ "Message": message });
    Reply::new(404, JSON, json::to_vec(&document))
}
