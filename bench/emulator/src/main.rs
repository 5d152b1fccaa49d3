//! Invokes one function under several emulators in turn, one invocation after the other, and prints their rates.

mod figures;

use std::env;
use std::io::{Error, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The number of turns. Each emulator gets a part of its invocations in each turn, so that a disturbance of
/// the machine affects all of them alike.
const TURNS: u32 = 50;
/// Time limit for the start of an emulator.
const START_MAX: Duration = Duration::from_secs(20);
const WARM_UP: u32 = 200;
const EVENT: &str = r#"{"name":"Ada"}"#;

fn main() -> Result<()> {
    if let Ok(api) = env::var("AWS_LAMBDA_RUNTIME_API") {
        return figures::serve(&api);
    }
    let args: Vec<String> = env::args().skip(1).collect();
    if let [word, seconds, function, ours] = args.as_slice() {
        if word == "figures" {
            let seconds = seconds.parse().map_err(Error::other)?;
            return figures::print(Path::new(ours), Path::new(function), seconds);
        }
    }
    let [invocations, function, ours, cargo_lambda, aws] = args.as_slice() else {
        return Err(Error::other("expected five arguments; see measure.sh"));
    };
    let invocations: u32 = invocations.parse().map_err(Error::other)?;
    let function = Path::new(function);
    let mut emulators = Vec::new();
    for (name, program) in [
        ("ours", ours),
        ("cargo-lambda's", cargo_lambda),
        ("AWS's", aws),
    ] {
        if Path::new(program).exists() {
            emulators.push(Emulator::start(name, Path::new(program), function)?);
        } else {
            println!("{name} is missing: {program}");
        }
    }
    for emulator in &mut emulators {
        emulator.invoke(WARM_UP)?;
    }
    for _ in 0..TURNS {
        for emulator in &mut emulators {
            let took = emulator.invoke(invocations / TURNS)?;
            emulator.took.push(took);
        }
    }
    println!(
        "{invocations} invocations of {} each, in {TURNS} turns",
        function.display()
    );
    let of_ours = emulators
        .first()
        .map(|ours| ours.took.clone())
        .unwrap_or_default();
    for emulator in &emulators {
        let total: Duration = emulator.took.iter().sum();
        let rate = f64::from(invocations / TURNS * TURNS) / total.as_secs_f64();
        let ratio = total.as_secs_f64() / of_ours.iter().sum::<Duration>().as_secs_f64();
        let mut ratios: Vec<f64> = emulator
            .took
            .iter()
            .zip(&of_ours)
            .map(|(theirs, ours)| theirs.as_secs_f64() / ours.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).unwrap_or(&1.0);
        println!(
            "{:15} {rate:6.0} a second; ours is {ratio:.2} times as fast, {median:.2} in the median turn",
            emulator.name,
        );
    }
    Ok(())
}

struct Emulator {
    name: &'static str,
    /// The emulator, and the function if the emulator does not start it.
    processes: Vec<Child>,
    connection: TcpStream,
    took: Vec<Duration>,
}

impl Emulator {
    fn start(name: &'static str, program: &Path, function: &Path) -> Result<Emulator> {
        let (port, api) = (free_port()?, free_port()?);
        let mut command = Command::new(program);
        let mut path = "function";
        match name {
            "ours" => command.args(["--port", &port.to_string()]).arg(function),
            "AWS's" => command
                .args([
                    "--runtime-interface-emulator-address",
                    &format!("127.0.0.1:{port}"),
                ])
                .args(["--runtime-api-address", &format!("127.0.0.1:{api}")])
                .arg(function),
            _ => {
                // Its functions have the names of the binaries in the package in which it runs, which is this one.
                path = "emulator-bench";
                command
                    .args([
                        "lambda",
                        "watch",
                        "--only-lambda-apis",
                        "--invoke-address",
                        "127.0.0.1",
                    ])
                    .args(["--invoke-port", &port.to_string()])
            }
        };
        let mut emulator = Emulator::launch(&mut command, port)?;
        emulator.name = name;
        if path != "function" {
            let address = format!("http://127.0.0.1:{port}/.rt/{path}");
            emulator.processes.push(quiet(
                Command::new(function)
                    .env("AWS_LAMBDA_RUNTIME_API", address)
                    .env("AWS_LAMBDA_FUNCTION_NAME", path),
            )?);
        }
        let answer = emulator.one(path)?;
        if !answer.contains("Hello, Ada!") {
            return Err(Error::other(format!("{name} answers {answer}")));
        }
        Ok(emulator)
    }

    /// Starts an emulator, and waits until it listens on `port`.
    fn launch(command: &mut Command, port: u16) -> Result<Emulator> {
        let processes = vec![quiet(command)?];
        let limit = Instant::now() + START_MAX;
        let connection = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(connection) => break connection,
                Err(error) if Instant::now() > limit => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        connection.set_nodelay(true)?;
        Ok(Emulator {
            name: "ours",
            processes,
            connection,
            took: Vec::new(),
        })
    }

    fn id(&self) -> u32 {
        self.processes.first().map_or(0, Child::id)
    }

    fn invoke(&mut self, n: u32) -> Result<Duration> {
        let path = if self.processes.len() > 1 {
            "emulator-bench"
        } else {
            "function"
        };
        let began = Instant::now();
        for _ in 0..n {
            self.one(path)?;
        }
        Ok(began.elapsed())
    }

    /// Invokes the function once. Returns the whole response.
    fn one(&mut self, function: &str) -> Result<String> {
        let request = format!(
            "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: localhost\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{EVENT}",
            EVENT.len(),
        );
        self.connection.write_all(request.as_bytes())?;
        let mut response = Vec::new();
        let mut piece = [0; 4096];
        while !is_whole(&response) {
            match self.connection.read(&mut piece)? {
                0 => {
                    return Err(Error::other(format!(
                        "{} has closed the connection",
                        self.name
                    )));
                }
                n => response.extend_from_slice(&piece[..n]),
            }
        }
        Ok(String::from_utf8_lossy(&response).into_owned())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
            thread::sleep(Duration::from_millis(100));
            let _ = Command::new("kill")
                .args(["-KILL", "--", &group])
                .stderr(Stdio::null())
                .status();
            let _ = process.wait();
        }
    }
}

/// Starts a command in its own process group, without standard streams.
fn quiet(command: &mut Command) -> Result<Child> {
    let null = Stdio::null;
    command
        .stdin(null())
        .stdout(null())
        .stderr(null())
        .process_group(0)
        .spawn()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Returns whether a response with a length is complete.
fn is_whole(response: &[u8]) -> bool {
    let text = String::from_utf8_lossy(response).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    length.and_then(|value| value.trim().parse().ok()) == Some(body.len())
}
