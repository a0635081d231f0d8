// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"sync"
	"syscall"
	"time"
)

// poller is the wait set of the process. One goroutine, and its thread, sleep in it for all goroutines that wait.
// Invariant: while a waiter is in the list of a side, the set watches that side of its queue, or a goroutine of that side
// is woken and has not tried again yet. The set is level-triggered, so an element that comes before the queue is watched
// is reported, too. It watches for more elements than the woken goroutines will take, since it would report theirs again.
type poller struct {
	mutex   sync.Mutex
	set     C.jm_handle // 0: not made yet
	watches map[uint64]*watch
	lastKey uint64
}

// watch is the poller's part of a queue. It does not refer to the queue, so that the queue can be collected.
type watch struct {
	handle   C.jm_handle
	capacity uint64
	key      uint64 // 0: the set does not have the queue
	ready    C.uint32_t
	amount   uint64
	waiters  [2][]*waiter
	woken    [2]uint64 // goroutines that an event has woken, and that have not tried again yet
	closed   bool
}

// waiter is a goroutine that waits for one side of a queue. It gets one message and is in no list afterwards.
type waiter struct {
	ready  chan uint32
	amount uint64
}

const (
	elementSide = 0
	roomSide    = 1
	readyClosed = uint32(1 << 31) // the queue's object was closed
	readyAgain  = uint32(C.JM_READY_END)

	endings = uint32(C.JM_READY_END | C.JM_READY_PRODUCERS_DEAD | C.JM_READY_DAMAGED)
)

var poll = poller{watches: map[uint64]*watch{}}

func cancelled() error {
	return &Error{"wait", syscall.ECANCELED, "another goroutine closed the queue: Operation canceled"}
}

// start makes the set. The caller has the mutex.
func (p *poller) start() error {
	if p.set != 0 {
		return nil
	}
	result := C.jmgo_wait_create()
	if err := failure("wait", result); err != nil {
		return err
	}
	p.set = C.jm_handle(result.value)
	go p.serve(p.set)
	return nil
}

// add puts a goroutine into the list of a side. EAGAIN: no helper thread can be started. ECANCELED: closed.
func (p *poller) add(w *watch, side int, goroutine *waiter) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if w.closed {
		return cancelled()
	}
	if err := p.start(); err != nil {
		return err
	}
	w.waiters[side] = append(w.waiters[side], goroutine)
	if err := p.update(w); err != nil {
		w.take(side, goroutine)
		return err
	}
	return nil
}

// remove takes a goroutine out of its list. If it has been woken meanwhile, it will not try again.
func (p *poller) remove(w *watch, side int, goroutine *waiter) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !w.take(side, goroutine) && (<-goroutine.ready)&(endings|readyClosed) == 0 {
		w.woken[side]--
	}
	p.renew(w)
}

// retried states that a woken goroutine has tried again.
func (p *poller) retried(w *watch, side int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	w.woken[side]--
	p.renew(w)
}

// renew is update for callers that do not wait. If it fails, the waiting goroutines wake, and find the reason when they
// wait again.
func (p *poller) renew(w *watch) {
	if !w.closed && p.update(w) != nil {
		w.wake(elementSide, len(w.waiters[elementSide]), readyAgain)
		w.wake(roomSide, len(w.waiters[roomSide]), readyAgain)
	}
}

// forget wakes all goroutines that wait for a queue, which is being closed, and refuses later ones.
func (p *poller) forget(w *watch) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	w.closed = true
	w.wake(elementSide, len(w.waiters[elementSide]), readyClosed)
	w.wake(roomSide, len(w.waiters[roomSide]), readyClosed)
	if w.key != 0 {
		C.jm_wait_remove(p.set, w.handle)
		delete(p.watches, w.key)
		w.key = 0
	}
}

// update makes the set watch the sides that have waiters. The caller has the mutex.
func (p *poller) update(w *watch) error {
	amount := w.need(elementSide)
	if room := w.need(roomSide); room < amount {
		amount = room
	}
	ready := C.uint32_t(0)
	for side, bit := range [2]C.uint32_t{C.JM_READY_ELEMENT, C.JM_READY_ROOM} {
		if len(w.waiters[side]) > 0 && (w.woken[side] == 0 || w.need(side) == amount) && amount <= w.capacity {
			ready |= bit
		}
	}
	if ready == 0 {
		amount = 1
	}
	switch {
	case w.key == 0 && ready == 0, w.key != 0 && ready == w.ready && amount == w.amount:
		return nil
	case w.key == 0:
		key := p.lastKey + 1
		result := C.jmgo_wait_add(p.set, w.handle, ready, C.uint64_t(key), C.uint64_t(amount))
		if err := failure("wait", result); err != nil {
			return err
		}
		p.lastKey, w.key = key, key
		p.watches[key] = w
	default:
		result := C.jmgo_wait_modify(p.set, w.handle, ready, C.uint64_t(w.key), C.uint64_t(amount))
		if err := failure("wait", result); err != nil {
			return err
		}
	}
	w.ready, w.amount = ready, amount
	return nil
}

// need returns the amount for which the set has to watch a side; more than any capacity: not at all.
func (w *watch) need(side int) uint64 {
	least := uint64(1 << 63)
	for _, goroutine := range w.waiters[side] {
		if goroutine.amount < least {
			least = goroutine.amount
		}
	}
	return least + w.woken[side]
}

// serve waits in the set for ever.
func (p *poller) serve(set C.jm_handle) {
	events := make([]C.jm_wait_event, 64)
	for {
		result := C.jmgo_wait(set, &events[0], C.uint64_t(len(events)), -1)
		if err := failure("wait", result); err != nil {
			time.Sleep(time.Millisecond) // no memory, for instance: waiting goroutines have to stay
			continue
		}
		p.mutex.Lock()
		for _, event := range events[:result.value] {
			if w := p.watches[uint64(event.key)]; w != nil {
				w.report(uint32(event.ready))
				p.renew(w)
			}
		}
		p.mutex.Unlock()
	}
}

// report wakes as many goroutines of a side as there are elements, or free cells, for which none has been woken yet; all
// of them at the end of the queue.
func (w *watch) report(ready uint32) {
	for side, bit := range [2]uint32{C.JM_READY_ELEMENT, C.JM_READY_ROOM} {
		count := len(w.waiters[side])
		if ready&(bit|endings) == 0 || count == 0 {
			continue
		}
		if ready&endings == 0 {
			if free := w.there(side) - int64(w.woken[side]); free < int64(count) {
				count = int(free)
			}
			if count < 1 && w.woken[side] == 0 {
				count = 1 // the event is right, the number is an estimate
			}
			if count < 1 {
				continue
			}
			w.woken[side] += uint64(count)
		}
		w.wake(side, count, ready)
	}
}

func (w *watch) there(side int) int64 {
	if side == elementSide {
		return int64(C.jm_queue_pending(w.handle))
	}
	return int64(C.jm_queue_available(w.handle))
}

// wake wakes the goroutines that have waited longest.
func (w *watch) wake(side, count int, ready uint32) {
	for _, goroutine := range w.waiters[side][:count] {
		goroutine.ready <- ready // has room for one message, and gets one
	}
	rest := w.waiters[side][count:]
	w.waiters[side] = append(w.waiters[side][:0:0], rest...)
}

func (w *watch) take(side int, goroutine *waiter) bool {
	for i, other := range w.waiters[side] {
		if other == goroutine {
			w.waiters[side] = append(w.waiters[side][:i], w.waiters[side][i+1:]...)
			return true
		}
	}
	return false
}
