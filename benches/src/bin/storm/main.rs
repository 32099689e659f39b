//! Ten thousand distinct alerts a minute, for five minutes: `cargo run --release --manifest-path benches/Cargo.toml --bin
//! storm [-- ALERTS_A_MINUTE]`.
//!
//! They are handed to the rules as measurements, on a clock that is turned by hand, and everything that follows is
//! written into a real file before it is sent. Beside it the same number of alerts goes into Alertmanager, where that
//! is installed (Debian: `prometheus-alertmanager`). It prints figures and never fails on one.

mod alertmanager;
mod atlas;

use std::time::Duration;

/// As many minutes as the target names.
const MINUTES: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let each_minute: usize = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 10_000,
    };
    let folder = std::env::temp_dir().join(format!("atlas-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;

    let told = atlas::storm(&folder.join("data"), each_minute, MINUTES)?;
    println!(
        "{each_minute} distinct alerts a minute, {MINUTES} minutes, one service, two severities, two channels"
    );
    println!("Atlas: {told}");
    match alertmanager::storm(&folder, each_minute)? {
        Some(figures) => println!("Alertmanager, one of these minutes: {figures}"),
        None => println!("Alertmanager is not installed, and left out"),
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Seconds on a processor, as a share of ten thousand alerts.
fn per_ten_thousand(ran: Duration, alerts: usize) -> f64 {
    ran.as_secs_f64() * 10_000.0 / alerts as f64
}

/// How long all threads of a process have run, as the kernel counts it to the nanosecond; those that have ended are
/// missing.
fn ran(pid: u32) -> std::io::Result<Duration> {
    let mut nanos = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split_whitespace().next();
        nanos += first.and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}
