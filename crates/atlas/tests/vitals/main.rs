//! What goes wrong around a server and around those it tells: real processes, a real mail server, real disks, and
//! receivers that misbehave. Which case is tried where stands in `README.md` beside this file.

// A test binary has this set always; clippy takes it as the sign that helpers are test code too.
#![cfg(test)]

mod attention;
mod crashes;
mod delivery;
mod disks;
mod endings;
mod ops_file;
mod own_work;
mod pacing;
mod process;
mod programs;
mod put_back;
mod reload;
mod storms;
mod support;
mod table;
mod time;
mod unwritable;
