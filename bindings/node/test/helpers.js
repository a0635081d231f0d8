// SPDX-License-Identifier: MIT
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');
const joinmem = require('..');
const { countArmed } = require('../lib/waits.js');

let last = 0;

/** A new name, which the end of the test removes. */
function newName(t) {
  last += 1;
  const name = `/joinmem-node-test-${process.pid}-${last}`;
  t.after(() => joinmem.unlink(name));
  return name;
}

/** A queue that the end of the test closes. */
function newQueue(t, name, options) {
  const queue = new joinmem.Queue(name, options);
  t.after(() => {
    try {
      queue.close();
    } catch {
      // The test has closed it.
    }
  });
  return queue;
}

const code = (name) => ({ code: name });

/** Another process that runs a function of roles.js. What it writes are its lines. */
function start(t, role, ...args) {
  const child = spawn(process.execPath, [path.join(__dirname, 'roles.js'), role, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise((resolve) => { child.on('exit', (status, signal) => resolve(signal ?? status)); });
  return {
    child,
    ended,
    async line() {
      const { value, done } = await lines.next();
      assert.ok(!done, `the role ${role} has ended: ${await Promise.race([ended, 'its output'])}`);
      return value;
    },
  };
}

/** Turns the loop until a condition holds. */
async function until(condition) {
  while (!condition()) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

/** Turns the loop until so many waits of queues sleep: the loop does not try them, the set watches them. */
const asleep = (count) => until(() => countArmed() === count);

module.exports = { newName, newQueue, code, start, until, asleep };
