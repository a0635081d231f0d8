// SPDX-License-Identifier: MIT
//! The declarations of `joinmem.h`, the C interface of libjoinmem, one to one and in its order.
//! That header describes every function, errors and thread safety included; the crate `joinmem`
//! makes safe types of them.
//!
//! Conventions: a function that returns `c_int` returns 0, or -1 on failure; one that returns a
//! handle, a count or a pointer returns [`JM_INVALID_HANDLE`], -1 or null. A failure sets
//! [`jm_last_error`] and [`jm_last_error_message`] of the calling thread. Any bit pattern is safe
//! to pass as a handle, and any thread may use any handle at any time. Addresses must be valid for
//! the bytes that the header names. Nothing here unwinds.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_void};

pub type jm_handle = i64;

pub const JM_INVALID_HANDLE: jm_handle = -1;

pub const JM_HUGE_PREFER: u32 = 0;
pub const JM_HUGE_NEVER: u32 = 1;
pub const JM_HUGE_REQUIRE: u32 = 2;

pub const JM_CREATE_OR_OPEN: u32 = 0;
pub const JM_CREATE_ONLY: u32 = 1;
pub const JM_OPEN_ONLY: u32 = 2;

pub const JM_SPSC: u32 = 1;
pub const JM_MPSC: u32 = 2;
pub const JM_MPMC: u32 = 3;

pub const JM_INTERRUPTIBLE: u32 = 1;

