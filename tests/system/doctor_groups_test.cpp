// SPDX-License-Identifier: MIT
// joinmem doctor reads the files of cgroups itself, as the tool uses public interfaces only. What it reports must be
// what the library decides: the same cgroup, the same limit, the same bytes left.
#include "baseline.hpp"
#include "guardian.hpp"
#include "kernel_report.hpp"
#include "require.hpp"
#include "setting.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <unistd.h>
#include <vector>

std::string missing ()
{
    const std::string reason = MemoryGroup::missing ();
    return !reason.empty ()                          ? reason
           : std::getenv ("JOINMEM_TOOL") == nullptr ? "JOINMEM_TOOL is not set"
                                                     : missingRoot ();
}

namespace
{
const std::string noLimit = "none visible from here";

// For functions without a string as their result, which CLAIM returns.
void need (bool right)
{
    if (!right)
    {
        throw std::runtime_error ("the test cannot read a report, or write a file");
    }
}

// What the doctor, started by this process, has found about the memory limits of cgroups.
std::string doctorFinds ()
{
    const std::string command = std::string (std::getenv ("JOINMEM_TOOL")) + " doctor --json 2>&1";
    const std::unique_ptr<FILE, int (*) (FILE*)> pipe (::popen (command.c_str (), "r"), &::pclose);
    std::string report;
    std::array<char, 4096> part;
    while (std::size_t n = std::fread (part.data (), 1, part.size (), pipe.get ()))
    {
        report.append (part.data (), n);
    }
    const std::string key = "\"found\": \"";
    const std::size_t check = report.find ("\"cgroup-memory\"");
    const std::size_t found = check == std::string::npos ? check : report.find (key, check);
    need (found != std::string::npos);
    const std::size_t begin = found + key.size ();
    return report.substr (begin, report.find ('"', begin) - begin);
}

// "FOLDER leaves 31.5 MiB of 64 MiB", and the library's "... the cgroup FOLDER leaves 31.5 MiB of its limit of 64 MiB, ..."
struct Statement
{
    std::string folder;
    double left = 0;  // bytes
    std::string limit;
};

double bytesOf (double number, const std::string& unit)
{
    double bytes = number;
    for (const char* each : {"KiB", "MiB", "GiB", "TiB"})
    {
        bytes *= 1024;
        if (unit == each)
        {
            return bytes;
        }
    }
    return number;
}

Statement readStatement (const std::string& text, const std::string& between)
{
    const std::size_t leaves = text.find (" leaves ");
    need (leaves != std::string::npos);
    const std::size_t limit = text.find (between, leaves);
    need (limit != std::string::npos);
    Statement statement;
    const std::size_t space = text.rfind (' ', leaves - 1);
    statement.folder = text.substr (space + 1, leaves - space - 1);
    std::istringstream left (text.substr (leaves + 8));
    std::string unit;
    left >> statement.left >> unit;
    statement.left = bytesOf (statement.left, unit);
    std::istringstream rest (text.substr (limit + between.size ()));
    std::string number;
    rest >> number >> unit;
    statement.limit = number + " " + (unit.back () == ',' ? unit.substr (0, unit.size () - 1) : unit);
    return statement;
}

// The doctor's and this process's own memory lie between the two readings.
constexpr double margin = 4.0 * MiB;

std::string compare (const std::string& found)
{
    const Statement doctor = readStatement (found, " of ");
    const uint64_t tooMuch = static_cast<uint64_t> (doctor.left + margin);
    const std::string error = attempt ([=] { Local::make (tooMuch); });
    CLAIM_SAYS (error, "ENOMEM: ", {"the cgroup "});
    const Statement library = readStatement (error, " of its limit of ");
    CLAIM_EQUAL (library.folder, doctor.folder);
    CLAIM_EQUAL (library.limit, doctor.limit);
    CLAIM (library.left < doctor.left + margin && library.left > doctor.left - margin);
    if (doctor.left > 2 * margin)
    {
        CLAIM_EQUAL (attempt ([&] { Local::make (static_cast<uint64_t> (doctor.left - margin)); }), "done");
    }
    return "";
}

// Page cache that the kernel can reclaim at once, charged to the cgroup of this process.
void fillCache (int mebibytes)
{
    char path[] = "/var/tmp/joinmem-test-XXXXXX";
    const int file = ::mkstemp (path);
    need (file != -1);
    ::unlink (path);
    const std::vector<char> bytes (MiB, 'x');
    for (int i = 0; i < mebibytes; ++i)
    {
        need (::write (file, bytes.data (), bytes.size ()) == static_cast<ssize_t> (bytes.size ()));
    }
    ::fdatasync (file);
}
}  // namespace

TEST_CASE ("doctor and library agree in this process's cgroup")
{
    const std::string text = inChild ([] () -> std::string {
        const std::string found = doctorFinds ();
        const std::string error = attempt ([] { Local::make (uint64_t (1) << 46); });
        CLAIM_SAYS (error, "ENOMEM: ");
        const bool limited = found != noLimit;
        CLAIM (limited || error.find ("the cgroup ") == std::string::npos);
        CLAIM (!limited || found.find (" leaves ") != std::string::npos);
        return "";
    });
    REQUIRE (text == "");
}

TEST_CASE ("doctor and library agree in a limited cgroup")
{
    const MemoryGroup group;
    group.limit (64 * MiB);
    const std::string text = inChild ([&] () -> std::string {
        group.join ();
        const std::string found = doctorFinds ();
        CLAIM_SAYS (found, group.folder () + " leaves ");
        return compare (found);
    });
    REQUIRE (text == "");
}

TEST_CASE ("doctor and library agree on an ancestor's limit")
{
    const MemoryGroup above;
    above.limit (64 * MiB);
    const MemoryGroup group (&above);
    const std::string text = inChild ([&] () -> std::string {
        group.join ();
        const std::string found = doctorFinds ();
        CLAIM_SAYS (found, above.folder () + " leaves ");
        return compare (found);
    });
    REQUIRE (text == "");
}

TEST_CASE ("doctor and library agree on used memory and page cache")
{
    const MemoryGroup group;
    group.limit (96 * MiB);
    const std::string outcome = inChild ([&] () -> std::string {
        group.join ();
        auto used = Local::make (24 * MiB);
        fillCache (24);
        const std::string text = compare (doctorFinds ());
        CLAIM (holdsBytes (used));
        return text;
    });
    REQUIRE (outcome == "");
}
