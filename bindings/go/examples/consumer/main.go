// SPDX-License-Identifier: MIT

// Pops the prices that examples/producer pushes, or a program in another language. Either may start first.
package main

import (
	"fmt"
	"log"

	joinmem "github.com/joinmem/joinmem/bindings/go"
)

func main() {
	prices, err := joinmem.OpenQueue[float64](joinmem.Spsc, "/example-prices", 1024)
	if err != nil {
		log.Fatal(err)
	}
	defer prices.Close()
	defer joinmem.Unlink("/example-prices")
	for price, err := prices.Pop(); err == nil; price, err = prices.Pop() { // waits; ErrShutDown at the end
		fmt.Println("Go got", price)
	}
}
