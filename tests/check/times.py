#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No test of the quick or CI tier judges how long something took, or how much of a CPU: times.py ROOT

Such tests fail on a busy machine. Where the long tier judges times, the assertion calls judgesTime () first.
"""

import pathlib
import re
import sys

from planted import tree, verdict

ASSERTION = re.compile(r"\b(CHECK|REQUIRE|require|assert|assertLess|assertLessEqual)\w* ?\(")
SHORTER = re.compile(r"<=? ?[^<=;]*\b\d+(ns|us|ms|s)\b|<=? ?(std::chrono::)?(nano|micro|milli)?seconds ?[({]"
                     r"|\b(elapsed|took|duration|monotonic \(\)|now \(\) - \w+)\)* ?<=? ?[\w.]")
PYTHON = re.compile(r"assertLess\w*\(\s*(time\.\w+\(\) - \w+|elapsed|took),\s*[\d.]+\)|assert (time\.\w+\(\) - \w+|elapsed|took) <")
CPU = re.compile(r"\b(ru_utime|ru_stime|CLOCK_(PROCESS|THREAD)_CPUTIME_ID|std::clock|process_time|thread_time)\b")
ASKS = "judgesTime ()"


def check(texts):
    complaints = []
    for name, text in texts:
        for i, line in enumerate(text.splitlines()):
            place = f"{name}:{i + 1}"
            python = str(name).endswith(".py")
            judged = PYTHON.search(line) if python else ASSERTION.search(line) and SHORTER.search(line)
            if judged and ASKS not in line:
                complaints.append(f"{place}: a test judges a time")
            if CPU.search(line) and ASKS not in text:
                complaints.append(f"{place}: a test judges CPU time")
    return complaints


def planted():
    for what, words, name, text in (
            ("a limit in milliseconds", "judges a time", "a.cpp", "    CHECK (steady_clock::now () - start < 100ms);"),
            ("a limit of a kind of seconds", "judges a time", "a.cpp", "    REQUIRE (time <= milliseconds (5));"),
            ("a limit without a unit", "judges a time", "a.cpp", "    CHECK (most.took < 100);"),
            ("a limit in a helper", "judges a time", "a.hpp", "    require (now () - start < 2s, \"late\");"),
            ("a limit in Python", "judges a time", "a.py", "self.assertLess(time.monotonic() - start, 2)"),
            ("CPU time", "judges CPU time", "a.cpp", "    used = after.ru_utime.tv_sec;"),
            ("the CPU time of a thread", "judges CPU time", "a.cpp", "clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);")):
        yield what, words, check([(name, text)])


def main(root):
    root = pathlib.Path(root)
    files = [path for path in tree(root, {".cpp", ".hpp", ".c", ".h", ".py"}, ("tests", "examples"))
             if path.parent.name != "check" and (path.parts[len(root.parts)] == "tests" or "test" in path.name)]
    verdict(check([(path.relative_to(root), path.read_text(encoding="utf-8")) for path in files]), list(planted()))


main(*sys.argv[1:])
