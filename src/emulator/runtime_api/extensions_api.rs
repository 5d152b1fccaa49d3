//! The Extensions API on an environment's listener.

use std::io;

use crate::emulator::environment::Environment;
use crate::emulator::report::{error_document, refusal_document, uuid};
use crate::emulator::runtime_api::extensions::{Phase, Refusal};
use crate::emulator::runtime_api::telemetry::Subscription;
use crate::emulator::runtime_api::{JSON, accept, not_found, wrong_method};
use crate::emulator::server::exchange::{Exchange, Request};
use crate::json;
use crate::json::Value;

const IDENTIFIER: &str = "Lambda-Extension-Identifier";
const ERROR_TYPE: &str = "Lambda-Extension-Function-Error-Type";
/// Bytes in a registration or an error report: there is no reason for more.
const BODY_LEN_MAX: usize = 1024 * 1024;

impl Environment {
    /// Answers a call whose path goes on with `route` behind `/2020-01-01/extension/`.
    pub(crate) fn extension(
        &self,
        route: &str,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        match (request.method.as_str(), route) {
            ("POST", "register") => self.register(request, exchange),
            ("GET", "event/next") => self.extension_next(request, exchange),
            ("POST", "init/error") => self.extension_error(Phase::InitError, request, exchange),
            ("POST", "exit/error") => self.extension_error(Phase::ExitError, request, exchange),
            (_, "event/next") => wrong_method(exchange, "GET"),
            (_, "register" | "init/error" | "exit/error") => wrong_method(exchange, "POST"),
            _ => not_found(exchange),
        }
    }

    fn register(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let body = exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let name = request.header("Lambda-Extension-Name").unwrap_or_default();
        let registered = match events(&body) {
            _ if name.is_empty() => self.lock().extensions.register(name, &[]),
            Some(events) => self.lock().extensions.register(name, &events),
            None => Err(Refusal {
                error_type: "InvalidRequestFormat",
                message: "the body is no registration".to_owned(),
            }),
        };
        let id = match registered {
            Ok(id) => id,
            Err(refusal) => return refuse(exchange, &refusal),
        };
        self.news();
        let mut answer = json::Object::new();
        answer.insert("functionName", self.settings.name.as_str());
        answer.insert("functionVersion", self.settings.version.as_str());
        answer.insert("handler", self.settings.handler.as_str());
        let features = request
            .header("Lambda-Extension-Accept-Feature")
            .unwrap_or_default();
        if features
            .split(',')
            .any(|feature| feature.trim() == "accountId")
        {
            answer.insert("accountId", "012345678912");
        }
        exchange.reply(200, &[JSON, (IDENTIFIER, &id)], &json::to_vec(&answer))
    }

    fn extension_next(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()> {
        match self.wait_for_extension_event(request.header(IDENTIFIER)) {
            Ok(Some(event)) => {
                let id = uuid();
                exchange.reply(
                    200,
                    &[JSON, ("Lambda-Extension-Event-Identifier", &id)],
                    &event,
                )
            }
            Ok(None) => Err(io::ErrorKind::ConnectionAborted.into()),
            Err(refusal) => refuse(exchange, &refusal),
        }
    }

    fn extension_error(
        &self,
        to: Phase,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        let document = exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let Some(error_type) = request.text(ERROR_TYPE) else {
            let message = format!("{ERROR_TYPE} not found");
            return refuse(
                exchange,
                &Refusal {
                    error_type: "Extension.MissingHeader",
                    message,
                },
            );
        };
        let result = {
            let mut inner = self.lock();
            let identified = inner.extensions.identified(request.header(IDENTIFIER));
            identified.and_then(|extension| extension.report(to, error_type, document))
        };
        let replied = match result {
            Ok(()) => accept(exchange),
            Err(refusal) => refuse(exchange, &refusal),
        };
        self.news();
        replied
    }
}

impl Environment {
    /// `PUT /2022-07-01/telemetry`: an extension subscribes to records.
    pub(crate) fn telemetry(
        &self,
        request: &Request,
        exchange: &mut Exchange<'_>,
    ) -> io::Result<()> {
        if request.method != "PUT" {
            return wrong_method(exchange, "PUT");
        }
        let body = exchange.read_body(BODY_LEN_MAX).unwrap_or_default();
        let name = {
            let mut inner = self.lock();
            let identified = inner.extensions.identified(request.header(IDENTIFIER));
            identified.map(|extension| extension.name.clone())
        };
        let name = match name {
            Ok(name) if self.console.is_open() => name,
            Ok(_) => {
                let message = "Telemetry API subscription is closed already".to_owned();
                let error_type = "Telemetry.SubscriptionClosed";
                return refuse(
                    exchange,
                    &Refusal {
                        error_type,
                        message,
                    },
                );
            }
            Err(refusal) => return refuse(exchange, &refusal),
        };
        let text = [("Content-Type", "text/plain; charset=utf-8")];
        match Subscription::parse(&body, self.api.port()) {
            Ok(subscription) => {
                self.console.subscribe(&name, subscription)?;
                exchange.reply(200, &text, b"\"OK\"")
            }
            Err(message) => {
                exchange.reply(400, &text, &error_document("ValidationError", &message))
            }
        }
    }
}

/// The events that a registration asks for; `None`: it is malformed.
fn events(body: &[u8]) -> Option<Vec<String>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    let asked: Value = json::parse(body).ok()?;
    asked.as_object()?;
    let keys = asked
        .get("configurationKeys")
        .and_then(Value::as_array)
        .unwrap_or_default();
    if !keys.is_empty() {
        return None;
    }
    let events = asked.get("events").map_or(Some(&[][..]), Value::as_array)?;
    events
        .iter()
        .map(|event| event.as_str().map(str::to_owned))
        .collect()
}

/// Refusals of extensions are all 403.
pub(crate) fn refuse(exchange: &mut Exchange<'_>, refusal: &Refusal) -> io::Result<()> {
    exchange.reply(
        403,
        &[JSON],
        &refusal_document(refusal.error_type, &refusal.message),
    )
}
