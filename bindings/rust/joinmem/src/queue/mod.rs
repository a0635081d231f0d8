// SPDX-License-Identifier: MIT
//! Queues whose element type and kind are known at compile time.
mod any;
mod cells;
mod control;
mod halves;
mod iter;
mod kind;
mod options;
mod raw;

pub use any::{AnyConsumer, AnyProducer, AnyQueue};
pub use cells::{Peek, Reservation};
pub(crate) use control::slots;
pub use control::{Control, ProducerSlot, Stats};
pub use halves::{Consumer, Producer};
pub use iter::{IntoIter, Iter, TryIter};
pub use kind::{Kind, ManyConsumers, ManyProducers, Mpmc, Mpsc, QueueKind, Spsc};
pub use options::{QueueOptions, Spin};

use crate::{
    text::{nanoseconds, FOREVER},
    OpenMode, Plain, Result,
};
use halves::{pop_methods, push_methods};
use std::{
    ffi::OsStr, fmt, mem::align_of, mem::size_of, mem::MaybeUninit, ops::Deref, time::Duration,
};

/// A bounded lock-free queue of elements of type `T`, delivered in push order, private or shared by
/// name with every program of libjoinmem, in any language.
///
/// ```
/// use joinmem::{Queue, Spsc};
///
/// # let name = format!("/rust-doc-queue-{}", std::process::id());
/// let prices = Queue::<f64, Spsc>::open(&name, 1024)?; // creates the queue, or attaches to it
/// for price in [100.5, 101.25, 99.75] {
///     prices.push(price)?; // waits while the queue is full
/// }
/// prices.shutdown()?; // ends the stream: the consumer still gets every price
///
/// let mut sum = 0.0;
/// for price in &prices {
///     sum += price?;
/// }
/// assert_eq!(sum, 301.5);
/// joinmem::unlink(&name)?;
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// It derefs to [`Control`]: `pending ()`, `shutdown ()`, `cancel ()`, `stats ()` and so on.
///
/// # Threads
///
/// A queue is its producer and its consumer in one object. A thread that needs one of them gets it
/// by [`split`](Self::split):
///
/// ```
/// # use joinmem::{Mpsc, Queue};
/// let (producer, consumer) = Queue::<u64, Mpsc>::private(64)?.split();
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         let producer = producer.clone(); // not with a Spsc
///         scope.spawn(move || producer.push(1));
///     }
///     assert_eq!(consumer.pop()? + consumer.pop()?, 2);
///     Ok::<(), joinmem::Error>(())
/// })?;
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// The compiler keeps to the rules of the kind: all halves are `Send`; those of which the kind
/// allows many at a time are also `Sync` and `Clone`. A `Queue` is `Sync` and `Clone` if both
/// halves are, so for a Mpmc alone. Two threads cannot use a Spsc at once:
///
/// ```compile_fail,E0277
/// # use joinmem::{Queue, Spsc};
/// let numbers = Queue::<u64, Spsc>::private(8)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| numbers.push(1)); // error: `Cell<()>` cannot be shared between threads safely
/// });
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// but they can with a Mpmc:
///
/// ```
/// # use joinmem::{Mpmc, Queue};
/// let numbers = Queue::<u64, Mpmc>::private(8)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| numbers.push(1));
/// });
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// Of a *shared* Spsc the library itself sees to it that one object of all processes is the
/// producer, from its first push on, and one the consumer; another one gets `Busy`. The role ends
/// with the object, or with its process. Of a shared Mpsc the program must not pop from two objects
/// at a time, in one process or in two: elements would be delivered twice or torn, but in any case
/// they are values of `T`.
pub struct Queue<T: Plain, K: QueueKind> {
    // Both have the same control.
    producer: Producer<T, K>,
    consumer: Consumer<T, K>,
}

