// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	joinmem "github.com/joinmem/joinmem/bindings/go"
)

var commands = map[string]func(*player) ([]string, error){
	"version":       func(*player) ([]string, error) { return []string{joinmem.LibraryVersion()}, nil },
	"shm":           (*player).openShm,
	"local":         (*player).newLocal,
	"write":         (*player).write,
	"read":          (*player).read,
	"placement":     (*player).placement,
	"initialise":    (*player).initialise,
	"initialised":   (*player).initialised,
	"close":         (*player).close,
	"unlink":        func(p *player) ([]string, error) { return nil, joinmem.Unlink(p.word(1)) },
	"queue":         (*player).openQueue,
	"push":          (*player).push,
	"pop":           (*player).pop,
	"push_many":     (*player).pushMany,
	"pop_many":      (*player).popMany,
	"reserve":       (*player).reserve,
	"fill":          (*player).fill,
	"commit":        func(p *player) ([]string, error) { return nil, p.queue().Commit(int(p.number(2))) },
	"peek":          (*player).peek,
	"release":       func(p *player) ([]string, error) { return nil, p.queue().Release(int(p.number(2))) },
	"shutdown":      func(p *player) ([]string, error) { return nil, p.queue().Shutdown() },
	"info":          (*player).info,
	"stats":         (*player).stats,
	"tag":           (*player).tag,
	"await_element": func(p *player) ([]string, error) { return p.await((*joinmem.ByteQueue).AwaitElement) },
	"await_room":    func(p *player) ([]string, error) { return p.await((*joinmem.ByteQueue).AwaitRoom) },
	"flood":         (*player).flood,
	"drain":         (*player).drain,
	"set":           (*player).newSet,
	"add":           func(p *player) ([]string, error) { return p.watch((*joinmem.WaitSet).Add) },
	"modify":        func(p *player) ([]string, error) { return p.watch((*joinmem.WaitSet).Modify) },
	"remove":        func(p *player) ([]string, error) { return nil, p.set().Remove(p.queueOf(p.word(2))) },
	"wait":          (*player).wait,
	"wake":          func(p *player) ([]string, error) { return nil, p.set().Wake() },
	"poll":          (*player).poll,
}

func (p *player) openShm() ([]string, error) {
	modes := map[string][]joinmem.Option{"create": {joinmem.CreateOnly}, "open": {joinmem.OpenOnly},
		"either": {joinmem.CreateOrOpen}, "read": {joinmem.OpenOnly, joinmem.ReadOnly}}
	options, known := modes[p.word(4)]
	if !known {
		panic(unknown{})
	}
	m, err := joinmem.OpenShm(p.word(2), p.number(3), options...)
	if err != nil {
		return nil, err
	}
	p.memories[p.word(1)], p.last[p.word(1)] = m, m
	created, err := m.Created()
	return []string{number(created), strconv.FormatInt(m.Size(), 10)}, err
}

func (p *player) newLocal() ([]string, error) {
	m, err := joinmem.NewLocal(p.number(2))
	if err != nil {
		return nil, err
	}
	p.memories[p.word(1)], p.last[p.word(1)] = m, m
	return []string{strconv.FormatInt(m.Size(), 10)}, nil
}

func (p *player) write() ([]string, error) {
	_, err := p.memory().WriteAt(p.bytes(3), int64(p.number(2)))
	return nil, err
}

func (p *player) read() ([]string, error) {
	data := make([]byte, p.number(3))
	if _, err := p.memory().ReadAt(data, int64(p.number(2))); err != nil {
		return nil, err
	}
	return []string{hexOf(data)}, nil
}

func (p *player) placement() ([]string, error) {
	placement, err := p.memory().Placement()
	if err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(placement.JSON, &values); err != nil {
		return nil, err
	}
	value, known := values[p.word(2)]
	if !known {
		panic(unknown{})
	}
	return []string{string(value)}, nil
}

func (p *player) segment() *joinmem.ShmMem {
	if m, is := p.memory().(*joinmem.ShmMem); is {
		return m
	}
	panic(unknown{})
}

func (p *player) initialise() ([]string, error) {
	first, err := p.segment().InitialiseBegin(context.Background(), p.number(2))
	return []string{number(first)}, err
}

