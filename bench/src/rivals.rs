//! The runtimes that are measured, and how the functions on each are built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A runtime, with the flags that its function is built with.
pub struct Rival {
    pub name: &'static str,
    recipe: Recipe,
}

enum Recipe {
    /// `rivals/c`: the limit.
    C,
    /// A package under `rivals/`, built by cargo as its Cargo.toml says.
    Cargo(&'static str),
    /// `rivals/aws_lambda_go`, if Go is installed.
    Go,
    /// `rivals/tiny_lambda`, built by build.sh with a profile. `hello` is the name of its binary for `hello`.
    Ours {
        profile: &'static str,
        hello: &'static str,
    },
}

const fn cargo(name: &'static str, dir: &'static str) -> Rival {
    let recipe = Recipe::Cargo(dir);
    Rival { name, recipe }
}

const fn ours(name: &'static str, profile: &'static str, hello: &'static str) -> Rival {
    let recipe = Recipe::Ours { profile, hello };
    Rival { name, recipe }
}

/// The function with the least work: a lower bound for all runtimes on this machine.
pub const LIMIT: &str = "C, no libc (the limit)";
/// The official runtime, which most functions in Rust use.
pub const OFFICIAL: &str = "lambda_runtime, tuned";

/// The runtimes, in the order of the table.
pub const RIVALS: &[Rival] = &[
    cargo("lambda_runtime, template", "lambda_runtime"),
    cargo(OFFICIAL, "lambda_runtime_tuned"),
    cargo("minlambda, tuned", "minlambda"),
    Rival {
        name: "aws-lambda-go, stripped",
        recipe: Recipe::Go,
    },
    ours("tiny-lambda, unwind", "unwind", "hello"),
    ours("tiny-lambda, small", "small", "hello"),
    ours("tiny-lambda, tiny", "tiny", "hello"),
    ours("tiny-lambda, small, main!", "small", "hello_main"),
    ours("tiny-lambda, tiny, main!", "tiny", "hello_main"),
    Rival {
        name: LIMIT,
        recipe: Recipe::C,
    },
];

/// The runtimes that are not measured, and the reason.
pub const ABSENT: &str =
    "aws-lambda-zig, aws-lambda-cpp: their sources are on GitHub only, not in a package registry";

impl Rival {
    pub fn is_ours(&self) -> bool {
        matches!(self.recipe, Recipe::Ours { .. })
    }

    /// Returns the place in the order of builds: slow builds are last, so that --quick measures the others.
    pub fn build_cost(&self) -> u32 {
        match self.recipe {
            Recipe::C => 0,
            Recipe::Ours {
                profile: "tiny", ..
            } => 5,
            Recipe::Ours { .. } => 1,
            Recipe::Cargo("minlambda") => 2,
            Recipe::Cargo("lambda_runtime_tuned") => 3,
            Recipe::Go | Recipe::Cargo(_) => 4,
        }
    }
}

/// The architectures of Lambda, as AWS calls them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    X86_64,
    Arm64,
}

impl Arch {
    pub const HOST: Arch = if cfg!(target_arch = "aarch64") {
        Arch::Arm64
    } else {
        Arch::X86_64
    };

    pub fn name(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "arm64",
        }
    }

    pub fn other(self) -> Arch {
        match self {
            Arch::X86_64 => Arch::Arm64,
            Arch::Arm64 => Arch::X86_64,
        }
    }

    /// Returns the name of the qemu command that runs programs for this architecture.
    pub fn qemu(self) -> &'static str {
        match self {
            Arch::X86_64 => "qemu-x86_64",
            Arch::Arm64 => "qemu-aarch64",
        }
    }

    /// Returns the name of the C compiler for this architecture. That of a cross compiler contains its triple.
    pub fn c_compiler(self) -> &'static str {
        match self {
            _ if self == Arch::HOST => "cc",
            Arch::X86_64 => "x86_64-linux-gnu-gcc",
            Arch::Arm64 => "aarch64-linux-gnu-gcc",
        }
    }

    pub fn target(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64-unknown-linux-musl",
            Arch::Arm64 => "aarch64-unknown-linux-musl",
        }
    }
}

/// The executables of a rival.
pub struct Built {
    pub name: &'static str,
    pub is_ours: bool,
    /// Reads a name and returns a greeting.
    pub hello: PathBuf,
    /// Returns its event, after reading and writing it as JSON if the runtime does that.
    pub echo: PathBuf,
    /// Returns the bytes of its event, if the runtime can do that.
    pub echo_bytes: Option<PathBuf>,
}

/// The folders that a run uses.
pub struct Folders {
    /// This crate's repository.
    pub root: PathBuf,
    /// The build outputs, in one folder for each runtime and architecture.
    pub work: PathBuf,
}

impl Folders {
    pub fn find() -> Result<Folders, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root
            .canonicalize()
            .map_err(|e| format!("no repository: {e}"))?;
        let exe = std::env::current_exe().map_err(|e| e.to_string())?;
        // <target>/release/bench
        let target = exe.ancestors().nth(2).unwrap_or(&root);
        let work = target.join("rivals");
        fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
        Ok(Folders { root, work })
    }

    pub fn rival(&self, dir: &str) -> PathBuf {
        self.root.join("bench/rivals").join(dir)
    }
}

