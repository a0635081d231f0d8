// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Queue } = require('..');
const { newName, newQueue, code } = require('./helpers.js');

const kinds = ['spsc', 'mpsc', 'mpmc'];

test('elements come in order', (t) => {
  for (const kind of kinds) {
    const queue = newQueue(t, newName(t), { kind, capacity: 4, element: 'uint32' });
    for (let i = 0; i < 100; ++i) {
      for (let n = 0; n <= i % 4; ++n) {
        assert.strictEqual(queue.tryPush(i * 10 + n), true);
      }
      for (let n = 0; n <= i % 4; ++n) {
        assert.strictEqual(queue.tryPop(), i * 10 + n);
      }
    }
    assert.strictEqual(queue.kind, kind);
    assert.strictEqual(queue.elementSize, 4);
  }
});

test('every scalar keeps its values', (t) => {
  const values = {
    int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535], int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1], float32: [0.5, -Infinity], float64: [0.1, Number.MAX_VALUE],
    bigint64: [-(2n ** 63n), 2n ** 63n - 1n], biguint64: [0n, 2n ** 64n - 1n],
  };
  for (const [element, both] of Object.entries(values)) {
    const queue = newQueue(t, null, { capacity: 2, element });
    both.forEach((value) => assert.ok(queue.tryPush(value)));
    both.forEach((value) => assert.strictEqual(queue.tryPop(), value));
  }
  assert.throws(() => newQueue(t, null, { element: 'bigint64' }).tryPush(1), TypeError);
  assert.throws(() => newQueue(t, null, { element: 'float64' }).tryPush(1n), TypeError);
});

test('an element of bytes is a copy', (t) => {
  const queue = newQueue(t, null, { capacity: 2, element: { size: 12 } });
  queue.tryPush(Buffer.from('twelve bytes'));
  queue.tryPush(new Uint32Array([1, 2, 3]));
  const first = queue.tryPop();
  const second = queue.tryPop();
  assert.ok(first instanceof Uint8Array);
  assert.strictEqual(Buffer.from(first).toString(), 'twelve bytes');
  assert.deepStrictEqual([...new Uint32Array(second.buffer, 0, 3)], [1, 2, 3]);
  assert.throws(() => queue.tryPush(Buffer.alloc(11)), RangeError);
  assert.throws(() => queue.tryPush('twelve bytes'), RangeError);
});

test('a format of its own', async (t) => {
  const tick = {
    size: 16,
    write(view, { price, volume }) {
      view.setFloat64(0, price, true);
      view.setUint32(8, volume, true);
    },
    read: (view) => ({ price: view.getFloat64(0, true), volume: view.getUint32(8, true) }),
  };
  const queue = newQueue(t, null, { capacity: 8, element: tick });
  const ticks = [1, 2, 3].map((i) => ({ price: i / 2, volume: i }));
  queue.tryPush(ticks[0]);
  assert.deepStrictEqual(queue.tryPop(), ticks[0]);
  assert.strictEqual(queue.tryPushMany(ticks), 3);
  assert.deepStrictEqual(queue.tryPopMany(2), ticks.slice(0, 2));
  assert.deepStrictEqual(await queue.popMany(5), ticks.slice(2));
});

test('full queue refuses and empty queue has nothing', async (t) => {
  const queue = newQueue(t, null, { kind: 'mpmc', capacity: 2, element: 'int32' });
  assert.strictEqual(queue.capacity, 2);
  assert.ok(queue.tryPush(1) && queue.tryPush(2));
  assert.strictEqual(queue.tryPush(3), false);
  await assert.rejects(queue.push(3, { timeout: 0 }), code('ETIMEDOUT'));
  assert.deepStrictEqual([queue.pending, queue.available], [2, 0]);
  assert.strictEqual(await queue.pop(), 1);
  assert.strictEqual(await queue.pop(), 2);
  assert.strictEqual(queue.tryPop(), undefined);
  await assert.rejects(queue.pop({ timeout: 1 }), code('ETIMEDOUT'));
});

test('batches', async (t) => {
  for (const kind of kinds) {
    const queue = newQueue(t, newName(t), { kind, capacity: 8, element: 'int16' });
    assert.strictEqual(queue.tryPushMany(Int16Array.from({ length: 10 }, (_, i) => i)), 8);
    assert.strictEqual(queue.tryPushMany([9]), 0);
    const into = new Int16Array(5);
    assert.strictEqual(queue.tryPopMany(into), 5);
    assert.deepStrictEqual([...into], [0, 1, 2, 3, 4]);
    assert.deepStrictEqual([...queue.tryPopMany(9)], [5, 6, 7]);
    assert.strictEqual(queue.tryPopMany(9).length, 0);
    assert.strictEqual(await queue.pushMany([]), 0);
    assert.strictEqual(await queue.pushMany([1, 2, 3]), 3);
    assert.deepStrictEqual([...await queue.popMany(2)], [1, 2]);
    queue.shutdown();
    assert.deepStrictEqual([...await queue.popMany(4, { all: true })], [3]);
    await assert.rejects(queue.popMany(4), code('EPIPE'));
    await assert.rejects(queue.pushMany([1]), code('EPIPE'));
    assert.throws(() => queue.tryPushMany(new Int32Array(2)), TypeError);
  }
  const bytes = newQueue(t, null, { capacity: 4, element: { size: 3 } });
  assert.strictEqual(bytes.tryPushMany(Buffer.from('abcdef')), 2);
  assert.throws(() => bytes.tryPushMany(Buffer.from('abcd')), TypeError);
  assert.strictEqual(Buffer.from(bytes.tryPopMany(4)).toString(), 'abcdef');
});

