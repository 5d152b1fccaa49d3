//! System calls without the C library's functions for them, which are 600 bytes more and report errors
//! through the thread-local `errno`.

use core::ffi::c_int;

use super::Errno;

/// The numbers of Linux's system calls. The allocator has its own.
pub(super) mod number {
    pub(crate) const WRITE: usize = by_arch(1, 64);
    pub(crate) const RT_SIGACTION: usize = by_arch(13, 134);
    pub(crate) const IOCTL: usize = by_arch(16, 29);
    pub(crate) const NANOSLEEP: usize = by_arch(35, 101);
    pub(crate) const SOCKET: usize = by_arch(41, 198);
    pub(crate) const CONNECT: usize = by_arch(42, 203);
    pub(crate) const SENDTO: usize = by_arch(44, 206);
    pub(crate) const RECVFROM: usize = by_arch(45, 207);
    pub(crate) const SENDMSG: usize = by_arch(46, 211);
    pub(crate) const SETSOCKOPT: usize = by_arch(54, 208);
    pub(crate) const GETSOCKOPT: usize = by_arch(55, 209);
    pub(crate) const FCNTL: usize = by_arch(72, 25);
    pub(crate) const FUTEX: usize = by_arch(202, 98);
    pub(crate) const CLOCK_GETTIME: usize = by_arch(228, 113);
    pub(crate) const GETRANDOM: usize = by_arch(318, 278);

    /// Returns the number of a call on this architecture. All that are newer than x86_64 share one table.
    pub(crate) const fn by_arch(x86_64: usize, newer: usize) -> usize {
        if cfg!(target_arch = "x86_64") {
            x86_64
        } else {
            newer
        }
    }
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

    /// Returns nanoseconds, which fit until the year 2554.
    #[inline(always)]
    pub(super) fn to_nanos(&self) -> u64 {
        self.secs
            .wrapping_mul(1_000_000_000)
            .wrapping_add(self.nanos)
    }
}

/// Makes the system call `number` with up to six arguments.
///
/// # Safety
/// What the kernel does with these arguments, according to the call's page in section 2 of the manual,
/// must be sound.
#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
#[inline(always)]
pub(super) unsafe fn syscall<const N: usize>(
    number: usize,
    args: [usize; N],
) -> Result<usize, Errno> {
    use core::mem::MaybeUninit;

    // The kernel does not read the registers of arguments that a call does not have, so these keep the value
    // that they have. Saves 37 bytes of hello's zip and 18 instructions per invocation; the plain form is 0.
    let arg = |index: usize| match args.get(index) {
        Some(arg) => MaybeUninit::new(*arg),
        None => MaybeUninit::uninit(),
    };
    let [a, b, c, d, e, f] = [arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)];
    // SAFETY: the caller guarantees that what the kernel does is sound. It changes no registers but those
    // that are named (System V ABI for x86_64, A.2.1; syscall(2)).
    #[cfg(target_arch = "x86_64")]
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
    // SAFETY: the same (syscall(2)).
    #[cfg(target_arch = "aarch64")]
    let result = unsafe {
        let result: usize;
        core::arch::asm!(
            "svc 0",
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f, in("x8") number,
            options(nostack, preserves_flags),
        );
        result
    };
    // Results from -4095 to -1 are error numbers (syscall(2)).
    if result > usize::MAX - 4095 {
        return Err(Errno(int_result(result.wrapping_neg())));
    }
    Ok(result)
}

/// Makes the same system call through the C library, for Miri and other architectures.
///
/// # Safety
/// The same as above.
#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) unsafe fn syscall<const N: usize>(
    number: usize,
    args: [usize; N],
) -> Result<usize, Errno> {
    use core::ffi::c_long;

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }
    let [a, b, c, d, e, f] = core::array::from_fn(|i| args.get(i).copied().unwrap_or(0));
    // SAFETY: the caller guarantees that what the kernel does is sound.
    let result = unsafe { syscall(int_result(number).into(), a, b, c, d, e, f) };
    usize::try_from(result).map_err(|_| {
        let errno = std::io::Error::last_os_error().raw_os_error();
        Errno(errno.unwrap_or(0))
    })
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
