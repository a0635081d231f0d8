-- SPDX-License-Identifier: MIT
-- The client in Lua with LuaJIT's ffi, from the installed joinmem_ffi.h; record.h says what it does.
local ffi = require ("ffi")

local SEGMENT, BYTES = 100000, 128

local header = assert (io.open (os.getenv ("JOINMEM_FFI_H")))
ffi.cdef (header:read ("*a"))
header:close ()
ffi.cdef [[
typedef struct { uint64_t magic; uint32_t count; int32_t below; double ratio; char text[40]; char reply[64]; } record;
]]
local jm = ffi.load ("libjoinmem.so.1")

local function lastError ()
    return jm.jm_last_error () .. " " .. ffi.string (jm.jm_last_error_message ())
end

local function checked (result, failure)
    if result == failure then
        print (lastError ())
        os.exit (1)
    end
    return result
end

local function openWith (size, name, mode)
    local options = ffi.new ("jm_options")
    checked (jm.jm_options_init (options, ffi.sizeof (options)), -1)
    options.open_mode = mode
    return jm.jm_shm_open_with (size, name, options)
end

local function recordOf (memory)
    return ffi.cast ("record *", checked (jm.jm_get (memory, 0), nil))
end

local function bytesOf (memory)
    return ffi.cast ("uint8_t *", checked (jm.jm_get (memory, BYTES), nil))
end

-- Adler-32, as in zlib.
local function sum (bytes, count)
    local a, b = 1, 0
    for i = 0, count - 1 do
        a = (a + bytes[i]) % 65521
        b = (b + a) % 65521
    end
    return b * 65536 + a
end

local client = {}

function client.write (name, language)
    local memory = checked (openWith (SEGMENT, name, jm.JM_CREATE_ONLY), jm.JM_INVALID_HANDLE)
    local record = recordOf (memory)
    record.magic = 0x1122334455667788ULL
    record.count = SEGMENT - BYTES
    record.below = -5
    record.ratio = 0.1
    ffi.copy (record.text, "written in " .. language)
    local bytes = bytesOf (memory)
    for i = 0, record.count - 1 do
        bytes[i] = (31 * i + 7) % 256
    end
    print ("ready")
    io.stdout:flush ()
    io.read ()
    print (ffi.string (record.reply))
    checked (jm.jm_unlink (name), -1)
    checked (jm.jm_close (memory), -1)
end

function client.read (name, language)
    local memory = checked (openWith (0, name, jm.JM_OPEN_ONLY), jm.JM_INVALID_HANDLE)
    local record = recordOf (memory)
    local magic = bit.tohex (record.magic)
    print (tonumber (jm.jm_size (memory)) .. " " .. magic:gsub ("^0+", "") .. " " .. record.count .. " " .. record.below
        .. " " .. string.format ("%.17g %.0f ", record.ratio, sum (bytesOf (memory), record.count))
        .. ffi.string (record.text))
    ffi.copy (record.reply, "read in " .. language)
    checked (jm.jm_close (memory), -1)
end

local function printError (failed)
    print (failed and lastError () or "0")
end

function client.errors (name)
    local memory = checked (jm.jm_shm_open (4096, name), jm.JM_INVALID_HANDLE)
    printError (openWith (0, name .. "-absent", jm.JM_OPEN_ONLY) == jm.JM_INVALID_HANDLE)
    printError (jm.jm_shm_open (3 * 4096, name) == jm.JM_INVALID_HANDLE)
    printError (jm.jm_get (memory, 54321) == nil)
    jm.jm_unlink (name)
    jm.jm_close (memory)
    printError (jm.jm_mbind (memory, 0) == -1)
end

client[arg[1]] (unpack (arg, 2))
