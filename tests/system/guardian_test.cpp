// SPDX-License-Identifier: MIT
// The guardian itself restores what a test has changed when the test is killed.
#include "guardian.hpp"
#include "huge_bodies.hpp"
#include "require.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <poll.h>

namespace
{
// A setting to try: it has no effect while no process requests pages from a pool.
const std::string path = poolSetting ("nr_overcommit_hugepages");

// The guardian acts after the end of its test. The limit only finds a hang.
bool comesToBe (const std::function<bool ()>& condition)
{
    for (int tries = 0; tries < 3000 && !condition (); ++tries)
    {
        ::poll (nullptr, 0, 10);
    }
    return condition ();
}
}  // namespace

std::string missing ()
{
    return Setting::turns (path) ? "" : path + " cannot be written";
}

TEST_CASE ("guardian restores a setting on exit and kill")
{
    const uint64_t before = numberOf (path);
    {
        const Setting settingPath (path, std::to_string (before + 3));
        REQUIRE (numberOf (path) == before + 3);
    }
    REQUIRE (numberOf (path) == before);
    const std::string text = inChild ([=] () -> std::string {
        const Setting settingPath (path, std::to_string (before + 5));
        CLAIM_EQUAL (numberOf (path), before + 5);
        ::kill (::getpid (), SIGKILL);
        return "";
    });
    REQUIRE (text == "killed by SIGKILL");
    REQUIRE (comesToBe ([=] { return numberOf (path) == before; }));
    // Without a guardian the value stays: this is what the guardian prevents.
    const std::string baseline = inChild ([=] () -> std::string {
        std::ofstream (path) << before + 7;
        ::kill (::getpid (), SIGKILL);
        return "";
    });
    REQUIRE (baseline == "killed by SIGKILL");
    REQUIRE (numberOf (path) == before + 7);
    std::ofstream (path) << before;
}

TEST_CASE ("guardian removes a cgroup on exit and kill")
{
    if (!MemoryGroup::missing ().empty ())
    {
        return;
    }
    std::string folder;
    {
        const MemoryGroup group;
        folder = group.folder ();
        REQUIRE (exists (folder));
    }
    REQUIRE (!exists (folder));
    const std::string parent = folder.substr (0, folder.rfind ('/'));
    const auto groups = [&] {
        std::vector<std::string> found;
        for (const std::string& name : entries (parent))
        {
            if (name.compare (0, 13, "joinmem-test-") == 0)
            {
                found.push_back (name);
            }
        }
        return found;
    };
    const std::vector<std::string> before = groups ();  // those that a killed run of these tests has left
    const std::string text = inChild ([] () -> std::string {
        const MemoryGroup group;
        group.join ();
        ::kill (::getpid (), SIGKILL);
        return "";
    });
    REQUIRE (text == "killed by SIGKILL");
    REQUIRE (comesToBe ([&] { return groups () == before; }));
}
