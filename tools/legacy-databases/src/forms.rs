//! Good text that is no prose: recipes, poems, lists, code, tables, release notes. A gate that measures sentences must
//! not lose them.

use std::fmt::Write as _;

use crate::draft::{Draft, choose};
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::voice::{Voice, capitalised};

pub(crate) fn recipe(random: &mut Random) -> Draft {
    let mut voice = Voice::new(Language::En, random);
    let dish = voice
        .random
        .word(&["soup", "tart", "stew", "flatbread", "dumplings", "pie", "salad"]);
    let title = format!("{}'s {} {dish}", voice.say("Person"), voice.say("month"));
    let serves = voice.random.between(2, 9);
    let mut text = format!("# {title}\n\nServes {serves}.\n\n## Ingredients\n\n");
    let count = voice.random.between(4, 9);
    for ingredient in voice.say_some("ingredient", count) {
        let _ = writeln!(text, "- {ingredient}");
    }
    text.push_str("\n## Method\n\n");
    let count = voice.random.between(3, 7);
    for (number, step) in (1..).zip(voice.say_some("step", count)) {
        let _ = writeln!(text, "{number}. {step}");
    }
    Draft::new("article", Language::En, title, text)
}

pub(crate) fn poem(random: &mut Random) -> Draft {
    let mut voice = Voice::new(Language::En, random);
    let title = capitalised(&voice.say("poem"));
    let mut text = String::new();
    let length = voice.random.between(2, 4);
    let count = length * voice.random.between(2, 5);
    for verse in voice.say_some("poem", count).chunks(length) {
        let _ = write!(text, "{}\n\n", verse.join("\n"));
    }
    Draft::new("article", Language::En, title, text.trim_end().to_owned())
}

/// Books, or what to take along: an item a line.
pub(crate) fn list(random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let mut voice = Voice::new(language, random);
    let mark = voice.random.word(&["- ", "* ", "", "☐ "]);
    let mut text = String::new();
    for _ in 0..voice.random.between(8, 30) {
        let title = prose::title(&mut voice);
        let _ = writeln!(
            text,
            "{mark}{}: {title}, {}",
            voice.say("Person"),
            voice.random.between(1930, 2024)
        );
        // Another name for the next one.
        voice = Voice::new(language, voice.random);
    }
    let title = format!("{} {}", voice.say("Place"), voice.random.between(2001, 2024));
    Draft::new("document", language, title, text)
}

/// A few sentences and a program between them.
pub(crate) fn code(random: &mut Random) -> Draft {
    let name = random.word(&[
        "merge",
        "parse_line",
        "load_config",
        "retry",
        "chunked",
        "read_header",
        "slug",
    ]);
    let (first, second) = (random.between(2, 64), random.between(100, 9_000));
    let field = random.word(&["items", "rows", "events", "pages", "orders", "segments"]);
    let (tongue, program) = match random.below(5) {
        0 => (
            "python",
            format!(
                "def {name}({field}, size={first}):\n    out = []\n    for i in range(0, len({field}), size):\n        \
                 out.append({field}[i:i + size])\n    return out[:{second}]\n"
            ),
        ),
        1 => (
            "rust",
            format!(
                "fn {name}({field}: &[u32]) -> Option<u32> {{\n    {field}\n        .iter()\n        .filter(|x| **x > \
                 {first})\n        .max()\n        .copied()\n        .map(|x| x.min({second}))\n}}\n"
            ),
        ),
        2 => (
            "sh",
            format!(
                "#!/bin/sh\nset -eu\nfor f in {field}/*.log; do\n  tail -n {second} \"$f\" | grep -c '{name}' || \
                 true\ndone | sort -rn | head -{first}\n"
            ),
        ),
        3 => (
            "sql",
            format!(
                "select {field}.id, count(*) as n\n  from {field} join {name} using (id)\n where n > {first}\n group by \
                 1\n order by n desc\n limit {second};\n"
            ),
        ),
        _ => (
            "js",
            format!(
                "export function {name}({field}) {{\n  const seen = new Map();\n  for (const x of {field}) {{\n    \
                 seen.set(x.id, (seen.get(x.id) ?? {first}) + 1);\n  }}\n  return [...seen].slice(0, {second});\n}}\n"
            ),
        ),
    };
    let mut voice = Voice::new(Language::En, random);
    let before = voice.say("topic software say");
    let after = voice.say("topic software say");
    let text = format!(
        "{}.\n\n```{tongue}\n{program}```\n\n{}.\n",
        capitalised(&before),
        capitalised(&after)
    );
    Draft::new("document", Language::En, format!("{name} in {tongue}"), text)
}

/// A timetable or measurements, as Markdown or with tabulators.
pub(crate) fn table(random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let mut voice = Voice::new(language, random);
    let is_markdown = voice.random.chance(60);
    let columns = voice.random.between(3, 6);
    let mut text = String::new();
    for row in 0..voice.random.between(6, 30) {
        let mut cells = vec![if row == 0 {
            voice.say("month")
        } else {
            Voice::new(language, voice.random).say("Place")
        }];
        for column in 0..columns {
            cells.push(match (row, column % 2) {
                (0, _) => format!("{}", 2001 + column),
                (_, 0) => format!("{:02}:{:02}", voice.random.between(5, 23), voice.random.below(60)),
                _ => format!("{}.{}", voice.random.below(900), voice.random.below(10)),
            });
        }
        let _ = if is_markdown {
            writeln!(text, "| {} |", cells.join(" | "))
        } else {
            writeln!(text, "{}", cells.join("\t"))
        };
        if row == 0 && is_markdown {
            let _ = writeln!(text, "|{}", "---|".repeat(columns + 1));
        }
    }
    let title = format!("{}, {}", voice.say("Place"), voice.say("month"));
    Draft::new("document", language, title, text)
}

pub(crate) fn release_notes(random: &mut Random) -> Draft {
    let program = random.word(&[
        "tidekeeper",
        "Marginalia",
        "looplight",
        "Crumb",
        "fernweh",
        "Saltbox",
    ]);
    let mut text = String::new();
    let (major, mut minor) = (random.between(0, 7), random.between(4, 40));
    let title = format!("{program} {major}.{minor} released");
    let mut voice = Voice::new(Language::En, random);
    for _ in 0..voice.random.between(1, 4) {
        let (month, day) = (voice.random.between(1, 12), voice.random.between(1, 28));
        let _ = writeln!(
            text,
            "## {program} {major}.{minor}.0 (2024-{month:02}-{day:02})\n"
        );
        let count = voice.random.between(3, 9);
        for change in voice.say_some("change", count) {
            let _ = writeln!(text, "* {change} (#{})", voice.random.between(20, 4_000));
        }
        text.push('\n');
        minor -= 1;
    }
    Draft::new("article", Language::En, title, text)
}
