//! A connection that the thread which reads it has lent to whoever has the reply, and may read on.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use crate::emulator::server::Connection;
use crate::emulator::server::exchange::{Exchange, Request};
use crate::emulator::server::fault_injection::Fault;
use crate::emulator::server::response::{Outlet, send_mangled};
use crate::http1::connection::send;
use crate::sys;

/// A connection on loan. Dropped, it goes back to its reader, with what has been read.
#[derive(Debug)]
pub(crate) struct Loan {
    stream: Arc<Connection>,
    inbox: Vec<u8>,
    /// Where it goes back to; `None`: somebody else has it by now.
    back: Option<Sender<Vec<u8>>>,
}

impl Loan {
    pub(crate) fn new(stream: Arc<Connection>, inbox: Vec<u8>, back: Sender<Vec<u8>>) -> Loan {
        Loan {
            stream,
            inbox,
            back: Some(back),
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether the connection is still here: the reply to its last request may be due to another.
    pub(crate) fn is_here(&self) -> bool {
        self.back.is_some()
    }

    /// Ends the connection. What has come meanwhile is nobody's: its sender is told nothing, and
    /// starts anew.
    pub(crate) fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        self.back = None;
    }

    /// Reads once: a request that has come whole with that, which most do. Where there is none the
    /// connection is for its reader, who knows what to do about it.
    pub(crate) fn request(&mut self) -> Option<(Request, Exchange<'_>)> {
        Exchange::at_once(&self.stream, &mut self.inbox, &mut self.back)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            let _ = back.send(std::mem::take(&mut self.inbox));
        }
    }
}

/// A reply that is sent when somebody has its content. Dropped unsent, it ends the connection.
#[derive(Debug)]
pub(crate) struct Later {
    loan: Loan,
    outlet: Outlet,
    is_sent: bool,
}

impl Later {
    pub(crate) fn new(loan: Loan, outlet: Outlet) -> Later {
        Later {
            loan,
            outlet,
            is_sent: false,
        }
    }

    /// What is to go wrong with it.
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.outlet.faults
    }

    /// Sends it, and does not wait for a peer that is slow to read. The connection can be read on
    /// where that was not necessary.
    pub(crate) fn reply(
        mut self,
        status: u16,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Loan> {
        let (head, body) = self.outlet.framed(status, fields, body);
        if !self.outlet.faults.is_empty() {
            let body = body.to_vec();
            self.on_a_thread(move |stream, faults| send_mangled(stream, faults, &head, &body));
            return None;
        }
        let n = sys::try_send(&self.loan.stream, [head.as_bytes(), body, b""]).ok()?;
        if n < head.len().saturating_add(body.len()) {
            let rest = [head.as_bytes(), body].concat().split_off(n);
            self.on_a_thread(move |stream, _| {
                Ok(send(stream, [&rest, b"", b""]).map_err(|(_, errno)| errno)?)
            });
            return None;
        }
        self.is_sent = true;
        (!self.outlet.close).then(|| Loan {
            stream: Arc::clone(&self.loan.stream),
            inbox: std::mem::take(&mut self.loan.inbox),
            back: self.loan.back.take(),
        })
    }

    fn on_a_thread(
        self,
        send: impl FnOnce(&TcpStream, &[Fault]) -> io::Result<()> + Send + 'static,
    ) {
        // Where there is no thread to be had the reply is dropped, and the connection with it.
        let _ = thread::Builder::new()
            .name("emulator reply".to_owned())
            .spawn(move || {
                let mut later = self;
                later.is_sent = send(&later.loan.stream, &later.outlet.faults).is_ok();
            });
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if !self.is_sent {
            self.loan.end();
        } else if self.outlet.close {
            let _ = self.loan.stream.shutdown(Shutdown::Write);
        }
    }
}
