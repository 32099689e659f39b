//! A database that belongs to somebody else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atlas_extract::{BodyInput, BodyKind, FetchSignals, judge, read_body};
use legacy_databases::rusqlite::{Connection, OpenFlags};
use legacy_databases::{Preset, generate};

use crate::measure::{Ran, run as command, secs, timed};

type Failed = Box<dyn std::error::Error>;

/// What the machine needs for a file at least.
struct Limits {
    copy: Duration,
    check: Duration,
    vacuum: Duration,
}

pub fn run(atlas: &Path, rows: u64, folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("atlas.db");
    let preset = Preset::named("mixed-a").ok_or("there is no such preset")?;
    generate(&preset.recipe(Some(rows)), &path, &mut |_| Ok(()))?;
    let bytes = std::fs::metadata(&path)?.len();
    println!("{rows} rows, {:.1} MB", bytes as f64 / 1e6);

    let limits = limits(&path)?;
    println!(
        "cp {}, integrity_check {}, VACUUM INTO {}",
        secs(limits.copy),
        secs(limits.check),
        secs(limits.vacuum)
    );
    let (gate, bodies) = gate_alone(&path)?;
    println!(
        "the gate alone, on {bodies} bodies with as many threads as processors: {}",
        secs(gate)
    );
    let audit = of_atlas(atlas, folder, &["db", "audit", name(&path)?, "--json"])?;
    println!(
        "audit: {} with {:.0} MB, {:.0} % of the gate alone; target 60 %",
        secs(audit.took),
        audit.peak_bytes as f64 / 1e6,
        100.0 * gate.as_secs_f64() / audit.took.as_secs_f64()
    );
    cleanup(atlas, folder, &path, &limits)
}

fn cleanup(atlas: &Path, folder: &Path, path: &Path, limits: &Limits) -> Result<(), Failed> {
    let plan = of_atlas(atlas, folder, &["db", "cleanup", name(path)?, "--json"])?;
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout)?;
    let run = plan["run"].as_str().ok_or("a plan has a name")?;
    let mut arguments = vec!["db", "cleanup", "--apply", run, "--json"];
    let tables: Vec<String> = plan["tables"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|table| Some(format!("{}=100%", table["name"].as_str()?)))
        .collect();
    for table in &tables {
        arguments.extend(["--allow-table", table]);
    }
    let done = of_atlas(atlas, folder, &arguments)?;
    let least = limits.copy + 2 * limits.check + limits.vacuum;
    println!(
        "cleanup of {} rows: {} with {:.0} MB, {:.1} times cp + 2 integrity_check + VACUUM ({}); target 2",
        plan["rows"],
        secs(done.took),
        done.peak_bytes as f64 / 1e6,
        done.took.as_secs_f64() / least.as_secs_f64(),
        secs(least)
    );
    let undone = of_atlas(atlas, folder, &["db", "undo", run, "--json"])?;
    println!(
        "undo: {} with {:.0} MB",
        secs(undone.took),
        undone.peak_bytes as f64 / 1e6
    );
    Ok(())
}

fn of_atlas(atlas: &Path, folder: &Path, arguments: &[&str]) -> Result<Ran, Failed> {
    command(Command::new(atlas).args(arguments).env("HOME", folder))
}

/// Each on a file whose pages are in memory, as they are for Atlas, which comes after.
fn limits(path: &Path) -> Result<Limits, Failed> {
    let beside = |name: &str| -> PathBuf { path.with_file_name(name) };
    let (copy, _) = timed(|| -> std::io::Result<()> {
        std::fs::copy(path, beside("copy.db"))?;
        std::fs::File::open(beside("copy.db"))?.sync_all()
    })?;
    let sql = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (check, _) = timed(|| sql.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)))?;
    let (vacuum, _) = timed(|| -> Result<(), Failed> {
        sql.execute("VACUUM INTO ?1", [name(&beside("small.db"))?])?;
        Ok(std::fs::File::open(beside("small.db"))?.sync_all()?)
    })?;
    std::fs::remove_file(beside("copy.db"))?;
    std::fs::remove_file(beside("small.db"))?;
    Ok(Limits { copy, check, vacuum })
}

/// Reads all bodies first, so that only the gate is measured.
fn gate_alone(path: &Path) -> Result<(Duration, usize), Failed> {
    let sql = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = sql.prepare("SELECT title, source_url, content FROM content WHERE length(content) > 0")?;
    let rows = select.query_map([], |row| {
        let text = |place: usize| -> Option<Vec<u8>> {
            row.get_ref(place).ok()?.as_bytes().ok().map(<[u8]>::to_vec)
        };
        Ok((text(0), text(1), text(2)))
    })?;
    let bodies: Vec<_> = rows.collect::<Result<_, _>>()?;
    let next = AtomicUsize::new(0);
    let judge_all = || {
        while let Some((title, url, body)) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
            let text = |bytes: &Option<Vec<u8>>| {
                bytes
                    .as_deref()
                    .map(String::from_utf8_lossy)
                    .map(|text| text.into_owned())
            };
            let (title, url) = (text(title), text(url));
            let extracted = read_body(&BodyInput {
                body: body.as_deref().unwrap_or_default(),
                title: title.as_deref(),
                url: url.as_deref(),
                kind: BodyKind::Page,
            });
            std::hint::black_box(judge(&FetchSignals::given(url.as_deref()), &extracted));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (took, _) = timed(|| {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                std::thread::Builder::new()
                    .stack_size(16 << 20)
                    .spawn_scoped(scope, judge_all)?;
            }
            Ok::<_, std::io::Error>(())
        })
    })?;
    Ok((took, bodies.len()))
}

fn name(path: &Path) -> Result<&str, Failed> {
    path.to_str().ok_or_else(|| "a path is no Unicode".into())
}
