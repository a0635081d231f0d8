// SPDX-License-Identifier: MIT
// Waits of queues. One wait set of the environment watches all queues on which a promise is pending, and libuv watches
// the set's descriptor. While a promise is pending, the set keeps the process alive.
//
// Invariant: while a waiter is in a list of a watcher, it is tried at each turn of the loop, or it is armed: the set
// watches that side of its queue. The set is level-triggered, so an element that comes between an attempt and the watch
// is reported, too.
'use strict';

const { native, timedOut, cancelled } = require('./native.js');
const { timeoutOf } = require('./options.js');

const MOST_EVENTS = 64;
const ENDINGS = native.JM_READY_END | native.JM_READY_PRODUCERS_DEAD | native.JM_READY_DAMAGED;
const BITS = { element: native.JM_READY_ELEMENT, room: native.JM_READY_ROOM };
const PAUSE = 1; // milliseconds
const TRY_FOR = 0.05; // milliseconds: shorter waits need no set, and no wake-up by the other side
const MISSES = 8; // after so many waits in a row that were longer, only every RETRY-th one is tried so
const RETRY = 16;

const watchers = new Map(); // by key
let set; // native
let events; // three words of 32 bits of each event: the key, its upper half, and what is ready
let lastKey = 0;
let pending = 0;
let misses = 0; // waits in a row that took longer than TRY_FOR

function onReadable() {
  const count = native.setWait(set, MOST_EVENTS);
  for (let i = 0; i < count; ++i) {
    watchers.get(events[4 * i] + events[4 * i + 1] * 2 ** 32)?.report(events[4 * i + 2]);
  }
}

function start() {
  if (set === undefined) {
    const buffer = new ArrayBuffer(16 * MOST_EVENTS);
    events = new Uint32Array(buffer);
    set = native.newSet(onReadable, buffer);
  }
}

function count(change) {
  const before = pending;
  pending += change;
  if ((before === 0) !== (pending === 0)) {
    native.setPending(set, pending > 0);
  }
}

/** Until when a new wait is tried at each turn of the loop; 0: not at all. */
function tryUntil() {
  return misses < MISSES || misses % RETRY === 0 ? performance.now() + TRY_FOR : 0;
}

/** A wait for one side of a queue. attempt () returns undefined as long as the queue is not ready. */
class Waiter {
  constructor(watcher, side, amount, attempt, resolve, reject) {
    Object.assign(this, { watcher, side, amount, attempt, resolve, reject });
  }

  /** @param partial returns what is done so far, if the wait may end with that; else undefined */
  limit(operation, timeout, signal, partial) {
    if (timeout !== undefined) {
      this.timer = setTimeout(() => this.end(timedOut(operation), partial), timeout);
    }
    if (signal) {
      this.signal = signal;
      this.onAbort = () => this.end(signal.reason, partial);
      signal.addEventListener('abort', this.onAbort, { once: true });
    }
    this.partial = partial;
  }

  /** Releases what the wait has. The caller has taken it out of its list. */
  finish() {
    this.ended = true;
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.onAbort);
    count(-1);
  }

  /** Ends the wait without readiness. */
  end(error, partial = this.partial) {
    const list = this.watcher.lists[this.side];
    const index = list.indexOf(this);
    if (index >= 0) {
      list.splice(index, 1);
      this.settle(error, partial);
    }
  }

  settle(error, partial = this.partial) {
    this.finish();
    const done = partial?.();
    if (done === undefined) {
      this.reject(error);
    } else {
      this.resolve(done);
    }
  }
}

/** What waits for one queue. It does not refer to the queue: a queue without waiters can be collected. */
class Watcher {
  constructor() {
    this.key = 0; // 0: the set does not have the queue
    this.lists = { element: [], room: [] };
    this.mask = 0;
    this.amount = 1;
    this.native = undefined; // the queue, while a wait is pending
  }

  add(waiter) {
    this.native = waiter.native;
    this.lists[waiter.side].push(waiter);
    count(1);
    const until = tryUntil();
    if (until === 0) {
      misses += 1;
      this.arm(waiter);
    } else {
      setImmediate(() => this.turn(waiter, until));
    }
  }

  /** Tries a wait that is not armed. */
  turn(waiter, until) {
    if (waiter.ended) {
      return;
    }
    this.serve(waiter.side);
    if (waiter.ended) {
      misses = 0;
    } else if (performance.now() < until) {
      setImmediate(() => this.turn(waiter, until));
    } else {
      misses += 1;
      this.arm(waiter);
    }
  }

  arm(waiter) {
    waiter.armed = true;
    try {
      this.update();
    } catch (error) {
      waiter.end(error);
    }
  }

