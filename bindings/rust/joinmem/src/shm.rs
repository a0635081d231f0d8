// SPDX-License-Identifier: MIT
//! Shared memory.
use crate::{
    errno,
    error::{done, truth},
    memory::{memory_methods, Mapping},
    plain::bytes_of,
    text::{c_name, name_of, nanoseconds_or_forever, Handle},
    words, Error, MemOptions, OpenMode, Plain, Result,
};
use joinmem_sys as sys;
use std::{
    ffi::{OsStr, OsString},
    mem::{size_of, MaybeUninit},
    slice,
    time::Duration,
};

/// Memory with a name, a segment, which several processes open. It stays until
/// [`unlink`](crate::unlink()).
///
/// ```
/// use joinmem::ShmMem;
///
/// # let name = format!("/rust-doc-shm-{}", std::process::id());
/// let memory = ShmMem::open(&name, 1 << 20)?; // this process, or another, creates it
/// memory.write_at(4096, b"hello")?;
///
/// let same = ShmMem::attach(&name)?; // in another process
/// let mut text = [0; 5];
/// same.read_at(4096, &mut text)?;
/// assert_eq!(&text, b"hello");
/// joinmem::unlink(&name)?;
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// # Access
///
/// Other processes write the same bytes at any time, so there is no safe `&[u8]` or `&mut [u8]` of
/// them: the compiler may assume that nobody else writes what a reference refers to.
///
/// - [`read_at`](Self::read_at) and [`write_at`](Self::write_at), [`read`](Self::read) and
///   [`write`](Self::write) copy by atomic words. Concurrent accesses are defined; a large copy is
///   not atomic as a whole. A read that sees any word of a write also sees everything that was
///   written before it.
/// - [`atomic_u64`](Self::atomic_u64) is one word, for counters and flags.
/// - [`as_ptr`](Self::as_ptr), [`as_slice`](Self::as_slice) and
///   [`as_mut_slice`](Self::as_mut_slice) are for programs that know that nobody else writes
///   meanwhile.
///
/// A process with write access may truncate the segment's file; an access to the missing pages is
/// then a SIGBUS.
///
/// Thread safety: `Send` and `Sync`, because `&self` copies by atomic words only, and everything
/// else is `unsafe` or a call that any thread may make at any time.
#[derive(Debug)]
pub struct ShmMem {
    map: Mapping,
    read_only: bool,
}

impl ShmMem {
    /// Creates the segment of that name with `size` bytes, rounded up to base pages, or opens it.
    /// Callers that race all get the same, complete segment. Options: [`MemOptions::shared`].
    ///
    /// Errors: `InvalidInput` size 0, a bad name, a segment of another size, or a queue;
    /// `OutOfMemory` /dev/shm is too full, or the machine; `PermissionDenied` another user's
    /// segment; and those of docs/reference/errors.md.
    pub fn open(name: impl AsRef<OsStr>, size: usize) -> Result<ShmMem> {
        MemOptions::new().shared(name, size)
    }

    /// Opens an existing segment, of whatever size. Errors: `NotFound`, and those of
    /// [`open`](Self::open).
    pub fn attach(name: impl AsRef<OsStr>) -> Result<ShmMem> {
        MemOptions::new().open_mode(OpenMode::Open).shared(name, 0)
    }

    pub(crate) fn adopt(handle: Handle, read_only: bool) -> Result<ShmMem> {
        Ok(ShmMem { map: Mapping::of(handle)?, read_only })
    }

    memory_methods!();

