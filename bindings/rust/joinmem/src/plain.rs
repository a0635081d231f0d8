// SPDX-License-Identifier: MIT
//! The types that memory and queues may carry.
use std::mem::size_of;

/// A type whose values are plain bytes, which mean the same in every process.
///
/// Integers, floating-point numbers and arrays of such types have it. The macro
/// [`plain!`](crate::plain!) declares a struct that has it, and checks the rules.
///
/// # Safety
///
/// - Any bit pattern is a value: no `bool`, `char`, reference, `NonZero…` or `enum`. Another
///   process, or a program in another language, may have written it.
/// - No padding: `size_of::<Self> ()` is the sum of the sizes of the fields. Other processes see
///   all bytes.
/// - No pointers, references, handles or descriptors: an address means nothing in another process.
/// - The layout is fixed: `#[repr (C)]` or `#[repr (transparent)]`, as the other programs declare
///   it too.
pub unsafe trait Plain: Copy + Send + Sync + 'static {}

macro_rules! implement {
    ($($type:ty),*) => {
        $(
            // SAFETY: a number: any bit pattern is a value, and there is no padding.
            unsafe impl Plain for $type {}
        )*
    };
}

implement!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

// SAFETY: elements of an array lie side by side, without padding.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// Declares a struct of [`Plain`] fields that is `Plain` itself, in the layout of C. It is `Copy`
/// and `Clone`; padding is a compile error.
///
/// ```
/// joinmem::plain! {
///     /// A trade.
///     #[derive(Debug, PartialEq)]
///     pub struct Trade {
///         pub number: u64,
///         pub price: f64,
///         pub text: [u8; 16],
///     }
/// }
///
/// let trades = joinmem::Queue::<Trade, joinmem::Spsc>::private(16)?;
/// let trade = Trade { number: 1, price: 100.5, text: *b"first           " };
/// trades.push(trade)?;
/// assert_eq!(trades.pop()?, trade);
/// # Ok::<(), joinmem::Error>(())
/// ```
///
/// Seven bytes of padding follow the first field of this one:
///
/// ```compile_fail
/// joinmem::plain! {
///     struct Padded {
///         letter: u8,
///         number: u64,
///     }
/// }
/// ```
///
/// A reference is not plain:
///
/// ```compile_fail
/// joinmem::plain! {
///     struct Borrowed {
///         text: &'static [u8],
///     }
/// }
/// ```
#[macro_export]
macro_rules! plain {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),*
        }

        const _: () = {
            const fn is_plain<T: $crate::Plain>() {}
            $(is_plain::<$type>();)*
            assert!(
                ::core::mem::size_of::<$name>() == 0 $(+ ::core::mem::size_of::<$type>())*,
                "the struct has padding: order its fields by their sizes, or add fields in place of the padding"
            );
        };

        // SAFETY: repr (C), all fields are plain, and the sizes of the fields add up to the size of
        // the struct.
        unsafe impl $crate::Plain for $name {}
    };
}

/// The bytes of a value.
pub(crate) fn bytes_of<T: Plain>(value: &T) -> &[u8] {
    // SAFETY: a plain type has no padding, so each of its bytes is initialised.
    unsafe { std::slice::from_raw_parts((value as *const T).cast(), size_of::<T>()) }
}
