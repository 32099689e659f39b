//! Parsers of `/proc/self/stat` and `/proc/self/limits`: what this process uses. Text in, figures out.

/// What this process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    /// Processor time in programs and kernel, in ticks.
    pub(super) cpu_ticks: u64,
    pub(super) threads: u64,
    pub(super) resident_pages: u64,
}

pub(super) fn parse_stat(text: &str) -> Option<Process> {
    // The name stands in brackets and may contain anything, brackets and blanks too.
    let (_, figures) = text.rsplit_once(')')?;
    let mut figures = figures
        .split_ascii_whitespace()
        .map(|figure| figure.parse::<u64>().ok());
    let mut next = |skipped: usize| figures.nth(skipped).flatten();
    let (in_programs, in_kernel) = (next(11)?, next(0)?);
    let threads = next(4)?;
    let resident_pages = next(3)?;
    Some(Process {
        cpu_ticks: in_programs.saturating_add(in_kernel),
        threads,
        resident_pages,
    })
}

/// How many files this process may have open, if that is limited.
pub(super) fn parse_files_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
