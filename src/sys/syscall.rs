//! System calls, without the C library's functions for them: 600 bytes, and `errno` in between.

use core::ffi::c_int;

use super::Errno;

// Linux's numbers; those of the allocator stand there.
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

/// Makes the system call `number` of up to three arguments.
///
/// # Safety
/// The kernel does with the arguments what the call's page in section 2 of the manual says.
#[inline(always)]
pub(super) unsafe fn call(number: usize, [a, b, c]: [usize; 3]) -> Result<usize, Errno> {
    // SAFETY: the caller answers for what the kernel does; it changes no registers but those that
    // are named (System V ABI for x86_64, A.2.1; syscall(2)).
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
    // SAFETY: the caller answers for what the kernel does.
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let result = unsafe { by_c(number, [a, b, c, 0, 0, 0]) };
    checked(result)
}

/// The same for up to six arguments.
///
/// # Safety
/// As above.
#[inline(always)]
pub(super) unsafe fn call_long(
    number: usize,
    [a, b, c, d, e, f]: [usize; 6],
) -> Result<usize, Errno> {
    // SAFETY: as above.
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
    // SAFETY: as above.
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
    // SAFETY: as above.
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let result = unsafe { by_c(number, [a, b, c, d, e, f]) };
    checked(result)
}

/// The same by the C library, for other architectures.
///
/// # Safety
/// As above.
#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
unsafe fn by_c(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> usize {
    use core::ffi::c_long;

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }
    // SAFETY: the caller answers for what the kernel does.
    let result = unsafe { syscall(to_int(number).into(), a, b, c, d, e, f) };
    usize::try_from(result).unwrap_or_else(|_| {
        let errno = std::io::Error::last_os_error().raw_os_error();
        int(errno.unwrap_or(0)).wrapping_neg()
    })
}

/// What the kernel has answered: the last 4095 numbers are errors (syscall(2)).
#[inline(always)]
fn checked(result: usize) -> Result<usize, Errno> {
    match result.wrapping_neg() {
        errno @ 1..=4095 => Err(Errno(to_int(errno))),
        _ => Ok(result),
    }
}

/// A number of C as an argument.
#[inline(always)]
#[expect(clippy::cast_sign_loss, reason = "the kernel looks at the lower half")]
pub(super) fn int(n: c_int) -> usize {
    n as usize
}

/// An answer that is a number of C.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the kernel has had an `int` in hand"
)]
pub(super) fn to_int(n: usize) -> c_int {
    n as c_int
}
