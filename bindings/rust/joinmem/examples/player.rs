// SPDX-License-Identifier: MIT
//! The conformance player in Rust: reads a command a line and answers each with a line;
//! bindings/conformance describes them.
//!
//! A reservation lives in Rust as long as a borrow of its producer, and here from one command to
//! another. So each half of a queue, and each shared memory, is served by a thread of its own,
//! whose stack keeps the borrow; the main thread hands it a command and waits for the answer.
use joinmem::{
    errno, AnyConsumer, AnyProducer, Control, Event, Kind, LocalMem, MemOptions, OpenMode,
    QueueOptions, Ready, Report, ShmMem, WaitSet,
};
use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    os::raw::{c_int, c_short, c_ulong},
    os::unix::io::AsRawFd,
    sync::mpsc::{channel, Receiver, Sender},
    thread::{spawn, JoinHandle},
    time::Duration,
};

const BATCH: usize = 256; // elements of a flood in one call

/// What a command fails with: an errno, or that the line is no command.
enum Fault {
    Errno(i32),
    Unknown,
}

impl From<joinmem::Error> for Fault {
    fn from(error: joinmem::Error) -> Fault {
        Fault::Errno(error.errno())
    }
}

/// The values after "ok", with a space before each.
type Answer = Result<String, Fault>;

fn line_of(answer: Answer) -> String {
    match answer {
        Ok(values) => format!("ok{}", values),
        Err(Fault::Unknown) => "unknown".into(),
        Err(Fault::Errno(number)) => match errno::name(number) {
            Some(name) => format!("error {}", name),
            None => format!("error E{}", number),
        },
    }
}

/// The answer of a call without a value.
fn done(result: joinmem::Result<()>) -> Answer {
    result.map_err(Fault::from).map(|()| String::new())
}

/// The words of a command.
struct Words(Vec<String>);

impl Words {
    fn is(&self, command: &str) -> bool {
        self.0[0] == command
    }

    fn text(&self, i: usize) -> Result<&str, Fault> {
        self.0.get(i).map(String::as_str).ok_or(Fault::Unknown)
    }

    fn number<N: std::str::FromStr>(&self, i: usize) -> Result<N, Fault> {
        self.text(i)?.parse().map_err(|_| Fault::Unknown)
    }

    fn bytes(&self, i: usize) -> Result<Vec<u8>, Fault> {
        let text = self.text(i)?;
        let digits = if text == "-" { "" } else { text };
        let byte = |i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok();
        (0..digits.len()).step_by(2).map(byte).collect::<Option<_>>().ok_or(Fault::Unknown)
    }

    /// `None`: without end.
    fn timeout(&self, i: usize) -> Result<Option<Duration>, Fault> {
        let milliseconds: i64 = self.number(i)?;
        Ok(u64::try_from(milliseconds).ok().map(Duration::from_millis))
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    bytes.iter().map(|byte| format!("{:02x}", byte)).collect()
}

/// A thread that serves the commands of one object, and ends when its commands end.
struct Server {
    commands: Sender<Words>,
    answers: Receiver<Answer>,
    thread: JoinHandle<()>,
}

/// What a server's thread gets commands from and answers to.
struct Desk {
    commands: Receiver<Words>,
    answers: Sender<Answer>,
}

impl Desk {
    fn next(&self, pending: &mut Option<Words>) -> Option<Words> {
        pending.take().or_else(|| self.commands.recv().ok())
    }

    fn answer(&self, answer: Answer) {
        let _ = self.answers.send(answer); // fails only at the end of the program
    }
}

impl Server {
    fn start(serve: impl FnOnce(Desk) + Send + 'static) -> Server {
        let (commands, to_do) = channel();
        let (done, answers) = channel();
        let thread = spawn(|| serve(Desk { commands: to_do, answers: done }));
        Server { commands, answers, thread }
    }

    fn ask(&self, words: Words) -> Answer {
        self.commands.send(words).expect("the thread of an object has ended");
        self.answers.recv().expect("the thread of an object has ended")
    }

