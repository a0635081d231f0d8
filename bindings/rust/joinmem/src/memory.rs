// SPDX-License-Identifier: MIT
//! Private memory, and what it has in common with shared memory.
use crate::{errno, error::count, text::Handle, Error, MemOptions, Result};
use joinmem_sys as sys;
use std::{ops::Deref, ops::DerefMut, ptr::NonNull, slice};

/// The mapping of an open handle.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) handle: Handle,
    pub(crate) start: NonNull<u8>,
    pub(crate) size: usize,
}

// SAFETY: the address is that of a mapping that exists as long as the handle. How threads may use
// its bytes is decided by the types that have a Mapping; each of them says why it is sound.
unsafe impl Send for Mapping {}
unsafe impl Sync for Mapping {}

impl Mapping {
    pub(crate) fn of(handle: Handle) -> Result<Mapping> {
        // SAFETY: any handle and offset may be passed.
        let (size, start) = unsafe {
            let size = count(sys::jm_size(handle.raw()))?;
            (size, sys::jm_get(handle.raw(), 0))
        };
        let start = NonNull::new(start.cast()).ok_or_else(Error::last)?;
        Ok(Mapping { handle, start, size })
    }

    /// Checks that `count` bytes at `offset` are within the memory.
    pub(crate) fn check(&self, offset: usize, count: usize) -> Result<()> {
        if offset <= self.size && count <= self.size - offset {
            return Ok(());
        }
        let text = format!("{} bytes at offset {} end past the size, {}", count, offset, self.size);
        Err(Error::new(errno::ERANGE, text))
    }
}

/// Methods of both classes of memory, which have a field `map`.
macro_rules! memory_methods {
    () => {
        /// Moves the pages to a NUMA node, and has later ones placed there. Errors: `InvalidInput`
        /// no such node; `Busy` pages could not be moved; `OutOfMemory`; `Unsupported`;
        /// `PermissionDenied`.
        pub fn mbind(&self, node: i32) -> crate::Result<()> {
            // SAFETY: moves pages; their addresses and contents stay.
            crate::error::done(unsafe { sys::jm_mbind(self.map.handle.raw(), node) })
        }

        /// Locks all pages in RAM. Errors: `OutOfMemory`, `PermissionDenied`: the message names the
        /// limit.
        pub fn mlock(&self) -> crate::Result<()> {
            // SAFETY: takes a handle alone.
            crate::error::done(unsafe { sys::jm_mlock(self.map.handle.raw()) })
        }

        /// Undoes [`mlock`](Self::mlock), or the lock of the options.
        pub fn munlock(&self) -> crate::Result<()> {
            // SAFETY: takes a handle alone.
            crate::error::done(unsafe { sys::jm_munlock(self.map.handle.raw()) })
        }

        /// Returns the bytes of the smallest page that backs any part now. Errors: ENODATA: not
        /// known here.
        pub fn page_size(&self) -> crate::Result<usize> {
            // SAFETY: takes a handle alone.
            crate::error::count(unsafe { sys::jm_page_size(self.map.handle.raw()) })
        }

        /// Returns the NUMA node of the page at `offset`. Errors: `NotFound` there is no page yet;
        /// `InvalidInput` the offset is outside; `Unsupported`; `PermissionDenied`.
        pub fn node_of(&self, offset: usize) -> crate::Result<i32> {
            // SAFETY: any offset may be passed.
            let node = unsafe { sys::jm_node_of(self.map.handle.raw(), offset as u64) };
            crate::error::done(node).map(|()| node)
        }

        /// Reports what memory was requested, what was obtained, and why they differ.
        pub fn placement(&self) -> crate::Result<crate::Placement> {
            crate::Placement::of(self.map.handle.raw())
        }

        /// Returns the handle, for functions of `joinmem_sys`. Do not close it.
        pub fn raw_handle(&self) -> sys::jm_handle {
            self.map.handle.raw()
        }
    };
}
pub(crate) use memory_methods;

/// Private memory: on huge pages where they cost nothing, with all pages present, zero at first. It
/// is a slice of bytes.
///
/// ```
/// let mut memory = joinmem::LocalMem::new(1 << 20)?;
/// memory[4096..4101].copy_from_slice(b"hello");
/// assert_eq!(&memory[4096..4101], b"hello");
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// Thread safety: as a `Box<[u8]>`. No other process and no other handle maps the memory, so the
/// borrow checker sees all accesses: `&self` reads, `&mut self` writes.
#[derive(Debug)]
pub struct LocalMem {
    map: Mapping,
}

impl LocalMem {
    /// Creates memory of `size` bytes, rounded up to base pages. Errors: `InvalidInput` size 0;
    /// `OutOfMemory`.
    pub fn new(size: usize) -> Result<LocalMem> {
        MemOptions::new().local(size)
    }

    pub(crate) fn adopt(handle: Handle) -> Result<LocalMem> {
        Ok(LocalMem { map: Mapping::of(handle)? })
    }

    memory_methods!();
}

impl Deref for LocalMem {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping has `size` readable bytes as long as the handle is open, all of them
        // initialised. It is private, and this object alone gives out references to it: this one
        // ends before a &mut begins.
        unsafe { slice::from_raw_parts(self.map.start.as_ptr(), self.map.size) }
    }
}

impl DerefMut for LocalMem {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and &mut self excludes all other references. Private memory is never
        // read-only.
        unsafe { slice::from_raw_parts_mut(self.map.start.as_ptr(), self.map.size) }
    }
}

impl AsRef<[u8]> for LocalMem {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for LocalMem {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}
