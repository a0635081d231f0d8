#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Completion in bash and zsh: completion_test.py TOOL FOLDER LIBRARY"""

import os
import shutil
import subprocess
import sys
import unittest

import world

TOOL = FOLDER = LIBRARY = None


def bash(*words):
    """What bash offers behind these words, the last of which is begun."""
    script = f"""
        source {FOLDER}/joinmem.bash
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _joinmem
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    run = subprocess.run(["bash", "--norc", "-c", script, "bash", TOOL.path, *words], capture_output=True, text=True, check=True)
    return run.stdout.split()


def zsh(line):
    """What an interactive zsh makes of a line and a tab."""
    terminal = world.Terminal("zsh", "-f", environment={"TERM": "dumb", "PS1": "> "})
    terminal.press(f"PROMPT='%# '; unsetopt zle_bracketed_paste; PATH={os.path.dirname(TOOL.path)}:$PATH; fpath=({FOLDER} $fpath); "
                   "autoload -Uz compinit; compinit -u -D; setopt no_beep; echo rea''dy\n")
    terminal.until("ready")
    terminal.press(line + "\t")
    terminal.press("; echo en''d\n")
    terminal.until("end")
    terminal.press("exit\n")
    terminal.finish()
    return terminal.seen.split("ready")[-1]


class Completion(unittest.TestCase):
    def test_bash_completes_subcommands_options_names_and_values(self):
        self.assertIn("stat", bash("st"))
        self.assertEqual(bash("gc", "--dry"), ["--dry-run"])
        self.assertEqual(set(bash("rm", "-")) & {"-f", "--force", "--unused"}, {"-f", "--force", "--unused"})
        handles = [LIBRARY.queue("ticks"), LIBRARY.queue("tacks")]
        self.assertEqual(bash("stat", "ti"), ["ticks"])
        self.assertEqual(sorted(bash("rm", "t")), ["tacks", "ticks"])
        LIBRARY.close(*handles)
        self.assertEqual(bash("ls", "x"), [])

    def test_a_name_is_no_command(self):
        name = "/dev/shm/$(touch${IFS}hurt)"
        with open(name, "wb") as file:
            file.write(b"x")
        os.chmod(name, 0o1644)
        self.assertEqual(bash("stat", "$"), [r"\$\(touch\$\{IFS\}hurt\)"])
        self.assertEqual(bash("stat", ""), [r"\$\(touch\$\{IFS\}hurt\)"])
        self.assertFalse(os.path.exists("hurt"))
        os.unlink(name)

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
