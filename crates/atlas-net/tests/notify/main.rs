//! Messages to real sockets: relays and receivers that behave, and those that do not.

// A test binary has this set always; clippy takes it as the sign that helpers are test code too.
#![cfg(test)]

mod commands;
mod relays;
mod support;
mod webhooks;
