// SPDX-License-Identifier: MIT
// Messages are UTF-8, even if a name has other bytes or is cut within a character.
#include <join/any_queue.hpp>
#include <join/inspect.hpp>
#include <join/queue.hpp>

#include "support.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace
{
// Independent of the library's own check: decodes each character and encodes it again.
bool isUtf8 (const std::string& text)
{
    for (std::size_t i = 0; i < text.size ();)
    {
        const auto byte = [&] (std::size_t at) {
            return at < text.size () ? static_cast<unsigned char> (text[at]) : 0U;
        };
        const unsigned first = byte (i);
        const std::size_t length = first < 0x80           ? 1
                                   : (first >> 5) == 0x06 ? 2
                                   : (first >> 4) == 0x0E ? 3
                                   : (first >> 3) == 0x1E ? 4
                                                          : 0;
        uint32_t point = length == 1 ? first : first & (0x7FU >> length);
        for (std::size_t k = 1; k < length; ++k)
        {
            if ((byte (i + k) & 0xC0U) != 0x80)
            {
                return false;
            }
            point = point << 6 | (byte (i + k) & 0x3FU);
        }
        const std::size_t needed = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        if (length != needed || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        {
            return false;
        }
        i += length;
    }
    return true;
}

// The message of a call that fails; "" if it succeeds.
std::string sentenceOf (const std::function<int ()>& call)
{
    try
    {
        return call () == -1 ? join::lastError.message () : "";
    }
    catch (const std::system_error& error)
    {
        return error.what ();
    }
}

join::MemOptions openOnly ()
{
    join::MemOptions options;
    options.openMode = join::OpenMode::OpenOnly;
    return options;
}

std::vector<std::string> sentencesAbout (const std::string& name)
{
    return {
        sentenceOf ([&] { return join::ShmMem (4096, name, openOnly ()).size () == 0 ? 0 : 1; }),
        sentenceOf ([&] { return join::AnyQueue (name).capacity () == 0 ? 0 : 1; }),
        sentenceOf ([&] { return join::inspect (name).size == 0 ? 0 : 1; }),
        sentenceOf ([&] { return join::inspectPages (name).pageSize.has_value () ? 0 : 1; }),
        sentenceOf ([&] { return static_cast<int> (join::inspectProducers (name, nullptr, 0)); }),
        sentenceOf ([&] { return join::removeUnused (name); }),
        sentenceOf (
            [&] { return name.find ('/', 1) != name.npos ? join::ShmMem::unlink (name) : join::removeUnused (name); }),
    };
}
}  // namespace

TEST_CASE ("messages are UTF-8 wherever a name is cut")
{
    for (const std::string character : {"\u00e9", "\u20ac", "\U0001f600"})
    {
        for (std::size_t shift = 0; shift < 4; ++shift)
        {
            std::string name = "joinmem-test-" + std::string (shift, 'x');
            for (std::size_t count = 0; name.size () < 700; ++count, name += character)
            {
                const std::string bad = name.size () > 20 ? name + "/x" : name;
                for (const std::string& text : {name, bad, name + std::string ("\0y", 2)})
                {
                    for (const std::string& sentence : sentencesAbout (text))
                    {
                        INFO (text << ": " << sentence);
                        REQUIRE ((!sentence.empty () && isUtf8 (sentence)));
                    }
                }
            }
        }
    }
}

TEST_CASE ("messages are UTF-8 for names that are not")
{
    for (const std::string bytes :
         {"\xff", "\xe9t\xe9", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80\x80"})
    {
        for (const std::string& text :
             {"joinmem-test-" + bytes, "joinmem-test-" + bytes + "/", bytes + std::string (300, 'a')})
        {
            for (const std::string& sentence : sentencesAbout (text))
            {
                INFO (sentence);
                REQUIRE ((!sentence.empty () && isUtf8 (sentence)));
            }
        }
    }
}

TEST_CASE ("queue messages have name, figures and remedy")
{
    using Mpmc = join::ShmMem::Mpmc::Queue<int>;
    using namespace std::chrono_literals;
    const Name name ("messages");
    const std::string bare = name.c_str ();
    const auto says = [&] (const std::function<int ()>& call, const std::vector<std::string>& words) {
        const std::string sentence = sentenceOf (call);
        for (const std::string& word : words)
        {
            INFO (sentence << " should have: " << word);
            CHECK (sentence.find (word) != std::string::npos);
        }
    };
    says ([&] { return join::AnyQueue (bare).full () ? 0 : 1; }, {"there is no queue " + bare, "CreateOrOpen"});
    Mpmc queue (1, bare);
    int value = 1;
    says ([&] { return queue.pop (value, 20ms); }, {bare + " stayed empty for ", " ms: the time is up"});
    REQUIRE (queue.push (value) == 0);
    says ([&] { return queue.push (value, 20ms); }, {bare + " stayed full for ", " ms: the time is up"});
    says ([&] { return queue.push (value, 0ms); }, {"stayed full: the time is up"});
    says ([&] { return join::ShmMem::Spsc::Queue<int> (1, bare).full () ? 0 : 1; },
          {bare, "kind Mpmc", "not Spsc as requested", "joinmem rm"});
    says ([&] { return Mpmc (8, bare).full () ? 0 : 1; }, {bare, "capacity of 1", "not 8 as requested", "joinmem rm"});
    says ([&] { return join::ShmMem::Mpmc::Queue<long> (1, bare).full () ? 0 : 1; },
          {bare, "elements of 4 bytes", "not 8 as requested", "joinmem rm"});
    const auto negative = [&] { Mpmc (static_cast<uint64_t> (-1), bare); };
    CHECK_THROWS_WITH (negative (), Catch::Contains (bare) && Catch::Contains ("1 to 4294967296")
                                        && Catch::Contains ("is the capacity negative?"));
    says ([&] { return Mpmc ((uint64_t (1) << 32) + 1, bare).full () ? 0 : 1; }, {bare, "4294967297", "4294967296"});
}

TEST_CASE ("whole characters appear unchanged in messages")
{
    const Name name ("\u20ac\U0001f600");
    const std::string sentence = sentenceOf ([&] { return join::removeUnused (name); });
    CHECK (sentence.find ("\u20ac\U0001f600") != std::string::npos);
    CHECK (isUtf8 ("\u00e9\u20ac\U0001f600"));
    CHECK_FALSE (isUtf8 ("\xe2\x82"));
}
