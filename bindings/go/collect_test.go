// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"runtime"
	"testing"
)

// inUse returns whether any process has the segment open.
func inUse(t *testing.T, name string) bool {
	t.Helper()
	segment := must[*Segment](t)(Inspect(name))
	return segment.InUse == nil || *segment.InUse
}

// collected waits until the garbage collector has closed the object of a segment.
func collected(t *testing.T, name string) {
	t.Helper()
	until(func() bool {
		runtime.GC()
		return !inUse(t, name)
	})
}

// forget opens a queue, uses it and returns, so that nothing refers to it.
func forget(t *testing.T, name string, use func(q *Queue[int64])) {
	t.Helper()
	use(must[*Queue[int64]](t)(OpenQueue[int64](Spsc, name, 4)))
}

func TestForgottenQueueIsClosed(t *testing.T) {
	name := newName(t)
	forget(t, name, func(q *Queue[int64]) { check(t, q.Push(1)) })
	collected(t, name)
}

func TestForgottenQueueIsClosedAfterAWait(t *testing.T) {
	name := newName(t)
	forget(t, name, func(q *Queue[int64]) {
		done := make(chan error)
		go func() { done <- second(q.Pop()) }()
		sleeping(t, 1)
		check(t, q.Push(1))
		check(t, <-done)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			sleeping(t, 1)
			cancel()
		}()
		exactly(t, second(q.PopContext(ctx)), context.Canceled)
	})
	collected(t, name)
}

func TestForgottenMemoryIsClosed(t *testing.T) {
	name := newName(t)
	func() {
		m := must[*ShmMem](t)(OpenShm(name, 4096))
		must[int](t)(m.WriteAt([]byte("x"), 0))
	}()
	collected(t, name)
}

// The program has addresses of the mapping, and the garbage collector does not see them.
func TestSlicesOfMappingsOutliveTheirObjects(t *testing.T) {
	names := [2]string{newName(t), newName(t)}
	var elements, room []int64
	var bytes []byte
	forget(t, names[0], func(q *Queue[int64]) {
		check(t, q.Push(7))
		elements, room = must[[]int64](t)(q.Peek(1)), must[[]int64](t)(q.Reserve(1))
	})
	func() {
		m := must[*ShmMem](t)(OpenShm(names[1], 4096))
		bytes = m.Bytes()
		bytes[9] = 8
	}()
	for i := 0; i < 3; i++ {
		other := newName(t)
		forget(t, other, func(q *Queue[int64]) {})
		collected(t, other)
	}
	same(t, inUse(t, names[0]) && inUse(t, names[1]), true)
	same(t, elements[0], 7)
	same(t, bytes[9], 8)
	room[0] = 1
}
