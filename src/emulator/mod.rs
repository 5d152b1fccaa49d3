//! The local Lambda: a Runtime API on loopback for functions, and an Invoke API for callers.
//!
//! A test uses it to run a handler through the real loop, over a socket:
//!
//! ```
//! use tiny_lambda::{emulator, handler};
//!
//! let shout = handler::json(|text: String, _| Ok(text.to_uppercase()));
//! let response = emulator::invoke(&shout, r#""hi""#)?;
//! assert_eq!(response.text(), r#""HI""#);
//! assert_eq!(response.json::<String>()?, "HI");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The command `emulator` does the same for an executable in any language. It also serves callers: the
//! Invoke API, response streams, and a function URL. `emulator --help` lists its options.
//!
//! A function finds the services that Lambda offers on local addresses: parameters, secrets, configurations and the
//! X-Ray daemon. [`InvokeRequest::with_parameter`] and others set their values, and [`InvokeResponse::subsegments`] and
//! [`InvokeResponse::metrics`] return what the function has reported.
//!
//! The emulator follows the Runtime, Extensions and Telemetry APIs to the letter, and has Lambda's limits
//! and log lines. `docs/local-lambda.md` lists what it does not emulate, such as the memory limit and
//! read-only file systems.

mod arguments;
mod cli;
mod environment;
mod event_argument;
mod front_door;
mod history;
mod invoke;
mod invoke_api;
mod json_difference;
mod message;
mod report;
mod runtime_api;
mod scheduler;
mod serve_local;
mod server;
mod services;
mod settings;
mod time;
mod watch;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

pub use self::cli::cli;
use self::environment::Environment;
use self::environment::process::{ProcessGroup, refusal_reason};
pub use self::front_door::{FrontDoor, invoke_http};
use self::invoke::invoke_in_process;
pub use self::invoke::{InvokeRequest, InvokeResponse, invoke};
use self::invoke_api::InvokeApi;
pub use self::json_difference::assert_json_eq;
use self::message::{ResponsePart, ResponseReceiver};
use self::report::uuid;
use self::runtime_api::RuntimeApi;
pub use self::runtime_api::faults::{InjectedFault, ParseFaultError};
use self::scheduler::{Scheduler, ThrottledError};
pub(crate) use self::serve_local::print_requested_text;
pub use self::serve_local::serve_local;
use self::server::Server;
use self::server::access::AccessRules;
use self::server::lock;
pub use self::services::data::Content;
use self::services::data::ServiceData;
pub use self::services::metrics::Metric;
pub use self::services::xray::Subsegment;
use self::services::{LocalServices, LocalServicesConfig};
pub use self::settings::Settings;
use self::time::epoch_ms;
use self::watch::{WatchLoop, Watcher};
use crate::context::local::Service;

/// The timeout of a handler in a test, which may be stopped in a debugger: longer than Lambda's default,
/// and short enough for a test run that hangs.
const IN_PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// A local Lambda with one function.
///
/// Dropping it ends everything that it started: it kills processes, closes connections and joins threads.
///
/// ```
/// use std::thread;
/// use tiny_lambda::emulator::Emulator;
/// use tiny_lambda::{Runtime, handler};
///
/// let double = handler::json(|n: u32, _| Ok(n * 2));
/// let emulator = Emulator::start()?;
/// let addr = emulator.addr().to_string();
/// thread::scope(|scope| {
///     scope.spawn(|| Runtime::at(&addr).serve(&double).ok());
///     let response = emulator.invoke(b"21");
///     // Ends the runtime.
///     drop(emulator);
///     assert_eq!(response?.body, b"42");
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Emulator {
    scheduler: Arc<Scheduler>,
    access: Arc<AccessRules>,
    /// What the local Parameter Store, Secrets Manager and AppConfig hold.
    data: Arc<Mutex<ServiceData>>,
    environments: Vec<Arc<Environment>>,
    /// The Runtime APIs of the environments, and then the Invoke APIs.
    servers: Vec<Server>,
    threads: Vec<JoinHandle<()>>,
    /// The thread that watches ends when this sender is dropped. Its build runs in the group.
    watch: Option<(Sender<()>, Arc<ProcessGroup>)>,
}

