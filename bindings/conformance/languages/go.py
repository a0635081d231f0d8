# SPDX-License-Identifier: MIT
"""Go: bindings/go/player, built with the caches of the binding's own tests, and without a network."""
from languages import needed, run


def player(place):
    module = place.source("go/player/main.go").parents[1]
    needed("go")
    home, program = place.build / "bindings/go", place.folder() / "player-go"
    home.mkdir(parents=True, exist_ok=True)
    environment = dict(place.prefix.environment, HOME=str(home), GOPATH=str(home / "path"), GOCACHE=str(home / "cache"),
                       GOFLAGS="-mod=readonly", GOPROXY="off", GOENV="off", GOTOOLCHAIN="local", CGO_ENABLED="1",
                       CC=" ".join(place.cc))
    run("go", "build", "-o", program, "./player", env=environment, cwd=module)
    return [program], environment
