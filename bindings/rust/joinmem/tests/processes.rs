// SPDX-License-Identifier: MIT
//! Two processes, and the death of one.
mod common;

use common::{role, tell, Name, Process};
use joinmem::{
    AnyQueue, Error, ErrorKind, Kind, Mpmc, Mpsc, Queue, QueueKind, QueueOptions, ShmMem, Spsc,
};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60); // a watchdog: no test waits that long

joinmem::plain! {
    /// An element whose parts belong together.
    #[derive(Debug, PartialEq)]
    struct Record {
        number: u64,
        check: u64,
    }
}

fn record(number: u64) -> Record {
    Record { number, check: !number }
}

/// Not a test by itself: what the child processes run.
#[test]
fn child() {
    if let Some((role, name)) = role() {
        match role.as_str() {
            "push" => push(&name),
            "flood-spsc" => flood(QueueOptions::new().open::<Record, Spsc>(&name, 64)),
            "flood-mpsc" => flood(QueueOptions::new().open::<Record, Mpsc>(&name, 64)),
            "flood-mpmc" => flood(QueueOptions::new().open::<Record, Mpmc>(&name, 64)),
            "hold" => hold(&name),
            "answer" => answer(&name),
            "initialise" => initialise(&name),
            other => panic!("no role {}", other),
        }
    }
}

fn push(name: &str) {
    let queue = Queue::<Record, Spsc>::open(name, 64).unwrap();
    (0..10_000).for_each(|i| queue.push(record(i)).unwrap());
    queue.shutdown().unwrap();
}

/// Pushes until it is killed.
fn flood<K: QueueKind>(queue: Result<Queue<Record, K>, Error>) {
    let queue = queue.unwrap();
    let mut number = 0;
    loop {
        queue.push(record(number)).unwrap();
        number += 1;
    }
}

/// Takes the role of the producer, reserves, and waits for its death.
fn hold(name: &str) {
    let mut queue = Queue::<Record, Spsc>::open(name, 64).unwrap();
    queue.push(record(0)).unwrap();
    let mut room = queue.reserve(4).unwrap();
    room[0] = record(77);
    tell("reserved");
    loop {
        std::thread::park();
    }
}

fn answer(name: &str) {
    let memory = ShmMem::attach(name).unwrap();
    let mut text = [0; 5];
    memory.read_at(13, &mut text).unwrap();
    assert_eq!(&text, b"hello");
    memory.write_at(4093, b"answer").unwrap();
}

fn initialise(name: &str) {
    let memory = ShmMem::attach(name).unwrap();
    let duty = memory.initialise(0, Some(LONG)).unwrap();
    tell(if duty.is_some() { "begun" } else { "done before" });
    loop {
        std::thread::park();
    }
}

#[test]
fn all_elements_of_another_process_arrive_in_order() {
    let name = Name::new("push");
    let queue = Queue::<Record, Spsc>::open(&name, 64).unwrap();
    let process = Process::start("push", &name);
    let all: Result<Vec<Record>, Error> = queue.iter().collect();
    let wanted: Vec<Record> = (0..10_000).map(record).collect();
    assert!(all.unwrap() == wanted);
    process.finish();
    let stats = queue.stats().unwrap();
    assert_eq!((stats.pushed, stats.popped, stats.shut_down), (10_000, 10_000, true));
}

#[test]
fn bytes_pass_through_shared_memory() {
    let name = Name::new("answer");
    let memory = ShmMem::open(&name, 8192).unwrap();
    memory.write_at(13, b"hello").unwrap();
    Process::start("answer", &name).finish();
    let mut text = [0; 8];
    memory.read_at(4092, &mut text).unwrap();
    assert_eq!(&text, b"\0answer\0");
}