impl Emulator {
    /// Starts an emulator for a runtime that connects to [`addr`](Self::addr) by itself, as
    /// [`Runtime::at`](crate::Runtime::at) does. The timeout is one minute, and traces are sampled.
    ///
    /// ```
    /// let emulator = tiny_lambda::emulator::Emulator::start()?;
    /// assert!(emulator.addr().ip().is_loopback());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it cannot listen on loopback.
    pub fn start() -> io::Result<Emulator> {
        Emulator::start_with(Settings {
            timeout: IN_PROCESS_TIMEOUT,
            xray: true,
            ..Settings::default()
        })
    }

    /// Starts an emulator for the executable `bootstrap` with Lambda's defaults: 3 seconds, 128 MB. The
    /// first invocation starts the process.
    ///
    /// ```no_run
    /// let emulator = tiny_lambda::emulator::Emulator::spawn("target/lambda/hello/bootstrap")?;
    /// let response = emulator.invoke(br#"{"name":"Ada"}"#)?;
    /// assert!(!response.is_error());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`start_with`](Self::start_with).
    pub fn spawn(bootstrap: impl Into<PathBuf>) -> io::Result<Emulator> {
        Emulator::start_with(Settings {
            bootstrap: Some(bootstrap.into()),
            ..Settings::default()
        })
    }

    /// Starts an emulator with the given settings.
    ///
    /// ```
    /// use tiny_lambda::emulator::{Emulator, Settings};
    ///
    /// let mut settings = Settings::default();
    /// settings.hosts.push("host.docker.internal".to_owned());
    /// let emulator = Emulator::start_with(settings)?;
    /// println!("AWS_LAMBDA_RUNTIME_API={}", emulator.addr());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the executable cannot be started, a folder does not exist, a host name or an origin is malformed, a
    /// variable of [`Settings::env`] would have no effect, or it cannot listen on loopback.
    pub fn start_with(settings: Settings) -> io::Result<Emulator> {
        settings.check_env().map_err(invalid)?;
        Emulator::start_as(settings)
    }

    /// Does the same as [`start_with`](Self::start_with), but accepts variables that have no effect.
    fn start_as(settings: Settings) -> io::Result<Emulator> {
        let (bootstrap, runner) = (settings.bootstrap.as_deref(), settings.runner.as_deref());
        if let Some(text) = bootstrap.and_then(|path| refusal_reason(path, runner)) {
            return Err(invalid(text));
        }
        settings.check().map_err(invalid)?;
        let folders = [
            ("extensions", &settings.extensions),
            ("task root", &settings.task_root),
        ];
        for (name, folder) in folders {
            if let Some(folder) = folder.as_deref().filter(|path| !path.is_dir()) {
                return Err(invalid(format!(
                    "{name} {}: no such folder",
                    folder.display()
                )));
            }
        }
        let access = AccessRules::new(&settings.hosts, &settings.allowed_origins);
        let access = Arc::new(access.map_err(invalid)?);
        let data = Arc::new(Mutex::new(settings.services.clone()));
        let mut emulator = Emulator {
            data,
            scheduler: Arc::new(Scheduler::new(Arc::new(settings))),
            access,
            environments: Vec::new(),
            servers: Vec::new(),
            threads: Vec::new(),
            watch: None,
        };
        for _ in 0..emulator.scheduler.settings.environments.max(1) {
            emulator.add_environment()?;
        }
        let scheduler = Arc::clone(&emulator.scheduler);
        emulator.spawn_thread("emulator retries", move || scheduler.run_retries())?;
        Ok(emulator)
    }

