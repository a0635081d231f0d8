// SPDX-License-Identifier: MIT
//! What the linked library says about the structs: it accepts their sizes, and it writes each
//! default into its field. tests/declarations.py compares the declarations with joinmem_ffi.h.
use joinmem_sys::*;
use std::{ffi::CStr, mem::size_of, mem::MaybeUninit};

type Init<T> = unsafe extern "C" fn(*mut T, u32) -> std::os::raw::c_int;

/// The struct with each byte 0xff, initialised by the library.
fn defaults<T>(init: Init<T>) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    unsafe {
        value.as_mut_ptr().write_bytes(0xff, 1);
        assert_eq!(init(value.as_mut_ptr(), size_of::<T>() as u32), 0);
        value.assume_init()
    }
}

/// The library knows no version of the struct that is one byte shorter.
fn refuses_other_sizes<T>(init: Init<T>) {
    let mut room = MaybeUninit::<[T; 2]>::uninit();
    let refused = unsafe { init(room.as_mut_ptr().cast(), size_of::<T>() as u32 - 1) };
    assert_eq!((refused, unsafe { jm_last_error() }), (-1, 22));
}

unsafe extern "C" fn options(to: *mut jm_options, size: u32) -> std::os::raw::c_int {
    jm_options_init(to, size)
}

unsafe extern "C" fn queue_options(to: *mut jm_queue_options, size: u32) -> std::os::raw::c_int {
    jm_queue_options_init(to, size)
}

unsafe extern "C" fn wait_options(to: *mut jm_wait_options, size: u32) -> std::os::raw::c_int {
    jm_wait_options_init(to, size)
}

#[test]
fn version_is_that_of_the_library() {
    let text = unsafe { CStr::from_ptr(jm_version_string()) };
    assert_eq!(text.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    let parts: Vec<u32> =
        env!("CARGO_PKG_VERSION").split('.').map(|n| n.parse().unwrap()).collect();
    assert_eq!(unsafe { jm_version() }, parts[0] << 16 | parts[1] << 8 | parts[2]);
}

#[test]
fn options_have_the_library_layout() {
    refuses_other_sizes(options);
    let o = defaults(options);
    assert_eq!((o.struct_size as usize, o.huge), (size_of::<jm_options>(), JM_HUGE_PREFER));
    assert_eq!((o.huge_page_size, o.numa_node, o.prefault, o.lock), (0, -1, 1, 0));
    assert_eq!((o.open_mode, o.permissions, o.read_only), (JM_CREATE_OR_OPEN, 0, 0));
    assert_eq!((o.only_ours, o.reserved), (0, 0));
}

#[test]
fn queue_options_have_the_library_layout() {
    refuses_other_sizes(queue_options);
    let o = defaults(queue_options);
    assert_eq!((o.struct_size as usize, o.max_producers), (size_of::<jm_queue_options>(), 0));
    assert_eq!((o.type_id, o.memory, o.tag), (0, std::ptr::null(), 0));
    assert_eq!((o.exclusive, o.owner_dead, o.spin_ns), (1, 0, 0));
    assert_eq!((o.flags, o.reserved), (0, 0));
}

#[test]
fn wait_options_have_the_library_layout() {
    refuses_other_sizes(wait_options);
    let o = defaults(wait_options);
    assert_eq!((o.struct_size as usize, o.interruptible), (size_of::<jm_wait_options>(), 0));
}

#[test]
fn stats_and_producers_have_the_library_layout() {
    let queue = unsafe { jm_queue_create(JM_SPSC, 4, 8) };
    assert_ne!(queue, JM_INVALID_HANDLE);
    let mut stats = MaybeUninit::<jm_queue_stats>::uninit();
    let mut element = 7u64;
    unsafe {
        for _ in 0..3 {
            assert_eq!(jm_queue_push(queue, &element as *const u64 as *const _, 0), 0);
        }
        assert_eq!(jm_queue_pop(queue, &mut element as *mut u64 as *mut _, 0), 0);
        assert_eq!(jm_queue_shutdown(queue), 0);
        stats.as_mut_ptr().write_bytes(0xff, 1);
        let size = size_of::<jm_queue_stats>() as u32;
        assert_eq!(jm_queue_get_stats(queue, stats.as_mut_ptr(), size), 0);
        assert_eq!(jm_queue_get_stats(queue, stats.as_mut_ptr(), size - 1), -1);
        let s = stats.assume_init();
        assert_eq!((s.struct_size, s.shut_down, s.pushed, s.popped), (size, 1, 3, 1));
        assert_eq!((s.deaths, s.skipped), (0, 0));
        let size = size_of::<jm_producer>() as u32;
        assert_eq!(jm_queue_producers(queue, std::ptr::null_mut(), 0, size), 0);
        assert_eq!(jm_queue_producers(queue, std::ptr::null_mut(), 0, size - 1), -1);
        assert_eq!(jm_close(queue), 0);
    }
}

#[test]
fn events_have_16_bytes() {
    assert_eq!(size_of::<jm_wait_event>(), 16);
}
