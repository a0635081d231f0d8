// SPDX-License-Identifier: MIT

// The conformance player in Go: it reads commands, and answers each with one line. bindings/conformance/README.md
// describes them.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	joinmem "github.com/joinmem/joinmem/bindings/go"
)

// memory is private or shared.
type memory interface {
	io.ReaderAt
	io.WriterAt
	Size() int64
	Created() (bool, error)
	Placement() (*joinmem.Placement, error)
	Close() error
}

// player has the objects by their labels. Closed ones stay until the label is used again.
type player struct {
	memories map[string]memory
	queues   map[string]*joinmem.ByteQueue
	sets     map[string]*joinmem.WaitSet
	last     map[string]io.Closer // the object that each label was given to last
	reserved map[string][]byte
	words    []string
}

// unknown is the panic of a line that the player does not understand.
type unknown struct{}

var errnos = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EAGAIN: "EAGAIN", syscall.EBADF: "EBADF", syscall.EBADMSG: "EBADMSG",
	syscall.EBUSY: "EBUSY", syscall.ECANCELED: "ECANCELED", syscall.EDEADLK: "EDEADLK", syscall.EEXIST: "EEXIST",
	syscall.EINTR: "EINTR", syscall.EINVAL: "EINVAL", syscall.EISDIR: "EISDIR", syscall.ELOOP: "ELOOP",
	syscall.EMFILE: "EMFILE", syscall.ENAMETOOLONG: "ENAMETOOLONG", syscall.ENFILE: "ENFILE",
	syscall.ENODATA: "ENODATA", syscall.ENOENT: "ENOENT", syscall.ENOLCK: "ENOLCK", syscall.ENOMEM: "ENOMEM",
	syscall.ENOSPC: "ENOSPC", syscall.ENOSYS: "ENOSYS", syscall.ENOTRECOVERABLE: "ENOTRECOVERABLE",
	syscall.ENOTSUP: "ENOTSUP", syscall.EOVERFLOW: "EOVERFLOW", syscall.EOWNERDEAD: "EOWNERDEAD",
	syscall.EPERM: "EPERM", syscall.EPIPE: "EPIPE", syscall.ERANGE: "ERANGE", syscall.EROFS: "EROFS",
	syscall.ETIMEDOUT: "ETIMEDOUT", syscall.EUSERS: "EUSERS",
}

func nameOf(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "ETIMEDOUT"
	case errors.Is(err, io.EOF):
		return "ERANGE" // a read past the end
	case !errors.As(err, &errno):
		return "EUNKNOWN"
	}
	if name, known := errnos[errno]; known {
		return name
	}
	return "E" + strconv.Itoa(int(errno))
}

func (p *player) word(i int) string {
	if i >= len(p.words) {
		panic(unknown{})
	}
	return p.words[i]
}

func (p *player) number(i int) uint64 {
	n, err := strconv.ParseUint(p.word(i), 10, 64)
	if err != nil {
		panic(unknown{})
	}
	return n
}

func (p *player) bytes(i int) []byte {
	if p.word(i) == "-" {
		return nil
	}
	data, err := hex.DecodeString(p.word(i))
	if err != nil {
		panic(unknown{})
	}
	return data
}

func hexOf(data []byte) string {
	if len(data) == 0 {
		return "-"
	}
	return hex.EncodeToString(data)
}

// timeout returns the milliseconds of a word as a duration, -1 for no limit.
func (p *player) timeout(i int) time.Duration {
	n, err := strconv.ParseInt(p.word(i), 10, 64)
	if err != nil || n < -1 {
		panic(unknown{})
	}
	if n == -1 {
		return -1
	}
	return time.Duration(n) * time.Millisecond
}

func (p *player) context(timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout < 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), timeout)
}

func (p *player) memory() memory {
	if m := p.memories[p.word(1)]; m != nil {
		return m
	}
	panic(unknown{})
}

func (p *player) queueOf(label string) *joinmem.ByteQueue {
	if q := p.queues[label]; q != nil {
		return q
	}
	panic(unknown{})
}

func (p *player) queue() *joinmem.ByteQueue {
	return p.queueOf(p.word(1))
}

func (p *player) set() *joinmem.WaitSet {
	if s := p.sets[p.word(1)]; s != nil {
		return s
	}
	panic(unknown{})
}

func number(truth bool) string {
	if truth {
		return "1"
	}
	return "0"
}

// answer executes the command of a line.
func (p *player) answer(line string) (reply string) {
	defer func() {
		if problem := recover(); problem != nil {
			if _, is := problem.(unknown); !is {
				panic(problem)
			}
			reply = "unknown"
		}
	}()
	p.words = strings.Split(line, " ")
	command, known := commands[p.words[0]]
	if !known {
		return "unknown"
	}
	values, err := command(p)
	if err != nil {
		return "error " + nameOf(err)
	}
	return strings.Join(append([]string{"ok"}, values...), " ")
}

func main() {
	p := &player{map[string]memory{}, map[string]*joinmem.ByteQueue{}, map[string]*joinmem.WaitSet{},
		map[string]io.Closer{}, map[string][]byte{}, nil}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "quit" {
			fmt.Println("ok")
			return
		}
		fmt.Println(p.answer(line))
	}
}
