//! What Lambda and its extensions offer to a function on local addresses, served by the local Lambda: parameters and
//! secrets, configurations, and the X-Ray daemon. The metadata endpoint is a path of the Runtime API.

mod configuration;
pub(crate) mod data;
pub(crate) mod metrics;
mod parameters;
pub(crate) mod xray;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::SystemTime;

use crate::context::local::{LOCAL_TOKEN, Service as ServiceKind};
use crate::emulator::server::access::AccessRules;
use crate::emulator::server::exchange::{Exchange, HttpRequest};
use crate::emulator::server::{Server, Service, connections_max, lock};
use crate::emulator::services::data::ServiceData;
use crate::emulator::services::xray::XRayListener;
use crate::emulator::time::civil;
use crate::encoding::decode_percent;
use crate::sys::utf8;

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

/// What the services of an environment need to know.
pub(crate) struct LocalServicesConfig {
    /// The values of all environments.
    pub(crate) data: Arc<Mutex<ServiceData>>,
    pub(crate) access: Arc<AccessRules>,
    pub(crate) region: String,
    /// The function's `AWS_SESSION_TOKEN`.
    pub(crate) session_token: String,
    /// Where the Runtime API listens, which has the metadata endpoint.
    pub(crate) api_addr: SocketAddr,
    pub(crate) environments: usize,
    /// Whether the function runs in this process, where each emulator has services of its own. Its connections are
    /// not kept, since the function could use them for another emulator.
    pub(crate) is_in_process: bool,
    /// Writes a line to the log of the environment.
    pub(crate) log: Box<dyn Fn(&str) + Send + Sync>,
}

/// The services of one environment. Each starts when it is first needed.
pub(crate) struct LocalServices {
    config: LocalServicesConfig,
    modified: String,
    /// Whether an invocation has begun. The extension refuses requests before.
    is_ready: AtomicBool,
    weak_self: Weak<LocalServices>,
    servers: Mutex<Servers>,
}

#[derive(Default)]
struct Servers {
    http: Option<Server>,
    xray: Option<Arc<XRayListener>>,
    is_stopped: bool,
}

impl fmt::Debug for LocalServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalServices").finish_non_exhaustive()
    }
}

impl LocalServices {
    pub(crate) fn new(config: LocalServicesConfig) -> Arc<LocalServices> {
        Arc::new_cyclic(|weak_self| LocalServices {
            config,
            modified: civil(SystemTime::now()).rfc3339(),
            is_ready: AtomicBool::new(false),
            weak_self: Weak::clone(weak_self),
            servers: Mutex::default(),
        })
    }

    /// Returns the address of a service, which starts if necessary.
    ///
    /// # Errors
    /// If it cannot listen on loopback, or the emulator has ended.
    pub(crate) fn addr(&self, kind: ServiceKind) -> io::Result<SocketAddr> {
        match kind {
            ServiceKind::ParametersAndSecrets | ServiceKind::Configuration => self.http_addr(),
            ServiceKind::Metadata => Ok(self.config.api_addr),
        }
    }

    fn http_addr(&self) -> io::Result<SocketAddr> {
        let mut servers = lock(&self.servers);
        if let Some(server) = &servers.http {
            return Ok(server.addr());
        }
        let service = self.weak_self.upgrade().filter(|_| !servers.is_stopped);
        let service = service.ok_or(io::ErrorKind::NotConnected)?;
        let server = Server::start(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, service)?;
        Ok(servers.http.insert(server).addr())
    }

