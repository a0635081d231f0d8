// SPDX-License-Identifier: MIT
//! Copies between shared memory and this process by atomic words.
//!
//! Other threads and processes may write the same bytes at any time, so an ordinary copy would be a
//! data race, which is undefined behaviour. All copies of this crate use the same granule, the
//! aligned word, because atomic accesses of different sizes to the same bytes are undefined, too. A
//! memory begins and ends at a page, so a word never crosses its end. A copy is not atomic as a
//! whole: a reader may see some words of a concurrent write and not yet the others.
//!
//! The fences make a reader that sees any word of a write see everything that the writer did before
//! it.
use std::{
    mem::size_of,
    sync::atomic::{fence, AtomicUsize, Ordering},
};

const WORD: usize = size_of::<usize>();

/// The word at `offset`, a multiple of `WORD`.
///
/// # Safety
/// `start` is aligned to words, and the memory from there to the end of the word is mapped during
/// `'a`.
unsafe fn word<'a>(start: *mut u8, offset: usize) -> &'a AtomicUsize {
    debug_assert_eq!(offset % WORD, 0);
    &*start.add(offset).cast::<AtomicUsize>()
}

/// Copies from the memory at `start + offset`.
///
/// # Safety
/// As [`word`], for all bytes of the copy.
pub(crate) unsafe fn load(start: *mut u8, offset: usize, to: &mut [u8]) {
    let mut at = offset;
    let skip = at % WORD;
    let (first, rest) = to.split_at_mut(((WORD - skip) % WORD).min(to.len()));
    if !first.is_empty() {
        let bytes = word(start, at - skip).load(Ordering::Relaxed).to_ne_bytes();
        first.copy_from_slice(&bytes[skip..skip + first.len()]);
        at += first.len();
    }
    let mut whole = rest.chunks_exact_mut(WORD);
    for chunk in &mut whole {
        chunk.copy_from_slice(&word(start, at).load(Ordering::Relaxed).to_ne_bytes());
        at += WORD;
    }
    let last = whole.into_remainder();
    if !last.is_empty() {
        let bytes = word(start, at).load(Ordering::Relaxed).to_ne_bytes();
        last.copy_from_slice(&bytes[..last.len()]);
    }
    fence(Ordering::Acquire);
}

/// Copies to the memory at `start + offset`. Bytes beside them in the same words keep what others
/// write there.
///
/// # Safety
/// As [`word`], for all bytes of the copy, and the memory is mapped for writing.
pub(crate) unsafe fn store(start: *mut u8, offset: usize, from: &[u8]) {
    fence(Ordering::Release);
    let mut at = offset;
    let skip = at % WORD;
    let (first, rest) = from.split_at(((WORD - skip) % WORD).min(from.len()));
    if !first.is_empty() {
        replace(word(start, at - skip), skip, first);
        at += first.len();
    }
    let mut whole = rest.chunks_exact(WORD);
    for chunk in &mut whole {
        let mut bytes = [0; WORD];
        bytes.copy_from_slice(chunk);
        word(start, at).store(usize::from_ne_bytes(bytes), Ordering::Relaxed);
        at += WORD;
    }
    let last = whole.remainder();
    if !last.is_empty() {
        replace(word(start, at), 0, last);
    }
}

/// Replaces some bytes of a word by a compare-and-swap.
fn replace(word: &AtomicUsize, skip: usize, from: &[u8]) {
    let merge = |old: usize| {
        let mut bytes = old.to_ne_bytes();
        bytes[skip..skip + from.len()].copy_from_slice(from);
        Some(usize::from_ne_bytes(bytes))
    };
    let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, merge);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each offset and each length around the borders of words copies exactly its bytes, both ways.
    #[test]
    fn copies_are_exact_at_all_borders() {
        let mut words = [0usize; 6];
        let start = words.as_mut_ptr().cast::<u8>();
        let bytes = |start: *mut u8| -> Vec<u8> {
            (0..6 * WORD).map(|i| unsafe { start.add(i).read() }).collect()
        };
        for offset in 0..2 * WORD {
            for length in 0..3 * WORD {
                let from: Vec<u8> = (0..length).map(|i| (i + 1) as u8).collect();
                let mut wanted = vec![0xaa; 6 * WORD];
                unsafe { start.write_bytes(0xaa, 6 * WORD) };
                wanted[offset..offset + length].copy_from_slice(&from);
                unsafe { store(start, offset, &from) };
                assert_eq!(bytes(start), wanted, "store of {} at {}", length, offset);
                let mut to = vec![0; length];
                unsafe { load(start, offset, &mut to) };
                assert_eq!(to, from, "load of {} at {}", length, offset);
            }
        }
    }
}
