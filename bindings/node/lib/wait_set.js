// SPDX-License-Identifier: MIT
// WaitSet: waits for many queues in one place. Plain pushes and pops need none.
'use strict';

const { native, fail, timedOut, cancelled } = require('./native.js');
const { timeoutOf } = require('./options.js');
const { disposable } = require('./object.js');
const { nativeOf } = require('./queue.js');

const MOST_EVENTS = 256;

function queueOf(queue) {
  const found = nativeOf(queue);
  if (found === undefined) {
    throw new TypeError('a Queue is expected');
  }
  return found;
}

class WaitSet {
  #native;
  #events; // four words of each event; see waits.js
  #entries = new Map(); // by the number of a queue in this set: {queue, key}
  #numbers = new WeakMap(); // of queues
  #last = 0;
  #waiter; // of wait () or readable ()
  #onReadable = () => this.#serve();
  #closed = false;

  constructor() {
    const buffer = new ArrayBuffer(16 * MOST_EVENTS);
    this.#events = new Uint32Array(buffer);
    this.#native = native.newSet(this.#onReadable, buffer);
  }

  #bits({ element = false, room = false }) {
    return (element ? native.JM_READY_ELEMENT : 0) | (room ? native.JM_READY_ROOM : 0);
  }

  add(queue, { element = true, room = false, key = queue, amount = 1 } = {}) {
    const number = this.#last + 1;
    native.setAdd(this.#native, queueOf(queue), this.#bits({ element, room }), number, amount);
    this.#last = number;
    this.#entries.delete(this.#numbers.get(queue));
    this.#numbers.set(queue, number);
    this.#entries.set(number, { queue: new WeakRef(queue), key });
  }

  modify(queue, { element = false, room = false, key = queue, amount = 1 } = {}) {
    const number = this.#numbers.get(queue) ?? 0;
    native.setModify(this.#native, queueOf(queue), this.#bits({ element, room }), number, amount);
    this.#entries.set(number, { queue: new WeakRef(queue), key });
  }

  remove(queue) {
    native.setRemove(this.#native, queueOf(queue));
    this.#entries.delete(this.#numbers.get(queue));
    this.#numbers.delete(queue);
  }

  get size() {
    return native.setSize(this.#native);
  }

  get fd() {
    return native.setFd(this.#native);
  }

  /** The events that are there; undefined: no queue is ready. An empty array: wake () was called. */
  tryWait(most = MOST_EVENTS) {
    const count = native.setWait(this.#native, most);
    if (count < 0) {
      return undefined;
    }
    const made = [];
    for (let i = 0; i < count; ++i) {
      const entry = this.#entries.get(this.#events[4 * i] + this.#events[4 * i + 1] * 2 ** 32);
      const ready = this.#events[4 * i + 2];
      made.push({
        queue: entry?.queue.deref(),
        key: entry?.key,
        ready,
        element: (ready & native.JM_READY_ELEMENT) !== 0,
        room: (ready & native.JM_READY_ROOM) !== 0,
        end: (ready & native.JM_READY_END) !== 0,
        producersDead: (ready & native.JM_READY_PRODUCERS_DEAD) !== 0,
        damaged: (ready & native.JM_READY_DAMAGED) !== 0,
      });
    }
    return made;
  }

  wait(options = {}) {
    const { most = MOST_EVENTS } = options;
    return this.#pend(options, () => this.tryWait(most), () => timedOut('wait'));
  }

  readable(options = {}) {
    return this.#pend(options, () => native.setReadable(this.#native) || undefined, () => undefined).then(Boolean);
  }

  /** @param late returns the error of a timeout, or undefined: then the promise resolves to undefined */
  #pend(options, attempt, late) {
    return new Promise((resolve, reject) => {
      const timeout = timeoutOf(options);
      options.signal?.throwIfAborted();
      const value = attempt();
      if (value !== undefined) {
        resolve(value);
        return;
      }
      if (timeout === 0) {
        const error = late();
        if (error !== undefined) {
          throw error;
        }
        resolve(undefined);
        return;
      }
      if (this.#waiter !== undefined) {
        fail('wait', native.EBUSY, 'another wait of the set is pending: Device or resource busy');
      }
      const waiter = { attempt, resolve, reject, signal: options.signal };
      this.#waiter = waiter;
      native.setPending(this.#native, true);
      if (timeout !== undefined) {
        waiter.timer = setTimeout(() => {
          const error = late();
          this.#settle(error === undefined ? resolve : reject, error);
        }, timeout);
      }
      waiter.onAbort = () => this.#settle(reject, options.signal.reason);
      options.signal?.addEventListener('abort', waiter.onAbort, { once: true });
    });
  }

  #settle(how, value) {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    clearTimeout(waiter.timer);
    waiter.signal?.removeEventListener('abort', waiter.onAbort);
    if (!this.#closed) {
      native.setPending(this.#native, false);
      native.setStop(this.#native); // no wait: the descriptor may stay readable
    }
    how(value);
  }

  #serve() {
    if (this.#waiter === undefined) {
      return;
    }
    const { attempt, resolve, reject } = this.#waiter;
    let value;
    try {
      value = attempt();
    } catch (error) {
      this.#settle(reject, error);
      return;
    }
    if (value !== undefined) {
      this.#settle(resolve, value);
    }
  }

  async *[Symbol.asyncIterator]() {
    while (!this.#closed && this.size > 0) {
      yield* await this.wait();
    }
  }

  wake() {
    native.setWake(this.#native);
  }

  close() {
    native.setClose(this.#native);
    this.#closed = true;
    if (this.#waiter !== undefined) {
      this.#settle(this.#waiter.reject, cancelled('wait'));
    }
  }
}

disposable(WaitSet);

module.exports = { WaitSet };
