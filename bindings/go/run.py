#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The tests of the Go binding, against the installed library: run.py BUILD CC CXX style|tests|race|examples"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests/ffi"))
import installed  # noqa: E402

MODULE = "github.com/joinmem/joinmem/bindings/go"
PRICES = ["Go got 100.5", "Go got 101.25", "Go got 99.75"]


def skip(message):
    print(f"SKIPPED: {message}")
    sys.exit(77)


def fail(message):
    print(message)
    sys.exit(1)


def environment(prefix, place, cc):
    """Go without a network, which writes only in the build folder."""
    return dict(prefix.environment, HOME=str(place), GOPATH=str(place / "path"), GOCACHE=str(place / "cache"),
                GOFLAGS="-mod=readonly", GOPROXY="off", GOENV="off", GOTOOLCHAIN="local", CGO_ENABLED="1", CC=cc,
                JOINMEM_FFI_H=prefix.header)


def run(*command, env, cwd=HERE):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, env=env, cwd=cwd)
    if done.returncode != 0:
        fail(f"{shlex.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def style(env, _place):
    """gofmt changes nothing, go vet finds nothing, and the README quotes the examples."""
    changed = run("gofmt", "-l", ".", env=env).split()
    if changed:
        fail(f"gofmt would change {changed}")
    run("go", "vet", "./...", env=env)
    text = (HERE / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"<!-- (\S+) -->\n```go\n(.*?)```", text, re.DOTALL)
    if len(quoted) != 2:
        fail("README.md does not quote two programs")
    for path, code in quoted:
        if code not in (HERE / path).read_text(encoding="utf-8"):
            fail(f"README.md does not quote {path}")


def tests(env, _place):
    print(run("go", "test", "-count=1", "./...", env=env))


def race(env, _place):
    print(run("go", "test", "-count=1", "-race", ".", env=env))


def examples(env, place):
    """A program of another module uses the binding; two processes run the example of the README."""
    scratch = place / "user"
    shutil.rmtree(scratch, ignore_errors=True)
    for name in ("producer", "consumer"):
        (scratch / name).mkdir(parents=True)
        shutil.copy(HERE / "examples" / name / "main.go", scratch / name)
    text = f"module user\n\ngo 1.19\n\nrequire {MODULE} v0.0.0\n\nreplace {MODULE} => {HERE}\n"
    (scratch / "go.mod").write_text(text, encoding="utf-8")
    run("go", "build", "-o", "bin/", "./...", env=env, cwd=scratch)
    name = pathlib.Path("/dev/shm/example-prices")
    name.unlink(missing_ok=True)
    with subprocess.Popen([scratch / "bin/consumer"], stdout=subprocess.PIPE, text=True, env=env) as consumer:
        try:
            run(scratch / "bin/producer", env=env)
            got = consumer.communicate(timeout=60)[0].splitlines()
        finally:
            consumer.kill()
            name.unlink(missing_ok=True)
    if got != PRICES or consumer.returncode != 0:
        fail(f"the consumer printed {got} and ended with {consumer.returncode}")


def main(build, cc, cxx, what):
    if shutil.which("go") is None:
        skip("go is not installed: scripts/setup go")
    build = pathlib.Path(build).resolve()
    place = build / "bindings/go"
    place.mkdir(parents=True, exist_ok=True)
    prefix = installed.prepared(build, shlex.split(cc), shlex.split(cxx))
    with installed.locked(place / "lock"):
        run_one = {"style": style, "tests": tests, "race": race, "examples": examples}[what]
        run_one(environment(prefix, place, cc), place)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    main(*sys.argv[1:])
