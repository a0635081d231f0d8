// SPDX-License-Identifier: MIT
//! Options of memory.
use crate::{errno, error::done, text::c_name, text::Handle, Error, LocalMem, Result, ShmMem};
use joinmem_sys as sys;
use std::{ffi::OsStr, mem::size_of, mem::MaybeUninit};

/// Whether memory is on huge pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Huge {
    /// Where they cost no extra memory, from one huge page upwards. The default.
    Prefer = sys::JM_HUGE_PREFER as isize,
    /// Base pages only.
    Never = sys::JM_HUGE_NEVER as isize,
    /// All of it, or fail; a small segment is then backed by a whole huge page.
    Require = sys::JM_HUGE_REQUIRE as isize,
}

/// Whether a named segment is created, opened, or either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// Create it, or open the existing one. The default.
    CreateOrOpen = sys::JM_CREATE_OR_OPEN as isize,
    /// Create it; fail if the name exists.
    Create = sys::JM_CREATE_ONLY as isize,
    /// Open it; fail if the name does not exist.
    Open = sys::JM_OPEN_ONLY as isize,
}

/// Options of [`LocalMem`], [`ShmMem`] and, through
/// [`QueueOptions::memory`](crate::QueueOptions::memory), of queues.
///
/// ```
/// use joinmem::{Huge, MemOptions};
///
/// let memory = MemOptions::new().huge(Huge::Never).local(1 << 20)?;
/// assert_eq!(memory.len(), 1 << 20);
/// # Ok::<(), joinmem::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct MemOptions {
    huge: Huge,
    huge_page_size: u64,
    numa_node: i32,
    prefault: bool,
    lock: bool,
    open_mode: OpenMode,
    permissions: u32,
    pub(crate) read_only: bool,
    only_ours: bool,
}

impl MemOptions {
    /// The defaults: huge pages where they cost nothing, all pages present, created or opened by
    /// this user.
    pub fn new() -> MemOptions {
        MemOptions {
            huge: Huge::Prefer,
            huge_page_size: 0,
            numa_node: -1,
            prefault: true,
            lock: false,
            open_mode: OpenMode::CreateOrOpen,
            permissions: 0,
            read_only: false,
            only_ours: false,
        }
    }

    /// Whether the memory is on huge pages.
    pub fn huge(mut self, huge: Huge) -> MemOptions {
        self.huge = huge;
        self
    }

    /// Bytes of a huge page: 2 MiB, 1 GiB, ...; 0, the default, is the system's.
    pub fn huge_page_size(mut self, bytes: u64) -> MemOptions {
        self.huge_page_size = bytes;
        self
    }

    /// Binds the memory to this NUMA node before its first page is touched.
    pub fn numa_node(mut self, node: i32) -> MemOptions {
        self.numa_node = node;
        self
    }

    /// Whether all pages exist when the call returns, true by default; else each is made at its
    /// first touch.
    pub fn prefault(mut self, prefault: bool) -> MemOptions {
        self.prefault = prefault;
        self
    }

    /// Locks the pages in RAM, or fails.
    pub fn lock(mut self, lock: bool) -> MemOptions {
        self.lock = lock;
        self
    }

    /// Whether a named segment is created, opened, or either.
    pub fn open_mode(mut self, mode: OpenMode) -> MemOptions {
        self.open_mode = mode;
        self
    }

    /// Mode of a new segment, 0600 by default, to which no umask applies. Bits for the group or for
    /// others also allow to open segments of other users.
    pub fn permissions(mut self, mode: u32) -> MemOptions {
        self.permissions = mode;
        self
    }

    /// Maps a segment for reading; needs [`OpenMode::Open`].
    pub fn read_only(mut self, read_only: bool) -> MemOptions {
        self.read_only = read_only;
        self
    }

    /// Fails for a file that another program made.
    pub fn only_ours(mut self, only_ours: bool) -> MemOptions {
        self.only_ours = only_ours;
        self
    }

    /// Creates private memory of `size` bytes, all zero. Errors: [`LocalMem::new`].
    pub fn local(&self, size: usize) -> Result<LocalMem> {
        if self.read_only {
            return Err(Error::new(errno::EINVAL, "private memory cannot be read-only"));
        }
        let options = self.to_c()?;
        // SAFETY: the options are initialised.
        let handle = unsafe { sys::jm_local_create_with(size as u64, &options) };
        LocalMem::adopt(Handle::new(handle)?)
    }

    /// Creates or opens the segment of that name, by the mode. With [`OpenMode::Open`] a size of 0
    /// takes the size of the segment. Errors: [`ShmMem::open`], and `AlreadyExists` or `NotFound`
    /// by the mode.
    pub fn shared(&self, name: impl AsRef<OsStr>, size: usize) -> Result<ShmMem> {
        let (options, name) = (self.to_c()?, c_name(name.as_ref())?);
        // SAFETY: the options are initialised, and the name ends with a zero.
        let handle = unsafe { sys::jm_shm_open_with(size as u64, name.as_ptr(), &options) };
        ShmMem::adopt(Handle::new(handle)?, self.read_only)
    }

    pub(crate) fn to_c(&self) -> Result<sys::jm_options> {
        let mut options = MaybeUninit::<sys::jm_options>::uninit();
        // SAFETY: the library writes as many bytes as the size says, or fails.
        let mut options = unsafe {
            let size = size_of::<sys::jm_options>() as u32;
            done(sys::jm_options_init(options.as_mut_ptr(), size))?;
            options.assume_init()
        };
        options.huge = self.huge as u32;
        options.huge_page_size = self.huge_page_size;
        options.numa_node = self.numa_node;
        options.prefault = self.prefault.into();
        options.lock = self.lock.into();
        options.open_mode = self.open_mode as u32;
        options.permissions = self.permissions;
        options.read_only = self.read_only.into();
        options.only_ours = self.only_ours.into();
        Ok(options)
    }
}

impl Default for MemOptions {
    fn default() -> MemOptions {
        MemOptions::new()
    }
}
