// SPDX-License-Identifier: MIT
// Formats of elements: how a JavaScript value becomes bytes in the scratch buffer of a queue, and back.
'use strict';

const scalars = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  bigint64: BigInt64Array,
  biguint64: BigUint64Array,
};

/**
 * @typedef Format
 * size: bytes of an element; 0: that of the existing queue. array: the typed array of a batch. perElement: how many of
 * its items are an element. codec (scratch): functions write (value) and read () on the scratch buffer. plain: a batch
 * is the typed array itself; otherwise an array of values.
 */

function scalar(name) {
  const array = scalars[name];
  return {
    size: array.BYTES_PER_ELEMENT,
    array,
    perElement: 1,
    plain: true,
    codec(scratch) {
      const view = new array(scratch, 0, 1);
      return {
        write(value) {
          view[0] = value; // throws a TypeError for a number in place of a BigInt, and the reverse
        },
        read: () => view[0],
      };
    },
  };
}

function bytes(size) {
  return {
    size,
    array: Uint8Array,
    perElement: size,
    plain: true,
    codec(scratch) {
      const view = new Uint8Array(scratch, 0, size);
      return {
        write(value) {
          if (!ArrayBuffer.isView(value) || value.byteLength !== size) {
            throw new RangeError(`an element is a typed array of ${size} bytes`);
          }
          view.set(value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, size));
        },
        read: () => new Uint8Array(view),
      };
    },
  };
}

function custom({ size, write, read }) {
  return {
    size,
    array: Uint8Array,
    perElement: size,
    plain: false,
    codec(scratch) {
      const view = new DataView(scratch, 0, size);
      return { write: (value) => write(view, value), read: () => read(view) };
    },
  };
}

function formatOf(element) {
  if (typeof element === 'string' && Object.hasOwn(scalars, element)) {
    return scalar(element);
  }
  if (element === undefined) {
    return bytes(0);
  }
  if (typeof element !== 'object' || element === null || !Number.isInteger(element.size) || element.size < 0) {
    const names = Object.keys(scalars).join(', ');
    throw new TypeError(`element has to be {size: BYTES}, {size, write, read}, or one of ${names}`);
  }
  if (typeof element.write === 'function' && typeof element.read === 'function') {
    return custom(element);
  }
  return bytes(element.size);
}

/** The format of an existing queue whose element size was not given. */
function resized(format, size) {
  return format.size === 0 ? bytes(size) : format;
}

module.exports = { formatOf, resized };
