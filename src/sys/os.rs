//! What a process has of its own: its environment, its clock, its standard error.

/// The variable that names the Runtime API, which only the process of a function has.
pub(crate) const ENDPOINT_VARIABLE: &core::ffi::CStr = c"AWS_LAMBDA_RUNTIME_API";

#[cfg(target_os = "linux")]
mod environment {
    use alloc::vec::Vec;
    use core::ffi::{CStr, c_char};
    use core::ptr;
    use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

    type Entry = *const c_char;

    unsafe extern "C" {
        static mut environ: *const Entry;
    }

    /// The entries that the process was started with. Nothing ever writes to this array or to its texts.
    static AT_START: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());

    /// The text of the one variable that is ever set, or an empty text, which is no variable. Longer
    /// than any tracing header; the last byte stays 0.
    static SET: [AtomicU8; 512] = [const { AtomicU8::new(0) }; 512];

    /// Has the C library call `keep_environment` before `main`.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static BEFORE_MAIN: extern "C" fn() = keep_environment;

    /// Splits the environment in two, while the process has one thread. `environ` belongs to the C
    /// library and to std, whose lock nobody else can take: `setenv` writes to its array and frees it.
    /// So this crate reads an array of its own, and never reads or writes `environ` after this.
    ///
    /// Where there is a Runtime API, `environ` gets a first entry whose text is `SET`.
    extern "C" fn keep_environment() {
        // SAFETY: the C library calls this once, before `main` and before the process has a second
        // thread, so that nobody else reads or writes `environ`. It is null or points to pointers to
        // texts, of which the last is null (environ(7)). Both arrays end that way too, have the same
        // texts, and live as long as the process. The texts are those that the kernel made: `setenv`
        // and `putenv` replace pointers to them, and change no byte of them.
        unsafe {
            let mut copy: Vec<Entry> = Vec::new();
            copy.push(SET.as_ptr().cast());
            let mut entries = environ;
            while !entries.is_null() && !(*entries).is_null() {
                copy.push(*entries);
                entries = entries.add(1);
            }
            copy.push(ptr::null());
            let copy = copy.leak().as_ptr();
            if find(environ, super::ENDPOINT_VARIABLE).is_some() {
                AT_START.store(environ.cast_mut(), Ordering::Relaxed);
                environ = copy;
            } else {
                AT_START.store(copy.add(1).cast_mut(), Ordering::Relaxed);
            }
        }
    }

    /// The value of the variable `name`, as the process was started with it: what is set later is
    /// neither seen nor waited for. `getenv` compares by calls, of which three variables were a fifth of
    /// the way to the first event.
    pub(crate) fn env(name: &CStr) -> Option<&'static [u8]> {
        // SAFETY: nothing writes to `AT_START` or what it points to after `keep_environment`.
        unsafe { find(AT_START.load(Ordering::Relaxed), name) }
    }

    /// The value of `name` in an array of entries.
    ///
    /// # Safety
    /// `entries` is null or as in environ(7), and nobody writes to it or to its texts.
    unsafe fn find(mut entries: *const Entry, name: &CStr) -> Option<&'static [u8]> {
        // SAFETY: the array ends with null, and each text with 0. No byte of a text is read behind one
        // that differs from `name`'s, as the one at its end does.
        unsafe {
            while !entries.is_null() && !(*entries).is_null() {
                let mut text: *const u8 = (*entries).cast();
                let mut rest = name.to_bytes();
                while let [byte, behind @ ..] = rest {
                    if *byte != *text {
                        break;
                    }
                    (rest, text) = (behind, text.add(1));
                }
                if rest.is_empty() && *text == b'=' {
                    return Some(CStr::from_ptr(text.add(1).cast()).to_bytes());
                }
                entries = entries.add(1);
            }
        }
        None
    }

    /// Sets the one variable that is ever set, with an `entry` of the form `NAME=value`; an empty entry
    /// is no variable.
    ///
    /// Only the bytes of `SET` are written, so that neither `environ` nor memory that another thread
    /// may be reading changes hands: `setenv` would free the text before. The text always ends within
    /// `SET`. Whoever reads this variable at the same time, which only a thread does that outlives its
    /// invocation, reads old, new or mixed bytes.
    pub(crate) fn set_env(entry: [&[u8]; 2]) {
        // One that is too long is cut, which is the end of its value, not of its name.
        let [room @ .., _] = &SET;
        let mut room = room.iter();
        for part in &entry {
            for (byte, to) in part.iter().zip(room.by_ref()) {
                to.store(*byte, Ordering::Relaxed);
            }
        }
        if let Some(end) = room.next() {
            end.store(0, Ordering::Relaxed);
        }
    }
}
#[cfg(target_os = "linux")]
pub(crate) use environment::{env, set_env};

