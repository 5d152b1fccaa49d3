//! Threads and events without std's, which are 39 KB more.

use alloc::boxed::Box;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use super::syscall::{TimeSpec, number, syscall};
use super::unix_time_ms;

/// The first function of a thread. A panic in it aborts the process.
type Start = extern "C" fn(*mut c_void) -> *mut c_void;

/// `pthread_attr_t`: 56 bytes with glibc and musl on x86_64, 64 with glibc on arm64.
#[repr(C, align(16))]
struct ThreadAttr([u8; 128]);

// `pthread_t` is as wide as a pointer with glibc and musl.
unsafe extern "C" {
    fn pthread_attr_init(attr: *mut ThreadAttr) -> c_int;
    fn pthread_attr_setstacksize(attr: *mut ThreadAttr, len: usize) -> c_int;
    fn pthread_create(
        thread: *mut usize,
        attr: *const ThreadAttr,
        start: Start,
        arg: *mut c_void,
    ) -> c_int;
    fn pthread_join(thread: usize, value: *mut *mut c_void) -> c_int;
}

/// Starts a thread with a stack of `stack_len` bytes. Returns `None` if the system has no more threads.
///
/// # Safety
/// `start` may be called with `arg` on another thread, at any time from now on.
unsafe fn create(stack_len: usize, start: Start, arg: *mut c_void) -> Option<usize> {
    let mut attr = ThreadAttr([0; 128]);
    let mut thread = 0_usize;
    // SAFETY: `attr` has room for a `pthread_attr_t`, and `thread` is as wide as a `pthread_t`. The caller
    // guarantees that `start` may be called with `arg`.
    let errno = unsafe {
        pthread_attr_init(&raw mut attr);
        pthread_attr_setstacksize(&raw mut attr, stack_len);
        pthread_create(&raw mut thread, &raw const attr, start, arg)
    };
    (errno == 0).then_some(thread)
}

/// A thread. If it is not joined, it goes on by itself.
#[derive(Debug)]
pub(crate) struct Thread(usize);

impl Thread {
    /// Calls `f` on a new thread with a stack of `stack_len` bytes. Returns `None` if the system has no more
    /// threads. A panic in `f` aborts the process.
    pub(crate) fn spawn(stack_len: usize, f: Box<dyn FnOnce() + Send>) -> Option<Thread> {
        extern "C" fn start(arg: *mut c_void) -> *mut c_void {
            // SAFETY: `spawn` has made `arg` from such a box, and passes it to this thread only.
            let f = unsafe { Box::from_raw(arg.cast::<Box<dyn FnOnce() + Send>>()) };
            f();
            ptr::null_mut()
        }
        let arg = Box::into_raw(Box::new(f));
        // SAFETY: `start` expects such a box, which is `Send`, and is called once.
        let thread = unsafe { create(stack_len, start, arg.cast()) };
        if thread.is_none() {
            // SAFETY: no thread has got `arg`.
            drop(unsafe { Box::from_raw(arg) });
        }
        thread.map(Thread)
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(self) {
        // SAFETY: `spawn` has made the thread, and it was not joined before (pthread_join(3)).
        unsafe { pthread_join(self.0, ptr::null_mut()) };
    }
}

/// An event that one thread waits for and another one sets, once.
///
/// The plain form is std's `Mutex` and `Condvar`, which is 12 KB more, for the messages of its clock's
/// errors.
#[derive(Debug, Default)]
pub(crate) struct Event(AtomicU32);

impl Event {
    /// Sets the event and wakes the thread that waits for it.
    pub(crate) fn set(&self) {
        const FUTEX_WAKE_PRIVATE: usize = 1 | 128;

        self.0.store(1, Ordering::Release);
        self.futex(FUTEX_WAKE_PRIVATE, 1, None);
    }

    /// Waits until the event is set, but at most `ms` milliseconds of the wall clock. Returns whether it is
    /// set.
    pub(crate) fn wait_ms(&self, ms: u64) -> bool {
        const FUTEX_WAIT_PRIVATE: usize = 128;

        let end_ms = unix_time_ms().saturating_add(ms);
        while self.0.load(Ordering::Acquire) == 0 {
            let left_ms = end_ms.saturating_sub(unix_time_ms());
            if left_ms == 0 {
                return false;
            }
            // The call may return early because of a signal, or without any reason.
            self.futex(FUTEX_WAIT_PRIVATE, 0, Some(left_ms));
        }
        true
    }

    fn futex(&self, operation: usize, value: usize, timeout_ms: Option<u64>) {
        let timeout = timeout_ms.map(TimeSpec::from_ms);
        let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
        let word = self.0.as_ptr().expose_provenance();
        let args = [word, operation, value, timeout.expose_provenance()];
        // SAFETY: the futex word is aligned and lives while it is borrowed, and the timeout is null or
        // readable (futex(2)). An error has the same effect as being woken.
        let _ = unsafe { syscall(number::FUTEX, args) };
    }
}

/// Calls `f` on `n` threads at once, this one included, and returns when all calls have returned. Each
/// new thread has a stack of `stack_len` bytes. If the system has no more threads, there are fewer calls.
///
/// The plain form is `std::thread::scope`, which is 39 KB more.
#[cfg(panic = "unwind")]
pub(crate) fn in_parallel(n: usize, stack_len: usize, f: &(dyn Fn() + Sync)) {
    use alloc::vec::Vec;

    extern "C" fn start(arg: *mut c_void) -> *mut c_void {
        let f: *const &(dyn Fn() + Sync) = arg.cast();
        // SAFETY: `arg` is the address of `f` in the frame of `in_parallel`, which waits for this thread
        // before it ends. `f` is `Sync`.
        unsafe { (*f)() };
        ptr::null_mut()
    }
    /// Threads that are joined when this is dropped, also if `f` panics on the calling thread.
    struct Threads(Vec<Thread>);
    impl Drop for Threads {
        fn drop(&mut self) {
            for thread in self.0.drain(..) {
                thread.join();
            }
        }
    }
    let mut threads = Threads(Vec::new());
    let arg: *const &(dyn Fn() + Sync) = &raw const f;
    for _ in 1..n {
        // SAFETY: `f` lives until the thread has been joined, since `threads` is dropped before it.
        match unsafe { create(stack_len, start, arg.cast_mut().cast()) } {
            Some(thread) => threads.0.push(Thread(thread)),
            None => break,
        }
    }
    f();
}
