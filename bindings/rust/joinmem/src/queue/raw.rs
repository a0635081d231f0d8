// SPDX-License-Identifier: MIT
//! Pushes and pops on a handle. Elements are given as addresses and counts.
//!
//! Safety of all functions, "the role" below: no other thread pushes (or pops) through the same
//! handle meanwhile, unless the kind of the queue allows many producers (or consumers); and the
//! address is valid for the elements of the queue's element size.
use crate::{error::count, error::done, Error, Result};
use joinmem_sys as sys;
use std::os::raw::c_void;

const FULL: &str = "the queue is full";
const EMPTY: &str = "the queue is empty";

/// # Safety
/// The role of a producer; one element.
#[inline]
pub(crate) unsafe fn push(queue: sys::jm_handle, from: *const c_void, timeout: i64) -> Result<()> {
    done(sys::jm_queue_push(queue, from, timeout))
}

/// # Safety
/// The role of a producer; one element.
#[inline]
pub(crate) unsafe fn try_push(queue: sys::jm_handle, from: *const c_void) -> Result<()> {
    if sys::jm_queue_try_push(queue, from) == 0 {
        return Ok(());
    }
    Err(Error::of_try(FULL))
}

/// # Safety
/// The role of a producer; `n` elements.
#[inline]
pub(crate) unsafe fn push_n(
    queue: sys::jm_handle,
    from: *const c_void,
    n: usize,
    timeout: i64,
) -> Result<usize> {
    count(sys::jm_queue_push_n(queue, from, n as u64, timeout))
}

/// # Safety
/// The role of a producer; `n` elements.
#[inline]
pub(crate) unsafe fn try_push_n(
    queue: sys::jm_handle,
    from: *const c_void,
    n: usize,
) -> Result<usize> {
    if n == 0 {
        return Ok(0);
    }
    match sys::jm_queue_try_push_n(queue, from, n as u64) {
        -1 => Err(Error::of_try(FULL)),
        pushed => Ok(pushed as usize),
    }
}

/// # Safety
/// The role of a consumer; room for one element, which is written if the result is `Ok`.
#[inline]
pub(crate) unsafe fn pop(queue: sys::jm_handle, to: *mut c_void, timeout: i64) -> Result<()> {
    done(sys::jm_queue_pop(queue, to, timeout))
}

/// # Safety
/// The role of a consumer; room for one element, which is written if the result is `Ok`.
#[inline]
pub(crate) unsafe fn try_pop(queue: sys::jm_handle, to: *mut c_void) -> Result<()> {
    if sys::jm_queue_try_pop(queue, to) == 0 {
        return Ok(());
    }
    Err(Error::of_try(EMPTY))
}

/// # Safety
/// The role of a consumer; room for `n` elements.
#[inline]
pub(crate) unsafe fn pop_n(
    queue: sys::jm_handle,
    to: *mut c_void,
    n: usize,
    timeout: i64,
) -> Result<usize> {
    count(sys::jm_queue_pop_n(queue, to, n as u64, timeout))
}

/// # Safety
/// The role of a consumer; room for `n` elements.
#[inline]
pub(crate) unsafe fn pop_some(
    queue: sys::jm_handle,
    to: *mut c_void,
    n: usize,
    timeout: i64,
) -> Result<usize> {
    if n == 0 {
        return Ok(0);
    }
    count(sys::jm_queue_pop_some(queue, to, n as u64, timeout))
}

/// # Safety
/// The role of a consumer; room for `n` elements.
#[inline]
pub(crate) unsafe fn try_pop_n(queue: sys::jm_handle, to: *mut c_void, n: usize) -> Result<usize> {
    if n == 0 {
        return Ok(0);
    }
    match sys::jm_queue_try_pop_n(queue, to, n as u64) {
        -1 => Err(Error::of_try(EMPTY)),
        popped => Ok(popped as usize),
    }
}

/// # Safety
/// The role of a producer.
#[inline]
pub(crate) unsafe fn reserve(queue: sys::jm_handle, n: &mut u64) -> Result<*mut c_void> {
    let cells = sys::jm_queue_reserve(queue, n);
    if cells.is_null() {
        return Err(Error::of_try(FULL));
    }
    Ok(cells)
}

/// # Safety
/// The role of a consumer.
#[inline]
pub(crate) unsafe fn peek(queue: sys::jm_handle, n: &mut u64) -> Result<*const c_void> {
    let cells = sys::jm_queue_peek(queue, n);
    if cells.is_null() {
        return Err(Error::of_try(EMPTY));
    }
    Ok(cells)
}
