//! System calls without the C library's functions for them, which are 600 bytes more and report errors
//! through the thread-local `errno`.

use core::ffi::c_int;

use super::Errno;

// Linux's numbers. The allocator has its own.
#[cfg(target_arch = "x86_64")]
pub(super) mod number {
    pub(crate) const WRITE: usize = 1;
    pub(crate) const RT_SIGACTION: usize = 13;
    pub(crate) const IOCTL: usize = 16;
    pub(crate) const NANOSLEEP: usize = 35;
    pub(crate) const SOCKET: usize = 41;
    pub(crate) const CONNECT: usize = 42;
    pub(crate) const RECVFROM: usize = 45;
    pub(crate) const SENDMSG: usize = 46;
    pub(crate) const SETSOCKOPT: usize = 54;
    pub(crate) const GETSOCKOPT: usize = 55;
    pub(crate) const FCNTL: usize = 72;
    pub(crate) const FUTEX: usize = 202;
    pub(crate) const CLOCK_GETTIME: usize = 228;
}
// All newer architectures share one table.
#[cfg(not(target_arch = "x86_64"))]
pub(super) mod number {
    pub(crate) const FCNTL: usize = 25;
    pub(crate) const IOCTL: usize = 29;
    pub(crate) const WRITE: usize = 64;
    pub(crate) const FUTEX: usize = 98;
    pub(crate) const NANOSLEEP: usize = 101;
    pub(crate) const CLOCK_GETTIME: usize = 113;
    pub(crate) const RT_SIGACTION: usize = 134;
    pub(crate) const SOCKET: usize = 198;
    pub(crate) const CONNECT: usize = 203;
    pub(crate) const RECVFROM: usize = 207;
    pub(crate) const SETSOCKOPT: usize = 208;
    pub(crate) const GETSOCKOPT: usize = 209;
    pub(crate) const SENDMSG: usize = 211;
}

/// `struct timespec` (clock_gettime(2), nanosleep(2)). The kernel's fields are signed, but neither its
/// clock nor a time left is ever negative (clock_settime(2), `EINVAL`).
#[repr(C)]
pub(super) struct TimeSpec {
    secs: u64,
    nanos: u64,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "the nanoseconds are below 1e9, and the seconds fit for 500 million years"
)]
impl TimeSpec {
    #[inline(always)]
    pub(super) fn from_ms(ms: u64) -> TimeSpec {
        TimeSpec {
            secs: ms / 1000,
            nanos: ms % 1000 * 1_000_000,
        }
    }

    #[inline(always)]
    pub(super) fn to_ms(&self) -> u64 {
        self.secs * 1000 + self.nanos / 1_000_000
    }
}

/// Makes the system call `number` with up to three arguments.
///
/// # Safety
/// What the kernel does with these arguments, according to the call's page in section 2 of the manual,
/// must be sound.
#[inline(always)]
pub(super) unsafe fn syscall3(number: usize, [a, b, c]: [usize; 3]) -> Result<usize, Errno> {
    // SAFETY: the caller guarantees that what the kernel does is sound. It changes no registers but those
    // that are named (System V ABI for x86_64, A.2.1; syscall(2)).
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    let result = unsafe {
        let mut result = number;
        core::arch::asm!(
            "syscall",
            inlateout("rax") result,
            in("rdi") a, in("rsi") b, in("rdx") c,
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags),
        );
        result
    };
    // SAFETY: the same (syscall(2)).
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    let result = unsafe {
        let mut result = a;
        core::arch::asm!(
            "svc 0",
            inlateout("x0") result,
            in("x1") b, in("x2") c, in("x8") number,
            options(nostack, preserves_flags),
        );
        result
    };
    // SAFETY: the caller guarantees that what the kernel does is sound.
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let result = unsafe { libc_syscall(number, [a, b, c, 0, 0, 0]) };
    to_result(result)
}

/// Makes the system call `number` with up to six arguments.
///
/// # Safety
/// As for [`syscall3`].
#[inline(always)]
pub(super) unsafe fn syscall6(
    number: usize,
    [a, b, c, d, e, f]: [usize; 6],
) -> Result<usize, Errno> {
    // SAFETY: as in `syscall3`.
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    let result = unsafe {
        let mut result = number;
        core::arch::asm!(
            "syscall",
            inlateout("rax") result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags),
        );
        result
    };
    // SAFETY: as in `syscall3`.
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    let result = unsafe {
        let mut result = a;
        core::arch::asm!(
            "svc 0",
            inlateout("x0") result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f, in("x8") number,
            options(nostack, preserves_flags),
        );
        result
    };
    // SAFETY: as in `syscall3`.
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let result = unsafe { libc_syscall(number, [a, b, c, d, e, f]) };
    to_result(result)
}

/// Makes a system call through the C library, for Miri and other architectures. Returns what the kernel
/// returns.
///
/// # Safety
/// As for [`syscall3`].
#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
unsafe fn libc_syscall(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> usize {
    use core::ffi::c_long;

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }
    // SAFETY: the caller guarantees that what the kernel does is sound.
    let result = unsafe { syscall(int_result(number).into(), a, b, c, d, e, f) };
    usize::try_from(result).unwrap_or_else(|_| {
        let errno = std::io::Error::last_os_error().raw_os_error();
        int_arg(errno.unwrap_or(0)).wrapping_neg()
    })
}

/// Tells a result of the kernel from an error: results from -4095 to -1 are error numbers (syscall(2)).
#[inline(always)]
fn to_result(result: usize) -> Result<usize, Errno> {
    match result.wrapping_neg() {
        errno @ 1..=4095 => Err(Errno(int_result(errno))),
        _ => Ok(result),
    }
}

/// Makes a C `int` an argument.
#[inline(always)]
#[expect(
    clippy::cast_sign_loss,
    reason = "the kernel reads the lower half of the register"
)]
pub(super) fn int_arg(n: c_int) -> usize {
    n as usize
}

/// Makes a result a C `int`.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the kernel's result is an `int`"
)]
pub(super) fn int_result(n: usize) -> c_int {
    n as c_int
}