impl<T: Plain, K: QueueKind> Queue<T, K> {
    /// The size of T, which the library accepts: a size of 0 would mean that of an existing queue,
    /// whatever that is. It aligns elements by their size, up to 128.
    pub(crate) const ELEMENT_SIZE: u32 = {
        assert!(size_of::<T>() != 0, "elements have at least 1 byte");
        assert!(size_of::<T>() <= 65536, "elements have at most 65536 bytes");
        assert!(align_of::<T>() <= 128, "elements are aligned to at most 128 bytes");
        size_of::<T>() as u32
    };

    /// Creates the shared queue of that name for `capacity` elements, rounded up to a power of two,
    /// or attaches to it. Callers that race all get the same, complete queue. It stays until
    /// [`unlink`](crate::unlink()). Options: [`QueueOptions::open`].
    ///
    /// Errors: `InvalidInput` a bad name, or a queue of another kind, capacity or element size;
    /// `Damaged` no queue; `OutOfMemory`; `PermissionDenied`; and those of
    /// docs/reference/errors.md.
    pub fn open(name: impl AsRef<OsStr>, capacity: usize) -> Result<Queue<T, K>> {
        QueueOptions::new().open(name, capacity)
    }

    /// Attaches to an existing queue of any capacity. Errors: `NotFound`, and those of
    /// [`open`](Self::open).
    pub fn attach(name: impl AsRef<OsStr>) -> Result<Queue<T, K>> {
        QueueOptions::new().open_mode(OpenMode::Open).open(name, 0)
    }

    /// Creates a queue of this process alone. Errors: `InvalidInput` a capacity past 2^32;
    /// `OutOfMemory`.
    pub fn private(capacity: usize) -> Result<Queue<T, K>> {
        QueueOptions::new().private(capacity)
    }

    /// The control is that of a queue of this kind whose elements have the size of T, and no other
    /// object uses it.
    fn adopt(control: Control) -> Queue<T, K> {
        Queue { producer: Producer::of(control.control()), consumer: Consumer::of(control) }
    }

    /// Splits the queue into its halves, for two threads.
    pub fn split(self) -> (Producer<T, K>, Consumer<T, K>) {
        (self.producer, self.consumer)
    }

    /// Undoes [`split`](Self::split); returns halves of different queues as they are.
    #[allow(clippy::type_complexity)]
    pub fn join(
        producer: Producer<T, K>,
        consumer: Consumer<T, K>,
    ) -> std::result::Result<Queue<T, K>, (Producer<T, K>, Consumer<T, K>)> {
        if producer.is_same(&consumer) {
            Ok(Queue { producer, consumer })
        } else {
            Err((producer, consumer))
        }
    }

    push_methods!();
    pop_methods!();

    /// As [`Consumer::iter`].
    pub fn iter(&self) -> Iter<'_, T, K> {
        self.consumer.iter()
    }

    /// As [`Consumer::try_iter`].
    pub fn try_iter(&self) -> TryIter<'_, T, K> {
        self.consumer.try_iter()
    }
}

impl<T: Plain> Queue<T, Spsc> {
    /// As [`Producer::reserve`].
    pub fn reserve(&mut self, count: usize) -> Result<Reservation<'_, T>> {
        self.producer.reserve(count)
    }

    /// As [`Consumer::peek`].
    pub fn peek(&mut self, count: usize) -> Result<Peek<'_, T>> {
        self.consumer.peek(count)
    }

    /// Gives up the roles of this object in a shared queue until its next push or pop.
    pub fn release_role(&mut self) -> Result<()> {
        // SAFETY: &mut self, which has both halves, proves that no push and no pop is in progress.
        crate::error::done(unsafe { joinmem_sys::jm_queue_release_role(self.raw_handle()) })
    }
}

impl<T: Plain, K: ManyConsumers + ManyProducers> Clone for Queue<T, K> {
    fn clone(&self) -> Queue<T, K> {
        Queue { producer: self.producer.clone(), consumer: self.consumer.clone() }
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for Queue<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&**self).finish()
    }
}

impl<T: Plain, K: QueueKind> Deref for Queue<T, K> {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.producer
    }
}
