#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program built with an older header runs with this library: older.py ROOT LIBRARY

The check makes older headers from the present ones: it cuts fields off the ends of their structs, one at a time.
"""

import pathlib
import re
import sys

from planted import copy, output, run, scratch, verdict

KEPT = {"jm_options": "numa_node", "MemOptions": "numaNode", "jm_queue_options": "max_producers",
        "QueueOptions": "maxProducers"}
TOGETHER = {"exclusive"}  # added together with the next field: no header ends here
FIELD = re.compile(r"^    \S.*?(\w+)\s*(?:=[^;]*)?;")


def without_comments(path):
    text = path.read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), re.sub(r"//.*", "", text), flags=re.DOTALL)


def fields(text, struct):
    """(line number, name) of each field of the struct."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if re.match(rf"^(?:typedef )?struct {struct}\b(?!;)", line))
    for i in range(start + 1, len(lines)):
        if lines[i].startswith("}") or lines[i].startswith(f"    {struct} ("):
            return
        found = FIELD.match(lines[i])
        if found:
            yield i, found.group(1)


def end_of(text, struct, last):
    lines = text.splitlines()
    first_gone = None
    for i, name in fields(text, struct):
        if first_gone is None and name == last:
            first_gone = i + 1
        elif first_gone is not None:
            lines[i] = ""
    for i in range(first_gone, len(lines)):
        if lines[i].startswith(("}", f"    {struct} (")):
            break
        lines[i] = ""
    return "\n".join(lines) + "\n"


def older_than(text, struct):
    names = [name for _, name in fields(text, struct)]
    return [name for name in names[names.index(KEPT[struct]):] if name not in TOGETHER]


def build_and_run(place, library, source):
    program = place / "program"
    compiler = ["gcc", "-std=c99"] if source.suffix == ".c" else ["g++", "-std=c++17"]
    output(*compiler, f"-I{place}/include", f"-I{place}/capi", source, library, "-o", program,
           f"-Wl,-rpath,{library.parent}")
    done = run(program)
    return "" if done.returncode == 0 else f"exit status {done.returncode} {done.stdout.strip()} {done.stderr.strip()}"


def check(root, library, cuts, spoil=None):
    """cuts: for each program, (struct, its last field) of the header that it was built with."""
    complaints = []
    for source, header, ends in cuts:
        with scratch() as folder:
            place = copy(root, folder, ("include", "capi"))
            path = place / header
            text = without_comments(path)
            for struct, last in ends:
                text = end_of(text, struct, last)
            path.write_text(spoil(text) if spoil else text, encoding="utf-8")
            wrong = build_and_run(place, library, root / "tests/check/older" / source)
        if wrong:
            complaints.append(f"{source} with {', '.join(f'{struct} up to {last}' for struct, last in ends)}: {wrong}")
    return complaints


def all_cuts(root):
    header = without_comments(root / "capi/joinmem.h")
    for last in older_than(header, "jm_options"):
        yield "options.c", "capi/joinmem.h", [("jm_options", last)]
    for last in older_than(header, "jm_queue_options"):
        yield "queue_options.c", "capi/joinmem.h", [("jm_queue_options", last)]
    header = without_comments(root / "include/join/queue_options.hpp")
    for last in older_than(header, "QueueOptions"):
        yield "queue.cpp", "include/join/queue_options.hpp", [("QueueOptions", last)]
    for last in older_than(without_comments(root / "include/join/memory.hpp"), "MemOptions"):
        yield "memory.cpp", "include/join/memory.hpp", [("MemOptions", last)]


def planted(root, library):
    c_cut = [("options.c", "capi/joinmem.h", [("jm_options", "numa_node")])]
    cpp_cut = [("memory.cpp", "include/join/memory.hpp", [("MemOptions", "numaNode")])]
    queue_c = [("queue_options.c", "capi/joinmem.h", [("jm_queue_options", "max_producers")])]
    queue_cpp = [("queue.cpp", "include/join/queue_options.hpp", [("QueueOptions", "maxProducers")])]
    whole = len(older_than(without_comments(root / "capi/joinmem.h"), "jm_options")) * 4 + 24
    yield ("a C program whose struct_size states more than it has", "exit status -11",
           check(root, library, c_cut, lambda text: text + f"#define jm_options_init(o, s) jm_options_init(o, {whole})\n"))
    yield ("a C program whose queue options state more than they have", "exit status -11",
           check(root, library, queue_c, lambda text: text + "#define jm_queue_options_init(o, s) jm_queue_options_init(o, 32)\n"))
    yield ("QueueOptions whose structSize states more than it has", "exit status -11",
           check(root, library, queue_cpp, lambda text: text.replace("sizeof (QueueOptions)", "4096")))
    yield ("MemOptions whose structSize states more than it has", "exit status -11",
           check(root, library, cpp_cut, lambda text: text.replace("sizeof (MemOptions)", "4096")))


def main(root, library):
    root, library = pathlib.Path(root).resolve(), pathlib.Path(library).resolve()
    cuts = list(all_cuts(root))
    print(f"{len(cuts)} older headers")
    verdict(check(root, library, cuts), list(planted(root, library)))


main(*sys.argv[1:])
