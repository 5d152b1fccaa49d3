//! Measures an upper bound for any emulator that uses sockets. A caller, a relay and a runtime are three
//! processes that exchange the four messages of an invocation with fixed lengths, and parse nothing.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;
const N: u32 = 50_000;
fn main() {
    let role = std::env::args().nth(1);
    match role.as_deref() {
        Some("runtime") => {
            let mut s = TcpStream::connect(std::env::args().nth(2).unwrap()).unwrap();
            s.set_nodelay(true).unwrap();
            let (mut ev, mut ok) = ([0u8; 400], [0u8; 120]);
            loop {
                if s.write_all(&[b'n'; 90]).is_err() {
                    return;
                } // next
                if s.read_exact(&mut ev).is_err() {
                    return;
                }
                if s.write_all(&[b'r'; 200]).is_err() {
                    return;
                } // response
                if s.read_exact(&mut ok).is_err() {
                    return;
                }
            }
        }
        Some("emulator") => {
            let a = TcpListener::bind("127.0.0.1:0").unwrap();
            let b = TcpListener::bind("127.0.0.1:0").unwrap();
            println!("{} {}", a.local_addr().unwrap(), b.local_addr().unwrap());
            let (mut rt, _) = b.accept().unwrap();
            rt.set_nodelay(true).unwrap();
            let (mut caller, _) = a.accept().unwrap();
            caller.set_nodelay(true).unwrap();
            let (mut req, mut next, mut resp) = ([0u8; 200], [0u8; 90], [0u8; 200]);
            loop {
                if caller.read_exact(&mut req).is_err() {
                    return;
                }
                rt.read_exact(&mut next).unwrap();
                rt.write_all(&[b'e'; 400]).unwrap();
                rt.read_exact(&mut resp).unwrap();
                rt.write_all(&[b'o'; 120]).unwrap();
                caller.write_all(&[b'a'; 200]).unwrap();
            }
        }
        _ => {
            let me = std::env::current_exe().unwrap();
            let mut emu = std::process::Command::new(&me)
                .arg("emulator")
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            std::io::BufRead::read_line(
                &mut std::io::BufReader::new(emu.stdout.take().unwrap()),
                &mut line,
            )
            .unwrap();
            let mut w = line.split_whitespace();
            let (a, b) = (w.next().unwrap(), w.next().unwrap());
            let mut rt = std::process::Command::new(&me)
                .arg("runtime")
                .arg(b)
                .spawn()
                .unwrap();
            let mut s = TcpStream::connect(a).unwrap();
            s.set_nodelay(true).unwrap();
            let mut ans = [0u8; 200];
            for _ in 0..1000 {
                s.write_all(&[b'q'; 200]).unwrap();
                s.read_exact(&mut ans).unwrap();
            }
            let t = Instant::now();
            for _ in 0..N {
                s.write_all(&[b'q'; 200]).unwrap();
                s.read_exact(&mut ans).unwrap();
            }
            println!(
                "{:.0} invocations a second",
                f64::from(N) / t.elapsed().as_secs_f64()
            );
            drop(s);
            let _ = emu.wait();
            let _ = rt.kill();
            let _ = rt.wait();
        }
    }
}
