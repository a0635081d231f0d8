// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const busy = syscall.EBUSY

// Ready are bits that say what a queue is ready for.
type Ready uint32

// A queue is watched for the first two. The others are reported once after Add or Modify.
const (
	ReadyElement       Ready = C.JM_READY_ELEMENT        // a pop of the watched amount need not wait
	ReadyRoom          Ready = C.JM_READY_ROOM           // a push of the watched amount need not wait
	ReadyEnd           Ready = C.JM_READY_END            // shut down and, if it is watched for elements, drained
	ReadyProducersDead Ready = C.JM_READY_PRODUCERS_DEAD // as ErrProducersDead of a pop, with OwnerDead
	ReadyDamaged       Ready = C.JM_READY_DAMAGED        // pushes and pops fail with EBADMSG
)

// Event reports a queue that is ready.
type Event struct {
	Key   uint64 // the argument of Add or Modify
	Ready Ready  // one bit or several
	_     uint32
}

// The library writes into the slice of the caller.
var (
	_ [unsafe.Sizeof(Event{})]byte = [C.sizeof_jm_wait_event]byte{}
	_ [16]byte                     = [C.sizeof_jm_wait_event]byte{}
)

// Watchable is a queue of any element type.
type Watchable interface {
	shared() *queue
}

func (q *queue) shared() *queue {
	return q
}

// WaitSet waits for any number of queues at once. Plain pushes and pops need none: goroutines may wait for as many
// queues. Events are level-triggered: each Wait reports a queue as long as it is ready. A set takes no element, so
// another consumer may be faster. One goroutine waits at a time, and holds a thread; all other methods may be called
// meanwhile.
type WaitSet struct {
	handle C.jm_handle
	closed atomic.Bool
	woken  atomic.Bool // Wake was called; a wake-up without it is that of a context
	waits  sync.Mutex  // of Wait
}

// NewWaitSet creates an empty set. EMFILE, ENOMEM.
func NewWaitSet() (*WaitSet, error) {
	result := C.jmgo_wait_create()
	if err := failure("new wait set", result); err != nil {
		return nil, err
	}
	s := &WaitSet{handle: C.jm_handle(result.value)}
	setFinalizer(s, func(s *WaitSet) { s.Close() })
	return s, nil
}

// Add watches a queue until Remove, or until one of the two is closed. ready is ReadyElement, ReadyRoom, both or 0. Its
// events have the key. amount elements have to be there, or to fit, before an event reports the queue.
// Errors: EINVAL: another bit; an amount of 0 or above the capacity. EEXIST: the set has the queue. EBADF: one is
// closed. EAGAIN: no helper thread can be started.
func (s *WaitSet) Add(queue Watchable, ready Ready, key, amount uint64) error {
	q := queue.shared()
	result := C.jmgo_wait_add(s.handle, q.handle, C.uint32_t(ready), C.uint64_t(key), C.uint64_t(amount))
	runtime.KeepAlive(q)
	runtime.KeepAlive(s)
	return failure("add", result)
}

// Modify replaces ready, key and amount of a queue in the set. Errors: as Add; ENOENT: the set does not have the queue.
func (s *WaitSet) Modify(queue Watchable, ready Ready, key, amount uint64) error {
	q := queue.shared()
	result := C.jmgo_wait_modify(s.handle, q.handle, C.uint32_t(ready), C.uint64_t(key), C.uint64_t(amount))
	runtime.KeepAlive(q)
	runtime.KeepAlive(s)
	return failure("modify", result)
}

// Remove stops watching a queue. ENOENT: the set does not have the queue.
func (s *WaitSet) Remove(queue Watchable) error {
	q := queue.shared()
	result := C.jmgo_wait_remove(s.handle, q.handle)
	runtime.KeepAlive(q)
	runtime.KeepAlive(s)
	return failure("remove", result)
}

// Len returns the number of queues in the set.
func (s *WaitSet) Len() (int, error) {
	result := C.jmgo_wait_size(s.handle)
	runtime.KeepAlive(s)
	return int(result.value), failure("len", result)
}

// Wait waits until a queue is ready, and writes one event for each ready queue. It returns how many, 0 after Wake.
// Errors: EINVAL: no room for events. EBUSY: another goroutine waits. ECANCELED: Close. That of the context.
func (s *WaitSet) Wait(ctx context.Context, events []Event) (int, error) {
	if len(events) == 0 {
		return 0, invalid("wait", "there is no room for events")
	}
	if !s.waits.TryLock() {
		return 0, &Error{"wait", busy, "another goroutine waits in the set: " + busy.Error()}
	}
	defer s.waits.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if n, err := s.pollInC(events); err != ErrTimeout {
		return n, err
	}
	defer s.wakeWhenDone(ctx)()
	for {
		n, err := s.waitInC(events, -1)
		if err != nil || n > 0 || s.woken.Swap(false) {
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// TryWait writes the events of the queues that are ready, without waiting. It returns how many, 0 after Wake.
// Errors: ErrTimeout: no queue is ready. And as Wait.
func (s *WaitSet) TryWait(events []Event) (int, error) {
	if len(events) == 0 {
		return 0, invalid("wait", "there is no room for events")
	}
	if !s.waits.TryLock() {
		return 0, &Error{"wait", busy, "another goroutine waits in the set: " + busy.Error()}
	}
	defer s.waits.Unlock()
	return s.pollInC(events)
}

// pollInC passes over a wake-up that a context has left.
func (s *WaitSet) pollInC(events []Event) (int, error) {
	for {
		n, err := s.waitInC(events, 0)
		if err != nil || n > 0 || s.woken.Swap(false) {
			return n, err
		}
	}
}

func (s *WaitSet) waitInC(events []Event, timeout C.int64_t) (int, error) {
	result := C.jmgo_wait(s.handle, (*C.jm_wait_event)(unsafe.Pointer(&events[0])), C.uint64_t(len(events)), timeout)
	runtime.KeepAlive(s)
	if isNotReady(result) {
		return 0, ErrTimeout
	}
	if result.code != 0 {
		return 0, failure("wait", result)
	}
	return int(result.value), nil
}

// wakeWhenDone wakes the wait once the context is done. The function that it returns ends that.
func (s *WaitSet) wakeWhenDone(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			C.jm_wait_wake(s.handle)
		case <-stop:
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// Wake makes the Wait in progress return 0 events, or else the next one; several calls before that count as one.
func (s *WaitSet) Wake() error {
	s.woken.Store(true)
	result := C.jmgo_wait_wake(s.handle)
	runtime.KeepAlive(s)
	return failure("wake", result)
}

// Fd returns a descriptor that is readable when a queue is ready: then call TryWait, and serve the events. It stays
// readable until TryWait returns ErrTimeout. It belongs to the set; give a duplicate to os.NewFile.
// Errors: EMFILE, ENFILE. EAGAIN: no helper thread can be started.
func (s *WaitSet) Fd() (int, error) {
	result := C.jmgo_wait_fd(s.handle)
	runtime.KeepAlive(s)
	return int(result.value), failure("fd", result)
}

// Close closes the set; a Wait in progress fails with ECANCELED. The queues stay open. EBADF: it is closed already.
func (s *WaitSet) Close() error {
	if s.closed.Swap(true) {
		return closed("close")
	}
	runtime.SetFinalizer(s, nil)
	return failure("close", C.jmgo_close(s.handle))
}
