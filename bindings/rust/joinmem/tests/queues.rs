// SPDX-License-Identifier: MIT
//! Queues within one process: calls, errors, threads, zero copy, iteration.
#![allow(clippy::needless_collect)] // all threads start before the first is joined
mod common;

use common::Name;
use joinmem::{
    errno, AnyQueue, Error, ErrorKind, Kind, Mpmc, Mpsc, OpenMode, Queue, QueueKind, QueueOptions,
    Spin, Spsc,
};
use std::{thread, time::Duration};

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(60); // a watchdog: no test waits that long

fn kind_of<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn all_calls<K: QueueKind>() {
    let queue = Queue::<u64, K>::private(4).unwrap();
    assert_eq!((queue.kind(), queue.element_size(), queue.capacity()), (K::KIND, 8, 4));
    assert_eq!(queue.try_pop().unwrap_err().to_string(), "the queue is empty");
    queue.push(1).unwrap();
    queue.try_push(2).unwrap();
    queue.push_timeout(3, SHORT).unwrap();
    assert_eq!(queue.push_slice(&[4]).unwrap(), 1);
    assert_eq!((queue.pending(), queue.available()), (4, 0));
    assert_eq!(queue.try_push(5).unwrap_err().to_string(), "the queue is full");
    assert_eq!(kind_of(queue.try_push_slice(&[5, 6])), ErrorKind::WouldBlock);
    assert_eq!(kind_of(queue.push_timeout(5, SHORT)), ErrorKind::TimedOut);
    assert_eq!(kind_of(queue.push_slice_timeout(&[5], SHORT)), ErrorKind::TimedOut);
    assert_eq!(queue.pop().unwrap(), 1);
    assert_eq!(queue.try_pop().unwrap(), 2);
    assert_eq!(queue.pop_timeout(SHORT).unwrap(), 3);
    let mut some = [0; 4];
    assert_eq!(queue.pop_some(&mut some, None).unwrap(), 1);
    assert_eq!(some, [4, 0, 0, 0]);
    assert_eq!(kind_of(queue.pop_timeout(SHORT)), ErrorKind::TimedOut);
    assert_eq!(kind_of(queue.pop_some(&mut some, Some(SHORT))), ErrorKind::TimedOut);
    assert_eq!(kind_of(queue.try_pop_into(&mut some)), ErrorKind::WouldBlock);
    assert_eq!(queue.try_push_slice(&[7, 8, 9, 10, 11]).unwrap(), 4);
    assert_eq!(queue.pop_into(&mut some[..2]).unwrap(), 2);
    assert_eq!(queue.try_pop_into(&mut some[2..3]).unwrap(), 1);
    assert_eq!(queue.pop_into_timeout(&mut some[3..], SHORT).unwrap(), 1);
    assert_eq!(some, [7, 8, 9, 10]);
    for none in [queue.push_slice(&[]), queue.try_push_slice(&[]), queue.pop_into(&mut [])] {
        assert_eq!(none.unwrap(), 0);
    }
    assert_eq!(queue.pop_some(&mut [], None).unwrap(), 0);
    assert_eq!(queue.try_pop_into(&mut []).unwrap(), 0);
    let stats = queue.stats().unwrap();
    assert_eq!((stats.pushed, stats.popped, stats.shut_down), (8, 8, false));
    queue.push(12).unwrap();
    queue.shutdown().unwrap();
    assert_eq!(kind_of(queue.push(13)), ErrorKind::ShutDown);
    assert_eq!(queue.pop().unwrap(), 12);
    assert_eq!(kind_of(queue.pop()), ErrorKind::ShutDown);
}

#[test]
fn all_calls_work_for_each_kind() {
    all_calls::<Spsc>();
    all_calls::<Mpsc>();
    all_calls::<Mpmc>();
}

#[test]
fn elements_may_be_of_any_plain_type() {
    fn round<T: joinmem::Plain + PartialEq + std::fmt::Debug>(element: T) {
        let queue = Queue::<T, Mpmc>::private(2).unwrap();
        queue.push(element).unwrap();
        assert_eq!(queue.pop().unwrap(), element);
    }
    round(1u8);
    round(-1i128);
    round(0.1f32);
    round([[7u16; 3]; 5]);
    round([9u8; 65536]);
}

