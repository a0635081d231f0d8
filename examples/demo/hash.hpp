// SPDX-License-Identifier: MIT
/// SHA-256 with libcrypto, in the format of sha256sum.
#ifndef DEMO_HASH_HPP
#define DEMO_HASH_HPP

#include "file.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>

inline std::string hashed (const void* bytes, uint64_t size)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash {};
    unsigned int length = 0;
    if (EVP_Digest (bytes, size, hash.data (), &length, EVP_sha256 (), nullptr) != 1)
    {
        throw Problem ("libcrypto cannot hash");
    }
    std::string text;
    for (unsigned int i = 0; i < length; ++i)
    {
        char digits[3];
        std::snprintf (digits, sizeof digits, "%02x", hash[i]);
        text += digits;
    }
    return text;
}

#endif
