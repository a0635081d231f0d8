// SPDX-License-Identifier: MIT

/**
 * Shared memory and lock-free queues between processes on Linux that survive kill -9, for programs in every language of
 * libjoinmem.
 *
 * Failures are {@link JoinmemError}: an Error with the errno and the sentence of the library. Its page
 * docs/reference/errors.md lists all of them. A misspelt option or a value of a wrong type is a TypeError, a bad length
 * or timeout a RangeError.
 *
 * Each worker has objects of its own: open the same names there. No call stops the event loop; those that wait return
 * promises, and a pending one keeps the process alive.
 */

import type { Kind, Pages, Placement, Producer, Segment, Stats } from './reports';
export type { Kind, Pages, Placement, Producer, Segment, Stats };

export interface JoinmemError extends Error {
  /** The name of the errno: 'EAGAIN', 'EPIPE', ... */
  code: string;
  /** The errno, negative, as in Node's own errors. */
  errno: number;
  /** What failed: 'push', 'ShmMem', ... */
  syscall: string;
}

/** createOrOpen is the default. createOnly: EEXIST if the name exists; openOnly: ENOENT if it does not. */
export type Mode = 'createOrOpen' | 'createOnly' | 'openOnly';

export interface LocalOptions {
  /** Whether the memory is on huge pages: where they cost no extra memory (default), never, or ENOMEM without them. */
  huge?: 'prefer' | 'never' | 'require';
  /** Bytes of a huge page. */
  hugePageSize?: number | bigint;
  /** The NUMA node to which the memory is bound. */
  node?: number;
  /** false: pages come into being at their first touch. */
  prefault?: boolean;
  /** Locks the pages in RAM, or fails. */
  lock?: boolean;
}

export interface SharedOptions extends LocalOptions {
  mode?: Mode;
  /** The mode of a new segment, 0o600 by default; no umask applies. */
  permissions?: number;
  /** Fails for a file that another program made. */
  onlyOurs?: boolean;
}

export interface ShmOptions extends SharedOptions {
  /** Maps for reading; needs mode 'openOnly'. Such memory has no buffer, only read (). */
  readOnly?: boolean;
}

/** How long a call waits. */
export interface WaitOptions {
  /** Milliseconds; 0 tries once. Then the promise rejects with ETIMEDOUT. Default: no limit. */
  timeout?: number;
  /** Ends the wait with the signal's reason. A wait that ended so has taken, or pushed, nothing. */
  signal?: AbortSignal;
}

declare abstract class Memory {
  /**
   * The mapping as an ArrayBuffer, without a copy. The mapping lives as long as the buffer; close () detaches it, so
   * that its views have length 0. A file or compression call that still uses a view must have ended before.
   */
  readonly buffer: ArrayBuffer;
  /** A new view of the whole buffer. */
  readonly bytes: Uint8Array;
  /** Copies bytes out. ERANGE: past the end. */
  read(offset: number, length: number): Buffer;
  /** Copies bytes in, all or none. ERANGE: past the end. EROFS: readOnly. */
  write(offset: number, bytes: NodeJS.TypedArray): void;
  /** The requested bytes, rounded up to base pages. */
  readonly size: number;
  /** Bytes of the smallest page that backs any part now. ENODATA: not known here. */
  readonly pageSize: number;
  /** Whether this object created the segment; true for private memory. */
  readonly created: boolean;
  /** Whether the name refers to this segment. */
  readonly named: boolean;
  /** The name with its leading slash; '' for private memory. */
  readonly name: string;
  /** The NUMA node of the page at offset. */
  nodeOf(offset: number): number;
  /** Binds the memory to a NUMA node and moves its pages. */
  bind(node: number): void;
  /** Locks all pages in RAM. */
  lock(): void;
  unlock(): void;
  placement(): Placement;
  /** Unmaps the memory. The name of a segment stays. EBADF: it is closed. */
  close(): void;
}

/** Private memory, all zero, whose pages are present. EINVAL: size 0 or a bad option. ENOMEM. */
export class LocalMem extends Memory {
  constructor(size: number, options?: LocalOptions);
}

/** A segment: memory with a name, shared by all processes that open it. It stays until unlink (). */
export class ShmMem extends Memory {
  /**
   * Creates the segment, or opens it. @param size bytes; 0 with mode 'openOnly': that of the segment.
   * EINVAL: size 0, a bad name, a file of another size, a queue. EEXIST, ENOENT: the mode. ENOSPC: /dev/shm is full.
   * EACCES, ENOMEM, EMFILE, ENAMETOOLONG, EOVERFLOW, ELOOP, EROFS.
   */
  constructor(name: string, size?: number, options?: ShmOptions);
  /**
   * Lets one process initialise the segment: calls construct in one of them, and waits in the others until it is done.
   * @param ready offset of 4 bytes, a multiple of 4, that the program does not use
   * @returns whether this process did it. If construct throws, the next process does it.
   */
  initialise(ready: number, construct: (memory: this) => void | Promise<void>, options?: WaitOptions): Promise<boolean>;
  /** The first half of initialise (): true: initialise it, then call endInitialise (). */
  beginInitialise(ready: number, options?: WaitOptions): Promise<boolean>;
  endInitialise(ready: number, constructed: boolean): void;
}

