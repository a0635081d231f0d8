#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes wait-set.md from wait-set.json.gz: page.py FOLDER"""

import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parents[1] / "harness"), str(here)]
import artifacts  # noqa: E402
import markdown  # noqa: E402
from goals import OURS, REFERENCE, figure, find, goals, good, rows_of  # noqa: E402
from markdown import spread, table, text  # noqa: E402

METHOD = """\
<!-- SPDX-License-Identifier: MIT -->
<!-- Written by bench/queue/waitset/page.py from wait-set.json.gz: edit that program. -->
# Waiting for many queues, measured

A [wait set](../guide/waiting.md) lets one thread sleep on many queues. This page compares it with other ways to do
so. `scripts/bench-wait` repeats the measurements and writes this page and its data, `wait-set.json.gz`; `gzip -dc
wait-set.json.gz` prints the data.

## What is measured

- **Wake** (`wake 128 processes, 200us`: queues in the set, what shares them, the producer's period): the producer
  pushes one element to a random queue of the set, and then sleeps until the period is over. It pushes no element
  before the last one was taken. The figure is the time from before the push until the wait has returned: `wait ()`,
  `epoll_wait`, or the peer's call. The element carries the time at which its push began. `push` is the median of the
  time that the producer spends in the push.
- **Busy** (`busy 128 processes, all in use`): the producer pushes as fast as it can, to a random queue (`all in use`)
  or to one queue (`one in use`), and tries another queue where one is full. A queue holds 64 elements. The consumer
  waits, and takes up to 16 elements of each queue that the wait reported, up to 128 queues. The figure is million
  elements per second.
- **Idle**: no element arrives. The figure is how often threads of the waiting process have left a sleep, per second,
  beginning 1.5 s after the wait. `threads` are those beside the one that waits, `descriptors` those that the set has
  opened, `all descriptors` those of the process, with those of the queues.

`processes`: the producer and the waiter are processes, and each opens the shared queues by name. `threads`: they are
threads with private queues. In `two CPUs` rows they are pinned to one CPU each; elsewhere nothing is pinned.

## The contenders

- `wait` is `WaitSet::wait ()`. `descriptor` is `WaitSet::fd ()` in an epoll set; after `epoll_wait` the program calls
  `wait ()` with a timeout of 0. `awaitElement` waits for one queue without a set. `poll` is a loop of `tryPop ()`
  over all queues, which never sleeps. All use Spsc queues.
- `eventfd + epoll` is a ring in shared memory and an eventfd per queue: each push writes to the eventfd. `pipe +
  epoll` is a pipe per queue, through which the elements go.
- `iceoryx WaitSet` has a publisher and a subscriber per queue. It takes 256 subscribers at most; its daemon runs
  during the measurement. `ZeroMQ ipc` has a PUSH and a PULL socket per queue, and `zmq_poll`. Both connect processes
  only.

## Method

A round measures every row once, in random order, and in each row every contender, in random order; each measurement
runs in a forked process of its own. A busy measurement takes {seconds} s; a wake measurement takes 5 times as long,
with a period of 5 ms 15 times; an idle one 20 times. The figure is the median of the rounds; `±` is half of the
distance between the quartiles, in per cent of the median. `ratio` is the ratio to `{reference}`, in busy rows to
`poll`. `CPU` is the CPU time of the waiting process per element. `cores` is the time that a cache line takes from one
of the two CPUs to the other and back, right before and after the measurement. Every measurement checks the number of
elements, their sum, their order per queue, and that each came out of the queue that it was pushed to; a contender
that fails is thrown out of the row. A measurement during which other programs took more than {others:g} % of the CPUs
is repeated, up to {tries} in all; the least disturbed one is kept, and the row marks it with `!`.
"""

HEADS = {
    "wake": ["queues", "", "p50, ns", "spread", "ratio", "p99, ns", "ratio", "p99.9, ns", "push, ns", "CPU, ns",
             "cores, ns"],
    "busy": ["queues", "", "M/s", "spread", "ratio", "CPU, ns", "cores, ns"],
    "idle": ["queues", "", "wake-ups/s", "CPU, %", "threads", "descriptors", "all descriptors"],
}


def ratio(result, peer, key):
    return f"{figure(result, key) / figure(peer, key):.2f}" if peer and figure(peer, key) else "-"


def cells_of(result, results):
    of = lambda *keys: [text(figure(result, key)) for key in keys]
    if result["shape"] == "idle":
        return of("value", "cpu_percent", "threads", "descriptors", "all_descriptors")
    peer = find(results, "poll" if result["shape"] == "busy" else REFERENCE)
    mark = " !" if result["disturbed"] else ""
    cells = [text(figure(result, "value")) + mark, spread(result["value"]), ratio(result, peer, "value")]
    if result["shape"] == "wake":
        cells += of("p99_ns") + [ratio(result, peer, "p99_ns")] + of("p999_ns", "push_ns")
    return cells + of("cpu_ns", "line_ns")


def line_of(result, results):
    name = f"**{result['contender']}**" if result["contender"] in OURS else result["contender"]
    why = f"thrown out: {result['fault'] or result['error'] or 'no figure'}"
    cells = cells_of(result, results) if good(result) else [why]
    row = [str(result["queues"]), name] + cells
    return row + [""] * (len(HEADS[result["shape"]]) - len(row))


def heading(row, queues):
    """Rows that differ in the number of queues share a table."""
    return row.replace(f" {queues} ", " ", 1)


def tables(data):
    groups = {}
    for row, results in rows_of(data).items():
        groups.setdefault(heading(row, results[0]["queues"]), []).append(results)
    lines = []
    for name, group in groups.items():
        rows = [line_of(result, results) for results in group for result in results]
        lines += [f"### {name}", ""] + table(HEADS[group[0][0]["shape"]], rows)
    return lines


def page_text(data):
    plan = data["plan"]
    others = 100 * plan["others"]
    lines = [METHOD.format(seconds=plan["seconds"], others=others, tries=plan["tries"], reference=REFERENCE)]
    missing = ", ".join(data["missing"])
    lines += [markdown.taken(data) + (f" Not installed, and left out: {missing}." if missing else ""), ""]
    lines += ["## What must be reached", ""] + [f"- {goal}" for goal in goals(data)] + [""]
    words = markdown.causes(here, data)
    lines += ["## Rows that miss their goals", "", words] if words else []
    return "\n".join(lines + ["## All figures", ""] + tables(data))


def main(folder):
    folder = pathlib.Path(folder)
    (folder / "wait-set.md").write_text(page_text(artifacts.load(folder / "wait-set.json.gz")))


if __name__ == "__main__":
    main(sys.argv[1])
