//! The parsers with text of real kernels, old and new, and the machine on directories that look like `/`: with control
//! groups of both versions, of none, in a container, and with files that are missing or refuse.

use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::metrics::Sample;

const STAT: &str = "cpu  100 20 50 800 10 5 5 10 40 0\ncpu0 50 10 25 400 5 2 3 5 20 0\ncpu1 50 10 25 400 5 3 2 5 20 0\n\
    intr 1 2 3\nctxt 5\nbtime 1700000000\n";
const STAT_LATER: &str = "cpu  140 20 60 1120 30 5 5 20 60 0\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 1 2 3\n";
/// A kernel of the days before iowait.
const STAT_OLD: &str = "cpu  100 20 50 800\ncpu0 100 20 50 800\n";
const MEMINFO: &str = "MemTotal:       16384 kB\nMemFree:         1024 kB\nMemAvailable:    4096 kB\nBuffers: 7 kB\n\
    SwapTotal:       2048 kB\nSwapFree:        1024 kB\nHugePages_Total:       0\n";
const MEMINFO_OLD: &str =
    "MemTotal:       16384 kB\nMemFree:         1024 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
const PRESSURE: &str = "some avg10=11.95 avg60=11.01 avg300=8.80 total=1000000\n\
    full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
const PRESSURE_LATER: &str = "some avg10=11.95 avg60=11.01 avg300=8.80 total=3500000\n\
    full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n";
const PRESSURE_OLD: &str = "some avg10=0.00 avg60=0.00 avg300=0.00 total=42\n";
const MOUNTS: &str = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
    27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n\
    28 27 8:17 / /srv/my\\040data rw - xfs /dev/sdb1 rw\n\
    29 27 0:40 / /srv/btrfs rw - btrfs /dev/mapper/pool rw,subvol=/@\n\
    30 27 0:50 / /srv/overlay rw - overlay overlay rw,lowerdir=/a\n";
const V2_MOUNT: &str = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
const V1_MOUNTS: &str = "30 25 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
    32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
    34 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
    36 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
    41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
const DISKSTATS: &str = "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n\
    254       0 vda 100 18791 2000 300 400 531242 8000 700 0 5000 2074170 473751 139 129219624 65458 912050 100514\n\
      8      17 sdb1 1 0 8 1 1 0 8 1 0 2 2\n 253       3 dm-3 5 0 16 5 5 0 16 5 0 9 10\n";
const DISKSTATS_LATER: &str = " 254       0 vda 110 18791 2000 320 440 531242 8400 780 0 10000 2074170\n";
const NET: &str = "Inter-|   Receive                                                |  Transmit\n\
    face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n\
    lo: 965056658  407843    0    0    0     0          0         0 965056658  407843    0    0    0     0       0          0\n\
    ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n\
    veth12ab:  10      1    0    0    0     0          0         0       10       1    0    0    0     0       0          0\n\
    eth0:425350461   30186    1    2    0     0          0         0  2312547   27011    3    4    0     0       0          0\n";
const PROCESS: &str = "31881 (at) las (x)) S 1 2 3 0 -1 4194304 116 0 0 0 250 50 0 0 20 0 12 0 1133633 3133440 353 18446744073709551615 1\n";
const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
    Max processes             96365                96365                processes \n\
    Max open files            100                  20000                files     \n";

fn at(secs: u64) -> Moment {
    Moment::from_millis(secs * 1_000)
}

/// A directory that looks like `/`.
struct Root(tempfile::TempDir);

