// SPDX-License-Identifier: MIT
// LocalMem and ShmMem.
'use strict';

const { native, fail, timedOut } = require('./native.js');
const { memoryOptions, translate, timeoutOf } = require('./options.js');
const { SharedObject, disposable } = require('./object.js');

const INITIALISE_EVERY = 2; // milliseconds between two attempts while another process initialises

/** Waits, unless the signal ends it: then it throws the signal's reason. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

class Memory extends SharedObject {
  #native;
  #buffer; // made when it is needed
  #readOnly;
  #size;

  constructor(made, readOnly) {
    super(made);
    this.#native = made;
    this.#readOnly = readOnly;
    this.#size = native.size(made);
  }

  get buffer() {
    if (this.#buffer === undefined) {
      if (this.#readOnly) {
        fail('buffer', native.EROFS,
          'JavaScript cannot protect an ArrayBuffer from writes: use read (): Read-only file system');
      }
      this.#buffer = native.memoryBuffer(this.#native);
    }
    return this.#buffer;
  }

  get bytes() {
    return new Uint8Array(this.buffer);
  }

  read(offset, length) {
    const bytes = Buffer.allocUnsafe(Math.min(length, this.#size + 1)); // one too many is refused
    native.readBytes(this.#native, offset, bytes);
    return bytes;
  }

  write(offset, bytes) {
    if (this.#readOnly) {
      fail('write', native.EROFS, 'the memory was opened for reading only: Read-only file system');
    }
    native.writeBytes(this.#native, offset, bytes);
  }

  get size() {
    return this.#size;
  }

  get pageSize() {
    return native.pageSize(this.#native);
  }

  nodeOf(offset) {
    return native.nodeOf(this.#native, offset);
  }

  bind(node) {
    native.bind(this.#native, node);
  }

  lock() {
    native.lock(this.#native);
  }

  unlock() {
    native.unlock(this.#native);
  }

  tryInitialise(offset) {
    return native.tryInitialise(this.#native, offset);
  }

  endInitialise(offset, constructed) {
    native.endInitialise(this.#native, offset, constructed ? 1 : 0);
  }

  close() {
    const buffer = this.#buffer;
    this.#buffer = undefined;
    native.close(this.#native, buffer);
  }
}

class LocalMem extends Memory {
  constructor(size, options = {}) {
    super(native.newLocal(size, translate(options, memoryOptions)), false);
  }
}

class ShmMem extends Memory {
  constructor(name, size = 0, options = {}) {
    super(native.openShm(name, size, translate(options, memoryOptions)), Boolean(options.readOnly));
  }

  async beginInitialise(offset, options = {}) {
    const timeout = timeoutOf(options);
    const end = timeout === undefined ? Infinity : performance.now() + timeout;
    for (;;) {
      options.signal?.throwIfAborted();
      const state = this.tryInitialise(offset);
      if (state !== -1) {
        return state === 1;
      }
      if (performance.now() >= end) {
        throw timedOut('initialise');
      }
      await pause(INITIALISE_EVERY, options.signal);
    }
  }

  async initialise(offset, construct, options = {}) {
    if (!(await this.beginInitialise(offset, options))) {
      return false;
    }
    let constructed = false;
    try {
      await construct(this);
      constructed = true;
    } finally {
      this.endInitialise(offset, constructed);
    }
    return true;
  }
}

disposable(LocalMem, ShmMem);

module.exports = { LocalMem, ShmMem };
