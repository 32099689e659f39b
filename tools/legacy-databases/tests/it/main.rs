//! The files that come out: their rows, their truth, their bytes. Looks at them with SQLite alone.

mod file;
mod presets;
mod program;
mod rows;
mod texts;
