//! The unwinder of release builds whose panics unwind: level I of the Itanium C++ ABI's exception handling.
//!
//! The toolchain's own has 57 KB, and brings C's `printf` and `malloc` with it for messages and a
//! cache that a static executable has no use for. This one has 3 KB, and takes no longer. It reads
//! what compilers emit, which is no DWARF expressions but for the frames of signals; where it meets
//! one, the stack ends, and the panic aborts.

mod arch;
mod cfi;

use core::ffi::{c_int, c_uint, c_void};

use arch::{PC, Registers, SP};
use cfi::Function;

/// `_Unwind_Reason_Code`.
const FATAL_PHASE2_ERROR: c_int = 2;
const FATAL_PHASE1_ERROR: c_int = 3;
const END_OF_STACK: c_int = 5;
const HANDLER_FOUND: c_int = 6;
const INSTALL_CONTEXT: c_int = 7;
const CONTINUE_UNWIND: c_int = 8;
const FOREIGN_EXCEPTION_CAUGHT: c_int = 1;

/// `_Unwind_Action`, of which two can come together.
const SEARCH_PHASE: c_int = 1;
const CLEANUP_PHASE: c_int = 2;
const HANDLER_FRAME: c_int = 4;

/// `_Unwind_Exception`, which the thrower makes and keeps its own data behind.
#[repr(C)]
struct Exception {
    class: u64,
    cleanup: Option<unsafe extern "C" fn(c_int, *mut Exception)>,
    /// The stack pointer in the frame that has a handler.
    handler_sp: usize,
    _private: usize,
}

/// `_Unwind_Context`: a frame, as it was when it called the next one.
struct Context {
    registers: Registers,
    function: Function,
}

/// `_Unwind_Personality_Fn`.
type Personality = unsafe extern "C" fn(c_int, c_int, u64, *mut Exception, *mut Context) -> c_int;

impl Context {
    /// # Safety
    /// `registers` are those of a frame of this stack, at a call.
    unsafe fn new(registers: Registers) -> Option<Context> {
        // The call is the last instruction of its function if it does not return.
        let call = registers.0.get(PC)?.wrapping_sub(1);
        // SAFETY: the caller answers for the address.
        let function = unsafe { cfi::find(call) }?;
        Some(Context {
            registers,
            function,
        })
    }

    /// What the function's language says about the exception.
    ///
    /// # Safety
    /// `exception` is one that was raised and is not caught.
    unsafe fn ask(&mut self, actions: c_int, exception: *mut Exception) -> c_int {
        let Some(personality) = self.function.personality else {
            return CONTINUE_UNWIND;
        };
        // SAFETY: the tables name a function of this type; it gets what the ABI has it get.
        unsafe { personality(1, actions, (*exception).class, exception, self) }
    }

    /// The frame that called this one.
    ///
    /// # Safety
    /// As for `new`.
    unsafe fn caller(&self) -> Option<Context> {
        // SAFETY: the caller answers for the frame.
        unsafe {
            let registers = self.function.unwind(&self.registers)?;
            Context::new(registers)
        }
    }

    fn sp(&self) -> usize {
        self.registers.0.get(SP).copied().unwrap_or_default()
    }
}

/// Looks for a handler, notes where it is, and goes there. Returns if there is none, or if the stack
/// cannot be read.
///
/// # Safety
/// `exception` is the thrower's, and `registers` are those of its frame.
unsafe extern "C" fn raise(exception: *mut Exception, registers: *const Registers) -> c_int {
    // SAFETY: the caller answers for both.
    unsafe {
        let mut frame = Context::new((*registers).clone());
        loop {
            let Some(mut context) = frame else {
                return END_OF_STACK;
            };
            match context.ask(SEARCH_PHASE, exception) {
                CONTINUE_UNWIND => frame = context.caller(),
                HANDLER_FOUND => {
                    (*exception).handler_sp = context.sp();
                    return go_on(exception, registers);
                }
                _ => return FATAL_PHASE1_ERROR,
            }
        }
    }
}

/// Goes through the frames up to the handler's, each of which may have something to drop first: it
/// then comes back by `_Unwind_Resume`.
///
/// # Safety
/// As for `raise`, which has found a handler.
unsafe extern "C" fn go_on(exception: *mut Exception, registers: *const Registers) -> c_int {
    // SAFETY: the caller answers for both.
    unsafe {
        let mut frame = Context::new((*registers).clone());
        while let Some(mut context) = frame {
            let is_handler = context.sp() == (*exception).handler_sp;
            let actions = CLEANUP_PHASE | if is_handler { HANDLER_FRAME } else { 0 };
            match context.ask(actions, exception) {
                CONTINUE_UNWIND if !is_handler => frame = context.caller(),
                INSTALL_CONTEXT => arch::install(&raw const context.registers),
                _ => break,
            }
        }
    }
    FATAL_PHASE2_ERROR
}

/// Ends the process: there is nobody to return to.
extern "C" fn lost() -> ! {
    std::process::abort()
}

macro_rules! api {
    ($($name:ident($($arg:ident: $type:ty),*) $(-> $ret:ty)? $body:block)*) => {$(
        /// What the ABI says of it.
        ///
        /// # Safety
        /// As the ABI has it: an exception is the thrower's, a context what a personality function
        /// was given.
        // SAFETY: this symbol stands for the toolchain's of the same name and signature.
        #[unsafe(no_mangle)]
        #[allow(unused_unsafe, reason = "some of them only return a constant")]
        unsafe extern "C" fn $name($($arg: $type),*) $(-> $ret)? {
            // SAFETY: the caller keeps the ABI's rules.
            unsafe { $body }
        }
    )*};
}

api! {
    _Unwind_DeleteException(exception: *mut Exception) {
        if let Some(cleanup) = (*exception).cleanup {
            cleanup(FOREIGN_EXCEPTION_CAUGHT, exception);
        }
    }
    _Unwind_GetLanguageSpecificData(context: *mut Context) -> usize { (*context).function.lsda }
    _Unwind_GetRegionStart(context: *mut Context) -> usize { (*context).function.begin }
    _Unwind_GetTextRelBase(_context: *mut Context) -> usize { 0 }
    _Unwind_GetDataRelBase(_context: *mut Context) -> usize { 0 }
    _Unwind_GetIP(context: *mut Context) -> usize {
        (*context).registers.0.get(PC).copied().unwrap_or_default()
    }
    _Unwind_GetIPInfo(context: *mut Context, before: *mut c_int) -> usize {
        if !before.is_null() {
            *before = 0;
        }
        _Unwind_GetIP(context)
    }
    _Unwind_SetIP(context: *mut Context, value: usize) {
        if let Some(pc) = (*context).registers.0.get_mut(PC) {
            *pc = value;
        }
    }
    _Unwind_GetGR(context: *mut Context, index: c_uint) -> usize {
        (*context).registers.named(index as usize).copied().unwrap_or_default()
    }
    _Unwind_SetGR(context: *mut Context, index: c_uint, value: usize) {
        if let Some(register) = (*context).registers.named_mut(index as usize) {
            *register = value;
        }
    }
    _Unwind_GetCFA(context: *mut Context) -> usize { (*context).sp() }
    _Unwind_FindEnclosingFunction(_pc: *mut c_void) -> *mut c_void { core::ptr::null_mut() }
    // For std's backtraces: a stripped executable has no names for them, but a symbolizer would be
    // three quarters of it.
    _Unwind_Backtrace(_trace: *const c_void, _arg: *mut c_void) -> c_int { END_OF_STACK }
}
