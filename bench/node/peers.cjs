// SPDX-License-Identifier: MIT
// What Node.js has itself: messages to a worker, to a child process, and a Unix socket.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { once } = require('node:events');
const { rows, FRAME } = require('./rows.cjs');

const WINDOW = 256; // messages that are on their way: these channels have no limit of their own

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

/** Messages over a port with postMessage (), or a process with send (). Both sides answer every WINDOW-th message. */
function messages(send, listen) {
  return {
    rows: Object.keys(rows),
    prepare: (row, name, port) => ({ port }),
    async produce(row, { port }, count) {
      const every = row === 'trip' ? 1 : row === 'frame' ? 4 : WINDOW;
      let answers = 0;
      let wake = () => {};
      const stop = listen(port, () => {
        answers += 1;
        wake();
      });
      for (let i = 0; i < count; ++i) {
        send(port, row, rows[row].make(i));
        while (i + 1 - answers * every >= 2 * every || (every === 1 && answers <= i)) {
          await new Promise((resolve) => { wake = resolve; });
        }
      }
      return stop;
    },
    consume(row, { port }, count) {
      const every = row === 'trip' ? 1 : row === 'frame' ? 4 : WINDOW;
      let wrong = 0;
      let got = 0;
      return new Promise((resolve) => {
        const stop = listen(port, (message) => {
          wrong += rows[row].read(message) === got ? 0 : 1;
          got += 1;
          if (got % every === 0) {
            send(port, 'answer', new Float64Array([got]));
          }
          if (got === count) {
            stop();
            resolve(wrong);
          }
        });
      });
    },
    clean() {},
  };
}

function on(port, handler) {
  const listener = (message) => {
    if (message instanceof Float64Array || ArrayBuffer.isView(message)) {
      handler(message);
    }
  };
  port.on('message', listener);
  return () => port.off('message', listener);
}

const worker = messages((port, row, message) => port.postMessage(message, row === 'frame' ? [message.buffer] : []), on);
const child = messages((port, row, message) => port.send(message), on);

/** Frames that both threads share: only their numbers are sent. */
const FRAMES = 4;
const shared = {
  rows: ['frame'],
  prepare(row, name, port, data) {
    const each = Array.from({ length: FRAMES }, (_, i) => new Float64Array(data, i * FRAME, FRAME / 8));
    return { port, each };
  },
  data: () => new SharedArrayBuffer(FRAMES * FRAME),
  async produce(row, { port, each }, count) {
    const free = [0, 1, 2, 3];
    let wake = () => {};
    const stop = on(port, (message) => {
      free.push(message[0]);
      wake();
    });
    for (let i = 0; i < count; ++i) {
      while (free.length === 0) {
        await new Promise((resolve) => { wake = resolve; });
      }
      const frame = free.shift();
      each[frame].fill(i);
      port.postMessage(new Float64Array([frame]));
      await turn();
    }
    return stop;
  },
  consume(row, { port, each }, count) {
    let wrong = 0;
    let got = 0;
    return new Promise((resolve) => {
      const stop = on(port, (message) => {
        wrong += rows.frame.read(each[message[0]]) === got ? 0 : 1;
        port.postMessage(message);
        got += 1;
        if (got === count) {
          stop();
          resolve(wrong);
        }
      });
    });
  },
  clean() {},
};

/** A stream: the consumer counts bytes, and reads whole messages out of a buffer of one. */
const socket = {
  rows: Object.keys(rows),
  prepare: (row, name) => ({ path: `/tmp${name}.socket` }),
  async produce(row, { path }, count) {
    const stream = net.connect(path);
    await once(stream, 'connect');
    let answered = () => {};
    stream.on('data', () => answered());
    for (let i = 0; i < count; ++i) {
      const message = rows[row].make(i);
      const answer = row === 'trip' ? new Promise((resolve) => { answered = resolve; }) : undefined;
      if (!stream.write(Buffer.from(message.buffer, message.byteOffset, message.byteLength))) {
        await once(stream, 'drain');
      }
      await answer;
    }
    return () => stream.destroy();
  },
  async listen(row, { path }) {
    const server = net.createServer();
    server.listen(path);
    await once(server, 'listening');
    return server;
  },
  async consume(row, state, count) {
    const server = state.server;
    const [stream] = await once(server, 'connection');
    const { bytes, read } = rows[row];
    const message = new Float64Array(bytes / 8);
    const buffer = Buffer.from(message.buffer);
    let filled = 0;
    let wrong = 0;
    let got = 0;
    for await (const chunk of stream) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.copy(buffer, filled, at, at + bytes - filled);
        at += part;
        filled += part;
        if (filled === bytes) {
          filled = 0;
          wrong += read(message) === got ? 0 : 1;
          got += 1;
          if (row === 'trip') {
            stream.write(buffer);
          }
        }
      }
      if (got === count) {
        break;
      }
    }
    server.close();
    return wrong;
  },
  clean: (name) => fs.rmSync(`/tmp${name}.socket`, { force: true }),
};

module.exports = { worker, child, shared, socket };