/** An element that is one number; 64-bit integers are BigInts. */
export type ScalarName =
  'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64' | 'bigint64' | 'biguint64';

/** An element of that many bytes, 1 to 65536: pushes take any typed array of them, pops return a Uint8Array. */
export interface BytesFormat {
  size: number;
}

/** An element with a format of its own. The view has size bytes. */
export interface CustomFormat<T> {
  size: number;
  write(view: DataView, value: T): void;
  read(view: DataView): T;
}

interface ScalarArrays {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  float32: Float32Array;
  float64: Float64Array;
  bigint64: BigInt64Array;
  biguint64: BigUint64Array;
}

export type Element = ScalarName | BytesFormat | CustomFormat<any>;
/** What push () takes. */
export type Value<E extends Element> =
  E extends 'bigint64' | 'biguint64' ? bigint
  : E extends ScalarName ? number
  : E extends CustomFormat<infer T> ? T
  : NodeJS.TypedArray;
/** What pop () returns. */
export type Popped<E extends Element> =
  E extends CustomFormat<infer T> ? T : E extends BytesFormat ? Uint8Array : Value<E>;
/** The typed array of a batch. */
export type BatchArray<E extends Element> = E extends ScalarName ? ScalarArrays[E] : Uint8Array;
/** What a batch of pops returns. */
export type PoppedBatch<E extends Element> = E extends CustomFormat<infer T> ? T[] : BatchArray<E>;

export interface QueueOptions<E extends Element> extends SharedOptions {
  /** Default: 'spsc'; with mode 'openOnly' that of the queue. */
  kind?: Kind;
  /** Elements, rounded up to a power of two; 0 means 1, or with mode 'openOnly' that of the queue. */
  capacity?: number;
  /** The format; without it, mode 'openOnly' takes the size of the queue's elements. */
  element?: E;
  /** Any number that all processes have to give alike; 0 is not compared. */
  typeId?: number | bigint;
  /** Any number, stored for programs that inspect the segment. */
  tag?: number | bigint;
  /** Producer slots of a shared mpsc or mpmc, 256 by default, at most 1022. */
  maxProducers?: number;
  /** false: no check that one object of a shared spsc pushes, and one pops. */
  exclusive?: boolean;
  /** A pop that waits rejects with EOWNERDEAD once no producer is alive and at least one was killed. */
  ownerDead?: boolean;
  /** Of the C library's waits; the waits of this binding do not spin. */
  spinNs?: number | bigint;
}

/**
 * A bounded lock-free queue of elements of one size, delivered in push order. Elements are copied as bytes.
 *
 * Errors of all pushes and pops: EPIPE: shut down (a pop: and drained). EBADF: closed; ECANCELED: close () ended the
 * wait. EBADMSG: the segment is damaged. EBUSY: exclusive spsc: another object is the producer, or the consumer.
 * Pushes: EUSERS: no producer slot is left.
 */
export class Queue<E extends Element = BytesFormat> implements AsyncIterable<Popped<E>> {
  /**
   * Creates the queue, or attaches to it. @param name null: a private queue
   * EINVAL: a bad name or option; a queue of another kind, capacity, element size or typeId. EBADMSG: not a queue.
   * EEXIST, ENOENT, ENOSPC, EACCES and others: as ShmMem.
   */
  constructor(name: string | null, options?: QueueOptions<E>);

  /** Copies one element into the queue. false: it is full. */
  tryPush(value: Value<E>): boolean;
  /** Copies the oldest element out. undefined: the queue is empty. */
  tryPop(): Popped<E> | undefined;
  /** Waits for room. */
  push(value: Value<E>, options?: WaitOptions): Promise<void>;
  /** Waits for an element. EOWNERDEAD: ownerDead. */
  pop(options?: WaitOptions): Promise<Popped<E>>;

  /** Pushes as many as fit, and returns how many. */
  tryPushMany(elements: BatchArray<E> | Value<E>[]): number;
  /** Pops as many as there are: into a typed array, and returns how many; or up to a number, and returns them. */
  tryPopMany(into: BatchArray<E>): number;
  tryPopMany(count: number): PoppedBatch<E>;
  /** Waits until all are pushed. Resolves to how many: fewer only if the wait ended after some. */
  pushMany(elements: BatchArray<E> | Value<E>[], options?: WaitOptions): Promise<number>;
  /** Waits for an element, then takes what there is; with all: until the batch is full, or the wait ends after some. */
  popMany(into: BatchArray<E>, options?: WaitOptions & { all?: boolean }): Promise<number>;
  popMany(count: number, options?: WaitOptions & { all?: boolean }): Promise<PoppedBatch<E>>;

