// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// ByteQueue is a queue whose element size is known at run time only: an element is a slice of ElementSize bytes, and a
// batch has the bytes of its elements side by side. Its errors are those of Queue, and EINVAL: a slice of another
// length.
type ByteQueue struct {
	*queue
}

// NewByteQueue creates a private queue. elementSize is 1 to 65536 bytes. Errors: as NewQueue.
func NewByteQueue(kind Kind, capacity uint64, elementSize uint32, options ...Option) (*ByteQueue, error) {
	return newByteQueue(kind, nil, capacity, elementSize, options)
}

// OpenByteQueue creates the queue of that name, or attaches to it. With OpenOnly a kind, capacity or elementSize of 0
// takes that of the queue. Errors: as OpenQueue.
func OpenByteQueue(kind Kind, name string, capacity uint64, elementSize uint32, options ...Option) (*ByteQueue, error) {
	return newByteQueue(kind, &name, capacity, elementSize, options)
}

func newByteQueue(kind Kind, name *string, capacity uint64, elementSize uint32, options []Option) (*ByteQueue, error) {
	made, err := openQueue(kind, name, capacity, elementSize, options)
	if err != nil {
		return nil, err
	}
	return &ByteQueue{made}, nil
}

// elements returns the address and the number of the elements in a slice.
func (q *ByteQueue) elements(op operation, bytes []byte) (unsafe.Pointer, uint64, error) {
	if uintptr(len(bytes))%q.size != 0 {
		sentence := fmt.Sprintf("%d bytes are no whole number of elements of %d bytes", len(bytes), q.size)
		return nil, 0, invalid(op.name(), sentence)
	}
	if len(bytes) == 0 {
		return nil, 0, nil
	}
	return noescape(unsafe.Pointer(&bytes[0])), uint64(uintptr(len(bytes)) / q.size), nil
}

func (q *ByteQueue) one(ctx context.Context, end time.Time, op operation, element []byte) error {
	if uintptr(len(element)) != q.size {
		return invalid(op.name(), fmt.Sprintf("%d bytes are no element of %d bytes", len(element), q.size))
	}
	_, err := q.run(ctx, end, op, noescape(unsafe.Pointer(&element[0])), 1)
	runtime.KeepAlive(element)
	return err
}

func (q *ByteQueue) many(ctx context.Context, op operation, bytes []byte) (int, error) {
	at, n, err := q.elements(op, bytes)
	if err != nil || n == 0 {
		return 0, err
	}
	done, err := q.run(ctx, time.Time{}, op, at, n)
	runtime.KeepAlive(bytes)
	return int(done), err
}

func (q *ByteQueue) tryOne(op operation, element []byte) error {
	if uintptr(len(element)) != q.size {
		return invalid(op.name(), fmt.Sprintf("%d bytes are no element of %d bytes", len(element), q.size))
	}
	err := q.try(op, noescape(unsafe.Pointer(&element[0])))
	runtime.KeepAlive(element)
	return err
}

// Push copies one element into the queue, and waits while it is full.
func (q *ByteQueue) Push(element []byte) error {
	return q.one(context.Background(), time.Time{}, opPush, element)
}

// PushContext is Push until the context is done. Then it has pushed nothing and returns the error of the context.
func (q *ByteQueue) PushContext(ctx context.Context, element []byte) error {
	return q.one(ctx, time.Time{}, opPush, element)
}

// PushTimeout is Push for at most the given time. 0 tries once. Then it has pushed nothing and returns ErrTimeout.
func (q *ByteQueue) PushTimeout(element []byte, timeout time.Duration) error {
	return q.one(context.Background(), after(timeout), opPush, element)
}

// TryPush copies one element into the queue without waiting. ErrFull: it is full.
func (q *ByteQueue) TryPush(element []byte) error {
	return q.tryOne(opPush, element)
}

// Pop copies the oldest element into the slice, and waits while there is none. After a failure the content of the slice
// is unspecified.
func (q *ByteQueue) Pop(element []byte) error {
	return q.one(context.Background(), time.Time{}, opPop, element)
}

// PopContext is Pop until the context is done. Then it has taken nothing and returns the error of the context.
func (q *ByteQueue) PopContext(ctx context.Context, element []byte) error {
	return q.one(ctx, time.Time{}, opPop, element)
}

// PopTimeout is Pop for at most the given time. 0 tries once. Then it has taken nothing and returns ErrTimeout.
func (q *ByteQueue) PopTimeout(element []byte, timeout time.Duration) error {
	return q.one(context.Background(), after(timeout), opPop, element)
}

// TryPop copies the oldest element into the slice without waiting. ErrEmpty: there is none.
func (q *ByteQueue) TryPop(element []byte) error {
	return q.tryOne(opPop, element)
}

// PushSlice pushes all elements in order, and waits for room. It returns how many elements were pushed, and an error if
// fewer than all.
func (q *ByteQueue) PushSlice(elements []byte) (int, error) {
	return q.many(context.Background(), opPushAll, elements)
}

// PushSliceContext is PushSlice until the context is done.
func (q *ByteQueue) PushSliceContext(ctx context.Context, elements []byte) (int, error) {
	return q.many(ctx, opPushAll, elements)
}

// TryPushSlice pushes as many elements as fit without waiting, and returns how many. ErrFull: none fits.
func (q *ByteQueue) TryPushSlice(elements []byte) (int, error) {
	return q.tryAny(opPushAll, elements)
}

// PopInto waits for an element, then pops as many as there are and fit, and returns how many.
func (q *ByteQueue) PopInto(elements []byte) (int, error) {
	return q.many(context.Background(), opPopSome, elements)
}

// PopIntoContext is PopInto until the context is done.
func (q *ByteQueue) PopIntoContext(ctx context.Context, elements []byte) (int, error) {
	return q.many(ctx, opPopSome, elements)
}

// TryPopInto pops as many elements as there are and fit, without waiting. ErrEmpty: there is none.
func (q *ByteQueue) TryPopInto(elements []byte) (int, error) {
	return q.tryAny(opPopSome, elements)
}

// PopFull fills the whole slice. It returns how many elements were popped, and an error if the slice is not full.
func (q *ByteQueue) PopFull(elements []byte) (int, error) {
	return q.many(context.Background(), opPopAll, elements)
}

// PopFullContext is PopFull until the context is done.
func (q *ByteQueue) PopFullContext(ctx context.Context, elements []byte) (int, error) {
	return q.many(ctx, opPopAll, elements)
}

func (q *ByteQueue) tryAny(op operation, elements []byte) (int, error) {
	at, n, err := q.elements(op, elements)
	if err != nil || n == 0 {
		return 0, err
	}
	done, err := q.tryMany(op, at, n)
	runtime.KeepAlive(elements)
	return done, err
}

// Reserve returns the bytes of room for up to count elements in the queue itself, in one piece; rules and errors as
// Queue.Reserve.
func (q *ByteQueue) Reserve(count int) ([]byte, error) {
	return q.slice(opPush, count)
}

// Peek returns the bytes of the oldest elements in the queue itself, up to count in one piece; rules and errors as
// Queue.Peek.
func (q *ByteQueue) Peek(count int) ([]byte, error) {
	return q.slice(opPop, count)
}

func (q *ByteQueue) slice(op operation, count int) ([]byte, error) {
	if count < 1 {
		return nil, invalid(op.name(), fmt.Sprintf("a count of %d", count))
	}
	address, n, err := q.inPlace(op, count)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(address), n*int(q.size)), nil
}
