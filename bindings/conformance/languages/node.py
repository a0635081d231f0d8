# SPDX-License-Identifier: MIT
"""Node.js: bindings/node/test/player.js."""
from languages import needed


def player(place):
    program = place.source("node/test/player.js")
    needed("node")
    return ["node", program], dict(place.prefix.environment)
