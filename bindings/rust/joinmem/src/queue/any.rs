// SPDX-License-Identifier: MIT
//! Queues whose kind and element size are known only at run time.
use super::{
    cells::{Peek, Reservation},
    control::{deref_to_control, Control},
    raw,
};
use crate::{
    errno, error::done, text::nanoseconds_or_forever, Error, Kind, OpenMode, Plain, Queue,
    QueueKind, QueueOptions, Result,
};
use std::{ffi::OsStr, mem::size_of, os::raw::c_void, time::Duration};

/// A queue whose kind and element size are known only at run time, for tools and bridges. Elements
/// are slices of bytes.
///
/// ```
/// use joinmem::{AnyQueue, Kind, Mpmc, Queue};
///
/// # let name = format!("/rust-doc-any-{}", std::process::id());
/// let numbers = Queue::<u32, Mpmc>::open(&name, 8)?; // in another process
/// numbers.push(7)?;
///
/// let mut any = AnyQueue::attach(&name)?;
/// assert_eq!((any.kind(), any.element_size()), (Kind::Mpmc, 4));
/// let mut element = [0; 4];
/// any.pop(&mut element, None)?;
/// assert_eq!(u32::from_ne_bytes(element), 7);
/// # joinmem::unlink(&name)?;
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// All methods that push or pop fail with `InvalidInput` if the bytes are not whole elements, and
/// otherwise with the errors of [`Queue`]. A timeout of `None` waits without limit.
///
/// Thread safety: `Send` and `Sync`, because pushes and pops need `&mut self`: the borrow checker
/// lets one thread at a time make them, which is enough for any kind. [`split`](Self::split) makes
/// objects for two threads.
#[derive(Debug)]
pub struct AnyQueue {
    control: Control,
    size: usize,
}

/// The half of an [`AnyQueue`] that pushes.
#[derive(Debug)]
pub struct AnyProducer {
    control: Control,
    size: usize,
}

/// The half of an [`AnyQueue`] that pops.
#[derive(Debug)]
pub struct AnyConsumer {
    control: Control,
    size: usize,
}

/// Fails unless the bytes are one element of that size.
fn one(bytes: usize, size: usize) -> Result<()> {
    if bytes == size {
        return Ok(());
    }
    Err(Error::new(errno::EINVAL, format!("{} bytes for one element of {}", bytes, size)))
}

/// How many elements of that size the bytes are.
fn many(bytes: usize, size: usize) -> Result<usize> {
    if size != 0 && bytes % size == 0 {
        return Ok(bytes / size);
    }
    Err(Error::new(errno::EINVAL, format!("{} bytes are not whole elements of {}", bytes, size)))
}

/// A function of [`raw`] that pops several elements.
type PopMany = unsafe fn(joinmem_sys::jm_handle, *mut c_void, usize, i64) -> Result<usize>;

/// # Safety
/// The role of a consumer, and the size of an element.
unsafe fn pop_many(
    control: &Control,
    size: usize,
    elements: &mut [u8],
    timeout: Option<Duration>,
    pop: PopMany,
) -> Result<usize> {
    let n = many(elements.len(), size)?;
    let to = elements.as_mut_ptr().cast();
    pop(control.raw_handle(), to, n, nanoseconds_or_forever(timeout))
}

/// SAFETY of all: `&mut self` is the role of the producer, since no other object of this control
/// has it, unless the kind allows many; the length is checked.
macro_rules! push_methods {
    () => {
        /// Pushes one element; waits up to the timeout.
        pub fn push(&mut self, element: &[u8], timeout: Option<Duration>) -> Result<()> {
            one(element.len(), self.size)?;
            let (from, timeout) = (element.as_ptr().cast(), nanoseconds_or_forever(timeout));
            unsafe { raw::push(self.raw_handle(), from, timeout) }
        }

        /// Pushes one element without waiting.
        pub fn try_push(&mut self, element: &[u8]) -> Result<()> {
            one(element.len(), self.size)?;
            unsafe { raw::try_push(self.raw_handle(), element.as_ptr().cast()) }
        }

        /// Pushes elements that lie side by side; waits until all are pushed, up to the timeout.
        /// Returns how many.
        pub fn push_slice(&mut self, elements: &[u8], timeout: Option<Duration>) -> Result<usize> {
            let n = many(elements.len(), self.size)?;
            let (from, timeout) = (elements.as_ptr().cast(), nanoseconds_or_forever(timeout));
            unsafe { raw::push_n(self.raw_handle(), from, n, timeout) }
        }

        /// Pushes as many of the elements as fit. Returns how many.
        pub fn try_push_slice(&mut self, elements: &[u8]) -> Result<usize> {
            let n = many(elements.len(), self.size)?;
            unsafe { raw::try_push_n(self.raw_handle(), elements.as_ptr().cast(), n) }
        }

        /// As [`Producer::reserve`](crate::Producer::reserve), for the bytes of the elements.
        /// Errors: also `Unsupported` not a Spsc.
        pub fn reserve(&mut self, count: usize) -> Result<Reservation<'_, u8>> {
            unsafe { Reservation::new(&self.control, count, self.size) }
        }
    };
}

