#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Attaching to arbitrary bytes, by libFuzzer under AddressSanitizer: fuzz_attach.py ROOT BUILD SECONDS

Exits with 77 where clang or its fuzzer is missing. The inputs to begin with are queues of each kind, cut at each place.
"""

import os
import pathlib
import struct
import sys

root, build, seconds = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3]
sys.path.insert(0, str(root / "tests/check"))
from planted import need, output, run, scratch, skip  # noqa: E402

FLAGS = ["-std=c++17", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


def sources():
    for path in sorted((root / "src").rglob("*.cpp")):
        if path.name != "numa_libnuma.cpp":
            yield path


def compile_all(folder):
    includes = [f"-I{root}/include", f"-I{root}/src", f"-I{build}/src"]
    objects = []
    for path in sources():
        made = folder / (path.stem + path.parent.name + ".o")
        output("clang++-14", *FLAGS, "-fsanitize=fuzzer-no-link", *includes, "-c", path, "-o", made)
        objects.append(made)
    program = folder / "fuzz_attach"
    done = run("clang++-14", *FLAGS, "-fsanitize=fuzzer", *includes, root / "tests/queue/fuzz_attach.cpp", *objects,
               "-o", program, "-lpthread")
    if "libclang_rt.fuzzer" in done.stderr:
        skip("clang's libFuzzer is not installed")
    if done.returncode != 0:
        sys.exit(done.stderr)
    return program


def header(kind, capacity, lanes, stride, elements):
    size = elements + capacity * stride
    fixed = struct.pack("<8sHHIIIIIQQQIIQQQiIQ", b"JOINMEMQ", 1, 0, 384, 0, 0, kind, 8, capacity, 0, 7, lanes, stride, 0,
                        elements, size, 1, 0, 1)
    return fixed.ljust(768, b"\0")


def seeds(folder):
    folder.mkdir()
    for kind, lanes, stride in ((1, 2, 8), (2, 64, 16), (3, 64, 16)):
        whole = header(kind, 8, lanes, stride, 768 + lanes * 128)
        for over in (0, 4):
            for size in (0, 10, 127, 128, 384, 768):
                name = folder / f"{kind}-{over}-{size}"
                name.write_bytes(bytes([kind - 1 | over]) + whole[:size])


def main():
    need("clang++-14")
    with scratch() as text:
        folder = pathlib.Path(text)
        program = compile_all(folder)
        seeds(folder / "seeds")
        name = f"/joinmem-fuzz-{os.getpid()}"
        done = run(program, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-seed=1", "-close_fd_mask=1",
                   "-print_final_stats=1", f"-artifact_prefix={folder}/", folder / "seeds",
                   env={**os.environ, "JOINMEM_FUZZ_NAME": name})
        pathlib.Path("/dev/shm" + name).unlink(missing_ok=True)
        print(done.stderr[-4000:])
        sys.exit(1 if done.returncode else 0)


main()
