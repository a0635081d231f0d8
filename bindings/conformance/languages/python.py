# SPDX-License-Identifier: MIT
"""Python: bindings/python/tests/player.py, with the package as the build folder has it."""
from languages import PYTHON, Missing


def player(place):
    program = place.source("python/tests/player.py")
    package = place.build / "bindings/python/joinmem"
    if not package.exists():
        raise Missing(f"{package} is not built")
    return [PYTHON, program], dict(place.prefix.environment, PYTHONPATH=str(package.parent))
