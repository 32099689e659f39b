//! `atlas search`: finds saved pages by their words, the best first.

use std::fmt::Write as _;

use atlas_app::views::SearchReply;
use clap::Args;

use super::output::Output;
use super::routes;
use super::text::{Look, counted, one_line};
use super::width::{cut, wrapped};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas search sourdough starter\n  \
    atlas search '\"rye bread\" -yeast'\n  \
    atlas search bread site:example.com --limit 5 --json\n\n\
    Words, \"phrases\", -exclusions, prefix* and field:value may be combined, in any order. Put what the \
    shell would take for itself in single quotes. -h, -q and -v are options, unless they stand after --.";

/// What stands before each line of a hit but its first.
const INDENT: &str = "     ";

/// `atlas search`
#[derive(Debug, Clone, Args)]
pub(crate) struct SearchArgs {
    /// What to look for
    #[arg(value_name = "QUERY", required = true)]
    pub(super) query: Vec<String>,
    /// At most so many hits
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// Leave out so many at the beginning
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
}

pub(super) async fn run(args: &SearchArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    let parameters = [
        ("q", Some(args.query.join(" "))),
        ("limit", Some(args.limit.to_string())),
        ("offset", Some(args.offset.to_string())),
        // A command before this one may just have written; a server's index follows within moments.
        ("fresh", Some("true".to_owned())),
    ];
    let reply: SearchReply = client
        .get(&routes::with_query(routes::SEARCH, parameters))
        .await?;
    output.answer(&reply, |look| render(&reply, u64::from(args.offset), look))?;
    if reply.degraded {
        output.say(&degraded_notice(&reply.degraded_reason));
    }
    if !output.is_json() {
        output.say(&summary(&reply, u64::from(args.offset)));
    }
    if !reply.hint.is_empty() {
        output.say(&reply.hint);
    }
    Ok(Exit::Ok)
}