  /** Wait until a pop, or a push, of amount elements need not wait, and take nothing. */
  awaitElement(amount?: number, options?: WaitOptions): Promise<void>;
  awaitRoom(amount?: number, options?: WaitOptions): Promise<void>;

  /** All elements until the queue is shut down and drained. */
  [Symbol.asyncIterator](): AsyncIterator<Popped<E>>;
  elements(options?: WaitOptions): AsyncIterableIterator<Popped<E>>;
  /** The same in batches of up to count elements (1024): faster. */
  batches(count?: number, options?: WaitOptions): AsyncIterableIterator<PoppedBatch<E>>;

  /**
   * spsc, producer: room for up to count elements in the queue itself, in one piece; undefined: full. Write into it,
   * then commit (). It is valid until then, and detached by close ().
   */
  reserve(count?: number): BatchArray<E> | undefined;
  /** Publishes the first count reserved elements, and drops the others. */
  commit(count: number): void;
  /** spsc, consumer: the oldest elements in the queue itself, up to count; undefined: empty. Then release () them. */
  peek(count?: number): BatchArray<E> | undefined;
  /** Removes the first count elements that peek () returned. */
  release(count: number): void;

  /** Ends the stream for good and for all processes: pushes fail with EPIPE, pops take what is left. */
  shutdown(): void;
  /** Gives up the roles of this object in a shared spsc. */
  releaseRole(): void;
  readonly kind: Kind;
  readonly elementSize: number;
  readonly capacity: number;
  /** Elements, and free cells: exact when no call is in progress. */
  readonly pending: number;
  readonly available: number;
  readonly tag: bigint;
  readonly created: boolean;
  readonly named: boolean;
  readonly name: string;
  stats(): Stats;
  producers(): Producer[];
  placement(): Placement;
  bind(node: number): void;
  lock(): void;
  /** Closes this object; pending waits reject with ECANCELED. The queue and its name stay. */
  close(): void;
}

export interface Watch<K> {
  /** Watch for elements: default true in add (), false in modify (). */
  element?: boolean;
  room?: boolean;
  /** What the events of the queue have as key; default: the queue. */
  key?: K;
  /** Elements that have to be there, or to fit; default 1. */
  amount?: number;
}

export interface ReadyEvent<K = unknown> {
  queue: Queue<any> | undefined;
  key: K;
  /** JM_READY_... bits of the C library; the members below have them by name. */
  ready: number;
  element: boolean;
  room: boolean;
  /** Shut down and, if watched for elements, drained. Reported once. */
  end: boolean;
  /** As EOWNERDEAD of a pop. Reported once. */
  producersDead: boolean;
  damaged: boolean;
}

/**
 * Waits for many queues in one place; plain pushes and pops need none. Events are level-triggered: each wait reports a
 * queue as long as it is ready. A set takes no element. The iterator yields events until the set has no queue.
 */
export class WaitSet implements AsyncIterable<ReadyEvent> {
  constructor();
  /** EEXIST: the set has the queue. EINVAL: an amount of 0, or above the capacity. */
  add<K>(queue: Queue<any>, watch?: Watch<K>): void;
  /** ENOENT: the set does not have the queue. */
  modify<K>(queue: Queue<any>, watch?: Watch<K>): void;
  remove(queue: Queue<any>): void;
  readonly size: number;
  /** A descriptor that is readable when a queue is ready. It belongs to the set. */
  readonly fd: number;
  /** The events that are there; undefined: none. An empty array: wake () was called. */
  tryWait(most?: number): ReadyEvent[] | undefined;
  /** EBUSY: another wait is pending. */
  wait(options?: WaitOptions & { most?: number }): Promise<ReadyEvent[]>;
  /** Whether the descriptor is readable, or becomes so in time. */
  readable(options?: WaitOptions): Promise<boolean>;
  [Symbol.asyncIterator](): AsyncIterator<ReadyEvent>;
  /** Makes the pending wait resolve to an empty array, or else the next one. */
  wake(): void;
  close(): void;
}

/** Removes a name, if it exists; processes that have the segment open keep it. */
export function unlink(name: string): void;
/** The names of all files in shared memory, sorted, with their leading slash. */
export function segmentNames(): string[];
/** Reads the facts of a segment from outside. ENOENT. */
export function inspect(name: string): Segment;
/** Examines the pages of the first `most` bytes of a segment; expensive. */
export function inspectPages(name: string, most?: number): Pages;
export function inspectProducers(name: string): Producer[];
/** Removes a segment that no process has open; with seen, only if it is unchanged. EBUSY: in use. EAGAIN: changed. */
export function removeUnused(name: string, seen?: Segment): void;
/** The version of this package. */
export const version: string;
/** That of the loaded library. */
export const libraryVersion: string;
