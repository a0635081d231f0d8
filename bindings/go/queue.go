// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"context"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Kind says how many producers and consumers, goroutines or processes, use a queue at a time.
type Kind uint32

// Take the first kind that fits.
const (
	Spsc Kind = C.JM_SPSC // one producer, one consumer
	Mpsc Kind = C.JM_MPSC // many producers, one consumer
	Mpmc Kind = C.JM_MPMC // many of both
)

func (k Kind) String() string {
	names := map[Kind]string{Spsc: "Spsc", Mpsc: "Mpsc", Mpmc: "Mpmc"}
	if name, known := names[k]; known {
		return name
	}
	return "unknown kind"
}

// queue is what queues of all element types have in common.
type queue struct {
	handle   C.jm_handle
	size     uintptr // bytes of an element
	capacity uint64
	kind     Kind
	closed   atomic.Bool
	exposed  atomic.Bool // inPlace was called
	watch    *watch      // in the wait set of the process; an object of its own, which does not keep the queue
}

// openQueue makes a private queue if name is nil.
func openQueue(kind Kind, name *string, capacity uint64, size uint32, options []Option) (*queue, error) {
	const op = "open queue"
	with, err := newConfig(op, options, true)
	if err != nil {
		return nil, err
	}
	text := cText{}
	if name != nil {
		if text, err = newText(op, *name); err != nil {
			return nil, err
		}
		defer text.free()
	}
	result := C.jmgo_queue(C.uint32_t(kind), C.uint64_t(capacity), C.uint32_t(size), text.c, &with.memory, &with.queue)
	if err := failure(op, result); err != nil {
		return nil, err
	}
	q := &queue{handle: C.jm_handle(result.value)}
	q.kind = Kind(C.jm_queue_kind(q.handle))
	q.size = uintptr(C.jm_queue_element_size(q.handle))
	q.capacity = uint64(C.jm_queue_capacity(q.handle))
	q.watch = &watch{handle: q.handle, capacity: q.capacity}
	setFinalizer(q, func(q *queue) { q.Close() })
	return q, nil
}

// Close closes this object once the calls in progress have returned; calls that wait fail with ECANCELED. The queue and
// its name stay. Close queues before the program ends: a process that exits without Close counts as killed.
// EBADF: it is closed already.
func (q *queue) Close() error {
	if q.closed.Swap(true) {
		return closed("close")
	}
	runtime.SetFinalizer(q, nil)
	poll.forget(q.watch)
	return failure("close", C.jmgo_close(q.handle))
}

// Shutdown ends the stream for good and for all processes: later pushes fail with ErrShutDown, pops take the remaining
// elements and then fail with ErrShutDown, and all waits end.
func (q *queue) Shutdown() error {
	result := C.jmgo_shutdown(q.handle)
	runtime.KeepAlive(q)
	return failure("shutdown", result)
}

// ReleaseRole gives up the roles of this object in a shared Spsc until its next push or pop. None may be in progress.
func (q *queue) ReleaseRole() error {
	result := C.jmgo_release_role(q.handle)
	runtime.KeepAlive(q)
	return failure("release role", result)
}

// Commit publishes the first count elements that Reserve returned, and drops the others.
// Errors: EINVAL: 0, or too many. ENOTSUP: not a Spsc.
func (q *queue) Commit(count int) error {
	result := C.jmgo_commit(q.handle, C.uint64_t(count))
	runtime.KeepAlive(q)
	return failure("commit", result)
}

// Release removes the first count elements that Peek returned. Errors: EINVAL: 0, or too many. ENOTSUP: not a Spsc.
func (q *queue) Release(count int) error {
	result := C.jmgo_release(q.handle, C.uint64_t(count))
	runtime.KeepAlive(q)
	return failure("release", result)
}

// inPlace is Reserve and Peek. The program has addresses of the segment from now on: only Close unmaps it.
func (q *queue) inPlace(op operation, count int) (unsafe.Pointer, int, error) {
	if !q.exposed.Swap(true) {
		runtime.SetFinalizer(q, nil)
	}
	var piece C.jmgo_piece
	if op == opPush {
		piece = C.jmgo_reserve(q.handle, C.uint64_t(count))
	} else {
		piece = C.jmgo_peek(q.handle, C.uint64_t(count))
	}
	runtime.KeepAlive(q)
	if piece.result.code != 0 {
		return nil, 0, op.failure(piece.result)
	}
	return piece.address, int(piece.result.value), nil
}

