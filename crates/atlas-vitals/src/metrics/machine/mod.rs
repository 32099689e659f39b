//! `Machine`: measures the machine, the limits around us and this process, by reading files of the kernel below a root
//! that is handed in. It starts no process, and what a kernel does not tell is absent.

mod boot;
mod cpu;
mod disk;
mod files;
mod group;
mod hierarchy;
mod memory;
mod network;
mod process;
mod space;
mod tell;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use boot::BootId;
pub use space::{WrittenPlace, look_at_space};

use super::Sample;
use super::steps::LONGEST_STEP;
use crate::Moment;
use files::Files;

/// The source of these samples.
const SOURCE: &str = "machine";

/// Mounts, control groups and limits change seldom; finding them costs more than the look itself.
const SURROUNDINGS_AGE_AT_MOST: Duration = Duration::from_mins(1);

/// Resources whose pressure the kernel measures, and the files that tell.
const PRESSURES: [(&str, &str); 3] = [
    ("cpu", "proc/pressure/cpu"),
    ("memory", "proc/pressure/memory"),
    ("io", "proc/pressure/io"),
];

/// Measures the machine.
#[derive(Debug)]
pub struct Machine {
    files: Files,
    data_directory: PathBuf,
    every: Duration,
    ticks_per_second: f64,
    page_bytes: u64,
    surroundings: Option<Surroundings>,
    before: Option<Totals>,
}

/// What is found now and then.
#[derive(Debug)]
struct Surroundings {
    found_at: Moment,
    group: group::Group,
    /// The device that holds the data: its numbers, and its name where that is known.
    device: Option<((u32, u32), Option<String>)>,
    files_limit: Option<u64>,
}

/// Totals of one look, which the next look compares its own with.
#[derive(Debug, Clone, Copy)]
struct Totals {
    at: Moment,
    cpu: Option<cpu::CpuTimes>,
    pressure: [Option<memory::Pressure>; 3],
    group_cpu: group::CpuTotals,
    disk: Option<disk::DiskTotals>,
}

impl Machine {
    /// Measures by the files below `root`, which is `/` but in tests; `data_directory` says which disk is ours. It is
    /// asked to look about every `every`.
    pub fn new(root: &Path, data_directory: &Path, every: Duration) -> Self {
        Self {
            files: Files::below(root),
            data_directory: std::fs::canonicalize(data_directory)
                .unwrap_or_else(|_| data_directory.to_owned()),
            every,
            ticks_per_second: rustix::param::clock_ticks_per_second().max(1) as f64,
            page_bytes: rustix::param::page_size() as u64,
            surroundings: None,
            before: None,
        }
    }

    /// Which start of the machine this is.
    pub fn boot_id(&mut self) -> Option<BootId> {
        BootId::parse(self.files.read("proc/sys/kernel/random/boot_id")?)
    }

    /// How long ago the machine was started, the time in which it slept included.
    pub fn uptime(&mut self) -> Option<Duration> {
        boot::parse_uptime(self.files.read("proc/uptime")?)
    }

    /// From now on it is asked to look about every `every`.
    pub const fn look_every(&mut self, every: Duration) {
        self.every = every;
    }

    /// Looks once. What is a rate needs a look before this one, not too long ago.
    pub fn look(&mut self, now: Moment) -> Sample {
        let surroundings = match self.surroundings.take() {
            Some(known) if now.since(known.found_at) < SURROUNDINGS_AGE_AT_MOST => known,
            _ => self.find_surroundings(now),
        };
        let mut sample = Sample::of(SOURCE, self.every);
        let before = self.before.filter(|before| {
            let passed = now.since(before.at);
            passed > Duration::ZERO && passed <= LONGEST_STEP
        });
        let totals = self.measure(now, &surroundings, before.as_ref(), &mut sample);
        self.surroundings = Some(surroundings);
        self.before = Some(totals);
        sample
    }

    fn find_surroundings(&mut self, now: Moment) -> Surroundings {
        let mountinfo = self
            .files
            .read("proc/self/mountinfo")
            .map(str::to_owned)
            .unwrap_or_default();
        let files_limit = self
            .files
            .read("proc/self/limits")
            .and_then(process::parse_files_limit);
        Surroundings {
            found_at: now,
            group: group::Group::find(&mut self.files, &mountinfo),
            device: self.find_device(&mountinfo),
            files_limit,
        }
    }

    fn find_device(&self, mountinfo: &str) -> Option<((u32, u32), Option<String>)> {
        let mount = disk::holding(mountinfo, self.data_directory.to_str()?)?;
        let name = mount.source.starts_with("/dev/").then(|| {
            // Names below /dev/mapper are links to those the kernel counts by.
            let place = self.files.place(&mount.source);
            let device = std::fs::canonicalize(&place).unwrap_or(place);
            device.file_name().map(|name| name.to_string_lossy().into_owned())
        });
        Some((mount.device, name.flatten()))
    }
}
