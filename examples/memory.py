#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Reads the texts that memory.cpp and memory.c wrote, and removes the name.
# [readme]
import ctypes

jm = ctypes.CDLL("libjoinmem.so.1")
jm.jm_shm_open.argtypes, jm.jm_shm_open.restype = [ctypes.c_uint64, ctypes.c_char_p], ctypes.c_int64
jm.jm_get.argtypes, jm.jm_get.restype = [ctypes.c_int64, ctypes.c_uint64], ctypes.c_void_p
jm.jm_last_error_message.restype = ctypes.c_char_p

memory = jm.jm_shm_open(64 << 20, b"/greeting")
if memory == -1:
    raise SystemExit(jm.jm_last_error_message().decode())
for offset in (4096, 4096 + 64):
    print("Python reads:", ctypes.string_at(jm.jm_get(memory, offset)).decode())
jm.jm_unlink(b"/greeting")  # without this the segment remains after all processes have ended
# [/readme]
