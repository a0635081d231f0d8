// SPDX-License-Identifier: MIT
#include "running.hpp"

#include "shadow.hpp"
#include "world.hpp"

namespace model
{
Running* running = nullptr;

namespace
{
// Outside of an exploration there is only one thread.
uint64_t onBytes (void* at, std::size_t size, const Access& access) noexcept
{
    uint64_t before = 0;
    std::memcpy (&before, at, size);
    uint64_t after = before;
    switch (access.kind)
    {
        case Kind::Store:
        case Kind::Exchange:
            after = access.value;
            break;
        case Kind::Swap:
            after = before == access.expected ? access.value : before;
            break;
        case Kind::Add:
            after = before + access.value;
            break;
        case Kind::And:
            after = before & access.value;
            break;
        case Kind::Or:
            after = before | access.value;
            break;
        case Kind::Hold:
            after = before == 0 ? access.value : before;
            break;
        case Kind::Drop:
            after = 0;
            break;
        default:
            break;
    }
    std::memcpy (at, &after, size);
    return before;
}
}  // namespace

uint64_t Running::answer (const Access& access, const char* file, int line) noexcept
{
    if (_next < _history->size ())
    {
        return (*_history)[_next++];
    }
    pending = access;
    pending.site = file != nullptr ? siteOf (file, line, access) : access.site;
    if (mutant.mistake == Mistake::Order && mutant.site == pending.site)
    {
        pending.order = pending.order > Order::Relaxed ? mutant.order : pending.order;
        pending.failure = mutant.failure;
    }
    std::longjmp (out, 1);
}

uint64_t Running::believe (const Access& access, const char* file, int line) noexcept
{
    const bool known = (_known >> access.location & 1) != 0;
    if (known && access.kind == Kind::Load && file != nullptr && mutant.means (*siteOf (file, line, access)))
    {
        return _read[access.location];
    }
    const uint64_t found = answer (access, file, line);
    if (mutant.mistake == Mistake::Stale && (access.kind == Kind::Lock || access.kind == Kind::SleepAny))
    {
        _known = 0;
    }
    if (access.kind == Kind::Load)
    {
        _known |= uint64_t (1) << access.location;
        _read[access.location] = found;
    }
    return found;
}

// Sets the flag before the epoch is read, and not after that.
uint64_t Running::flagFirst (Access access, const char* file, int line) noexcept
{
    const Site& site = *siteOf (file, line, access);
    if (site.text.find (mutant.until) != std::string::npos)
    {
        return 0;
    }
    if (mutant.means (site))
    {
        Access flag = access;
        flag.kind = Kind::Or;
        world.flagOf (access.location, &flag);
        answer (flag, file, line);
    }
    return answer (access, file, line);
}

uint64_t Running::ask (Access access, const char* file, int line) noexcept
{
    if (mutant.mistake == Mistake::Once || mutant.mistake == Mistake::Stale)
    {
        return believe (access, file, line);
    }
    if (mutant.mistake == Mistake::Flag && file != nullptr)
    {
        return flagFirst (access, file, line);
    }
    if (mutant.mistake != Mistake::Skip && mutant.mistake != Mistake::Late)
    {
        const uint64_t found = answer (access, file, line);
        if (access.kind == Kind::Swap && found != access.expected
            && (world.isHead (access.location) || world.isTail (access.location)))
        {
            marked = _next - 1;
            at = Mark::Overtaken;
        }
        return found;
    }
    access.site = file != nullptr ? siteOf (file, line, access) : nullptr;
    if (access.site != nullptr && mutant.means (*access.site))
    {
        if (mutant.mistake == Mistake::Skip)
        {
            return access.kind == Kind::Swap ? access.expected : 0;
        }
        _late.at (_lates++) = access;
        return 0;
    }
    const uint64_t result = answer (access, nullptr, 0);
    const bool written = access.kind == Kind::Store || (access.kind == Kind::Swap && result == access.expected);
    if (written && access.site != nullptr && access.site->label == mutant.until)
    {
        const unsigned lates = _lates;
        _lates = 0;
        for (unsigned i = 0; i < lates; ++i)
        {
            answer (_late[i], nullptr, 0);
        }
    }
    return result;
}

uint64_t reach (const void* at, std::size_t size, Access access, const char* file, int line) noexcept
{
    void* const bytes = const_cast<void*> (at);
    if (running == nullptr)
    {
        return onBytes (bytes, size, access);
    }
    const int location = running->world.locationOf (at);
    if (location >= 0)
    {
        access.location = static_cast<uint8_t> (location);
        return running->ask (access, file, line);
    }
    // No other thread reads this location, or it is a hint about pauses: a stored value is dropped.
    return access.kind == Kind::Store
               ? 0
               : onBytes (bytes, size, Access {Kind::Load, Order::Plain, Order::Plain, 0, 0, 0, nullptr});
}

void copy (void* to, const void* from, std::size_t bytes, const char* file, int line) noexcept
{
    const auto watched = [] (const void* at) { return running != nullptr && running->world.locationOf (at) >= 0; };
    if (!watched (to) && !watched (from))
    {
        std::memcpy (to, from, bytes);
        return;
    }
    for (std::size_t i = 0; i < bytes; i += sizeof (uint64_t))
    {
        char* const target = static_cast<char*> (to) + i;
        const char* const source = static_cast<const char*> (from) + i;
        Access access = {Kind::Load, Order::Plain, Order::Plain, 0, 0, 0, nullptr};
        if (watched (to))
        {
            access.kind = Kind::Store;
            std::memcpy (&access.value, source, sizeof (access.value));
            reach (target, sizeof (access.value), access, file, line);
        }
        else
        {
            const uint64_t value = reach (source, sizeof (value), access, file, line);
            std::memcpy (target, &value, sizeof (value));
        }
    }
}

}  // namespace model
