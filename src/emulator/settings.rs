//! What a local function is set up with, and the environment variables that follow from it.

use std::env;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::emulator::report::{civil, uuid};
use crate::emulator::runtime_api::faults::InjectedFault;

/// How a local function is set up. [`Default`] is what Lambda has for a new function.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::emulator::Settings;
///
/// let mut settings = Settings::default();
/// settings.timeout = Duration::from_millis(200);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The function's name, in `AWS_LAMBDA_FUNCTION_NAME` and in its ARN.
    pub name: String,
    /// Its version, in `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// Its handler setting, in `_HANDLER`.
    pub handler: String,
    /// How long an invocation may take; Lambda has 1 s to 900 s, and this any.
    pub timeout: Duration,
    /// Memory in MB, in `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`. It is told, not enforced.
    pub memory_mb: u32,
    /// Variables of the function's own. They win over those that Lambda allows to be set.
    pub env: Vec<(String, String)>,
    /// The executable that is started; `None`: runtimes connect from outside.
    pub bootstrap: Option<PathBuf>,
    /// The function's folder: where its process starts, and what `LAMBDA_TASK_ROOT` says; `None`:
    /// that of the executable.
    pub task_root: Option<PathBuf>,
    /// Where the Runtime API listens. Lambda's is no loopback address (169.254.100.1); such a one is
    /// to be had here too where a network interface has it.
    pub api_host: IpAddr,
    /// Host names under which callers and runtimes may call besides addresses and `localhost`, such as
    /// `host.docker.internal`. A request that names any other host is refused, since any web page
    /// could have made its own name resolve to this machine (DNS rebinding).
    pub hosts: Vec<String>,
    /// Origins whose web pages may call the function, such as `http://localhost:5173`; `*` is any.
    /// Pages of all others are refused. Pages never get at the Runtime API.
    pub allowed_origins: Vec<String>,
    /// A program that runs the executable, such as `qemu-aarch64` for one of another architecture.
    pub runner: Option<PathBuf>,
    /// How many execution environments there may be at once.
    pub environments: usize,
    /// How often an asynchronous invocation (`Event`) that failed is repeated: 0 to 2 on Lambda.
    pub async_retries: u32,
    /// How long that takes the first time; the second time twice as long.
    pub async_retry_delay: Duration,
    /// How many invocations one environment takes at once, as Managed Instances do; `None`: one,
    /// as ordinary functions do.
    pub concurrency: Option<u32>,
    /// A folder whose executables are started as external extensions, as Lambda does with those in
    /// `/opt/extensions`.
    pub extensions: Option<PathBuf>,
    /// Whether it is a SnapStart function, whose runtime calls `restore/next` after its Init.
    pub snap_start: bool,
    /// Whether the function's process is stopped between invocations, as Lambda freezes it: work
    /// that was left running in the background then stands still, and shows.
    pub freeze: bool,
    /// What goes wrong with replies of the Runtime API, and how often: 0 is never, 1 is always.
    pub faults: Vec<(InjectedFault, f64)>,
    /// With the same seed the same replies go wrong, as far as the same calls come.
    pub seed: u64,
    /// The log format is JSON, and this the least level that is let through (`TRACE`, `DEBUG`,
    /// `INFO`, `WARN`, `ERROR`, `FATAL`); `None`: it is text.
    pub json_log_level: Option<String>,
    /// Whether what the function writes, and what Lambda writes about it, goes to standard error.
    pub log: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: "function".to_owned(),
            version: "$LATEST".to_owned(),
            handler: "bootstrap".to_owned(),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            env: Vec::new(),
            bootstrap: None,
            task_root: None,
            api_host: Ipv4Addr::LOCALHOST.into(),
            hosts: Vec::new(),
            allowed_origins: Vec::new(),
            runner: None,
            environments: 1,
            async_retries: 2,
            async_retry_delay: Duration::from_secs(60),
            concurrency: None,
            extensions: None,
            snap_start: false,
            freeze: false,
            faults: Vec::new(),
            seed: 1,
            json_log_level: None,
            log: false,
        }
    }
}

impl Settings {
    /// The region that the function believes to run in: the caller's own, where it has one.
    pub(crate) fn region() -> String {
        let own = |name| env::var(name).ok().filter(|value| !value.is_empty());
        own("AWS_REGION")
            .or_else(|| own("AWS_DEFAULT_REGION"))
            .unwrap_or("us-east-1".to_owned())
    }

