// SPDX-License-Identifier: MIT
//! Names and texts at the border to C, timeouts, and the owner of a handle.
use crate::{errno, Error, Result};
use joinmem_sys as sys;
use std::{
    ffi::{CString, OsStr, OsString},
    os::raw::c_char,
    os::unix::ffi::{OsStrExt, OsStringExt},
    time::Duration,
};

/// A timeout that never ends a wait.
pub(crate) const FOREVER: i64 = -1;

/// Nanoseconds for C. A time that is longer than C can express waits for 292 years.
pub(crate) fn nanoseconds(timeout: Duration) -> i64 {
    i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds for C; `None` waits without limit.
pub(crate) fn nanoseconds_or_forever(timeout: Option<Duration>) -> i64 {
    timeout.map_or(FOREVER, nanoseconds)
}

/// The name of a segment as C needs it.
pub(crate) fn c_name(name: &OsStr) -> Result<CString> {
    CString::new(name.as_bytes())
        .map_err(|_| Error::new(errno::EINVAL, "the name has a zero byte: give a name without"))
}

/// The text that a function writes as snprintf (3) does: it gets the buffer and its size, and
/// returns the length.
pub(crate) fn text_of(write: impl Fn(*mut c_char, u64) -> i64) -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 1024];
    loop {
        let length = crate::error::count(write(buffer.as_mut_ptr().cast(), buffer.len() as u64))?;
        if length < buffer.len() {
            buffer.truncate(length);
            return Ok(buffer);
        }
        buffer.resize(length + 1, 0);
    }
}

/// The name of a memory or of a queue, `None` if it is private.
pub(crate) fn name_of(handle: sys::jm_handle) -> Result<Option<OsString>> {
    // SAFETY: the text has `size` bytes.
    let name = text_of(|text, size| unsafe { sys::jm_name(handle, text, size) })?;
    Ok(if name.is_empty() { None } else { Some(OsString::from_vec(name)) })
}

/// Owns a handle of the library and closes it.
///
/// `Send` and `Sync` hold by themselves: it is a number, and any thread may use any handle at any
/// time. A function that has more rules than that is not a method of this type.
#[derive(Debug)]
pub(crate) struct Handle(sys::jm_handle);

impl Handle {
    /// Takes the handle that a function has just returned.
    pub(crate) fn new(handle: sys::jm_handle) -> Result<Handle> {
        if handle == sys::JM_INVALID_HANDLE {
            return Err(Error::last());
        }
        Ok(Handle(handle))
    }

    #[inline]
    pub(crate) fn raw(&self) -> sys::jm_handle {
        self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: any number is safe to close. It fails only if unsafe code has closed the handle
        // before.
        unsafe { sys::jm_close(self.0) };
    }
}
