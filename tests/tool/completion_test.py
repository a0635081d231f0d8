#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Completion in bash and zsh: completion_test.py TOOL FOLDER LIBRARY"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import world

TOOL = FOLDER = LIBRARY = None


def bash(*words, command="joinmem", path=None, **more):
    """What bash offers for the last of these words; the tool is found by PATH."""
    script = f"""
        source {FOLDER}/joinmem.bash
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _joinmem
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = path or os.path.dirname(os.path.abspath(TOOL.path)) + ":" + os.environ["PATH"]
    run = subprocess.run(["bash", "--norc", "-c", script, "bash", command, *words], capture_output=True, text=True, check=True,
                         env={**os.environ, "PATH": path}, **more)
    return run.stdout.split()


def zsh(line, path=None, cwd="."):
    """The line that an interactive zsh makes of this line and a tab."""
    path = path or os.path.dirname(os.path.abspath(TOOL.path)) + ":" + os.environ["PATH"]
    terminal = world.Terminal("zsh", "-f", environment={"TERM": "dumb", "PS1": "> "})
    terminal.press(f"PROMPT='a''sks '; unsetopt zle_bracketed_paste; cd {cwd}; PATH='{path}'; fpath=({FOLDER} $fpath); "
                   "autoload -Uz compinit; compinit -u -D; setopt no_beep; echo rea''dy\n")
    terminal.until("ready")
    terminal.until("asks ")  # the line editor reads keys from now on
    terminal.press(line + "\t")
    terminal.press("\x15echo en''d\n")  # the line is not run
    terminal.until("end")
    terminal.press("exit\n")
    terminal.finish()
    return terminal.seen.split("ready")[-1]


class Completion(unittest.TestCase):
    def setUp(self):
        for name in os.listdir("/dev/shm"):  # this process's own: no test sees the names of another
            os.unlink("/dev/shm/" + name)

    def test_bash_completes_subcommands_options_names_and_values(self):
        self.assertIn("stat", bash("st"))
        self.assertEqual(bash("gc", "--dry"), ["--dry-run"])
        self.assertEqual(bash("bench", "--hist"), ["--histogram"])
        self.assertEqual(set(bash("rm", "-")) & {"-f", "--force", "--unused"}, {"-f", "--force", "--unused"})
        handles = [LIBRARY.queue("ticks"), LIBRARY.queue("tacks")]
        self.assertEqual(bash("stat", "ti"), ["ticks"])
        self.assertEqual(sorted(bash("rm", "t")), ["tacks", "ticks"])
        LIBRARY.close(*handles)
        self.assertEqual(bash("ls", "x"), [])

    def test_segment_name_is_not_executed(self):
        name = "$(touch${IFS}hurt)"
        LIBRARY.close(LIBRARY.memory(name))
        self.assertEqual(bash("stat", "$"), [r"\$\(touch\$\{IFS\}hurt\)"])
        self.assertEqual(bash("stat", ""), [r"\$\(touch\$\{IFS\}hurt\)"])
        self.assertFalse(os.path.exists("hurt"))
        os.unlink("/dev/shm/" + name)

    def test_file_in_current_directory_is_not_executed(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/joinmem", "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\ntouch {folder}/mark\n")
            os.chmod(folder + "/joinmem", 0o755)
            for command in ("joinmem", "./joinmem", folder + "/joinmem"):
                for path in (os.environ["PATH"], ".:" + os.environ["PATH"], ":" + os.environ["PATH"]):
                    self.assertEqual(bash("st", command=command, path=path, cwd=folder), [])
                    if path.startswith(".") and shutil.which("zsh") is not None:
                        zsh(f"{command} doc", path=path, cwd=folder)
                    self.assertFalse(os.path.exists(folder + "/mark"), (command, path))
            self.assertIn("stat", bash("st", command="./joinmem", cwd=folder))

    def test_every_subcommand_and_option_is_offered(self):
        commands = bash("")
        self.assertGreaterEqual(set(commands), {"ls", "stat", "top", "rm", "gc", "push", "pop", "bench", "doctor"})
        for command in [word for word in commands if not word.startswith("-")]:
            self.assertIn("--help", bash(command, "--h"), command)

    def test_zsh_completes_subcommands_options_and_names(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        handle = LIBRARY.queue("ticks")
        self.assertIn("joinmem doctor", zsh("joinmem doc"))
        self.assertIn("joinmem gc --dry-run", zsh("joinmem gc --dry"))
        self.assertIn("joinmem stat ticks", zsh("joinmem stat ti"))
        LIBRARY.close(handle)


def main():
    global TOOL, FOLDER, LIBRARY
    world.own_shm()
    tool, FOLDER, library = sys.argv[1:4]
    TOOL, LIBRARY = world.Tool(tool), world.Library(library)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=1)


main()
