//! An HTTP/1.1 server: a listener, and one thread for each connection.

pub(crate) mod access;
pub(crate) mod exchange;
pub(crate) mod fault_injection;
pub(crate) mod response;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::emulator::server::exchange::{Exchange, HttpRequest};
use crate::sys;

/// Most connections of one server, if the process may have so many files open.
const CONNECTIONS_MAX: usize = 2048;
/// Connections that a server may have whatever the limit of open files is.
const CONNECTIONS_MIN: usize = 16;
/// How long the server waits before it accepts again, if the process or the system has no file
/// descriptor left. Only time or a closed connection helps then.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// A connection is not closed to make room for another before it has been idle, or has been sending a
/// request, for this long: its next bytes may be on their way.
const FRESH_TIME: Duration = Duration::from_millis(100);

/// Handles the requests of a server.
pub(crate) trait Service: Send + Sync + 'static {
    /// Handles one request. An error closes the connection.
    fn handle(&self, request: &HttpRequest, exchange: &mut Exchange<'_>) -> io::Result<()>;

    /// Returns the most connections that are open at once.
    fn connections_max(&self) -> usize {
        connections_max(1)
    }
}

/// Returns the most connections of each of `n` servers of a kind. There are two kinds of servers, and a
/// quarter of the files that this process may have open is for everything else.
pub(crate) fn connections_max(n: usize) -> usize {
    let files = sys::descriptor_limit().unwrap_or(usize::MAX);
    let share = (files / 8).saturating_mul(3).checked_div(n).unwrap_or(0);
    share.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

/// A connection and its state.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    state: Mutex<ConnectionState>,
}

#[derive(Debug)]
struct ConnectionState {
    use_: ConnectionUse,
    since: Instant,
    /// Whether the connection is never closed to make room for others.
    is_kept: bool,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionUse {
    /// No byte of a request has been received.
    Idle,
    /// A request is being read.
    Reading,
    /// A request is being handled.
    Busy,
    /// The connection has been closed to make room.
    Closed,
}

impl Deref for Connection {
    type Target = TcpStream;

    fn deref(&self) -> &TcpStream {
        &self.stream
    }
}

impl Connection {
    fn new(stream: TcpStream) -> Connection {
        Connection {
            stream,
            state: Mutex::new(ConnectionState {
                use_: ConnectionUse::Idle,
                since: Instant::now(),
                is_kept: false,
            }),
        }
    }

    /// Sets what the connection is used for. Returns false if it has been closed.
    pub(crate) fn set_use(&self, use_: ConnectionUse) -> bool {
        let mut state = lock(&self.state);
        if state.use_ == ConnectionUse::Closed {
            return false;
        }
        if state.use_ != use_ {
            (state.use_, state.since) = (use_, Instant::now());
        }
        true
    }

    /// Returns a key that orders connections by which is closed first to make room; `None` if this one
    /// must stay open.
    fn closing_rank(&self) -> Option<(u8, Instant)> {
        let state = lock(&self.state);
        let rank = match state.use_ {
            // A request has arrived that the connection's thread has not seen yet.
            ConnectionUse::Idle if sys::is_readable(&self.stream, false) => return None,
            ConnectionUse::Idle => 0,
            ConnectionUse::Reading => 1,
            ConnectionUse::Busy | ConnectionUse::Closed => return None,
        };
        let is_fresh = state.since.elapsed() < FRESH_TIME;
        (!state.is_kept && !is_fresh).then_some((rank, state.since))
    }

    /// Closes the connection unless a request has arrived meanwhile. Returns whether it did.
    fn close(&self) -> bool {
        let mut state = lock(&self.state);
        let may_close = matches!(state.use_, ConnectionUse::Idle | ConnectionUse::Reading);
        if !may_close || state.is_kept {
            return false;
        }
        state.use_ = ConnectionUse::Closed;
        let _ = self.stream.shutdown(Shutdown::Both);
        true
    }
}

/// Locks `mutex`, even if a thread panicked while it held the lock: no state here is left half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener with its threads. [`stop`](Self::stop) joins them.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    acceptor: Arc<Acceptor>,
    thread: Option<JoinHandle<()>>,
}

/// What the accepting thread shares with the server.
#[derive(Debug, Default)]
struct Acceptor {
    is_stopped: AtomicBool,
    /// The thread of a connection owns it, so that the connection closes when the thread ends.
    connections: Mutex<Vec<(Weak<Connection>, JoinHandle<()>)>>,
}

