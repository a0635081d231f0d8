// SPDX-License-Identifier: MIT
// Runs tests in a process of their own: what kills it, or what it changes in itself, is reported and does not harm the
// test.
#ifndef JOIN_TESTS_SYSTEM_CHILD_HPP
#define JOIN_TESTS_SYSTEM_CHILD_HPP

#include <functional>
#include <initializer_list>
#include <string>

/// Runs `body` in a forked child. @return what the body returned, "" for success by convention; or "killed by SIGBUS",
/// "threw ...". A child that takes longer than a minute is killed by SIGALRM.
std::string inChild (const std::function<std::string ()>& body);

/// The outcome of a call: "done", or "ENOSPC: the message" of a system_error, "overflow_error: ..." and the like.
std::string attempt (const std::function<void ()>& call);

/// The same for a function that returns 0 or -1 and sets join::lastError.
std::string attemptCall (const std::function<int ()>& call);

/// Whether the text begins with `start` and contains all of `words`.
bool says (const std::string& text, const std::string& start, std::initializer_list<const char*> words = {});

/// A segment name that no other process of these tests uses; a child of this process gets the same name.
std::string segmentName (const std::string& what = "memory");
std::string segmentPath (const std::string& what = "memory");

/// For bodies: returns the line and the condition if the condition is false.
#define CLAIM(condition)                                                                        \
    do                                                                                          \
    {                                                                                           \
        if (!(condition))                                                                       \
        {                                                                                       \
            return std::string ("line ") + std::to_string (__LINE__) + ", not so: " #condition; \
        }                                                                                       \
    }                                                                                           \
    while (false)

/// The same for two numbers or texts, which are shown.
#define CLAIM_EQUAL(is, expected)                                                                                \
    do                                                                                                           \
    {                                                                                                            \
        const std::string claimIs = shown (is);                                                                  \
        const std::string claimExpected = shown (expected);                                                      \
        if (claimIs != claimExpected)                                                                            \
        {                                                                                                        \
            return std::string ("line ") + std::to_string (__LINE__) + ": " #is " is " + claimIs + ", expected " \
                   + claimExpected;                                                                              \
        }                                                                                                        \
    }                                                                                                            \
    while (false)

/// For texts that begin with an errno: the words that the rest must contain.
#define CLAIM_SAYS(text, ...)                                                                                      \
    do                                                                                                             \
    {                                                                                                              \
        const std::string claimText = text;                                                                        \
        if (!says (claimText, __VA_ARGS__))                                                                        \
        {                                                                                                          \
            return std::string ("line ") + std::to_string (__LINE__) + ": not " #__VA_ARGS__ " but: " + claimText; \
        }                                                                                                          \
    }                                                                                                              \
    while (false)

inline std::string shown (const std::string& text)
{
    return text;
}

inline std::string shown (const char* text)
{
    return text;
}

template <typename Number>
std::string shown (Number number)
{
    return std::to_string (number);
}

#endif
