#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What joinmem doctor reports on this machine, on simulated ones, and under seccomp filters: doctor_test.py JOINMEM"""
import ctypes
import json
import os
import pathlib
import pty
import re
import resource
import subprocess
import sys
import unittest

from doctor_setting import (AS_NOBODY, EPERM, F_OFD_SETLK, FUTEX_WAIT_BITSET, GOOD, KILL, MADV_COLLAPSE,
                            MADV_POPULATE_WRITE, MADV_WIPEONFORK, NUMBERS, STATUS, UNKNOWN, WITH_CALLS, bare_root,
                            forbid, need_root, scratch, skip, tree)

JOINMEM = ""
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/man/joinmem-doctor.1"


def run(*options, before=(), **more):
    more.setdefault("timeout", 30)  # a watchdog
    return subprocess.run([*before, JOINMEM, "doctor", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **more)


class DoctorTest(unittest.TestCase):
    def report(self, *options, **more):
        """The JSON document, and its checks by id; asserts that the exit status agrees."""
        done = run("--json", *options, **more)
        self.assertEqual(done.stderr, "")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, STATUS[document["verdict"]], document)
        return document, {check["id"]: check for check in document["checks"]}

    def machine(self, changes):
        with scratch() as folder:
            return self.report("--root", tree(folder, changes))

    def expect(self, check, verdict, word, changes):
        """On the good machine with these changes, this check alone is not fine, and its finding has the word."""
        document, checks = self.machine(changes)
        bad = {name: one["verdict"] for name, one in checks.items() if one["verdict"] not in ("fine", "unknown")}
        self.assertEqual(bad, {check: verdict})
        self.assertIn(word, checks[check]["found"])
        self.assertTrue(checks[check]["consequence"] and checks[check]["fix"], checks[check])
        self.assertEqual(document["verdict"], verdict)


