// SPDX-License-Identifier: MIT
// The Node.js binding of libjoinmem. index.d.ts describes all of it.
'use strict';

const { native } = require('./native.js');
const { LocalMem, ShmMem } = require('./memory.js');
const { Queue } = require('./queue.js');
const { WaitSet } = require('./wait_set.js');
const look = require('./look.js');

module.exports = {
  LocalMem,
  ShmMem,
  Queue,
  WaitSet,
  unlink: look.unlink,
  segmentNames: look.segmentNames,
  inspect: look.inspect,
  inspectPages: look.inspectPages,
  inspectProducers: look.inspectProducers,
  removeUnused: look.removeUnused,
  version: require('../package.json').version,
  libraryVersion: native.version(),
};
