// SPDX-License-Identifier: MIT
//! Wait sets and their descriptor.
mod common;

use common::Name;
use joinmem::{Error, ErrorKind, Event, Mpmc, Mpsc, Queue, Ready, Spsc, WaitSet};
use std::{
    os::raw::{c_int, c_short, c_ulong},
    os::unix::io::AsRawFd,
    thread,
    time::Duration,
};

const ONCE: Option<Duration> = Some(Duration::ZERO);
const LONG: Option<Duration> = Some(Duration::from_secs(60)); // a watchdog: no test waits that long

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

extern "C" {
    fn poll(fds: *mut PollFd, count: c_ulong, timeout: c_int) -> c_int;
}

fn is_readable(set: &WaitSet, milliseconds: c_int) -> bool {
    let mut fd = PollFd { fd: set.as_raw_fd(), events: 1, revents: 0 };
    unsafe { poll(&mut fd, 1, milliseconds) == 1 && fd.revents == 1 }
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The events of a wait, by key.
fn events(set: &WaitSet, timeout: Option<Duration>) -> Result<Vec<(u64, Ready)>, Error> {
    let mut room = [Event::default(); 8];
    let mut events: Vec<_> =
        set.wait(&mut room, timeout)?.iter().map(|e| (e.key, e.ready)).collect();
    events.sort_by_key(|event| event.0);
    Ok(events)
}

#[test]
fn events_report_queues_of_all_kinds() {
    let first = Queue::<u64, Spsc>::private(4).unwrap();
    let (second, taker) = Queue::<u8, Mpsc>::private(4).unwrap().split();
    let third = Queue::<[u32; 9], Mpmc>::private(4).unwrap();
    let set = WaitSet::new().unwrap();
    assert!(set.is_empty());
    set.add(&first, Ready::ELEMENT, 1, 1).unwrap();
    set.add(&taker, Ready::ELEMENT, u64::MAX, 2).unwrap();
    set.add(&third, Ready::ELEMENT | Ready::ROOM, 3, 1).unwrap();
    assert_eq!(set.len(), 3);
    assert_eq!(events(&set, ONCE).unwrap(), [(3, Ready::ROOM)]);
    set.modify(&third, Ready::NOTHING, 3, 1).unwrap();
    assert_eq!(kind_of(events(&set, ONCE)), ErrorKind::TimedOut);
    first.push(1).unwrap();
    second.push_slice(&[1, 2]).unwrap();
    let wanted = [(1, Ready::ELEMENT), (u64::MAX, Ready::ELEMENT)];
    while events(&set, LONG).unwrap() != wanted {} // level-triggered: the same until they are popped
    first.pop().unwrap();
    taker.pop().unwrap();
    assert_eq!(kind_of(events(&set, ONCE)), ErrorKind::TimedOut);
    second.shutdown().unwrap();
    taker.pop().unwrap();
    assert_eq!(events(&set, LONG).unwrap(), [(u64::MAX, Ready::END)]);
    set.remove(&taker).unwrap();
    assert_eq!(kind_of(set.remove(&taker)), ErrorKind::NotFound);
    assert_eq!(kind_of(set.add(&first, Ready::ROOM, 1, 1)), ErrorKind::AlreadyExists);
    assert_eq!(kind_of(set.modify(&first, Ready::END, 1, 1)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(set.wait(&mut [], ONCE)), ErrorKind::InvalidInput);
    assert_eq!(format!("{:?}", Ready::ELEMENT | Ready::END), "Ready(ELEMENT | END)");
    assert!(
        (Ready::ELEMENT | Ready::END).contains(Ready::END) && !Ready::ROOM.contains(Ready::END)
    );
}

#[test]
fn dropped_queue_leaves_its_sets() {
    let set = WaitSet::new().unwrap();
    let (producer, consumer) = Queue::<u64, Spsc>::private(4).unwrap().split();
    set.add(&consumer, Ready::ELEMENT, 1, 1).unwrap();
    producer.push(1).unwrap();
    drop(consumer);
    assert_eq!(set.len(), 1); // the other half keeps the queue open
    drop(producer);
    assert_eq!(set.len(), 0);
    assert_eq!(kind_of(events(&set, ONCE)), ErrorKind::TimedOut);
}

#[test]
fn wake_and_push_end_the_wait_of_another_thread() {
    let name = Name::new("wake");
    let queue = Queue::<u64, Mpmc>::open(&name, 4).unwrap();
    let set = WaitSet::interruptible().unwrap();
    set.add(&queue, Ready::ELEMENT, 5, 1).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| events(&set, LONG).unwrap());
        set.wake().unwrap();
        assert!(waiting.join().unwrap().is_empty());
        let waiting = scope.spawn(|| events(&set, LONG).unwrap());
        Queue::<u64, Mpmc>::attach(&name).unwrap().push(1).unwrap();
        assert_eq!(waiting.join().unwrap(), [(5, Ready::ELEMENT)]);
    });
}

#[test]
fn descriptor_is_readable_until_a_wait_times_out() {
    let queue = Queue::<u64, Spsc>::private(4).unwrap();
    let set = WaitSet::new().unwrap();
    set.add(&queue, Ready::ELEMENT, 1, 1).unwrap();
    assert_eq!(set.descriptor().unwrap().as_raw_fd(), set.as_raw_fd());
    while events(&set, ONCE).is_ok() {}
    assert!(!is_readable(&set, 0));
    queue.push(1).unwrap();
    assert!(is_readable(&set, 60_000));
    assert_eq!(events(&set, ONCE).unwrap(), [(1, Ready::ELEMENT)]);
    assert!(is_readable(&set, 0));
    queue.pop().unwrap();
    assert_eq!(kind_of(events(&set, ONCE)), ErrorKind::TimedOut);
    assert!(!is_readable(&set, 0));
}
