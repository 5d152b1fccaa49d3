//! A listener, and a thread for each connection that it accepts.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::exchange::{Exchange, Request};

/// Connections served at once; one more is closed at once. Managed Instances poll on one
/// connection per invocation, and a caller waits on one.
const CONNECTIONS_MAX: usize = 2048;
/// What answers requests.
pub(super) trait Service: Send + Sync + 'static {
    /// Answers one request. An error closes the connection.
    fn answer(&self, request: &Request, exchange: &mut Exchange<'_>) -> io::Result<()>;
}

/// The lock's content, whatever became of an earlier owner: nothing here is left half-changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener with its threads. Ended by [`stop`](Self::stop), which joins them.
#[derive(Debug)]
pub(super) struct Server {
    addr: SocketAddr,
    open: Arc<Open>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Open {
    stopped: AtomicBool,
    connections: Mutex<Vec<(Arc<TcpStream>, JoinHandle<()>)>>,
}

impl Server {
    /// Serves `listener` until [`stop`](Self::stop).
    pub(super) fn start(listener: TcpListener, service: Arc<dyn Service>) -> io::Result<Server> {
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

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the listener and all connections. Who waits within a service has to be woken first.
    pub(super) fn stop(&mut self) {
        self.open.stopped.store(true, Ordering::SeqCst);
        // `accept` has no other end than one more connection.
        let mut addr = self.addr;
        match addr {
            SocketAddr::V4(a) if a.ip().is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(a) if a.ip().is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        drop(TcpStream::connect(addr));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let connections = std::mem::take(&mut *lock(&self.open.connections));
        for (stream, _) in &connections {
            let _ = stream.shutdown(Shutdown::Both);
        }
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
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream.map(Arc::new) else {
                continue;
            };
            let mut connections = lock(&self.connections);
            connections.retain(|(_, thread)| !thread.is_finished());
            if connections.len() >= CONNECTIONS_MAX {
                continue;
            }
            let (service, theirs) = (Arc::clone(service), Arc::clone(&stream));
            let thread = thread::Builder::new()
                .name("emulator connection".to_owned())
                .spawn(move || serve(&theirs, &*service));
            if let Ok(thread) = thread {
                connections.push((stream, thread));
            }
        }
    }
}

fn serve(stream: &Arc<TcpStream>, service: &dyn Service) {
    let _ = stream.set_nodelay(true);
    let mut inbox = Vec::new();
    loop {
        let (back, returned) = channel();
        let mut back = Some(back);
        let goes_on = match Exchange::begin(stream, &mut inbox, &mut back) {
            Ok(Some((request, mut exchange))) => {
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
