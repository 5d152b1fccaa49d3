//! The settings of a local function, and the environment variables that follow from them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{self, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::context::local::LOCAL_TOKEN;
use crate::emulator::environment::logs::LEVELS;
use crate::emulator::report::uuid;
use crate::emulator::runtime_api::faults::InjectedFault;
use crate::emulator::services::data::ServiceData;
use crate::emulator::time::civil;
use crate::encoding::time::Date;

/// Most environments, and most concurrent invocations in one. Lambda's default quota of concurrent
/// executions is 1,000.
pub(crate) const CONCURRENCY_MAX: u16 = 1000;

/// The longest name of a function (Lambda's `CreateFunction`).
const NAME_LEN_MAX: usize = 64;

/// The settings of a local function. [`Default`] has the values of a new function on Lambda.
///
/// ```
/// use std::time::Duration;
/// use tiny_lambda::emulator::Settings;
///
/// let mut settings = Settings::default();
/// settings.timeout = Duration::from_millis(200);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Settings {
    /// The function's name, in `AWS_LAMBDA_FUNCTION_NAME` and in its ARN: 1 to 64 letters, digits, `-` and `_`
    /// (Lambda's `CreateFunction`).
    pub name: String,
    /// The function's version, in `AWS_LAMBDA_FUNCTION_VERSION`: `$LATEST` or digits (Lambda's `PublishVersion`).
    pub version: String,
    /// The handler setting, in `_HANDLER`.
    pub handler: String,
    /// The timeout of an invocation. Lambda allows 1 s to 900 s; the emulator allows any.
    pub timeout: Duration,
    /// Memory in MB, in `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`. It is not enforced.
    pub memory_mb: u32,
    /// The function's own variables. They replace variables of Lambda, except reserved ones such as `AWS_REGION`
    /// ("Working with Lambda environment variables"). Only an executable can have them: a function in this process
    /// has the variables of the process.
    pub env: Vec<(String, String)>,
    /// The executable to start; `None` if a runtime connects by itself.
    pub bootstrap: Option<PathBuf>,
    /// The folder in which the process starts, in `LAMBDA_TASK_ROOT`; `None` for the executable's folder.
    pub task_root: Option<PathBuf>,
    /// The address on which the Runtime API listens. Lambda's is 169.254.100.1, which is not a loopback
    /// address; it can be used here if a network interface has it.
    pub api_host: IpAddr,
    /// Host names that requests may name besides addresses and `localhost`, such as
    /// `host.docker.internal`. Requests that name another host are refused, since a web page could make
    /// its own name resolve to this machine (DNS rebinding).
    pub hosts: Vec<String>,
    /// Origins whose web pages may call the function, such as `http://localhost:5173`, or `*` for any.
    /// Pages of other origins are refused. No page may call the Runtime API.
    pub allowed_origins: Vec<String>,
    /// A program that runs the executable, such as `qemu-aarch64` for one of another architecture.
    pub runner: Option<PathBuf>,
    /// The number of execution environments: 1 to 1,000.
    pub environments: usize,
    /// How often an asynchronous invocation (`Event`) that fails is repeated: 0 to 2 on Lambda.
    pub async_retries: u32,
    /// The wait before the first retry. The second retry waits twice as long.
    pub async_retry_delay: Duration,
    /// How many concurrent invocations an environment takes, as in Managed Instances; `None` for an
    /// ordinary function, which takes one. It is 1 to 1,000.
    pub concurrency: Option<u32>,
    /// A folder whose executables are started as external extensions, as Lambda does with those in
    /// `/opt/extensions`.
    pub extensions: Option<PathBuf>,
    /// Whether the function uses SnapStart: its runtime calls `restore/next` after its Init.
    pub snap_start: bool,
    /// Whether the process is stopped between invocations, as Lambda freezes it. This shows work that was
    /// left running in the background.
    pub freeze: bool,
    /// Faults that are injected into replies of the Runtime API, each with a rate from 0 (never) to 1
    /// (always).
    pub faults: Vec<(InjectedFault, f64)>,
    /// The seed of the faults. The same seed and the same calls give the same faults.
    pub seed: u64,
    /// The lowest level that is logged in JSON (`TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`);
    /// `None` if the log format is text.
    pub json_log_level: Option<String>,
    /// Whether the log of the function and of Lambda goes to standard error.
    pub log: bool,
    /// Whether new traces are sampled, so that the function sends its subsegments to X-Ray. They are shown in
    /// the log, and [`InvokeResponse::subsegments`](super::InvokeResponse::subsegments) returns them.
    pub xray: bool,
    /// What the local Parameter Store, Secrets Manager and AppConfig hold at the start.
    pub(crate) services: ServiceData,
    /// Whether metrics, subsegments and lines of local extensions go to standard error, although the log does
    /// not.
    pub(crate) prints_notes: bool,
}

