// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const joinmem = require('..');
const { native } = require('../lib/native.js');
const { newName, newQueue, code, start } = require('./helpers.js');

test('two processes share a queue', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'mpsc', capacity: 64, element: 'float64' });
  const other = start(t, 'push', name, '5000');
  for (let i = 0; i < 5000; ++i) {
    assert.strictEqual(await queue.pop(), i);
  }
  assert.strictEqual(await other.line(), 'done');
  assert.strictEqual(await other.ended, 0);
  assert.strictEqual(queue.stats().deaths, 0);
});

test('all elements of a killed producer arrive, and its death is reported', async (t) => {
  const name = newName(t);
  const options = { kind: 'mpmc', capacity: 64, element: { size: 24 }, ownerDead: true, maxProducers: 1 };
  const queue = newQueue(t, name, options);
  for (let round = 0; round < 4; ++round) {
    const other = start(t, 'flood', name);
    assert.strictEqual(await other.line(), 'begun');
    let next = 0n;
    await assert.rejects(async () => {
      for (;;) {
        const words = new BigUint64Array((await queue.pop()).buffer, 0, 3);
        assert.deepStrictEqual([...words], [next, next, next]);
        next += 1n;
        if (next === 1000n) {
          other.child.kill('SIGKILL');
        }
      }
    }, code('EOWNERDEAD'));
    assert.ok(next >= 1000n);
    await assert.rejects(queue.pop(), code('EOWNERDEAD')); // again, until another producer comes
  }
  assert.strictEqual(queue.stats().deaths, 3); // the last one is recovered when its slot is needed
});

test('the role of a killed consumer is free', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'spsc', capacity: 4, element: 'int32' });
  const other = start(t, 'pop', name);
  await queue.push(41);
  assert.strictEqual(await other.line(), '41');
  assert.throws(() => queue.tryPop(), code('EBUSY'));
  other.child.kill('SIGKILL');
  assert.strictEqual(await other.ended, 'SIGKILL');
  await queue.push(42);
  assert.strictEqual(await queue.pop(), 42);
});

test('a process that exits has closed its queues', async (t) => {
  const name = newName(t);
  const queue = newQueue(t, name, { kind: 'mpmc', capacity: 4, element: 'int32' });
  const other = start(t, 'exit', name);
  assert.strictEqual(await other.line(), '1');
  assert.strictEqual(await other.ended, 0);
  assert.deepStrictEqual(queue.producers(), []); // a killed one would still be listed
});

test('inspection from outside', (t) => {
  const name = newName(t);
  const options = { kind: 'mpsc', capacity: 5, element: 'float64', tag: 2n ** 60n + 1n, permissions: 0o640 };
  const queue = newQueue(t, name, options);
  queue.tryPush(1);
  assert.ok(joinmem.segmentNames().includes(name));
  const segment = joinmem.inspect(name);
  const { kind, capacity, elementSize, tag, pending, permissions, creatorPid, inUse } = segment;
  assert.deepStrictEqual({ kind, capacity, elementSize, tag, pending, permissions, creatorPid, inUse }, {
    kind: 'mpsc', capacity: 8, elementSize: 8, tag: 2n ** 60n + 1n, pending: 1, permissions: 0o640,
    creatorPid: process.pid, inUse: true,
  });
  assert.strictEqual(segment.inode, BigInt(fs.statSync(`/dev/shm${name}`).ino));
  assert.deepStrictEqual(joinmem.inspectProducers(name).map((producer) => producer.pid), [process.pid]);
  assert.ok(joinmem.inspectPages(name).pageSize >= 4096);
  assert.throws(() => joinmem.removeUnused(name), code('EBUSY'));
  queue.close();
  assert.throws(() => joinmem.removeUnused(name, { ...segment, pushed: 7 }), code('EAGAIN'));
  joinmem.removeUnused(name, joinmem.inspect(name));
  assert.throws(() => joinmem.inspect(name), code('ENOENT'));
});

test('versions are equal', (t) => {
  assert.strictEqual(joinmem.version, joinmem.libraryVersion);
  const meson = path.join(__dirname, '../../../meson.build');
  if (!fs.existsSync(meson)) {
    t.skip('not in the source tree of the library');
    return;
  }
  assert.strictEqual(/version: '([0-9.]+)'/.exec(fs.readFileSync(meson, 'utf8'))[1], joinmem.version);
});

test('every function and constant of the header is bound', (t) => {
  const header = process.env.JOINMEM_FFI_H;
  if (!header) {
    t.skip('JOINMEM_FFI_H does not name the header');
    return;
  }
  const unbound = new Set(['jm_version', 'jm_clear_error', // errors are values
    'jm_queue_cancel', 'jm_queue_resume', // signals and timeouts end waits
    'jm_queue_push', 'jm_queue_pop', 'jm_queue_push_n', 'jm_queue_pop_n', 'jm_queue_pop_some', // they stop the loop
    'jm_local_create', 'jm_shm_open', 'jm_queue_create', 'jm_queue_open', // the ones with options do it
    'jm_wait_create_with', 'jm_wait_options_init', 'JM_INTERRUPTIBLE']); // signal handlers
  const folder = path.join(__dirname, '../src');
  const code = fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).join('');
  const text = fs.readFileSync(header, 'utf8');
  const names = [...text.matchAll(/\b(jm_\w+)\s*\(|\b(JM_[A-Z_]+) = \d+/g)].map((match) => match[1] ?? match[2]);
  assert.ok(names.length > 70);
  assert.deepStrictEqual(names.filter((name) => !unbound.has(name) && !new RegExp(`\\b${name}\\b`).test(code)), []);
  for (const [, name, number] of text.matchAll(/\b(JM_[A-Z_]+) = (\d+)/g)) {
    assert.ok(unbound.has(name) || native[name] === Number(number), name);
  }
});
