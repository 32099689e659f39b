//! What each kind of own check asks, and of whom. It only reads: nothing is asked here, and whether it is there is found
//! by the check.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use atlas_app::vitals::{OwnCheck, QueriedFile, Query, Secret};
use atlas_domain::{HttpProbe, ProbeTarget};

use super::reading::Reading;
use super::secret::{Folder, web_url};
use super::written::Written;

/// A shorter secret could be guessed.
const SECRET_LEAST_CHARS: usize = 16;

/// A kind of own check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Tcp,
    Dns,
    Command,
    Sql,
    Heartbeat,
}

impl Kind {
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("http", Self::Http),
        ("tcp", Self::Tcp),
        ("dns", Self::Dns),
        ("command", Self::Command),
        ("sql", Self::Sql),
        ("heartbeat", Self::Heartbeat),
    ];

    pub(super) fn word(self) -> &'static str {
        let word = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        word.map_or("", |(word, _)| word)
    }
}

/// What a check of that kind asks. Every setting of the kind is asked for, whatever is wrong with the others.
pub(super) fn read(kind: Kind, reading: &mut Reading<'_>, folder: &Folder) -> Option<OwnCheck> {
    match kind {
        Kind::Http => http(reading).map(|probe| OwnCheck::Ask(ProbeTarget::Http(Box::new(probe)))),
        Kind::Tcp => tcp(reading).map(OwnCheck::Ask),
        Kind::Dns => dns(reading).map(OwnCheck::Ask),
        Kind::Command => command(reading).map(OwnCheck::Ask),
        Kind::Sql => sql(reading).map(OwnCheck::Query),
        Kind::Heartbeat => heartbeat(reading, folder),
    }
}

fn http(reading: &mut Reading<'_>) -> Option<HttpProbe> {
    let url = reading.needed("target", "\"http://router.home.example/\"");
    let url = url.and_then(|text| web_url(text).map_err(|what| reading.mistake("target", what)).ok());
    let probe = HttpProbe {
        statuses: reading.read("statuses", statuses).unwrap_or_default(),
        body_contains: reading.text("body_contains").map(str::to_owned),
        json: json(reading),
        slow_after: reading.length("slow_after"),
        certificate_days: reading.read("certificate_days", certificate_days),
        url: url?,
    };
    if probe.certificate_days.is_some() && probe.url.scheme() != "https" {
        reading.mistake(
            "certificate_days",
            "needs an https address: others have no certificate",
        );
    }
    Some(probe)
}

fn statuses(text: &str) -> Result<Vec<u16>, String> {
    let statuses = text.split(',').map(|part| part.trim().parse().ok());
    let statuses: Option<Vec<u16>> = statuses
        .map(|status| status.filter(|status| (100..=599).contains(status)))
        .collect();
    statuses.ok_or_else(|| format!("is `{text}`; it must be a list of statuses, like [200, 204]"))
}

fn certificate_days(text: &str) -> Result<u32, String> {
    crate::config::settings::number(text, 1, 3_650).map(|days| days as u32)
}

fn json(reading: &mut Reading<'_>) -> Option<(String, String)> {
    let written = reading.written("json")?;
    let of_table = |name: &str| match written {
        Written::Table(fields) if fields.len() == 2 => fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value),
        _ => None,
    };
    let found = of_table("pointer").zip(of_table("value"));
    if let Some((Written::Text(pointer), value)) = found
        && (pointer.is_empty() || pointer.starts_with('/'))
        && !matches!(value, Written::List(_) | Written::Table(_))
    {
        return Some((pointer.clone(), value.compact()));
    }
    reading.mistake("json", "must be like { pointer = \"/status\", value = \"ok\" }");
    None
}

fn tcp(reading: &mut Reading<'_>) -> Option<ProbeTarget> {
    let text = reading.needed("target", "\"nas.home.example:445\"")?;
    let place = text.rsplit_once(':').and_then(|(host, port)| {
        let port = port.parse().ok().filter(|port: &u16| *port > 0)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            Some(address) => address.parse::<IpAddr>().ok()?.to_string(),
            None => host.to_owned(),
        };
        (is_host(&host) || bare.is_some()).then_some((host, port))
    });
    if place.is_none() {
        let what =
            format!("is `{text}`; it must be a host with a port, like nas.home.example:445 or [fd00::7]:445");
        reading.mistake("target", what);
    }
    place.map(|(host, port)| ProbeTarget::Tcp { host, port })
}

