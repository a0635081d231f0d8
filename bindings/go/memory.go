// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"context"
	"io"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// memory is what private and shared memory have in common.
type memory struct {
	handle   C.jm_handle
	address  unsafe.Pointer
	size     int64
	readOnly bool
	users    users // Close waits for the methods that access the mapping
}

// LocalMem is private memory, all zero, whose pages are present from the beginning.
type LocalMem struct {
	*memory
}

// ShmMem is a segment: memory with a name, shared by all processes that open it. It stays until Unlink.
type ShmMem struct {
	*memory
}

// NewLocal creates private memory of size bytes, rounded up to base pages.
// Errors: EINVAL: size 0 or an invalid option. ENOMEM: too little memory, or no huge pages although required.
func NewLocal(size uint64, options ...Option) (*LocalMem, error) {
	with, err := newConfig("create memory", options, false)
	if err != nil {
		return nil, err
	}
	made, err := newMemory("create memory", C.jmgo_local_create(C.uint64_t(size), &with.memory), with)
	if err != nil {
		return nil, err
	}
	return &LocalMem{made}, nil
}

// OpenShm creates the segment of that name, or opens it. A name has 1 to 255 bytes without '/', after an optional
// leading one. Processes that race all get the same, complete segment.
// Errors: EINVAL: size 0, a bad name, a file of another size, a queue. EEXIST, ENOENT: the mode. ENOSPC: /dev/shm is
// too full. EACCES: another user's. ENOMEM, EMFILE, ENAMETOOLONG, EOVERFLOW, ELOOP, EROFS.
func OpenShm(name string, size uint64, options ...Option) (*ShmMem, error) {
	with, err := newConfig("open memory", options, false)
	if err != nil {
		return nil, err
	}
	text, err := newText("open memory", name)
	if err != nil {
		return nil, err
	}
	defer text.free()
	made, err := newMemory("open memory", C.jmgo_shm_open(C.uint64_t(size), text.c, &with.memory), with)
	if err != nil {
		return nil, err
	}
	return &ShmMem{made}, nil
}

func newMemory(op string, result C.jmgo_result, with *config) (*memory, error) {
	if err := failure(op, result); err != nil {
		return nil, err
	}
	m := &memory{handle: C.jm_handle(result.value), readOnly: with.memory.read_only != 0, users: newUsers()}
	got := C.jmgo_get(m.handle, &m.address)
	if err := failure(op, got); err != nil {
		C.jm_close(m.handle)
		return nil, err
	}
	m.size = int64(C.jm_size(m.handle))
	setFinalizer(m, func(m *memory) { m.Close() })
	return m, nil
}

// Bytes returns the mapping itself, without a copy. Go cannot know how long a slice of it is used: it is valid until
// Close, and an access after Close ends the process by SIGSEGV, as after syscall.Munmap; so does a write if the memory
// was opened with ReadOnly. Memory whose Bytes were taken is never closed by the garbage collector. ReadAt, WriteAt and
// View are safe at any time. Returns nil after Close.
func (m *memory) Bytes() []byte {
	if !m.users.enter() {
		return nil
	}
	defer m.users.leave()
	runtime.SetFinalizer(m, nil)
	return unsafe.Slice((*byte)(m.address), int(m.size))
}

// View calls use with the mapping. Close waits for its return, so the slice is valid inside use; it must not leave it.
// use may call other methods, but not Close. Errors: EBADF after Close; and that of use.
func (m *memory) View(use func(bytes []byte) error) error {
	if !m.users.enter() {
		return closed("view")
	}
	defer m.users.leave()
	return use(unsafe.Slice((*byte)(m.address), int(m.size)))
}

