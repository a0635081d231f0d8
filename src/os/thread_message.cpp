// SPDX-License-Identifier: MIT
// The buffers for a thread's error sentence and for the one before it, which a call may restore. They are not
// thread-local: glibc has 1664 bytes of static TLS for all libraries that a process loads with dlopen(3), and a library
// that does not fit into the rest cannot be loaded. The first threads that fail get static buffers, so that a failure
// for lack of memory has its sentence; the others get a page each. Signal handlers may call this.
#include "base/failure.hpp"
#include "os/barrier.hpp"
#include "os/pages.hpp"

#include <atomic>

namespace join
{
inline namespace JOIN_ABI
{
namespace
{
struct Static
{
    std::atomic<bool> taken;
    char text[2 * sentenceSize];
};

Static statics[16];  // all zero

__attribute__ ((tls_model ("initial-exec"))) __thread char* buffer = nullptr;

char* take () noexcept
{
    for (Static& one : statics)
    {
        if (!one.taken.load () && !one.taken.exchange (true))
        {
            return one.text;
        }
    }
    void* page = nullptr;
    return os::mapAnonymous (os::basePageSize (), 0, &page) == 0 ? static_cast<char*> (page) : nullptr;
}

void give (char* text) noexcept
{
    for (Static& one : statics)
    {
        if (one.text == text)
        {
            one.taken.store (false);
            return;
        }
    }
    os::unmap (text, os::basePageSize ());
}

void leave (void*)
{
    loseSentence (buffer);
    loseSentence (buffer + sentenceSize);
    give (buffer);
    buffer = nullptr;
}

// The key whose destructor calls leave () at a thread's end. While there is none, a thread that ends leaks its buffer.
struct Key
{
    unsigned key = 0;
    std::atomic<bool> made {os::makeKey (leave, &key) == 0};  // false before the constructor has run

    Key () noexcept = default;
    Key (const Key&) = delete;
    Key& operator= (const Key&) = delete;

    // A plug-in that contains the library may be unloaded, and leave () with it.
    ~Key ()
    {
        if (made.exchange (false))
        {
            os::dropKey (key);
        }
    }
};

Key ends;  // constructed when the library is loaded
}  // namespace

char* threadSentence () noexcept
{
    if (buffer == nullptr)
    {
        char* taken = take ();
        if (buffer != nullptr && taken != nullptr)
        {
            give (taken);  // a signal handler was here in between
        }
        else
        {
            buffer = taken;
        }
        if (buffer != nullptr && ends.made)
        {
            os::keepBy (ends.key, buffer);
        }
    }
    return buffer != nullptr && isLastSentence (buffer) ? buffer + sentenceSize : buffer;
}

}  // namespace JOIN_ABI
}  // namespace join
