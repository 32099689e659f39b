//! Fills a disk up to a share, and not to the last byte.

use std::io::Write;
use std::path::Path;

/// Takes so many bytes of the disk at `place` that this share of it is used. `Disk::free` gives them back.
pub(crate) fn fill_to_percent(place: &Path, percent: f64) {
    let sizes = rustix::fs::statvfs(place).unwrap();
    let total = (sizes.f_blocks * sizes.f_frsize) as f64;
    let used = ((sizes.f_blocks - sizes.f_bfree) * sizes.f_frsize) as f64;
    let wanted = (total * percent / 100.0 - used) as usize;
    let mut filler = std::fs::File::create(place.join("filler")).unwrap();
    filler.write_all(&vec![0x5a; wanted]).unwrap();
}
