//! The calls of extensions: the Extensions API and the Telemetry API.

use std::io;

use crate::emulator::environment::extensions::{ExtensionCallError, ExtensionState};
use crate::emulator::environment::telemetry::TelemetrySubscription;
use crate::emulator::report::{error_document, uuid};
use crate::emulator::runtime_api::{ApiCall, CallResult, JSON, RuntimeApi};
use crate::json;
use crate::json::Value;

const IDENTIFIER: &str = "Lambda-Extension-Identifier";
const ERROR_TYPE: &str = "Lambda-Extension-Function-Error-Type";
/// Longest registration and longest error report, in bytes.
const BODY_LEN_MAX: usize = 1024 * 1024;

impl RuntimeApi {
    pub(super) fn register(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        let environment = &*self.environment;
        let body = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let name = call.request.header("Lambda-Extension-Name");
        let name = name.unwrap_or_default();
        // A missing name is refused before a malformed body.
        let events = registration_events(&body).or(name.is_empty().then(Vec::new));
        let events = events.ok_or_else(|| {
            let message = "expected a JSON object with an array \"events\"";
            ExtensionCallError::new("InvalidRequestFormat", message)
        })?;
        let id = environment.update(|state| state.extensions.register(name, &events))?;
        let settings = &environment.settings;
        let mut document = json::Object::new();
        document.insert("functionName", settings.name.as_str());
        document.insert("functionVersion", settings.version.as_str());
        document.insert("handler", settings.handler.as_str());
        let features = call.request.header("Lambda-Extension-Accept-Feature");
        let mut features = features.unwrap_or_default().split(',');
        if features.any(|feature| feature.trim() == "accountId") {
            document.insert("accountId", "012345678912");
        }
        let fields = [JSON, (IDENTIFIER, id.as_str())];
        call.respond(200, &fields, &json::to_vec(&document))
    }

    /// Handles `event/next`, a long poll.
    pub(super) fn extension_next(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        let extension_id = call.request.header(IDENTIFIER);
        let environment = &*self.environment;
        let mut state = environment.lock();
        state.extensions.find(extension_id)?.poll()?;
        let generation = state.generation;
        environment.notify();
        let event = loop {
            if state.is_gone() || state.generation != generation {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if let Some(event) = state.extensions.find(extension_id)?.take_event() {
                break event;
            }
            state = environment.wait(state);
        };
        drop(state);
        let id = uuid();
        let fields = [JSON, ("Lambda-Extension-Event-Identifier", id.as_str())];
        call.respond(200, &fields, &event)
    }

    /// Handles `init/error` and `exit/error`, which change the state to `to`.
    pub(super) fn extension_error(
        &self,
        to: ExtensionState,
        call: &mut ApiCall<'_, '_>,
    ) -> CallResult {
        let document = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let error_type = call.request.non_empty_header(ERROR_TYPE);
        let error_type = error_type.ok_or_else(|| {
            let message = format!("{ERROR_TYPE} not found");
            ExtensionCallError::new("Extension.MissingHeader", message)
        })?;
        let mut state = self.environment.lock();
        let extension = state.extensions.find(call.request.header(IDENTIFIER))?;
        extension.report_error(to, error_type, document)?;
        drop(state);
        let replied = call.accept();
        self.environment.notify();
        replied
    }

    /// Handles `PUT telemetry`, with which an extension subscribes to records.
    pub(super) fn subscribe(&self, call: &mut ApiCall<'_, '_>) -> CallResult {
        let environment = &*self.environment;
        let body = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let mut state = environment.lock();
        let extension = state.extensions.find(call.request.header(IDENTIFIER))?;
        let name = extension.name.clone();
        drop(state);
        if !environment.log.allows_subscriptions() {
            let message = "Telemetry API subscription is closed already";
            return Err(ExtensionCallError::new("Telemetry.SubscriptionClosed", message).into());
        }
        let text = [("Content-Type", "text/plain; charset=utf-8")];
        match TelemetrySubscription::parse(&body, environment.api_addr.port()) {
            Ok(subscription) => {
                environment.log.subscribe(&name, subscription)?;
                call.respond(200, &text, b"\"OK\"")
            }
            Err(message) => {
                let document = error_document("ValidationError", &message);
                call.respond(400, &text, &document)
            }
        }
    }
}

/// Returns the events that a registration names; `None` if it is malformed.
fn registration_events(body: &[u8]) -> Option<Vec<String>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    let registration: Value = json::parse(body).ok()?;
    registration.as_object()?;
    let keys = registration.get("configurationKeys");
    let keys = keys.and_then(Value::as_array).unwrap_or_default();
    if !keys.is_empty() {
        return None;
    }
    let events = match registration.get("events") {
        None => &[],
        Some(events) => events.as_array()?,
    };
    let names = events.iter().map(|event| event.as_str().map(str::to_owned));
    names.collect()
}
