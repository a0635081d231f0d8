// SPDX-License-Identifier: MIT

package joinmem

import (
	"context"
	"reflect"
	"runtime"
	"strconv"
	"time"
	"unsafe"
)

// Queue is a bounded lock-free queue of elements of type T, which are copied as bytes and delivered in push order. T is
// a number, a bool, or an array or struct of such types: no pointer, string, slice, map, channel, function, interface
// or uintptr, since an address means nothing in another process. Use types of fixed size, such as int64 and not int,
// if processes of other languages or machines with another word size take part.
//
// Errors of all pushes and pops: ErrShutDown. EBADF after Close; ECANCELED, if Close ended the wait. EBADMSG: the
// segment is damaged. EBUSY: exclusive Spsc: another object is the producer, or the consumer. Pushes: EUSERS: no
// producer slot is left. Pops that wait: ErrProducersDead.
type Queue[T any] struct {
	*queue
}

// NewQueue creates a private queue, which connects the goroutines of this process. The capacity is rounded up to a
// power of two. Errors: EINVAL: T is not plain, or an invalid kind, capacity or option. ENOMEM, EMFILE, EOVERFLOW.
func NewQueue[T any](kind Kind, capacity uint64, options ...Option) (*Queue[T], error) {
	return newQueue[T](kind, nil, capacity, options)
}

// OpenQueue creates the queue of that name, or attaches to it. In C++ the same queue is a ShmMem::Spsc::Queue<T> with
// the same layout of T. It stays until Unlink.
// Errors: EINVAL: T is not plain; a bad name or option; a queue of another kind, capacity, element size or type ID.
// EBADMSG: not a queue, or a damaged one. EEXIST, ENOENT: the mode. ENOSPC, EACCES and others: as OpenShm.
func OpenQueue[T any](kind Kind, name string, capacity uint64, options ...Option) (*Queue[T], error) {
	return newQueue[T](kind, &name, capacity, options)
}

func newQueue[T any](kind Kind, name *string, capacity uint64, options []Option) (*Queue[T], error) {
	var element T
	kindOf := reflect.TypeOf(&element).Elem()
	if unsafe.Sizeof(element) == 0 {
		return nil, invalid("open queue", "the element type "+kindOf.String()+" has no bytes")
	}
	if unsafe.Sizeof(element) > 65536 {
		return nil, invalid("open queue", "the element type "+kindOf.String()+" has more than 65536 bytes")
	}
	if where, what := notPlain(kindOf, kindOf.String()); what != "" {
		return nil, invalid("open queue", where+" is "+what+", which means nothing in another process: "+
			"use numbers, bools, and arrays and structs of them")
	}
	made, err := openQueue(kind, name, capacity, uint32(unsafe.Sizeof(element)), options)
	if err != nil {
		return nil, err
	}
	return &Queue[T]{made}, nil
}

// notPlain returns the first part of a type that cannot be copied as bytes, and what it is; "" if there is none.
func notPlain(t reflect.Type, where string) (string, string) {
	switch t.Kind() {
	case reflect.Array:
		return notPlain(t.Elem(), where+"[0]")
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			if part, what := notPlain(t.Field(i).Type, where+"."+t.Field(i).Name); what != "" {
				return part, what
			}
		}
	case reflect.Pointer, reflect.UnsafePointer, reflect.String, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func,
		reflect.Interface, reflect.Uintptr, reflect.Invalid:
		return where, "a " + t.Kind().String()
	}
	return "", ""
}

// Push copies one element into the queue, and waits while it is full.
func (q *Queue[T]) Push(element T) error {
	return q.push(context.Background(), time.Time{}, &element)
}

// PushContext is Push until the context is done. Then it has pushed nothing and returns the error of the context.
func (q *Queue[T]) PushContext(ctx context.Context, element T) error {
	return q.push(ctx, time.Time{}, &element)
}

// PushTimeout is Push for at most the given time. 0 tries once. Then it has pushed nothing and returns ErrTimeout.
func (q *Queue[T]) PushTimeout(element T, timeout time.Duration) error {
	return q.push(context.Background(), after(timeout), &element)
}

func (q *Queue[T]) push(ctx context.Context, end time.Time, element *T) error {
	_, err := q.run(ctx, end, opPush, noescape(unsafe.Pointer(element)), 1)
	runtime.KeepAlive(element)
	return err
}

// TryPush copies one element into the queue without waiting. ErrFull: it is full.
func (q *Queue[T]) TryPush(element T) error {
	err := q.try(opPush, noescape(unsafe.Pointer(&element)))
	runtime.KeepAlive(&element)
	return err
}

