# SPDX-License-Identifier: MIT
"""C++: player.cpp, built by meson."""
from languages import built_by_meson


def player(place):
    return built_by_meson(place, "player-cpp")
