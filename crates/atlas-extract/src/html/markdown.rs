//! Sanitised HTML to `CommonMark` with GitHub tables.
//!
//! The converter recurses, and it pads every cell of a table to the widest of its column: what would overflow
//! the stack or multiply the text is made simpler first.

use ego_tree::{NodeId, NodeRef};
use htmd::HtmlToMarkdown;
use htmd::options::{BulletListMarker, HrStyle, Options};
use html5ever::LocalName;
use scraper::{Html, Node};

/// A table may become so many times as long as its text...
const MAX_TABLE_GROWTH: usize = 10;
/// ...and this much longer, which is nothing.
const FREE_TABLE_CHARS: usize = 20_000;
/// A cell that is longer than this holds a text, and the table arranges the page.
const MAX_CELL_CHARS: usize = 2_000;

/// The content as Markdown; `None` where the converter gives up.
pub(crate) fn of(html: &str, document: &mut Html) -> Option<String> {
    let tables: Vec<NodeId> = document
        .tree
        .nodes()
        .filter(|node| is_named(*node, "table") && !Shape::of(*node).fits_markdown())
        .map(|node| node.id())
        .collect();
    let simpler = (!tables.is_empty()).then(|| {
        for table in tables {
            unwrap_table(document, table);
        }
        document.html()
    });
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        hr_style: HrStyle::Dashes,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder().options(options).build();
    converter.convert(simpler.as_deref().unwrap_or(html)).ok()
}

/// What decides how long a table becomes in Markdown.
#[derive(Default)]
struct Shape {
    rows: usize,
    /// The widest cell of each column, in characters.
    widths: Vec<usize>,
    text_chars: usize,
}

impl Shape {
    fn of(table: NodeRef<'_, Node>) -> Self {
        let mut shape = Self::default();
        for row in table.descendants().filter(|node| is_named(*node, "tr")) {
            shape.rows += 1;
            let cells = row
                .children()
                .filter(|node| is_named(*node, "td") || is_named(*node, "th"));
            for (column, cell) in cells.enumerate() {
                let texts = cell.descendants().filter_map(|node| node.value().as_text());
                // Addresses of links are written out as well.
                let addresses = cell
                    .descendants()
                    .filter_map(|node| node.value().as_element()?.attr("href"));
                let chars =
                    texts.map(|text| text.len()).sum::<usize>() + addresses.map(str::len).sum::<usize>();
                if shape.widths.len() <= column {
                    shape.widths.resize(column + 1, 0);
                }
                shape.widths[column] = shape.widths[column].max(chars);
                shape.text_chars += chars;
            }
        }
        shape
    }

    fn fits_markdown(&self) -> bool {
        let row_chars: usize = self.widths.iter().map(|width| width + 3).sum();
        self.widths.iter().all(|width| *width <= MAX_CELL_CHARS)
            && self.rows.saturating_mul(row_chars) <= MAX_TABLE_GROWTH * self.text_chars + FREE_TABLE_CHARS
    }
}

/// Makes blocks of a table's cells.
fn unwrap_table(document: &mut Html, table: NodeId) {
    let Some(node) = document.tree.get(table) else {
        return;
    };
    let parts = [
        "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col",
    ];
    let ids: Vec<NodeId> = node
        .descendants()
        .filter(|node| parts.iter().any(|part| is_named(*node, part)))
        .map(|node| node.id())
        .collect();
    for id in ids {
        if let Some(mut node) = document.tree.get_mut(id)
            && let Node::Element(element) = node.value()
        {
            element.name.local = LocalName::from("div");
        }
    }
}

fn is_named(node: NodeRef<'_, Node>, name: &str) -> bool {
    node.value()
        .as_element()
        .is_some_and(|element| element.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(html: &str) -> String {
        of(html, &mut Html::parse_document(html)).expect("it converts")
    }

    fn table(rows: &str) -> String {
        format!("<p>before</p><table><tbody><tr><th>a</th><th>b</th></tr>{rows}</tbody></table>")
    }

    #[test]
    fn a_table_of_data_is_a_table() {
        let rows = "<tr><td>a sentence of some length</td><td>2</td></tr>".repeat(100);
        assert!(markdown(&table(&rows)).contains("| a sentence of some length | 2 "));
    }

    #[test]
    fn a_table_that_arranges_a_page_becomes_its_blocks() {
        let text = "<p>A sentence of the text.</p>".repeat(200);
        let found = markdown(&table(&format!("<tr><td>menu</td><td>{text}</td></tr>")));
        assert!(
            found.contains("\n\nA sentence of the text.\n\nA sentence"),
            "{found}"
        );
        assert!(!found.contains('|'), "{found}");
    }

    #[test]
    fn the_padding_of_a_table_stays_in_proportion() {
        let wide = format!("<tr><td>{}</td><td>b</td></tr>", "word ".repeat(390));
        let rows = wide + &"<tr><td>1</td><td>2</td></tr>".repeat(5_000);
        assert!(markdown(&table(&rows)).len() < 100_000);
        let many_columns = "<th>x</th>".repeat(3_000);
        let rows = format!("<tr>{many_columns}</tr>") + &"<tr><td>1</td></tr>".repeat(3_000);
        assert!(markdown(&table(&rows)).len() < 100_000);
    }
}
