// SPDX-License-Identifier: MIT
/// The ways to allocate memory that are compared. Each allocates one block at a time and frees it.
#ifndef BENCH_MEMORY_CONTENDER_HPP
#define BENCH_MEMORY_CONTENDER_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench
{
class Way
{
public:
    virtual ~Way () = default;

    /// A new block of that size, not yet written; shared ones under sharedName (). @throw std::exception
    virtual void* make (std::size_t bytes) = 0;

    /// Frees the block that make () allocated last; shared ones with their name.
    virtual void free () = 0;
};

enum class Group
{
    Library,
    Raw,  // a sequence of system calls: the library is compared with these
    Peer,
};

struct Contender
{
    std::string name;
    Group group;
    bool shared;
    bool pool;             // needs reserved huge pages
    std::size_t smallest;  // bytes; smaller blocks make no sense
    std::function<std::unique_ptr<Way> ()> way;
};

constexpr std::size_t basePage = 4096;
constexpr std::size_t hugePage = std::size_t (2) << 20;

/// The name of this run, "/joinmem-bench." and a number: set before the first child, so that any process can clean it
/// up.
void setSharedName (const std::string& name);
const std::string& sharedName ();

void addLibrary (std::vector<Contender>& contenders);
void addRawLocal (std::vector<Contender>& contenders);
void addRawShared (std::vector<Contender>& contenders);
void addPeers (std::vector<Contender>& contenders);

}  // namespace bench

#endif
