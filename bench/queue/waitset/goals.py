# SPDX-License-Identifier: MIT
"""The requirements on wait sets, judged from wait-set.json.gz: one line per requirement."""

REFERENCE = "eventfd + epoll"
OURS = ("wait", "descriptor", "awaitElement")
WORDS = 127  # that one thread sleeps on


def rows_of(data):
    rows = {}
    for result in data["results"]:
        rows.setdefault(result["row"], []).append(result)
    return rows


def good(result):
    return result["fault"] is None and result["error"] is None and result["value"] is not None


def figure(result, key):
    return None if result[key] is None else result[key]["median"]


def find(results, contender):
    return next((r for r in results if r["contender"] == contender and good(r)), None)


def half_spread(result, key):
    return (result[key]["q3"] - result[key]["q1"]) / 2


def counted(what, checks, worst_first):
    """checks: (met, ratio or figure, where). Returns one line: the number met, and the three worst misses."""
    if not checks:
        return f"{what}: not measured"
    missed = sorted((check for check in checks if not check[0]), key=lambda check: check[1], reverse=worst_first)
    if not missed:
        worst = (max if worst_first else min)(check[1] for check in checks)
        return f"{what}: **met** in all {len(checks)}; worst: {worst:.2f}"
    worst = "; ".join(f"{value:.2f} ({where})" for _, value, where in missed[:3])
    return f"{what}: **missed** in {len(missed)} of {len(checks)}; worst: {worst}"


def of_shape(data, shape):
    return [(row, results) for row, results in rows_of(data).items() if results[0]["shape"] == shape]


def latency(data, what, contender, sizes, times):
    """At most that many times the reference, beyond the spread of both where it is once."""
    for key, name in (("value", "p50"), ("p99_ns", "p99")):
        checks = []
        for row, results in of_shape(data, "wake"):
            ours, peer = find(results, contender), find(results, REFERENCE)
            if ours and peer and results[0]["queues"] in sizes:
                spread = half_spread(ours, key) + half_spread(peer, key) if times == 1 else 0
                value, beside = figure(ours, key), figure(peer, key)
                checks.append((value <= times * beside + spread, value / beside, row))
        yield counted(what.format(name), checks, True)


def busy(data):
    checks = []
    for row, results in of_shape(data, "busy"):
        for contender in ("wait", "descriptor"):
            ours, poll = find(results, contender), find(results, "poll")
            if ours and poll:
                ratio = figure(ours, "value") / figure(poll, "value")
                checks.append((ratio >= 0.5, ratio, f"{contender}, {row}"))
    return counted("A busy set handles at least 0.5 of the elements of a loop that polls all queues", checks, False)


def idle(data, what, key, most, applies=lambda result: True):
    checks = []
    for row, results in of_shape(data, "idle"):
        for contender in ("wait", "descriptor"):
            ours = find(results, contender)
            if ours and applies(ours):
                value = figure(ours, key)
                checks.append((value <= most(ours), value, f"{contender}, {row}"))
    return counted(what, checks, True)


def goals(data):
    few, many = range(1, WORDS + 1), range(WORDS + 1, 1 << 20)
    yield from latency(data, f"The {{}} of `wait ()`, up to {WORDS} queues, is not above `{REFERENCE}`, beyond the "
                       "spread", "wait", few, 1)
    yield from latency(data, f"The {{}} of `wait ()`, more queues, is at most 4 times `{REFERENCE}`", "wait", many, 4)
    yield from latency(data, f"The {{}} of the descriptor is at most 2.5 times `{REFERENCE}`", "descriptor",
                       range(1 << 20), 2.5)
    yield busy(data)
    yield idle(data, "An idle set wakes at most 20 times a second", "value", lambda result: 20.5)
    yield idle(data, "An idle set of private queues does not wake", "value", lambda result: 0,
               lambda result: not result["processes"])
    yield idle(data, f"A set has at most a helper thread for each {WORDS} queues", "threads",
               lambda result: -(-result["queues"] // WORDS))
    yield idle(data, "A set opens at most 2 descriptors, with that of epoll", "descriptors", lambda result: 2)
