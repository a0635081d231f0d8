# SPDX-License-Identifier: MIT
"""Node.js: bindings/node/test/player.js, with the addon as the binding's own tests build it."""
import installed
from languages import needed, run


def player(place):
    program = place.source("node/test/player.js")
    needed("node")
    folder = place.build / "bindings/node"
    folder.mkdir(parents=True, exist_ok=True)
    environment = dict(place.prefix.environment, CC=" ".join(place.cc))
    with installed.locked(folder / "lock"):
        run("node", "build.js", folder, env=environment, cwd=place.source("node"))
    return ["node", program], dict(environment, JOINMEM_NODE_ADDON=str(folder / "joinmem.node"))
