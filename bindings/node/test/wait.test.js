// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { WaitSet } = require('..');
const { newName, newQueue, code, start, until, asleep } = require('./helpers.js');

const kinds = ['spsc', 'mpsc', 'mpmc'];

test('a push ends a pop that waits, and the reverse', async (t) => {
  for (const kind of kinds) {
    const queue = newQueue(t, newName(t), { kind, capacity: 1, element: 'int32' });
    for (let i = 0; i < 3; ++i) {
      const pop = queue.pop();
      await asleep(1);
      assert.ok(queue.tryPush(i));
      assert.strictEqual(await pop, i);
    }
    queue.tryPush(1);
    const push = queue.push(2);
    await asleep(1);
    assert.strictEqual(queue.tryPop(), 1);
    await push;
    assert.strictEqual(queue.tryPop(), 2);
  }
});

test('waits end in their order', async (t) => {
  const queue = newQueue(t, newName(t), { kind: 'mpmc', capacity: 16, element: 'int32' });
  const pops = Array.from({ length: 10 }, () => queue.pop());
  for (let i = 0; i < 10; ++i) {
    await queue.push(i);
  }
  assert.deepStrictEqual(await Promise.all(pops), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('an ended wait takes nothing', async (t) => {
  const queue = newQueue(t, newName(t), { kind: 'mpmc', capacity: 1, element: 'int32' });
  await assert.rejects(queue.pop({ timeout: 2 }), code('ETIMEDOUT'));
  const controller = new AbortController();
  const pop = queue.pop({ signal: controller.signal });
  asleep(1).then(() => controller.abort(new Error('enough')));
  await assert.rejects(pop, /enough/);
  queue.tryPush(1);
  await assert.rejects(queue.pop({ signal: controller.signal }), /enough/);
  await assert.rejects(queue.push(2, { timeout: 2 }), code('ETIMEDOUT'));
  assert.strictEqual(await queue.pushMany([2, 3], { timeout: 0 }).catch((error) => error.code), 'ETIMEDOUT');
  assert.strictEqual(queue.pending, 1);
  assert.strictEqual(await queue.pop(), 1);
  await assert.rejects(queue.pop({ timeout: -1 }), RangeError);
});

test('a batch that ends early returns what is done', async (t) => {
  const queue = newQueue(t, null, { capacity: 4, element: 'int32' });
  assert.strictEqual(await queue.pushMany(new Int32Array(6), { timeout: 2 }), 4);
  assert.strictEqual((await queue.popMany(6, { all: true, timeout: 2 })).length, 4);
  const all = queue.popMany(3, { all: true });
  for (let i = 0; i < 3; ++i) {
    await until(() => queue.pending === 0);
    queue.tryPush(i);
  }
  assert.deepStrictEqual([...await all], [0, 1, 2]);
  const large = queue.pushMany(Int32Array.from({ length: 1000 }, (_, i) => i));
  const got = await queue.popMany(new Int32Array(1000), { all: true });
  assert.deepStrictEqual([got, await large], [1000, 1000]);
});

test('shutdown and close end waits', async (t) => {
  const queue = newQueue(t, newName(t), { kind: 'mpmc', capacity: 1, element: 'int32' });
  const pops = [queue.pop(), queue.pop()];
  await asleep(2);
  queue.shutdown();
  for (const pop of pops) {
    await assert.rejects(pop, code('EPIPE'));
  }
  const other = newQueue(t, newName(t), { kind: 'mpmc', capacity: 1, element: 'int32' });
  const waits = [other.pop(), other.awaitElement()];
  other.close();
  for (const wait of waits) {
    await assert.rejects(wait, code('ECANCELED'));
  }
});

test('await waits for the amount and takes nothing', async (t) => {
  const queue = newQueue(t, newName(t), { kind: 'spsc', capacity: 4, element: 'int32' });
  const witness = newQueue(t, null, { capacity: 1, element: 'int8' });
  let awaited = false;
  const wait = queue.awaitElement(3).then(() => { awaited = true; });
  for (let i = 0; i < 3; ++i) {
    await asleep(1);
    const seen = witness.pop();
    await asleep(2);
    witness.tryPush(1);
    await seen; // the events of both queues have been served
    assert.strictEqual(awaited, false);
    queue.tryPush(i);
  }
  await wait;
  assert.strictEqual(queue.pending, 3);
  await queue.awaitRoom(1);
  await assert.rejects(queue.awaitRoom(2, { timeout: 2 }), code('ETIMEDOUT'));
  await assert.rejects(queue.awaitElement(0), code('EINVAL'));
  const both = [queue.awaitElement(4), queue.awaitRoom(3)]; // the set watches for the smaller amount
  await asleep(2);
  queue.tryPushMany([5]);
  await both[0];
  queue.tryPopMany(3);
  await both[1];
});

test('iterators end with the stream, and let the loop turn', async (t) => {
  const queue = newQueue(t, newName(t), { kind: 'spsc', capacity: 4096, element: 'float64' });
  let turns = 0;
  const timer = setInterval(() => { turns += 1; }, 0);
  queue.tryPushMany(Float64Array.from({ length: 3000 }, (_, i) => i));
  queue.shutdown();
  let next = 0;
  for await (const value of queue) {
    assert.strictEqual(value, next);
    next += 1;
    for (const begin = performance.now(); next % 256 === 0 && performance.now() - begin < 2;); // longer than a timer
  }
  clearInterval(timer);
  assert.strictEqual(next, 3000);
  assert.ok(turns > 1);

  const other = newQueue(t, newName(t), { kind: 'spsc', capacity: 64, element: 'float64' });
  other.pushMany(Float64Array.from({ length: 500 }, (_, i) => i)).then(() => other.shutdown());
  let sum = 0;
  for await (const batch of other.batches(50)) {
    assert.ok(batch.length <= 50);
    sum += batch.reduce((a, b) => a + b);
  }
  assert.strictEqual(sum, 499 * 250);
  await assert.rejects(newQueue(t, null, { element: 'int8' }).elements({ timeout: 1 }).next(), code('ETIMEDOUT'));
});

test('a pending wait keeps the process alive, and no other', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'mpmc', capacity: 4, element: 'int32' });
  const idle = start(t, 'idle', name);
  assert.strictEqual(await idle.line(), 'idle');
  assert.strictEqual(await idle.ended, 0);
  const pending = start(t, 'pending', name);
  assert.strictEqual(await pending.line(), 'waits');
  await queue.push(8);
  assert.strictEqual(await pending.line(), 'got 8');
  assert.strictEqual(await pending.ended, 0);
});

