// SPDX-License-Identifier: MIT
/// Forward declarations of the library's classes, for headers that only mention them. Include this header instead of
/// writing `namespace join { class LocalMem; }`, which declares another class: the library's are in an inline
/// namespace. Since: 0.1
#ifndef JOIN_FWD_HPP
#define JOIN_FWD_HPP

#include <join/detail/abi.hpp>

#include <cstdint>

namespace join
{
inline namespace JOIN_ABI
{
class Memory;
class LocalMem;
class ShmMem;
struct MemOptions;
struct Placement;  // <join/placement.hpp> defines it
enum class HugePages : uint32_t;
enum class OpenMode : uint32_t;

class AnyQueue;
struct QueueOptions;
struct QueueStats;
struct Producer;
enum class QueueKind : uint32_t;
template <typename Mem>
struct BasicSpsc;
template <typename Mem>
struct BasicMpsc;
template <typename Mem>
struct BasicMpmc;

class WaitSet;
class WaitSetState;
struct WaitEvent;
struct WaitSetOptions;
enum class Ready : uint32_t;

struct SegmentInfo;  // this and the next two: <join/inspect.hpp>
struct SegmentPages;
enum class SegmentKind : uint32_t;

namespace detail
{
struct PlacementData;
struct SegmentData;
struct SegmentPagesData;

/// Gets a report as plain data and stores it in `to`, of the program's type.
using PlacementReceiver = void (*) (const PlacementData& data, void* to);
}  // namespace detail
}  // namespace JOIN_ABI
}  // namespace join

#endif
