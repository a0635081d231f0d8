# SPDX-License-Identifier: MIT
"""The exceptions. All are OSError with the errno and the sentence of the library; most are a class of Python, too."""
import queue


class Error(OSError):
    """A call of the library failed; `errno` has the number, `strerror` the sentence."""


class Full(Error, BlockingIOError, queue.Full):
    """EAGAIN: try_push() found no room. Also a queue.Full."""


class Empty(Error, BlockingIOError, queue.Empty):
    """EAGAIN: try_pop() found no element. Also a queue.Empty."""


class Timeout(Error, TimeoutError):
    """ETIMEDOUT: the time is up."""


class PushTimeout(Timeout, queue.Full):
    """ETIMEDOUT: the queue had no room in time. Also a queue.Full."""


class PopTimeout(Timeout, queue.Empty):
    """ETIMEDOUT: no element came in time. Also a queue.Empty."""


class ShutDown(Error, BrokenPipeError):
    """EPIPE: the queue is shut down, and for pops also drained."""


class Exists(Error, FileExistsError):
    """EEXIST: the name exists, with mode="create"; or a wait set has the queue."""


class NotFound(Error, FileNotFoundError):
    """ENOENT: the name does not exist."""


class NoPermission(Error, PermissionError):
    """EACCES or EPERM."""


class Invalid(Error, ValueError):
    """EINVAL: an argument is invalid, or does not fit what exists under the name."""


class Closed(Error, ValueError):
    """EBADF: the object is closed, or is a wait set of the parent process."""


class Canceled(Error):
    """ECANCELED: cancel(), or close() on another thread, ended the wait."""


class ProducersDead(Error):
    """EOWNERDEAD: a queue with owner_dead is empty, no producer is alive, and at least one was killed."""
