// SPDX-License-Identifier: MIT
// Guarantees as sentences, each tried in a process of its own: a SIGBUS or the out-of-memory killer fails the one
// sentence that it hit, and says so.
//
//     GUARANTEE ("moves", "a touched page is on the node when mbind returns 0")
//     {
//         CHECK (memory.mbind (1) == 0);
//     }
#ifndef JOIN_TESTS_VM_CHECK_HPP
#define JOIN_TESTS_VM_CHECK_HPP

#include <cerrno>
#include <functional>
#include <sstream>
#include <string>
#include <system_error>

namespace check
{
struct Guarantee
{
    Guarantee (const char* inGroup, const char* says, void (*tries) ());

    const char* group;
    const char* sentence;
    void (*body) ();
    Guarantee* next = nullptr;
};

/// Tries the sentences of these groups (all where none is given), and prints each with its outcome.
/// @return what main () returns: 0 when all hold, 1 when one does not or there is none
int run (int groups, char** names);

/// Ends this process: the sentence does not hold.
[[noreturn]] void broken (const char* file, int line, const std::string& what);

/// The errno that the call throws as a std::system_error; 0 when it throws nothing.
int errorOf (const std::function<void ()>& call, std::string* words = nullptr);

/// What this machine lacks, as a sentence: the check ends, and is not counted as one that holds.
[[noreturn]] void skip (const std::string& why);

template <typename A, typename B>
void equal (const char* file, int line, const char* text, const A& got, const B& wanted)
{
    const int error = errno;
    if (!(got == wanted))
    {
        std::ostringstream words;
        words << text << ": got " << got << ", not " << wanted << " (errno " << error << ")";
        broken (file, line, words.str ());
    }
}
}  // namespace check

#define CHECK(condition)                                    \
    do                                                      \
    {                                                       \
        if (!(condition))                                   \
        {                                                   \
            check::broken (__FILE__, __LINE__, #condition); \
        }                                                   \
    }                                                       \
    while (false)

#define CHECK_EQUAL(got, wanted) check::equal (__FILE__, __LINE__, #got, got, wanted)

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2 (a, b)
#define GUARANTEE(group, sentence)                                                                            \
    static void CHECK_JOIN (tries, __LINE__) ();                                                              \
    static check::Guarantee CHECK_JOIN (guarantee, __LINE__) (group, sentence, CHECK_JOIN (tries, __LINE__)); \
    static void CHECK_JOIN (tries, __LINE__) ()

#endif
