// SPDX-License-Identifier: MIT
//! The two halves of a queue, and the methods that queues and halves share.
//!
//! Who may push and pop at a time is decided by types alone: a half contains `K::Push`, or
//! `K::Pop`, which is `Exclusive` (`Send`, not `Sync`, not `Clone`) or `Shared` (`Send`, `Sync`,
//! and the half is `Clone`). Everything else in it is `Send` and `Sync`. So the compiler derives
//! which threads may use a half, and no `unsafe impl` is needed.
use super::{
    cells::{Peek, Reservation},
    control::{deref_to_control, Control},
    iter::{Iter, TryIter},
    kind::{ManyConsumers, ManyProducers, QueueKind, Spsc},
    raw,
};
use crate::{
    text::{nanoseconds, FOREVER},
    Plain, Result,
};
use std::{fmt, marker::PhantomData, mem::MaybeUninit, time::Duration};

/// The half of a queue that pushes; [`Queue::split`](crate::Queue::split) makes it.
///
/// It derefs to [`Control`]: `pending ()`, `shutdown ()`, `await_room ()` and so on.
///
/// Thread safety: that of a Mpsc or Mpmc may be cloned, and is `Sync`. That of a Spsc is only
/// `Send`: threads may take turns on it.
pub struct Producer<T: Plain, K: QueueKind> {
    control: Control,
    role: PhantomData<K::Push>,
    element: PhantomData<fn(T)>,
}

/// The half of a queue that pops; [`Queue::split`](crate::Queue::split) makes it.
///
/// It derefs to [`Control`]: `pending ()`, `shutdown ()`, `await_element ()` and so on.
///
/// Thread safety: that of a Mpmc may be cloned, and is `Sync`. That of a Spsc or Mpsc is only
/// `Send`: threads may take turns on it.
pub struct Consumer<T: Plain, K: QueueKind> {
    control: Control,
    role: PhantomData<K::Pop>,
    element: PhantomData<fn() -> T>,
}

impl<T: Plain, K: QueueKind> Producer<T, K> {
    /// The one producer of a control whose elements have the size of T, or one of many.
    pub(super) fn of(control: Control) -> Producer<T, K> {
        Producer { control, role: PhantomData, element: PhantomData }
    }
}

impl<T: Plain, K: QueueKind> Consumer<T, K> {
    /// The one consumer of a control whose elements have the size of T, or one of many.
    pub(super) fn of(control: Control) -> Consumer<T, K> {
        Consumer { control, role: PhantomData, element: PhantomData }
    }
}

impl<T: Plain, K: ManyProducers> Clone for Producer<T, K> {
    fn clone(&self) -> Producer<T, K> {
        Producer::of(self.control.control())
    }
}

impl<T: Plain, K: ManyConsumers> Clone for Consumer<T, K> {
    fn clone(&self) -> Consumer<T, K> {
        Consumer::of(self.control.control())
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for Producer<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(&self.control).finish()
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for Consumer<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.control).finish()
    }
}

deref_to_control!([T: Plain, K: QueueKind] Producer<T, K>, [T: Plain, K: QueueKind] Consumer<T, K>);