// AwaitElement waits until a pop of amount elements would not have to wait, and takes nothing; for Peek. Once the queue
// is shut down it returns nil as long as there is any element.
// Errors: EINVAL: amount is 0 or above the capacity. ErrShutDown: drained. ErrProducersDead. That of the context.
func (q *queue) AwaitElement(ctx context.Context, amount int) error {
	_, err := q.run(ctx, time.Time{}, opAwaitElement, nil, uint64(amount))
	return err
}

// AwaitRoom does the same for a push of amount elements; for Reserve.
func (q *queue) AwaitRoom(ctx context.Context, amount int) error {
	_, err := q.run(ctx, time.Time{}, opAwaitRoom, nil, uint64(amount))
	return err
}

// Kind returns the kind of the queue.
func (q *queue) Kind() Kind {
	return q.kind
}

// ElementSize returns the bytes of an element.
func (q *queue) ElementSize() int {
	return int(q.size)
}

// Capacity returns the maximum number of elements.
func (q *queue) Capacity() uint64 {
	return q.capacity
}

// Pending returns the number of elements: exact when no call is in progress. EBADF after Close.
func (q *queue) Pending() (uint64, error) {
	result := C.jmgo_pending(q.handle)
	runtime.KeepAlive(q)
	return uint64(result.value), failure("pending", result)
}

// Available returns the number of free cells: exact when no call is in progress. EBADF after Close.
func (q *queue) Available() (uint64, error) {
	result := C.jmgo_available(q.handle)
	runtime.KeepAlive(q)
	return uint64(result.value), failure("available", result)
}

// Tag returns the tag with which the queue was created.
func (q *queue) Tag() (uint64, error) {
	var tag C.uint64_t
	result := C.jmgo_tag(q.handle, &tag)
	runtime.KeepAlive(q)
	return uint64(tag), failure("tag", result)
}

// Stats are counters of a queue since its creation. Skipped positions count in Pushed and Popped.
type Stats struct {
	ShutDown bool
	Pushed   uint64 // positions that producers claimed
	Popped   uint64 // positions that consumers passed
	Deaths   uint64 // recovered slots of killed producers; Spsc: of consumers, too
	Skipped  uint64 // positions that a killed producer claimed and did not publish
}

// Stats reads the counters, each by itself.
func (q *queue) Stats() (Stats, error) {
	var stats C.jm_queue_stats
	result := C.jmgo_stats(q.handle, &stats)
	runtime.KeepAlive(q)
	return Stats{stats.shut_down != 0, uint64(stats.pushed), uint64(stats.popped), uint64(stats.deaths),
		uint64(stats.skipped)}, failure("stats", result)
}

// Created reports whether this call created the queue; true for a private one.
func (q *queue) Created() (bool, error) {
	result := C.jmgo_created(q.handle)
	runtime.KeepAlive(q)
	return result.value == 1, failure("created", result)
}

// Named reports whether the name refers to this queue. ENOENT, EACCES: its directory is out of reach.
func (q *queue) Named() (bool, error) {
	result := C.jmgo_named(q.handle)
	runtime.KeepAlive(q)
	return result.value == 1, failure("named", result)
}

// Name returns the queue's name with its leading slash, "" if it is private.
func (q *queue) Name() (string, error) {
	text, err := readText("name", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_name(q.handle, text, size)
	})
	runtime.KeepAlive(q)
	return string(text), err
}

// Producers lists the producer slots that are taken; a private queue has none.
func (q *queue) Producers() ([]Producer, error) {
	defer runtime.KeepAlive(q)
	return readProducers("producers", func(list *C.jm_producer, count C.uint64_t) C.jmgo_result {
		return C.jmgo_producers(q.handle, list, count)
	})
}

// Placement reports where the queue's memory is.
func (q *queue) Placement() (*Placement, error) {
	defer runtime.KeepAlive(q)
	return placementOf(q.handle)
}

// Bind binds all pages of the queue to a NUMA node.
func (q *queue) Bind(node int) error {
	result := C.jmgo_queue_mbind(q.handle, C.int(node))
	runtime.KeepAlive(q)
	return failure("bind", result)
}

// Lock locks all pages of the queue in RAM.
func (q *queue) Lock() error {
	result := C.jmgo_queue_mlock(q.handle)
	runtime.KeepAlive(q)
	return failure("lock", result)
}

// isNotReady: a result that is no fault. The queue is full, empty, or the time of one call into C is up.
func isNotReady(result C.jmgo_result) bool {
	return result.code == C.int(syscall.EAGAIN) || result.code == C.int(syscall.ETIMEDOUT)
}
