// SPDX-License-Identifier: MIT
// Reports, and the inspection of shared memory from outside.
'use strict';

const { native } = require('./native.js');

const wide = new Set(['device', 'inode', 'createdAt', 'typeId', 'tag']); // BigInts: doubles keep only 53 bits

function camel(key) {
  return key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** JSON of the library with keys as JavaScript has them. */
function reportOf(text) {
  const report = JSON.parse(text);
  const made = {};
  for (const [key, value] of Object.entries(report)) {
    if (!key.endsWith('_hex')) {
      const name = camel(key);
      const exact = wide.has(name) && typeof report[`${key}_hex`] === 'string';
      made[name] = exact ? BigInt(report[`${key}_hex`]) : value;
    }
  }
  return made;
}

function placementOf(object) {
  return reportOf(native.placement(object));
}

function segmentNames() {
  return native.segmentNames().split('\0').slice(0, -1);
}

function inspect(name) {
  return reportOf(native.inspect(name));
}

function inspectPages(name, most = Number.MAX_SAFE_INTEGER) {
  return reportOf(native.inspectPages(name, most));
}

function inspectProducers(name) {
  return native.inspectProducers(name);
}

function unlink(name) {
  native.unlink(name);
}

function removeUnused(name, seen) {
  if (seen === undefined) {
    native.removeUnused(name);
  } else {
    native.removeUnusedIfUnchanged(name, seen.device, seen.inode, seen.pushed ?? 0, seen.popped ?? 0);
  }
}

module.exports = { placementOf, segmentNames, inspect, inspectPages, inspectProducers, unlink, removeUnused };
