// SPDX-License-Identifier: MIT
//! Waits for many queues at once, and a descriptor for event loops.
use crate::{
    error::{count, done},
    text::{nanoseconds_or_forever, Handle},
    Control, Result,
};
use joinmem_sys as sys;
use std::{
    fmt,
    mem::{size_of, MaybeUninit},
    ops::{BitOr, BitOrAssign},
    os::unix::io::{AsRawFd, BorrowedFd, RawFd},
    time::Duration,
};

/// What a queue is watched for, and what an event reports: a set of bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Ready(u32);

impl Ready {
    /// Nothing: the queue stays in the set and is not reported.
    pub const NOTHING: Ready = Ready(0);
    /// A pop of the watched amount need not wait.
    pub const ELEMENT: Ready = Ready(sys::JM_READY_ELEMENT);
    /// A push of the watched amount need not wait.
    pub const ROOM: Ready = Ready(sys::JM_READY_ROOM);
    /// Of an event: the queue is shut down and, if it is watched for elements, drained. Reported
    /// once.
    pub const END: Ready = Ready(sys::JM_READY_END);
    /// Of an event: with `owner_dead`, no producer is alive and one was killed. Reported once.
    pub const PRODUCERS_DEAD: Ready = Ready(sys::JM_READY_PRODUCERS_DEAD);
    /// Of an event: pushes and pops fail with `Damaged`. Reported once.
    pub const DAMAGED: Ready = Ready(sys::JM_READY_DAMAGED);

    /// Returns the bits, `JM_READY_...` of joinmem.h.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Makes it of such bits, unknown ones too, which the library refuses.
    pub const fn from_bits(bits: u32) -> Ready {
        Ready(bits)
    }

    /// Whether it has all bits of the other.
    pub const fn contains(self, other: Ready) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["ELEMENT", "ROOM", "END", "PRODUCERS_DEAD", "DAMAGED"];
        let set: Vec<&str> =
            (0..names.len()).filter(|i| self.0 >> i & 1 == 1).map(|i| names[i]).collect();
        write!(f, "Ready({})", set.join(" | "))
    }
}

/// A queue that is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// The number that the queue was added with.
    pub key: u64,
    /// What it is ready for: one bit or several.
    pub ready: Ready,
    reserved: u32,
}

const _: () = assert!(size_of::<Event>() == size_of::<sys::jm_wait_event>());

/// Waits for any number of queues, of any kinds and types.
///
/// ```
/// use joinmem::{Event, Mpmc, Queue, Ready, Spsc, WaitSet};
///
/// let orders = Queue::<u64, Mpmc>::private(8)?;
/// let prices = Queue::<f64, Spsc>::private(8)?;
/// let set = WaitSet::new()?;
/// set.add(&orders, Ready::ELEMENT, 0, 1)?; // key 0, one element
/// set.add(&prices, Ready::ELEMENT, 1, 1)?;
///
/// prices.push(100.5)?; // in another thread or process
/// let mut events = [Event::default(); 16];
/// for event in set.wait(&mut events, None)? {
///     assert_eq!(event.key, 1);
///     assert_eq!(prices.try_pop()?, 100.5);
/// }
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// Events are level-triggered: each wait reports a queue as long as it is ready. A set takes no
/// element and no role, so another consumer may be faster than the one that got the event: use
/// `try_pop`. A queue that is closed leaves its sets by itself. So a set does not keep its queues
/// alive: it could report their keys, but nobody could pop from them.
///
/// Its descriptor is for event loops ([`descriptor`](Self::descriptor)). When it is readable, wait
/// with a timeout of 0, serve the events and return to the loop; an edge-triggered loop repeats
/// that until `TimedOut`.
///
/// Thread safety: `Send` and `Sync` by itself: it is a number, and the C interface lets any thread
/// make these calls at any time. Of two waits at a time one gets `Busy`. A forked child makes a set
/// of its own.
#[derive(Debug)]
pub struct WaitSet {
    handle: Handle,
}

impl WaitSet {
    /// Creates an empty set. Errors: `OutOfMemory`.
    pub fn new() -> Result<WaitSet> {
        WaitSet::with(false)
    }

    /// Creates an empty set whose waits a signal handler ends with `Interrupted`.
    pub fn interruptible() -> Result<WaitSet> {
        WaitSet::with(true)
    }

