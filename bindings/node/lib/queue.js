// SPDX-License-Identifier: MIT
// Queue: elements of one format between threads and processes.
'use strict';

const { native } = require('./native.js');
const { kinds, queueOptions, translate, word } = require('./options.js');
const { formatOf, resized } = require('./formats.js');
const { SharedObject, disposable } = require('./object.js');
const { watcherOf, waitFor } = require('./waits.js');

const natives = new WeakMap(); // of queues, for wait sets
const YIELD_AFTER = 256; // elements that an iterator takes before it lets the event loop turn
const AT_ONCE = 1024; // elements of a batch of batches ()

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

class Queue extends SharedObject {
  #native;
  #format;
  #codec;
  #kind;
  #out = new Float64Array(2);
  #watcher;
  #ring; // a typed array of the whole ring, made at the first reserve or peek

  constructor(name, { kind, capacity = 0, element, ...options } = {}) {
    const anyKind = kind === undefined && options.mode === 'openOnly';
    const format = formatOf(element);
    const made = native.openQueue(name, anyKind ? 0 : word(kinds, 'kind', kind ?? 'spsc'), capacity, format.size,
      translate(options, queueOptions, ['kind', 'capacity', 'element']));
    super(made);
    this.#native = made;
    const size = native.elementSize(this.#native);
    const scratch = new ArrayBuffer(8 * Math.ceil(size / 8));
    native.setScratch(this.#native, scratch, this.#out.buffer);
    this.#format = resized(format, size);
    this.#codec = this.#format.codec(scratch);
    this.#kind = Object.keys(kinds).find((one) => kinds[one] === native.kind(this.#native));
    this.#watcher = watcherOf(this);
    natives.set(this, this.#native);
  }

  tryPush(value) {
    this.#codec.write(value);
    return native.tryPush(this.#native);
  }

  tryPop() {
    return native.tryPop(this.#native) ? this.#codec.read() : undefined;
  }

  push(value, options) {
    const attempt = () => {
      this.#codec.write(value);
      return native.tryPush(this.#native) || undefined;
    };
    return waitFor(this.#wait('room', 'push'), attempt, options).then(() => undefined);
  }

  pop(options) {
    return waitFor(this.#wait('element', 'pop'), () => this.tryPop(), options);
  }

  #wait(side, operation, amount = 1) {
    return { watcher: this.#watcher, native: this.#native, side, amount, operation };
  }

  /** The bytes of a batch: a typed array of the format, or an array of values. @return [typed array, elements] */
  #batchOf(elements) {
    const { array, perElement } = this.#format;
    if (Array.isArray(elements)) {
      const made = new array(elements.length * perElement);
      elements.forEach((value, i) => this.#put(made, i, value));
      return [made, elements.length];
    }
    const fits = elements instanceof array || (array === Uint8Array && ArrayBuffer.isView(elements));
    if (!fits || elements.length % perElement !== 0 || elements instanceof DataView) {
      throw new TypeError(`a batch is an array of elements, or a ${array.name} of a whole number of them`);
    }
    return [elements, elements.length / perElement];
  }

  #put(batch, i, value) {
    this.#codec.write(value);
    native.copyOut(this.#native, batch, i);
  }

  /** Popped elements as the caller gets them. */
  #valuesOf(batch, done) {
    const { plain, perElement } = this.#format;
    if (plain) {
      return batch.subarray(0, done * perElement);
    }
    return Array.from({ length: done }, (_, i) => {
      native.copyIn(this.#native, batch, i);
      return this.#codec.read();
    });
  }

  tryPushMany(elements) {
    const [batch, count] = this.#batchOf(elements);
    return count === 0 ? 0 : native.tryPushMany(this.#native, batch, 0, count);
  }

  tryPopMany(into) {
    if (typeof into !== 'number') {
      const [batch, count] = this.#batchOf(into);
      return count === 0 ? 0 : native.tryPopMany(this.#native, batch, 0, count);
    }
    const batch = this.#newBatch(into);
    return this.#valuesOf(batch, into === 0 ? 0 : native.tryPopMany(this.#native, batch, 0, into));
  }

  #newBatch(count) {
    return new this.#format.array(count * this.#format.perElement);
  }

  /** Repeats a native batch call until all elements are done. @return [attempt, partial] */
  #steps(step, batch, count, all) {
    let done = 0;
    const attempt = () => {
      while (done < count) {
        let now;
        try {
          now = step(this.#native, batch, done, count - done);
        } catch (error) {
          if (done > 0) {
            return done; // the next call gets the error
          }
          throw error;
        }
        if (now === 0) {
          return undefined;
        }
        done += now;
        if (!all) {
          return done;
        }
      }
      return done;
    };
    return [attempt, () => (done > 0 ? done : undefined)];
  }

  pushMany(elements, options) {
    const [batch, count] = this.#batchOf(elements);
    const [attempt, partial] = this.#steps(native.tryPushMany, batch, count, true);
    return waitFor(this.#wait('room', 'push'), attempt, options, partial);
  }

  async popMany(into, { all = false, ...options } = {}) {
    const owned = typeof into === 'number';
    const [batch, count] = owned ? [this.#newBatch(into), into] : this.#batchOf(into);
    const [attempt, partial] = this.#steps(native.tryPopMany, batch, count, all);
    const done = await waitFor(this.#wait('element', 'pop'), attempt, options, partial);
    return owned ? this.#valuesOf(batch, done) : done;
  }

  awaitElement(amount = 1, options = {}) {
    const attempt = () => native.tryAwait(this.#native, 0, amount) || undefined;
    return waitFor(this.#wait('element', 'await', amount), attempt, options).then(() => undefined);
  }

  awaitRoom(amount = 1, options = {}) {
    const attempt = () => native.tryAwait(this.#native, 1, amount) || undefined;
    return waitFor(this.#wait('room', 'await', amount), attempt, options).then(() => undefined);
  }

  async *#iterate(next, options) {
    for (let taken = 1; ; ++taken) {
      try {
        yield await next(options);
      } catch (error) {
        if (error?.code === 'EPIPE') {
          return; // shut down and drained
        }
        throw error;
      }
      if (taken % YIELD_AFTER === 0) {
        await turn();
      }
    }
  }

  [Symbol.asyncIterator]() {
    return this.#iterate(() => this.pop());
  }

  elements(options) {
    return this.#iterate(() => this.pop(options));
  }

  batches(count = AT_ONCE, options = {}) {
    return this.#iterate(() => this.popMany(count, options));
  }

  #inPlace(index) {
    if (index < 0) {
      return undefined;
    }
    const { array, perElement } = this.#format;
    this.#ring ??= new array(native.ring(this.#native));
    return this.#ring.subarray(index * perElement, (index + this.#out[0]) * perElement);
  }

  reserve(count = 1) {
    return this.#inPlace(native.reserve(this.#native, count));
  }

  commit(count) {
    native.commit(this.#native, count);
  }

  peek(count = 1) {
    return this.#inPlace(native.peek(this.#native, count));
  }

  release(count) {
    native.release(this.#native, count);
  }

  shutdown() {
    native.shutdown(this.#native);
  }

  releaseRole() {
    native.releaseRole(this.#native);
  }

  get kind() {
    return this.#kind;
  }

  get elementSize() {
    return native.elementSize(this.#native);
  }

  get capacity() {
    return native.capacity(this.#native);
  }

  get pending() {
    return native.pending(this.#native);
  }

  get available() {
    return native.available(this.#native);
  }

  get tag() {
    return native.tag(this.#native);
  }

  stats() {
    return native.stats(this.#native);
  }

  producers() {
    return native.producers(this.#native);
  }

  bind(node) {
    native.bindQueue(this.#native, node);
  }

  lock() {
    native.lockQueue(this.#native);
  }

  close() {
    const ring = this.#ring?.buffer;
    this.#ring = undefined;
    this.#watcher.close(this.#native);
    native.close(this.#native, ring);
  }
}

disposable(Queue);

module.exports = { Queue, nativeOf: (queue) => natives.get(queue) };