pub const JM_READY_ELEMENT: u32 = 1;
pub const JM_READY_ROOM: u32 = 2;
pub const JM_READY_END: u32 = 4;
pub const JM_READY_PRODUCERS_DEAD: u32 = 8;
pub const JM_READY_DAMAGED: u32 = 16;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_options {
    pub struct_size: u32,
    pub huge: u32,
    pub huge_page_size: u64,
    pub numa_node: i32,
    pub prefault: u32,
    pub lock: u32,
    pub open_mode: u32,
    pub permissions: u32,
    pub read_only: u32,
    pub only_ours: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_queue_options {
    pub struct_size: u32,
    pub max_producers: u32,
    pub type_id: u64,
    pub memory: *const jm_options,
    pub tag: u64,
    pub exclusive: u32,
    pub owner_dead: u32,
    pub spin_ns: i64,
    pub flags: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_producer {
    pub struct_size: u32,
    pub slot: u32,
    pub pid: i32,
    pub alive: u32,
    pub in_push: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_queue_stats {
    pub struct_size: u32,
    pub shut_down: u32,
    pub pushed: u64,
    pub popped: u64,
    pub deaths: u64,
    pub skipped: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_wait_event {
    pub key: u64,
    pub ready: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jm_wait_options {
    pub struct_size: u32,
    pub interruptible: u32,
}

// The library and the last error.
extern "C" {
    pub fn jm_version() -> u32;
    pub fn jm_version_string() -> *const c_char;
    pub fn jm_last_error() -> c_int;
    pub fn jm_last_error_message() -> *const c_char;
    pub fn jm_clear_error();
}

// Memory.
extern "C" {
    pub fn jm_options_init(options: *mut jm_options, struct_size: u32) -> c_int;
    pub fn jm_local_create(size: u64) -> jm_handle;
    pub fn jm_local_create_with(size: u64, options: *const jm_options) -> jm_handle;
    pub fn jm_shm_open(size: u64, name: *const c_char) -> jm_handle;
    pub fn jm_shm_open_with(
        size: u64,
        name: *const c_char,
        options: *const jm_options,
    ) -> jm_handle;
    pub fn jm_initialise_begin(memory: jm_handle, ready: u64, timeout_ns: i64) -> c_int;
    pub fn jm_initialise_end(memory: jm_handle, ready: u64, constructed: c_int) -> c_int;
    pub fn jm_unlink(name: *const c_char) -> c_int;
    pub fn jm_get(memory: jm_handle, offset: u64) -> *mut c_void;
    pub fn jm_mbind(memory: jm_handle, node: c_int) -> c_int;
    pub fn jm_mlock(memory: jm_handle) -> c_int;
    pub fn jm_munlock(memory: jm_handle) -> c_int;
    pub fn jm_size(memory: jm_handle) -> i64;
    pub fn jm_page_size(memory: jm_handle) -> i64;
    pub fn jm_created(memory_or_queue: jm_handle) -> c_int;
    pub fn jm_named(memory_or_queue: jm_handle) -> c_int;
    pub fn jm_name(memory_or_queue: jm_handle, text: *mut c_char, size: u64) -> i64;
    pub fn jm_node_of(memory: jm_handle, offset: u64) -> c_int;
    pub fn jm_placement(memory_or_queue: jm_handle, text: *mut c_char, size: u64) -> i64;
    pub fn jm_close(handle: jm_handle) -> c_int;
}

// Queues.
extern "C" {
    pub fn jm_queue_options_init(options: *mut jm_queue_options, struct_size: u32) -> c_int;
    pub fn jm_queue_create(kind: u32, capacity: u64, element_size: u32) -> jm_handle;
    pub fn jm_queue_create_with(
        kind: u32,
        capacity: u64,
        element_size: u32,
        options: *const jm_queue_options,
    ) -> jm_handle;
    pub fn jm_queue_open(
        kind: u32,
        capacity: u64,
        element_size: u32,
        name: *const c_char,
    ) -> jm_handle;
    pub fn jm_queue_open_with(
        kind: u32,
        capacity: u64,
        element_size: u32,
        name: *const c_char,
        options: *const jm_queue_options,
    ) -> jm_handle;
    pub fn jm_queue_try_push(queue: jm_handle, element: *const c_void) -> c_int;
    pub fn jm_queue_try_pop(queue: jm_handle, element: *mut c_void) -> c_int;
    pub fn jm_queue_try_push_n(queue: jm_handle, elements: *const c_void, count: u64) -> i64;
    pub fn jm_queue_try_pop_n(queue: jm_handle, elements: *mut c_void, count: u64) -> i64;
    pub fn jm_queue_push(queue: jm_handle, element: *const c_void, timeout_ns: i64) -> c_int;
    pub fn jm_queue_pop(queue: jm_handle, element: *mut c_void, timeout_ns: i64) -> c_int;
    pub fn jm_queue_push_n(
        queue: jm_handle,
        elements: *const c_void,
        count: u64,
        timeout_ns: i64,
    ) -> i64;
    pub fn jm_queue_pop_n(
        queue: jm_handle,
        elements: *mut c_void,
        count: u64,
        timeout_ns: i64,
    ) -> i64;
    pub fn jm_queue_pop_some(
        queue: jm_handle,
        elements: *mut c_void,
        count: u64,
        timeout_ns: i64,
    ) -> i64;
    pub fn jm_queue_cancel(queue: jm_handle) -> c_int;
    pub fn jm_queue_resume(queue: jm_handle) -> c_int;
    pub fn jm_queue_release_role(queue: jm_handle) -> c_int;
    pub fn jm_queue_shutdown(queue: jm_handle) -> c_int;
    pub fn jm_queue_reserve(queue: jm_handle, count: *mut u64) -> *mut c_void;
    pub fn jm_queue_commit(queue: jm_handle, count: u64) -> c_int;
    pub fn jm_queue_peek(queue: jm_handle, count: *mut u64) -> *const c_void;
    pub fn jm_queue_release(queue: jm_handle, count: u64) -> c_int;
    pub fn jm_queue_kind(queue: jm_handle) -> u32;
    pub fn jm_queue_element_size(queue: jm_handle) -> i64;
    pub fn jm_queue_capacity(queue: jm_handle) -> i64;
    pub fn jm_queue_pending(queue: jm_handle) -> i64;
    pub fn jm_queue_available(queue: jm_handle) -> i64;
    pub fn jm_queue_tag(queue: jm_handle, tag: *mut u64) -> c_int;
    pub fn jm_queue_producers(
        queue: jm_handle,
        list: *mut jm_producer,
        count: u64,
        struct_size: u32,
    ) -> i64;
    pub fn jm_queue_get_stats(
        queue: jm_handle,
        stats: *mut jm_queue_stats,
        struct_size: u32,
    ) -> c_int;
    pub fn jm_queue_mbind(queue: jm_handle, node: c_int) -> c_int;
    pub fn jm_queue_mlock(queue: jm_handle) -> c_int;
}

// Waiting.
extern "C" {
    pub fn jm_queue_await_element(queue: jm_handle, amount: u64, timeout_ns: i64) -> c_int;
    pub fn jm_queue_await_room(queue: jm_handle, amount: u64, timeout_ns: i64) -> c_int;
    pub fn jm_wait_options_init(options: *mut jm_wait_options, struct_size: u32) -> c_int;
    pub fn jm_wait_create() -> jm_handle;
    pub fn jm_wait_create_with(options: *const jm_wait_options) -> jm_handle;
    pub fn jm_wait_add(
        set: jm_handle,
        queue: jm_handle,
        ready: u32,
        key: u64,
        amount: u64,
    ) -> c_int;
    pub fn jm_wait_modify(
        set: jm_handle,
        queue: jm_handle,
        ready: u32,
        key: u64,
        amount: u64,
    ) -> c_int;
    pub fn jm_wait_remove(set: jm_handle, queue: jm_handle) -> c_int;
    pub fn jm_wait_size(set: jm_handle) -> i64;
    pub fn jm_wait(set: jm_handle, events: *mut jm_wait_event, count: u64, timeout_ns: i64) -> i64;
    pub fn jm_wait_fd(set: jm_handle) -> c_int;
    pub fn jm_wait_wake(set: jm_handle) -> c_int;
}

// Looking.
extern "C" {
    pub fn jm_segment_names(names: *mut c_char, size: u64) -> i64;
    pub fn jm_inspect(name: *const c_char, text: *mut c_char, size: u64) -> i64;
    pub fn jm_inspect_producers(
        name: *const c_char,
        list: *mut jm_producer,
        count: u64,
        struct_size: u32,
    ) -> i64;
    pub fn jm_inspect_pages(name: *const c_char, most: u64, text: *mut c_char, size: u64) -> i64;
    pub fn jm_remove_unused(name: *const c_char) -> c_int;
    pub fn jm_remove_unused_if_unchanged(
        name: *const c_char,
        device: u64,
        inode: u64,
        pushed: u64,
        popped: u64,
    ) -> c_int;
}
