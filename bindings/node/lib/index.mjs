// SPDX-License-Identifier: MIT
import joinmem from './index.js';

export const {
  LocalMem, ShmMem, Queue, WaitSet, unlink, segmentNames, inspect, inspectPages, inspectProducers, removeUnused,
  version, libraryVersion,
} = joinmem;
export default joinmem;
