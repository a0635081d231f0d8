// SPDX-License-Identifier: MIT
// Other ways that programs use.
#include "contender.hpp"

#include <cstdlib>
#include <new>

#ifdef BENCH_HAS_BOOST
#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#endif
#ifdef BENCH_HAS_MIMALLOC
#include <mimalloc.h>
#endif

namespace bench
{
namespace
{
class Heap : public Way
{
public:
    Heap (void* (*take) (std::size_t), void (*give) (void*))
    : _take (take)
    , _give (give)
    {
    }

    void* make (std::size_t bytes) override
    {
        _block = _take (bytes);
        if (_block == nullptr)
        {
            throw std::bad_alloc ();
        }
        return _block;
    }

    void free () override
    {
        _give (_block);
    }

private:
    void* (*_take) (std::size_t);
    void (*_give) (void*);
    void* _block = nullptr;
};

#ifdef BENCH_HAS_BOOST
namespace ipc = boost::interprocess;

class BoostAnonymous : public Way
{
public:
    void* make (std::size_t bytes) override
    {
        ipc::mapped_region region (ipc::anonymous_shared_memory (bytes));
        _region.swap (region);
        return _region.get_address ();
    }

    void free () override
    {
        ipc::mapped_region none;
        _region.swap (none);
    }

private:
    ipc::mapped_region _region;
};

class BoostShared : public Way
{
public:
    void* make (std::size_t bytes) override
    {
        ipc::shared_memory_object object (ipc::create_only, sharedName ().c_str (), ipc::read_write);
        object.truncate (static_cast<ipc::offset_t> (bytes));
        ipc::mapped_region region (object, ipc::read_write);
        _region.swap (region);
        return _region.get_address ();
    }

    void free () override
    {
        {
            ipc::mapped_region none;
            _region.swap (none);
        }
        ipc::shared_memory_object::remove (sharedName ().c_str ());
    }

private:
    ipc::mapped_region _region;
};
#endif
}  // namespace

void addPeers (std::vector<Contender>& contenders)
{
    contenders.push_back ({"malloc", Group::Peer, false, false, basePage,
                           [] { return std::make_unique<Heap> (std::malloc, std::free); }});
#ifdef BENCH_HAS_MIMALLOC
    contenders.push_back (
        {"mimalloc", Group::Peer, false, false, basePage, [] { return std::make_unique<Heap> (mi_malloc, mi_free); }});
#endif
#ifdef BENCH_HAS_BOOST
    contenders.push_back ({"Boost anonymous_shared_memory", Group::Peer, false, false, basePage,
                           [] { return std::make_unique<BoostAnonymous> (); }});
    contenders.push_back ({"Boost shared_memory_object, mapped_region", Group::Peer, true, false, basePage,
                           [] { return std::make_unique<BoostShared> (); }});
#endif
}

}  // namespace bench