    fn add_environment(&mut self) -> io::Result<()> {
        let settings = Arc::clone(&self.scheduler.settings);
        let host = settings.api_host;
        let listener = TcpListener::bind((host, 0)).map_err(|error| {
            let text = format!("the Runtime API cannot listen on {host}: {error}");
            io::Error::new(error.kind(), text)
        })?;
        let n_slots = settings.concurrency.unwrap_or(1).max(1);
        let api_addr = listener.local_addr()?;
        // A function in this process writes its own log to standard error in any case.
        let prints_lines = settings.log || settings.prints_notes || settings.bootstrap.is_none();
        let environment = Environment::new(Arc::clone(&settings), api_addr, |log| {
            LocalServices::new(LocalServicesConfig {
                data: Arc::clone(&self.data),
                access: Arc::clone(&self.access),
                region: Settings::region(),
                session_token: Settings::session_token(),
                api_addr,
                environments: settings.environments,
                is_in_process: settings.bootstrap.is_none(),
                log: Box::new(move |line| log.write_extension_line(line, prints_lines)),
            })
        });
        self.environments.push(Arc::clone(&environment));
        let api = RuntimeApi::new(Arc::clone(&environment), Arc::clone(&self.access));
        self.servers.push(Server::start(listener, Arc::new(api))?);
        for _ in 0..n_slots {
            let (index, invocations) = self.scheduler.add_slot();
            let (scheduler, environment) = (Arc::clone(&self.scheduler), Arc::clone(&environment));
            self.spawn_thread("emulator environment", move || {
                scheduler.run_worker(index, &invocations, &environment);
            })?;
        }
        Ok(())
    }