    /// Returns the size in bytes. It never changes, and is never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.map.size
    }

    /// Returns the address of the first byte, valid as long as the object. The bytes may be written
    /// unless the memory is [`read_only`](MemOptions::read_only). Accesses through it must not race
    /// with those of other threads and processes: use atomics or volatile accesses, or a protocol
    /// of the program.
    pub fn as_ptr(&self) -> *mut u8 {
        self.map.start.as_ptr()
    }

    /// All bytes as a slice.
    ///
    /// # Safety
    /// No thread and no process writes any of the bytes as long as the slice is in use, and the
    /// file is not truncated.
    pub unsafe fn as_slice(&self) -> &[u8] {
        slice::from_raw_parts(self.as_ptr(), self.map.size)
    }

    /// All bytes as a slice that may be written.
    ///
    /// # Safety
    /// No other thread and no other process reads or writes any of the bytes as long as the slice
    /// is in use, the file is not truncated, and the memory is not read-only.
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        slice::from_raw_parts_mut(self.as_ptr(), self.map.size)
    }

    /// Copies the bytes at `offset` into `to`. Errors: `InvalidInput` (ERANGE) they are not all
    /// within the memory.
    pub fn read_at(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        self.map.check(offset, to.len())?;
        // SAFETY: the range is checked; the mapping begins and ends at a page.
        unsafe { words::load(self.as_ptr(), offset, to) };
        Ok(())
    }

    /// Copies the bytes into the memory at `offset`. Errors: as [`read_at`](Self::read_at), and
    /// `PermissionDenied` (EROFS): the memory is read-only.
    pub fn write_at(&self, offset: usize, from: &[u8]) -> Result<()> {
        self.map.check(offset, from.len())?;
        self.check_writable()?;
        // SAFETY: the range is checked; the mapping begins and ends at a page, and may be written.
        unsafe { words::store(self.as_ptr(), offset, from) };
        Ok(())
    }

    /// Copies a value out. Errors: as [`read_at`](Self::read_at).
    pub fn read<T: Plain>(&self, offset: usize) -> Result<T> {
        let mut value = MaybeUninit::<T>::zeroed();
        // SAFETY: all bytes are initialised, and any bit pattern is a T.
        unsafe {
            let bytes = slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>());
            self.read_at(offset, bytes)?;
            Ok(value.assume_init())
        }
    }

    /// Copies a value into the memory. Errors: as [`write_at`](Self::write_at).
    pub fn write<T: Plain>(&self, offset: usize, value: T) -> Result<()> {
        self.write_at(offset, bytes_of(&value))
    }

    /// The atomic number at `offset`, a multiple of 8. Errors: as [`write_at`](Self::write_at), and
    /// `InvalidInput` (EINVAL): not a multiple of 8.
    #[cfg(target_pointer_width = "64")]
    pub fn atomic_u64(&self, offset: usize) -> Result<&std::sync::atomic::AtomicU64> {
        self.map.check(offset, 8)?;
        self.check_writable()?;
        if offset % 8 != 0 {
            return Err(Error::new(errno::EINVAL, "the offset is not a multiple of 8"));
        }
        // SAFETY: the 8 bytes are within the mapping, aligned, and may be written; they have the
        // granule of `words`.
        Ok(unsafe { &*self.as_ptr().add(offset).cast() })
    }

    fn check_writable(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::new(errno::EROFS, "the memory is mapped for reading only"));
        }
        Ok(())
    }

    /// Lets one process initialise the segment: `Some` for the process that has to do it, `None` if
    /// it is done. Waits while another process does it; if that one dies, the next caller gets
    /// `Some`.
    ///
    /// `ready` is the offset of 4 bytes, a multiple of 4, that the program does not use. A timeout
    /// of `None` waits without limit. Errors: `TimedOut`; `InvalidInput` a bad offset;
    /// `PermissionDenied` read-only; `NotFound` the name is gone.
    ///
    /// ```
    /// # let name = format!("/rust-doc-init-{}", std::process::id());
    /// let memory = joinmem::ShmMem::open(&name, 4096)?;
    /// if let Some(initialisation) = memory.initialise(0, None)? {
    ///     memory.write(8, 1.5f64)?;
    ///     initialisation.finish()?;
    /// }
    /// assert_eq!(memory.read::<f64>(8)?, 1.5);
    /// # joinmem::unlink(&name)?;
    /// # Ok::<(), joinmem::Error>(())
    /// ```
    pub fn initialise(
        &self,
        ready: u64,
        timeout: Option<Duration>,
    ) -> Result<Option<Initialisation<'_>>> {
        let timeout = nanoseconds_or_forever(timeout);
        // SAFETY: any offset may be passed.
        let begun = unsafe { sys::jm_initialise_begin(self.raw_handle(), ready, timeout) };
        Ok(if truth(begun)? { Some(Initialisation { memory: self, ready }) } else { None })
    }

    /// Whether this call created the segment: false if it existed.
    pub fn created(&self) -> bool {
        // SAFETY: takes a handle alone. It fails for a closed one only.
        unsafe { sys::jm_created(self.raw_handle()) == 1 }
    }

    /// Whether the name still refers to this segment. Errors: `NotFound`, `PermissionDenied`:
    /// /dev/shm is out of reach.
    pub fn is_named(&self) -> Result<bool> {
        // SAFETY: takes a handle alone.
        truth(unsafe { sys::jm_named(self.raw_handle()) })
    }

    /// Returns the name with its leading slash.
    pub fn name(&self) -> Result<OsString> {
        name_of(self.raw_handle()).map(Option::unwrap_or_default)
    }
}

/// The duty to initialise a segment, from [`ShmMem::initialise`]. If it is dropped, by a panic for
/// example, the next caller gets the duty.
#[derive(Debug)]
#[must_use = "if it is dropped the segment is not initialised"]
pub struct Initialisation<'a> {
    memory: &'a ShmMem,
    ready: u64,
}

impl Initialisation<'_> {
    /// Ends the initialisation: all callers that wait get `None`.
    pub fn finish(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        this.end(1)
    }

    fn end(&self, constructed: std::os::raw::c_int) -> Result<()> {
        // SAFETY: any offset may be passed.
        done(unsafe { sys::jm_initialise_end(self.memory.raw_handle(), self.ready, constructed) })
    }
}

impl Drop for Initialisation<'_> {
    fn drop(&mut self) {
        // If that fails the segment stays uninitialised, as it should.
        let _ = self.end(0);
    }
}

/// Removes the name of a segment, if it exists; processes that have the segment open keep it.
/// Errors: `InvalidInput` a bad name; `PermissionDenied` it may not be removed.
pub fn unlink(name: impl AsRef<OsStr>) -> Result<()> {
    let name = c_name(name.as_ref())?;
    // SAFETY: the name ends with a zero.
    done(unsafe { sys::jm_unlink(name.as_ptr()) })
}
