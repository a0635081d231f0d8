// SPDX-License-Identifier: MIT
//! Iteration over the elements that a consumer pops.
use super::{halves::Consumer, kind::QueueKind};
use crate::{ErrorKind, Plain, Queue, Result};
use std::{fmt, iter::FusedIterator};

/// The next item, and whether it is the last: `None` for an error of the kind `end`, and after any
/// error.
fn next<T>(
    ended: &mut bool,
    end: [ErrorKind; 2],
    pop: impl FnOnce() -> Result<T>,
) -> Option<Result<T>> {
    if *ended {
        return None;
    }
    let item = pop();
    match &item {
        Ok(_) => Some(item),
        Err(error) => {
            *ended = true;
            if end.contains(&error.kind()) {
                None
            } else {
                Some(item)
            }
        }
    }
}

const SHUT_DOWN: [ErrorKind; 2] = [ErrorKind::ShutDown; 2];
const EMPTY: [ErrorKind; 2] = [ErrorKind::ShutDown, ErrorKind::WouldBlock];

/// From [`Consumer::iter`]: pops and waits until the queue is shut down and drained. An error other
/// than that is the last item.
///
/// Thread safety: it contains a reference to the consumer, and may be sent where that may be.
pub struct Iter<'a, T: Plain, K: QueueKind> {
    consumer: &'a Consumer<T, K>,
    ended: bool,
}

/// The same, with a consumer of its own.
pub struct IntoIter<T: Plain, K: QueueKind> {
    consumer: Consumer<T, K>,
    ended: bool,
}

/// From [`Consumer::try_iter`]: pops the elements that are there. An error other than an empty
/// queue, or one that is shut down, is the last item.
pub struct TryIter<'a, T: Plain, K: QueueKind> {
    consumer: &'a Consumer<T, K>,
    ended: bool,
}

impl<'a, T: Plain, K: QueueKind> Iter<'a, T, K> {
    pub(super) fn of(consumer: &'a Consumer<T, K>) -> Iter<'a, T, K> {
        Iter { consumer, ended: false }
    }
}

impl<T: Plain, K: QueueKind> IntoIter<T, K> {
    pub(super) fn of(consumer: Consumer<T, K>) -> IntoIter<T, K> {
        IntoIter { consumer, ended: false }
    }
}

impl<'a, T: Plain, K: QueueKind> TryIter<'a, T, K> {
    pub(super) fn of(consumer: &'a Consumer<T, K>) -> TryIter<'a, T, K> {
        TryIter { consumer, ended: false }
    }
}

/// The iterators of an object that pops, as the expression makes its consumer.
macro_rules! iterate {
    ($($type:ident, $object:ident => $consumer:expr);* $(;)?) => {
        $(
            impl<'a, T: Plain, K: QueueKind> IntoIterator for &'a $type<T, K> {
                type Item = Result<T>;
                type IntoIter = Iter<'a, T, K>;

                fn into_iter(self) -> Iter<'a, T, K> {
                    self.iter()
                }
            }

            impl<T: Plain, K: QueueKind> IntoIterator for $type<T, K> {
                type Item = Result<T>;
                type IntoIter = IntoIter<T, K>;

                fn into_iter(self) -> IntoIter<T, K> {
                    let $object = self;
                    IntoIter::of($consumer)
                }
            }
        )*
    };
}

iterate! {
    Consumer, consumer => consumer;
    Queue, queue => queue.split().1;
}

impl<T: Plain, K: QueueKind> Iterator for Iter<'_, T, K> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        next(&mut self.ended, SHUT_DOWN, || self.consumer.pop())
    }
}

impl<T: Plain, K: QueueKind> Iterator for IntoIter<T, K> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        next(&mut self.ended, SHUT_DOWN, || self.consumer.pop())
    }
}

impl<T: Plain, K: QueueKind> Iterator for TryIter<'_, T, K> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        next(&mut self.ended, EMPTY, || self.consumer.try_pop())
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for Iter<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(self.consumer).finish()
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for IntoIter<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIter").field(&self.consumer).finish()
    }
}

impl<T: Plain, K: QueueKind> fmt::Debug for TryIter<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryIter").field(self.consumer).finish()
    }
}

impl<T: Plain, K: QueueKind> FusedIterator for Iter<'_, T, K> {}
impl<T: Plain, K: QueueKind> FusedIterator for IntoIter<T, K> {}
impl<T: Plain, K: QueueKind> FusedIterator for TryIter<'_, T, K> {}
