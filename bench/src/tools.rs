//! The programs that the measurements need. They are installed if the user may do that. A measurement whose
//! program is missing is skipped, and the report names it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Progress;
use crate::rivals::Arch;

/// Returns the programs and the Debian packages that contain them.
fn all() -> [(&'static str, &'static str); 6] {
    let other = Arch::HOST.other();
    let cross_package = match other {
        Arch::X86_64 => "gcc-x86-64-linux-gnu",
        Arch::Arm64 => "gcc-aarch64-linux-gnu",
    };
    [
        ("cc", "gcc"),
        ("gzip", "gzip"),
        ("strace", "strace"),
        ("valgrind", "valgrind"),
        (other.c_compiler(), cross_package),
        (other.qemu(), "qemu-user"),
    ]
}

/// Installs the missing programs, if the user is root on Debian.
pub fn install(progress: Progress) {
    if !is_there("apt-get") || !is_root() {
        return;
    }
    let mut is_updated = false;
    for (program, package) in all() {
        if is_there(program) {
            continue;
        }
        progress.say(&format!("installing {package}"));
        let install = [
            "install",
            "-qq",
            "-y",
            "--no-install-recommends",
            "--",
            package,
        ];
        // A new machine has no package lists yet.
        if !apt_get(&install) && !is_updated {
            is_updated = true;
            let _ = apt_get(&["update", "-qq"]) && apt_get(&install);
        }
    }
}

fn apt_get(args: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// Returns whether `program` is in a folder of `PATH`.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: std::path::PathBuf| is_file(&folder.join(program)))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file())
}