    fn spawn_thread(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(run)?);
        Ok(())
    }

    /// Returns the address of the (first) Runtime API: the value of `AWS_LAMBDA_RUNTIME_API`.
    ///
    /// ```
    /// use std::process::Command;
    ///
    /// let emulator = tiny_lambda::emulator::Emulator::start()?;
    /// let mut function = Command::new("target/debug/examples/hello");
    /// function.env("AWS_LAMBDA_RUNTIME_API", emulator.addr().to_string());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn addr(&self) -> SocketAddr {
        let api = self.servers.first();
        debug_assert!(api.is_some(), "an emulator without an environment");
        api.map_or((Ipv4Addr::LOCALHOST, 0).into(), Server::addr)
    }

    /// Returns the address at which the (first) environment serves parameters, secrets and configurations. Its
    /// port is the value of `PARAMETERS_SECRETS_EXTENSION_HTTP_PORT` and `AWS_APPCONFIG_EXTENSION_HTTP_PORT`, which
    /// a function that the emulator starts gets. The token of the emulator's own environment, or `local`, is that
    /// of `X-Aws-Parameters-Secrets-Token`.
    ///
    /// ```
    /// use std::process::Command;
    ///
    /// let emulator = tiny_lambda::emulator::Emulator::start()?;
    /// let mut function = Command::new("target/debug/examples/hello");
    /// function.env("AWS_LAMBDA_RUNTIME_API", emulator.addr().to_string());
    /// function.env("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", emulator.services_addr()?.port().to_string());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it cannot listen on loopback.
    pub fn services_addr(&self) -> io::Result<SocketAddr> {
        self.first_services()?.addr(Service::ParametersAndSecrets)
    }

    /// Returns the address at which the (first) environment receives subsegments over UDP: the value of
    /// `AWS_XRAY_DAEMON_ADDRESS`, which a function that the emulator starts gets if [`Settings::xray`] is set.
    ///
    /// ```
    /// let emulator = tiny_lambda::emulator::Emulator::start()?;
    /// println!("AWS_XRAY_DAEMON_ADDRESS={}", emulator.xray_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it cannot listen on loopback.
    pub fn xray_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.first_services()?.xray()?.addr())
    }

    fn first_services(&self) -> io::Result<&LocalServices> {
        let first = self.environments.first();
        let first = first.ok_or_else(|| io::Error::other("an emulator without an environment"))?;
        Ok(&first.services)
    }

    /// Adds a parameter to the local Parameter Store. If there is one of that name, this is its next version.
    ///
    /// ```
    /// let emulator = tiny_lambda::emulator::Emulator::start()?.parameter("/db/url", "postgres://db");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Emulator {
        let mut data = lock(&self.data);
        data.parameters.push((name.into(), value.into()));
        drop(data);
        self
    }

    /// Adds a secret to the local Secrets Manager: bytes, text or JSON. If there is one of that name, this is its
    /// next version, and the one before is `AWSPREVIOUS`. A value that is not UTF-8 is a binary secret.
    ///
    /// ```
    /// use tiny_lambda::emulator::Emulator;
    /// use tiny_lambda::json;
    ///
    /// let emulator = Emulator::start()?
    ///     .secret("api-key", "k-1")
    ///     .secret("db", json!({ "user": "ada", "password": "p" }));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn secret(self, name: impl Into<String>, value: impl Into<Content>) -> Emulator {
        let mut data = lock(&self.data);
        data.secrets.push((name.into(), value.into().0));
        drop(data);
        self
    }

    /// Adds a configuration to the local AppConfig: bytes, text or JSON. If there is one of that profile, this
    /// replaces it.
    ///
    /// ```
    /// use tiny_lambda::emulator::Emulator;
    /// use tiny_lambda::json;
    ///
    /// let flags = json!({ "new_checkout": { "enabled": true, "percent": 10 } });
    /// let emulator = Emulator::start()?.configuration("shop", "prod", "flags", flags);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn configuration(
        self,
        application: impl Into<String>,
        environment: impl Into<String>,
        profile: impl Into<String>,
        content: impl Into<Content>,
    ) -> Emulator {
        let id = [application.into(), environment.into(), profile.into()];
        let mut data = lock(&self.data);
        data.configurations.push((id, content.into().0));
        drop(data);
        self
    }

    /// Listens for callers on `addr` and returns the address; port 0 means any free port.
    ///
    /// Callers find Lambda's Invoke API there (`POST /2015-03-31/functions/function/invocations` and
    /// `response-streaming-invocations`), and on all other paths the function's URL, where requests
    /// become HTTP API 2.0 events. A browser that opens `/` gets a page instead, whose script calls paths
    /// below `/_local/` (`docs/local-lambda.md`).
    ///
    /// Web pages of other origins are refused with status 403 unless [`Settings::allowed_origins`] has
    /// theirs, and so are requests that name a host other than an address, `localhost` or one of
    /// [`Settings::hosts`]. The Invoke API adds CORS headers to responses for a page of an allowed origin,
    /// and replies to its preflight requests. The function's URL has no CORS configuration: the function
    /// itself replies to preflight requests.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    ///
    /// let mut emulator = tiny_lambda::emulator::Emulator::start()?;
    /// let addr = emulator.listen((Ipv4Addr::LOCALHOST, 0).into())?;
    /// println!("http://{addr}/2015-03-31/functions/function/invocations");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it cannot listen on the address.
    pub fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.serve_callers(addr, false)
    }

    /// Listens for callers as [`listen`](Self::listen) does. With `logs_requests` it writes a line for each
    /// request.
    fn serve_callers(&mut self, addr: SocketAddr, logs_requests: bool) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(addr).map_err(|error| {
            let text = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    let (port, other) = (addr.port(), addr.port().checked_add(1).unwrap_or(9000));
                    format!(
                        "port {port} is in use; choose another with --port, such as --port {other}"
                    )
                }
                _ => format!("cannot listen on {addr}: {error}"),
            };
            io::Error::new(error.kind(), text)
        })?;
        let (scheduler, access) = (Arc::clone(&self.scheduler), Arc::clone(&self.access));
        let api = InvokeApi {
            scheduler,
            access,
            logs_requests,
            started: SystemTime::now(),
            revision_id: uuid(),
        };
        let server = Server::start(listener, Arc::new(api))?;
        let addr = server.addr();
        self.servers.push(server);
        Ok(addr)
    }

    /// Invokes the function with an event, any bytes, and waits for the response. An [`InvokeRequest`] sets
    /// the data that the function receives with it.
    ///
    /// ```no_run
    /// let emulator = tiny_lambda::emulator::Emulator::spawn("target/lambda/hello/bootstrap")?;
    /// assert_eq!(emulator.invoke(br#"{"name":"Ada"}"#)?.body, br#"{"message":"Hello, Ada!"}"#);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If too many invocations wait already, or the emulator ends. An error of the function is an
    /// [`InvokeResponse`].
    pub fn invoke(&self, event: impl Into<InvokeRequest>) -> io::Result<InvokeResponse> {
        self.invoke_with(event.into())
    }

    /// Invokes the function with the event and the data of `request`, and waits for the response.
    ///
    /// ```no_run
    /// use tiny_lambda::emulator::{Emulator, InvokeRequest};
    ///
    /// let emulator = Emulator::spawn("target/lambda/hello/bootstrap")?;
    /// let request = InvokeRequest::new(r#"{"name":"Ada"}"#)
    ///     .with_request_id("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    /// assert!(!emulator.invoke_with(request)?.is_error());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke).
    pub fn invoke_with(&self, request: InvokeRequest) -> io::Result<InvokeResponse> {
        let parts = self.start_invocation(request)?;
        Ok(InvokeResponse::receive(&parts)?.with_parts(parts))
    }

    /// Invokes the function, and waits until the invocation is over and reported.
    fn invoke_to_its_end(&self, request: InvokeRequest) -> io::Result<InvokeResponse> {
        let parts = self.start_invocation(request)?;
        let response = InvokeResponse::receive(&parts);
        let rest: Vec<ResponsePart> = parts.iter().collect();
        Ok(response?.with_rest(rest))
    }

    fn start_invocation(&self, request: InvokeRequest) -> io::Result<ResponseReceiver> {
        let mut event = self.scheduler.new_event(request.event);
        // These become header fields, which are one line each.
        let one_line = |text: String| text.replace(['\r', '\n', '\0'], " ");
        if let Some(request_id) = request.request_id {
            event.request_id = one_line(request_id);
        }
        if let Some(arn) = request.invoked_function_arn {
            event.function_arn = one_line(arn);
        }
        if let Some(trace_id) = request.xray_trace_id {
            event.trace_id = Some(one_line(trace_id));
        }
        lock(&self.data).extend(request.services);
        event.told_deadline_ms = request.deadline.map(epoch_ms);
        event.client_context = request.client_context.map(one_line);
        event.cognito_identity = request.identity.map(one_line);
        event.tenant_id = request.tenant_id.map(one_line);
        let started = self.scheduler.invoke(event);
        started.map_err(|ThrottledError| io::Error::other("too many invocations wait"))
    }

    /// Builds and starts the function again whenever its sources change.
    fn watch(&mut self, watcher: Watcher) -> io::Result<()> {
        let (stop, stopped) = channel();
        self.watch = Some((stop, Arc::clone(&watcher.group)));
        let (scheduler, environments) = (Arc::clone(&self.scheduler), self.environments.clone());
        self.spawn_thread("emulator watch folder", move || {
            WatchLoop::new(watcher, scheduler, environments, stopped).run();
        })
    }

    /// Ends the function: kills its processes, and closes the connections of those that wait for it.
    fn end(&self) {
        self.scheduler.close();
        for environment in &self.environments {
            environment.close();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
        if let Some((stop, build)) = self.watch.take() {
            drop(stop);
            build.end();
        }
        for server in self.servers.iter_mut().rev() {
            server.stop();
        }
        for environment in &self.environments {
            environment.services.stop();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
