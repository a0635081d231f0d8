# SPDX-License-Identifier: MIT
"""The clients that need a compiler or a package of their own: Rust, Go and Node.js, built in the build directory."""
import re
import shutil
import subprocess
import sys

from installed import HERE, locked, output

OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT")


def skip(message):
    print(f"SKIPPED: {message}")
    sys.exit(77)


def needed(*programs):
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def fresh(made, source):
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def rust(prefix, _place, _cc):
    needed("rustc")
    program, source = prefix.folder / "client-rust", HERE / "client.rs"
    if not fresh(program, source):
        output("rustc", "--edition", "2021", "-O", "-D", "warnings", source, "-o", program, *prefix.pkg_config("--libs"),
               env=prefix.environment)
    return [program]


def go(prefix, place, cc):
    """Builds without the network, and writes no file outside the build directory."""
    needed("go")
    program, source = prefix.folder / "client-go", HERE / "client.go"
    if not fresh(program, source):
        folder = place / "go"
        folder.mkdir(exist_ok=True)
        environment = dict(prefix.environment, HOME=str(folder), GOPATH=str(folder / "path"),
                           GOCACHE=str(folder / "cache"), GOFLAGS="-mod=mod", GOPROXY="off", GOENV="off",
                           GOTOOLCHAIN="local", CGO_ENABLED="1", CC=" ".join(cc))
        output("go", "build", "-o", program, source, env=environment, cwd=HERE)
    return [program]


def node(prefix, place, _cc):
    """koffi contains its binaries: its install script would only search for them."""
    needed("node", "npm")
    folder, wanted = place / "node", HERE / "package.json"
    made = folder / "node_modules/koffi/package.json"
    stamp = folder / "package.json"
    if not made.is_file() or not stamp.is_file() or stamp.read_bytes() != wanted.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        done = subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
                               "--no-update-notifier", "--no-package-lock", "--fetch-retries=1", "--cache",
                               folder / "cache", "--prefix", folder, f"koffi@{pinned(wanted)}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, cwd=folder)
        if done.returncode != 0 and OFFLINE.search(done.stdout):
            skip(f"koffi cannot be fetched from the npm registry: {OFFLINE.search(done.stdout).group()}")
        if done.returncode != 0:
            sys.exit(f"npm install ended with {done.returncode}:\n{done.stdout}")
        shutil.rmtree(folder / "cache", ignore_errors=True)
        shutil.copyfile(wanted, stamp)
    prefix.environment["NODE_PATH"] = str(folder / "node_modules")
    return ["node", HERE / "client.js"]


def pinned(package):
    return re.search(r'"koffi": "([0-9.]+)"', package.read_text(encoding="utf-8")).group(1)


LANGUAGES = {"Rust": rust, "Go": go, "Node.js": node}


def client(language, prefix, build, cc):
    """The command that starts the language; if it is missing here, the test is skipped with the reason."""
    place = build / "tests/ffi"
    with locked(place / f"{language}.lock"):
        return LANGUAGES[language](prefix, place, cc)
