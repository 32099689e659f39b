//! Which facts the gate sees in rows of each kind: numbers and forms, never texts.

use std::collections::BTreeMap;

use atlas_domain::Standing;
use atlas_extract::{BodyInput, BodyKind, FetchSignals, judge, read_body};
use atlas_store::maintenance::{Looking, RowLimits, Snapshot};

use crate::support::{Case, preset};

#[test]
#[ignore = "shows, and asserts nothing"]
#[expect(clippy::print_stderr, reason = "it is there to be read")]
fn features() {
    for (name, body_column) in [
        ("mixed-a", "content"),
        ("mixed-c", "content"),
        ("mixed-search", "content"),
    ] {
        for seed in 11..13 {
            let case = Case::of(&preset(name, Some(1_000), seed));
            let snapshot = Snapshot::open(&case.path, Looking::default()).unwrap();
            let tables = snapshot.tables().unwrap();
            let truths: BTreeMap<(String, i64), _> = case
                .truths
                .iter()
                .filter(|truth| !truth.derived)
                .map(|truth| ((truth.table.clone(), truth.rowid), truth))
                .collect();
            for table in tables.iter().filter(|table| table.holds_records()) {
                if !table.columns.iter().any(|column| column.name == body_column) {
                    continue;
                }
                let columns = [body_column.to_owned(), "title".to_owned()];
                let mut stream = snapshot
                    .rows(table, &columns, None, RowLimits::default())
                    .unwrap();
                while let Some(batch) = stream.next_batch().unwrap() {
                    for row in batch.rows {
                        let atlas_store::maintenance::Key::Rowid(rowid) = row.key else {
                            continue;
                        };
                        let Some(truth) = truths.get(&(table.name.clone(), rowid)) else {
                            continue;
                        };
                        let title = String::from_utf8_lossy(row.values[1].bytes()).into_owned();
                        let input = BodyInput {
                            body: row.values[0].bytes(),
                            title: Some(&title).filter(|title| !title.is_empty()).map(String::as_str),
                            url: Some("https://site.example/a/b"),
                            kind: BodyKind::Page,
                        };
                        let read = read_body(&input);
                        let verdict = judge(&FetchSignals::given(input.url), &read);
                        let reasons: Vec<String> = verdict
                            .reasons
                            .iter()
                            .map(|reason| format!("{}{:+.1}", reason.code, reason.weight))
                            .collect();
                        let text = &read.article.text;
                        let lines: Vec<usize> = text
                            .lines()
                            .map(|line| line.split_whitespace().count())
                            .filter(|words| *words > 0)
                            .collect();
                        let short_lines = lines.iter().filter(|words| **words <= 6).count();
                        let signals = &read.signals;
                        let latin = text.chars().filter(|c| ('\u{80}'..='\u{ff}').contains(c)).count();
                        let standing = case.standing(truth);
                        eprintln!(
                            "F {} {} {} | {:?} w{} p{} lw{} lab{} lines{} short{} html{} main{} vis{} only3{} digitlines{} marks{} latin{:.2} ends{} nums{} | {}",
                            truth.kind.name(),
                            truth.language.as_deref().unwrap_or("-"),
                            if standing == Standing::Junk {
                                "junk"
                            } else {
                                standing.as_str()
                            },
                            signals.stored.map(|stored| stored.form),
                            signals.article_words,
                            signals.article_prose_words,
                            signals.main_link_words,
                            signals.labels.len(),
                            lines.len(),
                            short_lines,
                            signals.html_bytes,
                            signals.main_words,
                            signals.visible_words,
                            lines.iter().filter(|words| **words <= 3).count(),
                            text.lines()
                                .filter(|line| line.contains(|c: char| c.is_ascii_digit()))
                                .count(),
                            text.lines()
                                .filter(|line| line.contains([',', ';', ':', '.', '!', '?', '"', '(']))
                                .count(),
                            latin as f64 / text.chars().count().max(1) as f64,
                            text.matches(['.', '!', '?', '。']).count(),
                            text.chars().filter(char::is_ascii_digit).count(),
                            reasons.join(" ")
                        );
                    }
                }
            }
        }
    }
}