    fn with(interruptible: bool) -> Result<WaitSet> {
        let mut options = MaybeUninit::<sys::jm_wait_options>::uninit();
        // SAFETY: the library writes as many bytes as the size says, or fails; the options are
        // valid during the call.
        let handle = unsafe {
            let size = size_of::<sys::jm_wait_options>() as u32;
            done(sys::jm_wait_options_init(options.as_mut_ptr(), size))?;
            let mut options = options.assume_init();
            options.interruptible = interruptible.into();
            sys::jm_wait_create_with(&options)
        };
        Ok(WaitSet { handle: Handle::new(handle)? })
    }

    /// Returns the handle, for functions of `joinmem_sys`. Do not close it.
    pub fn raw_handle(&self) -> sys::jm_handle {
        self.handle.raw()
    }

    /// Watches a queue, a producer or a consumer until [`remove`](Self::remove), or until it is
    /// dropped with its other half and all clones. `key` is any number, which its events have;
    /// `amount` is how many elements have to be there, or to fit.
    ///
    /// Errors: `AlreadyExists` the set has it; `InvalidInput` a bit other than ELEMENT and ROOM, an
    /// amount of 0 or above the capacity; `WouldBlock` (EAGAIN) no helper thread can be started.
    pub fn add(&self, queue: &Control, ready: Ready, key: u64, amount: usize) -> Result<()> {
        // SAFETY: any numbers may be passed. So in all functions below whose comment does not say
        // more.
        done(unsafe {
            sys::jm_wait_add(self.raw_handle(), queue.raw_handle(), ready.0, key, amount as u64)
        })
    }

    /// Replaces what a queue of the set is watched for, its key and its amount. Errors: `NotFound`
    /// the set does not have it; and as [`add`](Self::add).
    pub fn modify(&self, queue: &Control, ready: Ready, key: u64, amount: usize) -> Result<()> {
        // SAFETY: as add ().
        done(unsafe {
            sys::jm_wait_modify(self.raw_handle(), queue.raw_handle(), ready.0, key, amount as u64)
        })
    }

    /// Stops watching a queue. Errors: `NotFound` the set does not have it.
    pub fn remove(&self, queue: &Control) -> Result<()> {
        // SAFETY: as add ().
        done(unsafe { sys::jm_wait_remove(self.raw_handle(), queue.raw_handle()) })
    }

    /// Returns the number of queues in the set.
    pub fn len(&self) -> usize {
        // SAFETY: as add (). It fails in a forked child only.
        count(unsafe { sys::jm_wait_size(self.raw_handle()) }).unwrap_or(0)
    }

    /// Whether there are no queues in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until a queue is ready and writes an event for each ready queue into `events`, as many
    /// as it has room for; later calls report the others first. Returns the written ones: one or
    /// more, or none after [`wake`](Self::wake). A timeout of `None` waits without limit.
    ///
    /// Errors: `TimedOut`; `InvalidInput` no room for events; `Busy` another thread waits;
    /// `Interrupted`.
    pub fn wait<'a>(
        &self,
        events: &'a mut [Event],
        timeout: Option<Duration>,
    ) -> Result<&'a [Event]> {
        let timeout = nanoseconds_or_forever(timeout);
        // SAFETY: an Event has the layout of a jm_wait_event, and there is room for as many as the
        // length says.
        let written = count(unsafe {
            let to = events.as_mut_ptr().cast::<sys::jm_wait_event>();
            sys::jm_wait(self.raw_handle(), to, events.len() as u64, timeout)
        })?;
        Ok(&events[..written])
    }

    /// Makes the [`wait`](Self::wait) in progress return no event, or else the next one; several
    /// calls before that count as one.
    pub fn wake(&self) -> Result<()> {
        // SAFETY: as add ().
        done(unsafe { sys::jm_wait_wake(self.raw_handle()) })
    }

    /// Returns the descriptor for epoll, poll, io_uring and event loops, the same at each call. It
    /// is readable when a queue is ready, and stays readable until a wait fails with `TimedOut`. Do
    /// not read from it, and do not close it.
    ///
    /// Errors: `OutOfMemory` no descriptor is left; `WouldBlock` (EAGAIN) no helper thread can be
    /// started.
    pub fn descriptor(&self) -> Result<BorrowedFd<'_>> {
        // SAFETY: as add ().
        let fd = unsafe { sys::jm_wait_fd(self.raw_handle()) };
        done(fd)?;
        // SAFETY: the descriptor is open as long as the set, which is borrowed, and is not -1.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }
}

/// For loops that own what they watch, as tokio's `AsyncFd` does. It is -1 if the descriptor cannot
/// be made; [`WaitSet::descriptor`] has the reason: call it first.
impl AsRawFd for WaitSet {
    fn as_raw_fd(&self) -> RawFd {
        self.descriptor().map_or(-1, |fd| fd.as_raw_fd())
    }
}
