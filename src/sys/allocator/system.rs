//! Memory from the system: whole pages, which come zeroed.

#[cfg(not(miri))]
pub(super) use linux::*;
#[cfg(miri)]
pub(super) use miri::*;

/// Bytes of a page, on x86_64 and on Lambda's arm64.
pub(super) const PAGE: usize = 4096;

#[cfg(not(miri))]
mod linux {
    use core::ptr;

    use super::super::super::Errno;
    use super::super::super::syscall::{syscall3 as call, syscall6 as call_long};

    #[cfg(target_arch = "x86_64")]
    mod number {
        pub(super) const MMAP: usize = 9;
        pub(super) const MUNMAP: usize = 11;
        pub(super) const MREMAP: usize = 25;
        pub(super) const MADVISE: usize = 28;
        pub(super) const STATX: usize = 332;
    }
    // All newer architectures share one table.
    #[cfg(not(target_arch = "x86_64"))]
    mod number {
        pub(super) const MMAP: usize = 222;
        pub(super) const MUNMAP: usize = 215;
        pub(super) const MREMAP: usize = 216;
        pub(super) const MADVISE: usize = 233;
        pub(super) const STATX: usize = 291;
    }

    fn or_null(result: Result<usize, Errno>) -> *mut u8 {
        ptr::with_exposed_provenance_mut(result.unwrap_or(0))
    }

    /// Returns `len` bytes of new memory; null if there is none.
    #[cold]
    pub(in super::super) fn map(len: usize) -> *mut u8 {
        const PROT_READ_WRITE: usize = 1 | 2;
        const MAP_PRIVATE_ANONYMOUS: usize = 2 | 0x20;
        const NO_FD: usize = usize::MAX;
        let args = [0, len, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, NO_FD, 0];
        // SAFETY: this makes new pages, wherever there is room for them (mmap(2)).
        or_null(unsafe { call_long(number::MMAP, args) })
    }

    /// Gives pages back, with their addresses.
    ///
    /// # Safety
    /// `map` or `remap` has returned these pages, and nobody uses them any more.
    #[cold]
    pub(in super::super) unsafe fn unmap(addr: *mut u8, len: usize) {
        // SAFETY: the caller gives these pages up (munmap(2)).
        if unsafe { call(number::MUNMAP, [addr.addr(), len, 0]) }.is_err() {
            // A process may have 65,530 mappings; a hole in one makes it two. The memory goes back
            // all the same, and only the addresses are lost.
            // SAFETY: as above.
            unsafe { discard(addr, len) };
        }
    }

    /// Changes the length of a mapping, which may move. Null: there is no memory, and nothing has
    /// changed.
    ///
    /// # Safety
    /// `map` or `remap` has returned `addr`, for `old` bytes.
    #[cold]
    pub(in super::super) unsafe fn remap(addr: *mut u8, old: usize, new: usize) -> *mut u8 {
        const MREMAP_MAYMOVE: usize = 1;
        if old == new {
            return addr;
        }
        let args = [addr.expose_provenance(), old, new, MREMAP_MAYMOVE, 0, 0];
        // SAFETY: these pages are the caller's, who uses the returned address from now on
        // (mremap(2)).
        or_null(unsafe { call_long(number::MREMAP, args) })
    }

    /// Gives the memory of pages back and keeps their addresses: they are zero when they are used
    /// again.
    ///
    /// # Safety
    /// These pages are mapped, and nobody needs what they contain.
    pub(in super::super) unsafe fn discard(addr: *mut u8, len: usize) {
        const MADV_DONTNEED: usize = 4;
        // SAFETY: the caller answers for the pages. An error leaves them as they are, which costs
        // memory and is no fault (madvise(2)).
        let _ = unsafe { call(number::MADVISE, [addr.addr(), len, MADV_DONTNEED]) };
    }

    /// Asks for pages of 4 KB in this range. A transparent huge page would make 2 MB resident for
    /// the first byte.
    ///
    /// # Safety
    /// These pages are mapped.
    pub(in super::super) unsafe fn refuse_huge_pages(addr: *mut u8, len: usize) {
        const MADV_NOHUGEPAGE: usize = 15;
        // SAFETY: this changes the size of pages, not their contents (madvise(2)).
        let _ = unsafe { call(number::MADVISE, [addr.addr(), len, MADV_NOHUGEPAGE]) };
    }

    /// Whether the calling thread is the process's only one. False: it is not, or there is no /proc.
    #[cold]
    pub(in super::super) fn is_single_thread() -> bool {
        const AT_FDCWD: usize = 100_usize.wrapping_neg();
        const STATX_NLINK: usize = 4;
        /// `struct statx` has 256 bytes, of which `stx_nlink` are four from this one on.
        const NLINK: usize = 16 / size_of::<u32>();
        /// A folder has two links, and this one another for each thread.
        const ONE_THREAD: u32 = 3;

        let path = c"/proc/self/task".as_ptr().expose_provenance();
        let mut file = [0_u32; 64];
        let to = (&raw mut file).expose_provenance();
        // SAFETY: the path is a C string, and `file` has room for the result (statx(2)).
        let done = unsafe { call_long(number::STATX, [AT_FDCWD, path, 0, STATX_NLINK, to, 0]) };
        done.is_ok() && file.get(NLINK) == Some(&ONE_THREAD)
    }
}

/// The same for Miri, which knows no system calls. Nothing goes back.
#[cfg(miri)]
mod miri {
    use core::alloc::{GlobalAlloc, Layout};
    use core::ptr;
    use std::alloc::System;

    pub(in super::super) fn map(len: usize) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(len, super::PAGE) else {
            return ptr::null_mut();
        };
        // SAFETY: nobody asks for no bytes.
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
            // SAFETY: the caller answers for the old bytes, `map` for the new ones.
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