fn render(reply: &SearchReply, offset: u64, look: Look) -> String {
    let mut text = String::new();
    for (number, hit) in (offset + 1..).zip(&reply.hits) {
        let title = match one_line(&hit.title) {
            title if title.is_empty() => "(no title)".to_owned(),
            title => title,
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{number:>3}. {}", look.bold(&title_within(&title, look)));
        let details = [
            look.marked(&passage_within(&one_line(&hit.snippet), look)),
            one_line(&hit.url), // whole, however long: it is there to be followed
            look.dim(&hit.id),
        ];
        for detail in details.iter().filter(|detail| !detail.is_empty()) {
            let _ = writeln!(text, "{INDENT}{detail}");
        }
        text.push('\n');
    }
    text
}

fn title_within(title: &str, look: Look) -> String {
    match look.width {
        Some(columns) => cut(title, columns.saturating_sub(INDENT.len())),
        None => title.to_owned(),
    }
}

/// In as many lines as it needs: cut, it would perhaps lose what matched.
fn passage_within(passage: &str, look: Look) -> String {
    match look.width {
        Some(columns) => wrapped(passage, columns.saturating_sub(INDENT.len())).join(&format!("\n{INDENT}")),
        None => passage.to_owned(),
    }
}

fn summary(reply: &SearchReply, offset: u64) -> String {
    let shown = reply.hits.len() as u64;
    let next = offset + shown;
    let took = format!("in {} ms", reply.took_ms);
    match (shown, reply.total) {
        (0, 0) => "no hits".to_owned(),
        (0, total) => format!("no hits from {} on; there are {total}", offset + 1),
        (_, total) if next < total => format!(
            "{shown} of {} {took}; more with --offset {next}",
            counted(total, "hit")
        ),
        (_, total) => format!("{} {took}", counted(total, "hit")),
    }
}

fn degraded_notice(reason: &str) -> String {
    match reason {
        "index_lag" => {
            "the index is still following: what was saved last may be missing (index_lag)".to_owned()
        }
        "timeout" => {
            "the search took too long and was stopped: there may be more and better hits; ask for rarer words \
             (timeout)"
                .to_owned()
        }
        other => match other.split_once(": ") {
            Some(("titles", why)) => format!("only titles were searched: {why} (titles)"),
            Some(("last_answer", why)) => format!("this is an earlier answer, {why} (last_answer)"),
            _ => format!("the answer may be incomplete ({other})"),
        },
    }
}

#[cfg(test)]
mod tests {
    use atlas_app::views::SearchHit;
    use axum::Router;
    use axum::extract::Json;
    use axum::routing::get;

    use super::*;
    use crate::cli::output::tests::captured;

    fn reply(hits: usize, total: u64) -> SearchReply {
        let hit = SearchHit {
            id: "0197-id".to_owned(),
            title: "Rye \u{1b}[31mbread".to_owned(),
            url: "https://example.com/rye".to_owned(),
            score: 3.5,
            snippet: "a **rye** starter".to_owned(),
        };
        SearchReply {
            hits: vec![hit; hits],
            total,
            took_ms: 4,
            degraded: false,
            degraded_reason: String::new(),
            hint: String::new(),
        }
    }

    #[test]
    fn a_hit_is_its_title_a_passage_its_address_and_its_id() {
        insta::assert_snapshot!(render(&reply(2, 30), 9, Look::PLAIN), @"
         10. Rye [31mbread
             a **rye** starter
             https://example.com/rye
             0197-id

         11. Rye [31mbread
             a **rye** starter
             https://example.com/rye
             0197-id
        ");
    }

    #[test]
    fn what_matched_stands_out_in_colour() {
        let text = render(
            &reply(1, 1),
            0,
            Look {
                colour: true,
                ..Look::PLAIN
            },
        );
        assert!(text.contains("a \u{1b}[1mrye\u{1b}[0m starter"), "{text:?}");
        assert!(
            !text.contains("\u{1b}[31m"),
            "the title brought its own colour: {text:?}"
        );
    }

    #[test]
    fn on_a_terminal_the_title_is_cut_and_the_passage_takes_the_lines_it_needs() {
        let narrow = Look {
            width: Some(16),
            ..Look::PLAIN
        };
        insta::assert_snapshot!(render(&reply(1, 1), 0, narrow), @"
          1. Rye [31mbr…
             a **rye**
             starter
             https://example.com/rye
             0197-id
        ");
    }

    #[test]
    fn the_summary_says_how_to_see_more() {
        assert_eq!(
            summary(&reply(2, 30), 9),
            "2 of 30 hits in 4 ms; more with --offset 11"
        );
        assert_eq!(summary(&reply(1, 1), 0), "1 hit in 4 ms");
        assert_eq!(summary(&reply(0, 0), 0), "no hits");
        assert_eq!(summary(&reply(0, 3), 5), "no hits from 6 on; there are 3");
    }

    #[tokio::test]
    async fn finding_nothing_is_no_failure_and_no_data() {
        let degraded = SearchReply {
            degraded: true,
            degraded_reason: "index_lag".to_owned(),
            ..reply(0, 0)
        };
        let answer = async move || Json(degraded);
        let client = Client::InProcess(Router::new().route(routes::SEARCH, get(answer)));
        let (output, data, talk) = captured(false);
        let args = SearchArgs {
            query: vec!["nothing".to_owned()],
            limit: 20,
            offset: 0,
        };
        assert_eq!(run(&args, &client, &output).await.unwrap(), Exit::Ok);
        assert_eq!(data.text(), "");
        assert!(talk.text().contains("index_lag"), "{}", talk.text());
        assert!(talk.text().ends_with("no hits\n"), "{}", talk.text());
    }

    #[test]
    fn an_answer_that_is_not_the_indexs_says_what_it_is_and_why() {
        assert_eq!(
            degraded_notice("titles: the index gave no answer within 300ms"),
            "only titles were searched: the index gave no answer within 300ms (titles)"
        );
        assert_eq!(
            degraded_notice("last_answer: 12 s old; the index gave no answer within 300ms"),
            "this is an earlier answer, 12 s old; the index gave no answer within 300ms (last_answer)"
        );
        assert_eq!(
            degraded_notice("something_new"),
            "the answer may be incomplete (something_new)"
        );
    }

    #[tokio::test]
    async fn what_may_explain_that_nothing_was_found_is_said_beside_the_data() {
        let hinted = SearchReply {
            hint: "`language:` is no field".to_owned(),
            ..reply(0, 0)
        };
        let answer = async move || Json(hinted);
        let client = Client::InProcess(Router::new().route(routes::SEARCH, get(answer)));
        let (output, data, talk) = captured(false);
        let args = SearchArgs {
            query: vec!["language:de".to_owned()],
            limit: 20,
            offset: 0,
        };
        assert_eq!(run(&args, &client, &output).await.unwrap(), Exit::Ok);
        assert_eq!(data.text(), "");
        assert!(
            talk.text().ends_with("no hits\n`language:` is no field\n"),
            "{}",
            talk.text()
        );
    }
}
