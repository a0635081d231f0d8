// SPDX-License-Identifier: MIT
//! Options of queues.
use super::control::Control;
use crate::{
    error::done, text::c_name, AnyQueue, Kind, MemOptions, OpenMode, Plain, Queue, QueueKind,
    Result,
};
use joinmem_sys as sys;
use std::{
    ffi::OsStr,
    mem::{size_of, MaybeUninit},
    time::Duration,
};

/// How calls of one object wait before they sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spin {
    /// As long as earlier waits make it likely to help. The default.
    Adapt,
    /// Not at all.
    Never,
    /// That long.
    For(Duration),
}

/// Options of queues.
///
/// ```
/// use joinmem::{Mpmc, Queue, QueueOptions};
///
/// # let name = format!("/rust-doc-options-{}", std::process::id());
/// let jobs: Queue<u64, Mpmc> = QueueOptions::new().tag(7).owner_dead(true).open(&name, 64)?;
/// assert_eq!(jobs.tag(), 7);
/// joinmem::unlink(&name)?;
/// # Ok::<(), joinmem::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct QueueOptions {
    max_producers: u32,
    type_id: u64,
    tag: u64,
    exclusive: bool,
    owner_dead: bool,
    spin: Spin,
    interruptible: bool,
    memory: MemOptions,
}

impl QueueOptions {
    /// The defaults.
    pub fn new() -> QueueOptions {
        QueueOptions {
            max_producers: 0,
            type_id: 0,
            tag: 0,
            exclusive: true,
            owner_dead: false,
            spin: Spin::Adapt,
            interruptible: false,
            memory: MemOptions::new(),
        }
    }

    /// Producer slots of a new shared Mpsc or Mpmc, one for each thread of any process that has
    /// pushed and not ended: at most 1022; 0, the default, is 256.
    pub fn max_producers(mut self, slots: u32) -> QueueOptions {
        self.max_producers = slots;
        self
    }

    /// Any number; it must equal that of the existing queue, unless one of the two is 0.
    pub fn type_id(mut self, id: u64) -> QueueOptions {
        self.type_id = id;
        self
    }

    /// Any number, stored in a new queue for programs that inspect it.
    pub fn tag(mut self, tag: u64) -> QueueOptions {
        self.tag = tag;
        self
    }

    /// A waiting pop on an empty shared queue fails with `ProducerDied` once no producer is alive
    /// and one was killed.
    pub fn owner_dead(mut self, owner_dead: bool) -> QueueOptions {
        self.owner_dead = owner_dead;
        self
    }

    /// How calls of this object wait before they sleep.
    pub fn spin(mut self, spin: Spin) -> QueueOptions {
        self.spin = spin;
        self
    }

    /// A signal handler ends a sleep with `Interrupted`.
    pub fn interruptible(mut self, interruptible: bool) -> QueueOptions {
        self.interruptible = interruptible;
        self
    }

    /// Where the memory is, its permissions, and whether to create or to open a shared queue.
    pub fn memory(mut self, memory: MemOptions) -> QueueOptions {
        self.memory = memory;
        self
    }

    /// Whether to create or to open a shared queue, as in [`memory`](Self::memory).
    pub fn open_mode(mut self, mode: OpenMode) -> QueueOptions {
        self.memory = self.memory.open_mode(mode);
        self
    }

    /// Lets several objects, in several processes, use a role of a shared Spsc by turns, which
    /// nothing checks then.
    ///
    /// # Safety
    /// As long as the queue is open, at most one thread of one process is the producer at a time,
    /// and one the consumer. Otherwise the slices of [`reserve`](crate::Producer::reserve) and
    /// [`peek`](crate::Consumer::peek) are written by others while they are borrowed.
    pub unsafe fn not_exclusive(mut self) -> QueueOptions {
        self.exclusive = false;
        self
    }

    /// Creates the shared queue of that name, or attaches to it, by the mode. With
    /// [`OpenMode::Open`] a capacity of 0 takes that of the queue. Errors: [`Queue::open`].
    pub fn open<T: Plain, K: QueueKind>(
        &self,
        name: impl AsRef<OsStr>,
        capacity: usize,
    ) -> Result<Queue<T, K>> {
        self.shared(K::KIND as u32, name.as_ref(), capacity, Queue::<T, K>::ELEMENT_SIZE)
            .map(Queue::adopt)
    }

    /// Creates a private queue. Errors: [`Queue::private`].
    pub fn private<T: Plain, K: QueueKind>(&self, capacity: usize) -> Result<Queue<T, K>> {
        self.local(K::KIND as u32, capacity, Queue::<T, K>::ELEMENT_SIZE).map(Queue::adopt)
    }

    /// As [`open`](Self::open), with an element size in bytes. With [`OpenMode::Open`] `None`, and
    /// a capacity and a size of 0, take those of the queue.
    pub fn open_any(
        &self,
        kind: impl Into<Option<Kind>>,
        name: impl AsRef<OsStr>,
        capacity: usize,
        element_size: u32,
    ) -> Result<AnyQueue> {
        let kind = kind.into().map_or(0, |kind| kind as u32);
        self.shared(kind, name.as_ref(), capacity, element_size).map(AnyQueue::adopt)
    }

    /// As [`private`](Self::private), with an element size in bytes.
    pub fn private_any(&self, kind: Kind, capacity: usize, element_size: u32) -> Result<AnyQueue> {
        self.local(kind as u32, capacity, element_size).map(AnyQueue::adopt)
    }

    fn shared(&self, kind: u32, name: &OsStr, capacity: usize, size: u32) -> Result<Control> {
        let name = c_name(name)?;
        self.with_c(|options| {
            // SAFETY: the options, those of the memory and the name are valid during the call.
            unsafe { sys::jm_queue_open_with(kind, capacity as u64, size, name.as_ptr(), options) }
        })
    }

    fn local(&self, kind: u32, capacity: usize, size: u32) -> Result<Control> {
        self.with_c(|options| {
            // SAFETY: as above.
            unsafe { sys::jm_queue_create_with(kind, capacity as u64, size, options) }
        })
    }

    fn with_c(
        &self,
        open: impl FnOnce(&sys::jm_queue_options) -> sys::jm_handle,
    ) -> Result<Control> {
        let memory = self.memory.to_c()?;
        let mut options = MaybeUninit::<sys::jm_queue_options>::uninit();
        // SAFETY: the library writes as many bytes as the size says, or fails.
        let mut options = unsafe {
            let size = size_of::<sys::jm_queue_options>() as u32;
            done(sys::jm_queue_options_init(options.as_mut_ptr(), size))?;
            options.assume_init()
        };
        options.max_producers = self.max_producers;
        options.type_id = self.type_id;
        options.memory = &memory;
        options.tag = self.tag;
        options.exclusive = self.exclusive.into();
        options.owner_dead = self.owner_dead.into();
        options.spin_ns = match self.spin {
            Spin::Adapt => 0,
            Spin::Never => -1,
            // 0 would adapt.
            Spin::For(time) => crate::text::nanoseconds(time).max(1),
        };
        options.flags = if self.interruptible { sys::JM_INTERRUPTIBLE } else { 0 };
        Control::new(open(&options))
    }
}

impl Default for QueueOptions {
    fn default() -> QueueOptions {
        QueueOptions::new()
    }
}
