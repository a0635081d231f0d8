// SPDX-License-Identifier: MIT
// The contenders by name: `where` the consumer is, and how many messages of each row one measurement has.
'use strict';

const { ours, awaiting, faults } = require('./ours.cjs');
const { worker, child, shared, socket } = require('./peers.cjs');

const contenders = {
  'joinmem, process': { ...ours, where: 'process', counts: { one: 300000, batch: 10000, frame: 60, trip: 3000 } },
  'joinmem, process, await each': { ...awaiting, where: 'process', counts: { one: 50000 } },
  'process.send': {
    ...child, where: 'process', serialization: 'advanced', counts: { one: 12000, batch: 3000, frame: 10, trip: 1500 },
  },
  'Unix socket': { ...socket, where: 'process', counts: { one: 30000, batch: 5000, frame: 20, trip: 2000 } },
  'joinmem, worker': { ...ours, where: 'worker', counts: { one: 300000, batch: 10000, frame: 60, trip: 3000 } },
  'postMessage': { ...worker, where: 'worker', counts: { one: 40000, batch: 10000, frame: 40, trip: 3000 } },
  'SharedArrayBuffer, postMessage': { ...shared, where: 'worker', counts: { frame: 60 } },
};

// Those that the check has to reject.
const faulty = {};
for (const [name, one] of Object.entries(faults)) {
  faulty[name] = { ...one, where: 'worker', counts: { one: 1000 } };
}

module.exports = { contenders, faulty };
