// SPDX-License-Identifier: MIT
// Exhausted limits of the process: a clear error, no signal, and nothing left behind.
#include "kernel_report.hpp"
#include "baseline.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <fstream>

std::string missing ()
{
    return sanitized ? "sanitizers need address space and descriptors of their own" : "";
}

namespace
{
using join::HugePages;

// Opens all descriptors but `left`, and closes them at the end.
class Descriptors
{
public:
    explicit Descriptors (unsigned left)
    {
        for (int file; (file = ::open ("/dev/null", O_RDONLY | O_CLOEXEC)) != -1;)
        {
            _taken.push_back (file);
        }
        for (; left > 0; --left)
        {
            ::close (_taken.back ());
            _taken.pop_back ();
        }
    }

    Descriptors (const Descriptors&) = delete;
    Descriptors& operator= (const Descriptors&) = delete;

    ~Descriptors ()
    {
        for (int file : _taken)
        {
            ::close (file);
        }
    }

private:
    std::vector<int> _taken;
};

uint64_t addressSpace ()
{
    uint64_t pages = 0;
    std::ifstream ("/proc/self/statm") >> pages;
    return pages * 4 * KiB;
}

// With more and more descriptors: each failure is EMFILE, and none leaves anything behind.
template <typename Kind>
std::string withFewDescriptors (uint64_t size, const join::MemOptions& options)
{
    limit (RLIMIT_NOFILE, 64);
    attempt ([] { Kind::make (0); });
    const std::string before = belongings ();
    for (unsigned left = 0; left < 8; ++left)
    {
        std::string text;
        {
            const Descriptors taken (left);
            text = attempt ([&] { Kind::make (size, options); });
            Unlinked::remove ();
        }
        if (text != "done")
        {
            CLAIM_SAYS (text, "EMFILE: ", {"ulimit -n"});
        }
        CLAIM (left < 7 || text == "done");
        CLAIM (!Kind::shared || left > 0 || text != "done");
        CLAIM_EQUAL (belongings (), before);
    }
    return "";
}

// With more and more address space.
template <typename Kind>
std::string withLittleSpace (uint64_t size, const join::MemOptions& options)
{
    attempt ([] { Kind::make (0); });
    attempt ([&] { Kind::make (size, options); });
    Unlinked::remove ();
    const std::string before = belongings ();
    unsigned done = 0;
    for (uint64_t more = 0; more < 4 * size + 4 * MiB; more += 512 * KiB)
    {
        limit (RLIMIT_AS, addressSpace () + more);
        const std::string text = attempt ([&] { Kind::make (size, options); });
        limit (RLIMIT_AS, RLIM_INFINITY);
        Unlinked::remove ();
        CLAIM (text == "done" || text == "exception: std::bad_alloc" || says (text, "ENOMEM: ", {"RLIMIT_AS"}));
        CLAIM (more >= size || text != "done");
        CLAIM_EQUAL (belongings (), before);
        done += text == "done" ? 1 : 0;
    }
    CLAIM (done > 0);
    return "";
}
}  // namespace

TEST_CASE ("exhausted descriptors fail with EMFILE and leave nothing")
{
    for (HugePages huge : {HugePages::Prefer, HugePages::Never, HugePages::Require})
    {
        for (uint64_t size : {4 * KiB, 16 * MiB})
        {
            CAPTURE (huge, size);
            CHECK (inChild ([=] { return withFewDescriptors<Local> (size, asking (huge)); }) == "");
            CHECK (inChild ([=] { return withFewDescriptors<Shared> (size, asking (huge)); }) == "");
        }
    }
}

TEST_CASE ("opener without descriptors fails and keeps the segment")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        limit (RLIMIT_NOFILE, 64);
        auto maker = Shared::make (4 * KiB);
        std::string got;
        {
            const Descriptors taken (0);
            got = attempt ([] { Shared::make (4 * KiB); });
            CLAIM_EQUAL (maker.created (), true);
            CLAIM (!maker.placement ().hugeBytes);  // unknown at this point, and not invented
        }
        CLAIM_SAYS (got, "EMFILE: ", {"ulimit -n"});
        CLAIM (exists (segmentPath ()));
        CLAIM (maker.placement ().hugeBytes.has_value ());
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("exhausted address space fails and names RLIMIT_AS")
{
    for (HugePages huge : {HugePages::Prefer, HugePages::Never, HugePages::Require})
    {
        CAPTURE (huge);
        CHECK (inChild ([=] { return withLittleSpace<Local> (6 * MiB, asking (huge)); }) == "");
        CHECK (inChild ([=] { return withLittleSpace<Shared> (6 * MiB, asking (huge)); }) == "");
    }
}

TEST_CASE ("segment past RLIMIT_FSIZE fails with EFBIG, without signal")
{
    const auto with = [] (std::string (*body) ()) {
        return inChild ([=] {
            limit (RLIMIT_FSIZE, MiB);
            return body ();
        });
    };
    const auto refused = with ([] () -> std::string {
        Unlinked segment;
        for (uint64_t size : {MiB + 1, 4 * MiB, 64 * MiB})
        {
            for (HugePages huge : {HugePages::Prefer, HugePages::Never, HugePages::Require})
            {
                CLAIM_SAYS (attempt ([=] { Shared::make (size, asking (huge)); }),
                            "EFBIG: ", {"RLIMIT_FSIZE is 1 MiB"});
                CLAIM (!exists (segmentPath ()));
            }
        }
        CLAIM_EQUAL (attempt ([] { Shared::make (MiB); }), "done");
        CLAIM_EQUAL (attempt ([] { Local::make (64 * MiB); }), "done");
        return "";
    });
    CHECK (refused == "");
    CHECK (with ([] { return attempt ([] { BaselineShared::make (4 * MiB); }); }) == "killed by SIGXFSZ");
    Unlinked::remove ();
}

TEST_CASE ("RLIMIT_FSIZE counts huge pages of creators, not openers")
{
    const std::string text = inChild ([] () -> std::string {
        Unlinked segment;
        auto maker = Shared::make (4 * MiB);
        limit (RLIMIT_FSIZE, 3 * MiB);
        CLAIM_EQUAL (attempt ([] { Shared::make (4 * MiB); }), "done");
        const std::string got =
            attempt ([] { join::ShmMem (3 * MiB, segmentName ("required"), asking (HugePages::Require)); });
        join::ShmMem::unlink (segmentName ("required"));
        CLAIM (got == "done" || says (got, "EFBIG: ", {"RLIMIT_FSIZE"}));
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("exhausted RLIMIT_DATA fails with ENOMEM and leaves nothing")
{
    const std::string text = inChild ([] () -> std::string {
        attempt ([] { Local::make (0); });
        limit (RLIMIT_DATA, 8 * MiB);
        const std::string before = belongings ();
        for (HugePages huge : {HugePages::Prefer, HugePages::Never, HugePages::Require})
        {
            CLAIM_SAYS (attempt ([=] { Local::make (64 * MiB, asking (huge)); }), "ENOMEM: ", {"RLIMIT_DATA"});
            CLAIM_EQUAL (belongings (), before);
        }
        return "";
    });
    REQUIRE (text == "");
}
