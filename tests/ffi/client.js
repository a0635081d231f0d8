// SPDX-License-Identifier: MIT
// The client in JavaScript, on Node.js with koffi; record.h describes what it does.
'use strict';
const fs = require('fs');
const koffi = require('koffi');

const SEGMENT = 100000, BYTES = 128, TEXT = 24, REPLY = 64;
const CREATE_ONLY = 1, OPEN_ONLY = 2;
const CAPACITY = 64, SOME = 16, TIMEOUT = 60000000000n, ELEMENT = 24, FACTOR = 0x9E3779B97F4A7C15n;
const KINDS = {spsc: 1, mpsc: 2, mpmc: 3};
const EPIPE = 32;

koffi.struct('jm_options', {
    struct_size: 'uint32_t', huge: 'uint32_t', huge_page_size: 'uint64_t', numa_node: 'int32_t', prefault: 'uint32_t',
    lock: 'uint32_t', open_mode: 'uint32_t', permissions: 'uint32_t', read_only: 'uint32_t',
});
const library = koffi.load('libjoinmem.so.1');
const jm = {};
for (const [name, prototype] of Object.entries({
    jm_last_error: 'int %s(void)',
    jm_last_error_message: 'const char *%s(void)',
    jm_options_init: 'int %s(_Out_ jm_options *options, uint32_t struct_size)',
    jm_shm_open: 'int64_t %s(uint64_t size, const char *name)',
    jm_shm_open_with: 'int64_t %s(uint64_t size, const char *name, const jm_options *options)',
    jm_unlink: 'int %s(const char *name)',
    jm_get: 'void *%s(int64_t memory, uint64_t offset)',
    jm_size: 'int64_t %s(int64_t memory)',
    jm_mbind: 'int %s(int64_t memory, int node)',
    jm_close: 'int %s(int64_t handle)',
    jm_queue_open: 'int64_t %s(uint32_t kind, uint64_t capacity, uint32_t element_size, const char *name)',
    jm_queue_try_push: 'int %s(int64_t queue, const void *element)',
    jm_queue_push: 'int %s(int64_t queue, const void *element, int64_t timeout_ns)',
    jm_queue_pop: 'int %s(int64_t queue, void *element, int64_t timeout_ns)',
    jm_queue_push_n: 'int64_t %s(int64_t queue, const void *elements, uint64_t count, int64_t timeout_ns)',
    jm_queue_pop_some: 'int64_t %s(int64_t queue, void *elements, uint64_t count, int64_t timeout_ns)',
    jm_queue_shutdown: 'int %s(int64_t queue)',
})) {
    jm[name] = library.func(prototype.replace('%s', name));
}

function print(line) {
    fs.writeSync(1, line + '\n');
}

function error() {
    return `${jm.jm_last_error()} ${jm.jm_last_error_message()}`;
}

function fail() {
    print(error());
    process.exit(1);
}

function checked(result, failure) {
    return result === failure ? fail() : result;
}

function openWith(size, name, mode) {
    const options = {};
    checked(jm.jm_options_init(options, koffi.sizeof('jm_options')), -1);
    options.open_mode = mode;
    return jm.jm_shm_open_with(size, name, options);
}

// The memory itself, from that offset.
function view(memory, offset, count) {
    return Buffer.from(koffi.view(checked(jm.jm_get(memory, offset), null), count));
}

