// SPDX-License-Identifier: MIT
//! Private and shared memory within one process.
#![allow(clippy::needless_collect)] // all threads start before the first is joined
mod common;

use common::Name;
use joinmem::{errno, Error, ErrorKind, Huge, LocalMem, MemOptions, OpenMode, Queue, ShmMem, Spsc};
use std::{sync::atomic::Ordering, thread};

fn errno_of<T: std::fmt::Debug>(result: Result<T, Error>) -> i32 {
    result.unwrap_err().errno()
}

#[test]
fn private_memory_is_a_slice() {
    let mut memory = LocalMem::new(100_000).unwrap();
    assert!(memory.len() >= 100_000 && memory.iter().all(|byte| *byte == 0));
    memory[99_999] = 7;
    memory.as_mut()[..3].copy_from_slice(b"abc");
    assert_eq!((memory[99_999], &memory.as_ref()[..4]), (7, &b"abc\0"[..]));
    let placement = memory.placement().unwrap();
    assert!(placement.created && !placement.shared && placement.size == memory.len());
    assert_eq!(placement.report.get("name").unwrap().to_string(), "null");
    assert_eq!(memory.page_size().unwrap() % 4096, 0);
    assert_eq!(errno_of(LocalMem::new(0)), errno::EINVAL);
    assert_eq!(errno_of(LocalMem::new(usize::MAX / 4)), errno::ENOMEM);
}

#[test]
fn options_reach_the_memory() {
    let name = Name::new("options");
    let options =
        MemOptions::new().huge(Huge::Never).permissions(0o640).open_mode(OpenMode::Create);
    let memory = options.shared(&name, 5000).unwrap();
    assert!(memory.created() && memory.is_named().unwrap() && memory.len() >= 5000);
    assert_eq!(memory.name().unwrap(), name.0.as_str());
    assert_eq!(errno_of(options.shared(&name, 5000)), errno::EEXIST);
    let info = joinmem::inspect(&name).unwrap();
    assert_eq!((info.permissions, info.kind.as_str()), (Some(0o640), "memory"));
    assert!(info.created_at.unwrap() <= std::time::SystemTime::now());
    let placement = memory.placement().unwrap();
    assert_eq!(placement.report.get("requested_huge").unwrap().to_string(), "\"never\"");
    assert!(placement.shared && placement.fallbacks.is_empty());
    let lazy = MemOptions::new().prefault(false).local(1 << 20).unwrap();
    assert_eq!(lazy.placement().unwrap().resident_bytes, Some(0));
    assert_eq!(errno_of(MemOptions::new().numa_node(9999).local(4096)), errno::EINVAL);
    assert_eq!(errno_of(MemOptions::new().huge_page_size(3).local(4096)), errno::EINVAL);
    assert_eq!(errno_of(MemOptions::new().read_only(true).shared(&name, 0)), errno::EINVAL);
}

#[test]
fn copies_pass_through_shared_memory() {
    let name = Name::new("copies");
    let (first, second) = (ShmMem::open(&name, 8192).unwrap(), ShmMem::attach(&name).unwrap());
    assert!(!second.created());
    let bytes: Vec<u8> = (0..100u8).collect();
    for offset in [0, 1, 7, 8, 4090, 8092] {
        first.write_at(offset, &bytes).unwrap();
        let mut read = vec![0; 100];
        second.read_at(offset, &mut read).unwrap();
        assert_eq!(read, bytes);
    }
    first.write(24, [1.5f64, -2.5]).unwrap();
    assert_eq!(second.read::<[f64; 2]>(24).unwrap(), [1.5, -2.5]);
    unsafe { second.as_ptr().add(24).write(0) };
    assert_eq!(first.read::<u8>(24).unwrap(), 0);
    assert_eq!(errno_of(first.read_at(8192, &mut [0])), errno::ERANGE);
    assert_eq!(errno_of(first.write_at(8191, &[0, 0])), errno::ERANGE);
    assert_eq!(errno_of(first.read::<u64>(usize::MAX)), errno::ERANGE);
    assert_eq!(errno_of(first.read_at(usize::MAX, &mut [0, 0])), errno::ERANGE);
    first.read_at(8192, &mut []).unwrap();
    assert_eq!(unsafe { first.as_slice() }.len(), 8192);
}

