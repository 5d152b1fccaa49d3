//! The calls of extensions: the Extensions API and the Telemetry API.

use std::io;

use crate::emulator::environment::extensions::{ExtensionCallError, ExtensionState};
use crate::emulator::environment::telemetry::TelemetrySubscription;
use crate::emulator::report::{error_document, refusal_document, uuid};
use crate::emulator::runtime_api::{ApiCall, JSON, RuntimeApi};
use crate::json;
use crate::json::Value;

const IDENTIFIER: &str = "Lambda-Extension-Identifier";
const ERROR_TYPE: &str = "Lambda-Extension-Function-Error-Type";
/// Longest registration and longest error report, in bytes.
const BODY_LEN_MAX: usize = 1024 * 1024;

impl RuntimeApi {
    /// Handles a call whose path is `/2020-01-01/extension/` and `route`.
    pub(super) fn handle_extension(
        &self,
        route: &str,
        call: &mut ApiCall<'_, '_>,
    ) -> io::Result<()> {
        match (call.request.method.as_str(), route) {
            ("POST", "register") => self.register(call),
            ("GET", "event/next") => self.extension_next(call),
            ("POST", "init/error") => self.extension_error(ExtensionState::InitError, call),
            ("POST", "exit/error") => self.extension_error(ExtensionState::ExitError, call),
            (_, "event/next") => call.refuse_method("GET"),
            (_, "register" | "init/error" | "exit/error") => call.refuse_method("POST"),
            _ => call.refuse_path(),
        }
    }

    fn register(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let environment = &*self.environment;
        let body = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let name = call.request.header("Lambda-Extension-Name");
        let name = name.unwrap_or_default();
        let registered = match registration_events(&body) {
            _ if name.is_empty() => environment.lock().extensions.register(name, &[]),
            Some(events) => environment.lock().extensions.register(name, &events),
            None => Err(ExtensionCallError::new(
                "InvalidRequestFormat",
                "expected a JSON object with an array \"events\"",
            )),
        };
        let id = match registered {
            Ok(id) => id,
            Err(error) => return refuse(call, &error),
        };
        environment.notify();
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
        call.exchange
            .respond(200, &fields, &json::to_vec(&document))
    }

    fn extension_next(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        match self.wait_for_extension_event(call.request.header(IDENTIFIER)) {
            Ok(Some(event)) => {
                let id = uuid();
                let fields = [JSON, ("Lambda-Extension-Event-Identifier", id.as_str())];
                call.exchange.respond(200, &fields, &event)
            }
            Ok(None) => Err(io::ErrorKind::ConnectionAborted.into()),
            Err(error) => refuse(call, &error),
        }
    }

    /// Waits for an event of the extension `id`. Returns `None` if the extension's process has ended.
    fn wait_for_extension_event(
        &self,
        id: Option<&str>,
    ) -> Result<Option<Vec<u8>>, ExtensionCallError> {
        let environment = &*self.environment;
        let mut state = environment.lock();
        state.extensions.find(id)?.poll()?;
        let generation = state.generation;
        environment.notify();
        loop {
            if state.is_gone() || state.generation != generation {
                return Ok(None);
            }
            if let Some(event) = state.extensions.find(id)?.take_event() {
                return Ok(Some(event));
            }
            state = environment.wait(state);
        }
    }

    fn extension_error(&self, to: ExtensionState, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        let document = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let Some(error_type) = call.request.non_empty_header(ERROR_TYPE) else {
            let message = format!("{ERROR_TYPE} not found");
            let error = ExtensionCallError::new("Extension.MissingHeader", message);
            return refuse(call, &error);
        };
        let result = {
            let mut state = self.environment.lock();
            let extension = state.extensions.find(call.request.header(IDENTIFIER));
            extension.and_then(|extension| extension.report_error(to, error_type, document))
        };
        let replied = match result {
            Ok(()) => call.accept(),
            Err(error) => refuse(call, &error),
        };
        self.environment.notify();
        replied
    }

    /// Handles `PUT /2022-07-01/telemetry`, with which an extension subscribes to records.
    pub(super) fn subscribe(&self, call: &mut ApiCall<'_, '_>) -> io::Result<()> {
        if call.request.method != "PUT" {
            return call.refuse_method("PUT");
        }
        let environment = &*self.environment;
        let body = call.exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let name = {
            let mut state = environment.lock();
            let extension = state.extensions.find(call.request.header(IDENTIFIER));
            extension.map(|extension| extension.name.clone())
        };
        let name = match name {
            Ok(name) if environment.log.allows_subscriptions() => name,
            Ok(_) => {
                let message = "Telemetry API subscription is closed already";
                let error = ExtensionCallError::new("Telemetry.SubscriptionClosed", message);
                return refuse(call, &error);
            }
            Err(error) => return refuse(call, &error),
        };
        let text = [("Content-Type", "text/plain; charset=utf-8")];
        match TelemetrySubscription::parse(&body, environment.api_addr.port()) {
            Ok(subscription) => {
                environment.log.subscribe(&name, subscription)?;
                call.exchange.respond(200, &text, b"\"OK\"")
            }
            Err(message) => {
                let document = error_document("ValidationError", &message);
                call.exchange.respond(400, &text, &document)
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
    if keys
        .and_then(Value::as_array)
        .is_some_and(|keys| !keys.is_empty())
    {
        return None;
    }
    let events = match registration.get("events") {
        None => &[],
        Some(events) => events.as_array()?,
    };
    let names = events.iter().map(|event| event.as_str().map(str::to_owned));
    names.collect()
}

fn refuse(call: &mut ApiCall<'_, '_>, error: &ExtensionCallError) -> io::Result<()> {
    let document = refusal_document(error.error_type, &error.message);
    call.exchange.respond(403, &[JSON], &document)
}
