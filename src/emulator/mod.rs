//! The local Lambda: a Runtime API on loopback, and what stands around it.
//!
//! In tests it runs a handler through the real loop, over a socket:
//!
//! ```
//! use tiny_lambda::{emulator, handler};
//!
//! let shout = handler::json(|text: String, _| Ok(text.to_uppercase()));
//! let reply = emulator::invoke(&shout, br#""hi""#)?;
//! assert_eq!(reply.body, br#""HI""#);
//! assert!(!reply.is_error());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The command `emulator` does the same for an executable in any language, and serves callers: the
//! Invoke API, its streaming sister, and a function URL. `emulator --help` says what it can do.
//!
//! It keeps to the letter of the Runtime, Extensions and Telemetry APIs, to Lambda's limits of
//! sizes and times, and to its words. What it does not do: hold a function to its memory setting,
//! slow down streams beyond 6 MB, keep asynchronous invocations that failed for good, serve the Logs
//! API that the Telemetry API has replaced, take snapshots (a SnapStart function is restored at once),
//! drop privileges, or make the file system read-only. Executables are run on Linux only.

mod cli;
mod environment;
mod invoke_api;
mod message;
mod report;
mod runtime_api;
mod scheduler;
mod serve_local;
mod server;
mod settings;
mod watch;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use crate::handler::Handler;
use crate::runtime::Runtime;

pub use self::cli::command;
pub use self::serve_local::serve_here;
pub use self::server::fault_injection::{Fault, UnknownFault};
pub use self::settings::Settings;
use crate::emulator::environment::Environment;
use crate::emulator::invoke_api::Front;
use crate::emulator::message::{Answer, Gathering, Start, epoch_ms};
use crate::emulator::scheduler::{Function, Throttled};
use crate::emulator::server::Server;
use crate::emulator::server::access::Access;
use crate::emulator::watch::{Watch, Watcher};

/// How long an invocation may take where the handler is a test's own, and may be looked at with a
/// debugger: longer than Lambda's default, shorter than a hung test run is borne.
const IN_PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The response, or the error document if it [is an error](Self::is_error).
    pub body: Vec<u8>,
    /// As the function sent it; callers of a real function see it only of a streamed response.
    pub content_type: Option<String>,
    /// What kind of error it is, as Lambda counts it (`Function.Unknown`, `Runtime.ExitError`,
    /// `Sandbox.Timedout`, ...); `None`: it is a response.
    pub error_type: Option<String>,
}

impl Reply {
    /// Whether the invocation failed: the function reported an error, died, or took too long.
    pub fn is_error(&self) -> bool {
        self.error_type.is_some()
    }

    /// Collects an answer.
    fn receive(answer: &Answer) -> io::Result<Reply> {
        let mut gathering = Gathering::default();
        loop {
            let part = answer.recv().map_err(|_| {
                io::Error::new(io::ErrorKind::ConnectionAborted, "the emulator has ended")
            });
            gathering.push(part?);
            if let Some(answer) = gathering.take() {
                return Ok(answer.into());
            }
        }
    }
}

impl From<(Start, Vec<u8>)> for Reply {
    fn from((start, body): (Start, Vec<u8>)) -> Reply {
        Reply {
            body,
            content_type: start.content_type,
            error_type: start.error_type,
        }
    }
}

/// An event and what Lambda says about it. [`Default`] leaves all that to the emulator.
///
/// ```
/// use std::thread;
/// use std::time::{Duration, SystemTime};
/// use tiny_lambda::emulator::{Call, Emulator};
/// use tiny_lambda::{Context, Runtime, handler};
///
/// let who = handler::json(|(), cx: &Context| {
///     Ok((cx.tenant_id.clone(), cx.remaining().map(|left| left.as_secs())))
/// });
/// let emulator = Emulator::start()?;
/// let addr = emulator.addr().to_string();
/// let reply = thread::scope(|scope| {
///     scope.spawn(|| Runtime::at(&addr).serve(&who).ok());
///     let mut call = Call::new(b"null");
///     call.tenant_id = Some("blue".to_owned());
///     call.deadline = Some(SystemTime::UNIX_EPOCH);
///     let reply = emulator.call(call);
///     drop(emulator);
///     reply
/// });
/// assert!(reply?.body.starts_with(br#"["blue",0]"#));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Call {
    /// The event: any bytes, though Lambda itself takes JSON only.
    pub event: Vec<u8>,
    /// Names the invocation; `None`: a new UUID.
    pub request_id: Option<String>,
    /// The deadline that the function is told; `None`: the real one, which the timeout sets. The
    /// invocation ends with its timeout in any case.
    pub deadline: Option<SystemTime>,
    /// The X-Ray tracing header; `None`: a new trace that is not sampled.
    pub xray_trace_id: Option<String>,
    /// JSON that the caller sends along.
    pub client_context: Option<String>,
    /// The caller's Amazon Cognito identity, as JSON.
    pub identity: Option<String>,
    /// The tenant, for functions with tenant isolation.
    pub tenant_id: Option<String>,
}

