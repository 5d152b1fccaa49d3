//! The AWS Parameters and Secrets Lambda extension: the replies to its two paths. Pure functions.
//!
//! Sources: AWS Systems Manager User Guide, "Using Parameter Store parameters in AWS Lambda functions"; AWS Secrets
//! Manager User Guide, "Use AWS Secrets Manager secrets in AWS Lambda functions"; `GetParameter` and
//! `GetSecretValue` for the documents. The texts of errors are those that users of the extension report: the
//! reply does not say what is wrong, the extension's log does.

use crate::emulator::services::data::versions;
use crate::emulator::services::{JSON, PLAIN, Query, Reply, Source};
use crate::encoding::base64;
use crate::json;
use crate::json::Value;
use crate::sys::utf8;

/// The text of a reply to a request that AWS refuses, whatever the reason.
const REFUSED: &str = "an unexpected error occurred while executing request";

/// Replies to `GET /systemsmanager/parameters/get`.
pub(super) fn get_parameter(source: &Source<'_>, query: &Query) -> Reply {
    let Some(given) = query.first("name") else {
        return missing("name");
    };
    // An ARN has the name behind `parameter`, with the slash at its beginning if there is one.
    let arn_name = given
        .split_once(":parameter")
        .filter(|_| given.starts_with("arn:"));
    let name = arn_name.map_or(given, |(_, name)| name);
    let selectors = ["version", "label"];
    // "If both are specified, the first one in the URL is used."
    let selector = query
        .pairs
        .iter()
        .find(|(key, _)| selectors.contains(&&**key));
    let name_owned = name.to_owned();
    let mut versions = versions(&source.data.parameters, &name_owned);
    if versions.is_empty() && arn_name.is_some() {
        // The ARN of a parameter without a slash has one anyway.
        versions = self::versions(
            &source.data.parameters,
            &name.trim_start_matches('/').to_owned(),
        );
    }
    if versions.is_empty() {
        return refused(
            "GetParameter",
            "SSM",
            "ParameterNotFound",
            &format!(
                "the local Lambda has no parameter {name:?}; --parameter NAME=VALUE adds one, and with_parameter in a test"
            ),
        );
    }
    let number = match selector {
        None => Some(versions.len()),
        Some((key, number)) if key == "version" => number.parse().ok(),
        Some(_) => None,
    };
    let found = number.and_then(|number| Some((number, versions.get(number.checked_sub(1)?)?)));
    let Some((number, value)) = found else {
        let n = versions.len();
        let text = format!("parameter {name:?} has the versions 1 to {n} here, and no labels");
        return refused("GetParameter", "SSM", "ParameterVersionNotFound", &text);
    };
    let region = source.region;
    let slash = if name.starts_with('/') { "" } else { "/" };
    let document = json!({
        "Parameter": {
            "ARN": format!("arn:aws:ssm:{region}:012345678912:parameter{slash}{name}"),
            "DataType": "text",
            "LastModifiedDate": source.modified,
            "Name": given,
            "Selector": Value::Null,
            "SourceResult": Value::Null,
            "Type": "String",
            "Value": value.as_str(),
            "Version": u64::try_from(number).unwrap_or(u64::MAX),
        },
        "ResultMetadata": {},
    });
    Reply::new(200, JSON, json::to_vec(&document))
}

/// Replies to `GET /secretsmanager/get`.
pub(super) fn get_secret(source: &Source<'_>, query: &Query) -> Reply {
    let Some(id) = query.first("secretId") else {
        return missing("secretId");
    };
    let find = |name: &str| versions(&source.data.secrets, &name.to_owned());
    let arn_name = id.split_once(":secret:").filter(|_| id.starts_with("arn:"));
    let (mut name, mut versions) = (id, find(id));
    if let Some((_, full)) = arn_name.filter(|_| versions.is_empty()) {
        // The name in a complete ARN is followed by a hyphen and six random characters.
        let cut = full
            .rsplit_once('-')
            .filter(|(_, random)| random.len() == 6);
        let names = [Some(full), cut.map(|(name, _)| name)];
        for it in names.into_iter().flatten() {
            if versions.is_empty() {
                (name, versions) = (it, find(it));
            }
        }
    }
    let not_found = |text: &str| {
        refused(
            "GetSecretValue",
            "Secrets Manager",
            "ResourceNotFoundException",
            text,
        )
    };
    let n = versions.len();
    if n == 0 {
        return not_found(&format!(
            "the local Lambda has no secret {id:?}; --secret NAME=VALUE adds one, and with_secret in a test"
        ));
    }
    let version_id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
    let stage = |number: usize| match n.checked_sub(number) {
        Some(0) => Some("AWSCURRENT"),
        Some(1) => Some("AWSPREVIOUS"),
        _ => None,
    };
    let (wanted_id, wanted_stage) = (query.first("versionId"), query.first("versionStage"));
    let default_stage = wanted_id.map_or(Some("AWSCURRENT"), |_| None);
    let wanted_stage = wanted_stage.or(default_stage);
    let fits = |number: &usize| {
        wanted_id.is_none_or(|id| id == version_id(*number))
            && (wanted_stage.is_none() || wanted_stage == stage(*number))
    };
    let number = (1..=n).rev().find(fits);
    let Some((number, value)) =
        number.and_then(|number| Some((number, versions.get(number.checked_sub(1)?)?)))
    else {
        let text = format!("secret {name:?} has no version with this ID or stage here");
        return not_found(&text);
    };
    let text = std::str::from_utf8(value).ok();
    let binary = text.map_or_else(
        || Value::String(utf8::into_text(base64(value))),
        |_| Value::Null,
    );
    let region = source.region;
    let document = json!({
        "ARN": format!("arn:aws:secretsmanager:{region}:012345678912:secret:{name}-LocaLx"),
        "CreatedDate": source.modified,
        "Name": name,
        "SecretBinary": binary,
        "SecretString": text,
        "VersionId": version_id(number),
        "VersionStages": stage(number).map_or_else(Vec::new, |stage| vec![Value::from(stage)]),
        "ResultMetadata": {},
    });
    Reply::new(200, JSON, json::to_vec(&document))
}

fn missing(parameter: &str) -> Reply {
    let text = format!("the query needs the parameter {parameter}");
    Reply::new(400, PLAIN, text.into_bytes())
}

/// Returns the reply to a request that AWS refuses. The reason is for the log.
fn refused(operation: &str, service: &str, error: &str, text: &str) -> Reply {
    let mut reply = Reply::new(400, PLAIN, REFUSED.into());
    reply.log_line = Some(format!(
        "[AWS Parameters and Secrets Lambda Extension] ERROR {operation} request encountered an error: operation \
         error {service}: {operation}, https response error StatusCode: 400, {error}: {text}"
    ));
    reply
}
