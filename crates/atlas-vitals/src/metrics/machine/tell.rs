//! One look: reads each file once, says what it says, and hands on the totals for the look after it.

use super::{Machine, PRESSURES, Surroundings, Totals, cpu, disk, group, memory, network, process};
use crate::Moment;
use crate::metrics::Sample;
use crate::metrics::catalogue::machine as series;

impl Machine {
    pub(super) fn measure(
        &mut self,
        now: Moment,
        surroundings: &Surroundings,
        before: Option<&Totals>,
        sample: &mut Sample,
    ) -> Totals {
        let group = surroundings.group.look(&mut self.files);
        let (cpu, machine_cpu_used) = self.tell_cpu(before, sample);
        let group_cpu_used = tell_group_cpu(&group, now, before, sample);
        sample.add(&series::CPU_USED, greater(machine_cpu_used, group_cpu_used));
        let machine_memory_used = self.tell_memory(sample);
        tell_group(&group, sample);
        sample.add(
            &series::MEMORY_USED,
            greater(machine_memory_used, group.memory_used_share),
        );
        let pressure = self.tell_pressure(now, before, sample);
        self.tell_oom_kills(group.oom_kills, sample);
        let disk = self.tell_disk(surroundings, now, before, sample);
        self.tell_network(sample);
        self.tell_process(surroundings.files_limit, sample);
        Totals {
            at: now,
            cpu,
            pressure,
            group_cpu: group.cpu,
            disk,
        }
    }

    fn tell_cpu(
        &mut self,
        before: Option<&Totals>,
        sample: &mut Sample,
    ) -> (Option<cpu::CpuTimes>, Option<f64>) {
        let times = self.files.read("proc/stat").and_then(cpu::parse_stat);
        let shares = times.zip(before.and_then(|before| before.cpu));
        let shares = shares.and_then(|(now, before)| now.since(&before));
        if let Some(shares) = shares {
            sample.add(&series::MACHINE_CPU_USED, shares.used);
            sample.add_for(&series::MACHINE_CPU_TIME, "user", shares.user);
            sample.add_for(&series::MACHINE_CPU_TIME, "system", shares.system);
            sample.add_for(&series::MACHINE_CPU_TIME, "iowait", shares.iowait);
            sample.add_for(&series::MACHINE_CPU_TIME, "steal", shares.steal);
        }
        let cores = times
            .map(|times| f64::from(times.cores))
            .filter(|cores| *cores > 0.0);
        sample.add(&series::MACHINE_CPUS, cores);
        if let Some(load) = self.files.read("proc/loadavg").and_then(cpu::parse_load) {
            sample.add(&series::TASKS_RUNNABLE, load.runnable as f64);
            for (minutes, average) in ["1", "5", "15"].into_iter().zip(load.averages) {
                sample.add_for(
                    &series::LOAD_PER_CORE,
                    minutes,
                    cores.map(|cores| average / cores),
                );
            }
        }
        (times, shares.map(|shares| shares.used))
    }

    fn tell_memory(&mut self, sample: &mut Sample) -> Option<f64> {
        let memory = self.files.read("proc/meminfo").map(memory::parse_meminfo)?;
        sample.add(&series::MEMORY_TOTAL, figure(memory.total));
        sample.add(&series::MEMORY_AVAILABLE, figure(memory.available));
        sample.add(&series::SWAP_TOTAL, figure(memory.swap_total));
        sample.add(&series::SWAP_FREE, figure(memory.swap_free));
        memory.used_share()
    }

    fn tell_pressure(
        &mut self,
        now: Moment,
        before: Option<&Totals>,
        sample: &mut Sample,
    ) -> [Option<memory::Pressure>; 3] {
        let mut pressures = [None; 3];
        for (index, (resource, path)) in PRESSURES.into_iter().enumerate() {
            let pressure = self.files.read(path).map(memory::parse_pressure);
            pressures[index] = pressure;
            let earlier = before.and_then(|before| Some((before.pressure[index]?, seconds(now, before))));
            if let Some((pressure, (earlier, seconds))) = pressure.zip(earlier) {
                let (some, full) = pressure.since(&earlier, seconds);
                sample.add_for(&series::PRESSURE_SOME, resource, some);
                sample.add_for(&series::PRESSURE_FULL, resource, full);
            }
        }
        pressures
    }

