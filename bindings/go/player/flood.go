// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"strconv"
)

const batch = 64 // elements

func (p *player) flood() ([]string, error) {
	q, first, count := p.queue(), p.number(2), p.number(3)
	size := uint64(q.ElementSize())
	if size < 8 {
		panic(unknown{})
	}
	data := make([]byte, batch*size)
	for i := uint64(0); i < count; {
		n := count - i
		if n > batch {
			n = batch
		}
		for j := uint64(0); j < n; j++ {
			binary.LittleEndian.PutUint64(data[j*size:], first+i+j)
		}
		if _, err := q.PushSlice(data[:n*size]); err != nil {
			return nil, err
		}
		i += n
	}
	return nil, nil
}

func (p *player) drain() ([]string, error) {
	q, count, sum := p.queue(), p.number(2), uint64(0)
	size := uint64(q.ElementSize())
	if size < 8 {
		panic(unknown{})
	}
	data := make([]byte, batch*size)
	for count > 0 {
		want := count
		if want > batch {
			want = batch
		}
		n, err := q.PopInto(data[:want*size])
		if err != nil {
			return nil, err
		}
		for j := 0; j < n; j++ {
			sum += binary.LittleEndian.Uint64(data[uint64(j)*size:])
		}
		count -= uint64(n)
	}
	return []string{strconv.FormatUint(sum, 10)}, nil
}
