// SPDX-License-Identifier: MIT
//! The errno values that the library reports, by Linux's common numbering (asm-generic).
#[cfg(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64"))]
compile_error!("this table does not have the errno values of MIPS and SPARC");

macro_rules! errnos {
    ($($name:ident = $value:literal),* $(,)?) => {
        $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: i32 = $value;)*

        /// The name of an errno value, `None` if it is not in this table.
        pub fn name(errno: i32) -> Option<&'static str> {
            match errno {
                $($value => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

errnos! {
    EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10,
    EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19,
    ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, EFBIG = 27,
    ENOSPC = 28, ESPIPE = 29, EROFS = 30, EMLINK = 31, EPIPE = 32, EDOM = 33, ERANGE = 34, EDEADLK = 35,
    ENAMETOOLONG = 36, ENOLCK = 37, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, ENOMSG = 42, ENODATA = 61,
    EBADMSG = 74, EOVERFLOW = 75, EUSERS = 87, EMSGSIZE = 90, ENOTSUP = 95, ENETUNREACH = 101, ECONNRESET = 104,
    ENOBUFS = 105, ENOTCONN = 107, ETIMEDOUT = 110, ECONNREFUSED = 111, EDQUOT = 122, ECANCELED = 125,
    EOWNERDEAD = 130, ENOTRECOVERABLE = 131, EHWPOISON = 133,
}
