//! What std's backtraces ask of the unwinder, answered with "the stack has no frames".
//!
//! std's default panic hook prints a backtrace where `RUST_BACKTRACE` asks for it, and so holds a
//! symbolizer: three quarters of a small function (measured: 390 KB against 88 KB), for text that
//! names nothing in a stripped executable. With these definitions in place of the unwinder's it is
//! never reached, and the linker leaves it out, as it does all of the unwinder.

use core::ffi::{c_int, c_void};
use core::ptr;

/// `_URC_END_OF_STACK` of the Itanium C++ ABI, Level I: there is no (further) frame.
const END_OF_STACK: c_int = 5;

macro_rules! stubs {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty = $value:expr)?;)*) => {$(
        // SAFETY: this symbol stands for the unwinder's of the same name and signature, which it
        // is free to answer with "nothing there". Nothing ever calls those that would unwind.
        #[unsafe(no_mangle)]
        extern "C" fn $name($(_: $type),*) $(-> $ret)? {
            $($value)?
        }
    )*};
}

stubs! {
    _Unwind_Backtrace(trace: *const c_void, arg: *mut c_void) -> c_int = END_OF_STACK;
    _Unwind_GetCFA(context: *mut c_void) -> usize = 0;
    _Unwind_GetTextRelBase(context: *mut c_void) -> usize = 0;
    _Unwind_GetDataRelBase(context: *mut c_void) -> usize = 0;
    _Unwind_FindEnclosingFunction(pc: *mut c_void) -> *mut c_void = ptr::null_mut();
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