    /// The function's ARN, in the account that AWS's own emulator names.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:012345678912:function:{}",
            Settings::region(),
            self.name
        )
    }

    /// What `AWS_LAMBDA_INITIALIZATION_TYPE` says.
    pub(crate) fn initialization_type(&self) -> &'static str {
        match (self.concurrency, self.snap_start) {
            (Some(_), _) => "lambda-managed-instances",
            (None, true) => "snap-start",
            (None, false) => "on-demand",
        }
    }

    /// Every variable that the function's process gets; there is nothing that it inherits
    /// ("Working with Lambda environment variables", and what AWS's emulator sets).
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "no processes there")
    )]
    pub(crate) fn process_env(&self, api: SocketAddr, task_root: &Path) -> Vec<(String, OsString)> {
        let region = Settings::region();
        let today = civil(SystemTime::now());
        let stream = format!(
            "{:04}/{:02}/{:02}/[{}]{}",
            today.year,
            today.month,
            today.day,
            self.version,
            uuid().replace('-', ""),
        );
        let root = task_root.to_string_lossy();
        let libraries =
            format!("/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:{root}:{root}/lib:/opt/lib");
        let kind = self.initialization_type();
        let memory = self.memory_mb.to_string();
        let own = |name: &str, default: &str| env::var(name).unwrap_or(default.to_owned());
        // Without credentials most AWS SDKs do not even start.
        let key = own("AWS_ACCESS_KEY_ID", "local");
        let secret = own("AWS_SECRET_ACCESS_KEY", "local");
        let token = own(
            "AWS_SESSION_TOKEN",
            if key == "local" { "local" } else { "" },
        );
        let mut vars: Vec<(String, OsString)> = Vec::new();
        let mut set = |name: &str, value: &str| {
            vars.retain(|(earlier, _)| earlier != name);
            vars.push((name.to_owned(), value.into()));
        };
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("LD_LIBRARY_PATH", &libraries),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
            ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"),
        ] {
            set(name, value);
        }
        for (name, value) in &self.env {
            set(name, value);
        }
        // Reserved: the function's own settings cannot change these.
        for (name, value) in [
            ("_AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1"),
            ("_AWS_XRAY_DAEMON_PORT", "2000"),
            ("AWS_LAMBDA_RUNTIME_API", &api.to_string()),
            ("_HANDLER", &self.handler),
            ("AWS_REGION", &region),
            ("AWS_DEFAULT_REGION", &region),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.name),
            ("AWS_LAMBDA_FUNCTION_VERSION", &self.version),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
            (
                "AWS_LAMBDA_LOG_GROUP_NAME",
                &format!("/aws/lambda/{}", self.name),
            ),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &stream),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", kind),
            ("AWS_LAMBDA_METADATA_API", &api.to_string()),
            ("AWS_LAMBDA_METADATA_TOKEN", METADATA_TOKEN),
            ("AWS_ACCESS_KEY_ID", &key),
            ("AWS_SECRET_ACCESS_KEY", &secret),
            ("AWS_SESSION_TOKEN", &token),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ] {
            set(name, value);
        }
        if let Some(level) = &self.json_log_level {
            set("AWS_LAMBDA_LOG_FORMAT", "JSON");
            set("AWS_LAMBDA_LOG_LEVEL", level);
        }
        if let Some(n) = self.concurrency {
            set("AWS_LAMBDA_MAX_CONCURRENCY", &n.to_string());
        }
        set("LAMBDA_TASK_ROOT", "");
        if let Some((_, value)) = vars.last_mut() {
            // Its bytes as they are: a path may be no text.
            *value = task_root.into();
        }
        vars
    }

    /// The variables of the function's own that its process gets with another value, each once.
    pub(crate) fn overridden(&self, api: SocketAddr) -> Vec<&str> {
        let given = |name| self.env.iter().rev().find(|(given, _)| given == name);
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_default();
        let root = match (&self.task_root, &self.bootstrap) {
            (Some(root), _) => absolute(root),
            (None, Some(bootstrap)) => absolute(bootstrap)
                .parent()
                .unwrap_or(Path::new("/"))
                .to_owned(),
            (None, None) => PathBuf::new(),
        };
        let vars = self.process_env(api, &root);
        vars.iter()
            .filter_map(|(name, value)| {
                let (given, text) = given(name)?;
                (value != text.as_str()).then_some(given.as_str())
            })
            .collect()
    }
}