impl Call {
    /// A call with that event, and nothing else to say about it.
    pub fn new(event: &[u8]) -> Call {
        Call {
            event: event.to_vec(),
            ..Call::default()
        }
    }
}

/// A local Lambda with one function.
///
/// Dropping it ends everything that it started: processes are killed, connections closed, threads
/// joined.
#[derive(Debug)]
pub struct Emulator {
    function: Arc<Function>,
    access: Arc<Access>,
    environments: Vec<Arc<Environment>>,
    apis: Vec<Server>,
    fronts: Vec<Server>,
    workers: Vec<JoinHandle<()>>,
    watcher: Option<Watcher>,
}

impl Emulator {
    /// Starts one whose runtime comes from outside: it is to connect to [`addr`](Self::addr), as
    /// [`Runtime::at`] does. An invocation may take a minute, and is served when a runtime is there.
    ///
    /// # Errors
    /// Whatever keeps it from listening on loopback.
    pub fn start() -> io::Result<Emulator> {
        Emulator::with(Settings {
            timeout: IN_PROCESS_TIMEOUT,
            ..Settings::default()
        })
    }

    /// Starts one whose function is the executable `bootstrap`, with Lambda's defaults: 3 seconds,
    /// 128 MB. Its process is started with the first invocation.
    ///
    /// # Errors
    /// Those of [`with`](Self::with).
    pub fn spawn(bootstrap: impl Into<PathBuf>) -> io::Result<Emulator> {
        Emulator::with(Settings {
            bootstrap: Some(bootstrap.into()),
            ..Settings::default()
        })
    }

