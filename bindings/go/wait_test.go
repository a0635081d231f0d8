// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"os"
	"runtime/pprof"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestPushWakesPop(t *testing.T) {
	for _, kind := range allKinds {
		q := openQueueOf[int64](t, kind, newName(t), 2)
		got := make(chan int64)
		go func() {
			for i := 0; i < 3; i++ {
				value, err := q.Pop()
				if err != nil {
					value = -1
				}
				got <- value
			}
		}()
		for i := int64(1); i <= 3; i++ {
			sleeping(t, 1)
			check(t, q.Push(i))
			same(t, <-got, i)
		}
	}
}

func TestPopWakesPush(t *testing.T) {
	for _, kind := range allKinds {
		q := openQueueOf[int64](t, kind, newName(t), 1)
		check(t, q.Push(0))
		done := make(chan error)
		go func() { done <- q.Push(1) }()
		sleeping(t, 1)
		same(t, must[int64](t)(q.TryPop()), 0)
		check(t, <-done)
		same(t, must[int64](t)(q.TryPop()), 1)
	}
}

func TestCancelledContextEndsTheWaitWithoutAnElement(t *testing.T) {
	q := openQueueOf[int64](t, Mpmc, newName(t), 1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- second(q.PopContext(ctx)) }()
	sleeping(t, 1)
	cancel()
	exactly(t, <-done, context.Canceled)
	sleeping(t, 0)
	check(t, q.Push(1))
	exactly(t, second(q.PopContext(ctx)), context.Canceled) // although there is an element
	exactly(t, q.PushContext(ctx, 2), context.Canceled)
	same(t, must[uint64](t)(q.Pending()), 1)

	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	exactly(t, q.PushContext(ctx, 2), context.DeadlineExceeded)
	n, err := q.PushSliceContext(ctx, []int64{2, 3})
	same(t, n, 0)
	exactly(t, err, context.DeadlineExceeded)
	same(t, must[int64](t)(q.Pop()), 1)
}

func TestCancelledBatchReturnsWhatIsDone(t *testing.T) {
	q := newQueueOf[int64](t, Spsc, 4)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type result struct {
		n   int
		err error
	}
	done := make(chan result)
	go func() {
		n, err := q.PushSliceContext(ctx, make([]int64, 6))
		done <- result{n, err}
	}()
	sleeping(t, 1)
	cancel()
	got := <-done
	same(t, got.n, 4)
	exactly(t, got.err, context.Canceled)
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	n, err := q.PopFullContext(ctx, make([]int64, 6))
	same(t, n, 4)
	exactly(t, err, context.DeadlineExceeded)
}

func TestTimeoutTakesNothing(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 1)
	_, err := q.PopTimeout(time.Millisecond)
	exactly(t, err, ErrTimeout)
	same(t, countSleeping(), 0)
	check(t, q.PushTimeout(1, time.Hour))
	exactly(t, q.PushTimeout(2, time.Millisecond), ErrTimeout)
	same(t, countSleeping(), 0)
	same(t, must[int64](t)(q.PopTimeout(0)), 1)
	exactly(t, second(q.PopTimeout(0)), ErrTimeout)
}

func TestThousandsOfGoroutinesWaitOnFewThreads(t *testing.T) {
	const queues, each = 60, 50
	all := make([]*Queue[int64], queues)
	var sum, count int64
	var mutex sync.Mutex
	var running sync.WaitGroup
	for i := range all {
		all[i] = openQueueOf[int64](t, Mpmc, newName(t), 64)
		for g := 0; g < each; g++ {
			running.Add(1)
			go func(q *Queue[int64]) {
				defer running.Done()
				value, err := q.Pop()
				mutex.Lock()
				defer mutex.Unlock()
				if err == nil {
					sum, count = sum+value, count+1
				}
			}(all[i])
		}
	}
	sleeping(t, queues*each)
	if threads := pprof.Lookup("threadcreate").Count(); threads > 60 {
		t.Fatalf("%d threads for %d goroutines that wait", threads, queues*each)
	}
	wanted := int64(0)
	for g := 0; g < each; g++ {
		for i, q := range all {
			check(t, q.Push(int64(i*each+g)))
			wanted += int64(i*each + g)
		}
	}
	running.Wait()
	same(t, count, queues*each)
	same(t, sum, wanted)
}

