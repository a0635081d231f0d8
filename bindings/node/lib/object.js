// SPDX-License-Identifier: MIT
// What memory and queues have in common.
'use strict';

const { native } = require('./native.js');
const { placementOf } = require('./look.js');

class SharedObject {
  #native;

  constructor(made) {
    this.#native = made;
  }

  get created() {
    return native.created(this.#native) === 1;
  }

  get named() {
    return native.named(this.#native) === 1;
  }

  get name() {
    return native.name(this.#native);
  }

  placement() {
    return placementOf(this.#native);
  }
}

/** Lets `using` close objects of these classes, where JavaScript has it. */
function disposable(...classes) {
  for (const one of classes) {
    if (Symbol.dispose) {
      one.prototype[Symbol.dispose] = one.prototype.close;
    }
  }
}

module.exports = { SharedObject, disposable };
