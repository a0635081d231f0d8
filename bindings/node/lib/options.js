// SPDX-License-Identifier: MIT
// Options of memory and queues, in the form that the addon reads.
'use strict';

const { native } = require('./native.js');

const modes = {
  createOrOpen: native.JM_CREATE_OR_OPEN,
  createOnly: native.JM_CREATE_ONLY,
  openOnly: native.JM_OPEN_ONLY,
};
const huge = { prefer: native.JM_HUGE_PREFER, never: native.JM_HUGE_NEVER, require: native.JM_HUGE_REQUIRE };
const kinds = { spsc: native.JM_SPSC, mpsc: native.JM_MPSC, mpmc: native.JM_MPMC };

function word(table, name, value) {
  if (!Object.hasOwn(table, value)) {
    throw new TypeError(`${name} has to be one of ${Object.keys(table).join(', ')}, and not ${String(value)}`);
  }
  return table[value];
}

const same = (value) => value;
const truth = (value) => (value ? 1 : 0);

const memoryOptions = {
  mode: (value) => word(modes, 'mode', value),
  huge: (value) => word(huge, 'huge', value),
  hugePageSize: same,
  node: same,
  prefault: truth,
  lock: truth,
  permissions: same,
  readOnly: truth,
  onlyOurs: truth,
};

const queueOptions = {
  ...memoryOptions,
  typeId: same,
  tag: same,
  maxProducers: same,
  exclusive: truth,
  ownerDead: truth,
  spinNs: same,
};
delete queueOptions.readOnly;

/** An option that is unknown is a TypeError, since it may be misspelt. */
function translate(options, known, others = []) {
  const made = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || others.includes(name)) {
      continue;
    }
    if (!Object.hasOwn(known, name)) {
      throw new TypeError(`unknown option ${name}; the options are ${[...others, ...Object.keys(known)].join(', ')}`);
    }
    made[name] = known[name](value);
  }
  return made;
}

/** Milliseconds, undefined: no limit. */
function timeoutOf(options) {
  const { timeout } = options;
  if (timeout === undefined || timeout === Infinity) {
    return undefined;
  }
  if (typeof timeout !== 'number' || !(timeout >= 0)) {
    throw new RangeError('timeout has to be a number of milliseconds from 0');
  }
  return timeout;
}

module.exports = { kinds, memoryOptions, queueOptions, translate, word, timeoutOf };
