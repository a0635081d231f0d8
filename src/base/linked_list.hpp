// SPDX-License-Identifier: MIT
// A doubly linked list of objects that carry their own links: no call allocates, and each takes constant time.
#ifndef JOIN_SRC_BASE_LINKED_LIST_HPP
#define JOIN_SRC_BASE_LINKED_LIST_HPP

#include <join/detail/abi.hpp>

#include <cstddef>

namespace join
{
inline namespace JOIN_ABI
{
/// The base of T, so that a T can be in one LinkedList<T>.
template <typename T>
struct Link
{
    bool isLinked = false;
    T* previous = nullptr;
    T* next = nullptr;
};

/// Does not own its objects. Thread safety: as the containers of std.
template <typename T>
class LinkedList
{
public:
    bool isEmpty () const noexcept
    {
        return _first == nullptr;
    }

    std::size_t size () const noexcept
    {
        return _size;
    }

    /// Null if the list is empty. Object::next leads on.
    T* first () const noexcept
    {
        return _first;
    }

    /// Adds an object at the end. No effect on an object that is in the list.
    void pushBack (T& object) noexcept
    {
        if (object.isLinked)
        {
            return;
        }
        object.isLinked = true;
        object.previous = _last;
        object.next = nullptr;
        (_last != nullptr ? _last->next : _first) = &object;
        _last = &object;
        ++_size;
    }

    /// No effect on an object that is in no list.
    void remove (T& object) noexcept
    {
        if (!object.isLinked)
        {
            return;
        }
        object.isLinked = false;
        (object.previous != nullptr ? object.previous->next : _first) = object.next;
        (object.next != nullptr ? object.next->previous : _last) = object.previous;
        --_size;
    }

    /// Removes the first object. @pre the list is not empty
    T& popFront () noexcept
    {
        T& object = *_first;
        remove (object);
        return object;
    }

private:
    T* _first = nullptr;
    T* _last = nullptr;
    std::size_t _size = 0;
};

}  // namespace JOIN_ABI
}  // namespace join

#endif
