// SPDX-License-Identifier: MIT
//! The kinds of queues: as a value, and as types that decide what the compiler lets threads do.
use joinmem_sys as sys;
use std::{cell::Cell, marker::PhantomData};

/// The kind of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One producer and one consumer at a time.
    Spsc = sys::JM_SPSC as isize,
    /// Many producers, one consumer at a time.
    Mpsc = sys::JM_MPSC as isize,
    /// Many producers and many consumers.
    Mpmc = sys::JM_MPMC as isize,
}

impl Kind {
    /// The kind of an open queue, which has one of the three.
    pub(crate) fn of(number: u32) -> Kind {
        match number {
            sys::JM_SPSC => Kind::Spsc,
            sys::JM_MPSC => Kind::Mpsc,
            _ => Kind::Mpmc,
        }
    }
}

/// A role that one thread at a time has: an object with it is `Send` and not `Sync`, and cannot be
/// cloned. So threads may take turns, as they hand the object over, but no two of them can use it
/// at once. `Cell` has exactly these properties.
type Exclusive = PhantomData<Cell<()>>;

/// A role that any number of threads have at a time: `Send` and `Sync`.
type Shared = PhantomData<()>;

pub(crate) mod sealed {
    pub trait Sealed: 'static {
        /// `Exclusive` or `Shared`: what threads may do with the producer.
        type Push;
        /// The same for the consumer.
        type Pop;
    }
}

/// The kind of a queue as a type: [`Spsc`], [`Mpsc`] or [`Mpmc`].
pub trait QueueKind: sealed::Sealed {
    /// The kind as a value.
    const KIND: Kind;
}

/// Kinds with many producers at a time: [`Mpsc`] and [`Mpmc`].
pub trait ManyProducers: QueueKind {}

/// Kinds with many consumers at a time: [`Mpmc`].
pub trait ManyConsumers: QueueKind {}

/// One producer and one consumer at a time. The fastest kind, and the only one with zero copy.
#[derive(Debug)]
pub enum Spsc {}

/// Many producers, one consumer at a time.
#[derive(Debug)]
pub enum Mpsc {}

/// Many producers and many consumers.
#[derive(Debug)]
pub enum Mpmc {}

impl sealed::Sealed for Spsc {
    type Push = Exclusive;
    type Pop = Exclusive;
}

impl sealed::Sealed for Mpsc {
    type Push = Shared;
    type Pop = Exclusive;
}

impl sealed::Sealed for Mpmc {
    type Push = Shared;
    type Pop = Shared;
}

impl QueueKind for Spsc {
    const KIND: Kind = Kind::Spsc;
}

impl QueueKind for Mpsc {
    const KIND: Kind = Kind::Mpsc;
}

impl QueueKind for Mpmc {
    const KIND: Kind = Kind::Mpmc;
}

impl ManyProducers for Mpsc {}
impl ManyProducers for Mpmc {}
impl ManyConsumers for Mpmc {}
