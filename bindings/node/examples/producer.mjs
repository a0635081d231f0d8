// SPDX-License-Identifier: MIT
// Pushes three prices; consumer.mjs pops them.
import { Queue } from 'joinmem';

const prices = new Queue('/example-prices', { kind: 'spsc', capacity: 1024, element: 'float64' }); // or attaches to it
for (const price of [100.5, 101.25, 99.75]) {
  await prices.push(price); // waits while the queue is full
}
prices.shutdown(); // ends the stream: the consumer still gets every price
