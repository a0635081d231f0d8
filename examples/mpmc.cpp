// SPDX-License-Identifier: MIT
// Two threads send numbers to two other threads through one queue.
// [readme]
#include <join/queue.hpp>

#include <atomic>
#include <iostream>
#include <thread>

int main ()
{
    join::LocalMem::Mpmc::Queue<int> numbers (64);
    std::atomic<int> sum {0};
    auto give = [&] {
        for (int n = 1; n <= 1000; ++n)
        {
            numbers.push (n);
        }
    };
    auto work = [&] {
        for (int n = 0; numbers.pop (n) == 0;)
        {
            sum += n;
        }
    };
    std::thread workers[] = {std::thread (work), std::thread (work)};
    std::thread givers[] = {std::thread (give), std::thread (give)};
    for (std::thread& giver : givers)
    {
        giver.join ();
    }
    numbers.shutdown ();  // the workers pop the remaining numbers, then pop () returns -1
    for (std::thread& worker : workers)
    {
        worker.join ();
    }
    std::cout << "twice the sum of 1 to 1000 is " << sum << "\n";
}
// [/readme]
