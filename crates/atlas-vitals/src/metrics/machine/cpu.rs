//! Parser of `/proc/stat` and `/proc/loadavg`: where processor time went, and how many wait for it. Text in, figures
//! out.

/// Processor time since boot, in ticks, over all cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CpuTimes {
    /// In programs, niced ones among them. Time in guests is inside it already.
    pub(super) user: u64,
    /// In the kernel, interrupts among it.
    pub(super) system: u64,
    pub(super) idle: u64,
    /// Idle while a disk was waited for. Kernels before 2.6 do not tell.
    pub(super) iowait: Option<u64>,
    /// Taken by the machine that ours is a guest of.
    pub(super) steal: Option<u64>,
    /// Cores that are online.
    pub(super) cores: u32,
}

/// Where the time between two looks went, as shares of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CpuShares {
    pub(super) used: f64,
    pub(super) user: f64,
    pub(super) system: f64,
    pub(super) iowait: Option<f64>,
    pub(super) steal: Option<f64>,
}

pub(super) fn parse_stat(text: &str) -> Option<CpuTimes> {
    let mut lines = text.lines();
    let mut fields = lines.next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    let mut next = || fields.next().and_then(|field| field.parse::<u64>().ok());
    let (user, nice, system, idle) = (next()?, next()?, next()?, next()?);
    let (iowait, irq, softirq, steal) = (next(), next(), next(), next());
    // What follows, guest and guest_nice, is inside user and nice already.
    let cores = lines.take_while(|line| line.starts_with("cpu")).count();
    Some(CpuTimes {
        user: user.saturating_add(nice),
        system: system
            .saturating_add(irq.unwrap_or(0))
            .saturating_add(softirq.unwrap_or(0)),
        idle,
        iowait,
        steal,
        cores: u32::try_from(cores).ok()?,
    })
}

impl CpuTimes {
    /// The shares of the time since `earlier`, if any has passed. The kernel lets iowait and steal go backwards now
    /// and then: that is no time.
    pub(super) fn since(&self, earlier: &Self) -> Option<CpuShares> {
        let user = self.user.saturating_sub(earlier.user);
        let system = self.system.saturating_sub(earlier.system);
        let idle = self.idle.saturating_sub(earlier.idle);
        let optional = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        let iowait = optional(self.iowait, earlier.iowait);
        let steal = optional(self.steal, earlier.steal);
        let unused = idle.saturating_add(iowait.unwrap_or(0));
        let busy = user.saturating_add(system).saturating_add(steal.unwrap_or(0));
        let total = busy.saturating_add(unused);
        let share = |ticks: u64| ticks as f64 / total as f64;
        (total > 0).then(|| CpuShares {
            used: share(busy),
            user: share(user),
            system: share(system),
            iowait: iowait.map(share),
            steal: steal.map(share),
        })
    }
}

/// `/proc/loadavg`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Load {
    /// Over 1, 5 and 15 minutes.
    pub(super) averages: [f64; 3],
    pub(super) runnable: u64,
}

pub(super) fn parse_load(text: &str) -> Option<Load> {
    let mut fields = text.split_ascii_whitespace();
    let mut average = || {
        fields
            .next()?
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
    };
    let averages = [average()?, average()?, average()?];
    let (runnable, _) = fields.next()?.split_once('/')?;
    Some(Load {
        averages,
        runnable: runnable.parse().ok()?,
    })
}
