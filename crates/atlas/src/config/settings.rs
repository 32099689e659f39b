//! Every setting on one page: its key, its default, and what it changes. The environment variable of `a.b` is
//! `ATLAS_A_B`.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use atlas_domain::url::concealed;
use atlas_net::fetch::{AddressPolicy, ArchiveTemplate};

use super::policies::{self, Configurable, Key};
use super::{Config, Environment};
use super::{backup, vitals};

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: Cow<'static, str>,
    what: What,
}

/// What it sets.
#[derive(Debug)]
enum What {
    /// What only its row can say.
    Row(&'static Row),
    /// A number of a policy, which has that value where none is set.
    Policy(&'static Configurable, &'static Key, String),
    /// Something of health or of alerts.
    Vitals(vitals::Row),
}

/// A setting of its own kind.
#[derive(Debug)]
struct Row {
    key: &'static str,
    default: fn(&Environment) -> String,
    /// Understands the text, or says what is wrong with it.
    apply: fn(&mut Config, &str) -> Result<(), String>,
}

impl Setting {
    /// The value where none is set.
    pub(super) fn default(&self, environment: &Environment) -> String {
        match &self.what {
            What::Row(row) => (row.default)(environment),
            What::Policy(_, _, made) => made.clone(),
            What::Vitals(_) => String::new(), // follows from others that are set
        }
    }

    /// Understands the text, or says what is wrong with it.
    pub(super) fn apply(&self, config: &mut Config, text: &str) -> Result<(), String> {
        match &self.what {
            What::Row(row) => (row.apply)(config, text),
            What::Policy(service, key, _) => config.policies.set(service, key, text),
            What::Vitals(_) => Ok(()), // they are read together
        }
    }

    /// The row, if it is one of health or of alerts.
    pub(super) fn of_vitals(&self) -> Option<&vitals::Row> {
        match &self.what {
            What::Vitals(row) => Some(row),
            What::Row(_) | What::Policy(..) => None,
        }
    }

    /// The environment variable: that of `fetch.allow_hosts` is `ATLAS_FETCH_ALLOW_HOSTS`.
    pub(super) fn variable(&self) -> String {
        format!("ATLAS_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }
}

/// As in everything that is told of sizes.
const MB: u64 = 1_000_000;
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// All of them, in the order in which they are shown.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter()
}

static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let rows = ROWS.iter().map(|row| Setting {
        key: row.key.into(),
        what: What::Row(row),
    });
    let of_policies = policies::rows().into_iter().map(|(service, key, made)| Setting {
        key: format!("{}.{}", service.name, key.name).into(),
        what: What::Policy(service, key, made),
    });
    let of_vitals = vitals::rows().into_iter().map(|row| Setting {
        key: row.key.clone().into(),
        what: What::Vitals(row),
    });
    rows.chain(of_policies).chain(of_vitals).collect()
});

