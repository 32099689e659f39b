//! Draws the live page. It says everything in words, so that it can be read without colour; what has no room is counted.

use atlas_domain::{HealthStatus, Severity, Timestamp};
use ratatui::Frame;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::picture::{BreakerLine, Chart, IncidentLine, Picture, ServiceLine, Silence};
use crate::cli::sparkline::sparkline;
use crate::cli::text::one_line;
use crate::cli::width::{cut, width};

/// Below this many lines charts would take the room of what is wrong.
const LINES_WITH_CHARTS: usize = 14;
/// A name is cut rather than that it pushes everything else away.
const LONGEST_NAME: usize = 21;
const LONGEST_CHART_NAME: usize = 12;
const AMOUNT_COLUMNS: usize = 7;
/// What a chart's line needs beside its bars.
pub(super) const BESIDE_BARS: usize = 2 + LONGEST_CHART_NAME + 2 + 1 + AMOUNT_COLUMNS;

/// All that is shown at one moment.
pub(super) struct Page<'a> {
    /// What was found; none before the first answer.
    pub(super) picture: Option<&'a Picture>,
    /// That nobody answers, if so.
    pub(super) silence: Option<&'a Silence>,
    pub(super) now: Timestamp,
    /// ANSI sequences are wanted.
    pub(super) colour: bool,
}

