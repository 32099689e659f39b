//! Fetching against real sockets: a local server that misbehaves on demand, and names that lead where the
//! test wants.

// A test binary has this set always; clippy takes it as the sign that helpers are test code too.
#![cfg(test)]

mod addresses;
mod answers;
mod bodies;
mod copies;
mod guarded;
mod politeness;
mod proxy;
mod redirects;
mod server;
mod world;
