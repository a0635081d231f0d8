#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes blocking.md from blocking.json.gz: page.py FOLDER"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import artifacts  # noqa: E402
import markdown  # noqa: E402
from markdown import spread, table, text  # noqa: E402
from verdicts import OURS, figure, good, reference, rows_of, verdicts  # noqa: E402

METHOD = """\
<!-- SPDX-License-Identifier: MIT -->
<!-- Written by bench/queue/blocking/page.py from blocking.json.gz: edit that program. -->
# Blocking calls, measured

Most programs begin with the calls that wait: `push ()` and `pop ()`. This page compares these calls with other ways to hand
elements over. `scripts/bench-blocking` repeats the measurements and writes this page and its data, `blocking.json.gz`;
`gzip -dc blocking.json.gz` prints the data.

## What is measured

- **Throughput** (`spsc 1x1 8B threads, free`: producers x consumers, bytes per element): the producers and consumers hand
  elements over as fast as they can; million elements per second. The capacity is 512 elements, or 16 where an element has
  64 KiB. In `push blocks` the producers call `push ()` and the consumers call `tryPop ()` and `sched_yield ()`; in `pop
  blocks` it is the other way round; in `both block` both sides wait; in `yield` both sides use try calls and `sched_yield
  ()`.
- **Rate** (`rate 200us threads, free, idle`): a producer pushes one element per period, and a consumer blocks in `pop ()`.
  The element carries the time at which its push began. The figure is the latency from then until `pop ()` returned, as p50,
  p99 and p99.9. For periods of 2 and 20 us the producer spins until the period is over; for longer ones it sleeps
  (`clock_nanosleep`, timer slack 1 ns). A producer that is late does not catch up. `busy` rows run beside one busy process
  per CPU, of normal priority; `idle` rows do not.
- **Roundtrip**: two processes and two queues; one element goes there and back. The figure is the time from before the push
  until after the pop. It leaves out the work between two trips, for which the sender spins; the CPU time includes that
  work.
- **Sleepers**: 500 threads block in `pop ()` of one queue, and one producer pushes 2000 elements, 100 us apart, for 2
  seconds at most. The figure is the number of voluntary context switches of the consumers per element.
- **Idle**: 100 threads block in `pop ()` of an empty queue for a second, beside a busy thread of the same process. The
  figure is the share of a CPU that the waiters use, plus the share of its speed that the busy thread loses: its speed is
  what it does per second of its own CPU time, compared with the time before and after. In these rows the columns "per
  element" are per second.

Placement: in `free` rows nothing is pinned. `one CPU`: the workers are pinned from outside, 5 ms after the start, as an
administrator or a scheduler does. `two CPUs`: the workers pin themselves before the start, alternately to the two CPUs.
`taskset`: the process is pinned to one CPU before it makes a queue. `threads` share a private queue. `processes` have one
queue object each on a shared queue; the sleepers and the idle waiters are always threads.

## The contenders

`C ABI` is this build through joinmem.h, and `baseline` is an older build through the same functions: both libraries are
loaded by `dlopen`. `mutex` is a ring with a mutex and two condition variables; it notifies after it has released the mutex,
and only where a thread waits. Between processes it uses pthread objects with PTHREAD_PROCESS_SHARED. `Boost message_queue`
is that of Boost.Interprocess. `pipe` holds 64 KiB, or 1 MiB for large elements; it takes these from one producer to one
consumer only, because writes past PIPE_BUF are not atomic. `Unix socket` is a pair of SOCK_SEQPACKET sockets. `eventfd` is
two semaphores (EFD_SEMAPHORE) around a ring, with a mutex around the ring where there are several producers or consumers.
`POSIX mq` holds fs.mqueue.msg_max messages (10) where the process lacks CAP_SYS_RESOURCE, and then takes no elements larger
than fs.mqueue.msgsize_max.

## Method

A round measures every row once, in random order, and in each row every contender, in random order; each measurement runs in
a forked process of its own. A throughput measurement takes {seconds} s after a warm-up of a fifth of that, a rate up to
eight times as long. The figure is the median of the rounds; `±` is half of the distance between the quartiles, in per cent
of the median. `CPU` is the CPU time per element of the producers and of the consumers, by the clocks of their threads. `of
best` is the ratio to the better of `yield` and `mutex`. System calls are counted where the library makes them (futex,
membarrier, sched_yield, sleeping) and where a peer makes them; `-` is not known: the C library's mutexes make calls that
are not seen. `sleeps` and `preempt` are voluntary and involuntary context switches per element. `cores` is the time that a
cache line takes from one of the two CPUs to the other and back, right before and after the measurement. Every measurement
checks the number of elements, their sum, and their order per producer; a contender that fails is thrown out of the row. A
measurement during which other programs took more than {others:g} % of the CPUs is repeated, at most {tries} times; the
least disturbed one is kept, and the row marks it with `!`.
"""


def line_of(result, best, rate):
    name = f"**{result['contender']}**" if result["contender"] in OURS else result["contender"]
    if not good(result):
        return [name, "thrown out: " + (result["fault"] or result["error"] or "no figure")]
    value = figure(result, "value")
    mark = " !" if result["disturbed"] else ""
    cells = [name, text(value) + mark, spread(result["value"])]
    if rate:
        cells += [text(figure(result, "p99_ns")), text(figure(result, "p999_ns"))]
    ratio = "-" if not best else f"{value / best:.2f}"
    keys = ("system_calls", "membarriers", "voluntary_switches", "involuntary_switches", "line_ns")
    cpu = [text(figure(result, key)) for key in ("producers_cpu_ns", "consumers_cpu_ns")]
    return cells + cpu + [ratio] + [text(figure(result, key)) for key in keys]


def tables(data):
    lines = []
    for row, results in rows_of(data).items():
        rate = results[0]["shape"] == "rate"
        head = ["", "median", "spread"] + (["p99", "p99.9"] if rate else [])
        head += ["CPU producers, ns", "CPU consumers, ns", "of best", "system calls", "membarriers", "sleeps", "preempt", "cores, ns"]
        best = reference(results, "value")
        rows = [line_of(result, best, rate) for result in results]
        rows = [row + [""] * (len(head) - len(row)) for row in rows]
        lines += [f"### {row}, {results[0]['unit']}", ""] + table(head, rows)
    return lines


def causes(data):
    words = markdown.causes(pathlib.Path(__file__).parent, data)
    return ["## Rows below their bars", "", words] if words else []


def page_text(data):
    plan = data["plan"]
    lines = [METHOD.format(seconds=plan["seconds"], others=100 * plan["others"], tries=plan["tries"])]
    baseline = f"; baseline: {data['baseline'] or 'left out'}"
    lines += [markdown.taken(data, baseline), "", "## What must be reached", ""]
    lines += [f"- {verdict}" for verdict in verdicts(data)] + [""] + causes(data) + ["## All figures", ""] + tables(data)
    return "\n".join(lines)


def main(folder):
    folder = pathlib.Path(folder)
    (folder / "blocking.md").write_text(page_text(artifacts.load(folder / "blocking.json.gz")))


if __name__ == "__main__":
    main(sys.argv[1])
