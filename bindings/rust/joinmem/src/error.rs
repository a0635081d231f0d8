// SPDX-License-Identifier: MIT
//! The error of all functions: an errno and the library's sentence.
use crate::errno;
use joinmem_sys as sys;
use std::{borrow::Cow, ffi::CStr, fmt, io, os::raw::c_int};

/// The result of all functions that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error: the errno, and the library's sentence, which states the cause, the figures and the
/// remedy.
///
/// ```
/// use joinmem::{ErrorKind, Queue, Spsc};
///
/// let numbers = Queue::<u64, Spsc>::private(1)?;
/// numbers.push(1)?;
/// let error = numbers.try_push(2).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::WouldBlock);
/// assert_eq!(error.to_string(), "the queue is full");
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// Functions that try an operation once make their error `WouldBlock` without a heap allocation, so
/// polling is cheap.
#[derive(Clone)]
pub struct Error {
    errno: i32,
    message: Cow<'static, str>,
}

/// Classes of errors. docs/reference/errors.md of libjoinmem lists the cause and the remedy of
/// each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// EAGAIN: the queue is full, or empty.
    WouldBlock,
    /// ETIMEDOUT: the time is up.
    TimedOut,
    /// EINVAL, EFAULT, ERANGE: an argument, an option or an offset is wrong; the existing segment
    /// has another shape.
    InvalidInput,
    /// ENOENT: no segment has the name, or the wait set does not have the queue.
    NotFound,
    /// EEXIST: the name, or the queue in the wait set, exists already.
    AlreadyExists,
    /// EBUSY: another handle has the role, another thread waits in the set, or another process uses
    /// the segment.
    Busy,
    /// EACCES, EPERM, EROFS.
    PermissionDenied,
    /// ENOMEM, ENOSPC, EMFILE, ENFILE, ENOLCK: memory, room in /dev/shm or descriptors are used up.
    OutOfMemory,
    /// EPIPE: the queue is shut down; for a pop it is also drained.
    ShutDown,
    /// EBADMSG: the segment is no queue, or it is damaged.
    Damaged,
    /// EUSERS: no producer slot is left.
    TooManyProducers,
    /// ECANCELED: `cancel ()` ended the wait.
    Cancelled,
    /// EINTR: a signal handler interrupted the wait.
    Interrupted,
    /// EDEADLK: a push of this thread to this queue has not ended.
    WouldDeadlock,
    /// EOWNERDEAD: the queue is empty, no producer is alive, and at least one was killed.
    ProducerDied,
    /// ENOSYS, ENOTSUP: the kernel, this build of the library or this kind of queue cannot do it.
    Unsupported,
    /// Any other errno: see [`Error::errno`] and the sentence.
    Other,
}

impl Error {
    /// An error that this crate detects.
    pub(crate) fn new(errno: i32, message: impl Into<Cow<'static, str>>) -> Error {
        Error { errno, message: message.into() }
    }

    /// The last error of this thread, directly after a function of the library has failed.
    #[cold]
    pub(crate) fn last() -> Error {
        // SAFETY: the message is never null, and valid until the next call of this thread that
        // fails.
        unsafe {
            let text = CStr::from_ptr(sys::jm_last_error_message()).to_string_lossy().into_owned();
            Error::new(sys::jm_last_error(), text)
        }
    }

    /// The last error of a call that tried once. EAGAIN is the usual result of polling and needs no
    /// allocation.
    #[inline]
    pub(crate) fn of_try(would_block: &'static str) -> Error {
        // SAFETY: reads a variable of this thread.
        if unsafe { sys::jm_last_error() } == errno::EAGAIN {
            return Error { errno: errno::EAGAIN, message: Cow::Borrowed(would_block) };
        }
        Error::last()
    }

    /// Returns the errno value; [`errno`](crate::errno) has their names.
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// Returns the name of the errno, `"EAGAIN"` for example; `None` for one that the library does
    /// not use.
    pub fn errno_name(&self) -> Option<&'static str> {
        errno::name(self.errno)
    }

    /// Returns the sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the class of the error.
    pub fn kind(&self) -> ErrorKind {
        match self.errno {
            errno::EAGAIN => ErrorKind::WouldBlock,
            errno::ETIMEDOUT => ErrorKind::TimedOut,
            errno::EINVAL | errno::EFAULT | errno::ERANGE => ErrorKind::InvalidInput,
            errno::ENOENT => ErrorKind::NotFound,
            errno::EEXIST => ErrorKind::AlreadyExists,
            errno::EBUSY => ErrorKind::Busy,
            errno::EACCES | errno::EPERM | errno::EROFS => ErrorKind::PermissionDenied,
            errno::ENOMEM | errno::ENOSPC | errno::EMFILE | errno::ENFILE | errno::ENOLCK => {
                ErrorKind::OutOfMemory
            }
            errno::EPIPE => ErrorKind::ShutDown,
            errno::EBADMSG => ErrorKind::Damaged,
            errno::EUSERS => ErrorKind::TooManyProducers,
            errno::ECANCELED => ErrorKind::Cancelled,
            errno::EINTR => ErrorKind::Interrupted,
            errno::EDEADLK => ErrorKind::WouldDeadlock,
            errno::EOWNERDEAD => ErrorKind::ProducerDied,
            errno::ENOSYS | errno::ENOTSUP => ErrorKind::Unsupported,
            _ => ErrorKind::Other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errno_name() {
            Some(name) => write!(f, "{}: {}", name, self.message),
            None => write!(f, "errno {}: {}", self.errno, self.message),
        }
    }
}

impl std::error::Error for Error {}

/// The `io::Error` has the kind that the standard library gives to the errno, and the whole error
/// as its source: `error.get_ref ()` leads back to it.
impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        io::Error::new(io::Error::from_raw_os_error(error.errno).kind(), error)
    }
}

/// `Ok` unless the result is -1.
#[inline]
pub(crate) fn done(result: c_int) -> Result<()> {
    if result == -1 {
        return Err(Error::last());
    }
    Ok(())
}

/// A result that is 0 or 1, or -1.
pub(crate) fn truth(result: c_int) -> Result<bool> {
    done(result).map(|()| result != 0)
}

/// A result that is a number, or -1.
#[inline]
pub(crate) fn count(result: i64) -> Result<usize> {
    if result == -1 {
        return Err(Error::last());
    }
    Ok(result as usize)
}
