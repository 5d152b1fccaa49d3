//! GetFunctionConfiguration: what callers are told about the function.

use std::env;
use std::fs;

use crate::emulator::invoke_api::{ApiResult, InvokeApi, JSON, qualified};
use crate::emulator::server::exchange::{Exchange, HttpRequest};
use crate::emulator::time::civil;
use crate::json;
use crate::json::Value;

impl InvokeApi {
    /// Serves GetFunction, and GetFunctionConfiguration, which returns a part of its document.
    pub(super) fn get_function(
        &self,
        qualifier: &str,
        request: &HttpRequest,
        exchange: &mut Exchange<'_>,
    ) -> ApiResult {
        let mut document = self.configuration(qualifier);
        if !request.path().ends_with("/configuration") {
            let code = json!({ "RepositoryType": "S3" });
            document = json!({ "Configuration": document, "Code": code });
        }
        Ok(exchange.respond(200, &[JSON], &json::to_vec(&document))?)
    }

    /// Returns the document of `GetFunctionConfiguration`. It does not contain the function's variables,
    /// which may come from the developer's own shell.
    fn configuration(&self, qualifier: &str) -> Value {
        let settings = &self.scheduler.settings;
        let metadata = settings.bootstrap.as_deref().map(fs::metadata);
        let code_len = metadata.and_then(Result::ok).map_or(0, |code| code.len());
        let architecture = match env::consts::ARCH {
            "aarch64" => "arm64",
            _ => "x86_64",
        };
        let (apply_on, optimization) = if settings.snap_start {
            ("PublishedVersions", "On")
        } else {
            ("None", "Off")
        };
        let log_format = settings.json_log_level.as_ref().map_or("Text", |_| "JSON");
        let tracing = if settings.xray {
            "Active"
        } else {
            "PassThrough"
        };
        let timeout_secs = settings.timeout.as_millis().div_ceil(1000);
        json!({
            "FunctionName": settings.name,
            "FunctionArn": qualified(settings.arn(), qualifier),
            "Runtime": "provided.al2023",
            "Role": "arn:aws:iam::012345678912:role/local",
            "Handler": settings.handler,
            "CodeSize": code_len,
            "Description": "",
            "Timeout": u64::try_from(timeout_secs).unwrap_or(u64::MAX),
            "MemorySize": settings.memory_mb,
            "LastModified": civil(self.started).rfc3339().replace('Z', "+0000"),
            "Version": settings.version,
            "TracingConfig": { "Mode": tracing },
            "RevisionId": self.revision_id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [architecture],
            "EphemeralStorage": { "Size": 512 },
            "SnapStart": { "ApplyOn": apply_on, "OptimizationStatus": optimization },
            "LoggingConfig": {
                "LogFormat": log_format,
                "LogGroup": format!("/aws/lambda/{}", settings.name),
            },
        })
    }
}
