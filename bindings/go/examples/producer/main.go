// SPDX-License-Identifier: MIT

// Pushes three prices; examples/consumer pops them.
package main

import (
	"log"

	joinmem "github.com/joinmem/joinmem/bindings/go"
)

func main() {
	prices, err := joinmem.OpenQueue[float64](joinmem.Spsc, "/example-prices", 1024) // creates the queue, or attaches
	if err != nil {
		log.Fatal(err)
	}
	defer prices.Close()
	for _, price := range []float64{100.5, 101.25, 99.75} {
		prices.Push(price) // waits while the queue is full
	}
	prices.Shutdown() // ends the stream: the consumer still gets every price
}
