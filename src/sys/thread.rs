//! Threads without std's: 39 KB less.

use alloc::boxed::Box;
#[cfg(unix)]
use core::ffi::{c_int, c_void};

/// What a thread begins with. A panic does not leave it: it aborts.
#[cfg(unix)]
type Start = extern "C" fn(*mut c_void) -> *mut c_void;

/// Starts a thread with a stack of `stack_len` bytes; `None`: the system has no more of them.
///
/// # Safety
/// `start` may be called with `arg`, on another thread and at any time.
#[cfg(unix)]
unsafe fn create(stack_len: usize, start: Start, arg: *mut c_void) -> Option<usize> {
    /// `pthread_attr_t`, which has 56 bytes with glibc and musl (64 on arm64), and as many on other
    /// systems.
    #[repr(C, align(16))]
    struct Attr([u8; 128]);

    unsafe extern "C" {
        fn pthread_attr_init(attr: *mut Attr) -> c_int;
        fn pthread_attr_setstacksize(attr: *mut Attr, len: usize) -> c_int;
        fn pthread_create(
            thread: *mut usize,
            attr: *const Attr,
            start: Start,
            arg: *mut c_void,
        ) -> c_int;
    }
    let mut attr = Attr([0; 128]);
    let mut thread = 0_usize;
    // SAFETY: `attr` has room for a `pthread_attr_t`, `thread` is as wide as a `pthread_t`; the
    // caller answers for `start` and `arg`.
    let failed = unsafe {
        pthread_attr_init(&raw mut attr);
        pthread_attr_setstacksize(&raw mut attr, stack_len);
        pthread_create(&raw mut thread, &raw const attr, start, arg)
    };
    (failed == 0).then_some(thread)
}

#[cfg(unix)]
unsafe extern "C" {
    fn pthread_join(thread: usize, value: *mut *mut c_void) -> c_int;
}

/// A thread that was started; one that is forgotten goes on by itself.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Thread(usize);

#[cfg(unix)]
impl Thread {
    /// Has `f` called on a new thread with a stack of `stack_len` bytes; `None`: the system has no
    /// more threads. A panic of `f` aborts.
    pub(crate) fn spawn(stack_len: usize, f: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        extern "C" fn start(arg: *mut c_void) -> *mut c_void {
            // SAFETY: `arg` is what `spawn` has made of a box, and this thread alone has it.
            let f = unsafe { Box::from_raw(arg.cast::<Box<dyn FnOnce() + Send>>()) };
            f();
            core::ptr::null_mut()
        }
        let arg = Box::into_raw(Box::new(f));
        // SAFETY: `start` takes what `arg` is, which is `Send`, and is called once.
        let thread = unsafe { create(stack_len, start, arg.cast()) };
        if thread.is_none() {
            // SAFETY: there is no thread that has it.
            drop(unsafe { Box::from_raw(arg) });
        }
        thread.map(Thread)
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        // SAFETY: `spawn` has made it, and it was not joined before (pthread_join(3)).
        unsafe { pthread_join(self.0, core::ptr::null_mut()) };
    }
}

/// The same where there is no POSIX.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Thread(std::thread::JoinHandle<()>);

#[cfg(not(unix))]
impl Thread {
    pub(crate) fn spawn(stack_len: usize, f: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        let builder = std::thread::Builder::new().stack_size(stack_len);
        builder.spawn(f).ok().map(Thread)
    }

    pub(crate) fn join(self) {
        let _ = self.0.join();
    }
}