class Report(DoctorTest):
    def test_json(self):
        """the JSON document has each check once, with all members; its verdict is the worst of all checks"""
        document, checks = self.report()
        self.assertEqual(list(document), ["joinmem", "root", "verdict", "checks"])
        self.assertIsNone(document["root"])
        self.assertEqual(len(checks), len(document["checks"]))
        self.assertLessEqual(WITH_CALLS, checks.keys())
        rank = ["fine", "worse", "missing"]
        known = [check["verdict"] for check in document["checks"] if check["verdict"] != "unknown"]
        self.assertEqual(document["verdict"], max(known, key=rank.index))
        for check in document["checks"]:
            self.assertEqual(list(check), ["id", "section", "title", "verdict", "found", "consequence", "fix"])
            self.assertTrue(check["found"] and check["title"], check)
            bad = check["verdict"] in ("worse", "missing")
            self.assertEqual(bad, check["fix"] is not None, check)

    def test_text(self):
        """the text and the JSON document agree on each check"""
        with scratch() as folder:
            document, _ = self.report("--root", tree(folder, {"sys/kernel/mm/transparent_hugepage/enabled": "always [never]\n"}))
            done = run("--all", "--root", folder)
        words = " ".join(done.stdout.split())
        self.assertEqual(done.returncode, STATUS[document["verdict"]])
        for check in document["checks"]:
            self.assertIn(f"{check['verdict']} {check['id']} {check['found']}", words)
            self.assertIn(check["consequence"], words)
            self.assertIn(check["fix"] or "", words)
        self.assertTrue(done.stdout.endswith("worse: thp-enabled\n"))

    def test_brief(self):
        """checks that are fine are omitted without --all, and counted"""
        with scratch() as folder:
            tree(folder, {"sys/kernel/mm/transparent_hugepage/shmem_enabled": "always [deny]\n"})
            lines, usual = (run(*option, "--root", folder).stdout.splitlines() for option in (["--brief"], []))
        self.assertEqual([line.split()[:2] for line in lines if line.startswith("  w")], [["worse", "thp-shmem"]])
        self.assertRegex(lines[-2], r": worse \(\d+ fine, \d+ unknown, 1 worse, 0 missing\)$")
        self.assertEqual(usual, [*lines, "--all also shows the checks that are fine or unknown"])

    def test_page(self):
        """the man page lists exactly the checks, and their sections in order"""
        page = PAGE.read_text(encoding="utf-8")
        page = page[page.index(".Ss Machine"):page.index(".Ss JSON")]
        document, _ = self.report()
        self.assertEqual(sorted(re.findall(r"^\.It Li (\S+)$", page, re.M)),
                         sorted(check["id"] for check in document["checks"]))
        self.assertEqual(re.findall(r"^\.Ss (.*)$", page, re.M),
                         list(dict.fromkeys(check["section"] for check in document["checks"])))

    def test_help(self):
        """the help ends with an example and does not mention --root"""
        text = run("--help").stdout
        self.assertRegex(text, r"Example: joinmem doctor[^\n]*\n*\Z")
        self.assertNotIn("--root", text)

    def test_wrong_root(self):
        """a --root that does not exist is an error of status 4, without a verdict"""
        done = run("--root", "/proc/self/nothing")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("/proc/self/nothing", done.stderr)

    def test_full_disk(self):
        """a report that cannot be written is a failure"""
        with scratch() as folder, open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([JOINMEM, "doctor", "--root", tree(folder, {})], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, 1)

    def on_terminal(self, **environment):
        ours, theirs = pty.openpty()
        with scratch() as folder:
            subprocess.run([JOINMEM, "doctor", "--brief", "--root", tree(folder, {})], stdout=theirs, check=True,
                           env={"PATH": "/usr/bin:/bin", "TERM": "xterm", **environment})
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            return terminal.read(65536).decode()

    def test_colours(self):
        """output is coloured on a terminal without NO_COLOR, never in a pipe"""
        self.assertIn("\033[", self.on_terminal())
        self.assertNotIn("\033[", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\033[", self.on_terminal(TERM="dumb"))
        self.assertNotIn("\033", run().stdout)


class MadeUp(DoctorTest):
    def test_good(self):
        """a machine that lacks nothing is fine; checks that need system calls are unknown, and say why"""
        document, checks = self.machine({})
        self.assertEqual(document["verdict"], "fine")
        unknown = {name for name, check in checks.items() if check["verdict"] == "unknown"}
        self.assertEqual(unknown, WITH_CALLS)
        for name in unknown:
            self.assertIn("--root", checks[name]["found"])

    def test_empty(self):
        """in an empty directory the missing /proc and /sys are worse, all else is unknown"""
        _, checks = self.machine({path: None for path in GOOD})
        bad = {name: check["verdict"] for name, check in checks.items() if check["verdict"] in ("worse", "missing")}
        self.assertEqual({"proc": "worse", "sys": "worse"}, {name: bad.get(name) for name in ("proc", "sys")})
        self.assertLessEqual(bad.keys(), {"proc", "sys"})

    def test_settings(self):
        """each setting that restricts transparent huge pages is worse, with the command that fixes it"""
        folder = "sys/kernel/mm/transparent_hugepage/"
        self.expect("thp-enabled", "worse", "never", {folder + "enabled": "always madvise [never]\n"})
        self.expect("thp-defrag", "worse", "never", {folder + "defrag": "always madvise [never]\n"})
        self.expect("thp-shmem", "worse", "deny", {folder + "shmem_enabled": "always never [deny]\n"})
        status = GOOD["proc/self/status"]
        self.expect("thp-process", "worse", "PR_SET_THP_DISABLE",
                    {"proc/self/status": status.replace("THP_enabled:\t1", "THP_enabled:\t0")})

    def test_kernel(self):
        """a kernel without MADV_COLLAPSE is worse, one without open file description locks is missing"""
        pool = {"sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "8\n"}
        self.expect("kernel", "worse", "5.10", {"proc/sys/kernel/osrelease": "5.10.0-28-amd64\n", **pool})
        self.expect("kernel", "missing", "3.10", {"proc/sys/kernel/osrelease": "3.10.0-1160.el7.x86_64\n", **pool})

    def test_pool(self):
        """an empty pool is fine if transparent huge pages work, else worse; pages of 1 GiB need a mount"""
        _, checks = self.machine({})
        self.assertEqual(checks["pool"]["verdict"], "fine")
        _, checks = self.machine({"proc/sys/kernel/osrelease": "5.10.0\n"})
        self.assertEqual(checks["pool"]["verdict"], "worse")
        folder = "sys/kernel/mm/hugepages/hugepages-1048576kB/"
        gigantic = {folder + "nr_hugepages": "2\n", folder + "free_hugepages": "1\n"}
        self.expect("hugetlbfs", "worse", "none", gigantic)
        mounts = GOOD["proc/self/mountinfo"]
        mounts += "40 20 0:30 / /mnt/huge\\040pages rw - hugetlbfs none rw,pagesize=1024M\n"
        gigantic["proc/self/mountinfo"] = mounts
        _, checks = self.machine(gigantic)
        self.assertEqual(checks["hugetlbfs"]["verdict"], "fine")
        self.assertIn("/mnt/huge pages of 1 GiB", checks["hugetlbfs"]["found"])

    def shm(self, line):
        return {"proc/self/mountinfo": "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + line}

    def test_shm(self):
        """a /dev/shm that is small or on a disk is worse; one that is absent, full or read-only is missing"""
        tmpfs = "25 20 0:23 / /dev/shm rw - tmpfs tmpfs "
        self.expect("shm-size", "worse", "64 MiB", self.shm(tmpfs + "rw,size=65536k\n"))
        self.expect("shm-size", "missing", "4 KiB", self.shm(tmpfs + "rw,size=4k\n"))
        self.expect("shm", "missing", "does not exist", self.shm(""))
        self.expect("shm", "missing", "read-only", self.shm("25 20 0:23 / /dev/shm ro - tmpfs tmpfs rw,size=1g\n"))
        self.expect("shm", "worse", "ext4", {**self.shm(""), "dev/shm/.keep": ""})

    def test_limits(self):
        """limits below what the machine has are worse, limits that leave nothing are missing"""
        limits = GOOD["proc/self/limits"]

        def limit(name, value):
            lines = [f"{name:<26}{value:<21}{'unlimited':<21}bytes" if line.startswith(name) else line
                     for line in limits.splitlines()]
            return {"proc/self/limits": "\n".join(lines) + "\n"}

        self.expect("memlock", "worse", "8 MiB", limit("Max locked memory", 8 << 20))
        self.expect("memlock", "missing", "0", limit("Max locked memory", 0))
        self.expect("nofile", "worse", "20", limit("Max open files", 20))
        self.expect("address-space", "worse", "1 GiB", limit("Max address space", 1 << 30))
        self.expect("data-size", "worse", "1 GiB", limit("Max data size", 1 << 30))
        self.expect("file-size", "worse", "1 MiB", limit("Max file size", 1 << 20))
        self.expect("file-size", "missing", "0", limit("Max file size", 0))

    def test_groups(self):
        """the cgroup that leaves the least memory is named, v1 and v2, its own or a parent"""
        box = "sys/fs/cgroup/user.slice/"
        both = {box + "memory.max": f"{64 << 20}\n", box + "memory.current": f"{48 << 20}\n",
                box + "memory.stat": f"inactive_file {16 << 20}\n", box + "box/memory.max": f"{48 << 20}\n"}
        self.expect("cgroup-memory", "worse", "/sys/fs/cgroup/user.slice leaves 32 MiB of 64 MiB", both)
        self.expect("cgroup-memory", "worse", "/sys/fs/cgroup/user.slice/box leaves 16 MiB of 48 MiB",
                    {**both, box + "box/memory.current": f"{32 << 20}\n"})
        old = {"proc/self/cgroup": "4:memory:/docker/box\n0::/\n",
               "proc/self/mountinfo": GOOD["proc/self/mountinfo"]
               + "35 20 0:32 /docker/box /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
               "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{1 << 30}\n",
               "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{1000 << 20}\n"}
        self.expect("cgroup-memory", "worse", "/sys/fs/cgroup/memory leaves 24 MiB of 1 GiB", old)
        self.expect("cgroup-hugetlb", "worse", "leaves 0 bytes of 2 MiB pages",
                    {"sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "8\n",
                     box + "box/hugetlb.2MB.max": "0\n"})

    def test_surroundings(self):
        """containers, virtual machines and filters are reported; only a host that takes CPU time is worse"""
        status = GOOD["proc/self/status"].replace("Seccomp:\t0", "Seccomp:\t2")
        _, checks = self.machine({".dockerenv": "", "proc/1/cgroup": "0::/kubepods/pod1\n", "proc/self/status": status,
                                  "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor\n"})
        self.assertIn("/.dockerenv, /proc/1/cgroup contains kubepods", checks["container"]["found"])
        self.assertIn("mode 2", checks["seccomp"]["found"])
        self.assertIn("hypervisor", checks["virtual-machine"]["found"])
        self.assertEqual({checks[name]["verdict"] for name in ("container", "seccomp", "virtual-machine")}, {"fine"})
        self.expect("virtual-machine", "worse", "10.0 %", {"proc/stat": "cpu  100 0 100 700 0 0 0 100 0 0\n"})

    def test_hostile(self):
        """a tree with FIFOs, directories, endless lines and control characters does not hang the report"""
        with scratch() as folder:
            tree(folder, {"proc/meminfo": None, "proc/stat": "cpu " + "9" * 3000000, "proc/self/limits": None,
                          "proc/self/mountinfo": "1 2\n - - -\n25 20 0:23 / /dev/shm rw - tmpfs\n"
                                                 "26 20 0:9 / /dev/shm rw - \033[31mfs x rw\n",
                          "proc/sys/kernel/osrelease": "a\033[2Jb\n"})
            os.mkfifo(os.path.join(folder, "proc/meminfo"))
            os.mkdir(os.path.join(folder, "proc/self/limits"))
            done = run("--all", "--root", folder)
            self.report("--root", folder)
        self.assertIn(r"\x1b[31mfs", done.stdout)
        self.assertNotIn("\033", done.stdout)


class Refused(DoctorTest):
    def setUp(self):
        if not NUMBERS:
            skip(self, "the numbers of system calls are not known for this processor")

    def under(self, *calls, answer=EPERM):
        result = self.report(preexec_fn=forbid(*calls, answer=answer))
        self.assertEqual(result[1]["seccomp"]["found"][:6], "mode 2")
        return result

    def test_weaker(self):
        """a filter that refuses what the library can do without is worse, and affects nothing else"""
        _, checks = self.under("membarrier", "mbind", "move_pages", "futex_waitv", "io_uring_setup", "eventfd2",
                               ("madvise", 2, MADV_COLLAPSE))
        self.assertRegex(checks["futex-waitv"]["consequence"] + checks["eventfd"]["consequence"], "millisecond.*a pipe")
        for name in ("membarrier", "mbind", "move-pages", "huge-private", "futex-waitv", "io-uring", "eventfd"):
            self.assertEqual(checks[name]["verdict"], "worse", checks[name])
        self.assertIn("Operation not permitted", checks["membarrier"]["found"])
        for name in ("futex", "locks", "populate", "fork-advice"):
            self.assertEqual(checks[name]["verdict"], "fine", checks[name])
        _, checks = self.under("move_pages")
        if "libnuma" not in checks["mbind"]["found"]:
            self.assertIn("cannot be read", checks["mbind"]["found"])

    def test_populate(self):
        """an unknown MADV_POPULATE_WRITE is worse; a refused one that prevents all memory is missing"""
        _, checks = self.under(("madvise", 2, MADV_POPULATE_WRITE), answer=UNKNOWN)
        self.assertEqual(checks["populate"]["verdict"], "worse", checks["populate"])
        self.assertIn("SIGBUS", checks["populate"]["consequence"])
        _, checks = self.under(("madvise", 2, MADV_POPULATE_WRITE))
        refused = "No memory can be created" in checks["populate"]["consequence"]
        self.assertEqual(checks["populate"]["verdict"], "missing" if refused else "worse", checks["populate"])

    def test_missing(self):
        """a filter that refuses locks, names, sleeping, descriptors or fork advice is missing: status 2"""
        document, checks = self.under(("futex", 1, FUTEX_WAIT_BITSET), "linkat", ("fcntl", 1, F_OFD_SETLK),
                                      ("madvise", 2, MADV_WIPEONFORK), "eventfd2", "pipe2")
        self.assertEqual(document["verdict"], "missing")
        for name in ("futex", "locks", "fork-advice", "eventfd"):
            self.assertEqual(checks[name]["verdict"], "missing", checks[name])
        if checks["tmpfile"]["verdict"] == "fine":
            self.assertEqual(checks["linkat"]["verdict"], "missing", checks["linkat"])

    def test_killed(self):
        """a filter that kills is reported, and does not kill the doctor"""
        document, checks = self.under("membarrier", ("futex", 1, FUTEX_WAIT_BITSET), "mbind", ("fcntl", 1, F_OFD_SETLK),
                                      "futex_waitv", "io_uring_setup", "eventfd2", answer=KILL)
        self.assertEqual(document["verdict"], "missing")
        for name in ("membarrier", "futex", "mbind", "locks", "futex-waitv", "io-uring", "eventfd"):
            self.assertIn("SIGSYS", checks[name]["found"])
            self.assertEqual(checks[name]["verdict"], "missing")

    def test_no_further_process(self):
        """if no further process may be started, the doctor tries the same calls itself"""
        _, ours = self.report()
        _, theirs = self.under("clone", "clone3")
        self.assertEqual({name: ours[name]["verdict"] for name in WITH_CALLS},
                         {name: theirs[name]["verdict"] for name in WITH_CALLS})

    def test_thp_disabled(self):
        """transparent huge pages that are switched off for the process are reported"""
        prctl = ctypes.CDLL(None).prctl
        _, checks = self.report(preexec_fn=lambda: prctl(41, 1, 0, 0, 0))
        self.assertEqual(checks["thp-process"]["verdict"], "worse")
        if checks["huge-private"]["verdict"] != "unknown":
            self.assertEqual(checks["huge-private"]["verdict"], "worse")
            self.assertIn("thp-process", checks["huge-private"]["fix"])


class Machine(DoctorTest):
    def test_limits(self):
        """limits of a user are reported; a file size limit below a huge page does not kill the doctor"""
        def lower():
            for limit, value in ((resource.RLIMIT_MEMLOCK, 65536), (resource.RLIMIT_FSIZE, 65536),
                                 (resource.RLIMIT_NOFILE, 30)):
                resource.setrlimit(limit, (value, value))

        before = AS_NOBODY if os.geteuid() == 0 else []
        _, checks = self.report(before=before, preexec_fn=lower)
        self.assertEqual(checks["memlock"]["verdict"], "worse")
        self.assertIn("64 KiB", checks["memlock"]["found"])
        self.assertIn("prlimit", checks["memlock"]["fix"])
        self.assertEqual((checks["file-size"]["verdict"], checks["nofile"]["verdict"]), ("worse", "worse"))

    def test_nobody(self):
        """the user nobody gets the same verdicts as root, except where root has privileges"""
        if os.geteuid() != 0:
            skip(self, "needs root, to become nobody")
        _, ours = self.report()
        _, theirs = self.report(before=AS_NOBODY)
        different = {name for name in ours if ours[name]["verdict"] != theirs[name]["verdict"]}
        self.assertLessEqual(different, {"memlock", "hugetlbfs"})

    def test_nothing_left(self):
        """the doctor leaves nothing in /dev/shm, by name or by size"""
        need_root(self)
        script = ('mount -t tmpfs -o size=100m none /dev/shm && "$0" doctor --json; ls -A /dev/shm >&2; '
                  'df --output=used /dev/shm | tail -1 >&2')
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, JOINMEM], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.stderr.split(), ["0"])
        checks = {check["id"]: check for check in json.loads(done.stdout)["checks"]}
        self.assertEqual((checks["tmpfile"]["verdict"], checks["shm"]["verdict"]), ("fine", "fine"))

    def test_shm_live(self):
        """a /dev/shm that is small, full, read-only, not sticky or not a tmpfs is reported on the real machine"""
        need_root(self)
        for options, after, expected in (
                ("-t tmpfs -o size=1m", "true", ("shm-size", "worse", "1 MiB")),
                ("-t tmpfs -o size=1m", "head -c 1m /dev/zero > /dev/shm/a", ("shm-size", "missing", "0 bytes free")),
                ("-t tmpfs -o ro", "true", ("shm", "missing", "read-only")),
                ("-t tmpfs -o mode=777", "true", ("shm", "worse", "sticky")),
                ("-t ramfs", "true", ("shm", "worse", "ramfs"))):
            script = f'mount {options} none /dev/shm && {after} && exec "$0" doctor --json'
            _, checks = self.report(before=["unshare", "-m", "sh", "-c", script])
            check = checks[expected[0]]
            self.assertEqual(check["verdict"], expected[1], check)
            self.assertIn(expected[2], check["found"])

    def test_without_proc(self):
        """without /proc, /sys and /dev/shm there is still a report, with status 2"""
        need_root(self)
        with scratch() as folder:
            paths = bare_root(folder, JOINMEM)

            def enter():
                os.chroot(folder)
                os.chdir("/")

            done = subprocess.run(["/joinmem", "doctor", "--json"], preexec_fn=enter, capture_output=True, text=True,
                                  check=False, env={"LD_LIBRARY_PATH": paths})
        self.assertEqual((done.returncode, done.stderr), (2, ""))
        checks = {check["id"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
        self.assertEqual((checks["proc"], checks["sys"], checks["shm"]), ("worse", "worse", "missing"))
        self.assertEqual((checks["locks"], checks["futex"]), ("fine", "fine"))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    JOINMEM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
