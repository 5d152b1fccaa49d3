//! A listener, and a thread for each connection that it accepts.

pub(crate) mod access;
pub(crate) mod exchange;
pub(crate) mod fault_injection;
pub(crate) mod loan;
pub(crate) mod response;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::emulator::server::exchange::{Exchange, Request};
use crate::sys;

/// Connections of one server at once, if the process may have so many files open. Managed Instances
/// poll on one connection per invocation, and a caller waits on one.
const CONNECTIONS_MAX: usize = 2048;
/// So many there may be in any case.
const CONNECTIONS_MIN: usize = 16;
/// How long nothing is accepted after that has failed: nothing but time or a closed connection helps
/// where the process or the system has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(20);
/// A connection is not closed for another one before it has been idle, or has been sending a request,
/// for this long: what it waits for may be on its way.
const FRESH: Duration = Duration::from_millis(100);

/// What answers requests.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers one request. An error closes the connection.
    fn answer(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()>;

    /// Whether the body may take as long as it likes: that of a function that streams its response.
    fn is_patient(&self, _: &Request) -> bool {
        false
    }

    /// Whether the connection of this request is never closed to make room for others.
    fn keeps(&self, _: &Request) -> bool {
        false
    }

    /// How many connections there may be at once.
    fn connections_max(&self) -> usize {
        connections_max(1)
    }
}

/// How many connections each of `n` servers of a kind may have. There are two kinds, and a quarter of
/// the files that this process may have open is for all else.
pub(crate) fn connections_max(n: usize) -> usize {
    let files = sys::descriptor_limit().unwrap_or(usize::MAX);
    let share = (files / 8).saturating_mul(3).checked_div(n).unwrap_or(0);
    share.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

/// A connection, and what it is used for.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// See [`Service::is_patient`].
    is_patient: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    use_: Use,
    since: Instant,
    /// See [`Service::keeps`].
    is_kept: bool,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing: no byte of a request has come.
    Idle,
    /// A request is coming in.
    Reading,
    /// A request is being answered, or a long poll waits.
    Busy,
    /// It has been closed to make room.
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
            is_patient: AtomicBool::new(false),
            state: Mutex::new(State {
                use_: Use::Idle,
                since: Instant::now(),
                is_kept: false,
            }),
        }
    }

    /// Notes what it is used for from now on; false: it has been closed.
    pub(crate) fn set_use(&self, use_: Use) -> bool {
        let mut state = lock(&self.state);
        if state.use_ == Use::Closed {
            return false;
        }
        if state.use_ != use_ {
            (state.use_, state.since) = (use_, Instant::now());
        }
        true
    }

    /// Whether the body of its request may take as long as it likes.
    pub(crate) fn is_patient(&self) -> bool {
        self.is_patient.load(Ordering::Relaxed)
    }

    fn keep(&self) {
        lock(&self.state).is_kept = true;
    }

    /// How gladly it is closed to make room, and since when it has been like this; `None`: not at all.
    fn closing_rank(&self) -> Option<(u8, Instant)> {
        let state = lock(&self.state);
        let rank = match state.use_ {
            // Idle to us, but a request has come that its thread has not seen yet.
            Use::Idle if sys::is_readable(&self.stream, false) => return None,
            Use::Idle => 0,
            Use::Reading => 1,
            Use::Busy | Use::Closed => return None,
        };
        let is_fresh = state.since.elapsed() < FRESH;
        (!state.is_kept && !is_fresh).then_some((rank, state.since))
    }

    /// Closes it unless a request has come meanwhile.
    fn close(&self) -> bool {
        let mut state = lock(&self.state);
        let is_closed = matches!(state.use_, Use::Idle | Use::Reading) && !state.is_kept;
        if is_closed {
            state.use_ = Use::Closed;
            let _ = self.stream.shutdown(Shutdown::Both);
        }
        is_closed
    }
}

/// The lock's content, whatever became of an earlier owner: nothing here is left half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener with its threads. Ended by [`stop`](Self::stop), which joins them.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    open: Arc<Open>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Open {
    stopped: AtomicBool,
    /// Whoever serves a connection owns it, so that it is closed with the end of that.
    connections: Mutex<Vec<(Weak<Connection>, JoinHandle<()>)>>,
}

