//! GetFunctionConfiguration: what callers are told about the function.

use std::env;
use std::fs;

use crate::emulator::invoke_api::{InvokeApi, qualified};
use crate::emulator::time::civil;
use crate::json;
use crate::json::Value;

impl InvokeApi {
    /// Returns the document of `GetFunctionConfiguration`. It does not contain the function's variables,
    /// which may come from the developer's own shell.
    pub(super) fn configuration(&self, qualifier: &str) -> json::Object {
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
        let log_format = if settings.json_log_level.is_some() {
            "JSON"
        } else {
            "Text"
        };
        let timeout_secs = settings.timeout.as_millis().div_ceil(1000);
        let timeout_secs = u64::try_from(timeout_secs).unwrap_or(u64::MAX);
        let modified = civil(self.started).rfc3339().replace('Z', "+0000");
        let mut document = json::Object::new();
        let mut set = |name: &str, value: Value| document.insert(name, value);
        set("FunctionName", settings.name.as_str().into());
        set("FunctionArn", qualified(settings.arn(), qualifier).into());
        set("Runtime", "provided.al2023".into());
        set("Role", "arn:aws:iam::012345678912:role/local".into());
        set("Handler", settings.handler.as_str().into());
        set("CodeSize", code_len.into());
        set("Description", "".into());
        set("Timeout", timeout_secs.into());
        set("MemorySize", settings.memory_mb.into());
        set("LastModified", modified.into());
        set("Version", settings.version.as_str().into());
        set("TracingConfig", json!({ "Mode": "PassThrough" }));
        set("RevisionId", self.revision_id.as_str().into());
        set("State", "Active".into());
        set("LastUpdateStatus", "Successful".into());
        set("PackageType", "Zip".into());
        set("Architectures", json!([architecture]));
        set("EphemeralStorage", json!({ "Size": 512 }));
        let snap_start = json!({ "ApplyOn": apply_on, "OptimizationStatus": optimization });
        set("SnapStart", snap_start);
        let group = format!("/aws/lambda/{}", settings.name);
        let logging = json!({ "LogFormat": log_format, "LogGroup": group });
        set("LoggingConfig", logging);
        document
    }
}
