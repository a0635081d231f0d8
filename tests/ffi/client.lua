-- SPDX-License-Identifier: MIT
-- The client in Lua with LuaJIT's ffi, from the installed joinmem_ffi.h; record.h says what it does.
local ffi = require ("ffi")

local SEGMENT, BYTES = 100000, 128
local CAPACITY, SOME, TIMEOUT, FACTOR, EPIPE = 64, 16, 60000000000LL, 0x9E3779B97F4A7C15ULL, 32

local header = assert (io.open (os.getenv ("JOINMEM_FFI_H")))
ffi.cdef (header:read ("*a"))
header:close ()
ffi.cdef [[
typedef struct { uint64_t magic; uint32_t count; int32_t below; double ratio; char text[40]; char reply[64]; } record;
typedef struct { uint64_t number; uint64_t check; char text[8]; } element;
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

local function openQueue (kind, name)
    local size = ffi.sizeof ("element")
    return checked (jm.jm_queue_open (jm["JM_" .. kind:upper ()], CAPACITY, size, name), jm.JM_INVALID_HANDLE)
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

local function provokeQueue (name)
    local element = ffi.new ("element")
    local size = ffi.sizeof (element)
    local queue = checked (jm.jm_queue_open (jm.JM_MPMC, 2, size, name), jm.JM_INVALID_HANDLE)
    jm.jm_queue_try_push (queue, element)
    jm.jm_queue_try_push (queue, element)
    printError (jm.jm_queue_try_push (queue, element) == -1)
    printError (jm.jm_queue_open (jm.JM_MPMC, 2, 16, name) == jm.JM_INVALID_HANDLE)
    jm.jm_queue_shutdown (queue)
    printError (jm.jm_queue_try_push (queue, element) == -1)
    jm.jm_unlink (name)
    jm.jm_close (queue)
end

function client.errors (name)
    local memory = checked (jm.jm_shm_open (4096, name), jm.JM_INVALID_HANDLE)
    printError (openWith (0, name .. "-absent", jm.JM_OPEN_ONLY) == jm.JM_INVALID_HANDLE)
    printError (jm.jm_shm_open (3 * 4096, name) == jm.JM_INVALID_HANDLE)
    printError (jm.jm_get (memory, 54321) == nil)
    jm.jm_unlink (name)
    jm.jm_close (memory)
    printError (jm.jm_mbind (memory, 0) == -1)
    provokeQueue (name)
end

function client.push (kind, name, count, language, shutdown)
    local queue = openQueue (kind, name)
    local some = ffi.new ("element[?]", SOME)
    local number, one, last = 0, true, tonumber (count)
    while number < last do
        local n = one and 1 or math.min (SOME, last - number)
        ffi.fill (some, ffi.sizeof (some))
        for i = 0, n - 1 do
            some[i].number = number
            some[i].check = (some[i].number + 1) * FACTOR
            ffi.copy (some[i].text, language, #language)
            number = number + 1
        end
        local done = one and jm.jm_queue_push (queue, some, TIMEOUT) + 1 or jm.jm_queue_push_n (queue, some, n, TIMEOUT)
        if done ~= n then
            checked (-1, -1)
        end
        one = not one
    end
    if shutdown then
        checked (jm.jm_queue_shutdown (queue), -1)
    end
    checked (jm.jm_close (queue), -1)
end

local function take (writers, element)
    local text = ffi.string (element.text, 8):gsub ("%z+$", "")
    local writer = writers[text] or {count = 0, sum = 0ULL}
    if element.number ~= writer.count or element.check ~= (element.number + 1) * FACTOR then
        error (tostring (element.number) .. " of " .. text .. " after " .. writer.count)
    end
    writers[text] = {count = writer.count + 1, sum = writer.sum + element.check}
end

function client.pop (kind, name)
    local queue = openQueue (kind, name)
    local some = ffi.new ("element[?]", SOME)
    local writers, one = {}, true
    while true do
        local n = one and jm.jm_queue_pop (queue, some, TIMEOUT) + 1
            or tonumber (jm.jm_queue_pop_some (queue, some, SOME, TIMEOUT))
        if n <= 0 then
            break
        end
        for i = 0, n - 1 do
            take (writers, some[i])
        end
        one = not one
    end
    if jm.jm_last_error () ~= EPIPE then
        checked (-1, -1)
    end
    for text, writer in pairs (writers) do
        print (text .. " " .. writer.count .. " " .. tostring (writer.sum):gsub ("ULL", ""))
    end
    checked (jm.jm_close (queue), -1)
end

client[arg[1]] (unpack (arg, 2))
