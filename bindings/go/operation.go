// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// operation is a call that may wait.
type operation int

const (
	opPush operation = iota // one element
	opPop
	opPushAll // all elements of a batch
	opPopAll
	opPopSome // as many elements as there are, at least one
	opAwaitElement
	opAwaitRoom
)

func (op operation) side() int {
	if op == opPush || op == opPushAll || op == opAwaitRoom {
		return roomSide
	}
	return elementSide
}

func (op operation) name() string {
	if op == opAwaitElement || op == opAwaitRoom {
		return "await"
	}
	if op.side() == roomSide {
		return "push"
	}
	return "pop"
}

// failure returns ErrFull or ErrEmpty for EAGAIN.
func (op operation) failure(result C.jmgo_result) error {
	if isNotReady(result) {
		if op.side() == roomSide {
			return ErrFull
		}
		return ErrEmpty
	}
	return failure(op.name(), result)
}

// A goroutine first waits in C for a moment, where the other side wakes it directly, and then in the wait set. At most
// as many goroutines as there are processors wait in C, as each of them holds a thread.
const momentInC = 50 * time.Microsecond

var (
	waitingInC    atomic.Int32
	maxWaitingInC = int32(runtime.GOMAXPROCS(0))
)

// step executes an operation, and waits in C for at most `wait`. p and n are the elements; for an await n is the
// amount.
func (q *queue) step(op operation, p unsafe.Pointer, n uint64, wait time.Duration) C.jmgo_result {
	at, count, timeout := (*C.char)(p), C.uint64_t(n), C.int64_t(wait)
	switch {
	case op == opPush && wait == 0:
		return C.jmgo_try_push(q.handle, at)
	case op == opPop && wait == 0:
		return C.jmgo_try_pop(q.handle, at)
	}
	switch op {
	case opPush:
		return C.jmgo_push(q.handle, at, timeout)
	case opPop:
		return C.jmgo_pop(q.handle, at, timeout)
	case opPushAll:
		return C.jmgo_push_n(q.handle, at, count, timeout)
	case opPopAll:
		return C.jmgo_pop_n(q.handle, at, count, timeout)
	case opPopSome:
		return C.jmgo_pop_some(q.handle, at, count, timeout)
	case opAwaitRoom:
		return C.jmgo_await(q.handle, 1, count, timeout)
	}
	return C.jmgo_await(q.handle, 0, count, timeout)
}

// stepInC repeats a step that was not ready, and waits for a moment in C if not too many goroutines do.
func (q *queue) stepInC(op operation, p unsafe.Pointer, n uint64, end time.Time, before C.jmgo_result) C.jmgo_result {
	wait := momentInC
	if !end.IsZero() {
		if left := time.Until(end); left < wait {
			wait = left
		}
	}
	if wait <= 0 {
		return before
	}
	defer waitingInC.Add(-1)
	if waitingInC.Add(1) > maxWaitingInC {
		return before
	}
	return q.step(op, p, n, wait)
}

// run executes an operation and waits until it is done, end has come (zero: never) or the context is done. It takes no
// element in the last two cases. @return how many elements are done
func (q *queue) run(ctx context.Context, end time.Time, op operation, p unsafe.Pointer, n uint64) (uint64, error) {
	defer runtime.KeepAlive(q)
	done, amount := uint64(0), uint64(1)
	awaits := op == opAwaitElement || op == opAwaitRoom
	if awaits {
		amount = n
	}
	woken := false // by an event, since the last attempt
	for futile := false; ; futile = true {
		err := ctx.Err()
		if err != nil && (futile || !awaits) {
			if woken {
				poll.retried(q.watch, op.side())
			}
			return done, err // an await takes nothing, so it may try once all the same
		}
		at := unsafe.Add(p, uintptr(done)*q.size)
		result := q.step(op, at, n-done, 0)
		if woken {
			poll.retried(q.watch, op.side())
		}
		if isNotReady(result) {
			result = q.stepInC(op, at, n-done, end, result)
		}
		switch {
		case result.code == 0 && (op == opPushAll || op == opPopAll):
			done += uint64(result.value)
			if done == n {
				return done, nil
			}
			woken = false
			continue
		case result.code == 0 && op == opPopSome:
			return uint64(result.value), nil
		case result.code == 0:
			return n, nil
		case !isNotReady(result):
			return done, failure(op.name(), result)
		}
		if futile && amount > 1 {
			time.Sleep(time.Millisecond) // another goroutine waits for a smaller amount, at which the set wakes both
		}
		if woken, err = q.sleep(ctx, end, op.side(), amount); err != nil {
			return done, err
		}
	}
}

// sleep waits in the wait set of the process until the side may be ready. If it returns true the caller calls
// poll.retried after its next attempt.
func (q *queue) sleep(ctx context.Context, end time.Time, side int, amount uint64) (bool, error) {
	var expired <-chan time.Time
	if !end.IsZero() {
		left := time.Until(end)
		if left <= 0 {
			return false, ErrTimeout
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		expired = timer.C
	}
	w := &waiter{ready: make(chan uint32, 1), amount: amount}
	if err := poll.add(q.watch, side, w); err != nil {
		return false, err
	}
	select {
	case ready := <-w.ready:
		if ready == readyClosed {
			return false, cancelled()
		}
		if ready&C.JM_READY_PRODUCERS_DEAD != 0 && side == elementSide {
			return false, q.checkProducers()
		}
		return ready&endings == 0, nil
	case <-ctx.Done():
		poll.remove(q.watch, side, w)
		return false, ctx.Err()
	case <-expired:
		poll.remove(q.watch, side, w)
		return false, ErrTimeout
	}
}

// checkProducers returns EOWNERDEAD if the producers are still dead; nil if an element or a producer has come.
func (q *queue) checkProducers() error {
	result := C.jmgo_await(q.handle, 0, 1, C.int64_t(10*time.Millisecond))
	if isNotReady(result) {
		return nil
	}
	return failure("pop", result)
}

// try executes an operation without waiting.
func (q *queue) try(op operation, p unsafe.Pointer) error {
	result := q.step(op, p, 1, 0)
	runtime.KeepAlive(q)
	if result.code == 0 {
		return nil
	}
	return op.failure(result)
}

// tryMany pushes as many elements as fit, or pops as many as there are.
func (q *queue) tryMany(op operation, p unsafe.Pointer, n uint64) (int, error) {
	var result C.jmgo_result
	if op.side() == roomSide {
		result = C.jmgo_try_push_n(q.handle, (*C.char)(p), C.uint64_t(n))
	} else {
		result = C.jmgo_try_pop_n(q.handle, (*C.char)(p), C.uint64_t(n))
	}
	runtime.KeepAlive(q)
	if result.code == 0 {
		return int(result.value), nil
	}
	return 0, op.failure(result)
}

// after returns the time at which a timeout ends.
func after(timeout time.Duration) time.Time {
	return time.Now().Add(timeout)
}
