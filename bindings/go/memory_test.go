// SPDX-License-Identifier: MIT

package joinmem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestLocalMemoryIsZeroAndKeepsItsBytes(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(10000))
	defer m.Close()
	page := int64(os.Getpagesize())
	same(t, m.Size(), (10000+page-1)/page*page)
	same(t, bytes.Count(m.Bytes(), []byte{0}), int(m.Size()))
	same(t, must[int](t)(m.WriteAt([]byte("abc"), 99)), 3)
	same(t, string(m.Bytes()[98:103]), "\x00abc\x00")
	part := make([]byte, 3)
	same(t, must[int](t)(m.ReadAt(part, 99)), 3)
	same(t, string(part), "abc")
	same(t, must[bool](t)(m.Created()), true)
	same(t, must[string](t)(m.Name()), "")
}

func TestAccessPastTheEndFails(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(4096))
	defer m.Close()
	size := m.Size()
	n, err := m.ReadAt(make([]byte, 8), size-3)
	same(t, n, 3)
	exactly(t, err, io.EOF)
	_, err = m.ReadAt(make([]byte, 1), size+1)
	fails(t, err, syscall.ERANGE)
	_, err = m.ReadAt(make([]byte, 1), -1)
	fails(t, err, syscall.ERANGE)
	_, err = m.WriteAt([]byte("abcd"), size-3)
	fails(t, err, syscall.ERANGE)
	_, err = m.WriteAt([]byte("a"), -1)
	fails(t, err, syscall.ERANGE)
	same(t, string(m.Bytes()[size-3:]), "\x00\x00\x00")
}

func TestSegmentIsSharedByName(t *testing.T) {
	name := newName(t)
	a := must[*ShmMem](t)(OpenShm(name, 4096, CreateOnly, Permissions(0600)))
	defer a.Close()
	b := must[*ShmMem](t)(OpenShm(name, 0, OpenOnly))
	defer b.Close()
	same(t, must[string](t)(b.Name()), name)
	same(t, must[bool](t)(a.Created()), true)
	same(t, must[bool](t)(b.Created()), false)
	copy(a.Bytes()[7:], "shared")
	same(t, string(b.Bytes()[7:13]), "shared")
	_, err := OpenShm(name, 4096, CreateOnly)
	fails(t, err, os.ErrExist)
	_, err = OpenShm(newName(t), 0, OpenOnly)
	fails(t, err, os.ErrNotExist)
	check(t, Unlink(name))
	same(t, must[bool](t)(a.Named()), false)
}

func TestReadOnlyMemoryRefusesWrites(t *testing.T) {
	name := newName(t)
	a := must[*ShmMem](t)(OpenShm(name, 4096))
	defer a.Close()
	b := must[*ShmMem](t)(OpenShm(name, 0, OpenOnly, ReadOnly))
	defer b.Close()
	_, err := b.WriteAt([]byte("x"), 0)
	fails(t, err, syscall.EROFS)
	_, err = b.InitialiseBegin(context.Background(), 0)
	fails(t, err, syscall.EROFS)
}

func TestClosedMemoryFails(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(4096))
	check(t, m.Close())
	fails(t, m.Close(), os.ErrClosed)
	_, err := m.ReadAt(make([]byte, 1), 0)
	fails(t, err, os.ErrClosed)
	_, err = m.WriteAt([]byte("x"), 0)
	fails(t, err, syscall.EBADF)
	fails(t, m.View(func([]byte) error { return nil }), os.ErrClosed)
	fails(t, m.Lock(), syscall.EBADF)
	same(t, m.Bytes() == nil, true)
}

func TestCloseWaitsForAView(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(4096))
	inside, done := make(chan bool), make(chan error)
	go func() {
		done <- m.View(func(b []byte) error {
			inside <- true
			until(m.users.isClosing)
			b[100] = 1
			return errors.New("of the view")
		})
	}()
	<-inside
	check(t, m.Close())
	same(t, (<-done).Error(), "of the view")
}

// A lock that keeps new readers out while Close waits would wait for itself.
func TestViewMayUseItsMemoryWhileCloseWaits(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(4096))
	inside, done := make(chan bool), make(chan error)
	go func() {
		done <- m.View(func([]byte) error {
			inside <- true
			until(m.users.isClosing)
			return second(m.ReadAt(make([]byte, 1), 0))
		})
	}()
	<-inside
	check(t, m.Close())
	fails(t, <-done, os.ErrClosed)
}

func TestOneGoroutineInitialises(t *testing.T) {
	name := newName(t)
	results := make(chan bool)
	for i := 0; i < 4; i++ {
		m := must[*ShmMem](t)(OpenShm(name, 4096))
		defer m.Close()
		go func() {
			first, err := m.InitialiseBegin(context.Background(), 0)
			if err == nil && first {
				m.WriteAt([]byte("made"), 8)
				err = m.InitialiseEnd(0, true)
			}
			text := make([]byte, 4)
			m.ReadAt(text, 8)
			results <- err == nil && string(text) == "made"
		}()
	}
	for i := 0; i < 4; i++ {
		same(t, <-results, true)
	}
}

func TestContextEndsAnInitialisationThatWaits(t *testing.T) {
	name := newName(t)
	a := must[*ShmMem](t)(OpenShm(name, 4096))
	defer a.Close()
	same(t, must[bool](t)(a.InitialiseBegin(context.Background(), 0)), true)
	b := must[*ShmMem](t)(OpenShm(name, 4096))
	defer b.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		inCall("", "_Cfunc_jmgo_initialise_begin")
		cancel()
	}()
	_, err := b.InitialiseBegin(ctx, 0)
	fails(t, err, context.Canceled)
}

func TestPlacementReportsTheMemory(t *testing.T) {
	m := must[*LocalMem](t)(NewLocal(3*4096, HugeNever))
	defer m.Close()
	p := must[*Placement](t)(m.Placement())
	same(t, p.RequestedHuge, "never")
	same(t, p.Size, uint64(m.Size()))
	same(t, p.Shared, false)
	same(t, p.RequestedNode == nil, true)
	same(t, p.RequestedPrefault, true)
	if p.ResidentBytes != nil && *p.ResidentBytes < p.Size {
		t.Fatal(string(p.JSON))
	}
}

func TestOptionOfQueuesIsRefusedForMemory(t *testing.T) {
	_, err := NewLocal(4096, Tag(1))
	fails(t, err, syscall.EINVAL)
	_, err = NewLocal(0)
	fails(t, err, syscall.EINVAL)
}

func TestErrorHasTheSentenceOfTheLibrary(t *testing.T) {
	_, err := OpenShm("a/b", 4096)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Sentence, "a/b") || !strings.HasSuffix(err.Error(), e.Sentence) {
		t.Fatal(err)
	}
	same(t, e.Op, "open memory")
	// Many threads fail at the same time: each error has the sentence of its own name.
	failures := make(chan string)
	for i := 0; i < 64; i++ {
		go func(name string) {
			_, err := OpenShm(name, 0, OpenOnly)
			if err != nil && strings.Contains(err.Error(), name) {
				name = ""
			}
			failures <- name
		}(fmt.Sprintf("absent-%d-%d", os.Getpid(), i))
	}
	for i := 0; i < 64; i++ {
		same(t, <-failures, "")
	}
}
