#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Pops the remaining ticks of spsc.cpp and spsc.c, until the end of the stream.
# [readme]
import ctypes

jm = ctypes.CDLL("libjoinmem.so.1")
jm.jm_queue_open.argtypes = [ctypes.c_uint32, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_char_p]
jm.jm_queue_open.restype = ctypes.c_int64
jm.jm_queue_pop.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64]
jm.jm_last_error_message.restype = ctypes.c_char_p


class Tick(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint64), ("price", ctypes.c_double)]


tick = Tick()
ticks = jm.jm_queue_open(1, 1024, ctypes.sizeof(tick), b"/example-ticks")  # 1: JM_SPSC
while jm.jm_queue_pop(ticks, ctypes.byref(tick), -1) == 0:
    print("Python popped tick", tick.number, "at", tick.price)
print("and then:", jm.jm_last_error_message().decode())
jm.jm_unlink(b"/example-ticks")
# [/readme]