#[test]
fn options_reach_the_queue() {
    let name = Name::new("options");
    let options = QueueOptions::new().tag(9).type_id(5).max_producers(3).spin(Spin::Never);
    let first: Queue<u64, Mpsc> = options.open(&name, 5).unwrap();
    assert!(first.created() && first.is_named().unwrap());
    assert_eq!(first.name().unwrap().unwrap(), name.0.as_str());
    assert_eq!((first.tag(), first.capacity()), (9, 8));
    let info = joinmem::inspect(&name).unwrap();
    assert_eq!((info.type_id, info.tag), (Some(5), Some(9)));
    assert_eq!(info.report.get("slot_count").unwrap().to_string(), "3");
    let again = QueueOptions::new().type_id(6).open::<u64, Mpsc>(&name, 5);
    assert_eq!(kind_of(again), ErrorKind::InvalidInput);
    let again = options.open_mode(OpenMode::Create).open::<u64, Mpsc>(&name, 5);
    assert_eq!(kind_of(again), ErrorKind::AlreadyExists);
    assert_eq!(kind_of(Queue::<u32, Mpsc>::attach(&name)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(Queue::<u64, Mpmc>::attach(&name)), ErrorKind::InvalidInput);
    let second = Queue::<u64, Mpsc>::attach(&name).unwrap();
    assert!(!second.created());
    joinmem::unlink(&name).unwrap();
    assert!(!second.is_named().unwrap());
    assert_eq!(kind_of(Queue::<u64, Mpsc>::attach(&name)), ErrorKind::NotFound);
    assert_eq!(second.placement().unwrap().backing, "tmpfs");
    assert_eq!(kind_of(Queue::<u64, Spsc>::open("a\0b", 1)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(Queue::<u64, Spsc>::open("a/b", 1)), ErrorKind::InvalidInput);
}

#[test]
fn private_queue_has_no_name() {
    let queue = Queue::<u64, Spsc>::private(1).unwrap();
    assert_eq!(queue.name().unwrap(), None);
    assert!(queue.created() && !queue.is_named().unwrap() && queue.producers().unwrap().is_empty());
}

#[test]
fn role_belongs_to_one_object_until_it_is_released() {
    let name = Name::new("role");
    let mut first = Queue::<u64, Spsc>::open(&name, 4).unwrap();
    let second = Queue::<u64, Spsc>::attach(&name).unwrap();
    first.push(1).unwrap();
    assert_eq!(kind_of(second.push(2)), ErrorKind::Busy);
    assert_eq!(second.pop().unwrap(), 1);
    first.release_role().unwrap();
    second.push(2).unwrap();
    assert_eq!(kind_of(first.try_push(3)), ErrorKind::Busy);
    drop(second);
    first.push(3).unwrap();
    assert_eq!([first.pop().unwrap(), first.pop().unwrap()], [2, 3]);
    // The library checks nothing, and this thread alone uses both.
    let free =
        |name: &Name| unsafe { QueueOptions::new().not_exclusive() }.open::<u64, Spsc>(name, 4);
    let name = Name::new("free");
    let (first, second) = (free(&name).unwrap(), free(&name).unwrap());
    first.push(1).unwrap();
    second.push(2).unwrap();
    assert_eq!([first.pop().unwrap(), second.pop().unwrap()], [1, 2]);
}

#[test]
fn reservation_is_pushed_by_its_commit() {
    let mut queue = Queue::<u32, Spsc>::private(4).unwrap();
    assert_eq!(kind_of(queue.peek(1)), ErrorKind::WouldBlock);
    assert_eq!(kind_of(queue.reserve(0)), ErrorKind::InvalidInput);
    let mut room = queue.reserve(3).unwrap();
    assert_eq!(room.count(), 3);
    room.copy_from_slice(&[1, 2, 3]);
    room.commit(2).unwrap();
    let mut room = queue.reserve(9).unwrap();
    assert_eq!(room.count(), 2);
    room[0] = 99;
    drop(room);
    assert_eq!(kind_of(queue.reserve(2).unwrap().commit(3)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(queue.reserve(2).unwrap().commit(0)), ErrorKind::InvalidInput);
    let elements = queue.peek(9).unwrap();
    assert_eq!(*elements, [1, 2]);
    elements.release(1).unwrap();
    assert_eq!(kind_of(queue.peek(1).unwrap().release(2)), ErrorKind::InvalidInput);
    assert_eq!(queue.pop().unwrap(), 2);
    queue.shutdown().unwrap();
    assert_eq!(kind_of(queue.reserve(1)), ErrorKind::ShutDown);
}

#[test]
fn halves_reserve_and_peek_at_the_same_time() {
    let (mut producer, mut consumer) = Queue::<u64, Spsc>::private(4).unwrap().split();
    producer.push(1).unwrap();
    let mut room = producer.reserve(2).unwrap();
    let elements = consumer.peek(2).unwrap();
    room[0] = elements[0] + 1;
    room.commit(1).unwrap();
    elements.release(1).unwrap();
    assert_eq!(consumer.pop().unwrap(), 2);
    let queue = Queue::join(producer, consumer).unwrap();
    let (other, _) = Queue::<u64, Spsc>::private(4).unwrap().split();
    let (_, consumer) = queue.split();
    assert!(Queue::join(other, consumer).is_err());
}

#[test]
fn over_aligned_elements_are_aligned_in_place() {
    #[derive(Clone, Copy, Debug)]
    #[repr(C, align(128))]
    struct Wide([u8; 128]);
    // SAFETY: bytes, without padding.
    unsafe impl joinmem::Plain for Wide {}
    let mut queue = Queue::<Wide, Spsc>::private(4).unwrap();
    let mut room = queue.reserve(4).unwrap();
    assert!(room.iter().all(|wide| wide as *const Wide as usize % 128 == 0));
    room[3] = Wide([3; 128]);
    room.commit(4).unwrap();
    assert_eq!(queue.peek(4).unwrap()[3].0, [3; 128]);
}

#[test]
fn iteration_ends_with_the_queue() {
    let queue = Queue::<u32, Mpmc>::private(8).unwrap();
    assert_eq!(queue.try_iter().count(), 0);
    queue.push_slice(&[1, 2, 3]).unwrap();
    assert_eq!(queue.try_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 2, 3]);
    queue.push_slice(&[4, 5]).unwrap();
    queue.cancel().unwrap();
    let mut iter = queue.iter();
    assert_eq!(iter.next().unwrap().unwrap(), 4);
    assert_eq!(iter.next().unwrap().unwrap(), 5);
    assert_eq!(kind_of(iter.next().unwrap()), ErrorKind::Cancelled);
    assert!(iter.next().is_none());
    queue.resume().unwrap();
    queue.push(6).unwrap();
    queue.shutdown().unwrap();
    let mut sum = 0;
    for element in &queue {
        sum += element.unwrap();
    }
    assert_eq!(sum, 6);
    assert!(queue.into_iter().next().is_none());
}

#[test]
fn threads_pass_all_elements() {
    const EACH: u64 = 5000;
    let (producer, consumer) = Queue::<u64, Mpmc>::private(16).unwrap().split();
    let sum: u64 = thread::scope(|scope| {
        let popping: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| consumer.iter().map(Result::unwrap).sum::<u64>()))
            .collect();
        let pushing: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| (0..EACH).for_each(|i| producer.push(i).unwrap())))
            .collect();
        pushing.into_iter().for_each(|thread| thread.join().unwrap());
        producer.shutdown().unwrap();
        popping.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(sum, EACH * (EACH - 1));
}

