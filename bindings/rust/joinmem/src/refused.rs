// SPDX-License-Identifier: MIT
//! Programs that the compiler has to refuse. Each is beside the same program without the mistake,
//! so that it is refused for that alone. Only `cargo test` sees this module.

/// ```
/// # use joinmem::{Queue, Spsc};
/// let (mut producer, _) = Queue::<u64, Spsc>::private(8).unwrap().split();
/// let first = producer.reserve(1).unwrap();
/// drop(first);
/// let second = producer.reserve(1);
/// ```
///
/// ```compile_fail,E0499
/// # use joinmem::{Queue, Spsc};
/// let (mut producer, _) = Queue::<u64, Spsc>::private(8).unwrap().split();
/// let first = producer.reserve(1).unwrap();
/// let second = producer.reserve(1);
/// drop(first);
/// ```
pub struct TwoReservations;

/// ```
/// # use joinmem::{Queue, Spsc};
/// let mut queue = Queue::<u64, Spsc>::private(8).unwrap();
/// queue.push(1).unwrap();
/// let elements = queue.peek(1).unwrap();
/// drop(elements);
/// queue.pop().unwrap();
/// ```
///
/// ```compile_fail,E0502
/// # use joinmem::{Queue, Spsc};
/// let mut queue = Queue::<u64, Spsc>::private(8).unwrap();
/// queue.push(1).unwrap();
/// let elements = queue.peek(1).unwrap();
/// queue.pop().unwrap();
/// drop(elements);
/// ```
pub struct PopDuringPeek;

/// ```
/// # use joinmem::{Queue, Spsc};
/// let mut queue = Queue::<u64, Spsc>::private(8).unwrap();
/// queue.push(1).unwrap();
/// let elements = queue.peek(1).unwrap();
/// let first = elements[0];
/// elements.release(1).unwrap();
/// assert_eq!(first, 1);
/// ```
///
/// ```compile_fail,E0505
/// # use joinmem::{Queue, Spsc};
/// let mut queue = Queue::<u64, Spsc>::private(8).unwrap();
/// queue.push(1).unwrap();
/// let elements = queue.peek(1).unwrap();
/// let first = &elements[0];
/// elements.release(1).unwrap();
/// assert_eq!(*first, 1);
/// ```
pub struct SliceAfterRelease;

/// ```
/// # use joinmem::{Mpsc, Queue};
/// let (producer, consumer) = Queue::<u64, Mpsc>::private(8).unwrap().split();
/// let another = producer.clone();
/// ```
///
/// ```compile_fail,E0599
/// # use joinmem::{Mpsc, Queue};
/// let (producer, consumer) = Queue::<u64, Mpsc>::private(8).unwrap().split();
/// let another = consumer.clone();
/// ```
pub struct TwoConsumersOfAMpsc;

/// ```
/// # use joinmem::{Queue, Spsc};
/// let (producer, _) = Queue::<u64, Spsc>::private(8).unwrap().split();
/// std::thread::spawn(move || producer.push(1)).join().unwrap();
/// ```
///
/// ```compile_fail,E0277
/// # use joinmem::{Queue, Spsc};
/// let (producer, _) = Queue::<u64, Spsc>::private(8).unwrap().split();
/// let shared = std::sync::Arc::new(producer);
/// std::thread::spawn(move || shared.push(1)).join().unwrap();
/// ```
pub struct TwoThreadsPushToASpsc;

/// ```
/// # use joinmem::{Queue, Spsc};
/// let numbers = Queue::<[u8; 65536], Spsc>::private(1);
/// let bytes = Queue::<[u8; 1], Spsc>::private(1);
/// ```
///
/// ```compile_fail,E0080
/// # use joinmem::{Queue, Spsc};
/// let numbers = Queue::<[u8; 65537], Spsc>::private(1);
/// ```
///
/// ```compile_fail,E0080
/// # use joinmem::{Queue, Spsc};
/// let nothing = Queue::<[u8; 0], Spsc>::private(1);
/// ```
pub struct ElementSizes;

/// ```
/// # use joinmem::{Queue, Spsc};
/// let numbers = Queue::<u8, Spsc>::private(1);
/// ```
///
/// ```compile_fail,E0277
/// # use joinmem::{Queue, Spsc};
/// let truths = Queue::<bool, Spsc>::private(1);
/// ```
pub struct NotPlain;

/// ```
/// # use std::os::unix::io::AsRawFd;
/// let set = joinmem::WaitSet::new().unwrap();
/// let fd = set.descriptor().unwrap();
/// assert_ne!(fd.as_raw_fd(), -1);
/// drop(set);
/// ```
///
/// ```compile_fail,E0505
/// # use std::os::unix::io::AsRawFd;
/// let set = joinmem::WaitSet::new().unwrap();
/// let fd = set.descriptor().unwrap();
/// drop(set);
/// assert_ne!(fd.as_raw_fd(), -1);
/// ```
pub struct DescriptorOfADroppedSet;

/// ```
/// let memory = joinmem::LocalMem::new(4096).unwrap();
/// let bytes = &memory[..8];
/// assert_eq!(bytes, [0; 8]);
/// drop(memory);
/// ```
///
/// ```compile_fail,E0505
/// let memory = joinmem::LocalMem::new(4096).unwrap();
/// let bytes = &memory[..8];
/// drop(memory);
/// assert_eq!(bytes, [0; 8]);
/// ```
pub struct BytesOfDroppedMemory;