// waitersOf returns the goroutines that wait for elements of a queue. Each wait has a waiter of its own.
func waitersOf(q *Queue[int64]) []*waiter {
	poll.mutex.Lock()
	defer poll.mutex.Unlock()
	return append([]*waiter(nil), q.watch.waiters[elementSide]...)
}

func TestOneElementEndsOneOfManyPops(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 8)
	got := make(chan int64, 10)
	for g := 0; g < 10; g++ {
		go func() {
			if value, err := q.Pop(); err == nil {
				got <- value
			} else {
				got <- -1
			}
		}()
	}
	sleeping(t, 10)
	before := waitersOf(q)
	check(t, q.Push(5))
	same(t, <-got, 5)
	eventsServed(t, newQueueOf[int64](t, Spsc, 1))
	after := waitersOf(q)
	same(t, len(after), 9)
	for i := range after {
		same(t, after[i], before[i+1]) // it has not been woken
	}
	check(t, q.Shutdown())
	for g := 0; g < 9; g++ {
		same(t, <-got, -1)
	}
}

// Goroutines that are woken and do not run yet: the set does not report their elements again and again meanwhile.
func TestSetWatchesForMoreThanWokenGoroutinesTake(t *testing.T) {
	q, witness := newQueueOf[int64](t, Mpmc, 2), newQueueOf[int64](t, Spsc, 1)
	watches := func(ready uint32, amount uint64) {
		t.Helper()
		eventsServed(t, witness)
		poll.mutex.Lock()
		defer poll.mutex.Unlock()
		same(t, uint32(q.watch.ready), ready)
		same(t, q.watch.amount, amount)
	}
	goroutines := [3]*waiter{}
	for i := range goroutines {
		goroutines[i] = &waiter{ready: make(chan uint32, 1), amount: 1}
		check(t, poll.add(q.watch, elementSide, goroutines[i]))
	}
	for i := 0; i < 2; i++ {
		check(t, q.Push(1))
		same(t, <-goroutines[i].ready, uint32(ReadyElement))
		same(t, len(goroutines[i+1].ready), 0)
		if i == 0 {
			watches(uint32(ReadyElement), 2)
		}
	}
	watches(0, 1) // a third element has no room
	poll.retried(q.watch, elementSide)
	same(t, <-goroutines[2].ready, uint32(ReadyElement))
	for range goroutines[1:] {
		poll.retried(q.watch, elementSide)
	}
	same(t, q.watch.woken[elementSide], 0)
	watches(0, 1)
}

// Otherwise the set would report the second element again and again, although nobody waits.
func TestQueueWithoutWaitingGoroutinesIsNotWatched(t *testing.T) {
	q := openQueueOf[int64](t, Mpmc, newName(t), 4)
	done := make(chan error)
	go func() { done <- second(q.Pop()) }()
	sleeping(t, 1)
	same(t, must[int](t)(q.TryPushSlice([]int64{1, 2})), 2)
	check(t, <-done)
	eventsServed(t, newQueueOf[int64](t, Spsc, 1))
	poll.mutex.Lock()
	defer poll.mutex.Unlock()
	same(t, q.watch.ready, 0)
}

