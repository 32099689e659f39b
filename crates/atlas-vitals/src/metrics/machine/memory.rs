//! Parsers of `/proc/meminfo`, `/proc/pressure/*` and `/proc/vmstat`: memory, and who waits for what. Text in, figures
//! out.

/// `/proc/meminfo`, in bytes. Free memory is not among it: a healthy kernel has next to none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) total: Option<u64>,
    /// What programs can still get. Kernels before 3.14 do not tell.
    pub(super) available: Option<u64>,
    pub(super) swap_total: Option<u64>,
    pub(super) swap_free: Option<u64>,
}

impl Memory {
    pub(super) fn used_share(&self) -> Option<f64> {
        let (total, available) = (self.total?, self.available?);
        (total > 0).then(|| total.saturating_sub(available) as f64 / total as f64)
    }
}

pub(super) fn parse_meminfo(text: &str) -> Memory {
    let mut memory = Memory::default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let place = match key {
            "MemTotal" => &mut memory.total,
            "MemAvailable" => &mut memory.available,
            "SwapTotal" => &mut memory.swap_total,
            "SwapFree" => &mut memory.swap_free,
            _ => continue,
        };
        *place = kibibytes(value);
    }
    memory
}

fn kibibytes(value: &str) -> Option<u64> {
    let number = value.trim().strip_suffix("kB")?.trim_end();
    number.parse::<u64>().ok()?.checked_mul(1024)
}

/// One file of pressure: for how long tasks have waited since boot, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pressure {
    /// At least one did.
    pub(super) some: Option<u64>,
    /// All did. Kernels before 5.13 do not tell for the processor.
    pub(super) full: Option<u64>,
}

impl Pressure {
    /// The shares of `seconds` in which tasks have waited since `earlier`: some, and all.
    pub(super) fn since(&self, earlier: &Self, seconds: f64) -> (Option<f64>, Option<f64>) {
        let share = |now: Option<u64>, before: Option<u64>| {
            let micros = now?.checked_sub(before?)?;
            // The kernel adds up at moments of its own: a little more than the whole may come out.
            (seconds > 0.0).then(|| (micros as f64 / 1e6 / seconds).min(1.0))
        };
        (share(self.some, earlier.some), share(self.full, earlier.full))
    }
}

pub(super) fn parse_pressure(text: &str) -> Pressure {
    let total = |word: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(word))?;
        line.rsplit_once("total=")?.1.trim().parse().ok()
    };
    Pressure {
        some: total("some "),
        full: total("full "),
    }
}

/// Processes killed for want of memory since boot. Kernels before 4.13 do not tell.
pub(super) fn parse_oom_kills(vmstat: &str) -> Option<u64> {
    keyed(vmstat, "oom_kill")
}

/// The number after a key that stands alone before it on a line: the form of many files of the kernel.
pub(super) fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
        .and_then(|value| value.trim().parse().ok())
}