    /// Returns when the object is dropped.
    fn close(self) {
        drop(self.commands);
        self.thread.join().expect("the thread of an object has panicked");
    }
}

fn serve_producer(mut producer: AnyProducer, desk: Desk) {
    let mut pending = None;
    while let Some(words) = desk.next(&mut pending) {
        match words.text(0) {
            Ok("reserve") => pending = serve_reservation(&mut producer, &words, &desk),
            Ok("push") => desk.answer(push(&mut producer, &words)),
            Ok("push_many") => desk.answer(push_many(&mut producer, &words)),
            Ok("flood") => desk.answer(flood(&mut producer, &words)),
            _ => desk.answer(Err(Fault::Errno(errno::EINVAL))), // fill or commit without a reservation
        }
    }
}

/// Answers until the reservation ends. Returns a command that ended it.
fn serve_reservation(producer: &mut AnyProducer, words: &Words, desk: &Desk) -> Option<Words> {
    let reserved = words.number(2).and_then(|count| Ok(producer.reserve(count)?));
    let mut room = match reserved {
        Ok(room) => room,
        Err(fault) => {
            desk.answer(Err(fault));
            return None;
        }
    };
    desk.answer(Ok(format!(" {}", room.count())));
    loop {
        let words = desk.next(&mut None)?;
        if words.is("fill") {
            let bytes = words.bytes(2).unwrap_or_default();
            let to = room.get_mut(..bytes.len()).ok_or(Fault::Errno(errno::EINVAL));
            desk.answer(to.map(|to| to.copy_from_slice(&bytes)).map(|()| String::new()));
        } else if words.is("commit") {
            // A commit ends a reservation in Rust; the C library leaves it open after a wrong
            // count.
            match words.number(2) {
                Ok(count) if (1..=room.count()).contains(&count) => {
                    desk.answer(done(room.commit(count)));
                    return None;
                }
                _ => desk.answer(Err(Fault::Errno(errno::EINVAL))),
            }
        } else {
            return Some(words);
        }
    }
}

fn push(producer: &mut AnyProducer, words: &Words) -> Answer {
    let (element, timeout) = (words.bytes(2)?, words.timeout(3)?);
    match timeout {
        Some(Duration::ZERO) => producer.try_push(&element)?,
        _ => producer.push(&element, timeout)?,
    }
    Ok(String::new())
}

fn push_many(producer: &mut AnyProducer, words: &Words) -> Answer {
    Ok(format!(" {}", producer.push_slice(&words.bytes(2)?, words.timeout(3)?)?))
}

fn flood(producer: &mut AnyProducer, words: &Words) -> Answer {
    let (mut next, mut left): (u64, usize) = (words.number(2)?, words.number(3)?);
    let size = producer.element_size();
    let mut elements = vec![0; BATCH * size];
    while left > 0 {
        let count = left.min(BATCH);
        for (element, number) in elements.chunks_exact_mut(size).zip(next..) {
            element[..8].copy_from_slice(&number.to_le_bytes());
        }
        let pushed = producer.push_slice(&elements[..count * size], None)?;
        next += pushed as u64;
        left -= pushed;
    }
    Ok(String::new())
}

fn serve_consumer(mut consumer: AnyConsumer, desk: Desk) {
    let mut pending = None;
    while let Some(words) = desk.next(&mut pending) {
        match words.text(0) {
            Ok("peek") => pending = serve_peek(&mut consumer, &words, &desk),
            Ok("pop") => desk.answer(pop(&mut consumer, &words)),
            Ok("pop_many") => desk.answer(pop_many(&mut consumer, &words)),
            Ok("drain") => desk.answer(drain(&mut consumer, &words)),
            _ => desk.answer(Err(Fault::Errno(errno::EINVAL))), // release without a peek
        }
    }
}

fn serve_peek(consumer: &mut AnyConsumer, words: &Words, desk: &Desk) -> Option<Words> {
    let elements = match words.number(2).and_then(|count| Ok(consumer.peek(count)?)) {
        Ok(elements) => elements,
        Err(fault) => {
            desk.answer(Err(fault));
            return None;
        }
    };
    desk.answer(Ok(format!(" {} {}", elements.count(), hex(&elements))));
    loop {
        let words = desk.next(&mut None)?;
        if !words.is("release") {
            return Some(words);
        }
        match words.number(2) {
            Ok(count) if (1..=elements.count()).contains(&count) => {
                desk.answer(done(elements.release(count)));
                return None;
            }
            _ => desk.answer(Err(Fault::Errno(errno::EINVAL))),
        }
    }
}

fn pop(consumer: &mut AnyConsumer, words: &Words) -> Answer {
    let mut element = vec![0; consumer.element_size()];
    match words.timeout(2)? {
        Some(Duration::ZERO) => consumer.try_pop(&mut element)?,
        timeout => consumer.pop(&mut element, timeout)?,
    }
    Ok(format!(" {}", hex(&element)))
}

fn pop_many(consumer: &mut AnyConsumer, words: &Words) -> Answer {
    let size = consumer.element_size();
    let mut elements = vec![0; words.number::<usize>(2)? * size];
    let count = consumer.pop_into(&mut elements, words.timeout(3)?)?;
    Ok(format!(" {} {}", count, hex(&elements[..count * size])))
}

fn drain(consumer: &mut AnyConsumer, words: &Words) -> Answer {
    let (mut left, mut sum): (usize, u64) = (words.number(2)?, 0);
    let size = consumer.element_size();
    let mut elements = vec![0; BATCH * size];
    while left > 0 {
        let popped = consumer.pop_some(&mut elements[..left.min(BATCH) * size], None)?;
        for element in elements.chunks_exact(size).take(popped) {
            let mut number = [0; 8];
            number.copy_from_slice(&element[..8]);
            sum = sum.wrapping_add(u64::from_le_bytes(number));
        }
        left -= popped;
    }
    Ok(format!(" {}", sum))
}

fn serve_memory(memory: ShmMem, desk: Desk) {
    let mut initialisation = None;
    while let Some(words) = desk.next(&mut None) {
        desk.answer(match words.text(0) {
            Ok("write") => write_shared(&memory, &words),
            Ok("read") => read_shared(&memory, &words),
            Ok("placement") => {
                memory.placement().map_err(Fault::from).and_then(|p| fact(&p.report, &words))
            }
            Ok("initialise") => words.number(2).and_then(|ready| {
                initialisation = memory.initialise(ready, None)?;
                Ok(if initialisation.is_some() { " 1" } else { " 0" }.into())
            }),
            Ok("initialised") => match (initialisation.take(), words.text(3)) {
                (Some(duty), Ok("1")) => done(duty.finish()),
                (Some(_), _) => Ok(String::new()),
                (None, _) => Err(Fault::Errno(errno::EINVAL)),
            },
            _ => Err(Fault::Errno(errno::EINVAL)),
        });
    }
}

fn write_shared(memory: &ShmMem, words: &Words) -> Answer {
    memory.write_at(words.number(2)?, &words.bytes(3)?)?;
    Ok(String::new())
}

fn read_shared(memory: &ShmMem, words: &Words) -> Answer {
    let mut bytes = vec![0; words.number(3)?];
    memory.read_at(words.number(2)?, &mut bytes)?;
    Ok(format!(" {}", hex(&bytes)))
}

fn fact(report: &Report, words: &Words) -> Answer {
    report.get(words.text(2)?).map(|value| format!(" {}", value)).ok_or(Fault::Errno(errno::ENOENT))
}

enum Object {
    Local(LocalMem),
    Shared(Server),
    Queue { control: Control, producer: Server, consumer: Server },
    Set(WaitSet),
}

#[derive(Default)]
struct Player {
    objects: HashMap<String, Object>,
}

#[path = "player/commands.rs"]
mod commands;

fn main() {
    let mut player = Player::default();
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line of stdin is not text");
        let words = Words(line.split(' ').map(String::from).collect());
        let quits = line == "quit";
        let answer = line_of(player.run(words));
        let mut out = io::stdout();
        writeln!(out, "{}", answer).and_then(|()| out.flush()).expect("stdout is closed");
        if quits {
            break;
        }
    }
}

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

extern "C" {
    fn poll(fds: *mut PollFd, count: c_ulong, timeout: c_int) -> c_int;
}

/// Whether the set's descriptor becomes readable in time; -1 waits without end.
fn is_readable(set: &WaitSet, timeout: c_int) -> Result<bool, Fault> {
    const POLLIN: c_short = 1;
    let mut one = PollFd { fd: set.descriptor()?.as_raw_fd(), events: POLLIN, revents: 0 };
    match unsafe { poll(&mut one, 1, timeout) } {
        -1 => Err(Fault::Errno(io::Error::last_os_error().raw_os_error().unwrap_or(0))),
        ready => Ok(ready == 1),
    }
}
