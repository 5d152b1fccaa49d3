//! Metadata of the execution environment, from the Lambda metadata endpoint.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda metadata endpoint".

use alloc::string::String;
use core::str;
use std::sync::OnceLock;

use super::{Call, Service, Step, emulated, is_field_value, push_all};
use crate::context::current;
use crate::error::{Error, Result};
use crate::http::client::end_ms;
use crate::http1::address::socket_addr;
use crate::json::{self, FromJson};
use crate::json_struct;
use crate::sys::{self, IdleStream, utf8};

static SERVICE: Service = Service {
    subject: "metadata: ",
    error_type: "MetadataError",
    not_found: "MetadataError",
    access_denied: "MetadataError",
    no_value: "",
    refused: "",
    idle: &IDLE,
};

/// The time limit of a call, in milliseconds.
const TIMEOUT_MS: u64 = 1000;

static IDLE: IdleStream = IdleStream::new();

/// The metadata of this execution environment.
static CACHED: OnceLock<Metadata> = OnceLock::new();

/// Metadata of the execution environment.
///
/// ```no_run
/// use tiny_lambda::services::{Metadata, metadata};
///
/// let metadata: Metadata = metadata()?;
/// println!("zone {}", metadata.availability_zone_id.as_deref().unwrap_or("unknown"));
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The ID of the availability zone, such as `use1-az1`, which is the same place in every account; `None` if
    /// Lambda sent none. From `AvailabilityZoneID`.
    pub availability_zone_id: Option<String>,
    /// The whole document.
    document: String,
}

json_struct! {
    struct Document { zone: Option<String> as "AvailabilityZoneID" }
}

/// Returns the metadata of the execution environment. The function needs no extension and no permission.
///
/// ```no_run
/// use tiny_lambda::services::metadata;
///
/// let zone = metadata()?.availability_zone_id;
/// # let _ = zone;
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
///
/// What was received during an invocation is kept for the life of the execution environment. In the Init phase
/// nothing is kept: environments that are restored from a SnapStart snapshot may be in other zones than the one
/// that the snapshot was taken in.
///
/// # Errors
/// The process does not run in Lambda, or the endpoint does not reply within a second.
#[inline]
#[track_caller]
pub fn metadata() -> Result<Metadata> {
    if let Some(metadata) = CACHED.get() {
        return Ok(metadata.clone());
    }
    let metadata = request()?;
    if current::deadline_ms().is_some() {
        return Ok(CACHED.get_or_init(|| metadata).clone());
    }
    Ok(metadata)
}

/// The part of the request's head before the token.
const HEAD: &str = "GET /2026-01-15/metadata/execution-environment HTTP/1.1\r\nHost: localhost\r\n\
    Authorization: Bearer ";

#[inline]
#[track_caller]
fn request() -> Result<Metadata> {
    let mut call = Call::new(&SERVICE);
    call.message.push_str(SERVICE.subject);
    let mut zone = None;
    let step = call.read_metadata(&mut zone);
    Ok(Metadata {
        document: call.take_text(step)?,
        availability_zone_id: zone,
    })
}

impl Call {
    /// Makes the request and sends it. Reads the document and the zone.
    #[inline]
    fn read_metadata(&mut self, zone: &mut Option<String>) -> Step {
        let text = |bytes| {
            utf8::to_str(bytes).filter(|text: &&str| !text.is_empty() && is_field_value(text))
        };
        let api = sys::env(c"AWS_LAMBDA_METADATA_API").and_then(text);
        let token = sys::env(c"AWS_LAMBDA_METADATA_TOKEN").and_then(text);
        let addr = match (emulated::service_addr(emulated::Service::Metadata), api) {
            (Some(addr), _) => addr,
            (None, Some(api)) => match socket_addr(api) {
                Ok(addr) => addr,
                Err(why) => {
                    self.message.push_str("AWS_LAMBDA_METADATA_API: ");
                    return self.failed(why);
                }
            },
            (None, None) => return self.failed("AWS_LAMBDA_METADATA_API is not set"),
        };
        let Some(token) = token.or_else(emulated::token) else {
            return self.failed("AWS_LAMBDA_METADATA_TOKEN is not set");
        };
        push_all(&mut self.text, &[HEAD, token, "\r\n\r\n"]);
        let status = self.send(addr, end_ms(TIMEOUT_MS))?;
        self.check(status)?;
        self.read_text()?;
        match json::parse::<Document>(self.text.as_bytes()) {
            Ok(document) => {
                *zone = document.zone;
                Ok(())
            }
            Err(error) => self.malformed(&error),
        }
    }
}

impl Metadata {
    /// Reads the whole document as a type of your own, for members that Lambda adds later.
    ///
    /// ```no_run
    /// use tiny_lambda::services::metadata;
    ///
    /// tiny_lambda::json_struct! { struct Place { rack: Option<String> as "RackID" } }
    ///
    /// let place: Place = metadata()?.json()?;
    /// # let _ = place;
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// The document does not have that form.
    #[track_caller]
    pub fn json<T: FromJson>(&self) -> Result<T> {
        match json::parse(self.document.as_bytes()) {
            Ok(value) => Ok(value),
            // The plain form, `map_err`, takes a closure, which does not know the caller's place.
            Err(error) => Err(Error::new(
                SERVICE.error_type,
                format_args!("metadata: {error}"),
            )),
        }
    }
}
