//! The control group that this process is in: its limits and what it uses. Every group above ours counts too, as far as
//! it can be seen.

use super::files::Files;
use super::hierarchy::{Place, Version, cores, locate, parse_cpu_max, parse_limit};
use super::memory::keyed;

/// One group with what it limits, if anything.
#[derive(Debug)]
struct Level {
    directory: String,
    limit: Option<u64>,
}

/// Limits over us, and where to ask what is used. Limits change seldom: it is found anew now and then, not at each
/// look.
#[derive(Debug, Default)]
pub(super) struct Group {
    memory: Option<(Version, Vec<Level>)>,
    tasks: Option<Vec<Level>>,
    cpu: Option<Cpu>,
}

#[derive(Debug)]
struct Cpu {
    version: Version,
    directory: String,
    /// Version 1 counts the time in a hierarchy of its own.
    account_directory: Option<String>,
    limit_cores: Option<f64>,
}

/// What our group uses, and what is left.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) memory_used: Option<u64>,
    pub(super) memory_limit: Option<u64>,
    pub(super) memory_available: Option<u64>,
    pub(super) memory_used_share: Option<f64>,
    pub(super) tasks: Option<u64>,
    pub(super) tasks_used_share: Option<f64>,
    pub(super) cpu_limit_cores: Option<f64>,
    pub(super) cpu: CpuTotals,
    pub(super) oom_kills: Option<u64>,
}

/// Processor time under the tightest limit, since the group was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CpuTotals {
    pub(super) used_micros: Option<u64>,
    pub(super) periods: Option<u64>,
    pub(super) throttled_periods: Option<u64>,
}

impl CpuTotals {
    /// Cores that were used since `earlier`.
    pub(super) fn cores_since(&self, earlier: &Self, seconds: f64) -> Option<f64> {
        let micros = self.used_micros?.checked_sub(earlier.used_micros?)?;
        (seconds > 0.0).then(|| micros as f64 / 1e6 / seconds)
    }

    /// Share of the periods since `earlier` in which the group was held back, if any has passed.
    pub(super) fn throttled_since(&self, earlier: &Self) -> Option<f64> {
        let periods = self.periods?.checked_sub(earlier.periods?)?;
        let throttled = self.throttled_periods?.checked_sub(earlier.throttled_periods?)?;
        (periods > 0).then(|| throttled as f64 / periods as f64)
    }
}

impl Group {
    /// Finds our groups and the limits over them.
    pub(super) fn find(files: &mut Files, mountinfo: &str) -> Self {
        let Some(text) = files.read("proc/self/cgroup").map(str::to_owned) else {
            return Self::default();
        };
        let at = |controller: &str| locate(&text, mountinfo, controller);
        let (memory, tasks, cpu, account) = (at("memory"), at("pids"), at("cpu"), at("cpuacct"));
        Self {
            memory: memory.map(|place| {
                let file = match place.version {
                    Version::One => "memory.limit_in_bytes",
                    Version::Two => "memory.max",
                };
                (place.version, limited_levels(files, &place, file))
            }),
            tasks: tasks.map(|place| limited_levels(files, &place, "pids.max")),
            cpu: cpu.map(|place| find_cpu(files, &place, account.as_ref())),
        }
    }

    /// What is used now.
    pub(super) fn look(&self, files: &mut Files) -> Figures {
        let mut figures = Figures::default();
        if let Some((version, levels)) = &self.memory {
            look_at_memory(files, *version, levels, &mut figures);
        }
        if let Some(levels) = &self.tasks {
            look_at_tasks(files, levels, &mut figures);
        }
        if let Some(cpu) = &self.cpu {
            figures.cpu_limit_cores = cpu.limit_cores;
            figures.cpu = cpu.look(files);
        }
        figures
    }
}

/// Our own group first, and of those above it the ones that limit.
fn limited_levels(files: &mut Files, place: &Place, file: &str) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for directory in place.levels() {
        let limit = files.read(&format!("{directory}/{file}")).and_then(parse_limit);
        if levels.is_empty() || limit.is_some() {
            levels.push(Level { directory, limit });
        }
    }
    levels
}

