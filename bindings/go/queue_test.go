// SPDX-License-Identifier: MIT

package joinmem

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

type tick struct {
	Price  float64
	Volume uint32
	Flags  [3]bool
	_      byte
}

var allKinds = []Kind{Spsc, Mpsc, Mpmc}

func TestElementsComeInOrder(t *testing.T) {
	for _, kind := range allKinds {
		q := openQueueOf[tick](t, kind, newName(t), 4)
		for i := 0; i < 100; i++ {
			for n := 0; n <= i%4; n++ {
				check(t, q.TryPush(tick{float64(i), uint32(n), [3]bool{true}, 0}))
			}
			for n := 0; n <= i%4; n++ {
				same(t, must[tick](t)(q.TryPop()), tick{float64(i), uint32(n), [3]bool{true}, 0})
			}
		}
		same(t, q.Kind(), kind)
		same(t, q.ElementSize(), int(unsafe.Sizeof(tick{})))
	}
}

func TestFullQueueRefusesAndEmptyQueueHasNothing(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 2)
	same(t, q.Capacity(), 2)
	check(t, q.TryPush(1))
	check(t, q.TryPush(2))
	err := q.TryPush(3)
	exactly(t, err, ErrFull)
	fails(t, err, syscall.EAGAIN)
	exactly(t, q.PushTimeout(3, 0), ErrTimeout)
	same(t, must[uint64](t)(q.Pending()), 2)
	same(t, must[uint64](t)(q.Available()), 0)
	same(t, must[int64](t)(q.TryPop()), 1)
	same(t, must[int64](t)(q.Pop()), 2)
	_, err = q.TryPop()
	exactly(t, err, ErrEmpty)
	_, err = q.PopTimeout(1000000)
	fails(t, err, os.ErrDeadlineExceeded)
	same(t, os.IsTimeout(err), true)
}

