// SPDX-License-Identifier: MIT
// Compares the queues with what Node.js has itself, and writes docs/bench/node.md: node bench/node/bench.mjs [OPTIONS]
//
//     --rounds N    measurements of each figure, 5 by default; the contenders of a row take turns
//     --only WORD   rows or contenders with that word only
//     --scale X     multiplies the numbers of messages; the check uses 0.01
//     --page FILE   writes the page
//     --faulty      first measures contenders with faults, which have to be rejected
import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import contendersModule from './contenders.cjs';
import rowsModule from './rows.cjs';

const { contenders, faulty } = contendersModule;
const { rows } = rowsModule;
const CONSUMER = fileURLToPath(new URL('consumer.cjs', import.meta.url));

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    scale: { type: 'string', default: '1' },
    page: { type: 'string' },
    faulty: { type: 'boolean', default: false },
  },
});

/** Starts the consumer. Its port has postMessage () or send (), and events. */
function start(one, settings) {
  if (one.where === 'worker') {
    return new Worker(CONSUMER, { workerData: settings });
  }
  const words = [JSON.stringify({ ...settings, data: undefined })];
  return fork(CONSUMER, words, { serialization: one.serialization ?? 'json' });
}

/** Resolves with the next message of the consumer that has this state. */
function said(port, state) {
  return new Promise((resolve, reject) => {
    const listener = (message) => {
      if (message?.state === state) {
        port.off('message', listener);
        resolve(message);
      }
    };
    port.on('message', listener);
    port.once('error', reject);
    port.once('exit', (status) => reject(new Error(`the consumer ended with ${status} before it was ${state}`)));
  });
}

let last = 0;

/** One measurement: nanoseconds for each message. */
async function measure(contender, row, scale) {
  const one = contenders[contender] ?? faulty[contender];
  const count = Math.max(8, Math.round(one.counts[row] * scale));
  const name = `/joinmem-bench-node-${process.pid}-${++last}`;
  const data = one.data?.();
  const port = start(one, { contender, row, name, count, data });
  try {
    const done = said(port, 'done');
    done.catch(() => {});
    await said(port, 'ready');
    const state = one.prepare(row, name, port, data);
    const begin = process.hrtime.bigint();
    const stop = await one.produce(row, state, count);
    const { wrong } = await done;
    const time = Number(process.hrtime.bigint() - begin) / count;
    stop();
    const ended = once(port, 'exit');
    port.ref?.();
    if (one.where === 'worker') {
      await port.terminate();
    } else {
      await ended;
    }
    if (wrong !== 0) {
      throw new Error(`${contender}, ${row}: ${wrong} of ${count} messages are not the expected ones`);
    }
    return time;
  } finally {
    one.clean(name);
    port.kill?.('SIGKILL');
  }
}

function chosen() {
  const list = [];
  for (const row of Object.keys(rows)) {
    for (const [contender, one] of Object.entries(contenders)) {
      if (one.rows.includes(row) && `${row} ${contender}`.includes(options.only)) {
        list.push({ row, contender, times: [] });
      }
    }
  }
  return list;
}

const median = (sorted) => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

function shown(ns) {
  const [unit, factor] = ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  return `${Number((ns / factor).toPrecision(3))} ${unit}`;
}

function table(list, row) {
  const lines = [`## ${rows[row].title[0].toUpperCase()}${rows[row].title.slice(1)}`, '',
    '| contender | median | lowest to highest | times the median of joinmem there |', '|---|---|---|---|'];
  const mine = list.filter((figure) => figure.row === row);
  for (const { contender, times } of mine) {
    const sorted = [...times].sort((a, b) => a - b);
    const { where } = contenders[contender];
    const ours = mine.find((figure) => figure.contender === `joinmem, ${where}`);
    const factor = ours ? median(sorted) / median([...ours.times].sort((a, b) => a - b)) : undefined;
    lines.push(`| ${contender} | ${shown(median(sorted))} | ${shown(sorted[0])} to ${shown(sorted.at(-1))} | `
      + `${factor === undefined ? '' : factor.toPrecision(2)} |`);
  }
  return [...lines, ''];
}

function page(list) {
  const cpu = os.cpus();
  return ['<!-- SPDX-License-Identifier: MIT -->', '<!-- Written by bench/node/bench.mjs. -->', '# Node.js', '',
    'Time for each message from one thread of JavaScript to another: to a child process, or to a worker. The consumer',
    'checks each message. `node bench/node/bench.mjs --page docs/bench/node.md` repeats the figures, with the addon',
    'built.', '',
    `- Machine: ${cpu[0].model.trim()}, ${cpu.length} CPUs, Linux ${os.release()}; Node.js ${process.version}.`,
    `- ${options.rounds} measurements of each figure; the contenders of a row take turns. The table has their median,`,
    '  and the range.',
    '- joinmem: `Spsc` queues of 4096 numbers, 65 536 for batches. Single numbers are tried first, and awaited if the',
    '  queue is full or empty; "await each" awaits every push, and pops by `for await`. Frames are in a `ShmMem` of',
    '  four frames, whose numbers go through the queues. The producer fills each frame, and the consumer reads a word of',
    '  each page of it.',
    '- process.send: `child_process.fork` with `serialization: \'advanced\'`, which passes typed arrays; the default,',
    '  \'json\', does not.',
    '- postMessage and process.send do not limit what is on its way: the consumer answers every 256th message (every',
    '  fourth frame), and the producer waits for these answers. Frames are transferred by postMessage, not copied.',
    '', ...Object.keys(rows).flatMap((row) => table(list, row))].join('\n');
}

async function rejectFaulty() {
  for (const contender of Object.keys(faulty)) {
    const fault = await measure(contender, 'one', 1).then(() => undefined, (error) => error.message);
    if (!/ messages are not the expected ones$/.test(fault)) {
      throw new Error(`${contender} was not rejected: ${fault}`);
    }
    console.log(`rejected: ${fault}`);
  }
}

async function main() {
  if (options.faulty) {
    await rejectFaulty();
  }
  const list = chosen();
  for (let round = 0; round < Number(options.rounds); ++round) {
    for (const figure of list) {
      figure.times.push(await measure(figure.contender, figure.row, Number(options.scale)));
    }
  }
  if (options.page) {
    fs.writeFileSync(options.page, page(list));
  } else {
    console.log(Object.keys(rows).flatMap((row) => table(list, row)).join('\n'));
  }
}

await main();
