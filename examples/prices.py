#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Pops the prices that prices.cpp pushed, and removes the queue.
# [readme]
import joinmem

with joinmem.Queue("/example-prices", "d") as prices:  # a Spsc of 1024 doubles
    for price in prices:  # waits; ends with the stream
        print("Python got", price)
    prices.unlink()
# [/readme]