/// The methods of an object that has the role of a producer. SAFETY of all: its type lets one
/// thread at a time call them, unless the kind has many producers; the elements of the queue have
/// the size of T.
macro_rules! push_methods {
    () => {
        /// Pushes one element; waits while the queue is full.
        ///
        /// Errors: `ShutDown`; `Cancelled`; `Interrupted` ([`QueueOptions::interruptible`]); `Busy`
        /// another handle is the producer of a Spsc; `Damaged`; of a shared Mpsc or Mpmc
        /// `TooManyProducers`, `WouldDeadlock`, and at a thread's first push `OutOfMemory`,
        /// `NotFound`, `PermissionDenied`.
        ///
        /// [`QueueOptions::interruptible`]: crate::QueueOptions::interruptible
        #[inline]
        pub fn push(&self, element: T) -> Result<()> {
            let from: *const T = &element;
            unsafe { raw::push(self.raw_handle(), from.cast(), FOREVER) }
        }

        /// Pushes one element without waiting. Errors: `WouldBlock` the queue is full; and those of
        /// [`push`](Self::push).
        #[inline]
        pub fn try_push(&self, element: T) -> Result<()> {
            let from: *const T = &element;
            unsafe { raw::try_push(self.raw_handle(), from.cast()) }
        }

        /// Pushes one element; waits up to a timeout. Errors: `TimedOut`, and those of
        /// [`push`](Self::push).
        #[inline]
        pub fn push_timeout(&self, element: T, timeout: Duration) -> Result<()> {
            let from: *const T = &element;
            unsafe { raw::push(self.raw_handle(), from.cast(), nanoseconds(timeout)) }
        }

        /// Pushes all elements in order; waits while the queue is full. Returns how many: fewer
        /// than all if an error ended the wait after the first; call it again for the rest, or for
        /// the error. Errors: those of [`push`](Self::push).
        pub fn push_slice(&self, elements: &[T]) -> Result<usize> {
            let from = elements.as_ptr().cast();
            unsafe { raw::push_n(self.raw_handle(), from, elements.len(), FOREVER) }
        }

        /// Pushes as many elements as fit, in order, without waiting. Returns how many. Errors: as
        /// [`try_push`](Self::try_push).
        pub fn try_push_slice(&self, elements: &[T]) -> Result<usize> {
            let from = elements.as_ptr().cast();
            unsafe { raw::try_push_n(self.raw_handle(), from, elements.len()) }
        }

        /// As [`push_slice`](Self::push_slice), up to a timeout. Errors: `TimedOut` none fit, and
        /// those of [`push`](Self::push).
        pub fn push_slice_timeout(&self, elements: &[T], timeout: Duration) -> Result<usize> {
            let (from, timeout) = (elements.as_ptr().cast(), nanoseconds(timeout));
            unsafe { raw::push_n(self.raw_handle(), from, elements.len(), timeout) }
        }
    };
}
pub(super) use push_methods;

/// The methods of an object that has the role of a consumer. SAFETY of all: as above, and any bit
/// pattern is a T.
macro_rules! pop_methods {
    () => {
        /// Pops the oldest element; waits while the queue is empty.
        ///
        /// Errors: `ShutDown` the queue is shut down and drained; `ProducerDied`
        /// ([`QueueOptions::owner_dead`]); `Cancelled`; `Interrupted`; `Busy` another handle is the
        /// consumer of a Spsc; `Damaged`.
        ///
        /// [`QueueOptions::owner_dead`]: crate::QueueOptions::owner_dead
        #[inline]
        pub fn pop(&self) -> Result<T> {
            let mut to = MaybeUninit::<T>::uninit();
            unsafe {
                raw::pop(self.raw_handle(), to.as_mut_ptr().cast(), FOREVER)?;
                Ok(to.assume_init())
            }
        }

        /// Pops the oldest element without waiting. Errors: `WouldBlock` the queue is empty; and
        /// those of [`pop`](Self::pop).
        #[inline]
        pub fn try_pop(&self) -> Result<T> {
            let mut to = MaybeUninit::<T>::uninit();
            unsafe {
                raw::try_pop(self.raw_handle(), to.as_mut_ptr().cast())?;
                Ok(to.assume_init())
            }
        }

        /// Pops the oldest element; waits up to a timeout. Errors: `TimedOut`, and those of
        /// [`pop`](Self::pop).
        #[inline]
        pub fn pop_timeout(&self, timeout: Duration) -> Result<T> {
            let mut to = MaybeUninit::<T>::uninit();
            unsafe {
                raw::pop(self.raw_handle(), to.as_mut_ptr().cast(), nanoseconds(timeout))?;
                Ok(to.assume_init())
            }
        }

        /// Fills the slice with elements; waits while the queue is empty. Returns how many: fewer
        /// than asked for if an error ended the wait after the first; call it again for the rest,
        /// or for the error. Errors: those of [`pop`](Self::pop).
        pub fn pop_into(&self, elements: &mut [T]) -> Result<usize> {
            let to = elements.as_mut_ptr().cast();
            unsafe { raw::pop_n(self.raw_handle(), to, elements.len(), FOREVER) }
        }

        /// Pops as many elements as there are, up to the length of the slice, without waiting; from
        /// a Mpmc at most 64 KiB or 16 elements. Returns how many. Errors: as
        /// [`try_pop`](Self::try_pop).
        pub fn try_pop_into(&self, elements: &mut [T]) -> Result<usize> {
            let to = elements.as_mut_ptr().cast();
            unsafe { raw::try_pop_n(self.raw_handle(), to, elements.len()) }
        }

        /// As [`pop_into`](Self::pop_into), up to a timeout. Errors: `TimedOut` there was none, and
        /// those of [`pop`](Self::pop).
        pub fn pop_into_timeout(&self, elements: &mut [T], timeout: Duration) -> Result<usize> {
            let (to, timeout) = (elements.as_mut_ptr().cast(), nanoseconds(timeout));
            unsafe { raw::pop_n(self.raw_handle(), to, elements.len(), timeout) }
        }

        /// Waits for an element, then pops as many as there are, up to the length of the slice, as
        /// read (2) does. A timeout of `None` waits without limit. Errors: `TimedOut`, and those of
        /// [`pop`](Self::pop).
        pub fn pop_some(&self, elements: &mut [T], timeout: Option<Duration>) -> Result<usize> {
            let timeout = crate::text::nanoseconds_or_forever(timeout);
            let to = elements.as_mut_ptr().cast();
            unsafe { raw::pop_some(self.raw_handle(), to, elements.len(), timeout) }
        }
    };
}
pub(super) use pop_methods;