impl Server {
    /// Serves `listener` until [`stop`](Self::stop).
    pub(crate) fn start(listener: TcpListener, service: Arc<dyn Service>) -> io::Result<Server> {
        let addr = listener.local_addr()?;
        let acceptor = Arc::new(Acceptor::default());
        let shared = Arc::clone(&acceptor);
        let thread = thread::Builder::new()
            .name("emulator accept".to_owned())
            .spawn(move || shared.accept_all(&listener, &service))?;
        Ok(Server {
            addr,
            acceptor,
            thread: Some(thread),
        })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the listener and all connections, and joins their threads. Before that, the caller has to
    /// end everything that the service waits for.
    pub(crate) fn stop(&mut self) {
        self.acceptor.is_stopped.store(true, Ordering::SeqCst);
        // Only another connection ends `TcpListener::accept`.
        let mut addr = self.addr;
        match addr {
            SocketAddr::V4(a) if a.ip().is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(a) if a.ip().is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        if let Some(thread) = self.thread.take() {
            // One connection is enough. Another one to a listener that is being closed can take a second, after
            // which the system sends its first segment again.
            while !thread.is_finished() && TcpStream::connect(addr).is_err() {
                // If no file descriptor is left, closing the connections frees some.
                self.acceptor.shut_down_all();
                thread::sleep(ACCEPT_PAUSE);
            }
            let _ = thread.join();
        }
        self.acceptor.shut_down_all();
        let connections = std::mem::take(&mut *lock(&self.acceptor.connections));
        for (_, thread) in connections {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Acceptor {
    fn accept_all(&self, listener: &TcpListener, service: &Arc<dyn Service>) {
        let n_max = service.connections_max();
        loop {
            let accepted = listener.accept();
            if self.is_stopped.load(Ordering::SeqCst) {
                return;
            }
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    use io::ErrorKind::{ConnectionAborted, Interrupted};
                    // These concern one connection (accept(2)); otherwise no file descriptor or no memory
                    // is left.
                    if !matches!(error.kind(), ConnectionAborted | Interrupted) {
                        self.wait_for_resources();
                    }
                    continue;
                }
            };
            while self.n_connections() >= n_max {
                if self.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                // If all connections are busy, the new one waits until one of them ends.
                if !self.close_one() {
                    thread::sleep(ACCEPT_PAUSE);
                }
            }
            let connection = Arc::new(Connection::new(stream));
            let (service, weak) = (Arc::clone(service), Arc::downgrade(&connection));
            let thread = thread::Builder::new()
                .name("emulator connection".to_owned())
                .spawn(move || serve_connection(&connection, &*service));
            if let Ok(thread) = thread {
                lock(&self.connections).push((weak, thread));
            } else {
                // No thread is left.
                self.wait_for_resources();
            }
        }
    }

    fn wait_for_resources(&self) {
        self.close_one();
        thread::sleep(ACCEPT_PAUSE);
    }

    /// Returns how many connections are served, without those that were closed to make room.
    fn n_connections(&self) -> usize {
        lock(&self.connections).retain(|(_, thread)| !thread.is_finished());
        let is_open =
            |connection: &&Arc<Connection>| lock(&connection.state).use_ != ConnectionUse::Closed;
        self.served().iter().filter(is_open).count()
    }

    fn served(&self) -> Vec<Arc<Connection>> {
        let connections = lock(&self.connections);
        let connections = connections.iter();
        connections.filter_map(|(it, _)| it.upgrade()).collect()
    }

    /// Closes the connection that has been idle longest, or else the slowest sender. Returns false if
    /// there is none.
    fn close_one(&self) -> bool {
        let served = self.served();
        let ranked = served
            .iter()
            .filter_map(|it| Some((it.closing_rank()?, it)));
        let first = ranked.min_by_key(|(rank, _)| *rank);
        first.is_some_and(|(_, connection)| connection.close())
    }

    fn shut_down_all(&self) {
        for connection in self.served() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// Serves the requests of a connection, one after the other, until it ends.
fn serve_connection(connection: &Connection, service: &dyn Service) {
    let _ = connection.set_nodelay(true);
    let mut buffer = Vec::new();
    loop {
        let (request, mut exchange) = match Exchange::begin(connection, &mut buffer) {
            Ok(Some(begun)) => begun,
            Ok(None) => break,
            Err(error) => {
                error.send(connection);
                break;
            }
        };
        if !connection.set_use(ConnectionUse::Busy) {
            // Closed to make room. The peer sees that the request was not served.
            break;
        }
        let handled = service.handle(&request, &mut exchange);
        if !exchange.end() || handled.is_err() {
            break;
        }
    }
    let _ = connection.shutdown(Shutdown::Both);
}
