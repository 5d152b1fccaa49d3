//! The public types can be sent to another thread and shared between threads (Rust API guidelines, C-SEND-SYNC).
//! A new public type is a line here.

use tiny_lambda::{
    BodyWriter, ClientContext, CognitoIdentity, Context, DeadlineWarning, Error, Function,
    Responder, Runtime, encoding, events, http, json, log,
};

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn public_types_are_send_and_sync() {
    is_send_and_sync::<ClientContext>();
    is_send_and_sync::<CognitoIdentity>();
    is_send_and_sync::<Context>();
    is_send_and_sync::<DeadlineWarning>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<Function>();
    is_send_and_sync::<Runtime>();
    is_send_and_sync::<encoding::GzipError>();
    is_send_and_sync::<events::EventBridgeEvent>();
    is_send_and_sync::<events::Field<String>>();
    is_send_and_sync::<events::Map<String>>();
    is_send_and_sync::<events::dynamodb::AttributeValue>();
    is_send_and_sync::<http::Body>();
    is_send_and_sync::<http::Cookie>();
    is_send_and_sync::<http::Cors>();
    is_send_and_sync::<http::HeaderMap>();
    is_send_and_sync::<http::PairIter<'_>>();
    is_send_and_sync::<http::Query>();
    is_send_and_sync::<http::Request>();
    is_send_and_sync::<http::Response>();
    is_send_and_sync::<http::Router<'_>>();
    is_send_and_sync::<json::Error>();
    is_send_and_sync::<json::ObjectIter<'_>>();
    is_send_and_sync::<json::RawJson<'_>>();
    is_send_and_sync::<json::Reader<'_>>();
    is_send_and_sync::<json::Value>();
    is_send_and_sync::<json::Writer>();
    is_send_and_sync::<log::Level>();
}

#[cfg(feature = "emulator")]
#[test]
fn the_emulator_is_send_and_sync() {
    use tiny_lambda::emulator;

    is_send_and_sync::<emulator::Emulator>();
    is_send_and_sync::<emulator::InjectedFault>();
    is_send_and_sync::<emulator::InvokeRequest>();
    is_send_and_sync::<emulator::InvokeResponse>();
    is_send_and_sync::<emulator::ParseFaultError>();
    is_send_and_sync::<emulator::Settings>();
}

/// They belong to one invocation.
#[test]
fn responders_can_be_sent() {
    is_send::<Responder<'_>>();
    is_send::<BodyWriter<'_>>();
}
