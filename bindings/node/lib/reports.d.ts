// SPDX-License-Identifier: MIT

/** Reports of the library. */

/** How many producers and consumers use a queue at a time; the first that fits is the fastest. */
export type Kind = 'spsc' | 'mpsc' | 'mpmc';

/** Where memory is, what was requested, and why they differ. Sizes are bytes, null: not known. */
export interface Placement {
  requestedHuge: 'prefer' | 'never' | 'require';
  requestedPageSize: number;
  requestedNode: number | null;
  requestedPrefault: boolean;
  requestedLock: boolean;
  shared: boolean;
  created: boolean;
  name: string | null;
  size: number;
  backing: 'anonymous' | 'pool' | 'tmpfs' | 'hugetlbfs' | 'file';
  pageSize: number | null;
  hugeBytes: number | null;
  residentBytes: number | null;
  lockedBytes: number | null;
  nodes: number[] | null;
  nodeBytes: number[] | null;
  fallbackErrnos: number[];
  fallbackReasons: string[];
}

export interface Stats {
  shutDown: boolean;
  pushed: number;
  popped: number;
  /** Recovered slots of killed producers; spsc: of consumers, too. */
  deaths: number;
  /** Positions that a killed producer claimed and did not publish. */
  skipped: number;
}

export interface Producer {
  slot: number;
  pid: number;
  /** false: it was killed, and is not recovered yet. */
  alive: boolean;
  inPush: boolean;
}

/** What inspect () found. Of other segments than queues, the members of queues are null. Sizes are bytes. */
export interface Segment {
  kind: Kind | 'memory' | 'damaged' | 'unreadable' | 'other';
  path: string;
  fault: string | null;
  size: number;
  allocated: number;
  hugePage: number | null;
  device: bigint;
  inode: bigint;
  /** Nanoseconds since 1970. */
  createdAt: bigint | null;
  owner: number;
  permissions: number;
  permissionsOctal: string;
  inUse: boolean | null;
  users: number | null;
  version: number | null;
  compatible: number | null;
  incompatible: number | null;
  elementSize: number | null;
  stride: number | null;
  slotCount: number | null;
  capacity: number | null;
  typeId: bigint | null;
  tag: bigint | null;
  sequencesOffset: number | null;
  elementsOffset: number | null;
  segmentSize: number | null;
  creatorPid: number | null;
  consumerSleeps: boolean | null;
  producerSleeps: boolean | null;
  elementWatched: boolean | null;
  roomWatched: boolean | null;
  shutDown: boolean | null;
  pending: number | null;
  pushed: number | null;
  popped: number | null;
  deaths: number | null;
  skipped: number | null;
}

export interface Pages {
  pageSize: number | null;
  hugeBytes: number | null;
  nodes: number[] | null;
  nodeBytes: number[] | null;
}