func TestBatchesAreCutOnlyAtErrors(t *testing.T) {
	for _, kind := range allKinds {
		q := newQueueOf[uint32](t, kind, 8)
		n, err := q.TryPushSlice([]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
		check(t, err)
		same(t, n, 8)
		_, err = q.TryPushSlice([]uint32{9})
		exactly(t, err, ErrFull)
		buffer := make([]uint32, 5)
		same(t, must[int](t)(q.PopFull(buffer)), 5)
		same(t, buffer[4], 4)
		same(t, must[int](t)(q.PopInto(buffer)), 3)
		same(t, buffer[2], 7)
		_, err = q.TryPopInto(buffer)
		exactly(t, err, ErrEmpty)
		same(t, must[int](t)(q.PushSlice(nil)), 0)
		same(t, must[int](t)(q.PopInto(nil)), 0)
		same(t, must[int](t)(q.PushSlice([]uint32{1, 2})), 2)
		check(t, q.Shutdown())
		n, err = q.PopFull(buffer)
		same(t, n, 2)
		fails(t, err, ErrShutDown)
		n, err = q.PushSlice(buffer)
		same(t, n, 0)
		fails(t, err, syscall.EPIPE)
	}
}

func TestLargeBatchPassesSmallQueue(t *testing.T) {
	for _, kind := range allKinds {
		q := newQueueOf[int](t, kind, 4)
		const count = 10000
		done := make(chan error)
		go func() {
			batch := make([]int, count)
			for i := range batch {
				batch[i] = i
			}
			_, err := q.PushSlice(batch)
			done <- err
		}()
		got := make([]int, count)
		same(t, must[int](t)(q.PopFull(got)), count)
		for i, value := range got {
			same(t, value, i)
		}
		check(t, <-done)
	}
}

func TestZeroCopy(t *testing.T) {
	q := openQueueOf[tick](t, Spsc, newName(t), 4)
	room := must[[]tick](t)(q.Reserve(3))
	same(t, len(room), 3)
	room[0], room[1] = tick{Price: 1}, tick{Price: 2}
	_, err := q.Peek(1)
	exactly(t, err, ErrEmpty)
	check(t, q.Commit(2))
	seen := must[[]tick](t)(q.Peek(10))
	same(t, len(seen), 2)
	same(t, seen[1].Price, 2)
	check(t, q.Release(1))
	same(t, must[tick](t)(q.TryPop()).Price, 2)
	fails(t, q.Release(1), syscall.EINVAL)
	_, err = q.Reserve(0)
	fails(t, err, syscall.EINVAL)
	_, err = newQueueOf[int](t, Mpmc, 4).Reserve(1)
	fails(t, err, syscall.ENOTSUP)
}

func refused[T any](t *testing.T, part string) {
	t.Helper()
	_, err := NewQueue[T](Spsc, 4)
	fails(t, err, syscall.EINVAL)
	if !strings.Contains(err.Error(), part) {
		t.Fatalf("'%v' does not name %s", err, part)
	}
}

func TestTypesWithAddressesAreRefused(t *testing.T) {
	type inner struct {
		Number int
		Text   string
	}
	refused[string](t, "string is a string")
	refused[*int](t, "a ptr")
	refused[[]byte](t, "a slice")
	refused[map[int]int](t, "a map")
	refused[any](t, "a interface")
	refused[error](t, "a interface")
	refused[uintptr](t, "a uintptr")
	refused[unsafe.Pointer](t, "a unsafe.Pointer")
	refused[[2]inner](t, "[0].Text is a string")
	refused[struct{ Call func() }](t, ".Call is a func")
	refused[struct{ C chan int }](t, ".C is a chan")
	refused[struct{}](t, "no bytes")
	refused[[65537]byte](t, "more than 65536 bytes")
	newQueueOf[[65536]byte](t, Spsc, 1)
	newQueueOf[struct {
		A [2]complex128
		B struct{ C bool }
	}](t, Spsc, 1)
}

func TestOtherQueueIsNotOpened(t *testing.T) {
	name := newName(t)
	openQueueOf[int64](t, Mpsc, name, 8, TypeID(7), Tag(1<<63))
	for _, err := range []error{
		second(OpenQueue[int64](Spsc, name, 8)), second(OpenQueue[int32](Mpsc, name, 8)),
		second(OpenQueue[int64](Mpsc, name, 16)), second(OpenQueue[int64](Mpsc, name, 8, TypeID(8))),
	} {
		fails(t, err, syscall.EINVAL)
	}
	q := openQueueOf[float64](t, Mpsc, name, 0, OpenOnly)
	same(t, q.Capacity(), 8)
	same(t, must[uint64](t)(q.Tag()), 1<<63)
	same(t, must[bool](t)(q.Created()), false)
	same(t, must[string](t)(q.Name()), name)
}

func second[T any](_ T, err error) error {
	return err
}

func TestRoleBelongsToOneObject(t *testing.T) {
	name := newName(t)
	a, b := openQueueOf[int64](t, Spsc, name, 8), openQueueOf[int64](t, Spsc, name, 8)
	check(t, a.Push(1))
	fails(t, b.TryPush(2), syscall.EBUSY)
	fails(t, b.Push(2), syscall.EBUSY)
	check(t, a.ReleaseRole())
	check(t, b.Push(2))
	c := openQueueOf[int64](t, Spsc, newName(t), 8, NotExclusive)
	check(t, c.Push(1))
}

func TestStatsAndProducers(t *testing.T) {
	q := openQueueOf[int64](t, Mpmc, newName(t), 8, MaxProducers(3), SpinFor(-1))
	check(t, q.Push(1))
	check(t, q.Push(2))
	_ = must[int64](t)(q.Pop())
	same(t, must[Stats](t)(q.Stats()), Stats{false, 2, 1, 0, 0})
	check(t, q.Shutdown())
	same(t, must[Stats](t)(q.Stats()).ShutDown, true)
	producers := must[[]Producer](t)(q.Producers())
	if len(producers) < 1 || producers[0].PID != int32(os.Getpid()) || !producers[0].Alive {
		t.Fatal(producers)
	}
	same(t, must[*Placement](t)(q.Placement()).Shared, true)
}

func TestClosedQueueFails(t *testing.T) {
	q := newQueueOf[int64](t, Mpmc, 8)
	check(t, q.Close())
	fails(t, q.Close(), os.ErrClosed)
	fails(t, q.Push(1), syscall.EBADF)
	_, err := q.TryPop()
	fails(t, err, syscall.EBADF)
	_, err = q.Stats()
	fails(t, err, os.ErrClosed)
	_, err = q.Pending()
	fails(t, err, syscall.EBADF)
}

func TestByteQueueChecksLengths(t *testing.T) {
	q := must[*ByteQueue](t)(NewByteQueue(Spsc, 4, 3))
	defer q.Close()
	fails(t, q.Push([]byte("ab")), syscall.EINVAL)
	fails(t, q.TryPop(make([]byte, 4)), syscall.EINVAL)
	_, err := q.PushSlice([]byte("abcd"))
	fails(t, err, syscall.EINVAL)
	same(t, must[int](t)(q.PushSlice([]byte("abcdef"))), 2)
	element := make([]byte, 3)
	check(t, q.Pop(element))
	same(t, string(element), "abc")
	same(t, string(must[[]byte](t)(q.Peek(5))), "def")
	check(t, q.Release(1))
	copy(must[[]byte](t)(q.Reserve(1)), "ghi")
	check(t, q.Commit(1))
	rest := make([]byte, 9)
	same(t, must[int](t)(q.PopInto(rest)), 1)
	same(t, string(rest[:3]), "ghi")
}

// The element of a call stays on the stack, also while the stack grows and the goroutine waits.
func TestElementSurvivesAGrowingStack(t *testing.T) {
	q := newQueueOf[[512]byte](t, Mpmc, 2)
	done := make(chan bool)
	for g := 0; g < 8; g++ {
		go func(seed byte) {
			for i := 0; i < 200; i++ {
				var element [512]byte
				for j := range element {
					element[j] = seed
				}
				if deep(20, func() error { return q.Push(element) }) != nil {
					panic("push failed")
				}
				if i%20 == 0 {
					runtime.GC()
				}
			}
			done <- true
		}(byte(g + 1))
	}
	for i := 0; i < 8*200; i++ {
		got := must[[512]byte](t)(q.Pop())
		for _, value := range got {
			same(t, value, got[0])
		}
	}
	for g := 0; g < 8; g++ {
		<-done
	}
}

func deep(depth int, call func() error) error {
	var pad [256]byte
	if depth == 0 {
		return call()
	}
	err := deep(depth-1, call)
	runtime.KeepAlive(&pad)
	return err
}

func TestPushAndPopAllocateNothing(t *testing.T) {
	q := newQueueOf[tick](t, Spsc, 4)
	element := tick{Price: 5}
	some := make([]tick, 2)
	count := testing.AllocsPerRun(100, func() {
		q.TryPush(element)
		q.TryPop()
		q.TryPop()
		q.Push(element)
		q.Pop()
		q.PushSlice(some)
		q.PopInto(some)
		q.Reserve(1)
		q.Commit(1)
		q.Peek(1)
		q.Release(1)
	})
	same(t, count, 0)
}
