//! Which facts the gate sees in rows of each kind: numbers and forms, never texts.

use std::collections::BTreeMap;

use atlas_app::audit::Role;
use atlas_extract::{BodyInput, BodyKind, FetchSignals, judge, read_body};
use atlas_store::maintenance::{Key, Looking, RowLimits, Snapshot};

use crate::support::{Case, preset};

#[test]
#[ignore = "shows, and asserts nothing"]
fn features() {
    for name in [
        "mixed-a",
        "mixed-c",
        "mixed-search",
        "mixed-inbox",
        "mixed-segments",
        "mixed-strange",
    ] {
        for seed in 11..14 {
            show(name, &Case::of(&preset(name, Some(1_000), seed)));
        }
    }
}

#[expect(clippy::print_stderr, reason = "it is there to be read")]
fn show(name: &str, case: &Case) {
    let snapshot = Snapshot::open(&case.path, Looking::default()).unwrap();
    let tables = snapshot.tables().unwrap();
    for report in &case.report.tables {
        let Role::Content(content) = &report.role else {
            continue;
        };
        let table = tables.iter().find(|table| table.name == report.name).unwrap();
        let truths: BTreeMap<i64, _> = case
            .truths
            .iter()
            .filter(|truth| !truth.derived && truth.table == table.name)
            .map(|truth| (truth.rowid, truth))
            .collect();
        let mut columns = vec![content.body.clone()];
        columns.extend(content.title.clone());
        let mut stream = snapshot
            .rows(table, &columns, None, RowLimits::default())
            .unwrap();
        while let Some(batch) = stream.next_batch().unwrap() {
            for row in batch.rows {
                let Key::Rowid(rowid) = row.key else { continue };
                let Some(truth) = truths.get(&rowid) else { continue };
                let title = row
                    .values
                    .get(1)
                    .map(|title| String::from_utf8_lossy(title.bytes()).into_owned())
                    .filter(|title| !title.is_empty());
                let read = read_body(&BodyInput {
                    body: row.values[0].bytes(),
                    title: title.as_deref(),
                    url: Some("https://site.example/a/b"),
                    kind: BodyKind::Page,
                });
                let verdict = judge(&FetchSignals::given(Some("https://site.example/a/b")), &read);
                let reasons: Vec<String> = verdict
                    .reasons
                    .iter()
                    .map(|reason| format!("{}{:+.1}", reason.code, reason.weight))
                    .collect();
                let signals = &read.signals;
                let lines: Vec<usize> = read
                    .article
                    .text
                    .lines()
                    .map(|line| line.split_whitespace().count())
                    .filter(|words| *words > 0)
                    .collect();
                eprintln!(
                    "F {name} {} {} {:?} {} | {:?} w{} p{} lw{} lab{} lines{} short{} | {}",
                    truth.kind.name(),
                    truth.language.as_deref().unwrap_or("-"),
                    truth.label,
                    case.standing(truth).as_str(),
                    signals.stored.map(|stored| stored.form),
                    signals.article_words,
                    signals.article_prose_words,
                    signals.main_link_words,
                    signals.labels.len(),
                    lines.len(),
                    lines.iter().filter(|words| **words <= 6).count(),
                    reasons.join(" ")
                );
            }
        }
    }
}
