//! How much this process has done so far, in numbers that only grow: by them a start that takes its time differs from one
//! that hangs.

use std::fs::read_to_string;

/// Ticks of the processor and bytes to and from disks, added up: it has grown if any of them has. None where the kernel
/// does not tell.
pub(super) fn effort() -> Option<u64> {
    let ticks = ticks_in(&read_to_string("/proc/self/stat").ok()?)?;
    // Not everybody may see this, and the processor alone says much.
    let bytes = read_to_string("/proc/self/io").map_or(0, |io| bytes_in(&io));
    Some(ticks.saturating_add(bytes))
}

/// User and system time. The name of the program, in brackets, may hold anything; what follows it is counted.
fn ticks_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// What really went to and from disks.
fn bytes_in(io: &str) -> u64 {
    let bytes = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let counts = ["read_bytes", "write_bytes"].contains(&name);
        counts.then(|| value.trim().parse::<u64>().ok()).flatten()
    };
    io.lines().filter_map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_counted_whatever_the_program_is_called() {
        let stat = "42 (at) las) S 1 42 42 0 -1 4194304 100 0 0 0 31 11 0 0 20 0 9 0 12345";
        assert_eq!(ticks_in(stat), Some(42));
        assert_eq!(ticks_in("42 (atlas"), None);
    }

    #[test]
    fn only_what_went_to_disks_is_counted() {
        let io = "rchar: 900\nwchar: 800\nsyscr: 7\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 5\n";
        assert_eq!(bytes_in(io), 12_288);
    }

    #[test]
    fn this_process_has_done_something() {
        assert!(effort().is_some());
    }
}
