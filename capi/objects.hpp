// SPDX-License-Identifier: MIT
// What memory objects and queue objects have in common, and the adaptors by which a function runs on the object of its
// handle.
#ifndef JOIN_CAPI_OBJECTS_HPP
#define JOIN_CAPI_OBJECTS_HPP

#include "guard.hpp"
#include "handle_guard.hpp"

#include <join/memory.hpp>
#include <join/placement.hpp>

#include <mutex>
#include <new>
#include <string_view>

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

    std::mutex mutex;  // held to change the state of the pages or to read it
};

/// Sets lastError for a handle that does not exist, cannot be used, or refers to an object that is not `what`.
__attribute__ ((cold)) void refuseHandle (Handle handle, const Object* found, int error, const char* what) noexcept;

/// Runs the body on the handle's object, which must be a Class, inside guard (): the body may throw, and change errno.
/// @return the body's result, or `failure`
template <typename Class, typename Result, typename Body>
Result onObject (Handle handle, Result failure, Body&& body) noexcept
{
    return guard (failure, [&] {
        const HandleGuard held (handle);
        if (held.object () == nullptr || !Class::is (held.object ()->sort))
        {
            refuseHandle (handle, held.object (), held.error (), Class::what);
            return failure;
        }
        return body (static_cast<Class&> (*held.object ()));
    });
}

/// Does the same with the object's mutex held and without cancellation, for a body that changes or reads the state of
/// the pages.
template <typename Class, typename Result, typename Body>
Result onLockedObject (Handle handle, Result failure, Body&& body) noexcept
{
    return onObject<Class> (handle, failure, [&] (Class& object) {
        const os::NoCancel noCancel;
        std::lock_guard<std::mutex> lock (object.mutex);
        return body (object);
    });
}

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
