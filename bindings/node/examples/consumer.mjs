// SPDX-License-Identifier: MIT
// Pops the prices that producer.mjs pushes, or a program in another language. Either may start first.
import { Queue, unlink } from 'joinmem';

const prices = new Queue('/example-prices', { kind: 'spsc', capacity: 1024, element: 'float64' });
for await (const price of prices) { // waits; ends with the stream
  console.log('Node.js got', price);
}
unlink('/example-prices');
