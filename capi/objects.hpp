// SPDX-License-Identifier: MIT
// What handles stand for: memories and queues, and how a function comes by the one that it was given.
#ifndef JOIN_CAPI_OBJECTS_HPP
#define JOIN_CAPI_OBJECTS_HPP

#include "guard.hpp"
#include "use.hpp"

#include <join/memory.hpp>

#include <mutex>
#include <new>
#include <string_view>
#include <utility>

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// A memory or a queue: what has pages, and may have a name.
class Segment : public Object
{
public:
    static constexpr const char* what = "memory and no queue";

    static bool is (Sort sort) noexcept
    {
        return sort == Sort::Memory || sort == Sort::Queue;
    }

    using Object::Object;

    virtual std::string_view name () const noexcept = 0;
    virtual bool created () const noexcept = 0;
    virtual Placement placement () const = 0;

    void forked () noexcept override
    {
        new (&mutex) std::mutex;
    }

    std::mutex mutex;  // for what changes the pages, or reads what is changed
};

/// Sets lastError: the handle is none, cannot be looked at, or stands for something else.
__attribute__ ((cold)) void refuseHandle (Handle handle, const Object* found, int error, const char* what) noexcept;

/// What the body makes of the object of that class behind the handle, or `failure`.
template <typename Class, typename Result, typename Body>
Result with (Handle handle, Result failure, Body&& body) noexcept
{
    return guard (failure, [&] {
        const Use use (handle);
        if (use.object () == nullptr || !Class::is (use.object ()->sort))
        {
            refuseHandle (handle, use.object (), use.error (), Class::what);
            return failure;
        }
        return body (static_cast<Class&> (*use.object ()));
    });
}

template <typename Class, typename Result, typename Body>
__attribute__ ((cold, noinline)) Result withSlowly (Handle handle, Result failure, Body body) noexcept
{
    return with<Class> (handle, failure, body);
}

/// The same for what throws nothing and is called all the time. The body is copied: what it captures, by value, stays in
/// registers.
template <typename Class, typename Result, typename Body>
__attribute__ ((always_inline)) inline Result withQuickly (Handle handle, Result failure, Body body) noexcept
{
    static_assert (noexcept (body (std::declval<Class&> ())), "whatever is thrown here ends the process");
    const QuickUse use (handle);
    if (__builtin_expect (use.inside (), 1))
    {
        if (__builtin_expect (Class::is (use.object ()->sort), 1))
        {
            const Result result = body (static_cast<Class&> (*use.object ()));
            use.leave ();
            return result;
        }
        use.leave ();
    }
    return withSlowly<Class> (handle, failure, body);
}

/// The same for what changes the pages, or reads what is changed: one thread at a time.
template <typename Class, typename Result, typename Body>
Result withLocked (Handle handle, Result failure, Body&& body) noexcept
{
    return with<Class> (handle, failure, [&] (Class& object) {
        const NoCancel noCancel;
        std::lock_guard<std::mutex> lock (object.mutex);
        return body (object);
    });
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
