// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import "time"

// Option changes how memory or a queue is made. Options of queues fail with EINVAL for memory.
type Option interface {
	apply(*config)
}

// config is the C library's options, and which of them were given.
type config struct {
	memory   C.jm_options
	queue    C.jm_queue_options
	forQueue bool
}

// newConfig applies the options to the library's defaults. @param queue whether options of queues are allowed
func newConfig(op string, options []Option, queue bool) (*config, error) {
	made := new(config)
	if err := failure(op, C.jmgo_options_init(&made.memory, &made.queue)); err != nil {
		return nil, err
	}
	for _, option := range options {
		option.apply(made)
	}
	if made.forQueue && !queue {
		return nil, invalid(op, "an option of queues was given for memory")
	}
	return made, nil
}

// Mode is an Option: whether the segment has to exist.
type Mode uint32

// The modes. CreateOrOpen is the default. OpenOnly with a size or capacity of 0 takes that of the segment.
const (
	CreateOrOpen Mode = C.JM_CREATE_OR_OPEN
	CreateOnly   Mode = C.JM_CREATE_ONLY // EEXIST if the name exists
	OpenOnly     Mode = C.JM_OPEN_ONLY   // ENOENT if it does not
)

func (m Mode) apply(c *config) { c.memory.open_mode = C.uint32_t(m) }

// Huge is an Option: whether the memory is on huge pages.
type Huge uint32

// HugePrefer is the default: where they cost no extra memory.
const (
	HugePrefer  Huge = C.JM_HUGE_PREFER
	HugeNever   Huge = C.JM_HUGE_NEVER
	HugeRequire Huge = C.JM_HUGE_REQUIRE // ENOMEM if they are not available
)

func (h Huge) apply(c *config) { c.memory.huge = C.uint32_t(h) }

// HugePageSize is an Option: bytes of a huge page, 2 MiB for instance.
type HugePageSize uint64

func (s HugePageSize) apply(c *config) { c.memory.huge_page_size = C.uint64_t(s) }

// Node is an Option: the NUMA node to which the memory is bound before its first page is touched.
type Node int

func (n Node) apply(c *config) { c.memory.numa_node = C.int32_t(n) }

// Permissions is an Option: the mode of a new segment, 0600 by default; no umask applies.
type Permissions uint32

func (p Permissions) apply(c *config) { c.memory.permissions = C.uint32_t(p) }

// TypeID is an Option of queues: a number that all processes have to give alike; 0 is not compared.
type TypeID uint64

func (id TypeID) apply(c *config) { c.queue.type_id, c.forQueue = C.uint64_t(id), true }

// Tag is an Option of queues: any number, stored with the queue for programs that inspect it.
type Tag uint64

func (t Tag) apply(c *config) { c.queue.tag, c.forQueue = C.uint64_t(t), true }

// MaxProducers is an Option of a shared Mpsc or Mpmc: the number of producer slots, 256 by default, at most 1022. Each
// thread that pushes takes one, and threads that find none share one of their process; a Go program pushes from about
// as many threads as GOMAXPROCS.
type MaxProducers uint32

func (m MaxProducers) apply(c *config) { c.queue.max_producers, c.forQueue = C.uint32_t(m), true }

type setting func(*config)

func (s setting) apply(c *config) { s(c) }

// Settings without a value.
var (
	// ReadOnly maps memory for reading; it needs OpenOnly.
	ReadOnly Option = setting(func(c *config) { c.memory.read_only = 1 })
	// NoPrefault lets pages come into being at their first touch.
	NoPrefault Option = setting(func(c *config) { c.memory.prefault = 0 })
	// Lock locks the pages in RAM, or fails.
	Lock Option = setting(func(c *config) { c.memory.lock = 1 })
	// OnlyOurs fails for a file that another program made.
	OnlyOurs Option = setting(func(c *config) { c.memory.only_ours = 1 })
	// NotExclusive turns off the check that one object of a shared Spsc pushes, and one pops.
	NotExclusive Option = setting(func(c *config) { c.queue.exclusive, c.forQueue = 0, true })
	// OwnerDead makes a waiting pop on an empty shared queue fail with ErrProducersDead once no producer is alive and
	// at least one was killed. A process that exits without Close counts as killed.
	OwnerDead Option = setting(func(c *config) { c.queue.owner_dead, c.forQueue = 1, true })
)

// SpinFor is an option of queues: how long calls of this object spin before they wait; 0 adapts, -1 does not spin.
func SpinFor(duration time.Duration) Option {
	return setting(func(c *config) { c.queue.spin_ns, c.forQueue = C.int64_t(duration), true })
}
