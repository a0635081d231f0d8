// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { LocalMem, ShmMem, unlink } = require('..');
const { newName, code, start } = require('./helpers.js');

const PAGE = 4096;

test('private memory is zero and keeps its bytes', () => {
  const memory = new LocalMem(PAGE + 1, { huge: 'never' });
  assert.strictEqual(memory.size % PAGE, 0);
  assert.ok(memory.size > PAGE);
  assert.ok(memory.bytes.every((byte) => byte === 0));
  memory.write(99, Buffer.from('abc'));
  assert.strictEqual(Buffer.from(memory.buffer, 98, 5).toString('latin1'), '\0abc\0');
  new Float64Array(memory.buffer, 16, 2)[1] = 0.5;
  assert.strictEqual(memory.read(24, 8).readDoubleLE(), 0.5);
  assert.strictEqual(memory.name, '');
  assert.strictEqual(memory.created, true);
  memory.close();
});

test('access past the end is refused', () => {
  const memory = new LocalMem(PAGE);
  assert.throws(() => memory.read(memory.size, 1), code('ERANGE'));
  assert.throws(() => memory.read(0, memory.size + 1), code('ERANGE'));
  assert.throws(() => memory.read(0, 1e12), code('ERANGE'));
  assert.throws(() => memory.write(memory.size - 1, Buffer.alloc(2)), code('ERANGE'));
  assert.throws(() => memory.read(-1, 1), code('EINVAL'));
  assert.throws(() => memory.read(0.5, 1), code('EINVAL'));
  assert.throws(() => memory.write(0, 'text'), TypeError);
  assert.strictEqual(memory.read(memory.size, 0).length, 0);
  memory.close();
});

test('processes share a segment', async (t) => {
  const name = newName(t);
  const memory = new ShmMem(name, PAGE, { mode: 'createOnly' });
  const other = start(t, 'write', name, 'from afar');
  assert.strictEqual(await other.line(), 'written');
  assert.strictEqual(Buffer.from(memory.buffer, 100, 9).toString(), 'from afar');
  assert.strictEqual(memory.name, name);
  assert.throws(() => new ShmMem(name, PAGE, { mode: 'createOnly' }), code('EEXIST'));
  assert.strictEqual(memory.named, true);
  unlink(name);
  assert.strictEqual(memory.named, false);
  assert.throws(() => new ShmMem(name, 0, { mode: 'openOnly' }), code('ENOENT'));
});

test('close detaches the buffer', () => {
  const memory = new LocalMem(PAGE);
  const { buffer } = memory;
  const view = new Uint8Array(buffer, 8, 8);
  assert.strictEqual(memory.buffer, buffer);
  memory.close();
  assert.strictEqual(buffer.byteLength, 0);
  assert.strictEqual(view.length, 0);
  assert.strictEqual(view[0], undefined);
  assert.throws(() => memory.buffer, code('EBADF'));
  assert.throws(() => memory.read(0, 1), code('EBADF'));
  assert.throws(() => memory.close(), code('EBADF'));
});

test('the buffer keeps the mapping of memory that was forgotten', async () => {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  const views = [];
  for (let i = 0; i < 20; ++i) {
    views.push(new LocalMem(PAGE).bytes.fill(i));
    new LocalMem(PAGE); // no view: it is closed
  }
  for (let i = 0; i < 3; ++i) {
    gc();
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  assert.ok(views.every((view, i) => view[PAGE - 1] === i));
});

test('read-only memory has no buffer', (t) => {
  const name = newName(t);
  const memory = new ShmMem(name, PAGE);
  memory.write(0, Buffer.from('seen'));
  const reader = new ShmMem(name, 0, { mode: 'openOnly', readOnly: true });
  assert.strictEqual(reader.read(0, 4).toString(), 'seen');
  assert.throws(() => reader.buffer, code('EROFS'));
  assert.throws(() => reader.write(0, Buffer.from('x')), code('EROFS'));
});

test('one process initialises', async (t) => {
  const name = newName(t);
  const first = new ShmMem(name, PAGE);
  const second = new ShmMem(name, PAGE);
  assert.strictEqual(await first.beginInitialise(0), true);
  await assert.rejects(second.beginInitialise(0, { timeout: 1 }), code('ETIMEDOUT'));
  const waits = second.initialise(0, (memory) => memory.write(8, Buffer.from('second')));
  first.endInitialise(0, false);
  assert.strictEqual(await waits, true);
  assert.strictEqual(await first.initialise(0, () => assert.fail('a second initialisation')), false);
  assert.strictEqual(first.read(8, 6).toString(), 'second');
  await assert.rejects(second.initialise(16, () => { throw new Error('mine'); }), /mine/);
  assert.strictEqual(await first.beginInitialise(16), true);
  const abort = AbortSignal.timeout(2);
  await assert.rejects(second.beginInitialise(16, { signal: abort }), { name: 'TimeoutError' });
});

test('errors have code, errno and the sentence of the library', () => {
  assert.throws(() => new ShmMem('a/b', PAGE), (error) => {
    assert.ok(error instanceof Error);
    assert.strictEqual(error.code, 'EINVAL');
    assert.strictEqual(error.errno, -22);
    assert.strictEqual(error.syscall, 'ShmMem');
    assert.match(error.message, /a\/b/);
    return true;
  });
  assert.throws(() => unlink('a\0b'), code('EINVAL'));
  assert.throws(() => new LocalMem(0), code('EINVAL'));
});

test('misspelt options are refused', () => {
  assert.throws(() => new LocalMem(PAGE, { hugee: 'never' }), /unknown option hugee/);
  assert.throws(() => new LocalMem(PAGE, { huge: 'no' }), /huge has to be one of/);
  assert.throws(() => new LocalMem(PAGE, { tag: 1 }), /unknown option tag/);
});

test('placement reports the memory', () => {
  const placement = new LocalMem(3 * PAGE, { huge: 'never' }).placement();
  assert.strictEqual(placement.requestedHuge, 'never');
  assert.strictEqual(placement.requestedNode, null);
  assert.strictEqual(placement.shared, false);
  assert.strictEqual(placement.size, 3 * PAGE);
  assert.ok(Array.isArray(placement.fallbackReasons));
});
