// SPDX-License-Identifier: MIT
// The consumer of one measurement, in a worker or a child process.
'use strict';

const { parentPort, workerData } = require('node:worker_threads');
const { contenders, faulty } = require('./contenders.cjs');

async function main() {
  const { contender, row, name, count, data } = parentPort ? workerData : JSON.parse(process.argv[2]);
  const one = contenders[contender] ?? faulty[contender];
  const port = parentPort ?? process;
  const tell = (message) => (parentPort ? port.postMessage(message) : port.send(message));
  const state = one.prepare(row, name, port, data);
  if (one.listen) {
    state.server = await one.listen(row, state);
  }
  const wrong = one.consume(row, state, count);
  tell({ state: 'ready' });
  tell({ state: 'done', wrong: await wrong });
  port.unref?.();
  if (!parentPort) {
    process.disconnect();
  }
}

main();
