// SPDX-License-Identifier: MIT
/// The ways to get memory that are compared. Each makes one block at a time and gives it back.
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

    /// A fresh block of that size; shared ones under sharedName (). Not yet written. @throw std::exception
    virtual void* make (std::size_t bytes) = 0;

    /// Gives back the block that make () made last; shared ones with their name.
    virtual void free () = 0;
};

enum class Group
{
    Library,
    Raw,  // a sequence of system calls: what the library is measured against
    Peer,
};

struct Contender
{
    std::string name;
    Group group;
    bool shared;
    bool pool;             // needs reserved huge pages
    std::size_t smallest;  // bytes; below that it makes no sense
    std::function<std::unique_ptr<Way> ()> way;
};

constexpr std::size_t basePage = 4096;
constexpr std::size_t hugePage = std::size_t (2) << 20;

/// Of this run, "/joinmem-bench." and a number: set before the first child, so that whoever cleans up knows it.
void setSharedName (const std::string& name);
const std::string& sharedName ();

void addLibrary (std::vector<Contender>& contenders);
void addRawLocal (std::vector<Contender>& contenders);
void addRawShared (std::vector<Contender>& contenders);
void addPeers (std::vector<Contender>& contenders);

}  // namespace bench

#endif