  /** Makes the set watch the sides of armed waiters, for the smallest amount. Sides without them stay watched until
   * an event reports them, since the next wait often begins before. An ending is reported once: the next wait asks
   * again. */
  update(reported = 0) {
    let mask = (reported & ENDINGS) !== 0 ? 0 : this.mask & ~reported;
    let amount = Infinity;
    for (const [side, list] of Object.entries(this.lists)) {
      for (const waiter of list) {
        if (waiter.armed) {
          mask |= BITS[side];
          amount = Math.min(amount, waiter.amount);
        }
      }
    }
    amount = amount === Infinity ? this.amount : amount;
    if (this.native === undefined || (this.key === 0 && mask === 0) || (this.key !== 0 && mask === this.mask && amount === this.amount)) {
      return;
    }
    if (this.key === 0) {
      native.setAdd(set, this.native, mask, lastKey + 1, amount);
      this.key = ++lastKey;
      watchers.set(this.key, this);
    } else {
      native.setModify(set, this.native, mask, this.key, amount);
    }
    this.mask = mask;
    this.amount = amount;
  }

  report(ready) {
    let progress = false;
    for (const side of ['element', 'room']) {
      if ((ready & (BITS[side] | ENDINGS)) !== 0) {
        progress = this.serve(side) || progress;
      }
    }
    if ((ready & native.JM_READY_PRODUCERS_DEAD) !== 0 && this.lists.element.length > 0) {
      this.checkProducers();
    }
    if (this.isPaused(ready, progress)) {
      return;
    }
    this.update(ready);
    if (this.lists.element.length + this.lists.room.length === 0) {
      this.native = undefined;
    }
  }

  /** Attempts the waits of a side, the oldest first. @return whether one has ended */
  serve(side) {
    const list = this.lists[side];
    let progress = false;
    for (let i = 0; i < list.length;) {
      const waiter = list[i];
      let value;
      let error;
      try {
        value = waiter.attempt();
      } catch (caught) {
        error = caught;
      }
      if (value === undefined && error === undefined) {
        if (waiter.amount === 1) {
          break; // the others would find nothing either
        }
        ++i;
        continue;
      }
      list.splice(i, 1);
      progress = true;
      if (error === undefined) {
        waiter.finish();
        waiter.resolve(value);
      } else {
        waiter.settle(error);
      }
    }
    return progress;
  }

  /** An event for a smaller amount than all waits of its side need comes again and again: then the set pauses. */
  isPaused(ready, progress) {
    const waits = [...this.lists.element, ...this.lists.room].filter((waiter) => waiter.armed);
    if (progress || waits.every((waiter) => waiter.amount === this.amount)) {
      return false;
    }
    native.setModify(set, this.native, 0, this.key, this.amount);
    this.mask = 0;
    setTimeout(() => {
      if (this.key !== 0 && this.native !== undefined) {
        this.update();
      }
    }, PAUSE);
    return true;
  }

  /** Ends the waits for elements with EOWNERDEAD if all producers are dead. */
  checkProducers() {
    try {
      native.checkProducers(this.native);
    } catch (error) {
      for (const waiter of this.lists.element.splice(0)) {
        waiter.settle(error);
      }
    }
  }

  /** The queue is being closed. */
  close(queue) {
    for (const list of Object.values(this.lists)) {
      for (const waiter of list.splice(0)) {
        waiter.settle(cancelled('wait'));
      }
    }
    if (this.key !== 0) {
      native.setRemove(set, queue);
      watchers.delete(this.key);
      this.key = 0;
    }
  }
}

const forgotten = new FinalizationRegistry((watcher) => watchers.delete(watcher.key));

/** The watcher of a new queue. */
function watcherOf(queue) {
  const watcher = new Watcher();
  forgotten.register(queue, watcher, watcher);
  return watcher;
}

/**
 * Attempts an operation, and waits for readiness if it is not ready.
 * @param wait {watcher, native, side, amount, operation}
 * @param attempt returns a value that is not undefined once it is done, and throws if it fails
 * @param options {timeout, signal}
 * @param partial returns what is done so far if the wait may end with that
 */
function waitFor(wait, attempt, options = {}, partial = undefined) {
  return new Promise((resolve, reject) => {
    const timeout = timeoutOf(options);
    options.signal?.throwIfAborted();
    const value = attempt();
    if (value !== undefined) {
      resolve(value);
      return;
    }
    const waiter = new Waiter(wait.watcher, wait.side, wait.amount, attempt, resolve, reject);
    if (timeout === 0) {
      const done = partial?.();
      if (done === undefined) {
        throw timedOut(wait.operation);
      }
      resolve(done);
      return;
    }
    start();
    waiter.native = wait.native;
    waiter.limit(wait.operation, timeout, options.signal, partial);
    wait.watcher.add(waiter);
  });
}

/** How many waits the set watches. The tests wait for that. */
function countArmed() {
  const lists = [...watchers.values()].flatMap((watcher) => Object.values(watcher.lists));
  return lists.flat().filter((waiter) => waiter.armed).length;
}

module.exports = { watcherOf, waitFor, countArmed };