#[test]
fn halves_of_a_spsc_pass_elements_between_two_threads() {
    let (producer, consumer) = Queue::<u64, Spsc>::private(16).unwrap().split();
    let thread = thread::spawn(move || {
        (0..20_000).for_each(|i| producer.push(i).unwrap());
        producer.shutdown().unwrap();
    });
    assert!(consumer.into_iter().map(Result::unwrap).eq(0..20_000));
    thread.join().unwrap();
}

#[test]
fn cancel_ends_a_wait_of_another_thread() {
    let queue = Queue::<u64, Spsc>::private(1).unwrap();
    let control = queue.control();
    let waiting = thread::spawn(move || (kind_of(queue.pop_timeout(LONG)), queue));
    control.cancel().unwrap();
    let (kind, queue) = waiting.join().unwrap();
    assert_eq!(kind, ErrorKind::Cancelled);
    control.resume().unwrap();
    queue.push(1).unwrap();
    assert_eq!(queue.pop().unwrap(), 1);
}

#[test]
fn awaits_take_nothing() {
    let queue = Queue::<u64, Spsc>::private(4).unwrap();
    assert_eq!(kind_of(queue.await_element(1, Some(SHORT))), ErrorKind::TimedOut);
    assert_eq!(kind_of(queue.await_element(5, None)), ErrorKind::InvalidInput);
    queue.push_slice(&[1, 2, 3]).unwrap();
    queue.await_element(3, None).unwrap();
    queue.await_room(1, None).unwrap();
    assert_eq!(kind_of(queue.await_room(2, Some(SHORT))), ErrorKind::TimedOut);
    assert_eq!(queue.pending(), 3);
}

