# SPDX-License-Identifier: MIT
"""The examples in the docstrings and in README.md, and that all that is public has a docstring."""
import doctest
import importlib
import inspect
import pathlib
import re
import sys
import unittest

from support import Case, main

import joinmem

MODULES = ["joinmem", *(f"joinmem.{name}" for name in (
    "_aio", "_elements", "_errors", "_looking", "_memory", "_options", "_queue", "_regions", "_reports", "_wait_set"))]
README = pathlib.Path(__file__).resolve().parents[1] / "README.md"


def load_tests(loader, tests, pattern):
    for name in MODULES:
        tests.addTests(doctest.DocTestSuite(importlib.import_module(name)) if has_examples(name)
                       else unittest.TestSuite())
    return tests


def has_examples(name):
    return any(found.examples for found in doctest.DocTestFinder().find(importlib.import_module(name)))


class Readme(Case):
    def blocks(self):
        """The Python programs, by the comment in the line before each."""
        text = README.read_text(encoding="utf-8")
        return dict(re.findall(r"<!-- (\S+) -->\n```python\n(.*?)```", text, re.DOTALL))

    def test_two_processes_run_as_printed(self):
        blocks = self.blocks()
        self.addCleanup(joinmem.unlink, "/example-readme")
        consumer = self.process(blocks["consumer.py"])
        producer = self.process(blocks["producer.py"])
        self.finish(producer)
        self.assertEqual(self.finish(consumer), "got 100.5\ngot 101.25\ngot 99.75\n")
        self.assertNotIn("/example-readme", joinmem.segments())
        self.assertLessEqual(len((blocks["consumer.py"] + blocks["producer.py"]).splitlines()), 12)

    def test_other_programs_run(self):
        blocks = self.blocks()
        for name in set(blocks) - {"producer.py", "consumer.py"}:
            with self.subTest(name):
                if "numpy" in blocks[name] and not importlib.util.find_spec("numpy"):
                    continue
                self.finish(self.process(blocks[name]))

    def test_no_example_is_left(self):
        self.assertEqual([name for name in joinmem.segments() if name.startswith("/example-r")], [])


class Docstrings(Case):
    def test_public_names_have_docstrings(self):
        missing = []
        for name in joinmem.__all__:
            thing = getattr(joinmem, name)
            if not name.startswith("__"):
                missing += [name] if not inspect.getdoc(thing) else []
                for member, value in vars(thing).items() if isinstance(thing, type) else ():
                    if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                        missing += [f"{name}.{member}"] if not inspect.getdoc(value) else []
        self.assertEqual(missing, [])

    def test_everything_public_is_listed(self):
        found = {name for name, value in vars(joinmem).items()
                 if not name.startswith("_") and not inspect.ismodule(value)}
        self.assertEqual(found | {"__version__"}, set(joinmem.__all__))


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    main()