impl Page<'_> {
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let lines = self.lines(usize::from(area.width), usize::from(area.height));
        frame.render_widget(Paragraph::new(lines), area);
    }

    /// From top to bottom, as many as there is room for; the last one says how to leave.
    fn lines(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let mut lines = vec![self.head(columns)];
        lines.extend(self.silence.map(|silence| self.silent(silence, columns)));
        if let Some(picture) = self.picture {
            let notes = picture.notes.iter().take(2);
            lines.extend(notes.map(|note| self.strong(cut(&one_line(note), columns))));
            let room = rows.saturating_sub(lines.len() + 1);
            lines.extend(self.body(picture, columns, room));
        } else if self.silence.is_none() {
            lines.push(Line::raw("asking the server …"));
        }
        lines.truncate(rows.saturating_sub(1));
        lines.resize(rows.saturating_sub(1), Line::default());
        lines.push(self.faint(cut("q, Esc or Ctrl-C leaves; asked every second", columns)));
        lines
    }

    fn head(&self, columns: usize) -> Line<'static> {
        let clock = time_of_day(self.now);
        let Some(picture) = self.picture else {
            return self.strong(cut("Atlas", columns));
        };
        let name = format!("Atlas {}  ", one_line(&picture.version));
        let (status, told) = match picture.overall {
            None => (None, "nobody looks after the services".to_owned()),
            Some(status) => (Some(status), overall(picture)),
        };
        let word = status.map(word).unwrap_or_default();
        let separator = if word.is_empty() { "" } else { ": " };
        let taken = width(&name) + width(word) + width(separator) + width(&clock) + 1;
        let told = cut(&told, columns.saturating_sub(taken));
        let gap = columns.saturating_sub(taken - 1 + width(&told));
        Line::from(vec![
            Span::styled(name, self.bold()),
            Span::styled(word, self.of_status(status)),
            Span::raw(format!("{separator}{told}{}{clock}", " ".repeat(gap))),
        ])
    }

    fn silent(&self, silence: &Silence, columns: usize) -> Line<'static> {
        let told = format!(
            "no answer since {} ({}): {}; still trying",
            time_of_day(silence.since),
            age(self.now, silence.since),
            one_line(&silence.why).trim_end_matches('.')
        );
        let style = if self.colour {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        Line::styled(cut(&told, columns), style)
    }

    fn body(&self, picture: &Picture, columns: usize, room: usize) -> Vec<Line<'static>> {
        let with_charts = room + 2 >= LINES_WITH_CHARTS && !picture.charts.is_empty();
        let charts = if with_charts { picture.charts.len() + 1 } else { 0 };
        let share = Share::of(
            room.saturating_sub(charts),
            [
                picture.services.len(),
                picture.incidents.len(),
                picture.breakers.len(),
            ],
        );
        let mut lines = self.services(&picture.services, columns, share.rows[0]);
        if with_charts {
            lines.push(self.title(&span_told(picture), columns));
            let charts = picture.charts.iter();
            lines.extend(charts.map(|chart| Line::raw(chart_line(chart, columns))));
        }
        lines.push(self.title(
            &counted("open incidents", picture.incidents.len(), picture.more_incidents),
            columns,
        ));
        lines.extend(limited(&picture.incidents, share.rows[1], |incident| {
            self.incident(incident, columns)
        }));
        lines.push(self.title(
            &counted(
                "breakers not closed",
                picture.breakers.len(),
                picture.more_breakers,
            ),
            columns,
        ));
        lines.extend(limited(&picture.breakers, share.rows[2], |breaker| {
            Line::raw(cut(&breaker_line(breaker), columns))
        }));
        lines
    }

    /// Those in trouble come first, whether all have room or not.
    fn services(&self, services: &[ServiceLine], columns: usize, rows: usize) -> Vec<Line<'static>> {
        let names = services.iter().map(|service| width(&service.name));
        let name_columns = names.max().unwrap_or(0).min(LONGEST_NAME);
        let mut shown: Vec<&ServiceLine> = services.iter().collect();
        shown.sort_by_key(|service| std::cmp::Reverse(trouble_of(service.status)));
        let title = if services.is_empty() {
            "services: not looked at".to_owned()
        } else {
            "services".to_owned()
        };
        let mut lines = vec![self.title(&title, columns)];
        lines.extend(limited(&shown, rows, |service| {
            self.service(service, name_columns, columns)
        }));
        lines
    }

    fn service(&self, service: &ServiceLine, name_columns: usize, columns: usize) -> Line<'static> {
        let name = padded(&one_line(&service.name), name_columns);
        let status = word(service.status);
        let age = age(self.now, service.since);
        let rest = format!(
            "{:>width$} {age:>4}  ",
            "",
            width = 8_usize.saturating_sub(status.len())
        );
        let taken = 2 + name_columns + 2 + status.len() + rest.len();
        let reason = cut(&one_line(&service.reason), columns.saturating_sub(taken));
        Line::from(vec![
            Span::raw(format!("  {name}  ")),
            Span::styled(status, self.of_status(Some(service.status))),
            Span::raw(format!("{rest}{reason}")),
        ])
    }

    fn incident(&self, incident: &IncidentLine, columns: usize) -> Line<'static> {
        let severity = incident.severity.as_str().to_uppercase();
        let acknowledged = if incident.acknowledged {
            "(acknowledged) "
        } else {
            ""
        };
        let rest = format!(
            "{:>width$} {:>4}  {acknowledged}{}: {}",
            "",
            age(self.now, incident.since),
            cut(&one_line(&incident.service), LONGEST_NAME),
            one_line(&incident.summary),
            width = 8_usize.saturating_sub(severity.len()),
        );
        let rest = cut(&rest, columns.saturating_sub(2 + severity.len()));
        Line::from(vec![
            Span::raw("  "),
            Span::styled(severity, self.of_severity(incident.severity)),
            Span::raw(rest),
        ])
    }

    fn title(&self, text: &str, columns: usize) -> Line<'static> {
        let text = cut(&format!("── {text} "), columns);
        let rule = "─".repeat(columns.saturating_sub(width(&text)));
        self.strong(text + &rule)
    }

    fn strong(&self, text: String) -> Line<'static> {
        Line::styled(text, self.bold())
    }

    fn faint(&self, text: String) -> Line<'static> {
        let style = if self.colour {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            Style::new()
        };
        Line::styled(text, style)
    }

    fn bold(&self) -> Style {
        if self.colour {
            Style::new().add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        }
    }

    fn of_status(&self, status: Option<HealthStatus>) -> Style {
        let colour = match status {
            Some(HealthStatus::Healthy) => Color::Green,
            Some(HealthStatus::Degraded | HealthStatus::Unknown) => Color::Yellow,
            Some(HealthStatus::Critical | HealthStatus::Down) => Color::Red,
            None => return Style::new(),
        };
        self.coloured(colour)
    }

    fn of_severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.coloured(Color::Red),
            Severity::Warning => self.coloured(Color::Yellow),
            Severity::Info => Style::new(),
        }
    }

    fn coloured(&self, colour: Color) -> Style {
        if self.colour {
            self.bold().fg(colour)
        } else {
            Style::new()
        }
    }
}

/// How many rows each part of the page gets.
#[derive(Debug, PartialEq, Eq)]
struct Share {
    rows: [usize; 3],
}

