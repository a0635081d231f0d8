# SPDX-License-Identifier: MIT
"""The requirements on blocking calls, judged from blocking.json.gz: one line per requirement."""

MODES = ("push blocks", "pop blocks", "both block")
OURS = MODES + ("ours",)


def rows_of(data):
    rows = {}
    for result in data["results"]:
        rows.setdefault(result["row"], []).append(result)
    return rows


def good(result):
    return result["fault"] is None and result["error"] is None and result["value"] is not None


def figure(result, key):
    return None if result[key] is None else result[key]["median"]


def half_spread(result, key):
    return (result[key]["q3"] - result[key]["q1"]) / 2


def find(results, contender):
    return next((r for r in results if r["contender"] == contender and good(r)), None)


def reference(results, key):
    """That figure of yield or mutex: the higher throughput, else the lower figure."""
    values = [figure(r, key) for r in results if r["contender"] in ("yield", "mutex") and good(r)]
    values = [value for value in values if value is not None]
    if not values:
        return None
    return max(values) if key == "value" and results[0]["shape"] == "throughput" else min(values)


def counted(what, checks, worst_first):
    """checks: (met, ratio or figure, where). Returns one line: the number met, and the three worst misses."""
    if not checks:
        return f"{what}: not measured"
    missed = sorted((check for check in checks if not check[0]), key=lambda check: check[1], reverse=worst_first)
    if not missed:
        return f"{what}: **met** in all {len(checks)}"
    worst = "; ".join(f"{value:.2f} {where}" for _, value, where in missed[:3])
    return f"{what}: **missed** in {len(missed)} of {len(checks)}; worst: {worst}"


def throughput(rows):
    best, mutex, cpu = [], [], []
    for row, results in rows.items():
        if results[0]["shape"] != "throughput":
            continue
        peer, fair, least = find(results, "mutex"), reference(results, "value"), reference(results, "cpu_ns")
        for mode in MODES:
            ours = find(results, mode)
            if not ours or not fair:
                continue
            where = f"({mode}, {row})"
            value = figure(ours, "value")
            best.append((value >= 0.8 * fair, value / fair, where))
            if peer:
                ratio = value / figure(peer, "value")
                mutex.append((ratio >= 1, ratio, where))
            ratio = figure(ours, "cpu_ns") / least
            cpu.append((ratio <= 1.5, ratio, where))
    yield counted("Each blocking mode is at 0.8 of the better of yield and mutex or more", best, False)
    yield counted("No blocking mode is below the mutex", mutex, False)
    yield counted("CPU time per element is at most 1.5 times the lower of the two", cpu, True)


def roundtrip(rows):
    what = "Two pinned processes with 2 us of work take at most twice the time of free ones"
    pinned, free = (find(rows.get(f"roundtrip 2us work, {where}", []), "ours") for where in ("two CPUs", "free"))
    if not pinned or not free:
        yield f"{what}: not measured"
        return
    value, beside = figure(pinned, "value"), figure(free, "value")
    yield f"{what}: **{'met' if value <= 2 * beside else 'missed'}**, {value:.0f} ns and {beside:.0f} ns"


def latency(rows):
    """The same binding on both sides: C ABI and C ABI."""
    for key, name in (("value", "p50"), ("p99_ns", "p99")):
        checks = []
        for row, results in rows.items():
            ours, before = find(results, "C ABI"), find(results, "baseline")
            if results[0]["shape"] == "rate" and ours and before:
                allowed = figure(before, key) + half_spread(before, key) + half_spread(ours, key)
                checks.append((figure(ours, key) <= allowed, figure(ours, key) / figure(before, key), f"times ({row})"))
        yield counted(f"The {name} of a wake-up is not worse than that of the baseline, beyond the spread", checks, True)


def simple(rows, shape, what, key, most, scale, refused):
    checks = []
    for row, results in rows.items():
        ours = find(results, "ours")
        if results[0]["shape"] == shape and results[0]["refused"] == refused and ours:
            value = figure(ours, key) * scale
            checks.append((value <= most, value, f"({row})"))
    return counted(what, checks, True)


def verdicts(data):
    rows = rows_of(data)
    yield from throughput(rows)
    yield from roundtrip(rows)
    yield from latency(rows)
    yield simple(rows, "sleepers", "500 sleepers: at most 1.1 wake-ups per element", "value", 1.1, 1, False)
    yield simple(rows, "idle", "100 idle waiters cost a busy thread less than 0.5 %", "value", 0.5, 1, False)
    yield simple(rows, "idle", "Where membarrier is refused, 100 idle waiters use less than 5 % of a CPU", "consumers_cpu_ns", 5,
                 1e-7, True)
