//! Parser of `/proc/net/dev`: what each network device has carried. Text in, figures out.

/// What a device has carried since it came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Device<'a> {
    pub(super) name: &'a str,
    pub(super) received_bytes: u64,
    pub(super) sent_bytes: u64,
    /// Packets that were damaged or dropped, both ways.
    pub(super) errors: u64,
}

/// The devices that lead out of the machine and have carried something. What one end of a virtual pair carries, the
/// bridge behind the other end carries too; and such pairs come and go with each container.
pub(super) fn parse_devices(text: &str) -> impl Iterator<Item = Device<'_>> {
    text.lines()
        .filter_map(parse_device)
        .filter(|device| device.name != "lo" && !device.name.starts_with("veth"))
        .filter(|device| device.received_bytes > 0 || device.sent_bytes > 0)
}

fn parse_device(line: &str) -> Option<Device<'_>> {
    // Old kernels leave no blank after the colon; the name of an alias has a colon of its own.
    let (name, figures) = line.rsplit_once(':')?;
    let mut figures = figures
        .split_ascii_whitespace()
        .map(|figure| figure.parse::<u64>().ok());
    let mut next = |skipped: usize| figures.nth(skipped).flatten();
    let received_bytes = next(0)?;
    let received_badly = next(1)?.saturating_add(next(0)?);
    let sent_bytes = next(4)?;
    let sent_badly = next(1)?.saturating_add(next(0)?);
    Some(Device {
        name: name.trim(),
        received_bytes,
        sent_bytes,
        errors: received_badly.saturating_add(sent_badly),
    })
}
