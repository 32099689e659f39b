//! The channels that alerts go out through, `[[alerts.channels]]`. It reads how each is reached and what it is told;
//! nothing is sent from here, and no secret leaves but into the channel.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Severity;
use atlas_net::notify::{Channel, Command, MailError, Mailing, Relay};
use atlas_vitals::alerts::{AlertSettings, ChannelSettings, MessageRate};

use super::reading::Reading;
use super::secret::Folder;
use super::targets::program;
use super::webhooks;
use super::written::{Entry, is_plain};
use super::{compact, length};

/// What kinds there are.
const KINDS: [(&str, Kind); 3] = [
    ("email", Kind::Email),
    ("webhook", Kind::Webhook),
    ("command", Kind::Command),
];

const SEVERITIES: [(&str, Severity); 3] = [
    ("info", Severity::Info),
    ("warning", Severity::Warning),
    ("critical", Severity::Critical),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Webhook,
    Command,
}

/// Reads them all: what each is told goes into the settings, how it is reached into the answer.
pub(super) fn read<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    folder: &Folder,
    alerts: &mut AlertSettings,
    mistakes: &mut Vec<String>,
) -> HashMap<String, Channel> {
    let mut reached = HashMap::new();
    let mut delays: Vec<(usize, Duration, &Entry)> = Vec::new();
    for entry in entries {
        let mut reading = Reading::of(entry);
        let name = name_of(&mut reading);
        if let Some((kind, channel)) = how(&mut reading, folder) {
            let told = told(&mut reading, name.unwrap_or_default(), kind.rate());
            let delay = reading.length("escalate_after").unwrap_or_default();
            reading.refuse_others(&format!("a channel of the kind {}", kind.word()));
            if let Some(name) = name {
                delays.push((alerts.channels.len(), delay, entry));
                alerts.channels.push(told);
                reached.extend(channel.map(|channel| (name.to_owned(), channel)));
            }
        } else if let Some(name) = name {
            alerts.channels.push(ChannelSettings::new(name, None)); // others may refer to it
        }
        mistakes.append(&mut reading.mistakes);
    }
    set_apart(&delays, alerts, mistakes);
    reached
}

/// Channels that are told later become sets: those of the shorter delay the second, those of the longer the third.
fn set_apart(delays: &[(usize, Duration, &Entry)], alerts: &mut AlertSettings, mistakes: &mut Vec<String>) {
    let times: BTreeSet<Duration> = delays.iter().map(|(_, delay, _)| *delay).collect();
    let times: Vec<Duration> = times.into_iter().filter(|time| !time.is_zero()).collect();
    for (channel, delay, entry) in delays {
        let Some(position) = times.iter().position(|time| time == delay) else {
            continue; // told at once
        };
        if position >= 2 {
            let (origin, label) = (entry.origin_of("escalate_after"), entry.label());
            mistakes.push(format!(
                "{origin}: {label}.escalate_after is the third time that differs; all channels together can have two"
            ));
        }
        if let Some(channel) = alerts.channels.get_mut(*channel) {
            channel.set = (position + 1).min(2) as u8;
        }
    }
    let [second, third] = &mut alerts.timing.escalate_after;
    if let Some(time) = times.first() {
        *second = *time;
        *third = times.get(1).copied().unwrap_or((*third).max(*time));
    }
}

fn name_of<'a>(reading: &mut Reading<'a>) -> Option<&'a str> {
    let name = reading.needed("name", "\"mail\"")?;
    if is_plain(name) && name.len() <= 64 {
        return Some(name);
    }
    reading.mistake(
        "name",
        "must be up to 64 small letters, digits, dashes and underscores",
    );
    None
}

/// What it is told.
fn told(reading: &mut Reading<'_>, name: &str, usual_rate: MessageRate) -> ChannelSettings {
    let rate = reading.read("rate", |text| rate(text, usual_rate));
    ChannelSettings {
        at_least: reading
            .word("min_severity", &SEVERITIES)
            .unwrap_or(Severity::Info),
        failover: reading.text("failover").map(Arc::from),
        ..ChannelSettings::new(name, Some(rate.unwrap_or(usual_rate)))
    }
}

fn rate(text: &str, usual: MessageRate) -> Result<MessageRate, String> {
    let wrong = || format!("is `{text}`; it must be like {{ count = 10, per = \"10m\" }}");
    let [count, per] = compact::parts(text, ["count", "per"]).ok_or_else(wrong)?;
    let count = count.map(str::parse).transpose().map_err(|_| wrong())?;
    let per = per.map(length::read).transpose().map_err(|_| wrong())?;
    Ok(MessageRate {
        count: count.unwrap_or(usual.count),
        per: per.unwrap_or(usual.per),
    })
}

impl Kind {
    fn word(self) -> &'static str {
        let word = KINDS.iter().find(|(_, kind)| *kind == self);
        word.map_or("", |(word, _)| word)
    }

    const fn rate(self) -> MessageRate {
        match self {
            Self::Email => MessageRate::MAIL,
            Self::Webhook | Self::Command => MessageRate::WEBHOOK,
        }
    }
}

/// How it is reached; nothing where not even its kind is known.
fn how(reading: &mut Reading<'_>, folder: &Folder) -> Option<(Kind, Option<Channel>)> {
    if !reading.has("kind") {
        reading.missing("kind", "\"email\"");
        return None;
    }
    let kind = reading.word("kind", &KINDS)?;
    let channel = match kind {
        Kind::Email => email(reading, folder),
        Kind::Webhook => webhooks::read(reading, folder).map(Channel::Webhook),
        Kind::Command => command(reading),
    };
    Some((kind, channel))
}

fn email(reading: &mut Reading<'_>, folder: &Folder) -> Option<Channel> {
    let url = reading.needed("url", "\"smtps://reader@mail.example\"");
    let from = reading.needed("from", "\"atlas@mail.example\"");
    let to = reading.texts("to").unwrap_or_default();
    let password = folder.secret_of(reading);
    if !reading.has("to") {
        reading.missing("to", "\"reader@mail.example\"");
    }
    let relay = url.zip(password.ok()).and_then(|(url, password)| {
        let relay = Relay::new(url.trim(), password);
        relay.map_err(|error| reading.mistake("url", error)).ok()
    });
    // Each address by itself, so that all that are wrong are told.
    let addresses = from.iter().map(|from| ("from", *from));
    for (setting, address) in addresses.chain(to.iter().map(|to| ("to", *to))) {
        if let Err(error) = Mailing::new(address, &[address]) {
            reading.mistake(setting, format!("is wrong: {error}"));
        }
    }
    if reading.has("to") && to.is_empty() {
        reading.mistake("to", format!("is wrong: {}", MailError::Nobody));
    }
    Some(Channel::Email {
        relay: relay?,
        mailing: Mailing::new(from?, &to).ok()?,
    })
}

fn command(reading: &mut Reading<'_>) -> Option<Channel> {
    let program = program(reading, "program");
    let arguments = reading.texts("arguments").unwrap_or_default();
    Some(Channel::Command(Command {
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        program: program?,
    }))
}
