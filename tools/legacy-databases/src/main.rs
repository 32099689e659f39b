//! `legacy-databases PRESET OUT`: writes a database and, beside it, the truth about its rows as lines of JSON.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use legacy_databases::{GenerateError, Journal, Preset, Recipe, generate};

/// Makes a database shaped like one of Atlas's predecessor, with the truth about every row.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to make; --list names the presets.
    #[arg(required_unless_present = "list")]
    preset: Option<String>,
    /// The file to make; nothing is overwritten.
    #[arg(required_unless_present = "list")]
    out: Option<PathBuf>,
    /// Rows of the main table; size and free pages go with them.
    #[arg(long)]
    rows: Option<u64>,
    /// From which all chance follows; mixtures also take the order of their tables and columns from it.
    #[arg(long)]
    seed: Option<u64>,
    /// How large the file should become; for huge-row, how large the row.
    #[arg(long)]
    bytes: Option<u64>,
    /// In a write-ahead log.
    #[arg(long)]
    wal: bool,
    /// Where the truth goes; by default beside the file, with `.truth.jsonl` added to its name.
    #[arg(long)]
    truth: Option<PathBuf>,
    /// Name the presets.
    #[arg(long)]
    list: bool,
}

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "a tool for people")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (Some(name), Some(out)) = (&arguments.preset, &arguments.out) else {
        for preset in Preset::all() {
            println!("{:<22} {}", preset.name, preset.about);
        }
        return ExitCode::SUCCESS;
    };
    let Some(preset) = Preset::named(name) else {
        eprintln!("There is no preset {name}; --list names those there are.");
        return ExitCode::FAILURE;
    };
    match make(&arguments, &preset, out) {
        Ok(report) => {
            eprintln!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(arguments: &Arguments, preset: &Preset, out: &Path) -> Result<String, GenerateError> {
    let recipe = adjusted(arguments, preset);
    let beside = || {
        let mut name = out.as_os_str().to_owned();
        name.push(".truth.jsonl");
        PathBuf::from(name)
    };
    let truth_path = arguments.truth.clone().unwrap_or_else(beside);
    let mut lines = BufWriter::new(File::create(&truth_path)?);
    let started = now();
    let mut told = 0_u64;
    let summary = generate(&recipe, out, &mut |truth| {
        told += 1;
        serde_json::to_writer(&mut lines, truth)?;
        lines.write_all(b"\n")?;
        Ok(())
    })?;
    lines.flush()?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(format!(
        "{}: {told} rows, {} pages of {} bytes, {} of them free; {seconds:.1} s, {:.0} rows/s\n{}: the truth about them",
        out.display(),
        summary.pages,
        recipe.page_size,
        summary.free_pages,
        told as f64 / seconds.max(0.001),
        truth_path.display(),
    ))
}

fn adjusted(arguments: &Arguments, preset: &Preset) -> Recipe {
    let mut recipe = preset.recipe(arguments.rows);
    if let Some(seed) = arguments.seed {
        recipe.seed = seed;
        if recipe.variation != 0 {
            recipe.variation = seed;
        }
    }
    if arguments.bytes.is_some() {
        if recipe.huge_row_bytes.is_some() {
            recipe.huge_row_bytes = arguments.bytes;
        } else {
            recipe.target_bytes = arguments.bytes;
        }
    }
    if arguments.wal {
        recipe.journal = Journal::Wal;
    }
    recipe
}

#[expect(
    clippy::disallowed_methods,
    reason = "rows a second are reported to a person, outside every runtime"
)]
fn now() -> Instant {
    Instant::now()
}
