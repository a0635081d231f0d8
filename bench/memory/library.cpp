// SPDX-License-Identifier: MIT
// The library, with its default options.
#include "contender.hpp"

#include <join/memory.hpp>

#include <optional>

namespace bench
{
namespace
{
class Local : public Way
{
public:
    void* make (std::size_t bytes) override
    {
        _memory.emplace (bytes);
        return _memory->get ();
    }

    void free () override
    {
        _memory.reset ();
    }

private:
    std::optional<join::LocalMem> _memory;
};

class Shared : public Way
{
public:
    void* make (std::size_t bytes) override
    {
        _memory.emplace (bytes, sharedName ());
        return _memory->get ();
    }

    void free () override
    {
        _memory.reset ();
        join::ShmMem::unlink (sharedName ());
    }

private:
    std::optional<join::ShmMem> _memory;
};
}  // namespace

void addLibrary (std::vector<Contender>& contenders)
{
    contenders.push_back (
        {"LocalMem", Group::Library, false, false, basePage, [] { return std::make_unique<Local> (); }});
    contenders.push_back (
        {"ShmMem", Group::Library, true, false, basePage, [] { return std::make_unique<Shared> (); }});
}

}  // namespace bench