test('workers wait in loops of their own', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'mpmc', capacity: 16, element: 'int32' });
  const source = `
    const { Queue } = require(${JSON.stringify(require.resolve('..'))});
    const queue = new Queue(${JSON.stringify(name)}, { kind: 'mpmc', capacity: 16, element: 'int32' });
    (async () => {
      let sum = 0;
      for await (const value of queue) sum += value;
      require('node:worker_threads').parentPort.postMessage(sum);
    })();`;
  const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }));
  const sums = workers.map((worker) => once(worker, 'message'));
  const exits = workers.map((worker) => once(worker, 'exit'));
  for (let i = 1; i <= 1000; ++i) {
    await queue.push(i);
  }
  queue.shutdown();
  const total = (await Promise.all(sums)).reduce((sum, [one]) => sum + one, 0);
  assert.strictEqual(total, 500500);
  assert.deepStrictEqual((await Promise.all(exits)).flat(), [0, 0, 0]);
});

test('a worker that waits can be terminated', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'spsc', capacity: 4, element: 'int32' });
  const source = `
    const { Queue, WaitSet } = require(${JSON.stringify(require.resolve('..'))});
    const queue = new Queue(${JSON.stringify(name)}, { kind: 'spsc', capacity: 4, element: 'int32' });
    const set = new WaitSet();
    set.add(queue, { room: true });
    queue.pop().then(() => { queue.pop(); require('node:worker_threads').parentPort.postMessage('waits'); });`;
  for (let i = 0; i < 3; ++i) {
    const worker = new Worker(source, { eval: true });
    await queue.push(i);
    assert.deepStrictEqual(await once(worker, 'message'), ['waits']);
    await worker.terminate();
  }
  await queue.push(7);
  assert.strictEqual(await queue.pop(), 7); // the role of the worker is free
});

test('a set reports ready queues', async (t) => {
  const set = new WaitSet();
  const a = newQueue(t, newName(t), { kind: 'spsc', capacity: 4, element: 'int32' });
  const b = newQueue(t, null, { kind: 'mpmc', capacity: 4, element: 'int32' });
  set.add(a, { key: 'a', amount: 2 });
  set.add(b);
  assert.strictEqual(set.size, 2);
  assert.strictEqual(set.tryWait(), undefined);
  const wait = set.wait();
  await assert.rejects(set.wait(), code('EBUSY'));
  a.tryPushMany([1, 2]);
  const [event] = await wait;
  assert.deepStrictEqual([event.key, event.queue, event.element, event.room], ['a', a, true, false]);
  assert.throws(() => set.add(a), code('EEXIST'));
  set.modify(a, { room: true });
  assert.deepStrictEqual(set.tryWait().map(({ key, ready }) => [key === a, ready]), [[true, 2]]);
  set.remove(a);
  assert.throws(() => set.remove(a), code('ENOENT'));
  set.wake();
  assert.deepStrictEqual(await set.wait(), []);
  await assert.rejects(set.wait({ timeout: 1 }), code('ETIMEDOUT'));
  assert.strictEqual(await set.readable({ timeout: 1 }), false);
  b.shutdown();
  assert.strictEqual(await set.readable(), true);
  assert.strictEqual((await set.wait())[0].end, true);
  assert.ok(set.fd > 2);
  const last = set.wait();
  set.close();
  await assert.rejects(last, code('ECANCELED'));
  assert.throws(() => set.wake(), code('EBADF'));
  assert.throws(() => set.close(), code('EBADF'));
});

test('a set is an iterator', async (t) => {
  const set = new WaitSet();
  const queue = newQueue(t, null, { capacity: 4, element: 'int32' });
  set.add(queue);
  queue.tryPushMany([1, 2]);
  queue.shutdown();
  const got = [];
  for await (const event of set) {
    if (event.end) {
      set.remove(event.queue);
    } else {
      got.push(event.queue.tryPop());
    }
  }
  assert.deepStrictEqual(got, [1, 2]);
  set.close();
});
