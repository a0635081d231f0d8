// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

func newSet(t *testing.T) *WaitSet {
	s := must[*WaitSet](t)(NewWaitSet())
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSetReportsReadyQueues(t *testing.T) {
	s, events := newSet(t), make([]Event, 4)
	a, b := openQueueOf[int64](t, Spsc, newName(t), 4), newQueueOf[[3]byte](t, Mpmc, 4)
	check(t, s.Add(a, ReadyElement, 1<<63, 2))
	check(t, s.Add(b, ReadyElement, 8, 1))
	same(t, must[int](t)(s.Len()), 2)
	_, err := s.TryWait(events)
	exactly(t, err, ErrTimeout)
	check(t, a.Push(1))
	exactly(t, second(s.TryWait(events)), ErrTimeout) // one of two
	done := make(chan int)
	go func() {
		n, _ := s.Wait(context.Background(), events)
		done <- n
	}()
	inWait()
	check(t, a.Push(2))
	same(t, <-done, 1)
	same(t, events[0].Key, 1<<63)
	same(t, events[0].Ready, ReadyElement)
	fails(t, s.Add(a, ReadyElement, 1, 1), os.ErrExist)
	check(t, s.Modify(a, ReadyRoom, 9, 1))
	same(t, must[int](t)(s.TryWait(events)), 1)
	same(t, events[0].Key, 9)
	same(t, events[0].Ready, ReadyRoom)
	check(t, s.Remove(a))
	fails(t, s.Remove(a), os.ErrNotExist)
	check(t, b.Shutdown())
	same(t, must[int](t)(s.TryWait(events)), 1)
	same(t, events[0].Ready, ReadyEnd)
}

func TestWakeEndsOneWait(t *testing.T) {
	s, events := newSet(t), make([]Event, 4)
	check(t, s.Wake())
	check(t, s.Wake())
	same(t, must[int](t)(s.Wait(context.Background(), events)), 0)
	exactly(t, second(s.TryWait(events)), ErrTimeout)
	done := make(chan int)
	go func() {
		n, err := s.Wait(context.Background(), events)
		if err != nil {
			n = -1
		}
		done <- n
	}()
	inWait()
	check(t, s.Wake())
	same(t, <-done, 0)
}

func TestContextEndsAWaitOfASetAndLeavesNoWake(t *testing.T) {
	s, events := newSet(t), make([]Event, 4)
	for i := 0; i < 20; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*100*time.Microsecond)
		exactly(t, second(s.Wait(ctx, events)), context.DeadlineExceeded)
		cancel()
	}
	exactly(t, second(s.TryWait(events)), ErrTimeout)
}

func TestOneGoroutineWaitsInASet(t *testing.T) {
	s, events := newSet(t), make([]Event, 4)
	done := make(chan error)
	go func() {
		for {
			if _, err := s.Wait(context.Background(), make([]Event, 1)); !errors.Is(err, syscall.EBUSY) {
				done <- err
				return
			}
		}
	}()
	until(func() bool { return second(s.TryWait(events)) != ErrTimeout })
	fails(t, second(s.TryWait(events)), syscall.EBUSY)
	fails(t, second(s.Wait(context.Background(), nil)), syscall.EINVAL)
	check(t, s.Close())
	fails(t, <-done, syscall.ECANCELED)
	fails(t, s.Wake(), os.ErrClosed)
	fails(t, second(s.TryWait(events)), syscall.EBADF)
}

// The runtime's poller watches a duplicate of the descriptor.
func TestDescriptorInTheRuntimesPoller(t *testing.T) {
	s, events := newSet(t), make([]Event, 4)
	q := openQueueOf[int64](t, Mpsc, newName(t), 4)
	check(t, s.Add(q, ReadyElement, 3, 1))
	fd := must[int](t)(s.Fd())
	copied := must[int](t)(syscall.Dup(fd))
	check(t, syscall.SetNonblock(copied, true))
	file := os.NewFile(uintptr(copied), "wait set")
	defer file.Close()
	raw := must[syscall.RawConn](t)(file.SyscallConn())
	n, calls := 0, 0
	check(t, raw.Read(func(uintptr) bool {
		var err error
		n, err = s.TryWait(events)
		if calls++; calls == 1 {
			go q.Push(11) // the poller waits by then, or will
		}
		return err != ErrTimeout
	}))
	same(t, n, 1)
	same(t, events[0].Key, 3)
}
