// SPDX-License-Identifier: MIT
//! Zero copy: cells of a Spsc that are written, or read, in place.
//!
//! Why the slices are sound. A guard borrows its producer, or consumer, mutably, and that one is
//! neither `Sync` nor `Clone`: so no other safe code pushes (or pops) through this handle while the
//! slice exists. Other handles cannot, since the role of a shared Spsc belongs to one handle;
//! `QueueOptions::not_exclusive` is unsafe for that reason. The other side does not touch the
//! cells: the producer's index moves at the commit, and the consumer's at the release. This
//! presumes that the other process keeps the protocol, as a memory that is mapped from a file
//! presumes it too; one that writes anywhere in the segment is not within the rules of this crate.
//!
//! A guard keeps an address and not a slice, because a commit or a release hands the cells over
//! while the guard exists.
use super::{control::Control, raw};
use crate::{errno, error::done, Error, Plain, Result};
use joinmem_sys as sys;
use std::{
    fmt,
    marker::PhantomData,
    mem::{align_of, size_of},
    ops::{Deref, DerefMut},
    slice,
};

/// Room in a Spsc, to be written in place and then committed; from `reserve`. It is a slice, of the
/// elements or, of an [`AnyQueue`](crate::AnyQueue), of their bytes. Its content is unspecified at
/// first. If it is dropped the reservation is given up, and nothing is pushed.
#[must_use = "nothing is pushed without a commit"]
pub struct Reservation<'a, T: Plain> {
    control: &'a Control,
    cells: *mut T,
    length: usize,
    count: usize,
    borrow: PhantomData<&'a mut [T]>,
}

/// The oldest elements of a Spsc, to be read in place and then released; from `peek`. It is a
/// slice, of the elements or, of an [`AnyQueue`](crate::AnyQueue), of their bytes. If it is dropped
/// nothing is popped.
#[must_use = "nothing is popped without a release"]
pub struct Peek<'a, T: Plain> {
    control: &'a Control,
    cells: *const T,
    length: usize,
    count: usize,
    borrow: PhantomData<&'a [T]>,
}

/// The address of cells as one of Ts: elements of the queue, or their bytes.
fn aligned<T>(cells: usize) -> Result<()> {
    if cells % align_of::<T>() == 0 {
        return Ok(());
    }
    let (is, size) = (align_of::<T>(), size_of::<T>());
    let text =
        format!("elements of {} bytes are not aligned to {}: push and pop them by copy", size, is);
    Err(Error::new(errno::ENOTSUP, text))
}

impl<'a, T: Plain> Reservation<'a, T> {
    /// Reserves up to `count` elements, of `width` Ts each.
    ///
    /// # Safety
    /// The caller has the role of the producer for as long as `'a`, exclusively, and `width` Ts are
    /// as large as an element.
    pub(super) unsafe fn new(
        control: &'a Control,
        count: usize,
        width: usize,
    ) -> Result<Reservation<'a, T>> {
        let mut n = count as u64;
        let cells = raw::reserve(control.raw_handle(), &mut n)?;
        aligned::<T>(cells as usize)?;
        let (cells, count) = (cells.cast::<T>(), n as usize);
        Ok(Reservation { control, cells, length: count * width, count, borrow: PhantomData })
    }

    /// Returns the number of elements.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Pushes the first `count` elements, and gives up the others. Errors: `InvalidInput` 0, or
    /// more than are reserved; `ShutDown`; `Damaged`.
    pub fn commit(self, count: usize) -> Result<()> {
        // SAFETY: `self` is the role, and all slices of it have ended.
        done(unsafe { sys::jm_queue_commit(self.control.raw_handle(), count as u64) })
    }
}

impl<'a, T: Plain> Peek<'a, T> {
    /// Peeks at up to `count` elements, of `width` Ts each.
    ///
    /// # Safety
    /// The caller has the role of the consumer for as long as `'a`, exclusively, and `width` Ts are
    /// as large as an element.
    pub(super) unsafe fn new(
        control: &'a Control,
        count: usize,
        width: usize,
    ) -> Result<Peek<'a, T>> {
        let mut n = count as u64;
        let cells = raw::peek(control.raw_handle(), &mut n)?;
        aligned::<T>(cells as usize)?;
        let (cells, count) = (cells.cast::<T>(), n as usize);
        Ok(Peek { control, cells, length: count * width, count, borrow: PhantomData })
    }

    /// Returns the number of elements.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Pops the first `count` elements. Errors: `InvalidInput` 0, or more than there are.
    pub fn release(self, count: usize) -> Result<()> {
        // SAFETY: `self` is the role, and all slices of it have ended.
        done(unsafe { sys::jm_queue_release(self.control.raw_handle(), count as u64) })
    }
}

impl<T: Plain> Deref for Reservation<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the cells are reserved for this object as long as it exists: see the top of this
        // file. They are initialised, since a new segment is zero, and any bit pattern is a T.
        unsafe { slice::from_raw_parts(self.cells, self.length) }
    }
}

impl<T: Plain> DerefMut for Reservation<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and &mut self excludes other slices.
        unsafe { slice::from_raw_parts_mut(self.cells, self.length) }
    }
}

impl<T: Plain> Deref for Peek<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the producer leaves the cells alone until the release: see the top of this file.
        // Any bit pattern is a T.
        unsafe { slice::from_raw_parts(self.cells, self.length) }
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for Reservation<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reservation").field(&&self[..]).finish()
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for Peek<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Peek").field(&&self[..]).finish()
    }
}
