#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The tests of the Node.js binding, against the installed library: run.py BUILD CC CXX tests|package|types"""
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

PRICES = ["Node.js got 100.5", "Node.js got 101.25", "Node.js got 99.75"]
OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
                     r"|ERR_SOCKET_TIMEOUT|ENOTCACHED")
TYPESCRIPT = ["typescript@5.4.5", "@types/node@18.19.130"]
NPM = ["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "--no-package-lock"]


def skip(message):
    print(f"SKIPPED: {message}")
    sys.exit(77)


def fail(message):
    print(message)
    sys.exit(1)


def run(*command, env, cwd=HERE, may_fail=False):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, env=env, cwd=cwd)
    if done.returncode != 0 and not may_fail:
        fail(f"{shlex.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}")
    return done


def addon(env, place):
    """Builds the addon in a folder. @return the environment in which lib/ finds it there"""
    run("node", "build.js", place, env=env)
    return dict(env, JOINMEM_NODE_ADDON=str(place / "joinmem.node"))


def tests(env, place):
    """node:test, with an addon in the build folder."""
    files = sorted((HERE / "test").glob("*.test.js"))
    print(run("node", "--test", *files, env=addon(env, place)).stdout)


def two_processes(folder, env):
    """The consumer starts first, and gets what the producer pushes."""
    name = pathlib.Path("/dev/shm/example-prices")
    name.unlink(missing_ok=True)
    with subprocess.Popen(["node", "consumer.mjs"], stdout=subprocess.PIPE, text=True, env=env, cwd=folder) as consumer:
        try:
            run("node", "producer.mjs", env=env, cwd=folder)
            got = consumer.communicate(timeout=60)[0].splitlines()
        finally:
            consumer.kill()
            name.unlink(missing_ok=True)
    if got != PRICES or consumer.returncode != 0:
        fail(f"the consumer printed {got} and ended with {consumer.returncode}")


def package(env, place):
    """npm pack, and npm install of the result without a network, in an ES module and a CommonJS program."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"<!-- (\S+) -->\n```js\n(.*?)```", text, re.DOTALL)
    if len(quoted) != 2 or not all(code in (HERE / path).read_text(encoding="utf-8") for path, code in quoted):
        fail("README.md does not quote the two programs of examples/")
    user = place / "user"
    shutil.rmtree(user, ignore_errors=True)
    user.mkdir()
    env = dict(env, npm_config_cache=str(place / "cache"))
    env.pop("LD_LIBRARY_PATH", None)  # the addon finds the library by itself
    packed = run("npm", "pack", "--silent", "--pack-destination", user, env=env).stdout.split()[-1]
    (user / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    run(*NPM, "--offline", user / packed, env=env, cwd=user)
    for path in ("producer.mjs", "consumer.mjs"):
        shutil.copy(HERE / "examples" / path, user)
    two_processes(user, env)
    program = "const j = require('joinmem'); console.log(typeof j.Queue, j.version)"
    said = run("node", "-e", program, env=env, cwd=user).stdout
    if not re.match(r"function \d+\.\d+\.\d+\n", said):
        fail(f"require printed {said}")
    broken = run("node", "build.js", place / "broken", env=dict(env, PKG_CONFIG_LIBDIR="/nowhere", PKG_CONFIG_PATH=""),
                 may_fail=True)
    if broken.returncode == 0 or "Install libjoinmem first" not in broken.stdout:
        fail(f"without the library, build.js ended with {broken.returncode}: {broken.stdout}")
    broken = run("node", "build.js", place / "broken", env=dict(env, CC="no-such-compiler"), may_fail=True)
    if broken.returncode == 0 or "no-such-compiler is not installed" not in broken.stdout:
        fail(f"without a compiler, build.js ended with {broken.returncode}: {broken.stdout}")


def types(env, place):
    """tsc accepts a program that uses the types, and refuses wrong uses."""
    folder = place / "types"
    if not (folder / "node_modules/.bin/tsc").exists() or not (folder / "node_modules/@types/node").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        done = run(*NPM, "--ignore-scripts", "--fetch-retries=1", "--cache", place / "cache", *TYPESCRIPT, env=env,
                   cwd=folder, may_fail=True)
        if done.returncode != 0 and OFFLINE.search(done.stdout):
            shutil.rmtree(folder)
            skip(f"typescript cannot be fetched from the npm registry: {OFFLINE.search(done.stdout).group()}")
        if done.returncode != 0:
            fail(done.stdout)
    link = folder / "node_modules/joinmem"
    link.unlink(missing_ok=True)
    link.symlink_to(HERE)
    shutil.copy(HERE / "test/types.mts", folder / "types.mts")
    shutil.copy(HERE / "test/types.mts", folder / "types.cts")
    run("node_modules/.bin/tsc", "--strict", "--noEmit", "--target", "es2022", "--module", "node16", "--types", "node",
        "--moduleResolution", "node16", "types.mts", "types.cts", env=env, cwd=folder)


def prepared(build, cc, cxx):
    """The folder of this binding in the build, and the environment in which it finds the installed library."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            skip(f"{program} is not installed: scripts/setup node")
    build = pathlib.Path(build).resolve()
    place = build / "bindings/node"
    place.mkdir(parents=True, exist_ok=True)
    prefix = installed.prepared(build, shlex.split(cc), shlex.split(cxx))
    return place, dict(prefix.environment, CC=cc, JOINMEM_FFI_H=prefix.header, HOME=str(place))


def main(build, cc, cxx, what):
    place, env = prepared(build, cc, cxx)
    with installed.locked(place / "lock"):
        {"tests": tests, "package": package, "types": types}[what](env, place)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    main(*sys.argv[1:])
