// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"encoding/json"
	"strings"
	"unsafe"
)

// Placement reports where memory is, what was requested, and why they differ. Sizes are bytes. A pointer is nil, and a
// list too, if the value is not known.
type Placement struct {
	RequestedHuge     string   `json:"requested_huge"` // "prefer", "never" or "require"
	RequestedPageSize uint64   `json:"requested_page_size"`
	RequestedNode     *int     `json:"requested_node"` // nil: none
	RequestedPrefault bool     `json:"requested_prefault"`
	RequestedLock     bool     `json:"requested_lock"`
	Shared            bool     `json:"shared"`
	Created           bool     `json:"created"`
	Name              string   `json:"name"` // "": private
	Size              uint64   `json:"size"`
	Backing           string   `json:"backing"` // "anonymous", "pool", "tmpfs", "hugetlbfs" or "file"
	PageSize          *uint64  `json:"page_size"`
	HugeBytes         *uint64  `json:"huge_bytes"`
	ResidentBytes     *uint64  `json:"resident_bytes"`
	LockedBytes       *uint64  `json:"locked_bytes"`
	Nodes             []int    `json:"nodes"`
	NodeBytes         []uint64 `json:"node_bytes"` // of the node at the same index
	FallbackErrnos    []int    `json:"fallback_errnos"`
	FallbackReasons   []string `json:"fallback_reasons"` // of the steps that failed; empty: the request was met

	JSON json.RawMessage `json:"-"` // the whole report, to which later versions of the library may add
}

// Segment are the facts of a segment, as Inspect found them. Those of queues are 0 for other segments. A pointer is nil
// if the value is not known.
type Segment struct {
	Kind            string  `json:"kind"` // "spsc", "mpsc", "mpmc", "memory", "damaged", "unreadable" or "other"
	Path            string  `json:"path"`
	Fault           string  `json:"fault"` // the reason of "damaged" and "unreadable"
	Size            uint64  `json:"size"`
	Allocated       uint64  `json:"allocated"`
	HugePage        uint64  `json:"huge_page"` // page size of its hugetlbfs; 0: it is in another file system
	Device          uint64  `json:"device"`
	Inode           uint64  `json:"inode"`
	CreatedAt       *int64  `json:"created_at"` // nanoseconds since 1970
	Owner           uint32  `json:"owner"`
	Permissions     uint32  `json:"permissions"`
	InUse           *bool   `json:"in_use"`
	Users           *uint64 `json:"users"`
	Version         uint32  `json:"version"`
	Compatible      uint32  `json:"compatible"`
	Incompatible    uint32  `json:"incompatible"`
	ElementSize     uint64  `json:"element_size"`
	Stride          uint64  `json:"stride"`
	SlotCount       uint64  `json:"slot_count"`
	Capacity        uint64  `json:"capacity"`
	TypeID          uint64  `json:"type_id"`
	Tag             uint64  `json:"tag"`
	SequencesOffset uint64  `json:"sequences_offset"`
	ElementsOffset  uint64  `json:"elements_offset"`
	SegmentSize     uint64  `json:"segment_size"`
	CreatorPID      int     `json:"creator_pid"`
	ConsumerSleeps  bool    `json:"consumer_sleeps"`
	ProducerSleeps  bool    `json:"producer_sleeps"`
	ElementWatched  bool    `json:"element_watched"`
	RoomWatched     bool    `json:"room_watched"`
	ShutDown        bool    `json:"shut_down"`
	Pending         uint64  `json:"pending"`
	Pushed          uint64  `json:"pushed"`
	Popped          uint64  `json:"popped"`
	Deaths          uint64  `json:"deaths"`
	Skipped         uint64  `json:"skipped"`

	JSON json.RawMessage `json:"-"` // all facts, to which later versions of the library may add
}

// Pages are the pages of a segment, as InspectPages found them. A pointer, or a list, is nil if it cannot be known.
type Pages struct {
	PageSize  *uint64  `json:"page_size"`
	HugeBytes *uint64  `json:"huge_bytes"`
	Nodes     []int    `json:"nodes"`
	NodeBytes []uint64 `json:"node_bytes"`
}

