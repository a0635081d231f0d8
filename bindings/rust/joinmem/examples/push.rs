// SPDX-License-Identifier: MIT
//! Pushes three prices. Run pop before or afterwards.
use joinmem::{Queue, Spsc};

fn main() -> Result<(), joinmem::Error> {
    let prices = Queue::<f64, Spsc>::open("/rust-prices", 1024)?; // creates the queue, or attaches to it
    for price in [100.5, 101.25, 99.75] {
        prices.push(price)?; // waits while the queue is full
    }
    prices.shutdown() // ends the stream: the consumer still gets every price
}
