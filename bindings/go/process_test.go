// SPDX-License-Identifier: MIT

package joinmem

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

const streamLength = 20000

func init() {
	roles["pusher"] = func(name string) {
		q, err := OpenQueue[int64](Mpsc, name, 64)
		if err != nil {
			fmt.Println(err)
			return
		}
		for i := int64(0); i < streamLength; i++ {
			if err := q.Push(i); err != nil {
				fmt.Println(err)
				return
			}
		}
		q.Close()
		fmt.Println("done")
	}
	// Pushes until it is killed.
	roles["flood"] = func(name string) {
		q, err := OpenQueue[[3]int64](Mpmc, name, 64, OwnerDead, MaxProducers(1))
		for i := int64(0); err == nil; i++ {
			err = q.Push([3]int64{i, i, i})
			if i == 0 {
				fmt.Println("begun")
			}
		}
	}
	// Pops one element and waits for the next one until it is killed.
	roles["popper"] = func(name string) {
		q, err := OpenQueue[int64](Spsc, name, 4)
		if err != nil {
			return
		}
		value, _ := q.Pop()
		fmt.Println(value)
		q.Pop()
	}
}

func TestTwoProcessesShareAQueue(t *testing.T) {
	name := newName(t)
	q := openQueueOf[int64](t, Mpsc, name, 64)
	other := start(t, "pusher", name)
	for i := int64(0); i < streamLength; i++ {
		same(t, must[int64](t)(q.Pop()), i)
	}
	same(t, other.line(t), "done")
	same(t, must[Stats](t)(q.Stats()), Stats{false, streamLength, streamLength, 0, 0})
}

func TestConsumerGetsAllOfAKilledProducer(t *testing.T) {
	getAllOfAKilledProducer(t)
}

// The death is reported by an event of the set then, and not by the wait in C.
func TestSleepingConsumerGetsAllOfAKilledProducer(t *testing.T) {
	limitInC(t, 0)
	getAllOfAKilledProducer(t)
}

func getAllOfAKilledProducer(t *testing.T) {
	name := newName(t)
	q := openQueueOf[[3]int64](t, Mpmc, name, 64, OwnerDead, MaxProducers(1))
	for turn := 0; turn < 5; turn++ {
		other := start(t, "flood", name)
		same(t, other.line(t), "begun")
		next := int64(0)
		for {
			element, err := q.Pop()
			if err != nil {
				fails(t, err, ErrProducersDead)
				fails(t, err, syscall.EOWNERDEAD)
				break
			}
			same(t, element, [3]int64{next, next, next})
			if next++; next == 1000 {
				check(t, other.Process.Kill())
			}
		}
		if next < 1000 {
			t.Fatal("the producer was reported dead after ", next)
		}
	}
	stats := must[Stats](t)(q.Stats())
	if stats.Deaths != 4 { // the last one is recovered when its slot is needed
		t.Fatal(stats)
	}
}

func TestRoleOfAKilledConsumerIsFree(t *testing.T) {
	name := newName(t)
	q := openQueueOf[int64](t, Spsc, name, 4)
	other := start(t, "popper", name)
	check(t, q.Push(41))
	same(t, other.line(t), "41")
	fails(t, second(q.TryPop()), syscall.EBUSY)
	check(t, other.Process.Kill())
	other.Wait()
	check(t, q.Push(42))
	same(t, must[int64](t)(q.Pop()), 42)
}

func TestInspectionFromOutside(t *testing.T) {
	name := newName(t)
	q := openQueueOf[int64](t, Mpsc, name, 5, Tag(1<<60+1), Permissions(0640))
	check(t, q.Push(1))
	found := false
	for _, other := range must[[]string](t)(SegmentNames()) {
		found = found || other == name
	}
	same(t, found, true)
	segment := must[*Segment](t)(Inspect(name))
	same(t, segment.Kind, "mpsc")
	same(t, segment.Capacity, 8)
	same(t, segment.ElementSize, 8)
	same(t, segment.Tag, 1<<60+1)
	same(t, segment.Pending, 1)
	same(t, segment.Permissions, 0640)
	same(t, segment.CreatorPID, os.Getpid())
	same(t, segment.InUse != nil && *segment.InUse, true)
	producers := must[[]Producer](t)(InspectProducers(name))
	same(t, len(producers), 1)
	same(t, producers[0].PID, int32(os.Getpid()))
	pages := must[*Pages](t)(InspectPages(name, 1<<20))
	same(t, pages.PageSize == nil || *pages.PageSize >= 4096, true)
	fails(t, RemoveUnused(name), syscall.EBUSY)
	check(t, q.Close())
	seen := *segment
	seen.Pushed = 7
	fails(t, RemoveUnusedIfUnchanged(name, &seen), syscall.EAGAIN)
	check(t, RemoveUnusedIfUnchanged(name, must[*Segment](t)(Inspect(name))))
	fails(t, second(Inspect(name)), os.ErrNotExist)
	fails(t, RemoveUnused(name), os.ErrNotExist)
}
