#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each call that opens a descriptor is an argument of keepDescriptor (), which keeps 0, 1 and 2 free: descriptors.py ROOT"""

import pathlib
import re
import sys

from planted import tree, verdict

OPENS = re.compile(r"(?:(?<![\w>])::|\bstd::)(open|openat|openat2|creat|opendir|fopen|freopen|fdopen|tmpfile|shm_open|memfd_create|socket|"
                   r"socketpair|accept4?|pipe2?|eventfd|timerfd_create|signalfd|epoll_create1?|inotify_init1?|pidfd_open|"
                   r"dup[23]?|mkostemp|mkstemp) \(")
NUMBERED = re.compile(r"SYS_(?:open|openat|openat2|memfd_create|memfd_secret|pidfd_open|pidfd_getfd|userfaultfd|io_uring_setup)\b")
KEPT = "keepDescriptor ("


def check(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        found = OPENS.search(code) or NUMBERED.search(code)
        if found and KEPT not in code[:found.start()]:
            yield f"{name}:{number}: a descriptor that does not pass through keepDescriptor (): {line.strip()}"


def planted():
    for line in ("    return ::open (path, flags);", "    DIR* names = ::opendir (folder);", "    ::dup2 (a, b);",
                 "    std::fopen (path, \"r\");", "    ::syscall (SYS_memfd_create, name, 0);"):
        yield line.strip(), "does not pass", list(check("a.cpp", line + "\n"))


def main(root):
    root = pathlib.Path(root)
    complaints = []
    for path in tree(root, {".cpp", ".hpp", ".c", ".h"}, ("include", "src", "capi")):
        complaints += check(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    if list(check("a.cpp", "    return keepDescriptor (::open (path, flags), file);\n    // ::open (2)\n")):
        complaints.append("a descriptor that is kept is taken for one that is not")
    verdict(complaints, list(planted()))


main(*sys.argv[1:])