#[test]
fn read_only_memory_refuses_writes() {
    let name = Name::new("read-only");
    let memory = ShmMem::open(&name, 4096).unwrap();
    memory.write_at(5, b"abc").unwrap();
    let options = MemOptions::new().open_mode(OpenMode::Open).read_only(true);
    let reader = options.shared(&name, 0).unwrap();
    let mut text = [0; 3];
    reader.read_at(5, &mut text).unwrap();
    assert_eq!(&text, b"abc");
    assert_eq!(errno_of(reader.write_at(5, b"x")), errno::EROFS);
    assert_eq!(errno_of(reader.write(8, 1u64)), errno::EROFS);
    assert_eq!(errno_of(reader.initialise(0, None)), errno::EROFS);
    #[cfg(target_pointer_width = "64")]
    assert_eq!(errno_of(reader.atomic_u64(8)), errno::EROFS);
}

/// Each thread writes its own bytes, of the same words as the others.
#[test]
fn threads_write_neighbouring_bytes() {
    let name = Name::new("neighbours");
    let memory = ShmMem::open(&name, 4096).unwrap();
    thread::scope(|scope| {
        for thread in 0..4u8 {
            let memory = &memory;
            scope.spawn(move || {
                for turn in 0..2000usize {
                    memory.write_at(4 * (turn % 100) + usize::from(thread), &[thread + 1]).unwrap();
                }
            });
        }
    });
    let mut bytes = [0; 400];
    memory.read_at(0, &mut bytes).unwrap();
    assert!(bytes.chunks(4).all(|four| four == [1, 2, 3, 4]));
}

#[cfg(target_pointer_width = "64")]
#[test]
fn atomic_counter_is_shared() {
    let name = Name::new("atomic");
    let (first, second) = (ShmMem::open(&name, 4096).unwrap(), ShmMem::attach(&name).unwrap());
    thread::scope(|scope| {
        for memory in [&first, &second] {
            let count = memory.atomic_u64(64).unwrap();
            scope.spawn(move || {
                for _ in 0..10_000 {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(first.read::<u64>(64).unwrap(), 20_000);
    assert_eq!(errno_of(first.atomic_u64(63)), errno::EINVAL);
    assert_eq!(errno_of(first.atomic_u64(4092)), errno::ERANGE);
}

#[test]
fn one_caller_initialises() {
    let name = Name::new("initialise");
    let memory = ShmMem::open(&name, 4096).unwrap();
    drop(memory.initialise(0, None).unwrap().unwrap()); // given up
    let times: usize = thread::scope(|scope| {
        let start = || {
            let memory = ShmMem::attach(&name).unwrap();
            let duty = memory.initialise(0, None).unwrap();
            let first = duty.is_some();
            if let Some(duty) = duty {
                memory.write(8, 42u32).unwrap();
                duty.finish().unwrap();
            }
            assert_eq!(memory.read::<u32>(8).unwrap(), 42);
            usize::from(first)
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(times, 1);
    assert_eq!(errno_of(memory.initialise(2, None)), errno::EINVAL);
    assert_eq!(errno_of(memory.initialise(4096, None)), errno::ERANGE);
}

#[test]
fn names_appear_and_disappear() {
    let name = Name::new("names");
    let listed = |name: &Name| joinmem::segments().unwrap().iter().any(|n| n == name.0.as_str());
    assert!(!listed(&name));
    let memory = ShmMem::open(&name, 4096).unwrap();
    assert!(listed(&name));
    assert_eq!(joinmem::remove_unused(&name).unwrap_err().kind(), ErrorKind::Busy);
    joinmem::unlink(&name).unwrap();
    joinmem::unlink(&name).unwrap();
    assert!(!listed(&name) && !memory.is_named().unwrap());
    assert_eq!(errno_of(ShmMem::attach(&name)), errno::ENOENT);
    assert_eq!(errno_of(joinmem::unlink("a/b")), errno::EINVAL);
    assert_eq!(errno_of(joinmem::inspect("x".repeat(300))), errno::ENAMETOOLONG);
    let queue = Queue::<u64, Spsc>::open(&name, 1).unwrap();
    assert_eq!(errno_of(ShmMem::attach(&name)), errno::EINVAL);
    drop(queue);
    joinmem::remove_unused(&name).unwrap();
    assert!(!listed(&name));
}
