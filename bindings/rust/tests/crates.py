#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs cargo, without network, against the library of a build folder: crates.py TASK BUILD CC CXX

    test       the tests of both crates, warnings are errors
    doc        the documentation, and clippy if it is there; warnings are errors
    readme     the two programs of README.md, in two processes, in both orders of their starts
    found      the build script finds the library in each way, and reports one that is missing
    package    the packages of both crates, and a program that uses them
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CRATES = HERE.parent
sys.path.insert(0, str(CRATES.parents[1] / "tests/ffi"))
from installed import output, prepared  # pylint: disable=wrong-import-position

NAME = "/rust-prices"  # of README.md


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def expect(condition, message):
    if not condition:
        sys.exit(message)


class Cargo:
    """Cargo and what it needs: all that it writes is in the build folder."""

    def __init__(self, build, prefix):
        self.place = build / "bindings/rust"
        self.place.mkdir(parents=True, exist_ok=True)
        self.prefix, self.target = prefix, self.place / "target"
        self.environment = dict(prefix.environment, CARGO_TARGET_DIR=str(self.target), CARGO_NET_OFFLINE="true",
                                CARGO_HOME=str(self.place / "home"), CARGO_TERM_COLOR="never")
        for name in ("JOINMEM_LIB_DIR", "JOINMEM_STATIC", "JOINMEM_STATIC_LIBS", "RUSTFLAGS"):
            self.environment.pop(name, None)

    def __call__(self, *words, folder=CRATES, **variables):
        return output("cargo", *words, cwd=folder, env=dict(self.environment, **variables))

    def fails(self, *words, folder=CRATES, **variables):
        """What the command prints, which has to fail."""
        done = subprocess.run(["cargo", *words], cwd=folder, env=dict(self.environment, **variables), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        expect(done.returncode != 0, f"cargo {shlex.join(words)} did not fail: {variables}")
        return done.stdout


def run_tests(cargo):
    said = cargo("test", "--offline", "--workspace", RUSTFLAGS="-D warnings")
    counts = [tuple(map(int, found)) for found in
              re.findall(r"test result: ok\. (\d+) passed; (\d+) failed; (\d+) ignored", said)]
    passed = sum(count[0] for count in counts)
    expect(passed >= 60 and all(count[1:] == (0, 0) for count in counts), f"too few tests ran:\n{said}")
    print(f"{passed} tests passed")
    left = [name for name in os.listdir("/dev/shm") if re.match("rust-(test|doc)-", name)]
    ours = [name for name in left if not is_alive(re.search(r"\d+", name))]
    expect(not ours, f"the tests have left {ours} in /dev/shm")


def is_alive(found):
    """Whether the process in the name of a segment is another run of the tests, which still goes on."""
    return found is not None and os.path.exists(f"/proc/{found.group()}")


def document(cargo):
    cargo("doc", "--offline", "--workspace", "--no-deps", RUSTDOCFLAGS="-D warnings")
    expect((cargo.target / "doc/joinmem/struct.Queue.html").is_file(), "there is no page of Queue")
    if shutil.which("cargo-clippy") is None:
        print("without clippy, which is not installed")
        return
    cargo("clippy", "--offline", "--workspace", "--all-targets", "--", "-D", "warnings")


def code_of(readme, name):
    found = re.search(rf"<!-- joinmem/examples/{name}\.rs -->\n```rust\n(.*?)```", readme, re.S)
    expect(found, f"README.md does not have {name}.rs")
    return found.group(1)


def run_readme(cargo):
    readme = (CRATES / "README.md").read_text(encoding="utf-8")
    for name in ("push", "pop"):
        source = (CRATES / f"joinmem/examples/{name}.rs").read_text(encoding="utf-8")
        program = re.sub(r"^//.*\n", "", source, flags=re.M)
        expect(program == code_of(readme, name), f"README.md has another {name}.rs than joinmem/examples")
    cargo("build", "--offline", "--example", "push", "--example", "pop")
    push, pop = (str(cargo.target / "debug/examples" / name) for name in ("push", "pop"))
    wanted = "Rust got 100.5\nRust got 101.25\nRust got 99.75\n"
    file = pathlib.Path("/dev/shm" + NAME)
    try:
        output(push, env=cargo.environment)
        got = output(pop, env=cargo.environment)
        expect(got == wanted, f"pop after push: {got}")
        expect(not file.exists(), f"{file} is left")
        with subprocess.Popen([pop], env=cargo.environment, stdout=subprocess.PIPE, text=True) as consumer:
            try:
                output(push, env=cargo.environment)
                got, _ = consumer.communicate(timeout=60)  # a watchdog
            finally:
                consumer.kill()
        expect(got == wanted and consumer.returncode == 0, f"pop before push: {got}")
    finally:
        file.unlink(missing_ok=True)


def find_library(cargo):
    words = ("build", "--offline", "-p", "joinmem-sys")
    fresh = {"CARGO_TARGET_DIR": str(cargo.place / "found")}
    empty = cargo.place / "empty"
    empty.mkdir(exist_ok=True)
    no_pkg_config = {"PKG_CONFIG_PATH": str(empty), "PKG_CONFIG_LIBDIR": str(empty), **fresh}
    said = cargo.fails(*words, **no_pkg_config)
    for remedy in ("cannot link with libjoinmem", "apt install libjoinmem-dev", "PKG_CONFIG_PATH=", "JOINMEM_LIB_DIR="):
        expect(remedy in said, f"the error does not have {remedy!r}:\n{said}")
    said = cargo.fails(*words, PKG_CONFIG="/nonexistent/pkg-config", **fresh)
    expect("/nonexistent/pkg-config cannot be run" in said, said)
    said = cargo.fails(*words, JOINMEM_LIB_DIR=str(empty), **no_pkg_config)
    expect("has no libjoinmem.so" in said, said)
    said = cargo.fails(*words, JOINMEM_LIB_DIR=str(empty), JOINMEM_STATIC="1", **no_pkg_config)
    expect("has no libjoinmem.a" in said, said)
    said = cargo.fails(*words, JOINMEM_STATIC="perhaps", **fresh)
    expect("give 0 or 1" in said, said)
    link_statically(cargo, words, fresh)
    cargo("test", "--offline", "-p", "joinmem-sys", JOINMEM_LIB_DIR=cargo.prefix.libraries, **no_pkg_config)


def link_statically(cargo, words, fresh):
    """The build script links libjoinmem.a, here an empty one, and what that needs."""
    folder = cargo.place / "static here"  # the space is part of the test
    folder.mkdir(exist_ok=True)
    output("ar", "rcs", folder / "libjoinmem.a")
    (folder / "joinmem.pc").write_text('Name: joinmem\nDescription: an empty library\nVersion: 99\n'
                                       'Libs: -L${pcfiledir} -ljoinmem\nLibs.private: -lstdc++ -latomic -pthread\n',
                                       encoding="utf-8")
    for variables, wanted in (
            ({"JOINMEM_LIB_DIR": str(folder)}, ["static=joinmem", "dylib=stdc++", "dylib=numa"]),
            ({"JOINMEM_LIB_DIR": str(folder), "JOINMEM_STATIC_LIBS": "stdc++"}, ["static=joinmem", "dylib=stdc++"]),
            ({"PKG_CONFIG_PATH": str(folder)}, ["static=joinmem", "dylib=stdc++", "dylib=atomic", "dylib=pthread"])):
        said = cargo(*words, "-vv", JOINMEM_STATIC="1", **variables, **fresh)
        found = re.findall(r"cargo:rustc-link-lib=(\S+)", said)
        expect(found == wanted, f"{variables}: the build script links {found} in place of {wanted}:\n{said}")
        expect(f"cargo:rustc-link-search=native={folder}\n" in said, f"{variables}: not in {folder}:\n{said}")


PROGRAM = """use joinmem::{Mpmc, Queue};

fn main() -> Result<(), joinmem::Error> {
    let numbers = Queue::<u64, Mpmc>::private(4)?;
    numbers.push(42)?;
    println!("{} {}", joinmem::version(), numbers.pop()?);
    Ok(())
}
"""
MANIFEST = """[package]
name = "consumer"
version = "1.0.0"
edition = "2021"

[dependencies]
joinmem = {{ path = "{joinmem}" }}

[patch.crates-io]
joinmem-sys = {{ path = "{sys}" }}

[workspace]
"""


def package(cargo):
    """The packages, unpacked and patched as README.md says, serve a program outside of the tree."""
    place = cargo.place / "packaged"
    shutil.rmtree(place, ignore_errors=True)
    paths = output(CRATES / "package", place, env=cargo.environment).splitlines()
    expect(len(paths) == 2, f"package printed {paths}")
    unpacked = {}
    for path in paths:
        names = output("tar", "-xvzf", path, "-C", place).splitlines()
        folder = names[0].split("/")[0]
        unpacked[folder.rsplit("-", 1)[0]] = place / folder
        for needed in ("Cargo.toml", "README.md", "LICENSE", "src/lib.rs"):
            expect(f"{folder}/{needed}" in names, f"{path} has no {needed}: {names}")
    consumer = place / "consumer"
    (consumer / "src").mkdir(parents=True)
    (consumer / "src/main.rs").write_text(PROGRAM, encoding="utf-8")
    manifest = MANIFEST.format(joinmem=unpacked["joinmem"], sys=unpacked["joinmem-sys"])
    (consumer / "Cargo.toml").write_text(manifest, encoding="utf-8")
    said = cargo("run", "--offline", "--quiet", folder=consumer)
    expect(re.fullmatch(r"\d+\.\d+\.\d+ 42\n", said), f"the program printed {said}")


TASKS = {"test": run_tests, "doc": document, "readme": run_readme, "found": find_library, "package": package}


def main():
    task, build, cc, cxx = sys.argv[1:]
    for program in ("cargo", "rustc"):
        if shutil.which(program) is None:
            skip(f"{program} is not installed")
    build = pathlib.Path(build).resolve()
    TASKS[task](Cargo(build, prepared(build, shlex.split(cc), shlex.split(cxx))))


if __name__ == "__main__":
    main()