/// The addresses that a process is told by variables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalAddrs {
    pub(crate) api: SocketAddr,
    /// Where parameters, secrets and configurations are served.
    pub(crate) services: Option<SocketAddr>,
    /// The X-Ray listener; `None` for the usual port of a daemon.
    pub(crate) xray: Option<SocketAddr>,
}

impl From<SocketAddr> for LocalAddrs {
    fn from(api: SocketAddr) -> LocalAddrs {
        LocalAddrs {
            api,
            services: None,
            xray: None,
        }
    }
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
            xray: false,
            services: ServiceData::default(),
            prints_notes: false,
        }
    }
}

impl Settings {
    /// Checks the values that have a range. What is wrong is named in the error.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        let (name, version) = (&self.name, &self.version);
        if !(1..=NAME_LEN_MAX).contains(&name.len()) || !name.bytes().all(is_name) {
            return Err(format!(
                "the function's name {name:?}: expected 1 to {NAME_LEN_MAX} letters, digits, - and _"
            ));
        }
        let is_number = !version.is_empty() && version.bytes().all(|c| c.is_ascii_digit());
        if version != "$LATEST" && !is_number {
            return Err(format!(
                "the function's version {version:?}: expected $LATEST or a number"
            ));
        }
        let concurrency = self.concurrency.map_or(1, |n| n as usize);
        for (what, n) in [
            ("environments", self.environments),
            ("concurrent invocations", concurrency),
        ] {
            if !(1..=usize::from(CONCURRENCY_MAX)).contains(&n) {
                return Err(format!("{n} {what}: expected 1 to {CONCURRENCY_MAX}"));
            }
        }
        let is_rate = |rate: f64| (0.0..=1.0).contains(&rate);
        if let Some((fault, rate)) = self.faults.iter().find(|(_, rate)| !is_rate(*rate)) {
            return Err(format!(
                "the fault {fault} at the rate {rate}: expected a rate from 0 to 1"
            ));
        }
        let level = self.json_log_level.as_deref();
        if let Some(level) = level.filter(|level| !LEVELS.contains(level)) {
            let levels = LEVELS.join(", ");
            return Err(format!("the log level {level:?}: expected one of {levels}"));
        }
        // These would be other variables, or none (environ(7)).
        let is_wrong = |name: &str| name.is_empty() || name.contains(['=', '\0']);
        let mut variables = self.env.iter();
        match variables.find(|(name, value)| is_wrong(name) || value.contains('\0')) {
            Some((name, _)) => Err(format!(
                "the variable {name:?}: expected a name without =, and a value without the character 0"
            )),
            None => Ok(()),
        }
    }

    /// Returns the function's region: that of the emulator's own environment, or `us-east-1`.
    pub(crate) fn region() -> String {
        let own = |name| env::var(name).ok().filter(|value| !value.is_empty());
        own("AWS_REGION")
            .or_else(|| own("AWS_DEFAULT_REGION"))
            .unwrap_or("us-east-1".to_owned())
    }

    /// Returns the function's ARN. The account is that of AWS's own emulator.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:012345678912:function:{}",
            Settings::region(),
            self.name
        )
    }

    /// Returns the value of `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(crate) fn initialization_type(&self) -> &'static str {
        match (self.concurrency, self.snap_start) {
            (Some(_), _) => "lambda-managed-instances",
            (None, true) => "snap-start",
            (None, false) => "on-demand",
        }
    }

    /// Returns the folder in which the function's process starts.
    pub(crate) fn start_folder(&self) -> io::Result<PathBuf> {
        if let Some(root) = &self.task_root {
            return path::absolute(root);
        }
        let program = path::absolute(self.bootstrap.as_deref().unwrap_or(Path::new("/")))?;
        Ok(program.parent().unwrap_or(Path::new("/")).to_owned())
    }

    /// Returns all variables of the function's process, which inherits none ("Working with Lambda
    /// environment variables", and AWS's own emulator).
    pub(crate) fn process_env(
        &self,
        addrs: &LocalAddrs,
        task_root: &Path,
    ) -> Vec<(String, OsString)> {
        let root = task_root.to_string_lossy();
        let libraries =
            format!("/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:{root}:{root}/lib:/opt/lib");
        let defaults = [
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("LD_LIBRARY_PATH", &libraries),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
            ("AWS_XRAY_DAEMON_ADDRESS", &addrs.xray().to_string()),
        ];
        let defaults = defaults.map(|(name, value)| (name.to_owned(), value.into()));
        let mut vars: BTreeMap<String, OsString> = defaults.into();
        // Windows needs these to find its libraries, such as the one for sockets.
        let system = ["PATH", "SystemRoot", "TEMP"].into_iter();
        for name in system.filter(|_| cfg!(windows)) {
            vars.extend(env::var_os(name).map(|value| (name.to_owned(), value)));
        }
        // The function's own variables may name a server of its own.
        if let Some(addr) = addrs.services {
            for name in [
                "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
                "AWS_APPCONFIG_EXTENSION_HTTP_PORT",
            ] {
                vars.insert(name.to_owned(), addr.port().to_string().into());
            }
        }
        let own = self.env.iter().cloned();
        vars.extend(own.map(|(name, value)| (name, value.into())));
        // These are reserved: the function's own variables cannot replace them.
        let reserved = self.reserved_env(addrs).into_iter();
        vars.extend(reserved.map(|(name, value)| (name.to_owned(), value.into())));
        // The path's bytes as they are: it may not be UTF-8.
        vars.insert("LAMBDA_TASK_ROOT".to_owned(), task_root.into());
        vars.into_iter().collect()
    }

    /// Returns the function's `AWS_SESSION_TOKEN`: that of the emulator's own environment. If there are no
    /// credentials at all, it is a made-up one.
    pub(crate) fn session_token() -> String {
        let default = match env::var("AWS_ACCESS_KEY_ID") {
            Ok(key) if key != "local" => "",
            _ => LOCAL_TOKEN,
        };
        env::var("AWS_SESSION_TOKEN").unwrap_or(default.to_owned())
    }

    /// Returns the variables that Lambda sets itself, without `LAMBDA_TASK_ROOT`.
    fn reserved_env(&self, addrs: &LocalAddrs) -> Vec<(&'static str, String)> {
        let Date { year, month, day } = civil(SystemTime::now()).date;
        let (version, id) = (&self.version, uuid().replace('-', ""));
        let log_stream = format!("{year:04}/{month:02}/{day:02}/[{version}]{id}");
        let own = |name: &str, default: &str| env::var(name).unwrap_or(default.to_owned());
        // Most AWS SDKs fail at start without credentials.
        let key = own("AWS_ACCESS_KEY_ID", "local");
        let secret = own("AWS_SECRET_ACCESS_KEY", "local");
        let token = Settings::session_token();
        let log_group = format!("/aws/lambda/{}", self.name);
        let initialization_type = self.initialization_type().to_owned();
        let mut vars = vec![
            ("_AWS_XRAY_DAEMON_ADDRESS", addrs.xray().ip().to_string()),
            ("_AWS_XRAY_DAEMON_PORT", addrs.xray().port().to_string()),
            ("AWS_LAMBDA_RUNTIME_API", addrs.api.to_string()),
            ("_HANDLER", self.handler.clone()),
            ("AWS_REGION", Settings::region()),
            ("AWS_DEFAULT_REGION", Settings::region()),
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", self.version.clone()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                self.memory_mb.to_string(),
            ),
            ("AWS_LAMBDA_LOG_GROUP_NAME", log_group),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", initialization_type),
            ("AWS_LAMBDA_METADATA_API", addrs.api.to_string()),
            ("AWS_LAMBDA_METADATA_TOKEN", LOCAL_TOKEN.to_owned()),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_SESSION_TOKEN", token),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
        ];
        if let Some(level) = &self.json_log_level {
            vars.push(("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()));
            vars.push(("AWS_LAMBDA_LOG_LEVEL", level.clone()));
        }
        if let Some(n) = self.concurrency {
            vars.push(("AWS_LAMBDA_MAX_CONCURRENCY", n.to_string()));
        }
        vars
    }

    /// Checks that each of the function's own variables has an effect.
    pub(crate) fn check_env(&self) -> Result<(), String> {
        let Some((name, _)) = self.env.first() else {
            return Ok(());
        };
        if self.bootstrap.is_none() {
            return Err(format!(
                "the variable {name:?} has no effect: without an executable, the function has the variables of this process"
            ));
        }
        // The port is not known yet.
        match self.overridden((Ipv4Addr::LOCALHOST, 0).into()).first() {
            Some(name) => Err(format!(
                "the variable {name:?} has no effect, Lambda sets this variable itself{}",
                Settings::instead_of(name)
            )),
            None => Ok(()),
        }
    }

    /// Returns where to set a reserved variable; an empty text if it has no such place.
    pub(crate) fn instead_of(name: &str) -> &'static str {
        match name {
            "AWS_REGION"
            | "AWS_DEFAULT_REGION"
            | "AWS_ACCESS_KEY_ID"
            | "AWS_SECRET_ACCESS_KEY"
            | "AWS_SESSION_TOKEN" => "; set it in the emulator's own environment",
            _ => "",
        }
    }

    /// Returns the names of the function's own variables that its process gets with another value.
    pub(crate) fn overridden(&self, api_addr: SocketAddr) -> Vec<&str> {
        let last_value = |name| self.env.iter().rev().find(|(own, _)| own == name);
        let root = self.start_folder().unwrap_or_default();
        let vars = self.process_env(&api_addr.into(), &root);
        vars.iter()
            .filter_map(|(name, value)| {
                let (name, own_value) = last_value(name)?;
                (value != own_value.as_str()).then_some(name.as_str())
            })
            .collect()
    }
}