/// SAFETY of all: the same for the role of the consumer.
macro_rules! pop_methods {
    () => {
        /// Pops the oldest element; waits up to the timeout.
        pub fn pop(&mut self, element: &mut [u8], timeout: Option<Duration>) -> Result<()> {
            one(element.len(), self.size)?;
            let (to, timeout) = (element.as_mut_ptr().cast(), nanoseconds_or_forever(timeout));
            unsafe { raw::pop(self.raw_handle(), to, timeout) }
        }

        /// Pops the oldest element without waiting.
        pub fn try_pop(&mut self, element: &mut [u8]) -> Result<()> {
            one(element.len(), self.size)?;
            unsafe { raw::try_pop(self.raw_handle(), element.as_mut_ptr().cast()) }
        }

        /// Fills the slice with elements; waits for all of them, up to the timeout. Returns how
        /// many.
        pub fn pop_into(
            &mut self,
            elements: &mut [u8],
            timeout: Option<Duration>,
        ) -> Result<usize> {
            unsafe { pop_many(&self.control, self.size, elements, timeout, raw::pop_n) }
        }

        /// Waits for an element, up to the timeout, then pops as many as there are and fit. Returns
        /// how many.
        pub fn pop_some(
            &mut self,
            elements: &mut [u8],
            timeout: Option<Duration>,
        ) -> Result<usize> {
            unsafe { pop_many(&self.control, self.size, elements, timeout, raw::pop_some) }
        }

        /// Pops as many elements as there are and fit, without waiting. Returns how many.
        pub fn try_pop_into(&mut self, elements: &mut [u8]) -> Result<usize> {
            let n = many(elements.len(), self.size)?;
            unsafe { raw::try_pop_n(self.raw_handle(), elements.as_mut_ptr().cast(), n) }
        }

        /// As [`Consumer::peek`](crate::Consumer::peek), for the bytes of the elements. Errors:
        /// also `Unsupported` not a Spsc.
        pub fn peek(&mut self, count: usize) -> Result<Peek<'_, u8>> {
            unsafe { Peek::new(&self.control, count, self.size) }
        }
    };
}

impl AnyQueue {
    /// Attaches to the existing queue of that name, of whatever kind. Options:
    /// [`QueueOptions::open_any`]. Errors: `NotFound`, and those of [`Queue::open`].
    pub fn attach(name: impl AsRef<OsStr>) -> Result<AnyQueue> {
        QueueOptions::new().open_mode(OpenMode::Open).open_any(None, name, 0, 0)
    }

    /// The control is used by no other object.
    pub(super) fn adopt(control: Control) -> AnyQueue {
        let size = control.element_size();
        AnyQueue { control, size }
    }

    /// Makes a queue with a type of it; returns it as it is if the kind or the element size is
    /// another.
    pub fn typed<T: Plain, K: QueueKind>(self) -> std::result::Result<Queue<T, K>, AnyQueue> {
        // ELEMENT_SIZE also checks T when this is compiled.
        if self.kind() == K::KIND && self.size == Queue::<T, K>::ELEMENT_SIZE as usize {
            debug_assert_eq!(self.size, size_of::<T>());
            Ok(Queue::adopt(self.control))
        } else {
            Err(self)
        }
    }

    /// Splits the queue into its halves, for two threads.
    pub fn split(self) -> (AnyProducer, AnyConsumer) {
        let AnyQueue { control, size } = self;
        (AnyProducer { control: control.control(), size }, AnyConsumer { control, size })
    }

    /// Gives up the roles of this object in a shared Spsc until its next push or pop.
    pub fn release_role(&mut self) -> Result<()> {
        // SAFETY: &mut self proves that no push and no pop is in progress.
        done(unsafe { joinmem_sys::jm_queue_release_role(self.raw_handle()) })
    }

    push_methods!();
    pop_methods!();
}

impl AnyProducer {
    /// Another producer, for another thread; `None` of a Spsc.
    pub fn try_clone(&self) -> Option<AnyProducer> {
        let many = self.kind() != Kind::Spsc;
        many.then(|| AnyProducer { control: self.control.control(), size: self.size })
    }

    push_methods!();
}

impl AnyConsumer {
    /// Another consumer, for another thread; `None` of a Spsc and a Mpsc.
    pub fn try_clone(&self) -> Option<AnyConsumer> {
        let many = self.kind() == Kind::Mpmc;
        many.then(|| AnyConsumer { control: self.control.control(), size: self.size })
    }

    pop_methods!();
}

deref_to_control!([] AnyQueue, [] AnyProducer, [] AnyConsumer);
