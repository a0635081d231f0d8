#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Projects in CMake find and use an installation that was moved: find_package_test.py ROOT BUILD VERSION

The installation is that of the build directory. If the build has no static library, one is made from its objects.
"""

import os
import pathlib
import re
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests/check"))
from planted import need, output, run, scratch, skip, verdict  # noqa: E402  the path comes first

CONFIG, VERSION_FILE = "joinmem-config.cmake", "joinmem-config-version.cmake"
ENVIRONMENT = {key: value for key, value in os.environ.items()
               if key not in ("LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH", "joinmem_DIR", "DESTDIR")}


class Tree:
    """An installed tree: its prefix, and the folder of its CMake files."""

    def __init__(self, prefix):
        self.prefix = prefix
        found = list(prefix.rglob(CONFIG))
        if len(found) != 1:
            sys.exit(f"{len(found)} {CONFIG} in {prefix}")
        self.folder = found[0].parent
        self.libraries = self.folder.parents[1]

    def copy(self, prefix):
        """A copy that shares its files: write () and unlink () leave those of the original alone."""
        shutil.copytree(self.prefix, prefix, symlinks=True, copy_function=os.link)
        return Tree(prefix)

    def write(self, name, text):
        path = self.folder / name
        path.unlink()
        path.write_text(text, encoding="utf-8")

    def change(self, name, *replacements):
        """Changes an installed file; each replacement must change something."""
        text = (self.folder / name).read_text(encoding="utf-8")
        for before, after in replacements:
            if before not in text:
                sys.exit(f"{name} has no {before!r} to change")
            text = text.replace(before, after)
        self.write(name, text)
        return self


def install(build, place):
    """The installation of the build, moved away from where it was installed, with both libraries."""
    output("meson", "install", "--no-rebuild", "--quiet", "--tags", "devel,runtime", "-C", build, "--destdir",
           place / "first", env=ENVIRONMENT)
    headers = list((place / "first").rglob("joinmem.h"))
    shutil.move(headers[0].parents[1], place / "moved")
    shutil.rmtree(place / "first")
    tree = Tree(place / "moved")
    if not list(tree.libraries.glob("libjoinmem.so.*")):
        skip("this build has no shared library")
    if not (tree.libraries / "libjoinmem.a").exists():
        objects = sorted(build.glob("src/libjoinmem.so.*.p/*.o"))
        output("ar", "rcs", tree.libraries / "libjoinmem.a", *objects)
    return tree


def with_plain_libdir(root, tree, place):
    """The same installation with lib/ in place of lib/x86_64-linux-gnu/, as meson configures it."""
    output("meson", "setup", place / "plain-build", root, "--libdir=lib", "-Dtests=disabled", "-Dexamples=disabled",
           "-Dtools=disabled", "-Ddocs=disabled", env=ENVIRONMENT)
    prefix = place / "plain"
    shutil.copytree(tree.prefix / "include", prefix / "include")
    (prefix / "lib/cmake/joinmem").mkdir(parents=True)
    for library in tree.libraries.glob("libjoinmem*"):
        shutil.copy2(library, prefix / "lib", follow_symlinks=False)
    for name in (CONFIG, VERSION_FILE):
        shutil.copy2(place / "plain-build/packaging/cmake" / name, prefix / "lib/cmake/joinmem")
    return Tree(prefix)


def plain(text):
    """CMake's messages without its line breaks."""
    return " ".join(text.split())


