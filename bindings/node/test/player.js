// SPDX-License-Identifier: MIT
// The conformance player in JavaScript: it reads commands, and answers each with one line.
// bindings/conformance/README.md describes them.
'use strict';

const readline = require('node:readline');
const joinmem = require('..');

const BATCH = 64; // elements of a flood and a drain

const objects = new Map(); // by label; closed ones stay until the label is used again
const reserved = new Map();
const modes = { create: 'createOnly', open: 'openOnly', either: 'createOrOpen' };

class Unknown extends Error {}

function of(label, ...classes) {
  const found = objects.get(label);
  if (!classes.some((one) => found instanceof one)) {
    throw new Unknown();
  }
  return found;
}

const memory = (label) => of(label, joinmem.ShmMem, joinmem.LocalMem);
const queue = (label) => of(label, joinmem.Queue);
const set = (label) => of(label, joinmem.WaitSet);

const whole = (word) => {
  if (!/^\d+$/.test(word ?? '')) {
    throw new Unknown();
  }
  return BigInt(word);
};
const number = (word) => Number(whole(word));
const bytes = (word) => (word === '-' ? Buffer.alloc(0) : Buffer.from(word, 'hex'));
const bytesOf = (view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
const hex = (data) => (data.length === 0 ? '-' : bytesOf(data).toString('hex'));
const wait = (word) => (word === '-1' ? {} : { timeout: number(word) });

function full(operation) {
  return Object.assign(new Error(operation), { code: 'EAGAIN' });
}

function timedOut() {
  return Object.assign(new Error('the time is up'), { code: 'ETIMEDOUT' });
}

function optionsOf(words) {
  const names = {
    type_id: 'typeId', tag: 'tag', max_producers: 'maxProducers', owner_dead: 'ownerDead', exclusive: 'exclusive',
  };
  const options = {};
  for (const word of words) {
    const [key, value] = word.split('=');
    if (key === 'mode' && modes[value]) {
      options.mode = modes[value];
    } else if (names[key]) {
      options[names[key]] = ['owner_dead', 'exclusive'].includes(key) ? value === '1' : whole(value);
    } else {
      throw new Unknown();
    }
  }
  if (options.maxProducers !== undefined) {
    options.maxProducers = Number(options.maxProducers);
  }
  return options;
}

async function flood(label, first, count) {
  const q = queue(label);
  const words = q.elementSize / 8;
  if (!Number.isInteger(words)) {
    throw new Unknown();
  }
  const batch = new BigUint64Array(BATCH * words);
  for (let i = 0; i < count;) {
    const n = Math.min(BATCH, count - i);
    for (let j = 0; j < n; ++j) {
      batch[j * words] = first + BigInt(i + j);
    }
    await q.pushMany(new Uint8Array(batch.buffer, 0, n * q.elementSize));
    i += n;
  }
}

async function drain(label, count) {
  const q = queue(label);
  const words = q.elementSize / 8;
  if (!Number.isInteger(words)) {
    throw new Unknown();
  }
  const batch = new BigUint64Array(BATCH * words);
  let sum = 0n;
  for (let left = count; left > 0;) {
    const into = new Uint8Array(batch.buffer, 0, Math.min(BATCH, left) * q.elementSize);
    const n = await q.popMany(into);
    for (let j = 0; j < n; ++j) {
      sum += batch[j * words];
    }
    left -= n;
  }
  return BigInt.asUintN(64, sum);
}

function watch(method, label, name, ready, key, amount) {
  if (!['e', 'r', 'er', '-'].includes(ready)) {
    throw new Unknown();
  }
  set(label)[method](queue(name), {
    element: ready.includes('e'), room: ready.includes('r'), key: whole(key), amount: whole(amount),
  });
}

const memoryCommands = {
  version: () => joinmem.libraryVersion,
  shm: (label, name, size, mode) => {
    if (mode !== 'read' && !modes[mode]) {
      throw new Unknown();
    }
    const options = mode === 'read' ? { mode: 'openOnly', readOnly: true } : { mode: modes[mode] };
    const made = new joinmem.ShmMem(name, number(size), options);
    objects.set(label, made);
    return `${Number(made.created)} ${made.size}`;
  },
  local: (label, size) => {
    objects.set(label, new joinmem.LocalMem(number(size)));
    return memory(label).size;
  },
  write: (label, offset, data) => memory(label).write(number(offset), bytes(data)),
  read: (label, offset, count) => hex(memory(label).read(number(offset), number(count))),
  placement: (label, key) => {
    const value = memory(label).placement()[key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())];
    if (value === undefined) {
      throw new Unknown();
    }
    return JSON.stringify(value);
  },
  initialise: async (label, offset) => Number(await memory(label).beginInitialise(number(offset))),
  initialised: (label, offset, done) => memory(label).endInitialise(number(offset), done === '1'),
  close: (label) => {
    if (!objects.has(label)) {
      throw new Unknown();
    }
    objects.get(label).close();
  },
  unlink: (name) => joinmem.unlink(name),
};

