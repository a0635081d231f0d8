// SPDX-License-Identifier: MIT
//! What threads may do with each type, checked by the compiler. The documentation tests of `Queue`
//! and below show the errors that programs get.
use joinmem::*;

fn send<T: Send>() {}
fn sync<T: Sync>() {}
fn clone<T: Clone>() {}

/// Compiles only if T does not have the trait: otherwise two implementations fit, and the compiler
/// cannot choose.
macro_rules! is_not {
    ($trait:ident: $($type:ty),* $(,)?) => {
        $(const _: fn() = || {
            trait Ambiguous<A> {
                fn choose() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            let _ = <$type as Ambiguous<_>>::choose;
        };)*
    };
}

is_not!(Sync: Queue<u64, Spsc>, Queue<u64, Mpsc>);
is_not!(Sync: Producer<u64, Spsc>, Consumer<u64, Spsc>, Consumer<u64, Mpsc>);
is_not!(Sync: IntoIter<u64, Spsc>, IntoIter<u64, Mpsc>);
is_not!(Clone: Queue<u64, Spsc>, Queue<u64, Mpsc>);
is_not!(Clone: Producer<u64, Spsc>, Consumer<u64, Spsc>, Consumer<u64, Mpsc>);
is_not!(Clone: AnyQueue, AnyProducer, AnyConsumer, ShmMem, LocalMem, WaitSet);
// Of a reference to an object that one thread at a time uses.
is_not!(Send: &'static Queue<u64, Spsc>, &'static Queue<u64, Mpsc>, Iter<'static, u64, Spsc>);
is_not!(Send: Iter<'static, u64, Mpsc>, TryIter<'static, u64, Spsc>, TryIter<'static, u64, Mpsc>);
is_not!(Send: Reservation<'static, u64>, Peek<'static, u64>);
// What has no plain bytes.
is_not!(Plain: bool, char, &'static u8, *const u8, (u8, u32), String, Option<u8>, [bool; 2]);
is_not!(Plain: std::num::NonZeroU8, std::sync::atomic::AtomicU8, Box<u8>, ());

#[test]
fn threads_may_use_what_their_kind_allows() {
    send::<Queue<u64, Spsc>>();
    send::<Queue<u64, Mpsc>>();
    send::<Queue<u64, Mpmc>>();
    sync::<Queue<u64, Mpmc>>();
    clone::<Queue<u64, Mpmc>>();
    send::<Producer<u64, Spsc>>();
    send::<Consumer<u64, Spsc>>();
    send::<Consumer<u64, Mpsc>>();
    send::<Producer<u64, Mpsc>>();
    sync::<Producer<u64, Mpsc>>();
    clone::<Producer<u64, Mpsc>>();
    send::<Producer<u64, Mpmc>>();
    sync::<Producer<u64, Mpmc>>();
    sync::<Consumer<u64, Mpmc>>();
    clone::<Consumer<u64, Mpmc>>();
    send::<Iter<'static, u64, Mpmc>>();
    send::<IntoIter<u64, Spsc>>();
}

#[test]
fn all_threads_may_use_the_others() {
    send::<Control>();
    sync::<Control>();
    send::<WaitSet>();
    sync::<WaitSet>();
    send::<ShmMem>();
    sync::<ShmMem>();
    send::<LocalMem>();
    sync::<LocalMem>();
    send::<AnyQueue>();
    sync::<AnyQueue>();
    send::<AnyProducer>();
    send::<AnyConsumer>();
    send::<Error>();
    sync::<Error>();
}