const ROWS: &[Row] = &[
    Row {
        key: "data_dir",
        default: |environment| {
            let dir = environment.data_dir();
            dir.map_or_else(String::new, |dir| dir.display().to_string())
        },
        apply: data_dir,
    },
    Row {
        key: "server.bind",
        default: |_| "127.0.0.1:7444".to_owned(),
        apply: bind,
    },
    Row {
        key: "fetch.allow_hosts",
        default: |_| String::new(),
        apply: allow_hosts,
    },
    Row {
        key: "fetch.archive_url",
        default: |_| String::new(),
        apply: archive_url,
    },
    Row {
        key: "fetch.politeness",
        default: |_| "true".to_owned(),
        apply: |config, text| truth(text).map(|truth| config.politeness = truth),
    },
    Row {
        key: "fetch.attempt_timeout_secs",
        default: |_| "20".to_owned(),
        apply: |config, text| seconds(text, 1, 600).map(|time| config.attempt_timeout = time),
    },
    Row {
        key: "fetch.overall_timeout_secs",
        default: |_| "60".to_owned(),
        apply: |config, text| seconds(text, 1, 3600).map(|time| config.overall_timeout = time),
    },
    Row {
        key: "fetch.html_limit_bytes",
        default: |_| "10000000".to_owned(),
        apply: |config, text| {
            number(text, 10_000, 16_000_000).map(|bytes| config.html_limit_bytes = bytes as usize)
        },
    },
    Row {
        key: "storage.floor_mb",
        default: |_| "200".to_owned(),
        apply: |config, text| number(text, 0, 1_000_000).map(|mb| config.floor_bytes = mb * MB),
    },
    Row {
        key: "storage.reserve_mb",
        default: |_| "64".to_owned(),
        apply: |config, text| number(text, 0, 10_000).map(|mb| config.reserve_bytes = mb * MB),
    },
    Row {
        key: "worker.slots",
        default: |_| "16".to_owned(),
        apply: |config, text| number(text, 1, 256).map(|slots| config.worker_slots = slots as usize),
    },
    Row {
        key: "worker.retry_base_ms",
        default: |_| "60000".to_owned(),
        apply: |config, text| {
            number(text, 1, 3_600_000).map(|ms| config.worker_retry_base = Duration::from_millis(ms))
        },
    },
    Row {
        key: "extraction.processes",
        default: |_| {
            std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(4)
                .to_string()
        },
        apply: |config, text| number(text, 1, 64).map(|count| config.extraction_processes = count as usize),
    },
    Row {
        key: "extraction.memory_mb",
        default: |_| "512".to_owned(),
        apply: |config, text| number(text, 64, 65_536).map(|mb| config.extraction_memory_bytes = mb * MB),
    },
    Row {
        key: "extraction.deadline_secs",
        default: |_| "20".to_owned(),
        apply: |config, text| seconds(text, 1, 600).map(|time| config.extraction_deadline = time),
    },
    Row {
        key: "retention.trash_days",
        default: |_| "30".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.trash = time),
    },
    Row {
        key: "retention.rejected_days",
        default: |_| "90".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.rejected_snapshots = time),
    },
    Row {
        key: "retention.attempts_days",
        default: |_| "90".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.attempts = time),
    },
    Row {
        key: "retention.jobs_days",
        default: |_| "7".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.ended_jobs = time),
    },
    Row {
        key: "retention.unused_bytes_hours",
        default: |_| "24".to_owned(),
        apply: |config, text| {
            number(text, 1, 720).map(|hours| config.retention.blob_grace = HOUR * hours as u32)
        },
    },
    Row {
        key: "retention.vault_days",
        default: |_| "90".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.vault = time),
    },
    Row {
        key: "retention.cleanups_days",
        default: |_| "90".to_owned(),
        apply: |config, text| days(text).map(|time| config.retention.cleanups = time),
    },
    Row {
        key: "audit.every_days",
        default: |_| "7".to_owned(),
        apply: |config, text| {
            number(text, 0, 365).map(|days| config.audit_every = (days > 0).then(|| HOUR * 24 * days as u32))
        },
    },
    Row {
        key: "backup.destination",
        default: |_| String::new(),
        apply: |config, text| backup::destination(&mut config.backup, text),
    },
    Row {
        key: "backup.every_hours",
        default: |_| "24".to_owned(),
        apply: |config, text| {
            number(text, 0, 8_760).map(|hours| config.backup.every = (hours > 0).then(|| HOUR * hours as u32))
        },
    },
    Row {
        key: "backup.keep_hourly",
        default: |_| "0".to_owned(),
        apply: |config, text| kept(text).map(|count| config.backup.retention.hourly = count),
    },
    Row {
        key: "backup.keep_daily",
        default: |_| "7".to_owned(),
        apply: |config, text| kept(text).map(|count| config.backup.retention.daily = count),
    },
    Row {
        key: "backup.keep_weekly",
        default: |_| "4".to_owned(),
        apply: |config, text| kept(text).map(|count| config.backup.retention.weekly = count),
    },
    Row {
        key: "backup.keep_monthly",
        default: |_| "6".to_owned(),
        apply: |config, text| kept(text).map(|count| config.backup.retention.monthly = count),
    },
    Row {
        key: "backup.budget_mb",
        default: |_| "0".to_owned(),
        apply: |config, text| {
            number(text, 0, 100_000_000)
                .map(|mb| config.backup.retention.budget_bytes = (mb > 0).then_some(mb * MB))
        },
    },
    Row {
        key: "log.level",
        default: |_| "info".to_owned(),
        apply: log_level,
    },
    Row {
        key: "log.format",
        default: |_| "text".to_owned(),
        apply: log_format,
    },
];