// Pop copies the oldest element out, and waits while there is none.
func (q *Queue[T]) Pop() (T, error) {
	return q.pop(context.Background(), time.Time{})
}

// PopContext is Pop until the context is done. Then it has taken nothing and returns the error of the context.
func (q *Queue[T]) PopContext(ctx context.Context) (T, error) {
	return q.pop(ctx, time.Time{})
}

// PopTimeout is Pop for at most the given time. 0 tries once. Then it has taken nothing and returns ErrTimeout.
func (q *Queue[T]) PopTimeout(timeout time.Duration) (T, error) {
	return q.pop(context.Background(), after(timeout))
}

func (q *Queue[T]) pop(ctx context.Context, end time.Time) (T, error) {
	var element, none T
	if _, err := q.run(ctx, end, opPop, noescape(unsafe.Pointer(&element)), 1); err != nil {
		return none, err
	}
	return element, nil
}

// TryPop copies the oldest element out without waiting. ErrEmpty: there is none.
func (q *Queue[T]) TryPop() (T, error) {
	var element, none T
	if err := q.try(opPop, noescape(unsafe.Pointer(&element))); err != nil {
		return none, err
	}
	return element, nil
}

// PushSlice pushes all elements in order, and waits for room. It returns how many were pushed, and an error if fewer
// than all.
func (q *Queue[T]) PushSlice(elements []T) (int, error) {
	return q.many(context.Background(), opPushAll, elements)
}

// PushSliceContext is PushSlice until the context is done.
func (q *Queue[T]) PushSliceContext(ctx context.Context, elements []T) (int, error) {
	return q.many(ctx, opPushAll, elements)
}

// TryPushSlice pushes as many elements as fit without waiting, and returns how many. ErrFull: none fits.
func (q *Queue[T]) TryPushSlice(elements []T) (int, error) {
	if len(elements) == 0 {
		return 0, nil
	}
	return q.tryMany(opPushAll, noescape(unsafe.Pointer(&elements[0])), uint64(len(elements)))
}

// PopInto waits for an element, then pops as many as there are, up to the length of the slice, as io.Reader does.
func (q *Queue[T]) PopInto(elements []T) (int, error) {
	return q.many(context.Background(), opPopSome, elements)
}

// PopIntoContext is PopInto until the context is done.
func (q *Queue[T]) PopIntoContext(ctx context.Context, elements []T) (int, error) {
	return q.many(ctx, opPopSome, elements)
}

// TryPopInto pops as many elements as there are without waiting, up to the length of the slice. ErrEmpty: there is
// none.
func (q *Queue[T]) TryPopInto(elements []T) (int, error) {
	if len(elements) == 0 {
		return 0, nil
	}
	return q.tryMany(opPopSome, noescape(unsafe.Pointer(&elements[0])), uint64(len(elements)))
}

// PopFull pops exactly as many elements as the slice has, as io.ReadFull does. It returns how many were popped, and an
// error if fewer than all.
func (q *Queue[T]) PopFull(elements []T) (int, error) {
	return q.many(context.Background(), opPopAll, elements)
}

// PopFullContext is PopFull until the context is done.
func (q *Queue[T]) PopFullContext(ctx context.Context, elements []T) (int, error) {
	return q.many(ctx, opPopAll, elements)
}

func (q *Queue[T]) many(ctx context.Context, op operation, elements []T) (int, error) {
	if len(elements) == 0 {
		return 0, nil
	}
	done, err := q.run(ctx, time.Time{}, op, noescape(unsafe.Pointer(&elements[0])), uint64(len(elements)))
	runtime.KeepAlive(elements)
	return int(done), err
}

// Reserve returns room for up to count elements in the queue itself, in one piece: write into it, then Commit. Spsc
// only. The slice is valid until Commit, the next Reserve or push, and Close: an access after Close ends the process.
// Errors: ErrFull. EINVAL: count below 1. ENOTSUP: another kind.
func (q *Queue[T]) Reserve(count int) ([]T, error) {
	return q.slice(opPush, count)
}

// Peek returns the oldest elements in the queue itself, up to count in one piece: read them, then Release. Spsc only.
// The slice is valid until Release, the next pop, and Close: an access after Close ends the process.
// Errors: ErrEmpty. EINVAL: count below 1. ENOTSUP: another kind.
func (q *Queue[T]) Peek(count int) ([]T, error) {
	return q.slice(opPop, count)
}

func (q *Queue[T]) slice(op operation, count int) ([]T, error) {
	if count < 1 {
		return nil, invalid(op.name(), "a count of "+strconv.Itoa(count))
	}
	address, n, err := q.inPlace(op, count)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(address), n), nil
}