func TestShutdownEndsAllWaits(t *testing.T) {
	q := openQueueOf[int64](t, Mpmc, newName(t), 1)
	full := openQueueOf[int64](t, Mpmc, newName(t), 1)
	check(t, full.Push(1))
	done := make(chan error)
	go func() { done <- second(q.Pop()) }()
	go func() { done <- full.Push(2) }()
	sleeping(t, 2)
	check(t, q.Shutdown())
	check(t, full.Shutdown())
	fails(t, <-done, ErrShutDown)
	fails(t, <-done, ErrShutDown)
	same(t, must[int64](t)(full.Pop()), 1)
	fails(t, second(full.Pop()), ErrShutDown)
}

func TestCloseEndsWaits(t *testing.T) {
	q, full := newQueueOf[int64](t, Mpmc, 1), newQueueOf[int64](t, Mpmc, 1)
	check(t, full.Push(1))
	done := make(chan error)
	go func() { done <- second(q.Pop()) }()
	go func() { done <- q.AwaitElement(context.Background(), 1) }()
	go func() { done <- full.Push(2) }()
	sleeping(t, 3)
	check(t, q.Close())
	check(t, full.Close())
	for i := 0; i < 3; i++ {
		err := <-done
		fails(t, err, os.ErrClosed)
		fails(t, err, syscall.ECANCELED)
	}
}

// eventsServed returns once the wait set of the process has served the events of all queues that were ready before.
func eventsServed(t *testing.T, witness *Queue[int64]) {
	t.Helper()
	done := make(chan error)
	go func() { done <- second(witness.Pop()) }()
	until(func() bool { return len(waitersOf(witness)) == 1 })
	check(t, witness.Push(1))
	check(t, <-done)
}

func TestAwaitWaitsForTheAmountAndTakesNothing(t *testing.T) {
	q := openQueueOf[int64](t, Spsc, newName(t), 4)
	ctx := context.Background()
	done := make(chan error)
	go func() { done <- q.AwaitElement(ctx, 3) }()
	go func() { done <- q.AwaitElement(ctx, 3) }()
	sleeping(t, 2)
	witness := newQueueOf[int64](t, Spsc, 4)
	for i := int64(0); i < 2; i++ {
		check(t, q.Push(i))
		eventsServed(t, witness)
		same(t, countSleeping(), 2) // both still wait
	}
	check(t, q.Push(2))
	check(t, <-done)
	check(t, <-done)
	same(t, must[uint64](t)(q.Pending()), 3)
	check(t, q.AwaitRoom(ctx, 1))
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	exactly(t, q.AwaitRoom(short, 2), context.DeadlineExceeded)
	fails(t, q.AwaitElement(ctx, 5), syscall.EINVAL)
	fails(t, q.AwaitElement(ctx, 0), syscall.EINVAL)
}

// Two goroutines wait for different amounts of both sides: the set watches for the smaller amount.
func TestAmountsOfSeveralGoroutinesDiffer(t *testing.T) {
	q := openQueueOf[int64](t, Spsc, newName(t), 4)
	check(t, q.Push(1))
	elements, room := make(chan error), make(chan error)
	go func() { elements <- q.AwaitElement(context.Background(), 2) }()
	go func() { room <- q.AwaitRoom(context.Background(), 4) }()
	sleeping(t, 2)
	same(t, must[int64](t)(q.TryPop()), 1)
	check(t, <-room)
	check(t, q.Push(2))
	check(t, q.Push(3))
	check(t, <-elements)
}

func TestStreamOfAFastProducerAndASlowConsumer(t *testing.T) {
	for _, kind := range allKinds {
		q := openQueueOf[int](t, kind, newName(t), 16)
		const count = 3000
		go func() {
			for i := 0; i < count; i++ {
				if i%100 == 0 {
					until(func() bool { return countSleeping() == 1 })
				}
				if q.Push(i) != nil {
					return
				}
			}
			q.Shutdown()
		}()
		for i := 0; ; i++ {
			value, err := q.Pop()
			if err != nil {
				fails(t, err, ErrShutDown)
				same(t, i, count)
				break
			}
			same(t, value, i)
		}
	}
}