/// The same elsewhere, where there is no Lambda: by std, which has a lock and copies.
#[cfg(not(target_os = "linux"))]
pub(crate) fn env(name: &core::ffi::CStr) -> Option<&'static [u8]> {
    let value = std::env::var(name.to_str().ok()?).ok()?;
    Some(alloc::boxed::Box::leak(
        value.into_boxed_str().into_boxed_bytes(),
    ))
}

/// The same elsewhere, where there is no Lambda.
#[cfg(not(target_os = "linux"))]
pub(crate) fn set_env(_: [&[u8]; 2]) {}

/// Writes to standard error, as far as it takes it: nobody is left to tell that it does not. What is
/// longer than a pipe takes at once (4 KB) could get mixed, so others wait. std has a lock that wakes
/// them, at 300 bytes.
pub(crate) fn write_stderr(bytes: &[u8]) {
    use core::sync::atomic::{AtomicBool, Ordering};

    static IS_WRITING: AtomicBool = AtomicBool::new(false);

    while IS_WRITING.swap(true, Ordering::Acquire) {
        pause(1);
    }
    #[cfg(unix)]
    super::write_all(2, bytes);
    #[cfg(not(unix))]
    let _ = std::io::Write::write_all(&mut std::io::stderr(), bytes);
    IS_WRITING.store(false, Ordering::Release);
}

/// `build.sh` sets the variable if the linker's map of the executable shows that nothing else uses std's
/// standard output. Without the flush, the zip of `hello` is 900 bytes smaller.
const STDOUT_CAN_BE_USED: bool = option_env!("TINY_LAMBDA_STDOUT_IS_UNUSED").is_none();

/// Writes what was printed without the end of a line, which std keeps until that comes or the process
/// ends. Writes nothing if there is nothing. If another thread holds the lock of std's standard output,
/// this waits for it, as `print!` would.
#[inline(never)]
pub(crate) fn flush_stdout() {
    if STDOUT_CAN_BE_USED {
        // Ignores write errors, as there is nowhere to report them.
        let _ = std::io::Write::flush(&mut std::io::stdout());
    }
}

/// Claims the end of the process for this thread. If another thread has done so, this waits for the
/// end. If this thread has, it was called out of what `exit` calls, and ends the process at once.
#[cfg(unix)]
pub(crate) fn claim_exit(status: core::ffi::c_int) {
    use core::cell::Cell;
    use core::ffi::c_int;
    use core::ptr;
    use core::sync::atomic::{AtomicUsize, Ordering};

    /// The address of `HERE` in the thread that ends the process.
    static OWNER: AtomicUsize = AtomicUsize::new(0);
    std::thread_local! {
        /// Its address identifies a thread.
        static HERE: Cell<u8> = const { Cell::new(0) };
    }
    unsafe extern "C" {
        fn _exit(status: c_int) -> !;
    }
    let here = HERE.with(|here| ptr::from_ref(here).addr());
    match OWNER.compare_exchange(0, here, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => {}
        // SAFETY: it may be called at any time (_exit(2)).
        Err(owner) if owner == here => unsafe { _exit(status) },
        Err(_) => loop {
            pause(u16::MAX);
        },
    }
}

/// The same where there is no POSIX, whose `exit` sees to it.
#[cfg(not(unix))]
pub(crate) fn claim_exit(_: i32) {}

