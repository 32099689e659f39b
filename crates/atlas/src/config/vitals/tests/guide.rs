//! The guide tells every setting once more, for people, with examples. What it tells must be true.

use super::*;

const GUIDE: &str = include_str!("../../../../../../docs/guide/configuration.md");

/// The cells of the rows of all tables, without their marks.
fn table_rows() -> Vec<Vec<String>> {
    let rows = GUIDE.lines().filter(|line| line.starts_with('|'));
    let cells = rows.map(|line| line.trim_matches('|').split('|'));
    cells
        .map(|cells| cells.map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

fn default_of(key: &str) -> String {
    let draft = Draft::new(None, None);
    let row = rows().into_iter().find(|row| row.key == key);
    row.map(|row| row.written(&draft.values)).unwrap_or_default()
}

#[test]
fn every_value_that_holds_is_told() {
    let told = table_rows();
    let services = told
        .iter()
        .position(|cells| cells.len() == 8 && cells[1] == "system_resources")
        .unwrap();
    let head = &told[services];
    for row in rows() {
        let default = default_of(&row.key);
        let cells = told.iter().find(|cells| cells[0] == row.key);
        let value = match (cells, row.check(), row.key.strip_suffix("_exit")) {
            (Some(cells), ..) => cells[1].clone(),
            (None, Some(service), _) => {
                let name = row.key.rsplit('.').next().unwrap();
                let line = told[services..].iter().find(|cells| cells[0] == name).unwrap();
                line[head.iter().position(|known| known == service).unwrap()].clone()
            }
            (None, None, Some(bound)) => told.iter().find(|cells| cells[0] == bound).unwrap()[2].clone(),
            (None, None, None) => panic!("the guide does not tell of {}", row.key),
        };
        assert_eq!(value.replace("none", ""), default, "{}", row.key);
    }
}

/// The examples that follow a heading.
fn example_below(heading: &str) -> &'static str {
    let (_, section) = GUIDE.split_once(heading).unwrap();
    let (_, example) = section.split_once("```toml\n").unwrap();
    example.split_once("```").unwrap().0
}

#[test]
fn the_examples_hold_together() {
    let text = [
        example_below("### Checks of your own"),
        example_below("### Channels"),
    ]
    .concat();
    let config = Place::new(&text)
        .with("secrets/sign-of-life", "https://life.example/ping")
        .with("secrets/backup", "aB3-dE6_gH9.jK2~")
        .with("secrets/mail", "correct horse")
        .with("secrets/ntfy", "tk_123")
        .with("secrets/telegram", "123456789:AbC-dEf")
        .with("rules.toml", "off = ['disk_filling']\n")
        .load()
        .unwrap();
    let settings = &config.vitals.settings;
    assert_eq!(settings.own.len(), 6, "one of each kind");
    assert_eq!((settings.maintenance.len(), settings.quiet_hours.len()), (2, 1));
    assert_eq!(config.vitals.channels.len(), 3);
    assert!(settings.sign_of_life.is_some());
}
