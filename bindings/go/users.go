// SPDX-License-Identifier: MIT

package joinmem

import "sync/atomic"

// users counts the calls that access a mapping, so that Close can wait for them. Once Close has begun, enter refuses: a
// call that is in progress may therefore call others, while a read lock would wait for itself.
type users struct {
	count atomic.Int64 // closing is added when Close begins
	left  chan struct{}
}

const closing = -1 << 62

func newUsers() users {
	return users{left: make(chan struct{}, 1)}
}

// enter returns false if the object is closed, or is being closed. Otherwise the caller calls leave afterwards.
func (u *users) enter() bool {
	if u.count.Add(1) > 0 {
		return true
	}
	u.leave()
	return false
}

func (u *users) leave() {
	if u.count.Add(-1) == closing {
		select {
		case u.left <- struct{}{}:
		default: // close has not read the one before, and will see that nobody is left
		}
	}
}

// close refuses later calls and waits for those in progress. It returns false if it was called before.
func (u *users) close() bool {
	for {
		count := u.count.Load()
		if count < 0 {
			return false
		}
		if u.count.CompareAndSwap(count, count+closing) {
			break
		}
	}
	for u.count.Load() != closing {
		<-u.left
	}
	return true
}

// isClosing returns whether close was called.
func (u *users) isClosing() bool {
	return u.count.Load() < 0
}