/// Whether an extension gets the variable too ("Using the Lambda Extensions API").
pub(crate) fn is_for_extensions(name: &str) -> bool {
    let is_xray = name.starts_with("AWS_XRAY_");
    let is_log =
        name.starts_with("AWS_LAMBDA_LOG_GROUP") || name.starts_with("AWS_LAMBDA_LOG_STREAM");
    let is_place = matches!(
        name,
        "AWS_EXECUTION_ENV" | "LAMBDA_RUNTIME_DIR" | "LAMBDA_TASK_ROOT"
    );
    !(name.starts_with('_') || is_xray || is_log || is_place)
}

/// What the metadata endpoint wants to see; it tells nothing that would have to be protected.
pub(crate) const METADATA_TOKEN: &str = "local";

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(settings: &Settings) -> Vec<(String, OsString)> {
        settings.process_env(([127, 0, 0, 1], 9001).into(), Path::new("/a b"))
    }

    #[track_caller]
    fn check(settings: &Settings, name: &str, want: Option<&str>) {
        let vars = vars(settings);
        let found: Vec<_> = vars
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v)
            .collect();
        assert!(found.len() < 2, "{name} twice");
        assert_eq!(found.first().and_then(|v| v.to_str()), want, "{name}");
    }

    #[test]
    fn a_process_gets_lambdas_variables() {
        let settings = Settings::default();
        check(&settings, "AWS_LAMBDA_RUNTIME_API", Some("127.0.0.1:9001"));
        check(&settings, "LAMBDA_TASK_ROOT", Some("/a b"));
        check(&settings, "_HANDLER", Some("bootstrap"));
        check(&settings, "TZ", Some(":UTC"));
        check(
            &settings,
            "PATH",
            Some("/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        );
        check(
            &settings,
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            Some("on-demand"),
        );
        check(&settings, "AWS_LAMBDA_MAX_CONCURRENCY", None);
        check(&settings, "AWS_EXECUTION_ENV", None);
        check(&settings, "HOME", None);
        let concurrent = Settings {
            concurrency: Some(4),
            ..settings
        };
        check(&concurrent, "AWS_LAMBDA_MAX_CONCURRENCY", Some("4"));
        check(
            &concurrent,
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            Some("lambda-managed-instances"),
        );
    }

    #[test]
    fn reserved_variables_are_named_if_they_are_set_in_vain() {
        let check = |env: &[(&str, &str)], want: &[&str]| {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let settings = Settings {
                env: env.iter().map(own).collect(),
                task_root: Some("/root".into()),
                ..Settings::default()
            };
            assert_eq!(settings.overridden(([127, 0, 0, 1], 1).into()), want);
        };
        check(
            &[("TABLE", "a"), ("TZ", "UTC"), ("AWS_X", "a"), ("PATH", "/")],
            &[],
        );
        check(&[("AWS_LAMBDA_FUNCTION_NAME", "function")], &[]);
        check(
            &[("AWS_LAMBDA_FUNCTION_NAME", "other")],
            &["AWS_LAMBDA_FUNCTION_NAME"],
        );
        check(&[("_HANDLER", "a"), ("_HANDLER", "b")], &["_HANDLER"]);
        check(&[("LAMBDA_TASK_ROOT", "/root")], &[]);
        check(&[("LAMBDA_TASK_ROOT", "/other")], &["LAMBDA_TASK_ROOT"]);
        for name in [
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "LAMBDA_RUNTIME_DIR",
        ] {
            check(&[(name, "no such value")], &[name]);
        }
    }

    #[test]
    fn extensions_get_less() {
        let vars = vars(&Settings::default());
        let names: Vec<&str> = vars.iter().map(|(name, _)| name.as_str()).collect();
        let kept: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| is_for_extensions(name))
            .collect();
        for name in [
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_LAMBDA_FUNCTION_NAME",
            "PATH",
            "AWS_REGION",
        ] {
            assert!(kept.contains(&name), "{name}");
        }
        for name in [
            "_HANDLER",
            "LAMBDA_TASK_ROOT",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_XRAY_DAEMON_ADDRESS",
        ] {
            assert!(names.contains(&name) && !kept.contains(&name), "{name}");
        }
    }

    #[test]
    fn own_variables_win_but_over_reserved_ones() {
        let mut settings = Settings::default();
        for (name, value) in [("TZ", "UTC"), ("TABLE", "orders"), ("_HANDLER", "mine")] {
            settings.env.push((name.to_owned(), value.to_owned()));
        }
        check(&settings, "TZ", Some("UTC"));
        check(&settings, "TABLE", Some("orders"));
        check(&settings, "_HANDLER", Some("bootstrap"));
    }
}
