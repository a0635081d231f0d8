// SPDX-License-Identifier: MIT
// What is accepted as the name of a segment: text of any type, also of another library.
#include <join/fwd.hpp>

namespace
{
std::size_t sizeOf (const join::ShmMem& memory);
}  // namespace

#include "support.hpp"

#include <join/any_queue.hpp>
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include <filesystem>

using join::ShmMem;

namespace
{
std::size_t sizeOf (const ShmMem& memory)
{
    return memory.size ();
}

/// A string class of another library that converts in three ways.
struct ToString
{
    std::string text;
    operator std::string () const
    {
        return text;
    }
};

struct ToView
{
    std::string text;
    operator std::string_view () const
    {
        return text;
    }
};

struct ToPointer
{
    std::string text;
    operator const char* () const
    {
        return text.c_str ();
    }
};

template <typename Text>
void opensBy (const std::string& plain, const Text& text)
{
    CHECK (sizeOf (ShmMem (4096, text)) == 4096);
    CHECK (ShmMem (4096, text, join::MemOptions ()).name () == plain);
    CHECK (ShmMem::make (4096, text));
    CHECK (join::inspect (text).kind == join::SegmentKind::Memory);
    CHECK (join::removeUnused (text) == 0);
    using Queue = ShmMem::Spsc::Queue<int>;
    CHECK (Queue (4, text).name () == plain);
    CHECK (Queue::make (4, text));
    CHECK (join::AnyQueue (text).capacity () == 4);
    CHECK (join::AnyQueue::make (text));
    CHECK (ShmMem::unlink (text) == 0);
    CHECK_THROWS_AS (join::inspect (text), std::system_error);
}
}  // namespace

TEST_CASE ("name can be text of any type")
{
    const Name name ("any");
    const std::string plain = name.c_str ();
    opensBy (plain, plain);
    opensBy (plain, plain.c_str ());
    opensBy (plain, std::string_view (plain));
    opensBy (plain, std::filesystem::path (plain));
    opensBy (plain, ToString {plain});
    opensBy (plain, ToView {plain});
    opensBy (plain, ToPointer {plain});
}

TEST_CASE ("null name is rejected like an empty one")
{
    const char* const none = nullptr;
    for (const char* const text : {none, ""})
    {
        CHECK (!ShmMem::make (4096, text));
        CHECK (join::lastError.value () == EINVAL);
    }
    char* const notConst = nullptr;  // as getenv (3) returns
    CHECK (!ShmMem::make (4096, notConst));
    CHECK (join::lastError.value () == EINVAL);
    CHECK (!ShmMem::make (4096, nullptr));
    CHECK (ShmMem::unlink (ToPointer {}) == -1);
    CHECK (join::lastError.value () == EINVAL);
}
