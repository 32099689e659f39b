//! Every setting on one page: its key, its default, and what it changes. The environment variable of `a.b` is
//! `ATLAS_A_B`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use atlas_net::fetch::AddressPolicy;

use super::{Config, Environment};

/// One setting.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) default: fn(&Environment) -> String,
    /// Understands the text, or says what is wrong with it.
    pub(super) apply: fn(&mut Config, &str) -> Result<(), String>,
}

const MB: u64 = 1024 * 1024;

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "data_dir",
        default: |environment| environment.data_dir().display().to_string(),
        apply: |config, text| {
            config.data_dir = PathBuf::from(text);
            Ok(())
        },
    },
    Setting {
        key: "server.bind",
        default: |_| "127.0.0.1:7444".to_owned(),
        apply: bind,
    },
    Setting {
        key: "fetch.allow_hosts",
        default: |_| String::new(),
        apply: allow_hosts,
    },
    Setting {
        key: "fetch.politeness",
        default: |_| "true".to_owned(),
        apply: |config, text| truth(text).map(|truth| config.politeness = truth),
    },
    Setting {
        key: "fetch.attempt_timeout_secs",
        default: |_| "20".to_owned(),
        apply: |config, text| seconds(text, 1, 600).map(|time| config.attempt_timeout = time),
    },
    Setting {
        key: "fetch.overall_timeout_secs",
        default: |_| "60".to_owned(),
        apply: |config, text| seconds(text, 1, 3600).map(|time| config.overall_timeout = time),
    },
    Setting {
        key: "fetch.html_limit_bytes",
        default: |_| "10000000".to_owned(),
        apply: |config, text| {
            number(text, 10_000, 16_000_000).map(|bytes| config.html_limit_bytes = bytes as usize)
        },
    },
    Setting {
        key: "storage.floor_mb",
        default: |_| "200".to_owned(),
        apply: |config, text| number(text, 0, 1_000_000).map(|mb| config.floor_bytes = mb * MB),
    },
    Setting {
        key: "worker.slots",
        default: |_| "16".to_owned(),
        apply: |config, text| number(text, 1, 256).map(|slots| config.worker_slots = slots as usize),
    },
    Setting {
        key: "extraction.processes",
        default: |_| {
            std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(4)
                .to_string()
        },
        apply: |config, text| number(text, 1, 64).map(|count| config.extraction_processes = count as usize),
    },
    Setting {
        key: "extraction.memory_mb",
        default: |_| "512".to_owned(),
        apply: |config, text| number(text, 64, 65_536).map(|mb| config.extraction_memory_bytes = mb * MB),
    },
    Setting {
        key: "extraction.deadline_secs",
        default: |_| "20".to_owned(),
        apply: |config, text| seconds(text, 1, 600).map(|time| config.extraction_deadline = time),
    },
    Setting {
        key: "log.level",
        default: |_| "info".to_owned(),
        apply: log_level,
    },
    Setting {
        key: "log.format",
        default: |_| "text".to_owned(),
        apply: log_format,
    },
];

fn bind(config: &mut Config, text: &str) -> Result<(), String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("is `{text}`; it must be an address with a port, like 127.0.0.1:7444"))?;
    if !address.ip().is_loopback() {
        return Err(format!(
            "is `{text}`, which others can reach; without owner accounts only a loopback address is safe, like \
             127.0.0.1:7444"
        ));
    }
    config.bind = address;
    Ok(())
}

fn allow_hosts(config: &mut Config, text: &str) -> Result<(), String> {
    let entries: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect();
    config.allow_hosts = AddressPolicy::allowing(entries).map_err(|errors| {
        errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    })?;
    Ok(())
}

fn log_level(config: &mut Config, text: &str) -> Result<(), String> {
    const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
    if !LEVELS.contains(&text) {
        return Err(format!("is `{text}`; it must be one of {}", LEVELS.join(", ")));
    }
    text.clone_into(&mut config.log_level);
    Ok(())
}

fn log_format(config: &mut Config, text: &str) -> Result<(), String> {
    config.log_json = match text {
        "text" => false,
        "json" => true,
        _ => return Err(format!("is `{text}`; it must be text or json")),
    };
    Ok(())
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("is `{text}`; it must be true or false")),
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!(
            "is `{text}`; it must be a whole number from {least} to {most}"
        )),
    }
}

fn seconds(text: &str, least: u64, most: u64) -> Result<Duration, String> {
    number(text, least, most).map(Duration::from_secs)
}
