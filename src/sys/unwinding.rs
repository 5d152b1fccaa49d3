//! Replacements for functions of the unwinder that std's backtraces call: they report an empty stack.
//!
//! std's default panic hook prints a backtrace if `RUST_BACKTRACE` is set, and therefore contains a
//! symbolizer: 390 KB of a function of 88 KB, although a stripped executable has no symbols to print.
//! With these definitions the linker sees that the symbolizer is never reached and leaves it out. In a
//! build whose panics abort it leaves out the whole unwinder. The plain form is to leave out this file.

use core::ffi::{c_int, c_void};
use core::ptr;

/// `_URC_END_OF_STACK` (Itanium C++ ABI, Level I): there is no further frame.
const END_OF_STACK: c_int = 5;

macro_rules! empty_stack {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty = $value:expr)?;)*) => {$(
        // SAFETY: the function has the name and signature that the unwinder's has, and its result is
        // one that the ABI allows for a stack without frames. The functions that would unwind are only
        // defined where panics abort, so that nothing calls them.
        #[unsafe(no_mangle)]
        extern "C" fn $name($(_: $type),*) $(-> $ret)? {
            $($value)?
        }
    )*};
}

empty_stack! {
    _Unwind_Backtrace(trace: *const c_void, arg: *mut c_void) -> c_int = END_OF_STACK;
    _Unwind_GetCFA(context: *mut c_void) -> usize = 0;
    _Unwind_GetTextRelBase(context: *mut c_void) -> usize = 0;
    _Unwind_GetDataRelBase(context: *mut c_void) -> usize = 0;
    _Unwind_FindEnclosingFunction(pc: *mut c_void) -> *mut c_void = ptr::null_mut();
}

#[cfg(panic = "abort")]
empty_stack! {
    _Unwind_RaiseException(exception: *mut c_void) -> c_int = END_OF_STACK;
    _Unwind_Resume(exception: *mut c_void);
    _Unwind_DeleteException(exception: *mut c_void);
    _Unwind_GetIP(context: *mut c_void) -> usize = 0;
    _Unwind_GetIPInfo(context: *mut c_void, before: *mut c_int) -> usize = 0;
    _Unwind_GetGR(context: *mut c_void, index: c_int) -> usize = 0;
    _Unwind_SetGR(context: *mut c_void, index: c_int, value: usize);
    _Unwind_SetIP(context: *mut c_void, value: usize);
    _Unwind_GetRegionStart(context: *mut c_void) -> usize = 0;
    _Unwind_GetLanguageSpecificData(context: *mut c_void) -> *mut c_void = ptr::null_mut();
}

/// Returns the address at which a frame stopped. The toolchain's unwinder has this function in the same
/// object file as the functions above, so the linker would take all of them from there.
///
/// # Safety
/// `context` is the unwinder's own, and `before` is null or writable.
// SAFETY: the function has the name and signature of the unwinder's, and does the same for frames that
// called another function.
#[cfg(panic = "unwind")]
#[unsafe(no_mangle)]
unsafe extern "C" fn _Unwind_GetIPInfo(context: *mut c_void, before: *mut c_int) -> usize {
    unsafe extern "C" {
        fn _Unwind_GetIP(context: *mut c_void) -> usize;
    }
    // SAFETY: the caller is the personality function of Rust's frames, which passes on what the unwinder
    // gave it. Rust never unwinds out of a signal handler, so the address is always one after a call, which
    // `before` = 0 means.
    unsafe {
        if !before.is_null() {
            *before = 0;
        }
        _Unwind_GetIP(context)
    }
}
