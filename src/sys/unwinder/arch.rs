//! What the unwinder has to know of a processor: its registers, and how they are taken and put back.

/// The registers of a frame.
#[derive(Clone)]
#[repr(C, align(16))]
pub(super) struct Registers(pub(super) [usize; N]);

impl Registers {
    /// The register that DWARF has the number `index` for, if it is one that a caller gets back, or
    /// an exception is handed over in.
    pub(super) fn named(&self, index: usize) -> Option<&usize> {
        self.0.get(slot(index))
    }

    pub(super) fn named_mut(&mut self, index: usize) -> Option<&mut usize> {
        self.0.get_mut(slot(index))
    }
}

unsafe extern "C" {
    #[link_name = "tiny_lambda_unwind_install"]
    pub(super) fn install(registers: *const Registers) -> !;
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::{N, PC, SP, slot};
/// System V ABI, AMD64 supplement, figure 3.36.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    /// rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, and where the frame goes on.
    pub(in super::super) const N: usize = 17;
    pub(in super::super) const SP: usize = 7;
    pub(in super::super) const PC: usize = 16;

    pub(in super::super) fn slot(index: usize) -> usize {
        index
    }

    // SAFETY: the first two are called as C functions with an exception. They write what a function
    // has to preserve, and the stack pointer and the place behind their return, into a `Registers`
    // of their own frame; 152 bytes keep the stack aligned for the call. The third reads all it
    // needs before it gives its own frame up.
    core::arch::global_asm!(
        ".macro TINY_LAMBDA_TAKE_REGISTERS",
        "sub rsp, 152",
        "mov [rsp + 24], rbx",
        "mov [rsp + 48], rbp",
        "lea rax, [rsp + 160]",
        "mov [rsp + 56], rax",
        "mov [rsp + 96], r12",
        "mov [rsp + 104], r13",
        "mov [rsp + 112], r14",
        "mov [rsp + 120], r15",
        "mov rax, [rsp + 152]",
        "mov [rsp + 128], rax",
        "mov rsi, rsp",
        ".endm",
        // Nobody forces the unwinding of a stack, so that to throw again is to throw.
        ".globl _Unwind_RaiseException, _Unwind_Resume_or_Rethrow",
        "_Unwind_RaiseException:",
        "_Unwind_Resume_or_Rethrow:",
        "TINY_LAMBDA_TAKE_REGISTERS",
        "call {raise}",
        "add rsp, 152",
        "ret",
        ".globl _Unwind_Resume",
        "_Unwind_Resume:",
        "TINY_LAMBDA_TAKE_REGISTERS",
        "call {go_on}",
        "call {lost}",
        ".globl tiny_lambda_unwind_install",
        "tiny_lambda_unwind_install:",
        "mov rax, [rdi]",
        "mov rdx, [rdi + 8]",
        "mov rbx, [rdi + 24]",
        "mov rbp, [rdi + 48]",
        "mov r12, [rdi + 96]",
        "mov r13, [rdi + 104]",
        "mov r14, [rdi + 112]",
        "mov r15, [rdi + 120]",
        "mov rcx, [rdi + 128]",
        "mov rsp, [rdi + 56]",
        "jmp rcx",
        raise = sym super::super::raise,
        go_on = sym super::super::go_on,
        lost = sym super::super::lost,
    );
}

#[cfg(target_arch = "aarch64")]
pub(super) use aarch64::{N, PC, SP, slot};
/// DWARF for the Arm 64-bit Architecture, section 4.1.
#[cfg(target_arch = "aarch64")]
mod aarch64 {
    /// x0 to x30, sp, d8 to d15, and where the frame goes on.
    pub(in super::super) const N: usize = 41;
    pub(in super::super) const SP: usize = 31;
    pub(in super::super) const PC: usize = 40;

    pub(in super::super) fn slot(index: usize) -> usize {
        match index {
            0..32 => index,
            // d8 to d15 are v8 to v15, as far as they are preserved.
            72..80 => index.wrapping_sub(40),
            _ => N,
        }
    }

    // SAFETY: as for the other processor; 336 bytes are a `Registers`, aligned.
    core::arch::global_asm!(
        ".macro TINY_LAMBDA_TAKE_REGISTERS",
        "sub sp, sp, #336",
        "stp x19, x20, [sp, #152]",
        "stp x21, x22, [sp, #168]",
        "stp x23, x24, [sp, #184]",
        "stp x25, x26, [sp, #200]",
        "stp x27, x28, [sp, #216]",
        "stp x29, x30, [sp, #232]",
        "add x9, sp, #336",
        "str x9, [sp, #248]",
        "stp d8, d9, [sp, #256]",
        "stp d10, d11, [sp, #272]",
        "stp d12, d13, [sp, #288]",
        "stp d14, d15, [sp, #304]",
        "str x30, [sp, #320]",
        "mov x1, sp",
        ".endm",
        // Nobody forces the unwinding of a stack, so that to throw again is to throw.
        ".globl _Unwind_RaiseException, _Unwind_Resume_or_Rethrow",
        "_Unwind_RaiseException:",
        "_Unwind_Resume_or_Rethrow:",
        "TINY_LAMBDA_TAKE_REGISTERS",
        "bl {raise}",
        "ldr x30, [sp, #240]",
        "add sp, sp, #336",
        "ret",
        ".globl _Unwind_Resume",
        "_Unwind_Resume:",
        "TINY_LAMBDA_TAKE_REGISTERS",
        "bl {go_on}",
        "bl {lost}",
        ".globl tiny_lambda_unwind_install",
        "tiny_lambda_unwind_install:",
        "ldp x19, x20, [x0, #152]",
        "ldp x21, x22, [x0, #168]",
        "ldp x23, x24, [x0, #184]",
        "ldp x25, x26, [x0, #200]",
        "ldp x27, x28, [x0, #216]",
        "ldp x29, x30, [x0, #232]",
        "ldp d8, d9, [x0, #256]",
        "ldp d10, d11, [x0, #272]",
        "ldp d12, d13, [x0, #288]",
        "ldp d14, d15, [x0, #304]",
        "ldr x9, [x0, #248]",
        "ldr x10, [x0, #320]",
        "ldp x0, x1, [x0]",
        "mov sp, x9",
        "br x10",
        raise = sym super::super::raise,
        go_on = sym super::super::go_on,
        lost = sym super::super::lost,
    );
}
