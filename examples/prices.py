#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Pops the prices that prices.cpp pushed, and removes the queue.
# [readme]
import ctypes

jm, price = ctypes.CDLL("libjoinmem.so.1"), ctypes.c_double()
jm.jm_queue_open.restype = ctypes.c_int64
prices = ctypes.c_int64(jm.jm_queue_open(1, ctypes.c_uint64(1024), ctypes.sizeof(price), b"/example-prices"))  # 1: Spsc
while jm.jm_queue_pop(prices, ctypes.byref(price), ctypes.c_int64(-1)) == 0:  # waits; -1 at the end of the stream
    print("Python got", price.value)
jm.jm_unlink(b"/example-prices")
# [/readme]