const queueCommands = {
  queue: (label, kind, name, capacity, size, ...options) => {
    if (!['spsc', 'mpsc', 'mpmc'].includes(kind)) {
      throw new Unknown();
    }
    const made = new joinmem.Queue(name === '-' ? null : name,
      { kind, capacity: number(capacity), element: { size: number(size) }, ...optionsOf(options) });
    objects.set(label, made);
    return Number(made.created);
  },
  push: async (label, data, timeout) => {
    if (timeout !== '0') {
      return queue(label).push(bytes(data), wait(timeout));
    }
    if (!queue(label).tryPush(bytes(data))) {
      throw full('push');
    }
    return undefined;
  },
  pop: async (label, timeout) => {
    const got = timeout === '0' ? queue(label).tryPop() : await queue(label).pop(wait(timeout));
    if (got === undefined) {
      throw full('pop');
    }
    return hex(got);
  },
  push_many: (label, data, timeout) => queue(label).pushMany(bytes(data), wait(timeout)),
  pop_many: async (label, count, timeout) => {
    const got = await queue(label).popMany(number(count), { all: true, ...wait(timeout) });
    return `${got.length / queue(label).elementSize} ${hex(got)}`;
  },
  reserve: (label, count) => {
    const room = queue(label).reserve(number(count));
    if (room === undefined) {
      throw full('reserve');
    }
    reserved.set(label, room);
    return room.length / queue(label).elementSize;
  },
  fill: (label, data) => {
    reserved.get(label).set(bytes(data));
  },
  commit: (label, count) => queue(label).commit(number(count)),
  peek: (label, count) => {
    const seen = queue(label).peek(number(count));
    if (seen === undefined) {
      throw full('peek');
    }
    return `${seen.length / queue(label).elementSize} ${hex(seen)}`;
  },
  release: (label, count) => queue(label).release(number(count)),
  shutdown: (label) => queue(label).shutdown(),
  info: (label) => {
    const q = queue(label);
    return [q.kind, q.elementSize, q.capacity, q.pending, q.available].join(' ');
  },
  stats: (label) => {
    const s = queue(label).stats();
    return [s.pushed, s.popped, s.deaths, s.skipped, Number(s.shutDown)].join(' ');
  },
  tag: (label) => queue(label).tag,
  await_element: (label, amount, timeout) => queue(label).awaitElement(number(amount), wait(timeout)),
  await_room: (label, amount, timeout) => queue(label).awaitRoom(number(amount), wait(timeout)),
  flood: (label, first, count) => flood(label, whole(first), number(count)),
  drain: (label, count) => drain(label, number(count)),
};

const setCommands = {
  set: (label) => {
    objects.set(label, new joinmem.WaitSet());
  },
  add: (...words) => watch('add', ...words),
  modify: (...words) => watch('modify', ...words),
  remove: (label, name) => set(label).remove(queue(name)),
  wait: async (label, count, timeout) => {
    const most = number(count);
    const events = timeout === '0' ? set(label).tryWait(most) : await set(label).wait({ most, ...wait(timeout) });
    if (events === undefined) {
      throw timedOut();
    }
    events.sort((a, b) => (a.key < b.key ? -1 : 1));
    return events.map(({ key, ready }) => `${key}:${ready}`).join(' ');
  },
  wake: (label) => set(label).wake(),
  poll: async (label, timeout) => Number(await set(label).readable(wait(timeout))),
};

const commands = { ...memoryCommands, ...queueCommands, ...setCommands };

async function answer(line) {
  const [command, ...words] = line.split(' ');
  if (!Object.hasOwn(commands, command)) {
    return 'unknown';
  }
  try {
    const value = await commands[command](...words);
    return value === undefined || value === '' ? 'ok' : `ok ${value}`;
  } catch (error) {
    if (error instanceof Unknown) {
      return 'unknown';
    }
    if (error.code === undefined || error.code.startsWith('ERR_')) {
      throw error;
    }
    return `error ${error.code}`;
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line === 'quit') {
      process.stdout.write('ok\n');
      process.exit(0);
    }
    process.stdout.write(`${await answer(line)}\n`);
  }
}

main();