test('zero copy', (t) => {
  for (const name of [null, newName(t)]) {
    const queue = newQueue(t, name, { kind: 'spsc', capacity: 4, element: 'float64' });
    for (let round = 0; round < 7; ++round) {
      const room = queue.reserve(3);
      room.forEach((_, i) => { room[i] = round * 10 + i; });
      assert.strictEqual(queue.peek(1), undefined);
      queue.commit(room.length);
      const seen = queue.peek(9);
      assert.deepStrictEqual([...seen], Array.from(room, (_, i) => round * 10 + i).slice(0, seen.length));
      queue.release(1);
      assert.throws(() => queue.release(1), code('EINVAL'));
      const rest = queue.peek(9)?.length ?? 0;
      assert.ok(rest >= seen.length - 1);
      queue.tryPopMany(rest);
    }
    while (queue.reserve(4) !== undefined) {
      queue.commit(1);
    }
    assert.strictEqual(queue.pending, 4);
    assert.throws(() => queue.release(3.5), code('EINVAL'));
    const view = queue.peek(1);
    queue.close();
    assert.strictEqual(view.length, 0);
  }
  assert.throws(() => newQueue(t, null, { kind: 'mpmc', capacity: 4, element: 'int8' }).reserve(), code('ENOTSUP'));
});

test('another queue is not opened', (t) => {
  const name = newName(t);
  newQueue(t, name, { kind: 'mpsc', capacity: 8, element: 'float64', typeId: 7, tag: 2n ** 63n });
  const options = { kind: 'mpsc', capacity: 8, element: 'float64' };
  for (const other of [{ kind: 'spsc' }, { element: 'float32' }, { capacity: 16 }, { typeId: 8 }]) {
    assert.throws(() => new Queue(name, { ...options, ...other }), code('EINVAL'));
  }
  const any = newQueue(t, name, { mode: 'openOnly' });
  assert.deepStrictEqual([any.kind, any.capacity, any.elementSize, any.created], ['mpsc', 8, 8, false]);
  assert.strictEqual(any.tag, 2n ** 63n);
  assert.strictEqual(any.name, name);
  assert.ok(any.tryPush(new Uint8Array(8)));
  assert.strictEqual(any.tryPop().length, 8);
  assert.throws(() => new Queue(name, { element: 'text' }), TypeError);
  assert.throws(() => new Queue(name, { readOnly: true }), /unknown option readOnly/);
  assert.throws(() => new Queue(name, { kind: 'many' }), /kind has to be one of/);
});

test('a role belongs to one object', (t) => {
  const name = newName(t);
  const options = { kind: 'spsc', capacity: 4, element: 'int8' };
  const a = newQueue(t, name, options);
  const b = newQueue(t, name, options);
  a.tryPush(1);
  assert.throws(() => b.tryPush(2), code('EBUSY'));
  a.releaseRole();
  assert.ok(b.tryPush(2));
  const free = newQueue(t, newName(t), { ...options, exclusive: false, spinNs: -1 });
  assert.ok(free.tryPush(1));
});

test('stats and producers', (t) => {
  const queue = newQueue(t, newName(t), { kind: 'mpmc', capacity: 8, element: 'int8', maxProducers: 3 });
  queue.tryPushMany([1, 2]);
  queue.tryPop();
  assert.deepStrictEqual(queue.stats(), { shutDown: false, pushed: 2, popped: 1, deaths: 0, skipped: 0 });
  assert.deepStrictEqual(queue.producers().map(({ pid, alive }) => [pid, alive]), [[process.pid, true]]);
  assert.strictEqual(queue.placement().shared, true);
  queue.shutdown();
  assert.strictEqual(queue.stats().shutDown, true);
});

test('a closed queue fails', async (t) => {
  const queue = newQueue(t, null, { capacity: 4, element: 'int8' });
  queue.close();
  assert.throws(() => queue.close(), code('EBADF'));
  assert.throws(() => queue.tryPush(1), code('EBADF'));
  assert.throws(() => queue.stats(), code('EBADF'));
  assert.throws(() => queue.pending, code('EBADF'));
  await assert.rejects(queue.pop(), code('EBADF'));
});
