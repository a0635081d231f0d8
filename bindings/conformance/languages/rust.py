# SPDX-License-Identifier: MIT
"""Rust: an example of the crate joinmem, built by cargo offline."""
from languages import needed, run


def player(place):
    crate = place.source("rust/joinmem/examples/player.rs").parents[1]
    needed("cargo", "rustc")
    target = place.build / "bindings/rust/target"
    environment = dict(place.prefix.environment, CARGO_TARGET_DIR=str(target))
    run("cargo", "build", "--quiet", "--offline", "--release", "--example", "player", env=environment, cwd=crate)
    return [target / "release/examples/player"], environment