/// Every element whose push returned is delivered, whole and in order; then the wait reports the
/// death.
fn survives_kill_9<K: QueueKind>(role: &str) {
    let name = Name::new(role);
    for round in 0..5 {
        let options = QueueOptions::new().owner_dead(true);
        let queue: Queue<Record, K> = options.open(&name, 64).unwrap();
        let mut process = Process::start(role, &name);
        let mut next = 0;
        let mut check = |element: Record| {
            assert_eq!(element, record(next), "round {}", round);
            next += 1;
        };
        (0..1000 + 100 * round).for_each(|_| check(queue.pop_timeout(LONG).unwrap()));
        process.kill();
        let error = loop {
            match queue.pop_timeout(LONG) {
                Ok(element) => check(element),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ProducerDied, "{}", error);
        assert_eq!(queue.pending(), 0);
        drop(queue);
        joinmem::unlink(&name).unwrap();
    }
}

#[test]
fn spsc_survives_kill_9_of_its_producer() {
    survives_kill_9::<Spsc>("flood-spsc");
}

#[test]
fn mpsc_survives_kill_9_of_its_producer() {
    survives_kill_9::<Mpsc>("flood-mpsc");
}

#[test]
fn mpmc_survives_kill_9_of_its_producer() {
    survives_kill_9::<Mpmc>("flood-mpmc");
}

#[test]
fn reservation_of_a_killed_producer_is_given_up() {
    let name = Name::new("hold");
    let mut queue = Queue::<Record, Spsc>::open(&name, 64).unwrap();
    let mut process = Process::start("hold", &name);
    assert_eq!(process.line(), "reserved");
    let error = queue.push(record(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{}", error);
    let producers = queue.producers().unwrap();
    assert_eq!(producers.len(), 1);
    assert!(producers[0].slot == 1 && producers[0].alive && producers[0].pid > 0);
    process.kill();
    queue.push(record(1)).unwrap();
    let elements = queue.peek(8).unwrap();
    assert_eq!(*elements, [record(0), record(1)]);
    elements.release(2).unwrap();
}

#[test]
fn next_process_initialises_after_a_kill() {
    let name = Name::new("initialise");
    let memory = ShmMem::open(&name, 4096).unwrap();
    let mut process = Process::start("initialise", &name);
    assert_eq!(process.line(), "begun");
    let error = memory.initialise(0, Some(Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{}", error);
    process.kill();
    memory.initialise(0, Some(LONG)).unwrap().unwrap().finish().unwrap();
    let mut process = Process::start("initialise", &name);
    assert_eq!(process.line(), "done before");
    process.kill();
}

#[test]
fn inspection_sees_the_queue_of_another_process() {
    let name = Name::new("hold");
    let mut process = Process::start("hold", &name);
    assert_eq!(process.line(), "reserved");
    assert!(joinmem::segments().unwrap().iter().any(|segment| segment == name.0.as_str()));
    let info = joinmem::inspect(&name).unwrap();
    assert_eq!((info.kind.as_str(), info.element_size), ("spsc", Some(16)));
    assert_eq!((info.capacity, info.pending, info.in_use), (Some(64), Some(1), Some(true)));
    assert_eq!(joinmem::inspect_producers(&name).unwrap().len(), 1);
    assert!(joinmem::inspect_pages(&name, 4096).unwrap().page_size.is_some());
    assert_eq!(joinmem::remove_unused(&name).unwrap_err().kind(), ErrorKind::Busy);
    process.kill();
    assert_eq!(AnyQueue::attach(&name).unwrap().kind(), Kind::Spsc);
    let seen = joinmem::inspect(&name).unwrap();
    AnyQueue::attach(&name).unwrap().pop(&mut [0; 16], None).unwrap();
    let error = joinmem::remove_unused_if_unchanged(&name, &seen).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{}", error);
    joinmem::remove_unused_if_unchanged(&name, &joinmem::inspect(&name).unwrap()).unwrap();
    assert_eq!(joinmem::inspect(&name).unwrap_err().kind(), ErrorKind::NotFound);
}
