// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// wokenOf returns how many goroutines of a queue are woken and have not tried again.
func wokenOf(q *Queue[int64]) [2]uint64 {
	poll.mutex.Lock()
	defer poll.mutex.Unlock()
	return q.watch.woken
}

func addWaiter(t *testing.T, q *Queue[int64], side int, amount uint64) *waiter {
	t.Helper()
	w := &waiter{ready: make(chan uint32, 1), amount: amount}
	check(t, poll.add(q.watch, side, w))
	return w
}

func TestWaitThatEndsWhenItIsWokenLeavesTheElementToOthers(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 2)
	first, second := addWaiter(t, q, elementSide, 1), addWaiter(t, q, elementSide, 1)
	check(t, q.Push(1))
	until(func() bool { return len(first.ready) == 1 })
	same(t, wokenOf(q), [2]uint64{1, 0})
	poll.remove(q.watch, elementSide, first)
	same(t, <-second.ready, uint32(ReadyElement))
	poll.retried(q.watch, elementSide)
	must[int64](t)(q.TryPop())
	third := addWaiter(t, q, elementSide, 1)
	check(t, q.Shutdown())
	until(func() bool { return len(third.ready) == 1 })
	poll.remove(q.watch, elementSide, third)
	same(t, wokenOf(q), [2]uint64{})
}

// lateContext is done without a channel that says so: a goroutine finds out only when it asks.
type lateContext struct {
	context.Context
	done atomic.Bool
}

func (c *lateContext) Err() error {
	if c.done.Load() {
		return context.Canceled
	}
	return nil
}

func TestContextThatEndsWithTheEventLeavesTheElementToOthers(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 2)
	ctx := &lateContext{Context: context.Background()}
	done := make(chan error)
	go func() { done <- second(q.PopContext(ctx)) }()
	sleeping(t, 1)
	ctx.done.Store(true)
	check(t, q.Push(1))
	exactly(t, <-done, context.Canceled)
	same(t, wokenOf(q), [2]uint64{})
	same(t, must[int64](t)(q.TryPop()), 1)
}

func TestFailedWaitIsInNoList(t *testing.T) {
	w := &watch{handle: -1, capacity: 1}
	fails(t, poll.add(w, elementSide, &waiter{ready: make(chan uint32, 1), amount: 1}), syscall.EBADF)
	same(t, len(w.waiters[elementSide]), 0)
}

// The set would report the elements of woken goroutines again and again because of the smaller amount of room.
func TestSetDoesNotWatchASideForElementsOfWokenGoroutines(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 4)
	for i := 0; i < 3; i++ {
		w := addWaiter(t, q, elementSide, 1)
		check(t, q.Push(1))
		<-w.ready
	}
	last, room := addWaiter(t, q, elementSide, 1), addWaiter(t, q, roomSide, 2)
	poll.mutex.Lock()
	same(t, uint32(q.watch.ready), uint32(ReadyRoom))
	same(t, q.watch.amount, 2)
	poll.mutex.Unlock()
	for i := 0; i < 3; i++ {
		must[int64](t)(q.TryPop())
		poll.retried(q.watch, elementSide)
	}
	<-room.ready
	poll.retried(q.watch, roomSide)
	check(t, q.Push(1))
	<-last.ready
	poll.retried(q.watch, elementSide)
}

// limitInC sets how many goroutines may wait in C, until the end of the test.
func limitInC(t *testing.T, limit int32) {
	before := maxWaitingInC
	maxWaitingInC = limit
	t.Cleanup(func() { maxWaitingInC = before })
}

func TestWaitInCKeepsToItsLimits(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 2)
	element := int64(0)
	at := unsafe.Pointer(&element)
	empty := q.step(opPop, at, 1, time.Microsecond)
	same(t, syscall.Errno(empty.code), syscall.ETIMEDOUT)
	same(t, empty.sentence == nil, true) // nobody would free it
	check(t, q.Push(1))
	q.stepInC(opPop, at, 1, time.Now(), empty) // the time is up
	same(t, must[uint64](t)(q.Pending()), 1)
	q.stepInC(opPop, at, 1, time.Time{}, empty)
	same(t, must[uint64](t)(q.Pending()), 0)
	check(t, q.Push(1))
	limitInC(t, 0)
	q.stepInC(opPop, at, 1, time.Time{}, empty) // too many wait
	same(t, must[uint64](t)(q.Pending()), 1)
	same(t, waitingInC.Load(), 0)
}

func TestFailureOfAPushHasTheSentenceOfTheLibrary(t *testing.T) {
	name := newName(t)
	check(t, openQueueOf[int64](t, Spsc, name, 2).Push(1))
	err := openQueueOf[int64](t, Spsc, name, 2).Push(2)
	fails(t, err, syscall.EBUSY)
	if !strings.Contains(err.Error(), "producer") {
		t.Fatal(err)
	}
}

func TestDoneContextAllowsAnAwaitOfWhatIsThere(t *testing.T) {
	q := newQueueOf[int64](t, Spsc, 2)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	exactly(t, q.AwaitElement(ctx, 1), context.Canceled)
	check(t, q.Push(1))
	check(t, q.AwaitElement(ctx, 1))
}

func TestWakeOfAContextIsNoWakeOfTheSet(t *testing.T) {
	s, events := newSet(t), make([]Event, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := 0; i < 50; i++ {
		s.wakeWhenDone(ctx)() // wakes the set, unless the end of the wait is faster
		exactly(t, second(s.TryWait(events)), ErrTimeout)
	}
}

func TestWaitOfASetLeavesNoGoroutine(t *testing.T) {
	s := newSet(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error)
	go func() { done <- second(s.Wait(ctx, make([]Event, 1))) }()
	inWait()
	check(t, s.Wake())
	check(t, <-done)
	stacks := make([]byte, 1<<20)
	for i := 0; strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "wakeWhenDone"); i++ {
		if i == 1000 {
			t.Fatal("the goroutine for the context is left")
		}
		time.Sleep(time.Millisecond) // it has said that it ends
	}
}
