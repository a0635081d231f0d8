# SPDX-License-Identifier: MIT
"""Rust: an example of the crate joinmem, built by cargo without a network, in the folder of the binding's own tests."""
from languages import needed, run


def player(place):
    crate = place.source("rust/joinmem/examples/player.rs").parents[1]
    needed("cargo", "rustc")
    home = place.build / "bindings/rust"
    environment = dict(place.prefix.environment, CARGO_TARGET_DIR=str(home / "target"), CARGO_HOME=str(home / "home"),
                       CARGO_NET_OFFLINE="true")
    run("cargo", "build", "--quiet", "--offline", "--release", "--example", "player", env=environment, cwd=crate)
    return [home / "target/release/examples/player"], environment