/// Builds `rival`. A build that is not done at the `deadline` is killed.
pub fn build(
    rival: &Rival,
    arch: Arch,
    folders: &Folders,
    deadline: Option<Instant>,
) -> Result<Built, String> {
    let built = |hello, echo, echo_bytes| Built {
        name: rival.name,
        is_ours: rival.is_ours(),
        hello,
        echo,
        echo_bytes,
    };
    match &rival.recipe {
        Recipe::C => {
            let work = folders.work.join(format!("c-{}", arch.name()));
            fs::create_dir_all(&work).map_err(|e| e.to_string())?;
            let (hello, echo) = (work.join("hello"), work.join("echo"));
            compile_c(folders, arch, &hello, &[])?;
            compile_c(folders, arch, &echo, &["-DECHO"])?;
            let echo_bytes = Some(echo.clone());
            Ok(built(hello, echo, echo_bytes))
        }
        Recipe::Cargo(dir) => {
            let target_dir = folders.work.join(dir);
            let mut command = Command::new("cargo");
            command
                .args(["build", "--release", "--target", arch.target()])
                .arg("--manifest-path")
                .arg(folders.rival(dir).join("Cargo.toml"))
                .arg("--target-dir")
                .arg(&target_dir);
            if arch != Arch::HOST {
                // rust-lld is part of the toolchain; a C compiler for the other architecture may be missing.
                let target = arch.target().replace('-', "_").to_uppercase();
                command.env(format!("CARGO_TARGET_{target}_LINKER"), "rust-lld");
            }
            finish(command, &folders.work.join(format!("{dir}.log")), deadline)?;
            let out = target_dir.join(arch.target()).join("release");
            Ok(built(out.join("hello"), out.join("echo"), None))
        }
        Recipe::Go => build_go(folders, arch, deadline).map(|out| {
            built(
                out.join("hello"),
                out.join("echo"),
                Some(out.join("echo_bytes")),
            )
        }),
        Recipe::Ours { profile, hello } => {
            let target_dir = folders
                .work
                .join(format!("tiny_lambda-{}-{profile}", arch.name()));
            let mut command = Command::new(folders.root.join("build.sh"));
            command
                .args([
                    "--arch",
                    arch.name(),
                    "--profile",
                    profile,
                    "--manifest-path",
                ])
                .arg(folders.rival("tiny_lambda").join("Cargo.toml"))
                .args([hello, "echo", "echo_bytes"])
                .env("CARGO_TARGET_DIR", &target_dir);
            finish(command, &target_dir.with_extension("log"), deadline)?;
            let out = |name: &str| target_dir.join("lambda").join(name).join("bootstrap");
            Ok(built(out(hello), out("echo"), Some(out("echo_bytes"))))
        }
    }
}

/// Builds the commands of `rivals/aws_lambda_go`, and returns their folder.
fn build_go(folders: &Folders, arch: Arch, deadline: Option<Instant>) -> Result<PathBuf, String> {
    let out = folders.work.join(format!("go-{}", arch.name()));
    fs::create_dir_all(&out).map_err(|e| e.to_string())?;
    let module = folders.work.join("go.mod");
    fs::copy(folders.rival("aws_lambda_go").join("go.mod"), &module).map_err(|e| e.to_string())?;
    let mut command = Command::new("go");
    command
        .current_dir(folders.rival("aws_lambda_go"))
        // Go writes `go.sum` beside this copy of `go.mod`, outside of the repository.
        .args(["build", "-mod=mod"])
        .arg(format!("-modfile={}", module.display()))
        .args(["-trimpath", "-ldflags=-s -w", "-tags=lambda.norpc", "-o"])
        // With a trailing slash, `-o` names a folder for several executables.
        .arg(out.join(""))
        .arg("./...")
        .env("CGO_ENABLED", "0")
        .env("GOOS", "linux")
        .env(
            "GOARCH",
            match arch {
                Arch::X86_64 => "amd64",
                Arch::Arm64 => "arm64",
            },
        );
    finish(command, &out.with_extension("log"), deadline)?;
    Ok(out)
}

fn compile_c(folders: &Folders, arch: Arch, to: &Path, defines: &[&str]) -> Result<(), String> {
    let mut command = Command::new(arch.c_compiler());
    command
        .args([
            "-Os",
            "-static",
            "-nostdlib",
            "-ffreestanding",
            "-fno-pie",
            "-no-pie",
        ])
        .args([
            "-fno-tree-loop-distribute-patterns",
            "-fno-asynchronous-unwind-tables",
        ])
        .args([
            "-fno-stack-protector",
            "-Wl,--build-id=none,-z,noseparate-code,-z,norelro",
            "-s",
        ])
        .args(defines)
        .arg("-o")
        .arg(to)
        .arg(folders.rival("c").join("function.c"));
    finish(command, &to.with_extension("log"), None)
}

/// Runs a build whose output goes to `log`. The error has the line of the output that says why it failed.
pub fn finish(mut command: Command, log: &Path, deadline: Option<Instant>) -> Result<(), String> {
    use std::os::unix::process::CommandExt;

    let program = command.get_program().to_string_lossy().into_owned();
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let out = fs::File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let err = out.try_clone().map_err(|e| e.to_string())?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        // A process group, so that the compilers can be killed with it.
        .process_group(0)
        .spawn()
        .map_err(|e| format!("needs {program}: {e}"))?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = child.wait();
            return Err("not built in the time that --quick has; run once without it".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(log).unwrap_or_default();
    let why = said
        .lines()
        .find(|line| line.starts_with("error") || line.contains("build.sh:"));
    Err(format!(
        "{program} failed: {}",
        why.or(said.lines().last()).unwrap_or_default()
    ))
}