func (p *player) initialised() ([]string, error) {
	return nil, p.segment().InitialiseEnd(p.number(2), p.number(3) != 0)
}

func (p *player) close() ([]string, error) {
	object := p.last[p.word(1)]
	if object == nil {
		panic(unknown{})
	}
	return nil, object.Close()
}

var kinds = map[string]joinmem.Kind{"spsc": joinmem.Spsc, "mpsc": joinmem.Mpsc, "mpmc": joinmem.Mpmc}

func (p *player) openQueue() ([]string, error) {
	kind, known := kinds[p.word(2)]
	if !known {
		panic(unknown{})
	}
	size := p.number(5)
	if size > 1<<32-1 {
		panic(unknown{})
	}
	var options []joinmem.Option
	for i := 6; i < len(p.words); i++ {
		options = append(options, option(p.word(i)))
	}
	var q *joinmem.ByteQueue
	var err error
	if p.word(3) == "-" {
		q, err = joinmem.NewByteQueue(kind, p.number(4), uint32(size), options...)
	} else {
		q, err = joinmem.OpenByteQueue(kind, p.word(3), p.number(4), uint32(size), options...)
	}
	if err != nil {
		return nil, err
	}
	p.queues[p.word(1)], p.last[p.word(1)] = q, q
	created, err := q.Created()
	return []string{number(created)}, err
}

// option reads KEY=VALUE.
func option(word string) joinmem.Option {
	key, value, _ := strings.Cut(word, "=")
	n, err := strconv.ParseUint(value, 10, 64)
	switch {
	case word == "mode=create":
		return joinmem.CreateOnly
	case word == "mode=open":
		return joinmem.OpenOnly
	case word == "mode=either":
		return joinmem.CreateOrOpen
	case err != nil:
		panic(unknown{})
	case key == "type_id":
		return joinmem.TypeID(n)
	case key == "tag":
		return joinmem.Tag(n)
	case key == "max_producers":
		return joinmem.MaxProducers(n)
	case word == "owner_dead=1":
		return joinmem.OwnerDead
	case word == "exclusive=0":
		return joinmem.NotExclusive
	case word == "owner_dead=0", word == "exclusive=1":
		return joinmem.CreateOrOpen
	}
	panic(unknown{})
}

func (p *player) push() ([]string, error) {
	q, data, timeout := p.queue(), p.bytes(2), p.timeout(3)
	switch {
	case timeout == 0:
		return nil, q.TryPush(data)
	case timeout < 0:
		return nil, q.Push(data)
	}
	return nil, q.PushTimeout(data, timeout)
}

func (p *player) pop() ([]string, error) {
	q, timeout := p.queue(), p.timeout(2)
	data := make([]byte, q.ElementSize())
	var err error
	switch {
	case timeout == 0:
		err = q.TryPop(data)
	case timeout < 0:
		err = q.Pop(data)
	default:
		err = q.PopTimeout(data, timeout)
	}
	return []string{hexOf(data)}, err
}

func (p *player) pushMany() ([]string, error) {
	q, data, timeout := p.queue(), p.bytes(2), p.timeout(3)
	var n int
	var err error
	if timeout == 0 {
		n, err = q.TryPushSlice(data)
	} else {
		ctx, cancel := p.context(timeout)
		defer cancel()
		n, err = q.PushSliceContext(ctx, data)
	}
	if n > 0 {
		err = nil // a part is a success
	}
	return []string{strconv.Itoa(n)}, err
}

func (p *player) popMany() ([]string, error) {
	q, timeout := p.queue(), p.timeout(3)
	data := make([]byte, int(p.number(2))*q.ElementSize())
	var n int
	var err error
	if timeout == 0 {
		n, err = tryPopAll(q, data)
	} else {
		ctx, cancel := p.context(timeout)
		defer cancel()
		n, err = q.PopFullContext(ctx, data)
	}
	if n > 0 {
		err = nil
	}
	return []string{strconv.Itoa(n), hexOf(data[:n*q.ElementSize()])}, err
}

