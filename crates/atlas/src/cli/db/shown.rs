//! An audit as people read it: where the bytes are, what is junk and why, and what to do next.

use std::fmt::Write as _;

use atlas_app::audit::{AuditReport, FileReport, Role, TableReport, Totals, TreeReport};
use atlas_app::size;
use atlas_store::maintenance::{Depth, Key, Value};

use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::{Look, counted, one_line};

/// So many combinations of reasons are shown.
const COMBINATIONS: usize = 8;

/// All of it.
pub(super) fn render(report: &AuditReport, look: Look) -> String {
    let mut shown = String::new();
    for file in &report.files {
        shown.push_str(&of_file(file, look));
        shown.push('\n');
    }
    if let Some(tree) = &report.tree {
        shown.push_str(&of_tree(tree, look));
    }
    if report.files.len() > 1 {
        let _ = writeln!(shown, "{}", look.bold("All files"));
        shown.push_str(&of_totals(&report.totals, look));
    }
    shown
}

fn of_file(file: &FileReport, look: Look) -> String {
    let (facts, space) = (&file.file, &file.space);
    let mut shown = String::new();
    let path = one_line(&facts.path.display().to_string());
    let _ = writeln!(shown, "{}", look.bold(&path));
    let free = space.free_pages * space.page_size_bytes;
    let _ = write!(
        shown,
        "{}, {} of it free",
        size(space.pages * space.page_size_bytes),
        size(free)
    );
    if space.wal_bytes > 0 {
        let _ = write!(shown, ", {} more in its log", size(space.wal_bytes));
    }
    let _ = writeln!(shown, "; {}", integrity(file));
    shown.push_str(&of_tables(&file.tables, look));
    shown.push_str(&of_columns(&file.tables, look));
    shown.push_str(&of_totals(&file.totals, look));
    for orphans in &file.orphans {
        let reference = &orphans.reference;
        let what = format!("{}.{}", reference.child, reference.child_column);
        let _ = match (orphans.rows, &orphans.unchecked) {
            (Some(rows), _) => writeln!(
                shown,
                "{} {} to a row that is not in {}",
                counted(rows, "row"),
                if rows == 1 {
                    format!("refers by {what}")
                } else {
                    format!("refer by {what}")
                },
                reference.parent
            ),
            (None, why) => writeln!(
                shown,
                "{what} was not followed: {}",
                why.as_deref().unwrap_or("unknown why")
            ),
        };
    }
    for keys in &file.integrity.foreign_keys {
        let _ = writeln!(
            shown,
            "foreign key of {} to {}: {} without the row they refer to",
            keys.table,
            keys.parent,
            counted(keys.rows, "row")
        );
    }
    for note in file.integrity.findings.iter().take(10).chain(&file.notes) {
        let _ = writeln!(shown, "note: {}", one_line(note));
    }
    shown
}

fn integrity(file: &FileReport) -> String {
    let integrity = &file.integrity;
    let looked = match integrity.depth {
        Depth::Quick => "its structure is sound (--full looks closer)",
        Depth::Full => "its structure is sound",
    };
    if integrity.is_whole() && file.file.damage.is_none() {
        return looked.to_owned();
    }
    if integrity.findings.is_empty() && file.file.damage.is_none() {
        let unchecked: Vec<&str> = integrity
            .unchecked
            .iter()
            .map(|what| what.what.as_str())
            .collect();
        return format!("could not be checked whole: {}", unchecked.join(", "));
    }
    format!(
        "DAMAGED: {}{}",
        counted(integrity.findings.len() as u64, "finding"),
        if integrity.has_more { " or more" } else { "" }
    )
}

fn of_tables(tables: &[TableReport], look: Look) -> String {
    let rows: Vec<_> = tables
        .iter()
        .filter(|table| table.bytes > 0 || table.rows.is_some_and(|rows| rows > 0))
        .filter(|table| !matches!(table.role, Role::Internal) || table.bytes > 100_000)
        .map(|table| {
            let number = |of: fn(&Totals) -> u64| {
                table
                    .totals
                    .as_ref()
                    .map_or(String::new(), |totals| of(totals).to_string())
            };
            [
                table.name.clone(),
                table.role.to_string(),
                table.rows.map_or(String::new(), |rows| rows.to_string()),
                number(|totals| totals.rows_junk),
                number(|totals| totals.rows_suspect),
                size(table.bytes),
            ]
        })
        .collect();
    let columns = [
        whole("TABLE"),
        text("TAKEN FOR"),
        whole("ROWS"),
        whole("JUNK"),
        whole("SUSPECT"),
        whole("BYTES"),
    ];
    format!("\n{}", table(columns, &rows, look))
}

