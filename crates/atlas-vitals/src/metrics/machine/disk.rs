//! Parsers of `/proc/self/mountinfo` and `/proc/diskstats`: which device holds a directory, and what it has done.
//! Text in, figures out.

use std::borrow::Cow;

/// The kernel counts sectors of this size, whatever the device has.
const SECTOR_BYTES: u64 = 512;

/// One line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    /// Major and minor number. Major 0 has no device behind it that the kernel would count.
    pub(super) device: (u32, u32),
    /// What of the file system is mounted.
    pub(super) root: Cow<'a, str>,
    pub(super) point: Cow<'a, str>,
    pub(super) file_system: &'a str,
    pub(super) source: Cow<'a, str>,
    /// Options of the file system; controllers, where it is one of control groups.
    pub(super) options: &'a str,
}

pub(super) fn mounts(mountinfo: &str) -> impl Iterator<Item = Mount<'_>> {
    mountinfo.lines().filter_map(parse_mount)
}

fn parse_mount(line: &str) -> Option<Mount<'_>> {
    // Optional fields end with a lone hyphen.
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(2);
    let (major, minor) = before.next()?.split_once(':')?;
    let (root, point) = (before.next()?, before.next()?);
    let mut after = after.split(' ');
    Some(Mount {
        device: (major.parse().ok()?, minor.parse().ok()?),
        root: unescape(root),
        point: unescape(point),
        file_system: after.next()?,
        source: unescape(after.next()?),
        options: after.next().unwrap_or(""),
    })
}

/// Blanks and backslashes are written as a backslash and three octal digits.
fn unescape(field: &str) -> Cow<'_, str> {
    if !field.contains('\\') {
        return Cow::Borrowed(field);
    }
    let bytes = field.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 4 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

/// The mount that holds `path`, which is absolute and without links: the one with the longest mount point above it,
/// and of several at one point the last, which hides the others.
pub(super) fn holding<'a>(mountinfo: &'a str, path: &str) -> Option<Mount<'a>> {
    let path = std::path::Path::new(path);
    mounts(mountinfo)
        .filter(|mount| path.starts_with(mount.point.as_ref()))
        .max_by_key(|mount| mount.point.len())
}

/// What a device has done since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DiskTotals {
    pub(super) reads: u64,
    pub(super) read_bytes: u64,
    pub(super) writes: u64,
    pub(super) written_bytes: u64,
    /// Time that reads and writes took, added up: more than passes by, where several are under way.
    pub(super) waited_millis: u64,
    pub(super) busy_millis: u64,
}

impl DiskTotals {
    /// Share of `seconds` in which the device was at work since `earlier`.
    pub(super) fn busy_since(&self, earlier: &Self, seconds: f64) -> Option<f64> {
        let millis = self.busy_millis.checked_sub(earlier.busy_millis)?;
        (seconds > 0.0).then(|| (millis as f64 / 1e3 / seconds).min(1.0))
    }

    /// Seconds that a read or write took in the mean since `earlier`, if there was any.
    pub(super) fn wait_since(&self, earlier: &Self) -> Option<f64> {
        let reads = self.reads.checked_sub(earlier.reads)?;
        let done = reads.checked_add(self.writes.checked_sub(earlier.writes)?)?;
        let millis = self.waited_millis.checked_sub(earlier.waited_millis)?;
        (done > 0).then(|| millis as f64 / 1e3 / done as f64)
    }
}

/// The line of the device with these numbers, or else of that name. Both name it the same way, but a file system over
/// several devices has numbers of its own.
pub(super) fn parse_diskstats(text: &str, device: (u32, u32), name: Option<&str>) -> Option<DiskTotals> {
    text.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let numbers = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let is_it = fields.next() == name || numbers == device;
        is_it.then(|| totals(fields)).flatten()
    })
}

fn totals<'a>(mut fields: impl Iterator<Item = &'a str>) -> Option<DiskTotals> {
    let mut figures = [0_u64; 10];
    for figure in &mut figures {
        *figure = fields.next()?.parse().ok()?;
    }
    let [
        reads,
        _,
        read_sectors,
        read_millis,
        writes,
        _,
        written_sectors,
        write_millis,
        _,
        busy,
    ] = figures;
    Some(DiskTotals {
        reads,
        read_bytes: read_sectors.checked_mul(SECTOR_BYTES)?,
        writes,
        written_bytes: written_sectors.checked_mul(SECTOR_BYTES)?,
        waited_millis: read_millis.saturating_add(write_millis),
        busy_millis: busy,
    })
}