/// The setting that a wrong name probably means: of a key, or of a variable without its beginning. People misspell,
/// and they forget the section.
pub(super) fn nearest(name: &str) -> Option<&'static Setting> {
    if let Some((section, last)) = name.rsplit_once('.')
        && settings().any(|setting| section_of(setting).0 == section)
    {
        return nearest_within(section, last);
    }
    let name = name.replace('.', "_").to_ascii_lowercase();
    let distance = |setting: &Setting| {
        let last = setting.key.rsplit('.').next().unwrap_or(&setting.key);
        let whole = setting.key.replace('.', "_");
        [last, &whole]
            .map(|known| strsim::damerau_levenshtein(&name, known))
            .into_iter()
            .min()
            .unwrap_or(usize::MAX)
    };
    let (distance, setting) = settings()
        .map(|setting| (distance(setting), setting))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= name.len() / 2).then_some(setting)
}

/// In a section that there is, its settings are meant; or the one of exactly that name, which belongs to another.
fn nearest_within(section: &str, last: &str) -> Option<&'static Setting> {
    let of_section = settings().filter(|setting| section_of(setting).0 == section);
    let (distance, nearest) = of_section
        .map(|setting| (strsim::damerau_levenshtein(last, section_of(setting).1), setting))
        .min_by_key(|(distance, _)| *distance)?;
    if distance <= last.len() / 2 {
        return Some(nearest);
    }
    let mut of_that_name = settings().filter(|setting| section_of(setting).1 == last);
    of_that_name.next().filter(|_| of_that_name.next().is_none())
}

fn section_of(setting: &Setting) -> (&str, &str) {
    setting.key.rsplit_once('.').unwrap_or(("", &setting.key))
}

fn data_dir(config: &mut Config, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(
            "is not known: there is no HOME to put the library in; say where it lies with --data-dir DIR, or with \
             ATLAS_DATA_DIR"
                .to_owned(),
        );
    }
    let path = PathBuf::from(text);
    refuse_no_directory(&path)?;
    config.data_dir = path;
    Ok(())
}

/// What is not there yet can be made. What cannot even be looked at is for whoever opens it to complain of.
fn refuse_no_directory(path: &Path) -> Result<(), String> {
    let what = match std::fs::metadata(path) {
        Ok(there) if !there.is_dir() => "which is no directory",
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            "which lies below something that is no directory"
        }
        _ => return Ok(()),
    };
    Err(format!(
        "is `{}`, {what}; choose a directory with --data-dir DIR",
        path.display()
    ))
}

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

/// Empty: no archive is asked.
fn archive_url(config: &mut Config, text: &str) -> Result<(), String> {
    config.archive = match text.trim() {
        "" => None,
        template => Some(
            ArchiveTemplate::parse(template)
                .map_err(|error| format!("is `{}`; {error}", concealed(template)))?,
        ),
    };
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

pub(super) fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("is `{text}`; it must be true or false")),
    }
}

pub(super) fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
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

/// Backups of one kind of span.
fn kept(text: &str) -> Result<u32, String> {
    number(text, 0, 1_000).map(|count| count as u32)
}

/// A century is for ever, and still a date that can be reckoned with.
fn days(text: &str) -> Result<Duration, String> {
    number(text, 1, 36_500).map(|days| DAY * days as u32)
}
