// SPDX-License-Identifier: MIT
//! What any thread may do with a queue at any time.
use crate::{
    error::{count, done, truth},
    text::{name_of, nanoseconds_or_forever, Handle},
    Kind, Placement, Result,
};
use joinmem_sys as sys;
use std::{
    ffi::OsString,
    mem::{size_of, MaybeUninit},
    sync::Arc,
    time::Duration,
};

/// All that any thread may do with a queue at any time: everything but to push and to pop. Queues,
/// producers and consumers deref to it, and [`control`](Self::control) makes one that lets another
/// thread end their waits:
///
/// ```
/// use joinmem::{ErrorKind, Mpsc, Queue};
///
/// let numbers = Queue::<u64, Mpsc>::private(8)?;
/// let control = numbers.control();
/// let waiting = std::thread::spawn(move || numbers.pop().unwrap_err().kind());
/// control.cancel()?;
/// assert_eq!(waiting.join().unwrap(), ErrorKind::Cancelled);
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// The queue is closed when the last of its objects is dropped: its halves, their clones and
/// controls. The segment of a shared queue stays until [`unlink`](crate::unlink()).
///
/// Thread safety: `Send` and `Sync` by itself: it is a number, and the C interface lets any thread
/// make these calls at any time.
#[derive(Debug)]
pub struct Control {
    handle: Arc<Handle>,
}

/// Counters of a queue since its creation, each read by itself. Skipped positions count in `pushed`
/// and `popped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Positions that producers claimed.
    pub pushed: u64,
    /// Positions that consumers passed.
    pub popped: u64,
    /// Recovered slots of killed producers; of a Spsc also of consumers.
    pub deaths: u64,
    /// Positions that a killed producer claimed and did not publish.
    pub skipped: u64,
    /// Whether the queue is shut down.
    pub shut_down: bool,
}

/// A producer slot that a thread has taken. Of an exclusive Spsc slot 1 is the producer's, 2 the
/// consumer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerSlot {
    /// Its number; threads of one process may share a slot.
    pub slot: u32,
    /// The process, in its own PID namespace.
    pub pid: i32,
    /// False: the producer was killed and is not recovered yet.
    pub alive: bool,
    /// In the middle of a push, for which consumers may have to wait; false for a Spsc.
    pub in_push: bool,
}

/// Makes types deref to their field `control`; their parameters are in the brackets.
macro_rules! deref_to_control {
    ($([$($parameter:tt)*] $type:ty),* $(,)?) => {
        $(
            impl<$($parameter)*> std::ops::Deref for $type {
                type Target = Control;

                fn deref(&self) -> &Control {
                    &self.control
                }
            }
        )*
    };
}
pub(super) use deref_to_control;

impl Control {
    pub(crate) fn new(handle: sys::jm_handle) -> Result<Control> {
        Ok(Control { handle: Arc::new(Handle::new(handle)?) })
    }

    /// Whether both belong to the same object, and not only to the same queue.
    pub(crate) fn is_same(&self, other: &Control) -> bool {
        Arc::ptr_eq(&self.handle, &other.handle)
    }

    /// Returns the handle, for functions of `joinmem_sys`. Do not close it.
    #[inline]
    pub fn raw_handle(&self) -> sys::jm_handle {
        self.handle.raw()
    }

