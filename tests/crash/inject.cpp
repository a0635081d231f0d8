// SPDX-License-Identifier: MIT
#include "inject.hpp"

#include <join/placement.hpp>

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace crash
{
namespace
{
const uint64_t hugePage = 2 << 20;

// The likeliest error first. munmap of a whole mapping and close have no failure that a caller could handle; other
// calls with no error here cannot fail, or belong to the tests.
std::vector<int> errorsOf (long number)
{
    static const struct
    {
        long number;
        std::vector<int> errors;
    } known[] = {
        {SYS_close, {}},
        {SYS_munmap, {}},
        {SYS_brk, {}},
        {SYS_exit_group, {}},
        {SYS_geteuid, {}},
        {SYS_futex, {}},
        {SYS_mmap, {ENOMEM, EPERM, EAGAIN, EINVAL, ENODEV}},
        {SYS_mremap, {ENOMEM, EFAULT, EINVAL}},
        {SYS_mprotect, {ENOMEM, EACCES}},
        {SYS_madvise, {EINVAL, ENOMEM, EAGAIN, EBUSY, EFAULT, EPERM, EINTR}},
        {SYS_mlock, {ENOMEM, EPERM, EAGAIN, EINTR, ENOSYS}},
        {SYS_munlock, {ENOMEM, EPERM}},
        {SYS_mbind, {EPERM, ENOSYS, ENOMEM, EINVAL, EIO}},
        {SYS_move_pages, {EPERM, ENOSYS, ENOMEM, EACCES, ENODEV}},
        {SYS_openat, {EMFILE, EACCES, ENOENT, ENFILE, ENOMEM, EINTR, EPERM, ELOOP, ENOSPC}},
        {SYS_read, {EIO, EINTR, EACCES}},
        {SYS_fallocate, {ENOSPC, EINTR, EOPNOTSUPP, EPERM, EFBIG}},
        {SYS_ftruncate, {EINTR, EPERM, EFBIG, EIO}},
        {SYS_fchmod, {EPERM, EROFS, EIO}},
        {SYS_fcntl, {ENOLCK, EINVAL, EAGAIN, EINTR, EBADF}},
        {SYS_linkat, {EPERM, ENOSPC, EACCES, ENOENT, EMLINK, ENOMEM, EEXIST}},
        {SYS_unlinkat, {EPERM, EACCES, EROFS, EBUSY, ENOMEM}},
        {SYS_getrandom, {EAGAIN, ENOSYS, EINTR, EPERM}},
#ifdef SYS_link
        {SYS_link, {EPERM, ENOSPC, EACCES, ENOENT, EMLINK, ENOMEM, EEXIST}},
        {SYS_unlink, {EPERM, EACCES, EROFS, EBUSY, ENOMEM}},
#endif
    };
    for (const auto& call : known)
    {
        if (call.number == number)
        {
            return call.errors;
        }
    }
    return {EPERM, ENOSYS, ENOMEM, EINVAL};
}

// The errno that the operation failed with, or 0; complains about an error without a message.
int attempt (const Operation& operation, State& state, Verdict& verdict)
{
    try
    {
        if (operation.run (state) == 0)
        {
            return 0;
        }
        const int error = join::lastError.value ();
        if (error == 0 || join::lastError.message () == std::strerror (error) || join::lastError.message ().empty ())
        {
            verdict.say ("-1 without an errno or without a sentence: " + join::lastError.message ());
        }
        return error;
    }
    catch (const std::bad_alloc&)
    {
        return ENOMEM;
    }
    catch (const std::system_error& error)
    {
        const std::string words = error.what ();
        if (error.code ().value () == 0 || words.empty () || words == error.code ().message ())
        {
            verdict.say ("it throws without an errno or without a sentence: " + words);
        }
        return error.code ().value ();
    }
}

bool isWorkingName (const std::string& name)
{
    return name.find (".joinmem-") != std::string::npos;
}

bool isLockName (const std::string& name)
{
    return name.rfind (".joinmem.lock-", 0) == 0;
}

// `spared`: unlink was made to fail, so a working name may remain until the next creator removes it: create one.
std::string checkNames (const Operation& operation, const State& state, bool success, bool spared)
{
    std::vector<std::string> left = names ();
    if (spared && std::any_of (left.begin (), left.end (), isWorkingName))
    {
        judgeIn (operation.environment, [&] (Verdict&) { join::ShmMem (4096, state.name + ".next"); });
        ::unlink (pathOf (state.name + ".next").c_str ());
        left = names ();
    }
    // A queue that some users may only read has a lock file for as long as it has its name.
    if (std::find (left.begin (), left.end (), state.name) != left.end ())
    {
        left.erase (std::remove_if (left.begin (), left.end (), isLockName), left.end ());
    }
    const Left allowed = success ? operation.afterSuccess : operation.afterFailure;
    const bool nothing = left.empty () && allowed != Left::Name;
    const bool name = left == std::vector<std::string> {state.name} && allowed != Left::Nothing;
    return nothing || name ? "" : "; " + listOf (left) + " is in /dev/shm";
}

int runWatched (const Operation& operation, State& state, Verdict& verdict)
{
    static Footprint before;
    static Footprint after;
    Footprint::settle ();
    if (operation.before)
    {
        operation.before (state);
    }
    const bool mine = state.memory == nullptr;
    before.take ();
    mark (1);
    verdict.error = attempt (operation, state, verdict);
    mark (2);
    if (verdict.error == 0 && operation.judge)
    {
        operation.judge (state, verdict);
    }
    if (mine)
    {
        state.memory.reset ();
        state.other.reset ();
    }
    after.take ();
    verdict.say (before.differs (after));
    verdict.done = true;
    return 0;
}

using Choose = std::function<int (const SystemCall&, std::size_t index)>;

bool removes (long number)
{
#ifdef SYS_unlink
    return number == SYS_unlinkat || number == SYS_unlink;
#else
    return number == SYS_unlinkat;
#endif
}

// Runs the operation in a fresh process. `choose` returns the errno for each call; 0 lets it run. @return the complaint
std::string runOnce (const Operation& operation, bool spared, const Choose& choose, int* error)
{
    static Verdict* const verdict = static_cast<Verdict*> (sharedPages (sizeof (Verdict)));
    *verdict = Verdict ();
    State state;
    state.name = freshName ();
    if (operation.exists)
    {
        inChild ([&] {
            join::ShmMem segment (operation.size, state.name);
            std::memset (segment.get (), fill, operation.size);
            return 0;
        });
    }
    Traced child ([&] { return runWatched (operation, state, *verdict); });
    std::size_t index = 0;
    child.between (1, 2, [&] (Stop stop) {
        if (stop == Stop::Entry)
        {
            apply (operation.environment, child);
            const int chosen = choose (child.call (), index++);
            if (chosen != 0)
            {
                child.fail (chosen);
            }
        }
        return true;
    });
    std::string complaint = verdict->complaint (child.finish ());
    complaint += checkNames (operation, state, verdict->error == 0, spared);
    *error = verdict->error;
    removeNames ();
    return complaint;
}

// The system calls of a run without injected failures.
std::vector<long> record (const Operation& operation, Tally& tally)
{
    std::vector<long> calls;
    int error = 0;
    const std::string complaint = runOnce (
        operation, false,
        [&] (const SystemCall& call, std::size_t) {
            calls.push_back (call.number);
            return 0;
        },
        &error);
    tally.complaints += complaint.empty () ? "" : operation.what + ", undisturbed: " + complaint + "\n";
    return calls;
}

void count (const std::string& complaint, int error, const std::string& place, Tally& tally)
{
    ++tally.cases;
    tally.succeeded += error == 0 ? 1 : 0;
    tally.complaints += complaint.empty () ? "" : place + ": " + complaint + "\n";
}
}  // namespace

void failOnce (const Operation& operation, bool few, Tally& tally)
{
    const std::vector<long> calls = record (operation, tally);
    for (std::size_t k = 0; k < calls.size (); ++k)
    {
        std::vector<int> errors = errorsOf (calls[k]);
        errors.resize (few && !errors.empty () ? 1 : errors.size ());
        for (int chosen : errors)
        {
            long met = -1;
            int error = 0;
            std::string complaint = runOnce (
                operation, removes (calls[k]),
                [&] (const SystemCall& call, std::size_t index) {
                    met = index == k ? call.number : met;
                    return index == k ? chosen : 0;
                },
                &error);
            complaint = met == calls[k] ? complaint : "the run before this call was another one, " + callName (met);
            count (complaint, error,
                   operation.what + ", call " + std::to_string (k) + ", " + callName (calls[k])
                       + ", fails once: " + std::strerror (chosen),
                   tally);
        }
    }
}

void failAlways (const Operation& operation, bool few, Tally& tally)
{
    const std::vector<long> calls = record (operation, tally);
    for (long number : std::set<long> (calls.begin (), calls.end ()))
    {
        const bool essential =
            std::find (operation.essential.begin (), operation.essential.end (), number) != operation.essential.end ();
        for (int chosen : few ? std::vector<int> {EPERM} : std::vector<int> {EPERM, ENOSYS, ENOMEM})
        {
            if (errorsOf (number).empty ())
            {
                continue;
            }
            int error = 0;
            std::string complaint = runOnce (
                operation, removes (number),
                [&] (const SystemCall& call, std::size_t) { return call.number == number ? chosen : 0; }, &error);
            complaint = complaint.empty () && essential && error == 0 ? "it reports success" : complaint;
            count (complaint, error,
                   operation.what + ", " + callName (number) + " fails always: " + std::strerror (chosen), tally);
        }
    }
}

void judgeMemory (const State& state, uint64_t size, const join::MemOptions& options, unsigned char value,
                  Verdict& verdict)
{
    const join::Memory& memory = *state.memory;
    const join::Placement placement = memory.placement ();
    const Backing backing = backingOf (memory.get (), size);
    const bool silent = placement.fallbacks.empty ();
    const auto require = [&] (bool fine, const char* words) { verdict.say (fine ? "" : words); };
    require (memory.size () == size, "it has another size");
    require (!options.prefault || backing.resident >= size || !silent, "not all pages are resident, without a report");
    const bool knowable = options.prefault && options.huge == join::HugePages::Prefer;
    require (!knowable || backing.huge >= size / hugePage * hugePage || !silent,
             "not all is on huge pages, without a report");
    require (options.huge != join::HugePages::Require || backing.huge >= size,
             "huge pages were required, and are not there");
    require (options.huge != join::HugePages::Never || backing.huge == 0, "it is on huge pages");
    require (!options.lock || backing.locked >= size, "it is not locked");
    require (size < hugePage || !placement.hugeBytes || *placement.hugeBytes == backing.huge, "hugeBytes is wrong");
    require (!placement.shared || lockHeld (pathOf (state.name)), "no process holds the lock");
    for (const join::Fallback& fallback : placement.fallbacks)
    {
        require (!fallback.reason.empty (), "a fallback without a reason");
    }
    require (filledWith (memory.get (), size, value), "its bytes are not what they should be");
    if (!options.readOnly)
    {
        std::memset (state.memory->get (), 1, size);
        require (filledWith (memory.get (), size, 1), "its bytes do not stay");
    }
}

}  // namespace crash
