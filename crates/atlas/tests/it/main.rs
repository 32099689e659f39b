//! The binary as its users meet it: real processes, a real local web server, real kills.

mod answers;
mod crashes;
mod hostile_pages;
mod kills;
mod sample_site;
mod story;
mod support;
mod trouble;