/// Ends the process, after what C code has asked for at its end (atexit(3)), and after standard output
/// was flushed. Only std's `exit` flushes it without waiting for a thread that holds its lock, and that
/// thread may wait for this one. Where nothing uses standard output, the C library's is 1.2 KB less.
#[cfg(unix)]
pub(crate) fn exit(status: core::ffi::c_int) -> ! {
    use core::ffi::c_int;

    unsafe extern "C" {
        fn exit(status: c_int) -> !;
    }
    claim_exit(status);
    if STDOUT_CAN_BE_USED {
        std::process::exit(status);
    }
    // SAFETY: `exit` may be called once (exit(3)), which `claim_exit` sees to.
    unsafe { exit(status) }
}

/// The same where there is no POSIX.
#[cfg(not(unix))]
pub(crate) fn exit(status: i32) -> ! {
    std::process::exit(status)
}

/// Waits for `ms` milliseconds, however many signals come meanwhile. std's `sleep` keeps a clock.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn pause(ms: u16) {
    use core::ffi::c_long;

    use super::syscall::{call, number};

    /// `struct timespec` (nanosleep(2)).
    #[repr(C)]
    struct TimeSpec(c_long, c_long);

    let nanos = c_long::from(ms % 1000).wrapping_mul(1_000_000);
    let mut time = TimeSpec((ms / 1000).into(), nanos);
    let time = (&raw mut time).expose_provenance();
    // SAFETY: `time` is readable and writable, and of the layout that nanosleep(2) has. The kernel
    // reads it first, and writes the time that is left when a signal has interrupted the call.
    while unsafe { call(number::NANOSLEEP, [time, time, 0]) }
        .is_err_and(super::Errno::is_interrupted)
    {}
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn pause(ms: u16) {
    std::thread::sleep(core::time::Duration::from_millis(ms.into()));
}

/// Milliseconds since the Unix epoch. std's clock has it too, with 6 KB for how it could fail, and
/// `clock_gettime` with a way around the system call that is another 700 bytes.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn unix_time_ms() -> u64 {
    use core::ffi::c_long;

    use super::syscall::{call, number};

    /// `struct timespec` (clock_gettime(2)).
    #[repr(C)]
    struct TimeSpec(c_long, c_long);
    const CLOCK_REALTIME: usize = 0;

    let mut time = TimeSpec(0, 0);
    let to = (&raw mut time).expose_provenance();
    // SAFETY: `time` is writable and of the layout that clock_gettime(2) has. A failure, which this
    // clock does not know, would leave the epoch.
    let _ = unsafe { call(number::CLOCK_GETTIME, [CLOCK_REALTIME, to, 0]) };
    let secs = u64::try_from(time.0).unwrap_or(0);
    secs.wrapping_mul(1000)
        .wrapping_add(u64::try_from(time.1 / 1_000_000).unwrap_or(0))
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn unix_time_ms() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A write to a pipe that nobody reads is an error, instead of the end of the process: what std's
/// start-up sees to. The C library's `signal` is another 600 bytes, for handlers.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn ignore_broken_pipes() {
    use super::syscall::{call_long, number};

    const SIGPIPE: usize = 13;
    /// `SIG_IGN`.
    const IGNORE: usize = 1;
    /// Bytes of a set of signals.
    const SET_LEN: usize = 8;

    // The kernel's `struct sigaction`, as long as it is on any architecture: the handler, then flags,
    // a restorer and a set of signals, of which there are none.
    let action = [IGNORE, 0, 0, 0];
    let action = (&raw const action).expose_provenance();
    // SAFETY: `action` is readable for its whole length, and the old one is not asked for; `IGNORE` is
    // no address of a function (sigaction(2)).
    let _ = unsafe { call_long(number::RT_SIGACTION, [SIGPIPE, action, 0, SET_LEN, 0, 0]) };
}

/// The same elsewhere.
#[cfg(all(unix, not(all(target_os = "linux", target_pointer_width = "64"))))]
pub(crate) fn ignore_broken_pipes() {
    use core::ffi::c_int;

    const SIGPIPE: c_int = 13;
    /// `SIG_IGN`.
    const IGNORE: usize = 1;

    unsafe extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }
    // SAFETY: `IGNORE` is no address of a function, and none that is asked for (signal(2)).
    unsafe { signal(SIGPIPE, IGNORE) };
}

/// The same where there is no POSIX, and no such signal.
#[cfg(not(unix))]
pub(crate) fn ignore_broken_pipes() {}