impl Share {
    /// Of so many lines, titles included: of services, incidents and breakers. The worst service has its line however
    /// small the page, with one that counts the others; then each of the last two has a line or two, then come the other
    /// services, and what is left is given in turns.
    fn of(room: usize, wanted: [usize; 3]) -> Self {
        let mut left = room.saturating_sub(wanted.len());
        let mut rows = [0; 3];
        let turns = [[2, 0, 0], [2, 2, 2], [wanted[0], 2, 2], wanted];
        for at_most in turns {
            loop {
                let before = left;
                for (part, given) in rows.iter_mut().enumerate() {
                    if left > 0 && *given < wanted[part].min(at_most[part]) {
                        *given += 1;
                        left -= 1;
                    }
                }
                if left == before {
                    break;
                }
            }
        }
        Self { rows }
    }
}

/// As many as there is room for; the last line counts the others.
fn limited<T>(all: &[T], rows: usize, line: impl Fn(&T) -> Line<'static>) -> Vec<Line<'static>> {
    if all.len() <= rows {
        return all.iter().map(line).collect();
    }
    if rows == 0 {
        return Vec::new();
    }
    let mut lines: Vec<_> = all[..rows - 1].iter().map(line).collect();
    lines.push(Line::raw(format!("  … and {} more", all.len() + 1 - rows)));
    lines
}

fn chart_line(chart: &Chart, columns: usize) -> String {
    let name = padded(&one_line(&chart.name), LONGEST_CHART_NAME);
    let bars = sparkline(&chart.points, columns.saturating_sub(BESIDE_BARS), chart.top);
    let now = chart.now.as_deref().unwrap_or("absent");
    format!("  {name}  {bars} {now:>AMOUNT_COLUMNS$}")
}

fn breaker_line(breaker: &BreakerLine) -> String {
    let until = breaker
        .until
        .map_or(String::new(), |until| format!(" until {}", time_of_day(until)));
    let state = breaker.state.replace('_', " ").to_uppercase();
    let reason = match one_line(&breaker.reason) {
        reason if reason.is_empty() => reason,
        reason => format!(": {reason}"),
    };
    format!("  {state}{until}  {}{reason}", one_line(&breaker.name))
}

fn overall(picture: &Picture) -> String {
    let (all, unwell) = (picture.services.len(), picture.unwell());
    match unwell {
        0 => format!("all {all} services are well"),
        1 => format!("1 of {all} services is not well"),
        _ => format!("{unwell} of {all} services are not well"),
    }
}

fn span_told(picture: &Picture) -> String {
    let minutes = picture.span.as_secs() / 60;
    format!("the last {minutes} minutes")
}

fn counted(what: &str, count: usize, more: bool) -> String {
    match (count, more) {
        (0, _) => format!("{what}: none"),
        (_, true) => format!("{what}: more than {count}"),
        (_, false) => format!("{what}: {count}"),
    }
}

fn word(status: HealthStatus) -> &'static str {
    match status {
        HealthStatus::Healthy => "HEALTHY",
        HealthStatus::Degraded => "DEGRADED",
        HealthStatus::Critical => "CRITICAL",
        HealthStatus::Down => "DOWN",
        HealthStatus::Unknown => "UNKNOWN",
    }
}

/// The worse, the more.
fn trouble_of(status: HealthStatus) -> u8 {
    match status {
        HealthStatus::Healthy => 0,
        HealthStatus::Unknown => 1,
        HealthStatus::Degraded => 2,
        HealthStatus::Critical => 3,
        HealthStatus::Down => 4,
    }
}

fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(width(&text));
    text + &" ".repeat(missing)
}

fn time_of_day(at: Timestamp) -> String {
    let whole = at.to_string();
    whole
        .split_once('T')
        .map_or(whole.clone(), |(_, time)| time.to_owned())
}

/// In its largest unit: `5s`, `12m`, `3h`, `41d`.
fn age(now: Timestamp, since: Timestamp) -> String {
    match now.since(since).as_secs() {
        secs @ ..60 => format!("{secs}s"),
        secs @ 60..3_600 => format!("{}m", secs / 60),
        secs @ 3_600..86_400 => format!("{}h", secs / 3_600),
        secs => format!("{}d", secs / 86_400),
    }
}
