// SPDX-License-Identifier: MIT
// The queues of a library that is loaded by its path, through the C ABI: this build, and an older one as the baseline.
// Nothing of libjoinmem is in the global scope of this program, or the library loaded here would resolve its own exported
// names to it.
#include "loops.hpp"

#include <dlfcn.h>
#include <sched.h>
#include <stdexcept>

namespace bench
{
namespace blocking
{
namespace
{
using Handle = int64_t;

template <typename Function>
void find (void* library, const char* name, Function* function)
{
    void* const found = ::dlsym (library, name);
    if (found == nullptr)
    {
        throw std::runtime_error (std::string ("no function ") + name);
    }
    *function = reinterpret_cast<Function> (found);
}

struct Functions
{
    explicit Functions (const char* path)
    {
        void* const library = ::dlopen (path, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr)
        {
            throw std::runtime_error (::dlerror ());
        }
        find (library, "jm_queue_create", &create);
        find (library, "jm_queue_open", &open);
        find (library, "jm_queue_push", &push);
        find (library, "jm_queue_pop", &pop);
        find (library, "jm_queue_try_push", &tryPush);
        find (library, "jm_queue_try_pop", &tryPop);
        find (library, "jm_close", &close);
        find (library, "jm_last_error_message", &message);
    }

    Handle (*create) (uint32_t kind, uint64_t capacity, uint32_t bytes) = nullptr;
    Handle (*open) (uint32_t kind, uint64_t capacity, uint32_t bytes, const char* name) = nullptr;
    int (*push) (Handle queue, const void* element, int64_t timeout) = nullptr;
    int (*pop) (Handle queue, void* element, int64_t timeout) = nullptr;
    int (*tryPush) (Handle queue, const void* element) = nullptr;
    int (*tryPop) (Handle queue, void* element) = nullptr;
    int (*close) (Handle queue) = nullptr;
    const char* (*message) () = nullptr;
};

/// The values of joinmem.h, JM_SPSC and so on, which no later library changes.
uint32_t kindOf (const Row& row)
{
    return row.kind == Kind::Spsc ? 1 : row.kind == Kind::Mpsc ? 2 : 3;
}

template <typename T>
class ByC
{
public:
    using Element = T;
    static constexpr bool inherited = false;
    static bool counted (const Row&)
    {
        return true;
    }

    explicit ByC (const Setup& setup)
    : _call (setup.library)
    , _queue (make (setup))
    , _pushBlocks (setup.mode == Mode::PushBlocks || setup.mode == Mode::BothBlock)
    , _popBlocks (setup.mode == Mode::PopBlocks || setup.mode == Mode::BothBlock)
    {
        check (_queue > 0 ? 0 : -1);
    }

    ByC (const ByC&) = delete;
    ByC& operator= (const ByC&) = delete;

    ~ByC ()
    {
        _call.close (_queue);
    }

    void push (const T& element)
    {
        if (_pushBlocks)
        {
            check (_call.push (_queue, &element, -1));
            return;
        }
        while (_call.tryPush (_queue, &element) != 0)
        {
            ::sched_yield ();
        }
    }

    void pop (T& element)
    {
        if (_popBlocks)
        {
            check (_call.pop (_queue, &element, -1));
            return;
        }
        while (_call.tryPop (_queue, &element) != 0)
        {
            ::sched_yield ();
        }
    }

private:
    Handle make (const Setup& setup) const
    {
        const Row& row = setup.row;
        return row.shared ? _call.open (kindOf (row), row.capacity, sizeof (T), setup.name.c_str ())
                          : _call.create (kindOf (row), row.capacity, sizeof (T));
    }

    void check (int result) const
    {
        if (result != 0)
        {
            throw std::runtime_error (_call.message ());
        }
    }

    const Functions _call;
    const Handle _queue;
    const bool _pushBlocks;
    const bool _popBlocks;
};

bool isThroughput (const Row& row)
{
    return row.shape == Shape::Throughput;
}

bool isOther (const Row& row)
{
    return row.shape != Shape::Throughput;
}

bool isRate (const Row& row)
{
    return row.shape == Shape::Rate;
}
}  // namespace

void addByC (Contenders& contenders, const std::string& prefix, const std::string& library, bool allModes)
{
    contenders.push_back ({prefix + " both block", isThroughput, runAny<ByC>, Mode::BothBlock, library});
    if (allModes)
    {
        contenders.push_back ({prefix + " push blocks", isThroughput, runAny<ByC>, Mode::PushBlocks, library});
        contenders.push_back ({prefix + " pop blocks", isThroughput, runAny<ByC>, Mode::PopBlocks, library});
    }
    contenders.push_back ({prefix, allModes ? isOther : isRate, runAny<ByC>, Mode::BothBlock, library});
}

}  // namespace blocking
}  // namespace bench
