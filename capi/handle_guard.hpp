// SPDX-License-Identifier: MIT
// The guards by which a call finds the object of its handle and protects it from destruction (hazard.hpp). They are
// inline: a guard and an indirect call are the whole difference in cost between a push through a handle and one in C++.
#ifndef JOIN_CAPI_HANDLE_GUARD_HPP
#define JOIN_CAPI_HANDLE_GUARD_HPP

#include "hazard.hpp"

namespace join
{
inline namespace JOIN_ABI
{
namespace capi
{
/// Protects the handle's object from destruction until the end of the scope.
class HandleGuard
{
public:
    explicit HandleGuard (Handle handle) noexcept
    {
        HandleSlot* slot = handleSlotOf (handle);
        if (__builtin_expect (slot == nullptr, 0))
        {
            return;
        }
        HazardSlot* hazard = ownRecord != nullptr ? ownRecord->slots : nullptr;
        if (__builtin_expect (hazard == nullptr || !hazard->isEmpty (), 0))
        {
            _error = findHazardSlot (&hazard);
            if (_error != 0)
            {
                return;
            }
        }
        _hazard = hazard;
        if (hazard->protect (*slot, generationOf (handle), callsFence ()))
        {
            _object = slot->object;
        }
    }

    HandleGuard (const HandleGuard&) = delete;
    HandleGuard& operator= (const HandleGuard&) = delete;

    ~HandleGuard ()
    {
        if (__builtin_expect (_hazard != nullptr, 1))
        {
            _hazard->clear ();
            if (__builtin_expect (ownRecord == nullptr, 0))
            {
                returnRecord (_hazard);
            }
        }
    }

    /// The object; null if the handle does not exist, is closed, or cannot be used (error ()).
    Object* object () const noexcept
    {
        return _object;
    }

    /// 0; ENOMEM; EAGAIN: too many calls inside one another.
    int error () const noexcept
    {
        return _error;
    }

private:
    int _error = 0;
    Object* _object = nullptr;
    HazardSlot* _hazard = nullptr;
};

/// The same for the usual case only: the thread has a record, no other call of it is in progress, calls need no fence,
/// and the handle is open. It has no destructor: call leave () if isInside ().
class FastHandleGuard
{
public:
    __attribute__ ((always_inline)) explicit FastHandleGuard (Handle handle) noexcept
    {
        HandleSlot* slot = handleSlotOf (handle);
        HazardRecord* record = ownRecord;
        if (slot == nullptr || record == nullptr || callsFence ())
        {
            return;
        }
        HazardSlot& hazard = record->slots[0];
        if (hazard.isEmpty () && hazard.protect (*slot, generationOf (handle), false))
        {
            _hazard = &hazard;
            _object = slot->object;
        }
    }

    /// Whether object () is valid. If not, a HandleGuard finds the object, or the error.
    bool isInside () const noexcept
    {
        return _hazard != nullptr;
    }

    Object* object () const noexcept
    {
        return _object;
    }

    void leave () const noexcept
    {
        _hazard->clear ();
    }

private:
    Object* _object = nullptr;
    HazardSlot* _hazard = nullptr;
};

}  // namespace capi
}  // namespace JOIN_ABI
}  // namespace join

#endif