impl<T: Plain, K: QueueKind> Producer<T, K> {
    push_methods!();
}

impl<T: Plain, K: QueueKind> Consumer<T, K> {
    pop_methods!();

    /// Pops and waits, element by element, until the queue is shut down and drained. An error ends
    /// the iteration, too, after it has been returned.
    pub fn iter(&self) -> Iter<'_, T, K> {
        Iter::of(self)
    }

    /// Pops the elements that are there, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T, K> {
        TryIter::of(self)
    }
}

impl<T: Plain> Producer<T, Spsc> {
    /// Reserves room for up to `count` elements in one piece, to be written in place. It may be
    /// less, where the ring wraps or is nearly full. Does not wait:
    /// [`await_room`](Control::await_room) does.
    ///
    /// ```
    /// # use joinmem::{Queue, Spsc};
    /// let (mut producer, mut consumer) = Queue::<u64, Spsc>::private(8)?.split();
    /// let mut room = producer.reserve(3)?;
    /// room.copy_from_slice(&[1, 2, 3]);
    /// room.commit(3)?;
    ///
    /// let elements = consumer.peek(8)?;
    /// assert_eq!(*elements, [1, 2, 3]);
    /// elements.release(3)?;
    /// # Ok::<(), joinmem::Error>(())
    /// ```
    ///
    /// Errors: `WouldBlock` the queue is full; `InvalidInput` a count of 0; and those of
    /// [`push`](Self::push).
    pub fn reserve(&mut self, count: usize) -> Result<Reservation<'_, T>> {
        // SAFETY: &mut self is the role, and elements have the size of T.
        unsafe { Reservation::new(&self.control, count, 1) }
    }
}

impl<T: Plain> Consumer<T, Spsc> {
    /// Returns the oldest elements, up to `count` in one piece, to be read in place. It may be
    /// fewer than there are, where the ring wraps. Does not wait:
    /// [`await_element`](Control::await_element) does.
    ///
    /// Errors: `WouldBlock` the queue is empty; `InvalidInput` a count of 0; and those of
    /// [`pop`](Self::pop).
    pub fn peek(&mut self, count: usize) -> Result<Peek<'_, T>> {
        // SAFETY: &mut self is the role, and elements have the size of T.
        unsafe { Peek::new(&self.control, count, 1) }
    }
}
