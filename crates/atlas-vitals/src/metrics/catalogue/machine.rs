//! What is measured of the machine, of the limits around us and of this process. It names and describes; it measures
//! nothing.

use crate::metrics::{Definition, Unit};

// Processor.

/// Share of the processor that is in use, of the machine or of our limit, whichever is tighter.
pub static CPU_USED: Definition = Definition::rate(
    "cpu_used",
    Unit::Ratio,
    "Share of the processor that is in use, of the machine or of our limit, whichever is tighter",
);

/// Share of the machine's processor time that was neither idle nor waiting for a disk.
pub static MACHINE_CPU_USED: Definition = Definition::rate(
    "machine_cpu_used",
    Unit::Ratio,
    "Share of the machine's processor time that was neither idle nor waiting for a disk",
);

/// Share of the machine's processor time by what it went to.
pub static MACHINE_CPU_TIME: Definition = Definition::rate(
    "machine_cpu_time",
    Unit::Ratio,
    "Share of the machine's processor time by what it went to",
)
.by("mode", 4);

/// Processor cores that are online.
pub static MACHINE_CPUS: Definition =
    Definition::gauge("machine_cpus", Unit::Count, "Processor cores that are online");

/// Load average divided by the cores, by minutes.
pub static LOAD_PER_CORE: Definition = Definition::gauge(
    "load_per_core",
    Unit::Count,
    "Load average divided by the cores, by minutes",
)
.by("minutes", 3);

/// Tasks that run or could.
pub static TASKS_RUNNABLE: Definition =
    Definition::gauge("tasks_runnable", Unit::Count, "Tasks that run or could");

// Memory.

/// Share of the memory that is in use, of the machine or of our limit, whichever is tighter.
pub static MEMORY_USED: Definition = Definition::gauge(
    "memory_used",
    Unit::Ratio,
    "Share of the memory that is in use, of the machine or of our limit, whichever is tighter",
);

/// Memory of the machine.
pub static MEMORY_TOTAL: Definition = Definition::gauge("memory_total", Unit::Bytes, "Memory of the machine");

/// Memory of the machine that programs can still get.
pub static MEMORY_AVAILABLE: Definition = Definition::gauge(
    "memory_available",
    Unit::Bytes,
    "Memory of the machine that programs can still get",
);

/// Swap space.
pub static SWAP_TOTAL: Definition = Definition::gauge("swap_total", Unit::Bytes, "Swap space");

/// Swap space that is free.
pub static SWAP_FREE: Definition = Definition::gauge("swap_free", Unit::Bytes, "Swap space that is free");

/// Share of the time in which some task waited for a resource.
pub static PRESSURE_SOME: Definition = Definition::rate(
    "pressure_some",
    Unit::Ratio,
    "Share of the time in which some task waited for a resource",
)
.by("resource", 3);

/// Share of the time in which all tasks waited for a resource.
pub static PRESSURE_FULL: Definition = Definition::rate(
    "pressure_full",
    Unit::Ratio,
    "Share of the time in which all tasks waited for a resource",
)
.by("resource", 3);

/// Processes that were killed for want of memory, by whose want.
pub static OOM_KILLS: Definition = Definition::counter(
    "oom_kills",
    Unit::Count,
    "Processes that were killed for want of memory, by whose want",
)
.by("scope", 2);

/// Processes of the machine that were killed for want of memory within the last hour.
pub static OOM_KILLS_LAST_HOUR: Definition = Definition::gauge(
    "oom_kills_last_hour",
    Unit::Count,
    "Processes of the machine that were killed for want of memory within the last hour",
);

// Control group.

/// Memory of our control group that cannot be given back at once.
pub static GROUP_MEMORY_USED: Definition = Definition::gauge(
    "group_memory_used",
    Unit::Bytes,
    "Memory of our control group that cannot be given back at once",
);

/// The tightest memory limit over us.
pub static GROUP_MEMORY_LIMIT: Definition = Definition::gauge(
    "group_memory_limit",
    Unit::Bytes,
    "The tightest memory limit over us",
);