    /// Starts one that is set up as `settings` say.
    ///
    /// # Errors
    /// An executable that cannot be started; a host name or an origin that is none; whatever keeps it
    /// from listening on loopback.
    pub fn with(settings: Settings) -> io::Result<Emulator> {
        if let Some(bootstrap) = &settings.bootstrap {
            if let Some(text) = environment::process::refusal(bootstrap, settings.runner.as_deref())
            {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
        }
        if let Some(dir) = settings.extensions.as_deref().filter(|dir| !dir.is_dir()) {
            let text = format!("{}: there is no such folder", dir.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let access = Access::new(&settings.hosts, &settings.allowed_origins)
            .map_err(|text| io::Error::new(io::ErrorKind::InvalidInput, text))?;
        let settings = Arc::new(settings);
        let function = Arc::new(Function::new(Arc::clone(&settings)));
        let mut emulator = Emulator {
            function,
            access: Arc::new(access),
            environments: Vec::new(),
            apis: Vec::new(),
            fronts: Vec::new(),
            workers: Vec::new(),
            watcher: None,
        };
        for _ in 0..settings.environments.max(1) {
            emulator.add_environment()?;
        }
        Ok(emulator)
    }

    fn add_environment(&mut self) -> io::Result<()> {
        let host = self.function.settings.api_host;
        let listener = TcpListener::bind((host, 0)).map_err(|error| {
            let text = format!("the Runtime API cannot listen on {host}: {error}");
            io::Error::new(error.kind(), text)
        })?;
        let (api, access) = (listener.local_addr()?, Arc::clone(&self.access));
        let environment = self.function.environment(api, access);
        let service = Arc::clone(&environment);
        self.apis.push(Server::start(listener, service)?);
        self.environments.push(Arc::clone(&environment));
        for _ in 0..self.function.settings.concurrency.unwrap_or(1).max(1) {
            let at = self.function.add_place(&environment);
            let (function, environment) = (Arc::clone(&self.function), Arc::clone(&environment));
            let worker = thread::Builder::new().name("emulator environment".to_owned());
            self.workers
                .push(worker.spawn(move || function.work(at, &environment))?);
        }
        Ok(())
    }

    /// Where the (first) Runtime API listens: what `AWS_LAMBDA_RUNTIME_API` holds.
    pub fn addr(&self) -> SocketAddr {
        self.apis
            .first()
            .map_or((Ipv4Addr::LOCALHOST, 0).into(), Server::addr)
    }

    /// Listens for callers on `addr`; port 0 is any that is free, and the address with the port is
    /// returned. They find there what Lambda's Invoke API has (`POST
    /// /2015-03-31/functions/function/invocations`, and `response-streaming-invocations`), and on
    /// all other paths the function's URL: requests become HTTP API 2.0 events.
    ///
    /// Web pages of other origins are refused with status 403 unless
    /// [`Settings::allowed_origins`] names theirs, and so are requests that name a host other than an
    /// address, `localhost` or one of [`Settings::hosts`]. A page whose origin is allowed gets CORS
    /// headers with the Invoke API's responses, and its preflight requests are answered. The function's
    /// URL is one without a CORS configuration: the function itself answers preflight requests.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn listen(&mut self, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.serve_callers(addr, false)
    }

    /// The same; `tell`: writes a line for each request.
    fn serve_callers(&mut self, addr: SocketAddr, tell: bool) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(addr).map_err(|error| {
            let text = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    format!("port {} is in use; choose another with --port", addr.port())
                }
                _ => format!("cannot listen on {addr}: {error}"),
            };
            io::Error::new(error.kind(), text)
        })?;
        let (function, access) = (Arc::clone(&self.function), Arc::clone(&self.access));
        let front = Front::new(function, access, tell);
        let server = Server::start(listener, Arc::new(front))?;
        let addr = server.addr();
        self.fronts.push(server);
        Ok(addr)
    }

    /// Invokes the function with an event, any bytes, and waits for what it comes to.
    ///
    /// # Errors
    /// Too many invocations wait already. What goes wrong in the function is no `Err`, but a
    /// [`Reply`] that says so.
    pub fn invoke(&self, event: &[u8]) -> io::Result<Reply> {
        self.call(Call::new(event))
    }

    /// The same, where more than the event matters.
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke).
    pub fn call(&self, call: Call) -> io::Result<Reply> {
        let mut event = self.function.event(call.event);
        // What is said becomes header lines, which it must not leave.
        let line = |text: String| text.replace(['\r', '\n', '\0'], " ");
        if let Some(request_id) = call.request_id {
            event.request_id = line(request_id);
        }
        if let Some(trace_id) = call.xray_trace_id {
            event.trace_id = Some(line(trace_id));
        }
        event.told_deadline_ms = call.deadline.map(epoch_ms);
        event.client_context = call.client_context.map(line);
        event.cognito_identity = call.identity.map(line);
        event.tenant_id = call.tenant_id.map(line);
        let answer = self.function.invoke(event);
        Reply::receive(&answer.map_err(|Throttled| io::Error::other("rate exceeded"))?)
    }

    /// Builds and starts the function again whenever something in a folder changes.
    fn watch(&mut self, watch: Watch) -> io::Result<()> {
        let (function, environments) = (Arc::clone(&self.function), self.environments.clone());
        self.watcher = Some(watch.start(function, environments)?);
        Ok(())
    }

    /// The same, but waits until the environment is free again, and has reported.
    fn invoke_to_its_end(&self, event: &[u8]) -> io::Result<Reply> {
        let answer = self.function.invoke(self.function.event(event.to_vec()));
        let answer = answer.map_err(|Throttled| io::Error::other("rate exceeded"))?;
        let reply = Reply::receive(&answer);
        while answer.recv().is_ok() {}
        reply
    }

    /// Ends the function: processes are killed, and who waits for it hears that nothing comes.
    fn end(&self) {
        self.function.close();
        for environment in &self.environments {
            environment.close();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
        self.watcher = None;
        for server in self.fronts.iter_mut().chain(&mut self.apis) {
            server.stop();
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

/// Runs `handler` for one event, through the real loop and over a loopback socket, and joins what
/// it started.
///
/// # Errors
/// Whatever keeps it from listening on loopback. What goes wrong in the handler is no `Err`, but a
/// [`Reply`] that says so.
pub fn invoke(handler: &dyn Handler, event: &[u8]) -> io::Result<Reply> {
    let emulator = Emulator::start()?;
    let addr = emulator.addr().to_string();
    thread::scope(|scope| {
        scope.spawn(move || drop(Runtime::at(&addr).serve(handler)));
        let reply = emulator.invoke(event);
        // Ends the loop, which the scope waits for.
        drop(emulator);
        reply
    })
}