/// The group with the tightest limit of processor time, or our own if none has any.
fn find_cpu(files: &mut Files, place: &Place, account: Option<&Place>) -> Cpu {
    let mut tightest: Option<(f64, String)> = None;
    for directory in place.levels() {
        if let Some(limit) = cpu_limit(files, place.version, &directory)
            && tightest.as_ref().is_none_or(|(least, _)| limit < *least)
        {
            tightest = Some((limit, directory));
        }
    }
    let own = format!("{}{}", place.mount, place.path);
    let (limit_cores, directory) = match tightest {
        Some((limit, directory)) => (Some(limit), directory),
        None => (None, own),
    };
    let account_directory = account
        .filter(|account| account.version == Version::One)
        .map(|account| {
            let group = directory.strip_prefix(&place.mount).unwrap_or("");
            format!("{}{group}", account.mount)
        });
    Cpu {
        version: place.version,
        directory,
        account_directory,
        limit_cores,
    }
}

fn cpu_limit(files: &mut Files, version: Version, directory: &str) -> Option<f64> {
    match version {
        Version::Two => parse_cpu_max(files.read(&format!("{directory}/cpu.max"))?),
        Version::One => {
            let quota = files.read(&format!("{directory}/cpu.cfs_quota_us"))?.to_owned();
            cores(&quota, files.read(&format!("{directory}/cpu.cfs_period_us"))?)
        }
    }
}

fn look_at_memory(files: &mut Files, version: Version, levels: &[Level], figures: &mut Figures) {
    for (index, level) in levels.iter().enumerate() {
        let used = memory_used(files, version, &level.directory);
        if index == 0 {
            figures.memory_used = used;
        }
        figures.memory_limit = least(figures.memory_limit, level.limit);
        if let (Some(used), Some(limit)) = (used, level.limit) {
            figures.memory_available = least(figures.memory_available, Some(limit.saturating_sub(used)));
            figures.memory_used_share = greatest(figures.memory_used_share, share(used, limit));
        }
    }
    figures.oom_kills = levels.first().and_then(|own| {
        let file = match version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        keyed(files.read(&format!("{}/{file}", own.directory))?, "oom_kill")
    });
}

/// What the group holds without the pages of files that it has not needed lately: the kernel takes those back
/// before it kills anybody, and a group that reads much is always full of them.
fn memory_used(files: &mut Files, version: Version, directory: &str) -> Option<u64> {
    let (usage, inactive) = match version {
        Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
        Version::Two => ("memory.current", "inactive_file"),
    };
    let held: u64 = files.read(&format!("{directory}/{usage}"))?.trim().parse().ok()?;
    let spare = files
        .read(&format!("{directory}/memory.stat"))
        .and_then(|text| keyed(text, inactive));
    Some(held.saturating_sub(spare.unwrap_or(0)))
}

fn look_at_tasks(files: &mut Files, levels: &[Level], figures: &mut Figures) {
    for (index, level) in levels.iter().enumerate() {
        let tasks = files
            .read(&format!("{}/pids.current", level.directory))
            .and_then(|text| text.trim().parse().ok());
        if index == 0 {
            figures.tasks = tasks;
        }
        if let (Some(tasks), Some(limit)) = (tasks, level.limit) {
            figures.tasks_used_share = greatest(figures.tasks_used_share, share(tasks, limit));
        }
    }
}

impl Cpu {
    fn look(&self, files: &mut Files) -> CpuTotals {
        let stat = files.read(&format!("{}/cpu.stat", self.directory));
        let of = |key: &str| stat.and_then(|text| keyed(text, key));
        let (micros, periods, throttled) = (of("usage_usec"), of("nr_periods"), of("nr_throttled"));
        let used_micros = match (self.version, &self.account_directory) {
            (Version::One, Some(directory)) => files
                .read(&format!("{directory}/cpuacct.usage"))
                .and_then(|nanos| nanos.trim().parse::<u64>().ok())
                .map(|nanos| nanos / 1_000),
            _ => micros,
        };
        CpuTotals {
            used_micros,
            periods,
            throttled_periods: throttled,
        }
    }
}

fn share(used: u64, limit: u64) -> Option<f64> {
    (limit > 0).then(|| used as f64 / limit as f64)
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

fn greatest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}
