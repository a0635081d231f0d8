// SPDX-License-Identifier: MIT
//! Shared memory and lock-free queues between processes on Linux that survive `kill -9`: the Rust
//! interface of libjoinmem.
//!
//! One process pushes prices:
//!
//! ```
//! use joinmem::{Queue, Spsc};
//!
//! # let name = format!("/rust-doc-prices-{}", std::process::id());
//! let prices = Queue::<f64, Spsc>::open(&name, 1024)?; // creates the queue, or attaches to it
//! for price in [100.5, 101.25, 99.75] {
//!     prices.push(price)?; // waits while the queue is full
//! }
//! prices.shutdown()?; // ends the stream: the consumer still gets every price
//! # drop(prices);
//! # let prices = Queue::<f64, Spsc>::open(&name, 1024)?;
//! # assert_eq!(prices.iter().collect::<Result<Vec<f64>, _>>()?, [100.5, 101.25, 99.75]);
//! # joinmem::unlink(&name)?;
//! # Ok::<(), joinmem::Error>(())
//! ```
//!
//! and another pops them, in the same order. Either may start first, and either may be written in
//! another language:
//!
//! ```no_run
//! # use joinmem::{Queue, Spsc};
//! # fn f() -> Result<(), joinmem::Error> {
//! let prices = Queue::<f64, Spsc>::open("/rust-prices", 1024)?;
//! for price in &prices {
//!     println!("Rust got {}", price?);
//! }
//! joinmem::unlink("/rust-prices")?;
//! # Ok(())
//! # }
//! ```
//!
//! | you need | use |
//! |---|---|
//! | a queue of a type, between threads or processes | [`Queue`], of a kind: [`Spsc`], [`Mpsc`], [`Mpmc`] |
//! | a queue whose kind and element size are known at run time | [`AnyQueue`] |
//! | elements of your own struct | [`plain!`] |
//! | to wait for many queues, or in an event loop | [`WaitSet`] |
//! | memory with a name, which other processes open | [`ShmMem`] |
//! | private memory on huge pages, on a NUMA node, all pages present | [`LocalMem`] |
//! | to look at what is in shared memory | [`segments`], [`inspect()`] |
//!
//! # Safety
//!
//! All functions that are not `unsafe` are sound, whatever other processes push and write. Two
//! things rest on them:
//!
//! - The slices of [`Producer::reserve`] and [`Consumer::peek`] presume that the process on the
//!   other side of a shared queue keeps the queue's protocol, as all programs of libjoinmem do.
//!   Pops and pushes by copy do not presume that.
//! - A process with write access to a segment may truncate its file; an access to the missing pages
//!   is a SIGBUS, which ends the program. Give segments to those whom you trust:
//!   [`MemOptions::permissions`].
//!
//! After fork (2), which is `unsafe` in Rust, a child may use the queues and the memory that it
//! inherits, but not the wait sets, and not the roles of a Spsc that its parent has taken.
//!
//! # Errors
//!
//! A function that fails returns an [`Error`]: the errno, the library's sentence, and a
//! [kind](ErrorKind). It converts into a `std::io::Error`.
#![warn(missing_docs, missing_debug_implementations, rust_2018_idioms)]
#![allow(clippy::undocumented_unsafe_blocks)] // the methods that macros make have one comment for all

pub mod errno;
mod error;
mod inspect;
mod memory;
mod options;
mod plain;
mod queue;
#[cfg(doctest)]
mod refused;
mod report;
mod shm;
mod text;
mod wait;
mod words;

pub use error::{Error, ErrorKind, Result};
pub use inspect::{
    inspect, inspect_pages, inspect_producers, remove_unused, remove_unused_if_unchanged, segments,
    Placement, SegmentInfo, SegmentPages,
};
pub use memory::LocalMem;
pub use options::{Huge, MemOptions, OpenMode};
pub use plain::Plain;
pub use queue::{
    AnyConsumer, AnyProducer, AnyQueue, Consumer, Control, IntoIter, Iter, Kind, ManyConsumers,
    ManyProducers, Mpmc, Mpsc, Peek, Producer, ProducerSlot, Queue, QueueKind, QueueOptions,
    Reservation, Spin, Spsc, Stats, TryIter,
};
pub use report::{Report, Value};
pub use shm::{unlink, Initialisation, ShmMem};
pub use wait::{Event, Ready, WaitSet};

/// Returns the version of the loaded library, "major.minor.patch".
pub fn version() -> &'static str {
    // SAFETY: the text is never null and always valid; it has digits and dots.
    let text = unsafe { std::ffi::CStr::from_ptr(joinmem_sys::jm_version_string()) };
    text.to_str().unwrap_or("")
}