#[test]
fn any_queue_takes_bytes_of_whole_elements() {
    let mut any = QueueOptions::new().private_any(Kind::Spsc, 4, 3).unwrap();
    any.push(b"abc", None).unwrap();
    assert_eq!(any.push_slice(b"defghi", Some(SHORT)).unwrap(), 2);
    any.try_push(b"jkl").unwrap();
    assert_eq!(kind_of(any.try_push(b"mno")), ErrorKind::WouldBlock);
    assert_eq!(kind_of(any.push(b"ab", None)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(any.push_slice(b"abcd", None)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(any.pop(&mut [0; 2], None)), ErrorKind::InvalidInput);
    assert_eq!(kind_of(any.pop_into(&mut [0; 4], None)), ErrorKind::InvalidInput);
    let elements = any.peek(2).unwrap();
    assert_eq!((&*elements, elements.count()), (&b"abcdef"[..], 2));
    elements.release(2).unwrap();
    let mut room = any.reserve(2).unwrap();
    room.copy_from_slice(b"mnopqr");
    room.commit(2).unwrap();
    let mut element = [0; 3];
    any.try_pop(&mut element).unwrap();
    assert_eq!(&element, b"ghi");
    let mut rest = [0; 12];
    assert_eq!(any.pop_some(&mut rest, None).unwrap(), 3);
    assert_eq!(&rest[..9], b"jklmnopqr");
    let any = any.typed::<u32, Spsc>().unwrap_err();
    let any = any.typed::<[u8; 3], Mpsc>().unwrap_err();
    let typed = any.typed::<[u8; 3], Spsc>().unwrap();
    typed.push(*b"stu").unwrap();
    assert_eq!(&typed.pop().unwrap(), b"stu");
    assert_eq!(kind_of(AnyQueue::attach("/rust-test-missing")), ErrorKind::NotFound);
}

#[test]
fn halves_of_an_any_queue_are_cloned_by_the_rules_of_the_kind() {
    for (kind, producers, consumers) in
        [(Kind::Spsc, false, false), (Kind::Mpsc, true, false), (Kind::Mpmc, true, true)]
    {
        let (mut producer, mut consumer) =
            QueueOptions::new().private_any(kind, 4, 1).unwrap().split();
        assert_eq!(producer.try_clone().is_some(), producers);
        assert_eq!(consumer.try_clone().is_some(), consumers);
        assert_eq!(producer.try_push_slice(b"ab").unwrap(), 2);
        let mut two = [0; 2];
        assert_eq!(consumer.try_pop_into(&mut two).unwrap(), 2);
        assert_eq!(&two, b"ab");
        if kind != Kind::Spsc {
            assert_eq!(kind_of(producer.reserve(1)), ErrorKind::Unsupported);
        }
    }
}

#[test]
fn error_has_errno_sentence_and_kind() {
    let error = Queue::<u64, Spsc>::attach("/rust-test-missing").unwrap_err();
    assert_eq!((error.errno(), error.errno_name()), (errno::ENOENT, Some("ENOENT")));
    assert!(error.message().contains("rust-test-missing"), "{}", error);
    assert!(format!("{:?}", error).starts_with("ENOENT: "));
    let io = std::io::Error::from(error.clone());
    assert_eq!((io.kind(), io.to_string()), (std::io::ErrorKind::NotFound, error.to_string()));
    let inner = io.get_ref().unwrap().downcast_ref::<Error>().unwrap();
    assert_eq!(inner.errno(), errno::ENOENT);
}
