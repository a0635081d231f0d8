// SPDX-License-Identifier: MIT
// Checks and converts jm_options, jm_queue_options and jm_wait_options, whose caller may have an older or a newer joinmem.h.
#include "options.hpp"

#include "base/failure.hpp"
#include "base/sized_struct.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
namespace
{
// The name, the defaults and the valid sizes of each struct. An older program's struct ends before the fields that were
// added later.
template <typename Struct>
struct About;

template <>
struct About<jm_options>
{
    static constexpr const char* name = "jm_options";
    static constexpr jm_options defaults = {
        sizeof (jm_options), JM_HUGE_PREFER, 0, -1, 1, 0, JM_CREATE_OR_OPEN, 0, 0, 0, 0};

    static constexpr std::size_t ends[] = {
        offsetof (jm_options, huge_page_size), offsetof (jm_options, numa_node), offsetof (jm_options, prefault),
        offsetof (jm_options, lock),           offsetof (jm_options, open_mode), offsetof (jm_options, permissions),
        offsetof (jm_options, read_only),      offsetof (jm_options, only_ours), offsetof (jm_options, reserved),
    };
};

template <>
struct About<jm_queue_options>
{
    static constexpr const char* name = "jm_queue_options";
    static constexpr jm_queue_options defaults = {sizeof (jm_queue_options), 0, 0, nullptr, 0, 1, 0, 0, 0, 0};

    static constexpr std::size_t ends[] = {
        offsetof (jm_queue_options, type_id),
        offsetof (jm_queue_options, memory),
        offsetof (jm_queue_options, memory) + sizeof (void*),
        offsetof (jm_queue_options, tag),
        offsetof (jm_queue_options, exclusive),
        offsetof (jm_queue_options, spin_ns),
        offsetof (jm_queue_options, flags),
    };
};

template <>
struct About<jm_wait_options>
{
    static constexpr const char* name = "jm_wait_options";
    static constexpr jm_wait_options defaults = {sizeof (jm_wait_options), 0};
    static constexpr std::size_t ends[] = {sizeof (jm_wait_options)};
};

template <typename Struct>
void checkSize (uint32_t size)
{
    if (!isStructSize (size, sizeof (Struct), About<Struct>::ends))
    {
        const char* name = About<Struct>::name;
        raise (Failure (EINVAL, "struct_size %u is not the size of any %s: call %s_init with sizeof (%s)", size, name,
                        name, name));
    }
}

bool truth (uint32_t value, const char* field)
{
    if (value > 1)
    {
        raise (Failure (EINVAL, "%s is %u: give 0 or 1", field, value));
    }
    return value == 1;
}

bool interruptible (const jm_queue_options& from)
{
    if ((from.flags & ~static_cast<uint32_t> (JM_INTERRUPTIBLE)) != 0)
    {
        raise (Failure (EINVAL, "flags is %#x: give JM_INTERRUPTIBLE, 1, or 0", from.flags));
    }
    if (from.reserved != 0)
    {
        raise (Failure (EINVAL, "reserved is %u: it must be 0", from.reserved));
    }
    return (from.flags & JM_INTERRUPTIBLE) != 0;
}

int64_t spin (const jm_queue_options& from)
{
    if (from.spin_ns < QueueOptions::noSpin)
    {
        raise (Failure (EINVAL, "spin_ns is %lld: give 0 to adapt, -1 not to spin, or nanoseconds",
                        static_cast<long long> (from.spin_ns)));
    }
    return from.spin_ns;
}

template <typename Struct>
Struct copyOf (const Struct* input)
{
    if (input == nullptr)
    {
        raise (Failure (EINVAL, "the %s is null: call the function without options for the defaults",
                        About<Struct>::name));
    }
    uint32_t size = 0;
    std::memcpy (&size, input, sizeof (size));  // not aligned, perhaps, in a program that packs the struct by hand
    checkSize<Struct> (size);
    if (const uint32_t byte = unknownField (input, size, sizeof (Struct)))
    {
        raise (Failure (EINVAL, "%s has a field at byte %u that this library does not know: use a newer library",
                        About<Struct>::name, byte));
    }
    Struct options = About<Struct>::defaults;
    readSized (input, size, &options);
    return options;
}

template <typename Struct>
void writeDefaults (Struct* options, uint32_t size)
{
    if (options == nullptr)
    {
        raise (Failure (EINVAL, "the %s to initialise is null", About<Struct>::name));
    }
    checkSize<Struct> (size);
    writeSized (options, size, About<Struct>::defaults);
    std::memcpy (options, &size, sizeof (size));
}
}  // namespace

MemOptions optionsOf (const jm_options* input)
{
    const jm_options from = copyOf (input);
    MemOptions options;
    options.huge = static_cast<HugePages> (from.huge);
    options.hugePageSize = from.huge_page_size;
    options.numaNode = from.numa_node;
    options.prefault = truth (from.prefault, "prefault");
    options.lock = truth (from.lock, "lock");
    options.openMode = static_cast<OpenMode> (from.open_mode);
    options.permissions = from.permissions;
    options.readOnly = truth (from.read_only, "read_only");
    options.onlyOurs = truth (from.only_ours, "only_ours");
    if (from.reserved != 0)
    {
        raise (Failure (EINVAL, "reserved is %u: it must be 0", from.reserved));
    }
    return options;
}

QueueSettings settingsOf (const jm_queue_options* input)
{
    const jm_queue_options from = copyOf (input);
    QueueSettings settings;
    settings.queue.maxProducers = from.max_producers;
    settings.queue.typeId = from.type_id;
    settings.queue.tag = from.tag;
    // A program that was compiled before this field existed does not request exclusive, although it is the default.
    settings.queue.exclusive =
        truth (from.exclusive, "exclusive") && from.struct_size > offsetof (jm_queue_options, exclusive);
    settings.queue.ownerDead = truth (from.owner_dead, "owner_dead");
    settings.queue.spinNs = spin (from);
    settings.queue.interruptible = interruptible (from);
    if (from.memory != nullptr)
    {
        settings.memory = optionsOf (from.memory);
    }
    return settings;
}

WaitSetOptions waitOptionsOf (const jm_wait_options* input)
{
    const jm_wait_options from = copyOf (input);
    WaitSetOptions options;
    options.interruptible = truth (from.interruptible, "interruptible");
    return options;
}

void initialise (jm_options* options, uint32_t size)
{
    writeDefaults (options, size);
}

void initialise (jm_queue_options* options, uint32_t size)
{
    writeDefaults (options, size);
}

void initialise (jm_wait_options* options, uint32_t size)
{
    writeDefaults (options, size);
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join
