#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem doctor reports which program removes names in /dev/shm, and how they are made: doctor_names_test.py JOINMEM"""
import os
import sys
import unittest

import doctor_test
from doctor_setting import NUMBERS, forbid, skip

CONF = "etc/systemd/logind.conf"
DROP_IN = "etc/systemd/logind.conf.d/ipc.conf"


class Names(doctor_test.DoctorTest):
    def removal(self, user, files=(), systemd=True):
        """The verdict and the finding of the check on a simulated machine."""
        uids = "\t".join([str(user)] * 4)
        machine = {"proc/self/status": f"Name:\tdoctor\nUid:\t{uids}\nSeccomp:\t0\n", **dict(files)}
        if systemd:
            machine["run/systemd/system/.keep"] = ""
        check = self.machine(machine)[1]["remove-ipc"]
        return check["verdict"], check["found"]

    def test_removal(self):
        """systemd removes the names of a user at logout, unless RemoveIPC=no or the user is a system user"""
        self.assertEqual(self.removal(1000), ("worse", "RemoveIPC=yes, and user 1000 is not a system user"))
        self.assertEqual(self.removal(1000, {CONF: "[Login]\n#RemoveIPC=no\n"})[0], "worse")
        self.assertEqual(self.removal(999)[0], "fine")
        self.assertEqual(self.removal(1000, {CONF: "[Login]\nRemoveIPC=no\n"}), ("fine", "RemoveIPC=no"))
        both = {CONF: "[Login]\nRemoveIPC=yes\n", DROP_IN: "[Login]\nRemoveIPC=no\n"}
        self.assertEqual(self.removal(1000, both), ("fine", "RemoveIPC=no"))
        self.assertEqual(self.removal(1000, systemd=False), ("fine", "no systemd"))

    def test_unnamed_refused(self):
        """a filter that refuses files without a name is worse, not missing: segments are made in another way"""
        if not NUMBERS:
            skip(self, "the numbers of system calls are not known for this processor")
        unnamed = ("openat", 2, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC)
        check = self.report(preexec_fn=forbid(unnamed))[1]["tmpfile"]
        self.assertEqual(check["verdict"], "worse", check)
        self.assertIn("security module", check["found"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    doctor_test.JOINMEM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