fn dns(reading: &mut Reading<'_>) -> Option<ProbeTarget> {
    let name = reading.needed("target", "\"nas.home.example\"");
    let expected = reading.texts("expected").unwrap_or_default();
    let expected: Vec<Result<IpAddr, &str>> = expected
        .into_iter()
        .map(|text| text.parse().map_err(|_| text))
        .collect();
    for text in expected.iter().filter_map(|address| address.err()) {
        let what = format!("names `{text}`, which is no address, like 192.168.1.7");
        reading.mistake("expected", what);
    }
    let name = name?;
    if !is_host(name) {
        reading.mistake(
            "target",
            format!("is `{name}`; it must be a name, like nas.home.example"),
        );
    }
    Some(ProbeTarget::Dns {
        name: name.to_owned(),
        expected: expected.into_iter().filter_map(Result::ok).collect(),
    })
}

fn is_host(text: &str) -> bool {
    let is_of_hosts = |character: char| character.is_alphanumeric() || "-._".contains(character);
    !text.is_empty() && text.chars().all(is_of_hosts)
}

fn command(reading: &mut Reading<'_>) -> Option<ProbeTarget> {
    let program = program(reading, "target");
    let arguments = reading.texts("arguments").unwrap_or_default();
    Some(ProbeTarget::Command {
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        program: program?,
    })
}

/// A program by its whole path: where it is looked for must not depend on how the server was started.
pub(super) fn program(reading: &mut Reading<'_>, name: &'static str) -> Option<PathBuf> {
    let path = Path::new(reading.needed(name, "\"/usr/local/bin/check-backup\"")?);
    if !path.is_absolute() {
        let what = format!(
            "is `{}`; it must be the whole path of a program, like /usr/local/bin/check-backup",
            path.display()
        );
        reading.mistake(name, what);
    }
    Some(path.to_owned())
}

fn sql(reading: &mut Reading<'_>) -> Option<Query> {
    let statement = reading.needed("target", "one statement that reads a number");
    let file = match reading.text("database") {
        None if !reading.has("database") => {
            reading.missing(
                "database",
                "\"library\", \"operations\" or the whole path of a file",
            );
            None
        }
        None => None,
        Some("library") => Some(QueriedFile::Library),
        Some("operations") => Some(QueriedFile::Operations),
        Some(path) if Path::new(path).is_absolute() => Some(QueriedFile::At(path.into())),
        Some(other) => {
            let what = format!("is `{other}`; it must be library, operations or the whole path of a file");
            reading.mistake("database", what);
            None
        }
    };
    let statement = statement?;
    let only = one_statement(statement);
    if only.is_none() {
        reading.mistake("target", "must be one statement that begins with SELECT or WITH");
    }
    Some(Query {
        file: file?,
        statement: only?.to_owned(),
    })
}

/// The statement, if it is one alone and reads. Whoever runs it lets it read only, whatever it is.
fn one_statement(text: &str) -> Option<&str> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let first = text
        .split(|character: char| !character.is_ascii_alphabetic())
        .next()?;
    let reads = ["select", "with"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word));
    let mut quote = None;
    let is_end = |character: char| {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(character),
            _ => {}
        }
        quote.is_none() && character == ';'
    };
    (reads && !text.contains(is_end)).then_some(text)
}

fn heartbeat(reading: &mut Reading<'_>, folder: &Folder) -> Option<OwnCheck> {
    if !reading.has("secret_file") {
        let _ = reading.written("secret_file"); // it could be set
        reading.missing(
            "secret_file",
            "\"heartbeat.secret\": a file with the last part of the address to call",
        );
        return None;
    }
    let secret = folder.secret_of(reading).ok()??;
    let is_of_addresses = |character: char| character.is_ascii_alphanumeric() || "-_.~".contains(character);
    if secret.len() < SECRET_LEAST_CHARS || !secret.chars().all(is_of_addresses) {
        reading.mistake(
            "secret_file",
            "must hold 16 or more letters, digits, dashes and underscores; `head -c 18 /dev/urandom | \
             base64 | tr +/ \
             -_` makes some",
        );
        return None;
    }
    Some(OwnCheck::Heartbeat {
        secret: Secret::new(&secret),
    })
}
