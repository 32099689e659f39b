//! Looking after databases, beside what the machine needs for the same file at least:
//! `cargo run --release --manifest-path benches/Cargo.toml --bin upkeep -- ATLAS [ROWS [PAGES]]` (ATLAS: a release build).
//!
//! First a database of ROWS rows that belongs to somebody else: `atlas db audit` beside the gate alone on the same bodies and
//! beside `cp`; `atlas db cleanup --apply` beside `cp`, two checks of integrity and a `VACUUM`. Then a library of PAGES pages:
//! searches while nothing else goes on, and while the library is cleaned. It prints figures and never fails on one.

mod foreign;
mod live;
mod measure;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(atlas) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: upkeep ATLAS [ROWS [PAGES]]   (ATLAS: path of a release build)");
        std::process::exit(2);
    };
    let mut number = |without: u64| {
        arguments
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(without)
    };
    let (rows, pages) = (number(20_000), number(400));
    let folder = std::env::temp_dir().join(format!("atlas-bench-upkeep-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    if rows > 0 {
        foreign::run(&atlas, rows, &folder.join("foreign"))?;
    }
    if pages > 0 {
        live::run(&atlas, pages as usize, &folder.join("live"))?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