class Test:
    def __init__(self, root, place, version):
        self.root, self.place, self.version = root, place, version
        self.major, self.minor, self.patch = map(int, version.split("."))
        self.series = f"{self.major}.{self.minor}"
        self.builds = 0

    def configure(self, prefix, *definitions, source="consumer"):
        self.builds += 1
        build = self.place / f"build{self.builds}"
        done = run("cmake", "-S", HERE / source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
                   f"-DPROGRAMS={self.root}/tests/check/consumer", *(f"-D{text}" for text in definitions),
                   env=ENVIRONMENT)
        return build, done

    def refused(self, words, prefix, *definitions):
        """Complains unless cmake fails and its message has these words."""
        _, done = self.configure(prefix, *definitions)
        text = plain(done.stdout + done.stderr)
        if done.returncode == 0:
            return [f"{' '.join(definitions)}: accepted, but should fail with: {words}"]
        return [] if words in text else [f"{' '.join(definitions)}: {text[-900:]}\nshould have: {words}"]

    def accepted(self, prefix, *definitions):
        _, done = self.configure(prefix, *definitions)
        return [] if done.returncode == 0 else [f"{' '.join(definitions)}: refused: {plain(done.stderr)[-900:]}"]

    def programs(self, count, prefix, *definitions, source="consumer", shared=True):
        """Builds this number of programs and runs them. shared: whether joinmem::joinmem is the shared library."""
        build, done = self.configure(prefix, *definitions, source=source)
        if done.returncode == 0:
            done = run("cmake", "--build", build, env=ENVIRONMENT)
        name = f"{source} {' '.join(definitions)}"
        if done.returncode != 0:
            return [f"{name}: {(done.stdout + done.stderr)[-1500:]}"]
        found = [path for path in build.rglob("c*-*")
                 if re.fullmatch(r"(c|cpp)-(joinmem|static)", path.name) and path.is_file()]
        complaints = [] if len(found) == count else [f"{name}: {len(found)} programs, not {count}"]
        for program in found:
            done = run(program, env=ENVIRONMENT)
            if done.returncode != 0 or not done.stdout:
                complaints.append(f"{name}: {program.name} ended with {done.returncode}: {done.stderr[-600:]}")
            needs = "libjoinmem.so" in output("readelf", "-d", program)
            if needs != (shared and program.name.endswith("-joinmem")):
                complaints.append(f"{name}: {program.name} {'needs' if needs else 'does not need'} the shared library")
        return complaints

    def versions(self, prefix):
        """Which versions can be requested. A project without a language is enough, and fast."""
        major, minor, patch = self.major, self.minor, self.patch
        fits = ["", self.series, self.version, f"{self.version};EXACT", f"{self.series}...{major}.{minor + 1}",
                f"0...<{major + 1}", f"{self.version}...{self.version}"]
        fails = [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}", str(major + 1),
                 f"{major}.{minor + 1}...{major + 1}", f"0...<{self.series}"]
        (fits if patch == 0 else fails).append(f"{self.series};EXACT")
        if minor > 0:
            (fails if major == 0 else fits).append(f"{major}.{minor - 1}")
        complaints = []
        for wanted in fits:
            complaints += self.accepted(prefix, "LANGUAGES=NONE", f"WANTED={wanted}")
        for wanted in fails:
            version = wanted.partition(";")[0]
            kind = "version range" if "..." in version else "version"
            for words in (f'requested {kind} "{version}"', f"{CONFIG}, version: {self.version}"):
                complaints += self.refused(words, prefix, "LANGUAGES=NONE", f"WANTED={wanted}")
        return complaints

    def later_version(self, tree):
        """From 1.0 on a program may request each earlier minor version."""
        text = (HERE / f"{VERSION_FILE}.in").read_text(encoding="utf-8")
        for key, value in {"VERSION": "3.4.1", "MAJOR": "3", "MINOR": "4", "POINTER_SIZE": "8"}.items():
            text = text.replace(f"@{key}@", value)
        later = tree.copy(self.place / "later")
        later.write(VERSION_FILE, text)
        complaints = []
        for wanted in ("3", "3.2.9", "3.4.1"):
            complaints += self.accepted(later.prefix, "LANGUAGES=NONE", f"WANTED={wanted}")
        for wanted in ("2.4", "3.5", "3.4.2", "4"):
            complaints += self.refused("version: 3.4.1", later.prefix, "LANGUAGES=NONE", f"WANTED={wanted}")
        return complaints

    def parts(self, tree):
        """Installations with one library, without libnuma, and incomplete ones."""
        shared = tree.copy(self.place / "shared")
        (shared.libraries / "libjoinmem.a").unlink()
        complaints = self.programs(1, shared.prefix, "LANGUAGES=CXX", "LIBRARIES=joinmem")
        complaints += self.refused("libjoinmem.a is not in", shared.prefix, "WANTED=COMPONENTS;static")
        static = tree.copy(self.place / "static")
        for library in static.libraries.glob("libjoinmem.so*"):
            library.unlink()
        complaints += self.programs(2, static.prefix, "LANGUAGES=C", "WANTED=COMPONENTS;static", shared=False)
        complaints += self.refused("libjoinmem.so.", static.prefix, "WANTED=COMPONENTS;shared")
        complaints += self.refused("joinmem has no component fast", static.prefix, "WANTED=COMPONENTS;fast")
        complaints += self.accepted(static.prefix, "LANGUAGES=C", "LIBRARIES=", "WANTED=OPTIONAL_COMPONENTS;shared")
        if "NAMES numa" in (static.folder / CONFIG).read_text(encoding="utf-8"):
            lost = ("NAMES numa", "NAMES no-such-library")
            static.change(CONFIG, lost)
            complaints += self.refused("libjoinmem.a needs libnuma, which is not installed (Debian: libnuma-dev)",
                                       static.prefix, "LANGUAGES=C")
            both = tree.copy(self.place / "both").change(CONFIG, lost)
            complaints += self.programs(1, both.prefix, "LANGUAGES=C", "LIBRARIES=joinmem")
            complaints += self.refused("joinmem::libnuma-is-not-installed", both.prefix, "LANGUAGES=C")
        (static.libraries / "libjoinmem.a").unlink()
        complaints += self.refused("libjoinmem.a is not in", static.prefix, "LANGUAGES=C")
        (static.prefix / "include/joinmem.h").unlink()
        return complaints + self.refused("joinmem.h is not in", static.prefix, "LANGUAGES=C")

    def linked_folder(self, tree):
        """A prefix whose lib is reached through a link from elsewhere, as /lib is in Debian."""
        other = self.place / f"link{self.builds}"
        other.mkdir()
        first = tree.libraries.relative_to(tree.prefix).parts[0]
        (other / first).symlink_to(tree.prefix / first)
        return self.programs(1, other, "LANGUAGES=CXX", "LIBRARIES=joinmem")

    def check(self, tree, plain_tree):
        complaints = self.programs(4, tree.prefix, f"WANTED={self.series}")
        complaints += self.programs(2, plain_tree.prefix, f"WANTED={self.version}", "LIBRARIES=joinmem")
        complaints += self.programs(2, tree.prefix, "LANGUAGES=C")
        complaints += self.programs(1, tree.prefix, "LANGUAGES=CXX", "LIBRARIES=joinmem", "CMAKE_CXX_STANDARD=14")
        complaints += self.programs(2, tree.prefix, "LIBRARIES=static", "LINK=-static")
        complaints += self.programs(8, plain_tree.prefix, f"WANTED={self.series}", source="superbuild")
        complaints += self.linked_folder(tree)
        complaints += self.versions(plain_tree.prefix)
        complaints += self.later_version(plain_tree)
        return complaints + self.parts(tree)

    def planted(self, tree, plain_tree):
        """Spoils the installed files, one defect at a time."""
        def spoiled(*replacements, name=CONFIG, original=tree):
            self.builds += 1
            return original.copy(self.place / f"spoiled{self.builds}").change(name, *replacements)

        prefix = re.search(r'"\${_joinmem_dir}/[./]*"', (tree.folder / CONFIG).read_text(encoding="utf-8")).group()
        fixed = spoiled((prefix, f'"{self.place}/first"'))
        yield "a prefix that does not follow the file", "joinmem.h is not in", self.programs(4, fixed.prefix)
        link = spoiled(("REALPATH", "ABSOLUTE"))
        yield "a link that is not followed", "joinmem.h is not in", self.linked_folder(link)
        cxx = spoiled(("cxx_std_17", "cxx_std_14"))
        yield "a target that does not require C++17", "error:", self.programs(
            1, cxx.prefix, "LANGUAGES=CXX", "LIBRARIES=joinmem", "CMAKE_CXX_STANDARD=14")
        runtime = spoiled((";-lstdc++", ""))
        yield "static without the C++ library", "undefined reference", self.programs(
            1, runtime.prefix, "LANGUAGES=C", "LIBRARIES=static")
        if "if (ON AND" in (tree.folder / CONFIG).read_text(encoding="utf-8"):
            numa = spoiled(("if (ON AND", "if (OFF AND"))
            yield "static without libnuma", "numa", self.programs(
                1, numa.prefix, "LANGUAGES=C", "LIBRARIES=static")
        newer = spoiled(("PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION\n", "TRUE\n"), name=VERSION_FILE,
                        original=plain_tree)
        yield "a version file that accepts newer requests", "should fail", self.versions(newer.prefix)
        bits = spoiled(("SIZEOF_VOID_P EQUAL 8", "SIZEOF_VOID_P EQUAL 4"), ("8 * 8", "4 * 8"), name=VERSION_FILE)
        yield "a library for 32 bits", "(32bit)", self.programs(1, bits.prefix, "LANGUAGES=C", "LIBRARIES=joinmem")


def main(root, build, version):
    need("cmake", "ninja", "meson", "ar", "readelf")
    root, build = pathlib.Path(root).resolve(), pathlib.Path(build).resolve()
    with scratch() as folder:
        place = pathlib.Path(folder).resolve()
        tree = install(build, place)
        plain_tree = with_plain_libdir(root, tree, place)
        test = Test(root, place, version)
        verdict(test.check(tree, plain_tree), list(test.planted(tree, plain_tree)))


main(*sys.argv[1:])
