//! Other figures of our emulator than its rate: lost responses, memory, events of 6 MB, and start time.

use std::fs;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Emulator, free_port};

const CALLERS: u32 = 64;
const STARTS: usize = 21;
/// The longest streamed response, in MB. A buffered one and its event may have six.
const STREAM_MB: usize = 200;
const MB: usize = 1024 * 1024;

pub fn print(emulator: &Path, function: &Path, seconds: u64) -> Result<()> {
    start(emulator, function)?;
    stream_and_six_megabytes(emulator)?;
    callers(emulator, function, Duration::from_secs(seconds))
}

/// Measures the time from the start of the emulator to the end of the first response.
fn start(emulator: &Path, function: &Path) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut child = Command::new(emulator)
            .args(["--event", r#"{"name":"Ada"}"#])
            .arg(function)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or(Error::other("no pipe"))?).read_line(&mut line)?;
        times.push(began.elapsed());
        child.wait()?;
        if !line.contains("Hello, Ada!") {
            return Err(Error::other(line));
        }
    }
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "start to first response: {:.1} ms in the median of {STARTS}, {:.1} ms at most",
        ms(times[STARTS / 2]),
        ms(times[STARTS - 1]),
    );
    Ok(())
}

/// Runs many callers, with an environment for each, and checks each response.
fn callers(emulator: &Path, function: &Path, time: Duration) -> Result<()> {
    let port = free_port()?;
    let mut command = Command::new(emulator);
    command
        .args([
            "--environments",
            &CALLERS.to_string(),
            "--port",
            &port.to_string(),
        ])
        .arg(function);
    let _emulator = Emulator::launch(&mut command, port)?;
    let limit = Instant::now() + time;
    let calls: Vec<_> = (0..CALLERS)
        .map(|caller| {
            thread::spawn(move || {
                let (mut answered, mut lost) = (0_u32, 0_u32);
                let mut connection = None;
                while Instant::now() < limit {
                    let name = format!("{caller} {answered}");
                    let answer = invoke(&mut connection, port, &format!("{{\"name\":\"{name}\"}}"));
                    match answer {
                        Ok(answer) if answer.ends_with(&format!("Hello, {name}!\"}}")) => {
                            answered += 1
                        }
                        _ => {
                            lost += 1;
                            connection = None;
                        }
                    }
                }
                (answered, lost)
            })
        })
        .collect();
    let (mut answered, mut lost) = (0, 0);
    for call in calls {
        let (a, l) = call
            .join()
            .map_err(|_| Error::other("a caller has panicked"))?;
        (answered, lost) = (answered + a, lost + l);
    }
    println!(
        "{CALLERS} callers for {} s: {answered} responses, {lost} lost",
        time.as_secs()
    );
    Ok(())
}

fn stream_and_six_megabytes(emulator: &Path) -> Result<()> {
    let port = free_port()?;
    let mut command = Command::new(emulator);
    command
        .args(["--timeout", "60", "--port", &port.to_string()])
        .arg(std::env::current_exe()?);
    let emulator = Emulator::launch(&mut command, port)?;
    invoke(&mut None, port, "{}")?;
    let before = peak_kb(emulator.id())?;
    let mut web = TcpStream::connect(("127.0.0.1", port))?;
    web.write_all(b"GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let (mut len, mut piece) = (0, vec![0; MB]);
    loop {
        match web.read(&mut piece)? {
            0 => break,
            n => len += n,
        }
    }
    let after = peak_kb(emulator.id())?;
    println!(
        "a stream of {STREAM_MB} MB: {} MB received, head and framing among them; peak memory of the \
         emulator {before} KB before, {after} KB after",
        len / MB,
    );
    let event = format!("\"{}\"", "x".repeat(6 * MB - 2));
    let began = Instant::now();
    let answer = invoke(&mut None, port, &event)?;
    let is_same = answer.ends_with(&event);
    println!(
        "6 MB in and out: {} in {:.0} ms",
        if is_same { "the same" } else { "NOT the same" },
        began.elapsed().as_secs_f64() * 1000.0,
    );
    Ok(())
}

fn peak_kb(id: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
    value
        .and_then(|kb| kb.parse().ok())
        .ok_or(Error::other("no VmHWM"))
}

/// Invokes the function on a connection that stays open.
fn invoke(connection: &mut Option<TcpStream>, port: u16, event: &str) -> Result<String> {
    let stream = match connection.take() {
        Some(stream) => stream,
        None => TcpStream::connect(("127.0.0.1", port))?,
    };
    stream.set_nodelay(true)?;
    let head = format!(
        "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        event.len(),
    );
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all((head + event).as_bytes())?;
    let (head, body) = message(&mut reader)?;
    *connection = Some(reader.into_inner());
    if head.starts_with("HTTP/1.1 200 ") {
        Ok(body)
    } else {
        Err(Error::other(head))
    }
}

/// Reads a message that has a length. Returns its head and body.
fn message(reader: &mut impl BufRead) -> Result<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(Error::other("the connection has ended"));
        }
    }
    let len = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; len.and_then(|len| len.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((head, String::from_utf8_lossy(&body).into_owned()))
}

/// The function of the second figure: it streams if its event is a web request, and echoes other events.
pub fn serve(api: &str) -> Result<()> {
    let mut reader = BufReader::new(TcpStream::connect(api)?);
    let base = "/2018-06-01/runtime/invocation";
    loop {
        write!(
            reader.get_mut(),
            "GET {base}/next HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        let (head, event) = message(&mut reader)?;
        let id = head
            .lines()
            .find_map(|line| line.strip_prefix("Lambda-Runtime-Aws-Request-Id: "));
        let path = format!("{base}/{}/response", id.unwrap_or_default());
        let out = reader.get_mut();
        if event.contains("\"rawPath\"") {
            write!(
                out,
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
                 Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n",
            )?;
            let chunk = [b"100000\r\n", vec![b'x'; MB].as_slice(), b"\r\n"].concat();
            for _ in 0..STREAM_MB {
                out.write_all(&chunk)?;
            }
            out.write_all(b"0\r\n\r\n")?;
        } else {
            write!(
                out,
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{event}",
                event.len()
            )?;
        }
        message(&mut reader)?;
    }
}