// tryPopAll pops what there is: one call takes a part only from a Mpmc.
func tryPopAll(q *joinmem.ByteQueue, data []byte) (int, error) {
	done := 0
	for done < len(data)/q.ElementSize() {
		n, err := q.TryPopInto(data[done*q.ElementSize():])
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (p *player) reserve() ([]string, error) {
	room, err := p.queue().Reserve(int(p.number(2)))
	if err != nil {
		return nil, err
	}
	p.reserved[p.word(1)] = room
	return []string{strconv.Itoa(len(room) / p.queue().ElementSize())}, nil
}

func (p *player) fill() ([]string, error) {
	room, data := p.reserved[p.word(1)], p.bytes(2)
	if len(data) > len(room) {
		panic(unknown{})
	}
	copy(room, data)
	return nil, nil
}

func (p *player) peek() ([]string, error) {
	data, err := p.queue().Peek(int(p.number(2)))
	if err != nil {
		return nil, err
	}
	return []string{strconv.Itoa(len(data) / p.queue().ElementSize()), hexOf(data)}, nil
}

func (p *player) info() ([]string, error) {
	q := p.queue()
	pending, err := q.Pending()
	if err != nil {
		return nil, err
	}
	available, err := q.Available()
	return strings.Split(fmt.Sprint(strings.ToLower(q.Kind().String()), " ", q.ElementSize(), " ", q.Capacity(), " ",
		pending, " ", available), " "), err
}

func (p *player) stats() ([]string, error) {
	s, err := p.queue().Stats()
	return []string{fmt.Sprint(s.Pushed), fmt.Sprint(s.Popped), fmt.Sprint(s.Deaths), fmt.Sprint(s.Skipped),
		number(s.ShutDown)}, err
}

func (p *player) tag() ([]string, error) {
	tag, err := p.queue().Tag()
	return []string{strconv.FormatUint(tag, 10)}, err
}

func (p *player) await(wait func(*joinmem.ByteQueue, context.Context, int) error) ([]string, error) {
	timeout := p.timeout(3)
	if timeout == 0 {
		timeout = time.Nanosecond
	}
	ctx, cancel := p.context(timeout)
	defer cancel()
	return nil, wait(p.queue(), ctx, int(p.number(2)))
}

func (p *player) newSet() ([]string, error) {
	s, err := joinmem.NewWaitSet()
	if err != nil {
		return nil, err
	}
	p.sets[p.word(1)], p.last[p.word(1)] = s, s
	return nil, nil
}

type watching func(s *joinmem.WaitSet, q joinmem.Watchable, ready joinmem.Ready, key, amount uint64) error

func (p *player) watch(change watching) ([]string, error) {
	bits := map[string]joinmem.Ready{"e": joinmem.ReadyElement, "r": joinmem.ReadyRoom,
		"er": joinmem.ReadyElement | joinmem.ReadyRoom, "-": 0}
	ready, known := bits[p.word(3)]
	if !known {
		panic(unknown{})
	}
	return nil, change(p.set(), p.queueOf(p.word(2)), ready, p.number(4), p.number(5))
}

func (p *player) wait() ([]string, error) {
	events := make([]joinmem.Event, p.number(2))
	timeout := p.timeout(3)
	var n int
	var err error
	if timeout == 0 {
		n, err = p.set().TryWait(events)
	} else {
		ctx, cancel := p.context(timeout)
		defer cancel()
		n, err = p.set().Wait(ctx, events)
	}
	if err != nil {
		return nil, err
	}
	sort.Slice(events[:n], func(i, j int) bool { return events[i].Key < events[j].Key })
	var values []string
	for _, event := range events[:n] {
		values = append(values, fmt.Sprintf("%d:%d", event.Key, event.Ready))
	}
	return values, nil
}

// poll asks select(2), as the standard library has no poll(2).
func (p *player) poll() ([]string, error) {
	fd, err := p.set().Fd()
	if err != nil {
		return nil, err
	}
	var until *syscall.Timeval
	if timeout := p.timeout(2); timeout >= 0 {
		left := syscall.NsecToTimeval(int64(timeout))
		until = &left
	}
	for {
		var set syscall.FdSet
		set.Bits[fd/64] |= 1 << (uint(fd) % 64)
		n, err := syscall.Select(fd+1, &set, nil, nil, until) // which reduces until to what is left
		if err != syscall.EINTR {                             // by a signal of the Go runtime
			return []string{strconv.Itoa(n)}, err
		}
	}
}
