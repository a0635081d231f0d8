// SPDX-License-Identifier: MIT
// The library: a queue from producer to consumer, one back for round trips and free frames.
'use strict';

const { Queue, ShmMem, unlink } = require('../../bindings/node');
const { rows, FRAME } = require('./rows.cjs');

const FRAMES = 4;

/** Room for as much as the peers have on its way. */
function open(name, row) {
  const options = { kind: 'spsc', capacity: row === 'batch' ? 65536 : 4096, element: 'float64' };
  return { there: new Queue(`${name}-there`, options), back: new Queue(`${name}-back`, options) };
}

function frames(name) {
  const memory = new ShmMem(`${name}-frames`, FRAMES * FRAME);
  const each = Array.from({ length: FRAMES }, (_, i) => new Float64Array(memory.buffer, i * FRAME, FRAME / 8));
  return { memory, each };
}

const producers = {
  async one({ there }, count) {
    for (let i = 0; i < count; ++i) {
      if (!there.tryPush(i)) {
        await there.push(i);
      }
    }
  },
  async batch({ there }, count) {
    const batch = new Float64Array(1024);
    for (let i = 0; i < count; ++i) {
      await there.pushMany(batch.fill(i));
    }
  },
  async frame({ there, back, each }, count) {
    for (let i = 0; i < count; ++i) {
      const frame = i < FRAMES ? i : await back.pop();
      each[frame].fill(i);
      await there.push(frame);
    }
  },
  async trip({ there, back }, count) {
    for (let i = 0; i < count; ++i) {
      await there.push(i);
      await back.pop();
    }
  },
};

const consumers = {
  async one({ there }, count) {
    let wrong = 0;
    for (let i = 0; i < count; ++i) {
      wrong += (there.tryPop() ?? await there.pop()) === i ? 0 : 1;
    }
    return wrong;
  },
  async batch({ there }, count) {
    const batch = new Float64Array(1024);
    let wrong = 0;
    for (let i = 0; i < count; ++i) {
      await there.popMany(batch, { all: true });
      wrong += rows.batch.read(batch) === i ? 0 : 1;
    }
    return wrong;
  },
  async frame({ there, back, each }, count) {
    let wrong = 0;
    for (let i = 0; i < count; ++i) {
      const frame = await there.pop();
      wrong += rows.frame.read(each[frame]) === i ? 0 : 1;
      await back.push(frame);
    }
    return wrong;
  },
  async trip({ there, back }, count) {
    let wrong = 0;
    for (let i = 0; i < count; ++i) {
      const value = await there.pop();
      wrong += value === i ? 0 : 1;
      await back.push(value);
    }
    return wrong;
  },
};

/** One call of await for each number, and the iterator, instead of trying first. */
const awaiting = {
  producers: {
    async one({ there }, count) {
      for (let i = 0; i < count; ++i) {
        await there.push(i);
      }
    },
  },
  consumers: {
    async one({ there }, count) {
      let wrong = 0;
      let got = 0;
      for await (const value of there) {
        wrong += value === got ? 0 : 1;
        got += 1;
        if (got === count) {
          break;
        }
      }
      return wrong;
    },
  },
};

function contender(made, consumed) {
  const prepare = (row, name) => ({ ...open(name, row), ...(row === 'frame' ? frames(name) : {}) });
  const close = ({ there, back, memory }) => [there, back, memory].forEach((object) => object?.close());
  return {
    rows: Object.keys(made),
    prepare,
    async produce(row, state, count) {
      await made[row](state, count);
      return () => close(state);
    },
    async consume(row, state, count) {
      const wrong = await consumed[row](state, count);
      close(state);
      return wrong;
    },
    clean(name) {
      ['there', 'back', 'frames'].forEach((part) => unlink(`${name}-${part}`));
    },
  };
}

/** A producer with a fault, to prove that the consumer finds it. */
function faulty(numbers) {
  const produce = {
    async one({ there }, count) {
      for (let i = 0; i < count; ++i) {
        await there.push(numbers(i));
      }
    },
  };
  return contender(produce, consumers);
}

const faults = {
  'faulty: loses': faulty((i) => (i < 5 ? i : i + 1)),
  'faulty: doubles': faulty((i) => (i < 5 ? i : i - 1)),
  'faulty: swaps': faulty((i) => ({ 5: 6, 6: 5 })[i] ?? i),
  'faulty: alters': faulty((i) => (i === 5 ? 5.5 : i)),
};
const ours = contender(producers, consumers);

module.exports = { ours, awaiting: contender(awaiting.producers, awaiting.consumers), faults };
