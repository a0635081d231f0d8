// SPDX-License-Identifier: MIT
// The client in Rust, with rustc alone; record.h describes what it does.
use std::ffi::{c_void, CStr, CString};
use std::io::{self, Write};
use std::os::raw::{c_char, c_int};
use std::{collections::BTreeMap, env, mem::size_of, process::exit, ptr::null_mut};

const MAGIC: u64 = 0x1122334455667788;
const SEGMENT: u64 = 100000;
const BYTES: u64 = 128;
const CREATE_ONLY: u32 = 1;
const OPEN_ONLY: u32 = 2;
const CAPACITY: u64 = 64;
const SOME: usize = 16;
const TIMEOUT: i64 = 60_000_000_000;
const FACTOR: u64 = 0x9E3779B97F4A7C15;
const MPMC: u32 = 3;
const EPIPE: c_int = 32;

type Handle = i64;

#[repr(C)]
#[derive(Default)]
struct Options {
    struct_size: u32,
    huge: u32,
    huge_page_size: u64,
    numa_node: i32,
    prefault: u32,
    lock: u32,
    open_mode: u32,
    permissions: u32,
    read_only: u32,
}

#[repr(C)]
struct Record {
    magic: u64,
    count: u32,
    below: i32,
    ratio: f64,
    text: [u8; 40],
    reply: [u8; 64],
}

#[repr(C)]
#[derive(Default, Clone, Copy)]
struct Element {
    number: u64,
    check: u64,
    text: [u8; 8],
}

#[link(name = "joinmem")]
extern "C" {
    fn jm_last_error() -> c_int;
    fn jm_last_error_message() -> *const c_char;
    fn jm_options_init(options: *mut Options, struct_size: u32) -> c_int;
    fn jm_shm_open(size: u64, name: *const c_char) -> Handle;
    fn jm_shm_open_with(size: u64, name: *const c_char, options: *const Options) -> Handle;
    fn jm_unlink(name: *const c_char) -> c_int;
    fn jm_get(memory: Handle, offset: u64) -> *mut c_void;
    fn jm_size(memory: Handle) -> i64;
    fn jm_mbind(memory: Handle, node: c_int) -> c_int;
    fn jm_close(handle: Handle) -> c_int;
    fn jm_queue_open(kind: u32, capacity: u64, size: u32, name: *const c_char) -> Handle;
    fn jm_queue_try_push(queue: Handle, element: *const c_void) -> c_int;
    fn jm_queue_push(queue: Handle, element: *const c_void, timeout: i64) -> c_int;
    fn jm_queue_pop(queue: Handle, element: *mut c_void, timeout: i64) -> c_int;
    fn jm_queue_push_n(queue: Handle, elements: *const c_void, count: u64, timeout: i64) -> i64;
    fn jm_queue_pop_some(queue: Handle, elements: *mut c_void, count: u64, timeout: i64) -> i64;
    fn jm_queue_shutdown(queue: Handle) -> c_int;
}

fn error() -> String {
    unsafe {
        let message = CStr::from_ptr(jm_last_error_message()).to_string_lossy();
        format!("{} {}", jm_last_error(), message)
    }
}

fn checked<T: PartialEq>(result: T, failure: T) -> T {
    if result == failure {
        println!("{}", error());
        exit(1);
    }
    result
}

/// The text up to the first zero.
fn string_of(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn c_string(text: &str) -> CString {
    CString::new(text).expect("a zero in an argument")
}

fn open_with(size: u64, name: &str, mode: u32) -> Handle {
    let mut options = Options::default();
    unsafe {
        checked(
            jm_options_init(&mut options, size_of::<Options>() as u32),
            -1,
        );
        options.open_mode = mode;
        jm_shm_open_with(size, c_string(name).as_ptr(), &options)
    }
}

fn record_of(memory: Handle) -> &'static mut Record {
    unsafe { &mut *(checked(jm_get(memory, 0), null_mut()) as *mut Record) }
}

fn bytes_of(memory: Handle, count: u32) -> &'static mut [u8] {
    unsafe {
        let bytes = checked(jm_get(memory, BYTES), null_mut()) as *mut u8;
        std::slice::from_raw_parts_mut(bytes, count as usize)
    }
}

/// Adler-32, as in zlib.
fn sum(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for &byte in bytes {
        a = (a + u32::from(byte)) % 65521;
        b = (b + a) % 65521;
    }
    b << 16 | a
}

fn write(name: &str, language: &str) {
    let memory = checked(open_with(SEGMENT, name, CREATE_ONLY), -1);
    let record = record_of(memory);
    record.magic = MAGIC;
    record.count = (SEGMENT - BYTES) as u32;
    record.below = -5;
    record.ratio = 0.1;
    let text = format!("written in {}", language);
    record.text[..text.len()].copy_from_slice(text.as_bytes());
    for (i, byte) in bytes_of(memory, record.count).iter_mut().enumerate() {
        *byte = (31 * i + 7) as u8;
    }
    println!("ready");
    io::stdout().flush().unwrap();
    io::stdin().read_line(&mut String::new()).unwrap();
    println!("{}", string_of(&record.reply));
    unsafe {
        checked(jm_unlink(c_string(name).as_ptr()), -1);
        checked(jm_close(memory), -1);
    }
}