impl Server {
    /// Serves `listener` until [`stop`](Self::stop).
    pub(crate) fn start(listener: TcpListener, service: Arc<dyn Service>) -> io::Result<Server> {
        let addr = listener.local_addr()?;
        let open = Arc::new(Open::default());
        let shared = Arc::clone(&open);
        let accepting = thread::Builder::new()
            .name("emulator accept".to_owned())
            .spawn(move || shared.accept(&listener, &service))?;
        Ok(Server {
            addr,
            open,
            accepting: Some(accepting),
        })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the listener and all connections. Who waits within a service has to be woken first.
    pub(crate) fn stop(&mut self) {
        self.open.stopped.store(true, Ordering::SeqCst);
        // `accept` has no other end than one more connection.
        let mut addr = self.addr;
        match addr {
            SocketAddr::V4(a) if a.ip().is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(a) if a.ip().is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        if let Some(accepting) = self.accepting.take() {
            while !accepting.is_finished() {
                // Where no file descriptor is left, those of the connections will do.
                if TcpStream::connect(addr).is_err() {
                    self.open.shut_down();
                    thread::sleep(PAUSE);
                }
            }
            let _ = accepting.join();
        }
        self.open.shut_down();
        let connections = std::mem::take(&mut *lock(&self.open.connections));
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

impl Open {
    fn accept(&self, listener: &TcpListener, service: &Arc<dyn Service>) {
        let n_max = service.connections_max();
        loop {
            let accepted = listener.accept();
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let stream = match accepted {
                Ok((stream, _)) => stream,
                // The connection has ended before it was accepted (accept(2)).
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
                    ) =>
                {
                    continue;
                }
                // No file descriptor is left, or no memory.
                Err(_) => {
                    self.make_room();
                    thread::sleep(PAUSE);
                    continue;
                }
            };
            while self.n_connections() >= n_max {
                if self.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Where all are at work, those who come wait until one has ended.
                if !self.make_room() {
                    thread::sleep(PAUSE);
                }
            }
            let connection = Arc::new(Connection::new(stream));
            let (service, weak) = (Arc::clone(service), Arc::downgrade(&connection));
            let thread = thread::Builder::new()
                .name("emulator connection".to_owned())
                .spawn(move || serve(&connection, &*service));
            if let Ok(thread) = thread {
                lock(&self.connections).push((weak, thread));
            } else {
                // No thread is left.
                self.make_room();
                thread::sleep(PAUSE);
            }
        }
    }

    /// How many connections are served, of those that have not been closed to make room.
    fn n_connections(&self) -> usize {
        let mut connections = lock(&self.connections);
        connections.retain(|(_, thread)| !thread.is_finished());
        let is_open = |connection: &Connection| lock(&connection.state).use_ != Use::Closed;
        let open = connections
            .iter()
            .filter(|(connection, _)| connection.upgrade().is_some_and(|c| is_open(&c)));
        open.count()
    }

    /// Closes a connection that nothing is lost with; false: there is none.
    fn make_room(&self) -> bool {
        let open: Vec<Arc<Connection>> = lock(&self.connections)
            .iter()
            .filter_map(|(connection, _)| connection.upgrade())
            .collect();
        let ranked = open
            .iter()
            .filter_map(|connection| Some((connection.closing_rank()?, connection)));
        let first = ranked.min_by_key(|(rank, _)| *rank);
        first.is_some_and(|(_, connection)| connection.close())
    }

    fn shut_down(&self) {
        for (connection, _) in lock(&self.connections).iter() {
            if let Some(connection) = connection.upgrade() {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
    }
}

fn serve(stream: &Arc<Connection>, service: &dyn Service) {
    let _ = stream.set_nodelay(true);
    let mut inbox = Vec::new();
    loop {
        let (back, returned) = channel();
        let mut back = Some(back);
        let goes_on = match Exchange::begin(stream, &mut inbox, &mut back) {
            // It has been closed: whoever has sent the request knows that nobody has served it.
            Ok(Some(_)) if !stream.set_use(Use::Busy) => false,
            Ok(Some((request, mut exchange))) => {
                let is_patient = service.is_patient(&request);
                stream.is_patient.store(is_patient, Ordering::Relaxed);
                if service.keeps(&request) {
                    stream.keep();
                }
                let answered = service.answer(&request, &mut exchange);
                exchange.end() && answered.is_ok()
            }
            Ok(None) => false,
            Err(refusal) => {
                refusal.send(stream);
                false
            }
        };
        if back.is_none() {
            // Lent: others read it until it comes back.
            match returned.recv() {
                Ok(read) => inbox = read,
                Err(_) => break,
            }
        }
        if !goes_on {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}
