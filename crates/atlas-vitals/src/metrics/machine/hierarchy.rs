//! Where the control groups have us: in version 2, in version 1, or in a mixture of both; on a machine or in a
//! container. Parsers of their files too. Text in, places and limits out.

use super::disk::{Mount, mounts};

/// A limit of version 1 beyond this is none: it is the greatest number, rounded to pages.
const NO_LIMIT_V1: u64 = 1 << 62;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// Our place in the hierarchy of one controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) version: Version,
    /// Where the hierarchy is mounted.
    pub(super) mount: String,
    /// Our group below it, empty for the mount itself.
    pub(super) path: String,
}

impl Place {
    /// Our group and those above it, up to the mount: what lies beyond that is not ours to see.
    pub(super) fn levels(&self) -> impl Iterator<Item = String> {
        let mut ahead = Some(self.path.as_str());
        std::iter::from_fn(move || {
            let path = ahead?;
            ahead = path.rsplit_once('/').map(|(above, _)| above);
            Some(format!("{}{path}", self.mount))
        })
    }
}

/// Where the hierarchy of a controller has us. A controller that version 1 has is not in version 2.
pub(super) fn locate(self_cgroup: &str, mountinfo: &str, controller: &str) -> Option<Place> {
    let groups = || {
        self_cgroup
            .lines()
            .filter_map(|line| line.split_once(':')?.1.split_once(':'))
    };
    let has = |list: &str| list.split(',').any(|name| name == controller);
    let first = groups()
        .find(|(controllers, _)| has(controllers))
        .and_then(|(_, group)| {
            let mount =
                mounts(mountinfo).find(|mount| mount.file_system == "cgroup" && has(mount.options))?;
            below(&mount, group, Version::One)
        });
    first.or_else(|| {
        let (_, group) = groups().find(|(controllers, _)| controllers.is_empty())?;
        let mount = mounts(mountinfo).find(|mount| mount.file_system == "cgroup2")?;
        below(&mount, group, Version::Two)
    })
}

fn below(mount: &Mount<'_>, group: &str, version: Version) -> Option<Place> {
    let root = mount.root.trim_end_matches('/');
    let path = match group.strip_prefix(root) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_end_matches('/'),
        // A container that sees the names of its host: what is mounted is its own group.
        _ => "",
    };
    // A group outside of what we may see.
    let is_visible = !path.split('/').any(|part| part == "..");
    is_visible.then(|| Place {
        version,
        mount: mount.point.trim_end_matches('/').to_owned(),
        path: path.to_owned(),
    })
}

/// A limit of bytes or tasks; none where there is no limit.
pub(super) fn parse_limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT_V1)
}

/// Cores in `cpu.max`: what may be used of each period.
pub(super) fn parse_cpu_max(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    cores(quota, period)
}

/// Cores of version 1, from two files. A quota of -1 is none.
pub(super) fn cores(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (u64, u64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