    /// Returns another control of the same object, for another thread.
    pub fn control(&self) -> Control {
        Control { handle: self.handle.clone() }
    }

    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        // SAFETY: takes a handle alone, as all calls of this type whose comment does not say more.
        // They fail for a closed handle only if they have no error in their comment.
        Kind::of(unsafe { sys::jm_queue_kind(self.raw_handle()) })
    }

    /// Returns the bytes of an element.
    pub fn element_size(&self) -> usize {
        // SAFETY: as kind ().
        count(unsafe { sys::jm_queue_element_size(self.raw_handle()) }).unwrap_or(0)
    }

    /// Returns the maximum number of elements, a power of two.
    pub fn capacity(&self) -> usize {
        // SAFETY: as kind ().
        count(unsafe { sys::jm_queue_capacity(self.raw_handle()) }).unwrap_or(0)
    }

    /// Returns the number of elements: exact when no call is in progress, never above the capacity.
    pub fn pending(&self) -> usize {
        // SAFETY: as kind ().
        count(unsafe { sys::jm_queue_pending(self.raw_handle()) }).unwrap_or(0)
    }

    /// Returns the number of free cells, as [`pending`](Self::pending).
    pub fn available(&self) -> usize {
        // SAFETY: as kind ().
        count(unsafe { sys::jm_queue_available(self.raw_handle()) }).unwrap_or(0)
    }

    /// Returns the tag with which the queue was created.
    pub fn tag(&self) -> u64 {
        let mut tag = 0;
        // SAFETY: the address is valid during the call.
        unsafe { sys::jm_queue_tag(self.raw_handle(), &mut tag) };
        tag
    }

    /// Returns the counters.
    pub fn stats(&self) -> Result<Stats> {
        let mut stats = MaybeUninit::<sys::jm_queue_stats>::uninit();
        // SAFETY: the library writes as many bytes as the size says, or fails.
        let stats = unsafe {
            let size = size_of::<sys::jm_queue_stats>() as u32;
            done(sys::jm_queue_get_stats(self.raw_handle(), stats.as_mut_ptr(), size))?;
            stats.assume_init()
        };
        Ok(Stats {
            pushed: stats.pushed,
            popped: stats.popped,
            deaths: stats.deaths,
            skipped: stats.skipped,
            shut_down: stats.shut_down != 0,
        })
    }

    /// Lists the producer slots that are taken, by live producers and by killed ones that are not
    /// recovered yet; a private queue has none. Errors: `OutOfMemory` no descriptor, or no lock;
    /// `NotFound` the library's descriptor is closed.
    pub fn producers(&self) -> Result<Vec<ProducerSlot>> {
        // SAFETY: the list has room for `count` of them.
        slots(|list, count, size| unsafe {
            sys::jm_queue_producers(self.raw_handle(), list, count, size)
        })
    }

    /// Whether this object created the queue: false if it existed.
    pub fn created(&self) -> bool {
        // SAFETY: as kind ().
        unsafe { sys::jm_created(self.raw_handle()) == 1 }
    }

    /// Whether the name still refers to this queue; false if it is private. Errors: `NotFound`,
    /// `PermissionDenied`: /dev/shm is out of reach.
    pub fn is_named(&self) -> Result<bool> {
        // SAFETY: as kind ().
        truth(unsafe { sys::jm_named(self.raw_handle()) })
    }

    /// Returns the name with its leading slash; `None` for a private queue.
    pub fn name(&self) -> Result<Option<OsString>> {
        name_of(self.raw_handle())
    }

    /// Shuts the queue down for good and for all processes: later pushes fail with `ShutDown`, pops
    /// take the remaining elements and then fail with it, and all sleeping threads wake.
    pub fn shutdown(&self) -> Result<()> {
        // SAFETY: as kind ().
        done(unsafe { sys::jm_queue_shutdown(self.raw_handle()) })
    }

    /// Ends the waits of this object, of its other half and of their clones with `Cancelled`: those
    /// in progress, and all later ones until [`resume`](Self::resume). Calls that need not wait
    /// still succeed.
    pub fn cancel(&self) -> Result<()> {
        // SAFETY: as kind ().
        done(unsafe { sys::jm_queue_cancel(self.raw_handle()) })
    }

    /// Ends the effect of [`cancel`](Self::cancel). Call it after the cancelled calls have
    /// returned: one that has not noticed the cancellation by then may wait on.
    pub fn resume(&self) -> Result<()> {
        // SAFETY: as kind ().
        done(unsafe { sys::jm_queue_resume(self.raw_handle()) })
    }

    /// Waits until a pop of `amount` elements would not have to wait, and takes nothing. A queue
    /// that is shut down is ready as long as it has any element. A timeout of `None` waits without
    /// limit.
    ///
    /// Errors: `InvalidInput` an amount of 0 or above the capacity; `TimedOut`; `ShutDown` shut
    /// down and drained; `Cancelled`; `Interrupted`; `ProducerDied`; `Damaged`.
    pub fn await_element(&self, amount: usize, timeout: Option<Duration>) -> Result<()> {
        let timeout = nanoseconds_or_forever(timeout);
        // SAFETY: any numbers may be passed.
        done(unsafe { sys::jm_queue_await_element(self.raw_handle(), amount as u64, timeout) })
    }

    /// Waits until a push of `amount` elements would not have to wait, and reserves nothing.
    /// Timeout and errors as [`await_element`](Self::await_element); `ShutDown` as soon as the
    /// queue is shut down.
    pub fn await_room(&self, amount: usize, timeout: Option<Duration>) -> Result<()> {
        let timeout = nanoseconds_or_forever(timeout);
        // SAFETY: any numbers may be passed.
        done(unsafe { sys::jm_queue_await_room(self.raw_handle(), amount as u64, timeout) })
    }

    /// Binds all pages of the queue to a NUMA node. Errors:
    /// [`LocalMem::mbind`](crate::LocalMem::mbind).
    pub fn mbind(&self, node: i32) -> Result<()> {
        // SAFETY: as kind (); the addresses and contents of the pages stay.
        done(unsafe { sys::jm_queue_mbind(self.raw_handle(), node) })
    }

    /// Locks all pages of the queue in RAM. Errors: [`LocalMem::mlock`](crate::LocalMem::mlock).
    pub fn mlock(&self) -> Result<()> {
        // SAFETY: as kind ().
        done(unsafe { sys::jm_queue_mlock(self.raw_handle()) })
    }

    /// Reports what memory the queue has.
    pub fn placement(&self) -> Result<Placement> {
        Placement::of(self.raw_handle())
    }
}

/// The slots that a function lists: it gets the list, its length and the size of a slot, and
/// returns how many there are.
pub(crate) fn slots(
    list: impl Fn(*mut sys::jm_producer, u64, u32) -> i64,
) -> Result<Vec<ProducerSlot>> {
    let none = sys::jm_producer { struct_size: 0, slot: 0, pid: 0, alive: 0, in_push: 0 };
    let mut found = vec![none; 16];
    loop {
        let size = size_of::<sys::jm_producer>() as u32;
        let number = count(list(found.as_mut_ptr(), found.len() as u64, size))?;
        if number <= found.len() {
            found.truncate(number);
            break;
        }
        found.resize(number, none);
    }
    let slot = |s: &sys::jm_producer| ProducerSlot {
        slot: s.slot,
        pid: s.pid,
        alive: s.alive != 0,
        in_push: s.in_push != 0,
    };
    Ok(found.iter().map(slot).collect())
}