/// Memory that is left under every limit over us.
pub static GROUP_MEMORY_AVAILABLE: Definition = Definition::gauge(
    "group_memory_available",
    Unit::Bytes,
    "Memory that is left under every limit over us",
);

/// The tightest limit of processor time over us.
pub static GROUP_CPU_LIMIT: Definition = Definition::gauge(
    "group_cpu_limit",
    Unit::Cores,
    "The tightest limit of processor time over us",
);

/// Share of that limit that our control group uses.
pub static GROUP_CPU_USED: Definition = Definition::rate(
    "group_cpu_used",
    Unit::Ratio,
    "Share of that limit that our control group uses",
);

/// Share of the periods in which our control group was held back.
pub static GROUP_CPU_THROTTLED: Definition = Definition::rate(
    "group_cpu_throttled",
    Unit::Ratio,
    "Share of the periods in which our control group was held back",
);

/// Tasks in our control group.
pub static GROUP_TASKS: Definition =
    Definition::gauge("group_tasks", Unit::Count, "Tasks in our control group");

/// Share of the tightest limit of tasks that is used.
pub static GROUP_TASKS_USED: Definition = Definition::gauge(
    "group_tasks_used",
    Unit::Ratio,
    "Share of the tightest limit of tasks that is used",
);

// Disk and network.

/// Size of the file system below a directory that we write to.
pub static MOUNT_TOTAL: Definition = Definition::gauge(
    "mount_total",
    Unit::Bytes,
    "Size of the file system below a directory that we write to",
)
.by("mount", 6);

/// Space that is left for us there.
pub static MOUNT_AVAILABLE: Definition =
    Definition::gauge("mount_available", Unit::Bytes, "Space that is left for us there").by("mount", 6);

/// Share of the space that is used there, without what is reserved for the administrator.
pub static MOUNT_USED: Definition = Definition::gauge(
    "mount_used",
    Unit::Ratio,
    "Share of the space that is used there, without what is reserved for the administrator",
)
.by("mount", 6);

/// Files that can still be made there.
pub static MOUNT_INODES_AVAILABLE: Definition = Definition::gauge(
    "mount_inodes_available",
    Unit::Count,
    "Files that can still be made there",
)
.by("mount", 6);

/// Share of the possible files that exist there.
pub static MOUNT_INODES_USED: Definition = Definition::gauge(
    "mount_inodes_used",
    Unit::Ratio,
    "Share of the possible files that exist there",
)
.by("mount", 6);

/// Time until the space there is used up, where it is being used up.
pub static MOUNT_FULL_IN: Definition = Definition::gauge(
    "mount_full_in",
    Unit::Seconds,
    "Time until the space there is used up, where it is being used up",
)
.by("mount", 6);

/// Time until no more files can be made there, where they become fewer.
pub static MOUNT_INODES_FULL_IN: Definition = Definition::gauge(
    "mount_inodes_full_in",
    Unit::Seconds,
    "Time until no more files can be made there, where they become fewer",
)
.by("mount", 6);

/// Bytes read from the device that holds the data.
pub static DISK_READ: Definition = Definition::counter(
    "disk_read",
    Unit::Bytes,
    "Bytes read from the device that holds the data",
);

/// Bytes written to the device that holds the data.
pub static DISK_WRITTEN: Definition = Definition::counter(
    "disk_written",
    Unit::Bytes,
    "Bytes written to the device that holds the data",
);

/// Reads and writes that the device has ended.
pub static DISK_OPERATIONS: Definition = Definition::counter(
    "disk_operations",
    Unit::Count,
    "Reads and writes that the device has ended",
)
.by("direction", 2);

/// Share of the time in which the device was at work.
pub static DISK_BUSY: Definition = Definition::rate(
    "disk_busy",
    Unit::Ratio,
    "Share of the time in which the device was at work",
);

/// Mean time that a read or write took on the device.
pub static DISK_WAIT: Definition = Definition::rate(
    "disk_wait",
    Unit::Seconds,
    "Mean time that a read or write took on the device",
);