impl Root {
    fn with(files: &[(&str, &str)]) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            root.write(path, text);
        }
        root
    }

    /// A machine with two cores on a current kernel, without control groups.
    fn of_a_machine() -> Self {
        Self::with(&[
            ("proc/stat", STAT),
            ("proc/loadavg", "1.00 0.50 0.25 3/389 12345\n"),
            ("proc/meminfo", MEMINFO),
            ("proc/pressure/cpu", PRESSURE),
            ("proc/pressure/memory", PRESSURE),
            ("proc/pressure/io", PRESSURE),
            ("proc/vmstat", "nr_free_pages 5\noom_kill 2\noom_kill_disable 9\n"),
            ("proc/diskstats", DISKSTATS),
            ("proc/net/dev", NET),
            ("proc/self/mountinfo", MOUNTS),
            ("proc/self/stat", PROCESS),
            ("proc/self/limits", LIMITS),
            ("proc/self/fd/zero", ""),
            ("proc/self/fd/one", ""),
            (
                "proc/sys/kernel/random/boot_id",
                "6F1C9A52-8E0F-4DB1-9A25-6BCF5A2B8E11\n",
            ),
        ])
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn remove(&self, path: &str) {
        let place = self.0.path().join(path);
        if place.is_dir() {
            fs::remove_dir_all(place).unwrap();
        } else {
            fs::remove_file(place).unwrap();
        }
    }

    fn machine(&self) -> Machine {
        Machine::new(
            self.0.path(),
            Path::new("/no/such/place/data"),
            Duration::from_secs(10),
        )
    }

    fn looked(&self) -> Sample {
        self.machine().look(at(0))
    }
}

fn value(sample: &Sample, name: &str, label: &str) -> Option<f64> {
    let label = Some(label).filter(|label| !label.is_empty());
    let mut readings = sample.readings().iter();
    let reading = readings.find(|each| each.definition.name == name && each.label.as_deref() == label)?;
    // Rounded, so that shares can be written down.
    Some((reading.value * 1e9).round() / 1e9)
}

fn assert_values(sample: &Sample, expected: &[(&str, &str, Option<f64>)]) {
    for (name, label, expected) in expected {
        assert_eq!(value(sample, name, label), *expected, "{name} {label}");
    }
}

#[test]
fn a_first_look_says_levels_and_totals_and_no_rate() {
    assert_values(
        &Root::of_a_machine().looked(),
        &[
            ("machine_cpus", "", Some(2.0)),
            ("machine_cpu_used", "", None),
            ("cpu_used", "", None),
            ("load_per_core", "1", Some(0.5)),
            ("load_per_core", "15", Some(0.125)),
            ("tasks_runnable", "", Some(3.0)),
            ("memory_total", "", Some(16_777_216.0)),
            ("memory_available", "", Some(4_194_304.0)),
            ("memory_used", "", Some(0.75)),
            ("swap_free", "", Some(1_048_576.0)),
            ("pressure_some", "cpu", None),
            ("oom_kills", "machine", Some(2.0)),
            ("oom_kills", "group", None),
            ("group_memory_limit", "", None),
            ("disk_read", "", Some(1_024_000.0)),
            ("disk_written", "", Some(4_096_000.0)),
            ("disk_operations", "write", Some(400.0)),
            ("disk_busy", "", None),
            ("network_received", "eth0", Some(425_350_461.0)),
            ("network_sent", "eth0", Some(2_312_547.0)),
            ("network_errors", "eth0", Some(10.0)),
            ("network_received", "lo", None),
            ("network_received", "ifb0", None),
            ("network_received", "veth12ab", None),
            ("process_threads", "", Some(12.0)),
            ("process_files", "", Some(2.0)),
            ("process_files_used", "", Some(0.02)),
        ],
    );
}

#[test]
fn a_second_look_says_what_happened_between() {
    let root = Root::of_a_machine();
    let mut machine = root.machine();
    machine.look(at(0));
    root.write("proc/stat", STAT_LATER);
    root.write("proc/pressure/io", PRESSURE_LATER);
    root.write("proc/diskstats", DISKSTATS_LATER);

    assert_values(
        &machine.look(at(10)),
        &[
            // 40 user, 10 system, 320 idle, 20 iowait, 10 steal; the 20 of guests are inside of user.
            ("machine_cpu_used", "", Some(0.15)),
            ("cpu_used", "", Some(0.15)),
            ("machine_cpu_time", "user", Some(0.1)),
            ("machine_cpu_time", "system", Some(0.025)),
            ("machine_cpu_time", "iowait", Some(0.05)),
            ("machine_cpu_time", "steal", Some(0.025)),
            ("pressure_some", "io", Some(0.25)),
            ("pressure_full", "io", Some(0.1)),
            ("pressure_some", "cpu", Some(0.0)),
            ("disk_busy", "", Some(0.5)),
            // 100 ms for 50 operations.
            ("disk_wait", "", Some(0.002)),
        ],
    );
}

