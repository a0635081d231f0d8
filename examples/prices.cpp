// SPDX-License-Identifier: MIT
// Pushes three prices. Run prices.py afterwards to pop them.
// [readme]
#include <join/queue.hpp>

int main ()
{
    join::ShmMem::Spsc::Queue<double> prices (1024, "/example-prices");  // creates the queue, or attaches to it
    for (double price : {100.5, 101.25, 99.75})
    {
        prices.push (price);  // waits while the queue is full
    }
    prices.shutdown ();  // ends the stream: the consumer still gets every price
}
// [/readme]
