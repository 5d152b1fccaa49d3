//! The local Lambda's door for callers: whatever comes in, it answers or hangs up, and goes on.
#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::thread;

use libfuzzer_sys::fuzz_target;
use tiny_lambda::emulator::Emulator;
use tiny_lambda::{Runtime, handler, json};

fn door() -> SocketAddr {
    static DOOR: OnceLock<SocketAddr> = OnceLock::new();
    *DOOR.get_or_init(|| {
        let mut emulator = Emulator::start().unwrap();
        let addr = emulator.addr().to_string();
        let door = emulator.listen(([127, 0, 0, 1], 0).into()).unwrap();
        thread::spawn(move || {
            // The body of a web request is the function's answer; any other event is its own.
            let answer = handler::bytes(|event, _| {
                let body = json::get::<String>(event, "/body").ok().flatten();
                Ok(body.map_or_else(|| event.to_vec(), String::into_bytes))
            });
            Runtime::at(&addr).serve(&answer)
        });
        std::mem::forget(emulator);
        door
    })
}

fuzz_target!(|bytes: &[u8]| {
    let mut stream = TcpStream::connect(door()).unwrap();
    // It may have heard enough before all is said.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert!(
        reply.is_empty() || reply.starts_with(b"HTTP/1."),
        "{reply:?}"
    );
});
