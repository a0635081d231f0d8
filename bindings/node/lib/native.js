// SPDX-License-Identifier: MIT
// The addon, and the errors that lib/ makes.
'use strict';

const path = require('node:path');

const file = process.env.JOINMEM_NODE_ADDON ?? path.join(__dirname, '..', 'build', 'joinmem.node');
let native;
try {
  native = require(file);
} catch (cause) {
  throw new Error(`joinmem: ${file} cannot be loaded: ${cause.message}. Build it: node build.js`, { cause });
}

/** Throws an error that looks like the library's. */
function fail(operation, errno, sentence) {
  native.error(operation, errno, sentence);
}

/** The same as a value. */
function failure(operation, errno, sentence) {
  try {
    fail(operation, errno, sentence);
  } catch (error) {
    return error;
  }
  return undefined;
}

function timedOut(operation) {
  return failure(operation, native.ETIMEDOUT, 'the time is up: Connection timed out');
}

function cancelled(operation) {
  return failure(operation, native.ECANCELED, 'the object was closed: Operation canceled');
}

module.exports = { native, fail, failure, timedOut, cancelled };