impl LocalAddrs {
    fn xray(&self) -> SocketAddr {
        self.xray.unwrap_or((Ipv4Addr::LOCALHOST, 2000).into())
    }
}

/// Returns whether extensions get a variable too ("Using the Lambda Extensions API").
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

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(settings: &Settings) -> Vec<(String, OsString)> {
        let api = SocketAddr::from(([127, 0, 0, 1], 9001));
        settings.process_env(&api.into(), Path::new("/a b"))
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
    fn values_out_of_range_are_refused() {
        let check = |change: &dyn Fn(&mut Settings), want: &str| {
            let mut settings = Settings::default();
            change(&mut settings);
            let error = settings.check().err().unwrap_or_default();
            assert_eq!(error.split(": expected").next(), Some(want), "{error}");
            assert_eq!(error.contains("expected"), !want.is_empty());
        };
        check(&|_| {}, "");
        let longest = "a".repeat(64);
        check(&|settings| settings.name.clone_from(&longest), "");
        let longer = format!("{longest}a");
        let want = format!("the function's name {longer:?}");
        check(&|settings| settings.name.clone_from(&longer), &want);
        for name in ["", "a b", "a:b", "a/b", "\u{e9}", "a.b"] {
            let want = format!("the function's name {name:?}");
            check(&|settings| name.clone_into(&mut settings.name), &want);
        }
        check(&|settings| "12".clone_into(&mut settings.version), "");
        for version in ["", "LATEST", "1\r\nA: b", "v1"] {
            let want = format!("the function's version {version:?}");
            check(&|settings| version.clone_into(&mut settings.version), &want);
        }
        check(&|settings| settings.environments = 1000, "");
        check(&|settings| settings.environments = 0, "0 environments");
        check(
            &|settings| settings.environments = 1001,
            "1001 environments",
        );
        check(&|settings| settings.concurrency = Some(1000), "");
        for n in [0, 1001, u32::MAX] {
            let want = format!("{n} concurrent invocations");
            check(&|settings| settings.concurrency = Some(n), &want);
        }
        for rate in [0.0, 1.0] {
            check(
                &|settings| settings.faults = vec![(InjectedFault::Slow, rate)],
                "",
            );
        }
        for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let want = format!("the fault slow at the rate {rate}");
            check(
                &|settings| settings.faults = vec![(InjectedFault::Slow, rate)],
                &want,
            );
        }
        for level in ["", "info", "LOUD"] {
            let want = format!("the log level {level:?}");
            check(
                &|settings| settings.json_log_level = Some(level.to_owned()),
                &want,
            );
        }
        for (name, value) in [("", "a"), ("A=B", "a"), ("A\0", "a"), ("A", "\0")] {
            let pair = (name.to_owned(), value.to_owned());
            let want = format!("the variable {name:?}");
            check(&|settings| settings.env = vec![pair.clone()], &want);
        }
    }

    #[test]
    fn a_process_gets_lambdas_variables() {
        let settings = Settings::default();
        check(&settings, "AWS_LAMBDA_RUNTIME_API", Some("127.0.0.1:9001"));
        check(&settings, "LAMBDA_TASK_ROOT", Some("/a b"));
        check(&settings, "_HANDLER", Some("bootstrap"));
        check(&settings, "TZ", Some(":UTC"));
        #[cfg(not(windows))]
        check(
            &settings,
            "PATH",
            Some("/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        );
        #[cfg(windows)]
        check(&settings, "PATH", env::var("PATH").ok().as_deref());
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
    fn reserved_variables_that_have_no_effect_are_named() {
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
        // Windows adds the drive.
        let root = path::absolute("/root").unwrap();
        check(&[("LAMBDA_TASK_ROOT", root.to_str().unwrap())], &[]);
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
    fn a_variable_without_effect_is_an_error() {
        #[track_caller]
        fn check(bootstrap: Option<&str>, name: &str, want: &str) {
            let settings = Settings {
                env: vec![
                    ("TABLE".to_owned(), "orders".to_owned()),
                    (name.to_owned(), "a".to_owned()),
                ],
                bootstrap: bootstrap.map(Into::into),
                ..Settings::default()
            };
            assert_eq!(settings.check_env().err().unwrap_or_default(), want);
        }
        let reserved = "has no effect, Lambda sets this variable itself";
        let own = "; set it in the emulator's own environment";
        let function = Some("/f/bootstrap");
        check(function, "TZ", "");
        check(function, "AWS_XRAY_DAEMON_ADDRESS", "");
        check(
            function,
            "_HANDLER",
            &format!("the variable \"_HANDLER\" {reserved}"),
        );
        let region = format!("the variable \"AWS_REGION\" {reserved}{own}");
        check(function, "AWS_REGION", &region);
        let want = "the variable \"TABLE\" has no effect: without an executable, the function has the variables of this process";
        check(None, "TZ", want);
        assert_eq!(Settings::default().check_env(), Ok(()));
    }

    #[test]
    fn extensions_get_fewer_variables() {
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
    fn local_services_are_named_by_variables() {
        let addrs = LocalAddrs {
            api: ([127, 0, 0, 1], 1).into(),
            services: Some(([127, 0, 0, 1], 2).into()),
            xray: Some(([127, 0, 0, 1], 3).into()),
        };
        let check = |settings: &Settings, name: &str, want: &str| {
            let vars = settings.process_env(&addrs, Path::new("/"));
            let found = vars.iter().find(|(it, _)| it == name);
            assert_eq!(
                found.and_then(|(_, value)| value.to_str()),
                Some(want),
                "{name}"
            );
        };
        let mut settings = Settings::default();
        let own = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT";
        check(&settings, own, "2");
        check(&settings, "AWS_APPCONFIG_EXTENSION_HTTP_PORT", "2");
        check(&settings, "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:3");
        check(&settings, "_AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1");
        check(&settings, "_AWS_XRAY_DAEMON_PORT", "3");
        settings.env.push((own.to_owned(), "4".to_owned()));
        check(&settings, own, "4");
        check(&settings, "AWS_APPCONFIG_EXTENSION_HTTP_PORT", "2");
    }

    #[test]
    fn own_variables_replace_all_but_reserved_ones() {
        let mut settings = Settings::default();
        for (name, value) in [("TZ", "UTC"), ("TABLE", "orders"), ("_HANDLER", "mine")] {
            settings.env.push((name.to_owned(), value.to_owned()));
        }
        check(&settings, "TZ", Some("UTC"));
        check(&settings, "TABLE", Some("orders"));
        check(&settings, "_HANDLER", Some("bootstrap"));
    }
}