/// Bytes received, by network device.
pub static NETWORK_RECEIVED: Definition = Definition::counter(
    "network_received",
    Unit::Bytes,
    "Bytes received, by network device",
)
.by("device", 6);

/// Bytes sent, by network device.
pub static NETWORK_SENT: Definition =
    Definition::counter("network_sent", Unit::Bytes, "Bytes sent, by network device").by("device", 6);

/// Packets that were damaged or dropped, by network device.
pub static NETWORK_ERRORS: Definition = Definition::counter(
    "network_errors",
    Unit::Count,
    "Packets that were damaged or dropped, by network device",
)
.by("device", 6);

// This process.

/// Memory that this process holds.
pub static PROCESS_RESIDENT: Definition =
    Definition::gauge("process_resident", Unit::Bytes, "Memory that this process holds");

/// Processor time that this process has used.
pub static PROCESS_CPU: Definition = Definition::counter(
    "process_cpu",
    Unit::Seconds,
    "Processor time that this process has used",
);

/// Files and sockets that this process has open.
pub static PROCESS_FILES: Definition = Definition::gauge(
    "process_files",
    Unit::Count,
    "Files and sockets that this process has open",
);

/// Share of the files and sockets that this process may open.
pub static PROCESS_FILES_USED: Definition = Definition::gauge(
    "process_files_used",
    Unit::Ratio,
    "Share of the files and sockets that this process may open",
);

/// Threads of this process.
pub static PROCESS_THREADS: Definition =
    Definition::gauge("process_threads", Unit::Count, "Threads of this process");

/// Panics that were caught since start.
pub static PROCESS_PANICS: Definition = Definition::counter(
    "process_panics",
    Unit::Count,
    "Panics that were caught since start",
);

/// How often Atlas has started within the last ten minutes.
pub static STARTS_LAST_TEN_MINUTES: Definition = Definition::gauge(
    "starts_last_ten_minutes",
    Unit::Count,
    "How often Atlas has started within the last ten minutes",
);

/// How late the async runtime woke a task that asked for a moment.
pub static RUNTIME_LAG: Definition = Definition::gauge(
    "runtime_lag",
    Unit::Seconds,
    "How late the async runtime woke a task that asked for a moment",
);

/// All of this file.
pub(super) static ALL: &[&Definition] = &[
    &CPU_USED,
    &MACHINE_CPU_USED,
    &MACHINE_CPU_TIME,
    &MACHINE_CPUS,
    &LOAD_PER_CORE,
    &TASKS_RUNNABLE,
    &MEMORY_USED,
    &MEMORY_TOTAL,
    &MEMORY_AVAILABLE,
    &SWAP_TOTAL,
    &SWAP_FREE,
    &PRESSURE_SOME,
    &PRESSURE_FULL,
    &OOM_KILLS,
    &OOM_KILLS_LAST_HOUR,
    &GROUP_MEMORY_USED,
    &GROUP_MEMORY_LIMIT,
    &GROUP_MEMORY_AVAILABLE,
    &GROUP_CPU_LIMIT,
    &GROUP_CPU_USED,
    &GROUP_CPU_THROTTLED,
    &GROUP_TASKS,
    &GROUP_TASKS_USED,
    &MOUNT_TOTAL,
    &MOUNT_AVAILABLE,
    &MOUNT_USED,
    &MOUNT_INODES_AVAILABLE,
    &MOUNT_INODES_USED,
    &MOUNT_FULL_IN,
    &MOUNT_INODES_FULL_IN,
    &DISK_READ,
    &DISK_WRITTEN,
    &DISK_OPERATIONS,
    &DISK_BUSY,
    &DISK_WAIT,
    &NETWORK_RECEIVED,
    &NETWORK_SENT,
    &NETWORK_ERRORS,
    &PROCESS_RESIDENT,
    &PROCESS_CPU,
    &PROCESS_FILES,
    &PROCESS_FILES_USED,
    &PROCESS_THREADS,
    &PROCESS_PANICS,
    &STARTS_LAST_TEN_MINUTES,
    &RUNTIME_LAG,
];
