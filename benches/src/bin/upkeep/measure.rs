//! Time of a step and of a command, and the most memory that a command held.

use std::process::Command;
use std::time::{Duration, Instant};

/// What a command took.
pub struct Ran {
    pub took: Duration,
    /// The largest resident set, as `/proc` had it while the command ran.
    pub peak_bytes: u64,
    pub stdout: String,
}

/// How long a step takes.
pub fn timed<T, E>(step: impl FnOnce() -> Result<T, E>) -> Result<(Duration, T), E> {
    let begun_at = Instant::now();
    let done = step()?;
    Ok((begun_at.elapsed(), done))
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Result<Ran, Box<dyn std::error::Error>> {
    let begun_at = Instant::now();
    let child = command.stdout(std::process::Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let watching = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            // Counted by the kernel as a peak: the last look before the end has it.
            match text.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
                Some(line) => peak = line.trim().trim_end_matches(" kB").parse().unwrap_or(peak),
                None => break, // it has ended
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        peak * 1024
    });
    let output = child.wait_with_output()?;
    let took = begun_at.elapsed();
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status).into());
    }
    Ok(Ran {
        took,
        peak_bytes: watching.join().unwrap_or(0),
        stdout: String::from_utf8(output.stdout)?,
    })
}

/// In seconds, to hundredths.
pub fn secs(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
