// SPDX-License-Identifier: MIT
//! Pops the prices that push pushes.
use joinmem::{Queue, Spsc};

fn main() -> Result<(), joinmem::Error> {
    let prices = Queue::<f64, Spsc>::open("/rust-prices", 1024)?;
    for price in &prices {
        println!("Rust got {}", price?); // waits while the queue is empty
    }
    joinmem::unlink("/rust-prices")
}