// ReadAt copies bytes out of the memory. It implements io.ReaderAt: io.EOF if fewer than len (to) bytes follow.
// Errors: ERANGE: offset is below 0 or past the end. EBADF after Close.
func (m *memory) ReadAt(to []byte, offset int64) (int, error) {
	if !m.users.enter() {
		return 0, closed("read")
	}
	defer m.users.leave()
	if offset < 0 || offset > m.size {
		return 0, outOfRange("read", "the offset is past the end of the memory")
	}
	n := copy(to, unsafe.Slice((*byte)(m.address), int(m.size))[offset:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt copies bytes into the memory; all of them or none. It implements io.WriterAt.
// Errors: ERANGE: they do not fit. EROFS: the memory was opened with ReadOnly. EBADF after Close.
func (m *memory) WriteAt(from []byte, offset int64) (int, error) {
	if !m.users.enter() {
		return 0, closed("write")
	}
	defer m.users.leave()
	if m.readOnly {
		return 0, &Error{"write", syscall.EROFS, "the memory was opened for reading only: Read-only file system"}
	}
	if offset < 0 || offset > m.size || int64(len(from)) > m.size-offset {
		return 0, outOfRange("write", "the bytes end past the end of the memory")
	}
	return copy(unsafe.Slice((*byte)(m.address), int(m.size))[offset:], from), nil
}

// Size returns the requested bytes, rounded up to base pages.
func (m *memory) Size() int64 {
	return m.size
}

// PageSize returns the bytes of the smallest page that backs any part now. ENODATA: not known here, or none exists yet.
func (m *memory) PageSize() (int64, error) {
	result := C.jmgo_page_size(m.handle)
	runtime.KeepAlive(m)
	return int64(result.value), failure("page size", result)
}

// Created reports whether this call created the segment; true for private memory.
func (m *memory) Created() (bool, error) {
	result := C.jmgo_created(m.handle)
	runtime.KeepAlive(m)
	return result.value == 1, failure("created", result)
}

// Named reports whether the name refers to this segment. ENOENT, EACCES: its directory is out of reach.
func (m *memory) Named() (bool, error) {
	result := C.jmgo_named(m.handle)
	runtime.KeepAlive(m)
	return result.value == 1, failure("named", result)
}

// Name returns the segment's name with its leading slash, "" if the memory is private.
func (m *memory) Name() (string, error) {
	text, err := readText("name", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_name(m.handle, text, size)
	})
	runtime.KeepAlive(m)
	return string(text), err
}

// NodeOf returns the NUMA node of the page at offset. ENOENT: no page exists there yet. ERANGE. ENOSYS, EPERM.
func (m *memory) NodeOf(offset int64) (int, error) {
	result := C.jmgo_node_of(m.handle, C.uint64_t(offset))
	runtime.KeepAlive(m)
	return int(result.value), failure("node", result)
}

// Bind binds the memory to a NUMA node and moves its pages. EINVAL: no such node. EBUSY: some pages could not be moved.
// ENOMEM: the node has no room. ENOSYS, EPERM.
func (m *memory) Bind(node int) error {
	result := C.jmgo_mbind(m.handle, C.int(node))
	runtime.KeepAlive(m)
	return failure("bind", result)
}

// Lock locks all pages in RAM. ENOMEM, EPERM, EAGAIN: the sentence names the limit.
func (m *memory) Lock() error {
	result := C.jmgo_mlock(m.handle)
	runtime.KeepAlive(m)
	return failure("lock", result)
}

// Unlock undoes Lock, or the option of that name.
func (m *memory) Unlock() error {
	result := C.jmgo_munlock(m.handle)
	runtime.KeepAlive(m)
	return failure("unlock", result)
}

// Placement reports where the memory is, what was requested, and why they differ.
func (m *memory) Placement() (*Placement, error) {
	defer runtime.KeepAlive(m)
	return placementOf(m.handle)
}

// Close unmaps the memory once the methods in progress have returned. The name of a segment stays. EBADF: it is closed.
func (m *memory) Close() error {
	if !m.users.close() {
		return closed("close")
	}
	runtime.SetFinalizer(m, nil)
	return failure("close", C.jmgo_close(m.handle))
}

// initialiseSlice is how long one call into C waits: afterwards the context is checked again.
const initialiseSlice = 10 * time.Millisecond

// InitialiseBegin lets one process initialise a segment. It returns true: initialise it, then call InitialiseEnd; or
// false: it is initialised. It waits while another one does so; if that one dies, the next caller gets true.
// ready is the offset of 4 bytes, a multiple of 4, that the program does not use. The wait holds a thread.
// Errors: EINVAL, ERANGE: a bad offset. EROFS: read-only. ENOENT: the name was removed. That of the context.
func (m *ShmMem) InitialiseBegin(ctx context.Context, ready uint64) (bool, error) {
	defer runtime.KeepAlive(m.memory)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		result := C.jmgo_initialise_begin(m.handle, C.uint64_t(ready), C.int64_t(initialiseSlice))
		if syscall.Errno(result.code) != syscall.ETIMEDOUT {
			return result.value == 1, failure("initialise", result)
		}
	}
}

// InitialiseEnd states whether the segment is initialised now; false: the next caller of InitialiseBegin tries.
func (m *ShmMem) InitialiseEnd(ready uint64, constructed bool) error {
	defer runtime.KeepAlive(m.memory)
	value := C.int(0)
	if constructed {
		value = 1
	}
	return failure("initialise", C.jmgo_initialise_end(m.handle, C.uint64_t(ready), value))
}