function textOf(bytes) {
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

// Adler-32, as in zlib.
function sum(bytes) {
    let a = 1, b = 0;
    for (const byte of bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
    }
    return b * 65536 + a;
}

function write(name, language) {
    const memory = checked(openWith(SEGMENT, name, CREATE_ONLY), -1);
    const record = view(memory, 0, BYTES), count = SEGMENT - BYTES;
    record.writeBigUInt64LE(0x1122334455667788n, 0);
    record.writeUInt32LE(count, 8);
    record.writeInt32LE(-5, 12);
    record.writeDoubleLE(0.1, 16);
    record.write(`written in ${language}`, TEXT);
    const bytes = view(memory, BYTES, count);
    for (let i = 0; i < count; ++i) {
        bytes[i] = 31 * i + 7;
    }
    print('ready');
    fs.readSync(0, Buffer.alloc(1));
    print(textOf(record.subarray(REPLY, BYTES)));
    checked(jm.jm_unlink(name), -1);
    checked(jm.jm_close(memory), -1);
}

function read(name, language) {
    const memory = checked(openWith(0, name, OPEN_ONLY), -1);
    const record = view(memory, 0, BYTES), count = record.readUInt32LE(8);
    print([jm.jm_size(memory), record.readBigUInt64LE(0).toString(16), count, record.readInt32LE(12),
        record.readDoubleLE(16).toPrecision(17), sum(view(memory, BYTES, count)),
        textOf(record.subarray(TEXT, REPLY))].join(' '));
    record.write(`read in ${language}`, REPLY);
    checked(jm.jm_close(memory), -1);
}

function printError(failed) {
    print(failed ? error() : '0');
}

function errors(name) {
    const memory = checked(jm.jm_shm_open(4096, name), -1);
    printError(openWith(0, name + '-absent', OPEN_ONLY) === -1);
    printError(jm.jm_shm_open(3 * 4096, name) === -1);
    printError(jm.jm_get(memory, 54321) === null);
    jm.jm_unlink(name);
    jm.jm_close(memory);
    printError(jm.jm_mbind(memory, 0) === -1);
    queueErrors(name);
}

function queueErrors(name) {
    const element = Buffer.alloc(ELEMENT);
    const queue = checked(jm.jm_queue_open(KINDS.mpmc, 2, ELEMENT, name), -1);
    jm.jm_queue_try_push(queue, element);
    jm.jm_queue_try_push(queue, element);
    printError(jm.jm_queue_try_push(queue, element) === -1);
    printError(jm.jm_queue_open(KINDS.mpmc, 2, 16, name) === -1);
    jm.jm_queue_shutdown(queue);
    printError(jm.jm_queue_try_push(queue, element) === -1);
    jm.jm_unlink(name);
    jm.jm_close(queue);
}

function openQueue(kind, name) {
    return checked(jm.jm_queue_open(KINDS[kind], CAPACITY, ELEMENT, name), -1);
}

function checkOf(number) {
    return BigInt.asUintN(64, (number + 1n) * FACTOR);
}

function push(kind, name, words, language, shutdown) {
    const queue = openQueue(kind, name), count = Number(words);
    for (let next = 0, one = true; next < count; one = !one) {
        const n = one ? 1 : Math.min(SOME, count - next);
        const some = Buffer.alloc(n * ELEMENT);
        for (let i = 0; i < n; ++i, ++next) {
            const at = i * ELEMENT, number = BigInt(next);
            some.writeBigUInt64LE(number, at);
            some.writeBigUInt64LE(checkOf(number), at + 8);
            some.write(language, at + 16);
        }
        const done = one ? jm.jm_queue_push(queue, some, TIMEOUT) + 1 : jm.jm_queue_push_n(queue, some, n, TIMEOUT);
        checked(done === n, false);
    }
    checked(shutdown ? jm.jm_queue_shutdown(queue) : 0, -1);
    checked(jm.jm_close(queue), -1);
}

function take(writers, element) {
    const text = textOf(element.subarray(16, ELEMENT));
    const number = element.readBigUInt64LE(0), check = element.readBigUInt64LE(8);
    const writer = writers.get(text) || {count: 0n, sum: 0n};
    if (number !== writer.count || check !== checkOf(number)) {
        print(`${number} ${check.toString(16)} of ${text} after ${writer.count}`);
        process.exit(1);
    }
    writers.set(text, {count: writer.count + 1n, sum: BigInt.asUintN(64, writer.sum + check)});
}

function pop(kind, name) {
    const queue = openQueue(kind, name), some = Buffer.alloc(SOME * ELEMENT), writers = new Map();
    for (let one = true; ; one = !one) {
        const n = one ? jm.jm_queue_pop(queue, some, TIMEOUT) + 1 : jm.jm_queue_pop_some(queue, some, SOME, TIMEOUT);
        if (n <= 0) {
            break;
        }
        for (let i = 0; i < n; ++i) {
            take(writers, some.subarray(i * ELEMENT, (i + 1) * ELEMENT));
        }
    }
    checked(jm.jm_last_error() === EPIPE, false);
    for (const [text, writer] of writers) {
        print(`${text} ${writer.count} ${writer.sum}`);
    }
    checked(jm.jm_close(queue), -1);
}

const [call, ...words] = process.argv.slice(2);
({write, read, errors, push, pop})[call](...words);