fn read(name: &str, language: &str) {
    let memory = checked(open_with(0, name, OPEN_ONLY), -1);
    let record = record_of(memory);
    println!(
        "{} {:x} {} {} {:.17} {} {}",
        unsafe { jm_size(memory) },
        record.magic,
        record.count,
        record.below,
        record.ratio,
        sum(bytes_of(memory, record.count)),
        string_of(&record.text)
    );
    let reply = format!("read in {}", language);
    record.reply[..reply.len()].copy_from_slice(reply.as_bytes());
    checked(unsafe { jm_close(memory) }, -1);
}

fn print_error(failed: bool) {
    println!("{}", if failed { error() } else { "0".to_string() });
}

fn errors(name: &str) {
    let text = c_string(name);
    unsafe {
        let memory = checked(jm_shm_open(4096, text.as_ptr()), -1);
        print_error(open_with(0, &format!("{}-absent", name), OPEN_ONLY) == -1);
        print_error(jm_shm_open(3 * 4096, text.as_ptr()) == -1);
        print_error(jm_get(memory, 54321).is_null());
        jm_unlink(text.as_ptr());
        jm_close(memory);
        print_error(jm_mbind(memory, 0) == -1);
        queue_errors(&text);
    }
}

unsafe fn queue_errors(name: &CStr) {
    let size = size_of::<Element>() as u32;
    let element = Element::default();
    let place = &element as *const Element as *const c_void;
    let queue = checked(jm_queue_open(MPMC, 2, size, name.as_ptr()), -1);
    jm_queue_try_push(queue, place);
    jm_queue_try_push(queue, place);
    print_error(jm_queue_try_push(queue, place) == -1);
    print_error(jm_queue_open(MPMC, 2, 16, name.as_ptr()) == -1);
    jm_queue_shutdown(queue);
    print_error(jm_queue_try_push(queue, place) == -1);
    jm_unlink(name.as_ptr());
    jm_close(queue);
}

fn open_queue(kind: &str, name: &str) -> Handle {
    let number = ["spsc", "mpsc", "mpmc"]
        .iter()
        .position(|&k| k == kind)
        .unwrap() as u32
        + 1;
    let size = size_of::<Element>() as u32;
    checked(
        unsafe { jm_queue_open(number, CAPACITY, size, c_string(name).as_ptr()) },
        -1,
    )
}

fn push(queue: Handle, count: u64, language: &str) {
    let mut text = [0; 8];
    text[..language.len()].copy_from_slice(language.as_bytes());
    let (mut next, mut one) = (0, true);
    while next < count {
        let n = if one {
            1
        } else {
            (count - next).min(SOME as u64)
        };
        let check = |number: u64| (number + 1).wrapping_mul(FACTOR);
        let some: Vec<Element> = (next..next + n)
            .map(|number| Element {
                number,
                check: check(number),
                text,
            })
            .collect();
        let from = some.as_ptr() as *const c_void;
        let done = if one {
            i64::from(unsafe { jm_queue_push(queue, from, TIMEOUT) }) + 1
        } else {
            unsafe { jm_queue_push_n(queue, from, n, TIMEOUT) }
        };
        checked(done == n as i64, false);
        next += n;
        one = !one;
    }
}

/// What each language has pushed: the count and the sum.
type Writers = BTreeMap<String, (u64, u64)>;

fn take(writers: &mut Writers, element: &Element) {
    let text = string_of(&element.text);
    let writer = writers.entry(text.clone()).or_default();
    let check = (element.number + 1).wrapping_mul(FACTOR);
    if element.number != writer.0 || element.check != check {
        println!(
            "{} {:x} of {} after {}",
            element.number, element.check, text, writer.0
        );
        exit(1);
    }
    *writer = (writer.0 + 1, writer.1.wrapping_add(check));
}

fn pop(queue: Handle) {
    let mut some = [Element::default(); SOME];
    let mut writers = Writers::new();
    let mut one = true;
    loop {
        let to = some.as_mut_ptr() as *mut c_void;
        let n = if one {
            i64::from(unsafe { jm_queue_pop(queue, to, TIMEOUT) }) + 1
        } else {
            unsafe { jm_queue_pop_some(queue, to, SOME as u64, TIMEOUT) }
        };
        if n <= 0 {
            break;
        }
        some[..n as usize]
            .iter()
            .for_each(|element| take(&mut writers, element));
        one = !one;
    }
    checked(unsafe { jm_last_error() } == EPIPE, false);
    for (text, (count, sum)) in writers {
        println!("{} {} {}", text, count, sum);
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let words: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
    match words[..] {
        ["write", name, language] => write(name, language),
        ["read", name, language] => read(name, language),
        ["errors", name] => errors(name),
        ["pop", kind, name] => {
            let queue = open_queue(kind, name);
            pop(queue);
            checked(unsafe { jm_close(queue) }, -1);
        }
        ["push", kind, name, count, language, ref shutdown @ ..] => {
            let queue = open_queue(kind, name);
            push(queue, count.parse().unwrap(), language);
            if !shutdown.is_empty() {
                checked(unsafe { jm_queue_shutdown(queue) }, -1);
            }
            checked(unsafe { jm_close(queue) }, -1);
        }
        _ => exit(2),
    }
}
