// SPDX-License-Identifier: MIT
// Guarantees as sentences, each tried in its own process: a SIGBUS or the OOM killer fails only the sentence that it
// hits, and the failure names the signal.
//
//     GUARANTEE ("moves", "mbind moves a touched page")
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

/// Tries the sentences of these groups (of all groups if none is given), and prints each with its outcome.
/// @return the exit status for main (): 0 if all hold, 1 if one does not or if there is none
int run (int groups, char** names);

/// Ends this process: the sentence does not hold.
[[noreturn]] void broken (const char* file, int line, const std::string& what);

/// The errno that the call throws as a std::system_error; 0 when it throws nothing.
int errorOf (const std::function<void ()>& call, std::string* words = nullptr);

/// Ends the check because the machine lacks something, given as a sentence. Such a check does not count as one that
/// holds.
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
