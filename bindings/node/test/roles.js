// SPDX-License-Identifier: MIT
// Programs of other processes for the tests: roles.js ROLE NAME [MORE]
'use strict';

const { Queue, ShmMem } = require('..');
const { asleep } = require('./helpers.js');

const roles = {
  async push(name, count) {
    const queue = new Queue(name, { kind: 'mpsc', capacity: 64, element: 'float64' });
    for (let i = 0; i < Number(count); ++i) {
      await queue.push(i);
    }
    queue.close();
    console.log('done');
  },

  /** Pushes until it is killed. */
  async flood(name) {
    const queue = new Queue(name, { kind: 'mpmc', capacity: 64, element: { size: 24 }, maxProducers: 1 });
    const element = new BigUint64Array(3);
    for (let i = 0n; ; ++i) {
      await queue.push(element.fill(i));
      if (i === 0n) {
        console.log('begun');
      }
    }
  },

  /** Pops one element and waits for the next one until it is killed. */
  async pop(name) {
    const queue = new Queue(name, { kind: 'spsc', capacity: 4, element: 'int32' });
    console.log(await queue.pop());
    await queue.pop();
  },

  /** Ends by itself: nothing is pending. */
  async idle(name) {
    const queue = new Queue(name, { kind: 'mpmc', capacity: 4, element: 'int32' });
    await queue.push(1);
    await queue.pop();
    await queue.pop({ timeout: 1 }).catch(() => {});
    console.log('idle');
  },

  /** A pending pop keeps the process alive. */
  async pending(name) {
    const queue = new Queue(name, { kind: 'mpmc', capacity: 4, element: 'int32' });
    queue.pop().then((value) => console.log('got', value));
    await asleep(1);
    console.log('waits'); // nothing else is left to do
  },

  /** Ends without close (). */
  exit(name) {
    const queue = new Queue(name, { kind: 'mpmc', capacity: 4, element: 'int32' });
    queue.tryPush(5);
    queue.tryPop();
    queue.pop();
    console.log(queue.producers().length);
    process.exit(0);
  },

  async write(name, text) {
    const memory = new ShmMem(name, 4096);
    memory.bytes.set(Buffer.from(text), 100);
    console.log('written');
  },
};

const [role, ...args] = process.argv.slice(2);
roles[role](...args);