    /// Returns the X-Ray listener, which starts if necessary.
    pub(crate) fn xray(&self) -> io::Result<Arc<XRayListener>> {
        let mut servers = lock(&self.servers);
        if servers.is_stopped {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let listener = match servers.xray.take() {
            Some(listener) => listener,
            None => Arc::new(XRayListener::start()?),
        };
        Ok(Arc::clone(servers.xray.insert(listener)))
    }

    /// Returns the X-Ray listener if it was started.
    pub(crate) fn started_xray(&self) -> Option<Arc<XRayListener>> {
        lock(&self.servers).xray.clone()
    }

    /// Serves parameters and secrets from now on.
    pub(crate) fn begin_invocation(&self) {
        self.is_ready.store(true, Ordering::SeqCst);
    }

    /// Refuses parameters and secrets until the next invocation begins, as in a new environment.
    pub(crate) fn begin_environment(&self) {
        self.is_ready.store(false, Ordering::SeqCst);
    }

    /// Closes what was started, and joins its threads.
    pub(crate) fn stop(&self) {
        let mut servers = lock(&self.servers);
        servers.is_stopped = true;
        let (http, xray) = (servers.http.take(), servers.xray.take());
        // The threads that are joined may ask for an address.
        drop(servers);
        drop((http, xray));
    }

    fn reply(&self, request: &HttpRequest) -> Reply {
        let path = request.path();
        let query = Query::parse(request.query());
        let is_parameter = path.trim_end_matches('/') == "/systemsmanager/parameters/get";
        let is_secret = path.trim_end_matches('/') == "/secretsmanager/get";
        let profile_id = configuration::profile_id(path);
        if !is_parameter && !is_secret && profile_id.is_none() {
            return Reply::new(404, PLAIN, b"404 page not found\n".to_vec());
        }
        if request.method != "GET" {
            let mut reply = Reply::new(405, PLAIN, b"Method Not Allowed\n".to_vec());
            reply.fields.push(("Allow", "GET".to_owned()));
            return reply;
        }
        let data = lock(&self.config.data);
        let source = Source {
            data: &data,
            region: &self.config.region,
            modified: &self.modified,
        };
        if let Some(id) = &profile_id {
            return configuration::get_configuration(&source, id, &query);
        }
        let token = request.header("X-Aws-Parameters-Secrets-Token");
        let is_known = |token| token == self.config.session_token || token == LOCAL_TOKEN;
        if !token.is_some_and(is_known) {
            return Reply::new(401, PLAIN, b"Unauthorized".to_vec());
        }
        if !self.is_ready.load(Ordering::SeqCst) {
            // "The extension can be used in the Invoke phase only."
            let text = b"not ready to serve traffic, please wait".to_vec();
            return Reply::new(400, PLAIN, text);
        }
        if is_parameter {
            parameters::get_parameter(&source, &query)
        } else {
            parameters::get_secret(&source, &query)
        }
    }
}

impl Service for LocalServices {
    fn handle(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()> {
        if let Err(text) = self.config.access.check_program(request) {
            return exchange.respond(403, &[("Content-Type", PLAIN)], text.as_bytes());
        }
        let reply = self.reply(request);
        if let Some(line) = &reply.log_line {
            (self.config.log)(line);
        }
        if self.config.is_in_process {
            exchange.close_after_response();
        }
        let fields = reply.fields.iter();
        let fields: Vec<_> = fields
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        exchange.respond(reply.status, &fields, &reply.body)
    }

    fn connections_max(&self) -> usize {
        connections_max(self.config.environments)
    }
}

/// What a reply is made from.
struct Source<'s> {
    data: &'s ServiceData,
    region: &'s str,
    /// The time of the last modification of everything.
    modified: &'s str,
}

/// A reply to a request.
#[derive(Debug)]
struct Reply {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// A line for the log.
    log_line: Option<String>,
}

impl Reply {
    fn new(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
        Reply {
            status,
            fields: vec![("Content-Type", content_type.to_owned())],
            body,
            log_line: None,
        }
    }
}

/// The parameters of a query, in their order.
struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query as forms write it. Leaves out pairs that are malformed.
    fn parse(query: &str) -> Query {
        let decoded = |text| utf8::to_string(decode_percent(text, true).ok()?).ok();
        let pairs = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        });
        Query {
            pairs: pairs.collect(),
        }
    }

    /// Returns the first value of that name that is not empty.
    fn first(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.pairs.iter().filter(move |(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
