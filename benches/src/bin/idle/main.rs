//! What it costs that a server looks after itself, while nothing else happens:
//! `cargo run --release --manifest-path benches/Cargo.toml --bin idle -- ATLAS [SECONDS]`.
//!
//! Two servers of the same binary run side by side, one of which is not looked after, and two more whose C library is
//! left alone with the memory that it is given back. Each has saved a page and searched for it once: what that takes is
//! no cost of looking. Beside them `node_exporter`, asked every 15 s, and Monit, where they are installed (Debian:
//! `prometheus-node-exporter`, `monit`). It prints figures and never fails on one.

mod process;
mod watched;

use std::path::PathBuf;
use std::time::Duration;

use process::{Figures, Reading};
use watched::{Memory, Watched};

/// So long after the start everything has been looked at, and what was used for it is given back.
const SETTLING: Duration = Duration::from_secs(150);

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(atlas) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: idle ATLAS [SECONDS]   (ATLAS: path of a release build)");
        std::process::exit(2);
    };
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    let span = Duration::from_secs(seconds);
    let folder = std::env::temp_dir().join(format!("atlas-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;

    let servers = [
        ("Atlas, looked after", true, Memory::AsInService),
        ("Atlas, not looked after", false, Memory::AsInService),
        ("looked after, plain", true, Memory::LeftAlone),
        ("not looked after, plain", false, Memory::LeftAlone),
    ];
    let mut watched = Vec::new();
    for (name, looked_after, memory) in servers {
        watched.push(Watched::server(
            &atlas,
            &folder.join(name),
            name,
            looked_after,
            memory,
        )?);
    }
    watched.extend(Watched::node_exporter(&folder)?);
    watched.extend(Watched::monit(&folder)?);
    for (name, ..) in servers {
        watched::use_once(&atlas, &folder.join(name))?;
    }
    eprintln!("waiting {} s for everybody to settle", SETTLING.as_secs());
    std::thread::sleep(SETTLING);

    let before: Vec<Reading> = watched
        .iter()
        .map(|one| Reading::of(one.pid()))
        .collect::<Result<_, _>>()?;
    eprintln!("measuring for {seconds} s");
    std::thread::sleep(span);
    let mut figures = Vec::new();
    for (one, before) in watched.iter().zip(&before) {
        figures.push(Figures::between(before, &Reading::of(one.pid())?, span));
    }
    println!("over {seconds} s, nothing to do:");
    for (one, figures) in watched.iter().zip(&figures) {
        println!("{:<24} {figures}", one.name);
    }
    println!("{:<24} {}", "on minus off", figures[0].minus(&figures[1]));
    println!("{:<24} {}", "on minus off, plain", figures[2].minus(&figures[3]));
    drop(watched);
    std::fs::remove_dir_all(&folder)
}
