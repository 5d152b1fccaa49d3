//! The process's environment, on Linux, macOS and FreeBSD.

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use super::ENDPOINT_VARIABLE;

/// A text of the form `NAME=value`.
type Entry = *const c_char;

/// Returns the address of the C library's variable `environ`. macOS has it only for executables, and for all others
/// a function (environ(7) there).
fn environ() -> *mut *const Entry {
    #[cfg(target_os = "macos")]
    {
        unsafe extern "C" {
            fn _NSGetEnviron() -> *mut *const Entry;
        }
        // SAFETY: the function may be called at any time.
        unsafe { _NSGetEnviron() }
    }
    #[cfg(not(target_os = "macos"))]
    {
        unsafe extern "C" {
            static mut environ: *const Entry;
        }
        &raw mut environ
    }
}

/// The environment that the process was started with. Nothing ever writes to this array or its texts.
static INITIAL_ENVIRONMENT: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());

/// The entry of the environment that [`set_env_entry`] writes. While it is an empty text it is not a
/// variable. It is longer than any tracing header; the last byte stays 0.
static WRITABLE_ENTRY: [AtomicU8; 512] = [const { AtomicU8::new(0) }; 512];

/// Makes the C library call `split_environment` before `main`.
#[used]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_os = "macos"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = split_environment;

/// Makes a second array of the environment while the process has one thread.
///
/// `environ` belongs to the C library and to std: `setenv` writes to its array and frees it, under a lock
/// of std's that no other crate can take. So this crate keeps an array of its own for [`env`], and does
/// not use `environ` after this function.
///
/// If the process has a Runtime API, `environ` also gets `WRITABLE_ENTRY` as its first entry.
extern "C" fn split_environment() {
    // SAFETY: the C library calls this once, before `main` and before the process has a second thread,
    // so nothing else reads or writes `environ`. `environ` is null or points to an array of pointers to
    // texts, which ends with null (environ(7)). Both arrays end that way too, share the texts, and live as
    // long as the process. The kernel made the texts: `setenv` and `putenv` replace pointers to them, but
    // change no byte of them.
    unsafe {
        let mut copy = Vec::new();
        let mut entry: Entry = WRITABLE_ENTRY.as_ptr().cast();
        let environ = environ();
        let mut entries = *environ;
        loop {
            copy.push(entry);
            if entry.is_null() {
                break;
            }
            entry = if entries.is_null() {
                ptr::null()
            } else {
                *entries
            };
            entries = entries.wrapping_add(1);
        }
        let copy = copy.leak().as_ptr();
        if find(*environ, ENDPOINT_VARIABLE).is_some() {
            INITIAL_ENVIRONMENT.store((*environ).cast_mut(), Ordering::Relaxed);
            *environ = copy;
        } else {
            INITIAL_ENVIRONMENT.store(copy.add(1).cast_mut(), Ordering::Relaxed);
        }
    }
}

/// Returns the value that the variable `name` had when the process was started. Later changes are not
/// seen, and no lock is taken.
///
/// The plain form is `getenv`, which calls a function for each comparison: reading three variables took a
/// fifth of the instructions up to the first event.
pub(crate) fn env(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: nothing writes to this array or its texts after `split_environment`.
    unsafe { find(INITIAL_ENVIRONMENT.load(Ordering::Relaxed), name) }
}

/// Returns the value of `name` in an array of entries.
///
/// # Safety
/// `entries` is null or as in environ(7), and nothing writes to it or to its texts.
unsafe fn find(mut entries: *const Entry, name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: the array ends with null and each text with 0. The loop over a text stops at the first byte
    // that differs from `name`, which the final 0 does, so it reads nothing after the text.
    unsafe {
        while !entries.is_null() && !(*entries).is_null() {
            let mut text: *const u8 = (*entries).cast();
            let mut rest = name.to_bytes();
            while let [byte, after @ ..] = rest {
                if *byte != *text {
                    break;
                }
                (rest, text) = (after, text.add(1));
            }
            if rest.is_empty() && *text == b'=' {
                return Some(CStr::from_ptr(text.add(1).cast()).to_bytes());
            }
            entries = entries.add(1);
        }
    }
    None
}

/// Sets the only variable that this crate sets. `entry` is `NAME=` and the value; two empty parts remove
/// the variable. A value that does not fit is cut off.
///
/// The plain form is `setenv`, which frees memory that another thread may be reading. This writes to
/// `WRITABLE_ENTRY` only, so that neither `environ` nor any memory changes owner, and the text always
/// ends within it. A thread that reads this variable at the same time reads old, new or mixed bytes; only
/// a thread that outlives its invocation can do that.
pub(crate) fn set_env_entry(entry: [&[u8]; 2]) {
    let [room @ .., _] = &WRITABLE_ENTRY;
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

/// Returns the entry that [`set_env_entry`] has set, with zeros after it.
#[cfg(panic = "abort")]
pub(crate) fn env_entry() -> [u8; 512] {
    let mut entry = [0; 512];
    for (to, byte) in entry.iter_mut().zip(&WRITABLE_ENTRY) {
        *to = byte.load(Ordering::Relaxed);
        // The bytes after it may be those of an earlier entry.
        if *to == 0 {
            break;
        }
    }
    entry
}