// Producer is a producer slot that a thread has taken; of an exclusive Spsc, slot 1 is the producer's, 2 the
// consumer's.
type Producer struct {
	Slot   uint32
	PID    int32
	Alive  bool // false: it was killed, and is not recovered yet
	InPush bool // in the middle of a push
}

func placementOf(handle C.jm_handle) (*Placement, error) {
	text, err := readText("placement", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_placement(handle, text, size)
	})
	if err != nil {
		return nil, err
	}
	placement := &Placement{JSON: text}
	return placement, json.Unmarshal(text, placement)
}

// SegmentNames lists the names of all files in shared memory, whichever program made them, sorted, with their leading
// slash. ENOENT, EACCES: /dev/shm cannot be read.
func SegmentNames() ([]string, error) {
	text, err := readText("segment names", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_segment_names(text, size)
	})
	if err != nil || len(text) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), nil
}

// Inspect reads the facts of a segment from outside; it writes nothing and takes no slot.
// Errors: EINVAL, ENAMETOOLONG: a bad name. ENOENT: no segment has this name. EMFILE.
func Inspect(name string) (*Segment, error) {
	named, err := newText("inspect", name)
	if err != nil {
		return nil, err
	}
	defer named.free()
	text, err := readText("inspect", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_inspect(named.c, text, size)
	})
	if err != nil {
		return nil, err
	}
	segment := &Segment{JSON: text}
	return segment, json.Unmarshal(text, segment)
}

// InspectPages examines the pages that exist of the first `most` bytes of a segment; it is expensive. Errors: EACCES,
// and as Inspect.
func InspectPages(name string, most uint64) (*Pages, error) {
	named, err := newText("inspect", name)
	if err != nil {
		return nil, err
	}
	defer named.free()
	text, err := readText("inspect", func(text *C.char, size C.uint64_t) C.jmgo_result {
		return C.jmgo_inspect_pages(named.c, C.uint64_t(most), text, size)
	})
	if err != nil {
		return nil, err
	}
	pages := new(Pages)
	return pages, json.Unmarshal(text, pages)
}

// InspectProducers lists the producer slots of a queue that are taken. Errors: EACCES. EBADMSG: not a queue, or a
// damaged one. And as Inspect.
func InspectProducers(name string) ([]Producer, error) {
	named, err := newText("inspect", name)
	if err != nil {
		return nil, err
	}
	defer named.free()
	return readProducers("inspect", func(list *C.jm_producer, count C.uint64_t) C.jmgo_result {
		return C.jmgo_inspect_producers(named.c, list, count)
	})
}

func readProducers(op string, read func(*C.jm_producer, C.uint64_t) C.jmgo_result) ([]Producer, error) {
	list := make([]C.jm_producer, 16)
	for {
		result := read((*C.jm_producer)(unsafe.Pointer(&list[0])), C.uint64_t(len(list)))
		if err := failure(op, result); err != nil {
			return nil, err
		}
		if int(result.value) > len(list) {
			list = make([]C.jm_producer, int(result.value)+16)
			continue
		}
		producers := make([]Producer, int(result.value))
		for i := range producers {
			p := list[i]
			producers[i] = Producer{uint32(p.slot), int32(p.pid), p.alive != 0, p.in_push != 0}
		}
		return producers, nil
	}
}

// RemoveUnused removes the name of a segment that no process has open. EBUSY: a process has it open. EINVAL: not a
// segment. EBADMSG: an unknown queue. ENOENT, EACCES, EPERM, EROFS, EAGAIN: another file has replaced it.
func RemoveUnused(name string) error {
	named, err := newText("remove", name)
	if err != nil {
		return err
	}
	defer named.free()
	return failure("remove", C.jmgo_remove_unused(named.c))
}

// RemoveUnusedIfUnchanged does the same if the segment is as it was when Inspect returned it. EAGAIN: another file has
// the name by now, or a process has pushed or popped since.
func RemoveUnusedIfUnchanged(name string, seen *Segment) error {
	named, err := newText("remove", name)
	if err != nil {
		return err
	}
	defer named.free()
	return failure("remove", C.jmgo_remove_unused_if_unchanged(named.c, C.uint64_t(seen.Device), C.uint64_t(seen.Inode),
		C.uint64_t(seen.Pushed), C.uint64_t(seen.Popped)))
}