    fn tell_oom_kills(&mut self, in_group: Option<u64>, sample: &mut Sample) {
        let on_machine = self.files.read("proc/vmstat").and_then(memory::parse_oom_kills);
        sample.add_for(&series::OOM_KILLS, "machine", figure(on_machine));
        sample.add_for(&series::OOM_KILLS, "group", figure(in_group));
    }

    fn tell_disk(
        &mut self,
        surroundings: &Surroundings,
        now: Moment,
        before: Option<&Totals>,
        sample: &mut Sample,
    ) -> Option<disk::DiskTotals> {
        let (numbers, name) = surroundings.device.as_ref()?;
        let text = self.files.read("proc/diskstats")?;
        let totals = disk::parse_diskstats(text, *numbers, name.as_deref())?;
        sample.add(&series::DISK_READ, totals.read_bytes as f64);
        sample.add(&series::DISK_WRITTEN, totals.written_bytes as f64);
        sample.add_for(&series::DISK_OPERATIONS, "read", totals.reads as f64);
        sample.add_for(&series::DISK_OPERATIONS, "write", totals.writes as f64);
        if let Some((before, earlier)) = before.and_then(|before| Some((before, before.disk?))) {
            sample.add(
                &series::DISK_BUSY,
                totals.busy_since(&earlier, seconds(now, before)),
            );
            sample.add(&series::DISK_WAIT, totals.wait_since(&earlier));
        }
        Some(totals)
    }

    fn tell_network(&mut self, sample: &mut Sample) {
        let Some(text) = self.files.read("proc/net/dev") else {
            return;
        };
        for device in network::parse_devices(text) {
            let name = || device.name.to_owned();
            sample.add_for(&series::NETWORK_RECEIVED, name(), device.received_bytes as f64);
            sample.add_for(&series::NETWORK_SENT, name(), device.sent_bytes as f64);
            sample.add_for(&series::NETWORK_ERRORS, name(), device.errors as f64);
        }
    }

    fn tell_process(&mut self, files_limit: Option<u64>, sample: &mut Sample) {
        if let Some(process) = self.files.read("proc/self/stat").and_then(process::parse_stat) {
            let resident = process.resident_pages.saturating_mul(self.page_bytes);
            sample.add(&series::PROCESS_RESIDENT, resident as f64);
            sample.add(
                &series::PROCESS_CPU,
                process.cpu_ticks as f64 / self.ticks_per_second,
            );
            sample.add(&series::PROCESS_THREADS, process.threads as f64);
        }
        let open = figure(self.files.count_entries("proc/self/fd"));
        sample.add(&series::PROCESS_FILES, open);
        let limit = figure(files_limit.filter(|limit| *limit > 0));
        sample.add(
            &series::PROCESS_FILES_USED,
            open.zip(limit).map(|(open, limit)| open / limit),
        );
    }
}

fn tell_group_cpu(
    group: &group::Figures,
    now: Moment,
    before: Option<&Totals>,
    sample: &mut Sample,
) -> Option<f64> {
    sample.add(&series::GROUP_CPU_LIMIT, group.cpu_limit_cores);
    let before = before?;
    let throttled = group.cpu.throttled_since(&before.group_cpu);
    sample.add(&series::GROUP_CPU_THROTTLED, throttled);
    let cores = group.cpu.cores_since(&before.group_cpu, seconds(now, before))?;
    let used = cores / group.cpu_limit_cores?;
    sample.add(&series::GROUP_CPU_USED, used);
    Some(used)
}

fn tell_group(group: &group::Figures, sample: &mut Sample) {
    sample.add(&series::GROUP_MEMORY_USED, figure(group.memory_used));
    sample.add(&series::GROUP_MEMORY_LIMIT, figure(group.memory_limit));
    sample.add(&series::GROUP_MEMORY_AVAILABLE, figure(group.memory_available));
    sample.add(&series::GROUP_TASKS, figure(group.tasks));
    sample.add(&series::GROUP_TASKS_USED, group.tasks_used_share);
}

fn seconds(now: Moment, before: &Totals) -> f64 {
    now.since(before.at).as_secs_f64()
}

fn figure(value: Option<u64>) -> Option<f64> {
    value.map(|value| value as f64)
}

fn greater(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}