/// What one thread says to another one, once: that it need not wait any longer.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[derive(Debug, Default)]
pub(crate) struct Word(core::sync::atomic::AtomicU32);

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl Word {
    /// Says it.
    pub(crate) fn say(&self) {
        const FUTEX_WAKE_PRIVATE: c_int = 1 | 128;
        self.0.store(1, core::sync::atomic::Ordering::Release);
        self.futex(FUTEX_WAKE_PRIVATE, 1, None);
    }

    /// Waits for it, for so many milliseconds of the wall clock at most: whether it came. std's way
    /// to it is 12 KB, for how its clock could fail.
    pub(crate) fn comes_within(&self, ms: u64) -> bool {
        const FUTEX_WAIT_PRIVATE: c_int = 128;
        let end = super::unix_time_ms().saturating_add(ms);
        while self.0.load(core::sync::atomic::Ordering::Acquire) == 0 {
            let left = end.saturating_sub(super::unix_time_ms());
            if left == 0 {
                return false;
            }
            // It ends early for a signal, or for nothing at all.
            self.futex(FUTEX_WAIT_PRIVATE, 0, Some(left));
        }
        true
    }

    fn futex(&self, what: c_int, value: u32, ms: Option<u64>) {
        use super::syscall::{call_long, int, number};

        // `struct timespec` (clock_gettime(2)), of which no number is negative here.
        let ms = ms.map(|ms| [ms / 1000, (ms % 1000).wrapping_mul(1_000_000)]);
        let timeout = ms.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
        let (word, timeout) = (
            self.0.as_ptr().expose_provenance(),
            timeout.expose_provenance(),
        );
        let args = [word, int(what), value as usize, timeout, 0, 0];
        // SAFETY: the word is aligned and lives as long as it is borrowed; the time is none, or
        // readable (futex(2)). A failure is as good as having been woken.
        let _ = unsafe { call_long(number::FUTEX, args) };
    }
}

/// The same elsewhere.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
#[derive(Debug, Default)]
pub(crate) struct Word(std::sync::Mutex<bool>, std::sync::Condvar);

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl Word {
    pub(crate) fn say(&self) {
        let lock = self.0.lock();
        *lock.unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.1.notify_one();
    }

    pub(crate) fn comes_within(&self, ms: u64) -> bool {
        let lock = self.0.lock();
        let lock = lock.unwrap_or_else(std::sync::PoisonError::into_inner);
        let time = core::time::Duration::from_millis(ms);
        let waited = self.1.wait_timeout_while(lock, time, |came| !*came);
        *waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
    }
}

/// Calls `f` on `n` threads at once, of which this is one, and returns when all have. Each of the
/// others has a stack of `stack_len` bytes. Where the system has no more threads, there are fewer.
///
/// std's threads can do this too, with 39 KB.
#[cfg(all(unix, panic = "unwind"))]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    use alloc::vec::Vec;
    use core::ptr;

    extern "C" fn start(arg: *mut c_void) -> *mut c_void {
        let f: *const &(dyn Fn() + Sync) = arg.cast();
        // SAFETY: `arg` is the address of `f` in the frame of `in_parallel`, which waits for this
        // thread before it ends; `f` is `Sync`.
        unsafe { (*f)() };
        ptr::null_mut()
    }
    /// Waits for its threads when it goes out of scope, however that comes.
    struct Threads(Vec<usize>);
    impl Drop for Threads {
        fn drop(&mut self) {
            for &thread in &self.0 {
                // SAFETY: each was created and not joined before (pthread_join(3)).
                unsafe { pthread_join(thread, ptr::null_mut()) };
            }
        }
    }
    let mut threads = Threads(Vec::new());
    let arg: *const &(dyn Fn() + Sync) = &raw const f;
    for _ in 1..n {
        // SAFETY: `arg` lives until the thread has been joined, as `threads` is dropped before `f`.
        match unsafe { create(stack_len, start, arg.cast_mut().cast()) } {
            Some(thread) => threads.0.push(thread),
            None => break,
        }
    }
    f();
}

/// The same where there is no POSIX.
#[cfg(all(not(unix), panic = "unwind"))]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 1..n {
            let builder = std::thread::Builder::new().stack_size(stack_len);
            if builder.spawn_scoped(scope, f).is_err() {
                break;
            }
        }
        f();
    });
}
