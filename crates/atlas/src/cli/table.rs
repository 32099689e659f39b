//! Tables: columns under headings. On a terminal a table keeps within it: columns that matter least go, and texts
//! are cut. Anywhere else it is whole.

use super::text::{Look, lines, one_line};
use super::width::{cut, width};

const GAP: &str = "  ";
/// One endless cell must not push every other row's next column out of sight.
const WIDEST_PADDING: usize = 200;
/// With less than this, a text tells so little that a spare column goes in its favour.
const READABLE: usize = 24;

/// A column: its heading, and what becomes of it where there is no room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    heading: &'static str,
    without_room: WithoutRoom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WithoutRoom {
    Stays,
    Goes,
    IsCut,
}

/// A column that always stays whole: what one names things by, and short words.
pub(super) fn whole(heading: &'static str) -> Column {
    Column {
        heading,
        without_room: WithoutRoom::Stays,
    }
}

/// A column that one can do without.
pub(super) fn spare(heading: &'static str) -> Column {
    Column {
        heading,
        without_room: WithoutRoom::Goes,
    }
}

/// A column of texts, which may be cut.
pub(super) fn text(heading: &'static str) -> Column {
    Column {
        heading,
        without_room: WithoutRoom::IsCut,
    }
}

/// Columns under headings. Cells may be foreign text.
pub(super) fn table<const N: usize>(columns: [Column; N], rows: &[[String; N]], look: Look) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    let headings = columns.map(|column| column.heading.to_owned());
    let mut widths = headings.each_ref().map(|heading| width(heading));
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let shown = match look.width {
        Some(terminal) => fitted(columns, widths, terminal),
        None => widths.map(Some),
    };
    let head = look.bold(&line(&headings, shown));
    lines(std::iter::once(head).chain(rows.iter().map(|row| line(row, shown))))
}

/// How wide each column is on a terminal of so many columns; nothing for one that has gone.
fn fitted<const N: usize>(columns: [Column; N], widths: [usize; N], terminal: usize) -> [Option<usize>; N] {
    let mut shown = widths.map(Some);
    let is = |n: &usize, kind: WithoutRoom| columns[*n].without_room == kind;
    let room_for_texts = |shown: &[Option<usize>; N]| {
        let others = (0..N).filter(|n| !is(n, WithoutRoom::IsCut));
        let taken: usize = others.filter_map(|n| shown[n]).sum();
        let gaps = shown.iter().flatten().count().saturating_sub(1) * GAP.len();
        terminal.saturating_sub(taken + gaps)
    };
    let mut texts: Vec<usize> = (0..N).filter(|n| is(n, WithoutRoom::IsCut)).collect();
    let readable: usize = texts.iter().map(|n| widths[*n].min(READABLE)).sum();
    for n in (0..N).rev().filter(|n| is(n, WithoutRoom::Goes)) {
        if room_for_texts(&shown) < readable {
            shown[n] = None;
        }
    }
    // The shortest first: what it does not need is there for the longer ones.
    texts.sort_by_key(|n| widths[*n]);
    let mut room = room_for_texts(&shown);
    for (served, n) in texts.iter().enumerate() {
        let share = (room / (texts.len() - served)).clamp(1, widths[*n]);
        shown[*n] = Some(share);
        room = room.saturating_sub(share);
    }
    shown
}

fn line<const N: usize>(cells: &[String; N], widths: [Option<usize>; N]) -> String {
    let cells = cells.iter().zip(widths);
    let cells: Vec<String> = cells
        .filter_map(|(cell, width)| width.map(|width| pad(cut(cell, width), width)))
        .collect();
    cells.join(GAP).trim_end().to_owned()
}

fn pad(cell: String, columns: usize) -> String {
    let missing = columns.min(WIDEST_PADDING).saturating_sub(width(&cell));
    cell + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look::PLAIN;

    fn on_terminal(columns: usize) -> Look {
        Look {
            width: Some(columns),
            ..PLAIN
        }
    }

    /// An item as `atlas list` shows it, with an id that is shorter than real ones.
    fn list(title: &str, look: Look) -> String {
        let row = ["0197-id", "stored", "2026-01-01T00:00:00Z", title].map(str::to_owned);
        let columns = [whole("ID"), whole("STATE"), spare("SAVED"), text("TITLE")];
        table(columns, &[row], look)
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let hostile = "\x1b]0;owned\x07A \u{9b}31mtitle\r\n\tof two lines";
        let shown = table([whole("TITLE")], &[[hostile.to_owned()]], PLAIN);
        assert!(
            !shown.contains(|c: char| c.is_control() && c != '\n'),
            "{shown:?}"
        );
    }

    #[test]
    fn an_endless_cell_is_shown_and_pads_nobody_else_without_end() {
        let rows = [
            ["x".repeat(200_000), "b".to_owned()],
            ["short".to_owned(), "b".to_owned()],
        ];
        let shown = table([whole("A"), whole("B")], &rows, PLAIN);
        assert!(shown.lines().last().unwrap().len() < 300, "{}", shown.len());
    }

    #[test]
    fn columns_are_aligned_and_whole_where_there_is_no_terminal() {
        let rows = [
            ["a".to_owned(), "a long title".to_owned()],
            ["パン".to_owned(), "b".to_owned()],
        ];
        assert_eq!(
            table([whole("ID"), text("TITLE")], &rows, PLAIN),
            "ID    TITLE\na     a long title\nパン  b\n"
        );
    }

    #[test]
    fn a_table_that_fits_a_terminal_is_whole_there_too() {
        assert_eq!(list("Rye bread", on_terminal(80)), list("Rye bread", PLAIN));
    }

    #[test]
    fn a_long_text_is_cut_at_the_edge_of_the_terminal() {
        insta::assert_snapshot!(list(&"Rye bread ".repeat(9), on_terminal(64)), @"
        ID       STATE   SAVED                 TITLE
        0197-id  stored  2026-01-01T00:00:00Z  Rye bread Rye bread Rye…
        ");
    }

    #[test]
    fn a_column_that_can_be_spared_goes_before_a_text_is_unreadable() {
        insta::assert_snapshot!(list(&"Rye bread ".repeat(9), on_terminal(50)), @"
        ID       STATE   TITLE
        0197-id  stored  Rye bread Rye bread Rye bread Ry…
        ");
    }

    #[test]
    fn texts_share_what_room_there_is_and_names_stay_whole() {
        let row = ["0197-id", "a reason of twenty-nine chars", "short"].map(str::to_owned);
        let columns = [whole("ID"), text("BECAUSE"), text("TITLE")];
        insta::assert_snapshot!(table(columns, std::slice::from_ref(&row), on_terminal(30)), @"
        ID       BECAUSE         TITLE
        0197-id  a reason of t…  short
        ");
        insta::assert_snapshot!(table(columns, &[row], on_terminal(8)), @"
        ID       …  …
        0197-id  …  …
        ");
    }
}
