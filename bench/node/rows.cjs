// SPDX-License-Identifier: MIT
// The rows: what one message is, how it is made and read. Message i has the number i, and the consumer counts those that
// have another one.
'use strict';

const FRAME = 8 << 20; // bytes
const STEP = 4096; // bytes between two words of a frame that the consumer reads

const rows = {
  one: { title: 'one 8-byte number', bytes: 8, make: (i) => new Float64Array([i]), read: (message) => message[0] },
  batch: {
    title: '1024 numbers in one message',
    bytes: 8192,
    make: (i) => new Float64Array(1024).fill(i),
    read: (message) => message[0] + message[1023] - message[512],
  },
  frame: {
    title: 'a frame of 8 MiB',
    bytes: FRAME,
    make: (i) => new Float64Array(FRAME / 8).fill(i),
    read(message) {
      let wrong = 0;
      for (let at = 0; at < message.length; at += STEP / 8) {
        wrong += message[at] === message[0] ? 0 : 1;
      }
      return message[0] + wrong;
    },
  },
  trip: {
    title: 'a round trip of one 8-byte number',
    bytes: 8,
    make: (i) => new Float64Array([i]),
    read: (message) => message[0],
  },
};

module.exports = { rows, FRAME };