/// The columns with the most bytes.
fn of_columns(tables: &[TableReport], look: Look) -> String {
    const MOST: usize = 5;
    let mut columns: Vec<_> = tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| column.bytes > 0)
        .collect();
    columns.sort_by_key(|(_, column)| std::cmp::Reverse(column.bytes));
    let rows: Vec<_> = columns
        .into_iter()
        .take(MOST)
        .map(|(table, column)| {
            [
                format!("{}.{}", table.name, column.name),
                size(column.bytes),
                size(column.longest_bytes),
                (column.nulls + column.empties).to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "\n{}",
        table(
            [whole("COLUMN"), whole("BYTES"), spare("LONGEST"), spare("EMPTY")],
            &rows,
            look
        )
    )
}

fn of_totals(totals: &Totals, look: Look) -> String {
    let mut shown = format!(
        "\n{} judged: {} junk, {} suspect\n",
        counted(totals.rows_total, "row"),
        totals.rows_junk,
        totals.rows_suspect
    );
    if totals.rows_unread > 0 {
        let _ = writeln!(
            shown,
            "{} could not be read, and are kept",
            counted(totals.rows_unread, "row")
        );
    }
    if totals.by_combination.is_empty() {
        return shown;
    }
    let reasons: Vec<_> = totals
        .by_reason
        .iter()
        .map(|(reason, rows)| {
            [
                reason.to_string(),
                rows.rows.to_string(),
                rows.junk.to_string(),
                rows.suspect.to_string(),
            ]
        })
        .collect();
    let _ = write!(
        shown,
        "\n{}",
        table(
            [whole("REASON"), whole("ROWS"), whole("JUNK"), whole("SUSPECT")],
            &reasons,
            look
        )
    );
    let _ = writeln!(
        shown,
        "{}",
        look.dim("a row can have several reasons; by all of its reasons each row is counted once:")
    );
    let mut combinations: Vec<_> = totals
        .by_combination
        .iter()
        .take(COMBINATIONS)
        .map(|one| {
            [
                one.reasons.to_string(),
                one.verdict.to_string(),
                one.rows.to_string(),
            ]
        })
        .collect();
    let rest: u64 = totals
        .by_combination
        .iter()
        .skip(COMBINATIONS)
        .map(|one| one.rows)
        .sum();
    if rest > 0 {
        combinations.push(["others".to_owned(), String::new(), rest.to_string()]);
    }
    let _ = write!(
        shown,
        "\n{}",
        table(
            [text("REASONS TOGETHER"), whole("VERDICT"), whole("ROWS")],
            &combinations,
            look
        )
    );
    shown
}

/// The files beside the databases.
fn of_tree(tree: &TreeReport, look: Look) -> String {
    let mut shown = format!("{}\n", look.bold(&one_line(&tree.root.display().to_string())));
    let rows: Vec<_> = [
        ("texts that a row knows", &tree.with_row),
        ("texts that no row knows", &tree.without_row),
        ("left by a failed fetch", &tree.failed),
        ("empty", &tree.empty),
        ("other files", &tree.other),
    ]
    .into_iter()
    .map(|(what, class)| {
        let example = class
            .examples
            .first()
            .map_or(String::new(), |path| path.display().to_string());
        [
            what.to_owned(),
            class.files.to_string(),
            size(class.bytes),
            example,
        ]
    })
    .collect();
    shown.push_str(&table(
        [
            whole("FILES"),
            whole("COUNT"),
            whole("BYTES"),
            text("FOR EXAMPLE"),
        ],
        &rows,
        look,
    ));
    let _ = writeln!(
        shown,
        "{} of {} that name a file have lost it{}",
        tree.rows_without_file,
        counted(tree.rows_with_place, "row"),
        tree.missing
            .first()
            .map_or(String::new(), |path| format!(", such as {}", one_line(path)))
    );
    for what in tree.unreadable.iter().take(10) {
        let _ = writeln!(shown, "note: {}", one_line(what));
    }
    shown.push('\n');
    shown
}

/// What to do with what was found.
pub(super) fn next_steps(report: &AuditReport) -> Option<String> {
    let mut next = Vec::new();
    for file in &report.files {
        let example = file
            .tables
            .iter()
            .find_map(|table| table.examples.first().map(|example| (table, example)));
        if let Some((table, example)) = example {
            next.push(format!(
                "for example {} of {}: {}, {}; --json shows more",
                key(&example.key),
                table.name,
                example.verdict,
                example.reasons
            ));
        }
        if !file.integrity.is_whole() || file.file.damage.is_some() {
            next.push(
                "a damaged file is not cleaned up: recover it first, for example with sqlite3's .recover"
                    .to_owned(),
            );
        }
    }
    (!next.is_empty()).then(|| next.join("\n"))
}

/// A key as people write it.
pub(super) fn key(key: &Key) -> String {
    let value = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        other => one_line(&String::from_utf8_lossy(other.bytes())),
    };
    match key {
        Key::Rowid(rowid) => format!("row {rowid}"),
        Key::Primary(values) => format!("row {}", values.iter().map(value).collect::<Vec<_>>().join(", ")),
    }
}
