// SPDX-License-Identifier: MIT
// The objects that handles refer to, memory and queues, and how a function accesses the object of its handle.
#ifndef JOIN_CAPI_OBJECTS_HPP
#define JOIN_CAPI_OBJECTS_HPP

#include "guard.hpp"
#include "use.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

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
/// Memory or a queue: an object that has pages, and may have a name.
class Segment : public Object
{
public:
    static constexpr const char* what = "memory or a queue";

    static bool is (Sort sort) noexcept
    {
        return sort == Sort::Memory || sort == Sort::Queue;
    }

    using Object::Object;

    virtual std::string_view name () const noexcept = 0;
    virtual bool created () const noexcept = 0;
    virtual int named () const noexcept = 0;
    virtual Placement placement () const = 0;

    void forked () noexcept override
    {
        new (&mutex) std::mutex;
    }

    std::mutex mutex;  // held to change the state of the pages, or to read it
};

/// Sets lastError for a handle that does not exist, cannot be used, or refers to another kind of object than `what`.
__attribute__ ((cold)) void refuseHandle (Handle handle, const Object* found, int error, const char* what) noexcept;

/// Runs the body with the handle's object, which must be of that class. @return its result, or `failure`
template <typename Class, typename Result, typename Body>
Result with (Handle handle, Result failure, Body&& body) noexcept
{
    return guard (failure, [&] {
        const HandleGuard use (handle);
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

/// Does the same without guard (), for the frequent calls: the body throws nothing, and leaves errno unchanged if it
/// succeeds. The body is copied, so that its captures, by value, stay in registers.
template <typename Class, typename Result, typename Body>
__attribute__ ((always_inline)) inline Result withQuickly (Handle handle, Result failure, Body body) noexcept
{
    static_assert (noexcept (body (std::declval<Class&> ())), "an exception here would end the process");
    const FastHandleGuard use (handle);
    if (__builtin_expect (use.inside (), 1))
    {
        if (__builtin_expect (Class::is (use.object ()->sort), 1))
        {
            const Result result = body (static_cast<Class&> (*use.object ()));
            use.leave ();
            return __builtin_expect (result == failure, 0) ? failed (failure) : result;
        }
        use.leave ();
    }
    return withSlowly<Class> (handle, failure, body);
}

/// Does the same with the object's mutex held, for a body that changes the state of the pages, or reads it.
template <typename Class, typename Result, typename Body>
Result withLocked (Handle handle, Result failure, Body&& body) noexcept
{
    return with<Class> (handle, failure, [&] (Class& object) {
        const os::NoCancel noCancel;
        std::lock_guard<std::mutex> lock (object.mutex);
        return body (object);
    });
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
