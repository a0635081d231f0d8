// SPDX-License-Identifier: MIT
// A hostile header: each field with each boundary value, before a process attaches.
#include "raw.hpp"

#include <random>

using namespace std::chrono_literals;
using join::OpenMode;

namespace
{
enum class Verdict
{
    Refused,   // EBADMSG, or EINVAL where the field describes a different queue than requested
    Harmless,  // reserved, informational, or a feature that may be ignored
};

struct Field
{
    const char* name;
    uint64_t offset;
    unsigned bytes;
    Verdict verdict;
};

const Field fields[] = {
    {"magic", 0, 8, Verdict::Refused},           {"major", 8, 2, Verdict::Refused},
    {"minor", 10, 2, Verdict::Harmless},         {"headerSize", 12, 4, Verdict::Refused},
    {"compatible", 16, 4, Verdict::Harmless},    {"incompatible", 20, 4, Verdict::Refused},
    {"kind", 24, 4, Verdict::Refused},           {"elementSize", 28, 4, Verdict::Refused},
    {"capacity", 32, 8, Verdict::Refused},       {"typeId", 40, 8, Verdict::Harmless},  // this test requests no type
    {"tag", 48, 8, Verdict::Harmless},           {"slotCount", 56, 4, Verdict::Refused},
    {"stride", 60, 4, Verdict::Refused},         {"sequencesOffset", 64, 8, Verdict::Refused},
    {"elementsOffset", 72, 8, Verdict::Refused}, {"segmentSize", 80, 8, Verdict::Refused},
    {"creatorPid", 88, 4, Verdict::Harmless},    {"reserved0", 92, 4, Verdict::Harmless},
    {"createdAt", 96, 8, Verdict::Harmless},     {"reserved1", 104, 8, Verdict::Harmless},
    {"reserved1", 120, 8, Verdict::Harmless},    {"deaths", 128, 8, Verdict::Harmless},
    {"skipped", 136, 8, Verdict::Harmless},      {"zeros", 256, 8, Verdict::Harmless},
    {"zeros", 376, 8, Verdict::Harmless},
};

std::vector<uint64_t> boundariesAround (uint64_t value)
{
    std::vector<uint64_t> values = {0, 1, 2, 3, 4, 5, UINT64_MAX, INT64_MAX, value - 1, value + 1, ~value, value * 2};
    for (unsigned bit = 0; bit < 64; ++bit)
    {
        values.push_back (uint64_t (1) << bit);
        values.push_back (value ^ (uint64_t (1) << bit));
        values.push_back ((uint64_t (1) << bit) - 1);
    }
    return values;
}

template <typename Kind, typename T>
int attach (const std::string& name, uint64_t capacity, OpenMode how)
{
    return thrownBy ([&] {
        auto queue = openQueue<Kind, T> (capacity, name, mode (how));
        fenceIn ("/dev/shm" + name);
        const std::string complaint = everyCall<Kind, T> (queue, 1us);
        if (!complaint.empty ())
        {
            throw std::runtime_error (complaint);
        }
    });
}

struct Large
{
    unsigned char bytes[72];
};

template <typename Kind, typename T>
void everyField ()
{
    Made<Kind, T> made (16);
    Raw raw (made.name.text);
    for (const Field& field : fields)
    {
        uint64_t right = 0;
        std::memcpy (&right, raw.bytes () + field.offset, field.bytes);
        for (const uint64_t value : boundariesAround (right))
        {
            std::memcpy (raw.bytes () + field.offset, &value, field.bytes);
            const bool same = std::memcmp (&value, &right, field.bytes) == 0;
            INFO (field.name << " = " << value << ", it was " << right);
            const int asIs = attach<Kind, T> (made.name.text, 0, OpenMode::OpenOnly);
            const int result = attach<Kind, T> (made.name.text, 16, OpenMode::CreateOrOpen);
            if (same || field.verdict == Verdict::Harmless)
            {
                REQUIRE (asIs == 0);
                REQUIRE (result == 0);
            }
            else
            {
                REQUIRE ((asIs == EBADMSG || asIs == EINVAL));
                REQUIRE ((result == EBADMSG || result == EINVAL));
            }
        }
        std::memcpy (raw.bytes () + field.offset, &right, field.bytes);
    }
    REQUIRE (attach<Kind, T> (made.name.text, 16, OpenMode::OpenOnly) == 0);
}

template <typename Kind, typename T>
void manyFields (unsigned seed)
{
    Made<Kind, T> made (16);
    Raw raw (made.name.text);
    const join::detail::Identity right = raw.control ().identity;
    std::mt19937_64 random (seed);
    for (int round = 0; round < 3000; ++round)
    {
        raw.control ().identity = right;
        for (uint64_t changes = 1 + random () % 4; changes > 0; --changes)
        {
            const Field& field = fields[random () % (sizeof (fields) / sizeof (*fields))];
            const std::vector<uint64_t> values = boundariesAround (raw.at<uint64_t> (field.offset));
            const uint64_t value = random () % 4 == 0 ? random () : values[random () % values.size ()];
            std::memcpy (raw.bytes () + field.offset, &value, field.bytes);
        }
        const int error = attach<Kind, T> (made.name.text, 0, OpenMode::OpenOnly);
        REQUIRE ((error == 0 || error == EBADMSG || error == EINVAL));
    }
}
}  // namespace

TEMPLATE_LIST_TEST_CASE ("wrong header field is rejected or harmless", "[queue][header]", SharedKinds)
{
    everyField<TestType, uint64_t> ();
    everyField<TestType, Large> ();
}

TEMPLATE_LIST_TEST_CASE ("several wrong fields are rejected", "[queue][header]", SharedKinds)
{
    manyFields<TestType, uint64_t> (1);
    manyFields<TestType, Large> (2);
}

TEMPLATE_LIST_TEST_CASE ("consistent header larger than the file is rejected", "[queue][header]", SharedKinds)
{
    Made<TestType> made (16);
    Raw raw (made.name.text);
    for (uint64_t capacity = 32; capacity <= uint64_t (1) << 33; capacity *= 2)
    {
        const auto kind = static_cast<join::detail::Kind> (raw.control ().identity.kind);
        const auto layout = join::detail::layoutOf (kind, capacity, 8, raw.control ().identity.slotCount);
        raw.control ().identity.capacity = capacity;
        raw.control ().identity.sequencesOffset = layout.sequencesOffset;
        raw.control ().identity.elementsOffset = layout.elementsOffset;
        raw.control ().identity.segmentSize = layout.segmentSize;
        const int error = attach<TestType, uint64_t> (made.name.text, 0, OpenMode::OpenOnly);
        REQUIRE (error == (layout.segmentSize <= raw.size () ? 0 : EBADMSG));
    }
}
