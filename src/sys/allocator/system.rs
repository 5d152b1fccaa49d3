//! Memory from the system: whole pages, initially zero.

#[cfg(not(miri))]
pub(super) use linux::*;
#[cfg(miri)]
pub(super) use miri::*;

/// Bytes of a page, on x86_64 and on Lambda's arm64.
pub(super) const PAGE: usize = 4096;

#[cfg(not(miri))]
mod linux {
    use core::ptr;

    use crate::sys::Errno;
    use crate::sys::syscall::{number::by_arch, syscall};

    const MMAP: usize = by_arch(9, 222);
    const MUNMAP: usize = by_arch(11, 215);
    const MREMAP: usize = by_arch(25, 216);
    const MADVISE: usize = by_arch(28, 233);
    const STATX: usize = by_arch(332, 291);

    fn or_null(result: Result<usize, Errno>) -> *mut u8 {
        ptr::with_exposed_provenance_mut(result.unwrap_or(0))
    }

    /// Maps `len` bytes of new memory. Returns null if there is none.
    pub(in super::super) fn map(len: usize) -> *mut u8 {
        const PROT_READ_WRITE: usize = 1 | 2;
        const MAP_PRIVATE_ANONYMOUS: usize = 2 | 0x20;
        const NO_FD: usize = usize::MAX;
        let args = [0, len, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, NO_FD, 0];
        // SAFETY: without an address, mmap(2) never replaces an existing mapping.
        or_null(unsafe { syscall(MMAP, args) })
    }

    /// Unmaps pages.
    ///
    /// # Safety
    /// `map` or `remap` has returned these pages, and they are not used any more.
    pub(in super::super) unsafe fn unmap(addr: *mut u8, len: usize) {
        // SAFETY: the caller gives these pages up (munmap(2)).
        if unsafe { syscall(MUNMAP, [addr.addr(), len]) }.is_err() {
            // munmap(2) fails if it would split a mapping and the process has the maximum of them,
            // 65,530. The memory is given back all the same; only the addresses are lost.
            // SAFETY: as above.
            unsafe { discard(addr, len) };
        }
    }

    /// Changes the length of a mapping, which may move. Returns null if there is no memory; then
    /// nothing has changed.
    ///
    /// # Safety
    /// `map` or `remap` has returned `addr`, for `old` bytes.
    pub(in super::super) unsafe fn remap(addr: *mut u8, old: usize, new: usize) -> *mut u8 {
        const MREMAP_MAYMOVE: usize = 1;
        if old == new {
            return addr;
        }
        let args = [addr.expose_provenance(), old, new, MREMAP_MAYMOVE];
        // SAFETY: the caller owns these pages, and uses the returned address from now on (mremap(2)).
        or_null(unsafe { syscall(MREMAP, args) })
    }

    /// Gives the memory of pages back and keeps them mapped. They are zero when they are read again.
    ///
    /// # Safety
    /// These pages are mapped, and their contents are not needed any more.
    pub(in super::super) unsafe fn discard(addr: *mut u8, len: usize) {
        const MADV_DONTNEED: usize = 4;
        // SAFETY: guaranteed by the caller (madvise(2)). After an error the pages stay resident, which
        // costs memory only.
        let _ = unsafe { syscall(MADVISE, [addr.addr(), len, MADV_DONTNEED]) };
    }

    /// Disables transparent huge pages for this range. With them, the first byte that is written would
    /// make 2 MB resident.
    ///
    /// # Safety
    /// These pages are mapped.
    pub(in super::super) unsafe fn refuse_huge_pages(addr: *mut u8, len: usize) {
        const MADV_NOHUGEPAGE: usize = 15;
        // SAFETY: this changes the size of pages, not their contents (madvise(2)).
        let _ = unsafe { syscall(MADVISE, [addr.addr(), len, MADV_NOHUGEPAGE]) };
    }

    /// Returns whether the process has only one thread. Returns false if there is no /proc.
    pub(in super::super) fn is_single_thread() -> bool {
        const AT_FDCWD: usize = 100_usize.wrapping_neg();
        const STATX_NLINK: usize = 4;
        /// Index of `stx_nlink` in `struct statx`, which has 256 bytes.
        const NLINK: usize = 16 / size_of::<u32>();
        /// Links of a folder with one subfolder, which `task` has for each thread.
        const ONE_THREAD: u32 = 3;

        let path = c"/proc/self/task".as_ptr().expose_provenance();
        let mut file = [0_u32; 64];
        let to = (&raw mut file).expose_provenance();
        // SAFETY: the path is a C string, and `file` has room for the result (statx(2)).
        let done = unsafe { syscall(STATX, [AT_FDCWD, path, 0, STATX_NLINK, to]) };
        done.is_ok() && file.get(NLINK) == Some(&ONE_THREAD)
    }
}

/// The same for Miri, which has no system calls. Nothing is given back.
#[cfg(miri)]
mod miri {
    use core::alloc::{GlobalAlloc, Layout};
    use core::ptr;
    use std::alloc::System;

    pub(in super::super) fn map(len: usize) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(len, super::PAGE) else {
            return ptr::null_mut();
        };
        // SAFETY: `len` is not 0.
        let addr = unsafe { System.alloc_zeroed(layout) };
        addr.expose_provenance();
        addr
    }

    pub(in super::super) unsafe fn unmap(_: *mut u8, _: usize) {}

    pub(in super::super) unsafe fn remap(addr: *mut u8, old: usize, new: usize) -> *mut u8 {
        if old == new {
            return addr;
        }
        let moved = map(new);
        if !moved.is_null() {
            // SAFETY: both mappings have so many bytes, and they do not overlap.
            unsafe { ptr::copy_nonoverlapping(addr, moved, old.min(new)) };
        }
        moved
    }

    pub(in super::super) unsafe fn discard(_: *mut u8, _: usize) {}

    pub(in super::super) unsafe fn refuse_huge_pages(_: *mut u8, _: usize) {}

    pub(in super::super) fn is_single_thread() -> bool {
        false
    }
}