#[test]
fn looks_too_far_apart_are_not_compared() {
    let root = Root::of_a_machine();
    let mut machine = root.machine();
    machine.look(at(0));
    root.write("proc/stat", STAT_LATER);

    assert_values(
        &machine.look(at(151)),
        &[("cpu_used", "", None), ("machine_cpus", "", Some(2.0))],
    );
    // Nor is a look at the same moment.
    assert_values(
        &machine.look(at(151)),
        &[("cpu_used", "", None), ("pressure_some", "cpu", None)],
    );
}

#[rstest]
#[case::processor("proc/stat", &["machine_cpus", "load_per_core"])]
#[case::load("proc/loadavg", &["load_per_core", "tasks_runnable"])]
#[case::memory("proc/meminfo", &["memory_total", "memory_available", "memory_used", "swap_total", "swap_free"])]
#[case::pressure("proc/pressure", &["pressure_some", "pressure_full"])]
#[case::vmstat("proc/vmstat", &["oom_kills"])]
#[case::disks("proc/diskstats", &["disk_read", "disk_written", "disk_operations", "disk_busy"])]
#[case::mounts("proc/self/mountinfo", &["disk_read", "disk_written", "disk_operations", "disk_busy"])]
#[case::network("proc/net/dev", &["network_received", "network_sent", "network_errors"])]
#[case::process("proc/self/stat", &["process_resident", "process_cpu", "process_threads"])]
#[case::open_files("proc/self/fd", &["process_files", "process_files_used"])]
#[case::limits("proc/self/limits", &["process_files_used"])]
fn a_missing_file_makes_its_own_series_absent_and_no_other(#[case] path: &str, #[case] absent: &[&str]) {
    let names = |root: &Root| {
        let mut machine = root.machine();
        machine.look(at(0));
        let sample = machine.look(at(10));
        let names = sample.readings().iter().map(|reading| reading.definition.name);
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let root = Root::of_a_machine();
    let whole = names(&root);
    root.remove(path);
    let rest = names(&root);

    let missing: Vec<_> = whole.difference(&rest).copied().collect();
    assert_eq!(
        missing.iter().collect::<std::collections::BTreeSet<_>>(),
        absent.iter().collect()
    );
}

#[test]
fn a_machine_without_any_file_says_nothing() {
    let root = Root::with(&[]);
    let mut machine = root.machine();

    assert_eq!(machine.look(at(0)).readings(), []);
    assert_eq!(machine.look(at(10)).readings(), []);
    assert_eq!(machine.boot_id(), None);
}

#[test]
fn a_file_that_refuses_to_be_read_is_absent() {
    // Reading a directory fails, as reading pressure does where the kernel was told to leave it out.
    let root = Root::of_a_machine();
    root.remove("proc/pressure/io");
    fs::create_dir(root.0.path().join("proc/pressure/io")).unwrap();
    let mut machine = root.machine();
    machine.look(at(0));

    assert_values(
        &machine.look(at(10)),
        &[
            ("pressure_some", "io", None),
            ("pressure_some", "memory", Some(0.0)),
        ],
    );
}

#[test]
fn names_that_are_no_text_spoil_no_figure() {
    let root = Root::of_a_machine();
    let mut stat = b"1 (a\xff\xfeb) ".to_vec();
    stat.extend(PROCESS.split_once("x)) ").unwrap().1.as_bytes());
    fs::write(root.0.path().join("proc/self/stat"), stat).unwrap();

    assert_values(&root.looked(), &[("process_threads", "", Some(12.0))]);
}

#[test]
fn an_old_kernel_says_less_and_nothing_false() {
    let root = Root::of_a_machine();
    root.write("proc/stat", STAT_OLD);
    root.write("proc/meminfo", MEMINFO_OLD);
    root.write("proc/vmstat", "nr_free_pages 5\n");
    root.write("proc/pressure/cpu", PRESSURE_OLD);
    let mut machine = root.machine();
    machine.look(at(0));
    root.write("proc/stat", "cpu  200 20 50 900\ncpu0 200 20 50 900\n");

    assert_values(
        &machine.look(at(10)),
        &[
            ("machine_cpu_used", "", Some(0.5)),
            ("machine_cpu_time", "iowait", None),
            ("machine_cpu_time", "steal", None),
            ("memory_available", "", None),
            ("memory_used", "", None),
            ("swap_total", "", Some(0.0)),
            ("oom_kills", "machine", None),
            ("pressure_some", "cpu", Some(0.0)),
            ("pressure_full", "cpu", None),
        ],
    );
}

#[test]
fn processor_time_that_goes_backwards_is_no_time() {
    let before = cpu::parse_stat("cpu 100 0 100 100 50 0 0 50\ncpu0 1\n").unwrap();
    let after = cpu::parse_stat("cpu 110 0 100 110 40 0 0 45\ncpu0 1\n").unwrap();

    let shares = after.since(&before).unwrap();
    assert_eq!(Some(shares.used), Some(0.5));
    assert_eq!(shares.iowait, Some(0.0));
    assert_eq!(after.since(&after), None);
}

#[rstest]
#[case::the_mount_with_the_longest_point("/srv/my data/atlas", Some(((8, 17), "/dev/sdb1")))]
#[case::not_one_that_only_begins_alike("/srv/my database", Some(((254, 0), "/dev/vda")))]
#[case::a_device_without_numbers_of_its_own("/srv/btrfs/x", Some(((0, 40), "/dev/mapper/pool")))]
fn the_mount_that_holds_a_directory(#[case] path: &str, #[case] expected: Option<((u32, u32), &str)>) {
    let mount = disk::holding(MOUNTS, path).unwrap();
    assert_eq!(Some((mount.device, mount.source.as_ref())), expected);
}

#[test]
fn of_several_mounts_at_one_point_the_last_hides_the_others() {
    let text = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 0 8:2 / / rw - ext4 /dev/b rw\n";
    assert_eq!(disk::holding(text, "/data").unwrap().device, (8, 2));
}

#[test]
fn a_disk_is_found_by_its_numbers_or_its_name_and_else_is_absent() {
    let reads = |device, name| disk::parse_diskstats(DISKSTATS, device, name).map(|totals| totals.reads);

    assert_eq!(reads((8, 17), None), Some(1));
    assert_eq!(reads((0, 40), Some("dm-3")), Some(5));
    assert_eq!(reads((0, 50), None), None);
    // Old kernels say less of partitions.
    assert_eq!(disk::parse_diskstats("8 1 sda1 5 40 7 56\n", (8, 1), None), None);
}

#[test]
fn a_mapped_device_is_counted_under_the_name_that_its_link_leads_to() {
    let root = Root::of_a_machine();
    root.write("dev/dm-3", "");
    fs::create_dir_all(root.0.path().join("dev/mapper")).unwrap();
    std::os::unix::fs::symlink("../dm-3", root.0.path().join("dev/mapper/pool")).unwrap();
    let mut machine = Machine::new(root.0.path(), Path::new("/srv/btrfs/x"), Duration::from_secs(10));

    assert_values(&machine.look(at(0)), &[("disk_operations", "read", Some(5.0))]);
}

#[rstest]
#[case("6f1c9a52-8e0f-4db1-9a25-6bcf5a2b8e11\n", true)]
#[case("", false)]
#[case("6f1c9a52-8e0f-4db1-9a25-6bcf5a2b8e1g", false)]
#[case("<html>404 Not Found, and thirty-six.", false)]
fn a_boot_id_is_one_or_is_none(#[case] text: &str, #[case] is_one: bool) {
    assert_eq!(BootId::parse(text).is_some(), is_one);
}

#[test]
fn a_boot_id_that_was_stored_is_known_again() {
    let id = Root::of_a_machine().machine().boot_id().unwrap();
    assert_eq!(BootId::parse(id.as_str()), Some(id));
}

proptest! {
    /// Real text with a piece of it replaced: whatever a kernel says, nobody falls over it.
    #[test]
    fn spoilt_text_harms_nobody(
        index in 0_usize..12,
        from in any::<prop::sample::Index>(),
        length in 0_usize..30,
        piece in prop_oneof!["[ -~\n]{0,20}", Just("18446744073709551615".to_owned()), Just("-1".to_owned())],
    ) {
        let texts = [
            STAT, STAT_OLD, "1.00 0.50 0.25 3/389 12345\n", MEMINFO, PRESSURE, "oom_kill 2\n", DISKSTATS, NET, MOUNTS,
            PROCESS, LIMITS, "4:memory:/m/n\n0::/u/v\n",
        ];
        let text = texts[index];
        let from = from.index(text.len());
        let to = (from + length).min(text.len());
        let spoilt = format!("{}{piece}{}", &text[..from], &text[to..]);

        if let (Some(now), Some(before)) = (cpu::parse_stat(&spoilt), cpu::parse_stat(STAT)) {
            let shares = now.since(&before);
            prop_assert!(shares.is_none_or(|shares| (0.0..=1.0).contains(&shares.used)));
        }
        cpu::parse_load(&spoilt);
        memory::parse_meminfo(&spoilt).used_share();
        memory::parse_pressure(&spoilt).since(&memory::parse_pressure(PRESSURE), 10.0);
        memory::parse_oom_kills(&spoilt);
        let before = disk::parse_diskstats(DISKSTATS, (254, 0), None).unwrap();
        if let Some(totals) = disk::parse_diskstats(&spoilt, (254, 0), None) {
            let busy = totals.busy_since(&before, 10.0);
            prop_assert!(busy.is_none_or(|busy| (0.0..=1.0).contains(&busy)));
            totals.wait_since(&before);
        }
        network::parse_devices(&spoilt).for_each(drop);
        disk::holding(&spoilt, "/srv/my data/atlas");
        process::parse_stat(&spoilt);
        process::parse_files_limit(&spoilt);
        hierarchy::locate(&spoilt, MOUNTS, "memory");
        hierarchy::locate("0::/u\n", &spoilt, "memory");
    }
}

mod groups {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn root(self_cgroup: &str, mounts: &str, files: &[(&str, &str)]) -> Root {
        let root = Root::of_a_machine();
        root.write("proc/self/cgroup", self_cgroup);
        root.write("proc/self/mountinfo", &format!("{MOUNTS}{mounts}"));
        for (path, text) in files {
            root.write(&format!("sys/fs/cgroup/{path}"), text);
        }
        root
    }

    fn gib(count: f64) -> f64 {
        count * GIB as f64
    }

    #[test]
    fn the_tightest_limit_above_us_counts_and_what_others_use_of_it_too() {
        let root = root(
            "0::/user.slice/atlas.service\n",
            V2_MOUNT,
            &[
                ("user.slice/atlas.service/memory.current", "1610612736\n"),
                ("user.slice/atlas.service/memory.max", "4294967296\n"),
                (
                    "user.slice/atlas.service/memory.stat",
                    "anon 1\ninactive_file 536870912\nactive_file 7\n",
                ),
                (
                    "user.slice/atlas.service/memory.events",
                    "low 0\nhigh 0\nmax 9\noom 4\noom_kill 3\n",
                ),
                ("user.slice/atlas.service/pids.current", "30\n"),
                ("user.slice/atlas.service/pids.max", "max\n"),
                ("user.slice/memory.current", "7516192768\n"),
                ("user.slice/memory.max", "8589934592\n"),
                ("user.slice/pids.current", "90\n"),
                ("user.slice/pids.max", "100\n"),
            ],
        );

        assert_values(
            &root.looked(),
            &[
                ("group_memory_used", "", Some(gib(1.0))),
                ("group_memory_limit", "", Some(gib(4.0))),
                // Of the slice one GiB is left, of our own limit three.
                ("group_memory_available", "", Some(gib(1.0))),
                // The slice, which has used seven eighths, is tighter than the machine.
                ("memory_used", "", Some(0.875)),
                ("oom_kills", "group", Some(3.0)),
                ("oom_kills", "machine", Some(2.0)),
                ("group_tasks", "", Some(30.0)),
                ("group_tasks_used", "", Some(0.9)),
            ],
        );
    }

    #[test]
    fn processor_time_is_measured_where_it_is_limited() {
        let slice = "user.slice/cpu.stat";
        let root = root(
            "0::/user.slice/atlas.service\n",
            V2_MOUNT,
            &[
                ("user.slice/atlas.service/cpu.max", "100000 100000\n"),
                ("user.slice/atlas.service/cpu.stat", "usage_usec 5\n"),
                ("user.slice/cpu.max", "50000 100000\n"),
                (slice, "usage_usec 1000000\nnr_periods 100\nnr_throttled 10\n"),
            ],
        );
        let mut machine = root.machine();
        machine.look(at(0));
        root.write("proc/stat", STAT_LATER);
        root.write(
            &format!("sys/fs/cgroup/{slice}"),
            "usage_usec 5000000\nnr_periods 200\nnr_throttled 60\n",
        );

        assert_values(
            &machine.look(at(10)),
            &[
                ("group_cpu_limit", "", Some(0.5)),
                ("group_cpu_used", "", Some(0.8)),
                ("group_cpu_throttled", "", Some(0.5)),
                ("machine_cpu_used", "", Some(0.15)),
                ("cpu_used", "", Some(0.8)),
            ],
        );
    }

    #[test]
    fn a_container_with_a_namespace_of_its_own_sees_its_limit_at_the_mount() {
        let files = [
            ("memory.current", "536870912\n"),
            ("memory.max", "1073741824\n"),
            ("memory.stat", "inactive_file 0\n"),
        ];
        assert_values(
            &root("0::/\n", V2_MOUNT, &files).looked(),
            &[
                ("group_memory_limit", "", Some(gib(1.0))),
                ("group_memory_available", "", Some(gib(0.5))),
            ],
        );
    }

    #[test]
    fn a_container_that_sees_the_names_of_its_host_finds_its_own_group_at_the_mount() {
        let mount = "31 23 0:28 /docker/0abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
        let files = [("memory.current", "5\n"), ("memory.max", "1073741824\n")];
        for group in ["0::/docker/0abc\n", "0::/elsewhere\n"] {
            assert_values(
                &root(group, mount, &files).looked(),
                &[("group_memory_limit", "", Some(gib(1.0)))],
            );
        }
    }

    #[test]
    fn a_group_outside_of_what_we_may_see_is_absent() {
        let files = [("memory.current", "5\n"), ("memory.max", "7\n")];
        let looked = root("0::/../other\n", V2_MOUNT, &files).looked();
        assert_values(
            &looked,
            &[("group_memory_limit", "", None), ("memory_used", "", Some(0.75))],
        );
    }

    #[test]
    fn the_root_group_has_no_limit_and_none_is_made_up() {
        let looked = root("0::/\n", V2_MOUNT, &[("cpu.stat", "usage_usec 7\n")]).looked();
        assert_values(
            &looked,
            &[
                ("group_memory_limit", "", None),
                ("group_memory_used", "", None),
                ("group_cpu_limit", "", None),
            ],
        );
    }

    const V1_GROUP: &str = "9:name=systemd:/\n8:pids:/a/b\n4:memory:/a/b\n2:cpu,cpuacct:/a/b\n0::/\n";

    #[test]
    fn version_one_has_each_controller_at_a_place_of_its_own() {
        let files = [
            ("memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/a/b/memory.usage_in_bytes", "1073741824\n"),
            (
                "memory/a/b/memory.stat",
                "cache 1\ninactive_file 1\ntotal_inactive_file 536870912\n",
            ),
            (
                "memory/a/b/memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 6\n",
            ),
            ("memory/a/memory.limit_in_bytes", "4294967296\n"),
            ("memory/a/memory.usage_in_bytes", "2147483648\n"),
            ("pids/a/b/pids.current", "3\n"),
            ("pids/a/b/pids.max", "12\n"),
            ("cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"),
            ("cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"),
            ("cpu,cpuacct/a/cpu.cfs_quota_us", "200000\n"),
            ("cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"),
            (
                "cpu,cpuacct/a/cpu.stat",
                "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n",
            ),
            ("cpu,cpuacct/a/cpuacct.usage", "1000000000\n"),
        ];
        let root = root(V1_GROUP, V1_MOUNTS, &files);
        let mut machine = root.machine();
        let first = machine.look(at(0));
        root.write("sys/fs/cgroup/cpu,cpuacct/a/cpuacct.usage", "6000000000\n");

        assert_values(
            &first,
            &[
                ("group_memory_used", "", Some(gib(0.5))),
                ("group_memory_limit", "", Some(gib(4.0))),
                ("group_memory_available", "", Some(gib(2.0))),
                ("oom_kills", "group", Some(6.0)),
                ("group_tasks_used", "", Some(0.25)),
                ("group_cpu_limit", "", Some(2.0)),
            ],
        );
        assert_values(&machine.look(at(10)), &[("group_cpu_used", "", Some(0.25))]);
    }

    #[test]
    fn a_mixture_takes_each_controller_from_the_version_that_has_it() {
        let mounts = "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let text = "4:memory:/m\n0::/u\n";
        let place =
            |controller| hierarchy::locate(text, mounts, controller).map(|place| (place.version, place.path));

        assert_eq!(place("memory"), Some((hierarchy::Version::One, "/m".to_owned())));
        assert_eq!(place("pids"), Some((hierarchy::Version::Two, "/u".to_owned())));
    }

    #[rstest]
    #[case("max\n", None)]
    #[case("1073741824\n", Some(1_073_741_824))]
    #[case("9223372036854771712\n", None)]
    #[case("-1\n", None)]
    #[case("", None)]
    fn a_limit_is_a_number_or_none(#[case] text: &str, #[case] limit: Option<u64>) {
        assert_eq!(hierarchy::parse_limit(text), limit);
    }

    #[rstest]
    #[case("max 100000\n", None)]
    #[case("150000 100000\n", Some(1.5))]
    #[case("150000\n", None)]
    #[case("0 0\n", None)]
    fn a_limit_of_processor_time_is_quota_by_period(#[case] text: &str, #[case] cores: Option<f64>) {
        assert_eq!(hierarchy::parse_cpu_max(text), cores);
    }

    #[test]
    fn a_limit_that_was_changed_counts_within_a_minute() {
        let root = root(
            "0::/\n",
            V2_MOUNT,
            &[("memory.current", "5\n"), ("memory.max", "1073741824\n")],
        );
        let mut machine = root.machine();
        machine.look(at(0));
        root.write("sys/fs/cgroup/memory.max", "2147483648\n");

        assert_values(
            &machine.look(at(60)),
            &[("group_memory_limit", "", Some(gib(2.0)))],
        );
    }
}

/// A figure to be read, not a test that could fail on a busy machine.
#[test]
#[ignore = "measures the machine it runs on: cargo test --release -p atlas-vitals a_look_takes -- --ignored --nocapture"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "it measures, and says what"
)]
fn a_look_takes_microseconds() {
    let mut machine = Machine::new(Path::new("/"), Path::new("/"), Duration::from_secs(10));
    machine.look(at(0));
    let mut micros: Vec<u128> = (1..=2_000)
        .map(|round| {
            let start = std::time::Instant::now();
            let sample = machine.look(at(round));
            assert!(!sample.readings().is_empty());
            start.elapsed().as_micros()
        })
        .collect();
    micros.sort_unstable();
    eprintln!(
        "median {} µs, slowest in a hundred {} µs",
        micros[1_000], micros[1_980]
    );
}
