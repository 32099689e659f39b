//! The live page in terminals of several sizes, with everything that can be on it.

use std::time::Duration;

use atlas_domain::{HealthStatus, Severity, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::draw::Page;
use super::picture::{BreakerLine, Chart, IncidentLine, Picture, ServiceLine, Silence};

/// The first of January 2026, noon.
const NOW: Timestamp = Timestamp::from_millis(1_767_268_800_000);

fn ago(secs: u64) -> Timestamp {
    NOW.before(Duration::from_secs(secs))
}

fn service(name: &str, status: HealthStatus, since_secs: u64, reason: &str) -> ServiceLine {
    ServiceLine {
        name: name.to_owned(),
        status,
        since: ago(since_secs),
        reason: reason.to_owned(),
    }
}

fn chart(name: &str, points: impl Iterator<Item = Option<f64>>, now: Option<&str>) -> Chart {
    Chart {
        name: name.to_owned(),
        points: points.collect(),
        top: Some(1.0),
        now: now.map(str::to_owned),
    }
}

fn charts() -> Vec<Chart> {
    let rising = (0..100).map(|number| Some(f64::from(number) / 100.0));
    let with_gap = (0..100).map(|number| (!(60..80).contains(&number)).then_some(0.5));
    vec![
        chart("CPU", rising, Some("99 %")),
        chart("memory", with_gap, Some("50 %")),
        chart("disk data", std::iter::repeat_n(Some(0.0), 100), Some("0.0 %")),
        chart("ready jobs", std::iter::repeat_n(None, 100), None),
    ]
}

/// All is well.
fn well() -> Picture {
    let names = [
        "system_resources",
        "database",
        "disk_space",
        "api",
        "background_processing",
        "search",
        "content_pipeline",
    ];
    let services = names.map(|name| service(name, HealthStatus::Healthy, 86_400 * 3, "as it should be"));
    Picture {
        version: "1.2.3".to_owned(),
        overall: Some(HealthStatus::Healthy),
        services: services.to_vec(),
        charts: charts(),
        span: Duration::from_mins(10),
        ..Picture::default()
    }
}

/// Every status, long texts, wide characters, and texts that would like to steer the terminal.
fn in_trouble() -> Picture {
    let mut picture = well();
    picture.overall = Some(HealthStatus::Critical);
    picture.services[1] = service(
        "database",
        HealthStatus::Critical,
        75,
        "a write took 4.2 s, and the file has not been checked since yesterday, because the disk is busy",
    );
    picture.services[2] = service(
        "disk_space",
        HealthStatus::Degraded,
        7_300,
        "データ 91 % used, 12 GiB left",
    );
    picture.services[5] = service("search", HealthStatus::Down, 9, "\u{1b}[2Jno answer\nwithin 2 s");
    picture.services[6] = service(
        "content_pipeline",
        HealthStatus::Unknown,
        400,
        "nobody could look",
    );
    picture.services.push(service(
        "自分のチェックです、とても長い名前",
        HealthStatus::Healthy,
        30,
        "200 OK",
    ));
    picture.incidents = (0..5)
        .map(|number| IncidentLine {
            severity: if number % 2 == 0 {
                Severity::Critical
            } else {
                Severity::Warning
            },
            since: ago(60 * (number + 1)),
            service: "database".to_owned(),
            summary: format!(
                "database is critical, for the {number}. time, and this goes on for longer than a line"
            ),
            acknowledged: number == 1,
        })
        .collect();
    picture.breakers = vec![
        BreakerLine {
            name: "article_processing example.com:443".to_owned(),
            state: "open".to_owned(),
            until: Some(NOW.after(Duration::from_mins(5))),
            reason: "connection refused".to_owned(),
        },
        BreakerLine {
            name: "article_processing パン.example:443".to_owned(),
            state: "half_open".to_owned(),
            until: None,
            reason: String::new(),
        },
    ];
    picture
}

fn terminal(page: &Page<'_>, columns: u16, rows: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| page.draw(frame)).unwrap();
    terminal
}

fn drawn(page: &Page<'_>, columns: u16, rows: u16) -> String {
    let terminal = terminal(page, columns, rows);
    let buffer = terminal.backend().buffer();
    let mut lines = Vec::new();
    for row in 0..rows {
        let mut line = String::new();
        let mut hidden = 0;
        for column in 0..columns {
            // A wide character covers the cell after it.
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            let symbol = buffer[(column, row)].symbol();
            hidden = crate::cli::width::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

fn plain(picture: &Picture) -> Page<'_> {
    Page {
        picture: Some(picture),
        silence: None,
        now: NOW,
        colour: false,
    }
}

#[test]
fn all_is_well_at_80_columns() {
    insta::assert_snapshot!(drawn(&plain(&well()), 80, 24));
}

#[test]
fn trouble_at_80_columns() {
    insta::assert_snapshot!(drawn(&plain(&in_trouble()), 80, 24));
}

#[test]
fn trouble_at_60_columns_and_20_lines() {
    insta::assert_snapshot!(drawn(&plain(&in_trouble()), 60, 20));
}

#[test]
fn trouble_at_120_columns_and_40_lines() {
    insta::assert_snapshot!(drawn(&plain(&in_trouble()), 120, 40));
}

#[test]
fn a_server_that_has_gone_leaves_the_last_picture_and_says_since_when() {
    let (picture, silence) = (
        in_trouble(),
        Silence {
            since: ago(72),
            why: "the server does not answer".to_owned(),
        },
    );
    let page = Page {
        silence: Some(&silence),
        ..plain(&picture)
    };
    insta::assert_snapshot!(drawn(&page, 80, 24));
}

#[test]
fn before_the_first_answer_there_is_a_page_too() {
    let page = Page {
        picture: None,
        silence: None,
        now: NOW,
        colour: false,
    };
    let shown = drawn(&page, 80, 24);
    assert!(shown.starts_with("Atlas\nasking the server"), "{shown}");
}

#[test]
fn a_process_that_nobody_looks_after_says_so() {
    let picture = Picture {
        version: "1.2.3".to_owned(),
        notes: vec!["no call gets out: the network seems to be down".to_owned()],
        ..Picture::default()
    };
    insta::assert_snapshot!(drawn(&plain(&picture), 80, 10));
}

#[test]
fn no_size_of_a_terminal_ends_it() {
    let picture = in_trouble();
    for (columns, rows) in [(1, 1), (1, 40), (5, 3), (20, 2), (300, 1), (12, 12), (300, 90)] {
        let shown = drawn(&plain(&picture), columns, rows);
        let longest = shown.lines().map(crate::cli::width::width).max().unwrap_or(0);
        assert!(longest <= usize::from(columns), "{columns}x{rows}: {shown}");
    }
}

#[test]
fn without_colour_no_cell_has_a_style_and_every_status_is_a_word() {
    let picture = in_trouble();
    let plain_page = terminal(&plain(&picture), 80, 24);
    let is_plain = |terminal: &Terminal<TestBackend>| {
        let cells = terminal.backend().buffer().content().iter();
        cells
            .clone()
            .all(|cell| cell.fg == Color::Reset && cell.modifier == Modifier::empty())
    };
    assert!(is_plain(&plain_page));
    let coloured = Page {
        colour: true,
        ..plain(&picture)
    };
    assert!(!is_plain(&terminal(&coloured, 80, 24)));
    assert_eq!(drawn(&coloured, 80, 24), drawn(&plain(&picture), 80, 24));
    for word in ["DOWN", "CRITICAL", "DEGRADED", "UNKNOWN", "HEALTHY"] {
        assert!(drawn(&plain(&picture), 120, 40).contains(word), "{word}");
    }
}

#[test]
fn the_smallest_page_shows_the_worst_service() {
    let shown = drawn(&plain(&in_trouble()), 30, 8);
    assert!(shown.contains("search") && shown.contains("DOWN"), "{shown}");
    assert!(shown.contains("… and 7 more"), "{shown}");
}

#[test]
fn those_in_trouble_come_first_whether_all_have_room_or_not() {
    let mut picture = in_trouble();
    let others = (0..30).map(|number| service(&format!("own_{number}"), HealthStatus::Healthy, 5, "200 OK"));
    picture.services.splice(0..0, others);
    let shown = drawn(&plain(&picture), 80, 24);
    let services: Vec<&str> = shown.lines().skip(2).take(2).collect();
    assert!(
        services[0].contains("search") && services[0].contains("DOWN"),
        "{shown}"
    );
    assert!(
        services[1].contains("database") && services[1].contains("CRITICAL"),
        "{shown}"
    );
    assert!(shown.contains("more"), "{shown}");
}
