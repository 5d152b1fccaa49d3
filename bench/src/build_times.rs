//! Measures how long functions on tiny-lambda and on other runtimes take to build.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::number::number;
use crate::rivals::{self, Arch, Folders};
use crate::{Progress, measure, need_target, report};

/// How often each function is built.
const N_BUILDS: usize = 2;

/// Prints the seconds of a clean build, and of a rebuild after a change of the handler. The functions are built
/// in turn.
pub fn print(folders: &Folders, progress: Progress) -> Result<(), String> {
    need_target(Arch::HOST);
    let names = [
        "tiny_lambda",
        "minlambda",
        "lambda_runtime_tuned",
        "lambda_runtime",
    ];
    // For each function, the clean build and the rebuild: elapsed seconds and CPU seconds.
    let mut times = vec![[const { Vec::new() }; 4]; names.len()];
    for round in 0..N_BUILDS {
        for (name, times) in names.iter().zip(&mut times) {
            let function = copy_function(name, folders)?;
            let mut said = format!("round {} of {N_BUILDS}: {name}:", round + 1);
            for times in times.chunks_mut(2) {
                let (begun, cpu) = (Instant::now(), cpu_of_children());
                rivals::finish(function.build(folders), &function.folder.join("log"), None)?;
                let new = [begun.elapsed().as_secs_f64(), cpu_of_children() - cpu];
                for (times, new) in times.iter_mut().zip(new) {
                    times.push(new);
                    let _ = write!(said, " {new:.1} s");
                }
                function.change()?;
            }
            progress.say(&said);
        }
    }
    let rows: Vec<_> = names
        .into_iter()
        .zip(times)
        .map(|(name, times)| {
            let cell = |times| measure::median(times).map_or("-".into(), |t| number(t, 1));
            (name, times.map(cell).to_vec())
        })
        .collect();
    let heads = [
        ["clean", "build, s"],
        ["of that", "CPU, s"],
        ["rebuild after", "a change, s"],
        ["of that", "CPU, s"],
    ];
    let mut text = String::new();
    report::push_table(&mut text, &heads.map(|head| head.map(String::from)), &rows);
    print!("{text}");
    println!(
        "medians of {N_BUILDS} builds in turn, without downloads; ours with profile small, zip included"
    );
    Ok(())
}

/// Returns the CPU time of child processes and their children that have ended, in seconds (proc(5): `cutime`
/// and `cstime`, in ticks of a hundredth of a second).
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(13).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The `hello` function of a runtime, copied into a package that has not been built.
struct Function {
    folder: PathBuf,
    is_ours: bool,
}

fn copy_function(name: &str, folders: &Folders) -> Result<Function, String> {
    let failed = |e: std::io::Error| format!("{name}: {e}");
    let folder = folders.work.join("build-times").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("src")).map_err(failed)?;
    let is_ours = name == "tiny_lambda";
    let rival = folders.rival(name);
    let (source, dependency) = if is_ours {
        (
            folders.root.join("examples/hello.rs"),
            folders.root.display().to_string(),
        )
    } else {
        (rival.join("src/bin/hello.rs"), String::new())
    };
    let manifest = fs::read_to_string(rival.join("Cargo.toml")).map_err(failed)?;
    let manifest = manifest.split("[[bin]]").next().unwrap_or_default();
    let manifest = manifest.replace("../../..", &dependency);
    fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;
    fs::copy(source, folder.join("src/main.rs")).map_err(failed)?;
    Ok(Function { folder, is_ours })
}

impl Function {
    fn build(&self, folders: &Folders) -> Command {
        let mut command = if self.is_ours {
            Command::new(folders.root.join("build.sh"))
        } else {
            let mut cargo = Command::new("cargo");
            cargo.args(["build", "--release", "--target", Arch::HOST.target()]);
            cargo
        };
        command
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", self.folder.join("target"));
        command
    }

    fn change(&self) -> Result<(), String> {
        let source = self.folder.join("src/main.rs");
        let text = fs::read_to_string(&source).map_err(|e| e.to_string())?;
        fs::write(&source, text.replace("Hello, ", "Hello again, ")).map_err(|e| e.to_string())
    }
}
