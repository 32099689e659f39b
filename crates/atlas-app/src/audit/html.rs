//! An audit as a page: one file without scripts or anything from elsewhere, for a browser or a printer. Whatever comes from
//! a database is escaped.

mod charts;

use std::fmt::Write as _;

use atlas_store::maintenance::{Key, Value};

use self::charts::{Bar, bars};
use super::report::{AuditReport, FileReport, TableReport, Totals};
use crate::size;

const STYLE: &str = include_str!("html/style.css");

/// The page.
pub fn html(report: &AuditReport) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Database audit</title><style>{STYLE}</style></head><body><main>\
         <h1>Database audit</h1><p class=\"dim\">{}, by Atlas {} with version {} of its junk gate</p>",
        escaped(&report.began_at.to_string()),
        report.program_version,
        report.gate_version
    );
    tiles(&mut page, &report.totals, report.files.len());
    for refused in &report.refused {
        let _ = write!(page, "<p class=\"bad\">{}</p>", escaped(&refused.why));
    }
    for file in &report.files {
        of_file(&mut page, file);
    }
    page.push_str("</main></body></html>\n");
    page
}

fn tiles(page: &mut String, totals: &Totals, files: usize) {
    page.push_str("<section class=\"tiles\">");
    for (number, what) in [
        (files.to_string(), "files"),
        (totals.rows_total.to_string(), "rows judged"),
        (totals.rows_junk.to_string(), "junk"),
        (totals.rows_suspect.to_string(), "suspect"),
        (size(totals.junk_bytes), "in junk rows"),
    ] {
        let _ = write!(page, "<div><strong>{number}</strong><span>{what}</span></div>");
    }
    page.push_str("</section>");
}

fn of_file(page: &mut String, file: &FileReport) {
    let (facts, space) = (&file.file, &file.space);
    let page_bytes = space.page_size_bytes;
    let _ = write!(
        page,
        "<section><h2>{}</h2><p>{}, {} of it free. {}</p>",
        escaped(&facts.path.display().to_string()),
        size(space.pages * page_bytes),
        size(space.free_pages * page_bytes),
        integrity(file)
    );
    where_the_bytes_are(page, file);
    verdicts(page, &file.totals);
    tables(page, &file.tables);
    examples(page, &file.tables);
    let notes: Vec<String> = file
        .integrity
        .findings
        .iter()
        .chain(&file.notes)
        .take(40)
        .map(|note| format!("<li>{}</li>", escaped(note)))
        .collect();
    if !notes.is_empty() {
        let _ = write!(page, "<h3>Notes</h3><ul>{}</ul>", notes.concat());
    }
    page.push_str("</section>");
}

fn integrity(file: &FileReport) -> String {
    let findings = file.integrity.findings.len();
    if file.integrity.is_whole() && file.file.damage.is_none() {
        "Its structure is sound.".to_owned()
    } else if findings == 0 && file.file.damage.is_none() {
        "It could not be checked whole.".to_owned()
    } else {
        format!("<strong class=\"bad\">It is damaged</strong>: {findings} findings.")
    }
}

fn where_the_bytes_are(page: &mut String, file: &FileReport) {
    let (space, page_bytes) = (&file.space, file.space.page_size_bytes);
    let mut shown: Vec<Bar> = file
        .tables
        .iter()
        .filter(|table| table.bytes > 0)
        .map(|table| Bar::of(&table.name, table.bytes, size(table.bytes)))
        .collect();
    let used: u64 = file.tables.iter().map(|table| table.bytes).sum();
    let free = space.free_pages * page_bytes;
    shown.push(Bar::of("(free)", free, size(free)));
    let other = (space.pages * page_bytes).saturating_sub(used + free);
    shown.push(Bar::of("(other)", other, size(other)));
    page.push_str(&bars("Where the bytes are", "Table", "Bytes", shown));
    let columns: Vec<Bar> = file
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| column.bytes > 0)
        .map(|(table, column)| {
            Bar::of(
                &format!("{}.{}", table.name, column.name),
                column.bytes,
                size(column.bytes),
            )
        })
        .collect();
    page.push_str(&bars("Columns with the most bytes", "Column", "Bytes", columns));
}

fn verdicts(page: &mut String, totals: &Totals) {
    let kept = totals
        .rows_total
        .saturating_sub(totals.rows_junk + totals.rows_suspect);
    let verdicts = [
        ("junk", totals.rows_junk),
        ("suspect", totals.rows_suspect),
        ("nothing against it", kept),
    ]
    .map(|(name, rows)| Bar::of(name, rows, rows.to_string()));
    page.push_str(&bars("Verdicts", "Verdict", "Rows", verdicts.to_vec()));
    let reasons = totals
        .by_reason
        .iter()
        .map(|(reason, rows)| Bar::of(reason.as_str(), rows.rows, rows.rows.to_string()));
    page.push_str(&bars(
        "Reasons (a row can have several: they overlap)",
        "Reason",
        "Rows",
        reasons.collect(),
    ));
    let together = totals.by_combination.iter().map(|one| {
        Bar::of(
            &format!("{} ({})", one.reasons, one.verdict),
            one.rows,
            one.rows.to_string(),
        )
    });
    page.push_str(&bars(
        "Reasons together (each row once)",
        "Reasons",
        "Rows",
        together.collect(),
    ));
}

fn tables(page: &mut String, tables: &[TableReport]) {
    page.push_str(
        "<h3>Tables</h3><div class=\"wide\"><table><thead><tr><th>Table<th>Taken for<th class=\"n\">Rows<th class=\"n\">Junk<th class=\"n\">Suspect<th class=\"n\">Bytes\
         </thead><tbody>",
    );
    for table in tables {
        let number = |of: fn(&Totals) -> u64| {
            table
                .totals
                .as_ref()
                .map_or(String::new(), |totals| of(totals).to_string())
        };
        let _ = write!(
            page,
            "<tr><td>{}<td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}",
            escaped(&table.name),
            escaped(&table.role.to_string()),
            table.rows.map_or(String::new(), |rows| rows.to_string()),
            number(|totals| totals.rows_junk),
            number(|totals| totals.rows_suspect),
            size(table.bytes)
        );
    }
    page.push_str("</tbody></table></div>");
}

fn examples(page: &mut String, tables: &[TableReport]) {
    if tables.iter().all(|table| table.examples.is_empty()) {
        return;
    }
    page.push_str(
        "<h3>One row of each kind</h3><div class=\"wide\"><table><thead><tr><th>Row<th>Verdict<th>Reasons<th>Better copy\
         </thead><tbody>",
    );
    for table in tables {
        for example in &table.examples {
            let _ = write!(
                page,
                "<tr><td>{} of {}<td>{}<td>{}<td>{}",
                escaped(&key(&example.key)),
                escaped(&table.name),
                example.verdict,
                example.reasons,
                escaped(&example.survivor.as_ref().map_or(String::new(), key))
            );
        }
    }
    page.push_str("</tbody></table></div>");
}

fn key(key: &Key) -> String {
    let value = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        other => String::from_utf8_lossy(other.bytes()).into_owned(),
    };
    match key {
        Key::Rowid(rowid) => rowid.to_string(),
        Key::Primary(values) => values.iter().map(value).collect::<Vec<_>>().join(", "),
    }
}

/// Text as text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_a_database_is_text() {
        assert_eq!(
            escaped("<script>alert('x')</script>\u{1b}&\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\u{FFFD}&amp;&quot;"
        );
    }
}
