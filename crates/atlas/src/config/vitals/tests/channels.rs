//! Channels of alerts.

use std::sync::Arc;

use atlas_domain::Severity;
use atlas_vitals::alerts::{ChannelSettings, MessageRate};
use rstest::rstest;

use super::*;

const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn channel(config: &Config, name: &str) -> ChannelSettings {
    config.vitals.settings.alerts.channel(name).unwrap().clone()
}

#[test]
fn mail_goes_through_a_relay_with_a_password_of_a_file() {
    let text = "[[alerts.channels]]\nname = 'mail'\nkind = 'email'\nurl = \
     'smtps://reader%40mail.example@mail.example'\n\
                secret_file = 'mail'\nfrom = 'Atlas <atlas@mail.example>'\nto = ['a@mail.example', 'B <b@mail.example>']\n\
                min_severity = 'warning'\nrate = { count = 3 }\n";
    let config = Place::new(text).with("mail", "5ec2e7\n").load().unwrap();
    let expected = ChannelSettings {
        at_least: Severity::Warning,
        ..ChannelSettings::new(
            "mail",
            Some(MessageRate {
                count: 3,
                ..MessageRate::MAIL
            }),
        )
    };
    assert_eq!(channel(&config, "mail"), expected);
    let shown = format!("{:?} {:?}", config.vitals, config.origins);
    assert!(shown.contains("Relay(mail.example:465, Tls)"), "{shown}");
    assert!(!shown.contains("5ec2e7"), "{shown}");
    assert_eq!(
        origin(&config, "alerts.channels.mail.url").value,
        "smtps://…@mail.example"
    );
}

#[rstest]
#[case::signed("url = 'https://hook.example/5ec2e7'\nsecret_file = 's'\n", SIGNING)]
#[case::unsigned("url = 'https://hook.example/5ec2e7'\n", "")]
#[case::slack(
    "format = 'slack'\nsecret_file = 's'\n",
    "https://hook.example/services/5ec2e7"
)]
#[case::slack_without_file("format = 'slack'\nurl = 'https://hook.example/5ec2e7'\n", "")]
#[case::discord("format = 'discord'\nsecret_file = 's'\n", "https://hook.example/5ec2e7")]
#[case::ntfy(
    "format = 'ntfy'\nurl = 'https://hook.example/5ec2e7'\nsecret_file = 's'\n",
    "tk_5ec2e7"
)]
#[case::telegram(
    "format = 'telegram'\nurl = 'https://hook.example'\nsecret_file = 's'\nchat = -1005\n",
    "123:5ec2e7"
)]
fn a_webhook_has_many_forms_and_shows_no_secret(#[case] text: &str, #[case] secret: &str) {
    let text = format!("[[alerts.channels]]\nname = 'hook'\nkind = 'webhook'\n{text}");
    let config = Place::new(&text).with("s", secret).load().unwrap();
    assert_eq!(channel(&config, "hook").rate, Some(MessageRate::WEBHOOK));
    let reached = &config.vitals.channels["hook"];
    assert_eq!(format!("{reached:?}"), "Webhook(Target(hook.example))");
    let shown = format!("{:?} {:?}", config.vitals, config.origins);
    assert!(!shown.contains("5ec2e7") && !shown.contains(SIGNING), "{shown}");
}

#[test]
fn a_command_gets_what_it_is_called_with() {
    let text = "[[alerts.channels]]\nname = 'bell'\nkind = 'command'\nprogram = '/usr/local/bin/ring'\n\
     arguments = ['a,b', 'c']\n";
    let config = config(text);
    let Channel::Command(command) = &config.vitals.channels["bell"] else {
        panic!("no command");
    };
    assert_eq!(command.program, Path::new("/usr/local/bin/ring"));
    assert_eq!(command.arguments, ["a,b", "c"]);
    let shown = format!("{:?} {:?}", config.vitals.channels, config.origins);
    assert!(
        shown.contains("(2 not shown)") && !shown.contains("a,b"),
        "people put tokens there: {shown}"
    );
    assert_eq!(channel(&config, "bell").rate, Some(MessageRate::WEBHOOK));
}

fn bells(of_each: &[(&str, &str)]) -> String {
    let bell = |(name, rest): &(&str, &str)| {
        format!("[[alerts.channels]]\nname = '{name}'\nkind = 'command'\nprogram = '/bin/ring'\n{rest}\n")
    };
    of_each.iter().map(bell).collect()
}

#[test]
fn channels_that_are_told_later_become_sets_in_their_order() {
    let text = bells(&[
        ("last", "escalate_after = '2h'"),
        ("at-once", ""),
        ("second", "escalate_after = '10m'"),
        ("also-at-once", "escalate_after = 0"),
        ("second-too", "escalate_after = 600"),
    ]);
    let config = config(&text);
    let alerts = &config.vitals.settings.alerts;
    let sets: Vec<u8> = alerts.channels.iter().map(|channel| channel.set).collect();
    assert_eq!(sets, [2, 0, 1, 0, 1]);
    let expected = [Duration::from_mins(10), Duration::from_hours(2)];
    assert_eq!(alerts.timing.escalate_after, expected);
}

#[test]
fn one_later_time_leaves_the_other_behind_it() {
    let config = config(&bells(&[("a", ""), ("b", "escalate_after = '2h'")]));
    let timing = config.vitals.settings.alerts.timing;
    assert_eq!(timing.escalate_after, [Duration::from_hours(2); 2]);
}

#[test]
fn a_channel_falls_over_to_another() {
    let config = config(&bells(&[("a", "failover = 'b'"), ("b", "")]));
    assert_eq!(channel(&config, "a").failover, Some(Arc::from("b")));
}

#[rstest]
#[case::third_time(&[("a", ""), ("b", "escalate_after = 60"), ("c", "escalate_after = 120"), ("d", "escalate_after = 180")], "config.toml:20: alerts.channels.d.escalate_after is the third time that differs")]
#[case::nobody_at_once(&[("a", "escalate_after = 60")], "config.toml:5: \
 alerts.channels.a.escalate_after: every channel is told late")]
#[case::nowhere(&[("a", "failover = 'b'")], "config.toml:5: alerts.channels.a.failover: channel `a` \
 falls over to `b`, which does not exist")]
#[case::itself(&[("a", "failover = 'a'")], "config.toml:5: alerts.channels.a.failover: channel `a` \
 falls over to itself")]
#[case::twice(&[("a", ""), ("a", "")], "config.toml:7: alerts.channels.a.name: there are two channels \
 of the name `a`")]
#[case::no_rate(&[("a", "rate = { count = 0 }")], "config.toml:5: alerts.channels.a.rate: channel `a` \
 may carry no message at all")]
#[case::bad_rate(&[("a", "rate = 10")], "config.toml:5: alerts.channels.a.rate is `10`; it must be like \
 { count = 10, per = \"10m\" }")]
#[case::bad_severity(&[("a", "min_severity = 'loud'")], "config.toml:5: alerts.channels.a.min_severity \
 is `loud`; it must be one of info, warning, critical")]
#[case::other_setting(&[("a", "url = 'https://a.example/5ec2e7'")], "config.toml:5: alerts.channels.a: \
 `url` is no setting of a channel of the kind command; there are: name, kind, program, arguments")]
fn a_mistake_about_what_channels_are_told_has_its_line(
    #[case] channels: &[(&str, &str)],
    #[case] told: &str,
) {
    let refusal = refusal(&bells(channels));
    assert_told(&refusal, &["1 mistake:", told]);
    assert!(!refusal.contains("5ec2e7"), "{refusal}");
}

#[rstest]
#[case::no_kind("", "config.toml:1: alerts.channels.c needs `kind`")]
#[case::other_kind(
    "kind = 'sms'\n",
    "config.toml:3: alerts.channels.c.kind is `sms`; it must be one of email, webhook, command"
)]
#[case::no_address("kind = 'webhook'\n", "config.toml:1: alerts.channels.c needs `url`")]
#[case::bad_address(
    "kind = 'webhook'\nurl = 'htps://a.example/5ec2e7'\n",
    "config.toml:4: alerts.channels.c.url must be an address of the web"
)]
#[case::other_format(
    "kind = 'webhook'\nformat = 'teams'\n",
    "config.toml:4: alerts.channels.c.format is `teams`; it must be one of atlas, slack"
)]
#[case::no_file(
    "kind = 'webhook'\nformat = 'slack'\nsecret_file = 'nowhere'\n",
    "nowhere`, which cannot be read"
)]
#[case::two_addresses(
    "kind = 'webhook'\nformat = 'slack'\nsecret_file = 'address'\nurl = 'https://a.example/5ec2e7'\n",
    "config.toml:6: alerts.channels.c.url and `secret_file` both say the address"
)]
#[case::neither_address(
    "kind = 'webhook'\nformat = 'discord'\n",
    "config.toml:1: alerts.channels.c needs `secret_file`"
)]
#[case::no_secret(
    "kind = 'webhook'\nurl = 'https://a.example/'\nsecret_file = 'plain'\n",
    "config.toml:5: alerts.channels.c.secret_file names a file whose content is no secret: it must be \
     `whsec_`"
)]
#[case::no_address_in_it(
    "kind = 'webhook'\nformat = 'slack'\nsecret_file = 'plain'\n",
    "config.toml:5: alerts.channels.c.secret_file names a file whose content must be an address of the web"
)]
#[case::no_token(
    "kind = 'webhook'\nformat = 'telegram'\nchat = '1'\nsecret_file = 'address'\n",
    "config.toml:6: alerts.channels.c.secret_file names a file whose content is no token"
)]
#[case::no_chat(
    "kind = 'webhook'\nformat = 'telegram'\nsecret_file = 'plain'\n",
    "config.toml:1: alerts.channels.c needs `chat`"
)]
#[case::no_bot(
    "kind = 'webhook'\nformat = 'telegram'\nchat = '1'\n",
    "config.toml:1: alerts.channels.c needs `secret_file`"
)]
#[case::no_relay(
    "kind = 'email'\nurl = 'https://mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\n",
    "config.toml:4: alerts.channels.c.url is no address of a mail relay"
)]
#[case::password_in_it(
    "kind = 'email'\nurl = 'smtps://a:5ec2e7@mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\n",
    "config.toml:4: alerts.channels.c.url has a password in it"
)]
#[case::no_password(
    "kind = 'email'\nurl = 'smtps://a@mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\n",
    "config.toml:4: alerts.channels.c.url needs both a user name"
)]
#[case::bad_sender(
    "kind = 'email'\nurl = 'smtps://mail.example'\nfrom = 'nobody'\nto = 'a@b.example'\n",
    "config.toml:5: alerts.channels.c.from is wrong: `nobody` is no address of mail"
)]
#[case::bad_receiver(
    "kind = 'email'\nurl = 'smtps://mail.example'\nfrom = 'a@b.example'\nto = ['nobody']\n",
    "config.toml:6: alerts.channels.c.to is wrong: `nobody` is no address of mail"
)]
#[case::no_receiver(
    "kind = 'email'\nurl = 'smtps://mail.example'\nfrom = 'a@b.example'\n",
    "config.toml:1: alerts.channels.c needs `to`"
)]
#[case::relative_program(
    "kind = 'command'\nprogram = 'ring'\n",
    "config.toml:4: alerts.channels.c.program is `ring`; it must be the whole path"
)]
#[case::misspelt(
    "kind = 'command'\nprogram = '/bin/ring'\nmin_severty = 'info'\n",
    "config.toml:5: alerts.channels.c: `min_severty` is no setting of a channel of the kind command; \
     did you mean `min_severity`?"
)]
fn a_mistake_about_how_a_channel_is_reached_has_its_line(#[case] text: &str, #[case] told: &str) {
    let place = Place::new(&format!("[[alerts.channels]]\nname = 'c'\n{text}"))
        .with("plain", "5ec2e7")
        .with("address", "https://hook.example/5ec2e7");
    let refusal = place.load().unwrap_err();
    assert_told(&refusal, &["1 mistake:", told]);
    assert!(!refusal.contains("5ec2e7"), "{refusal}");
}

#[test]
fn everything_that_is_wrong_with_a_channel_is_told_at_once() {
    let text = "[[alerts.channels]]\nname = 'c'\nkind = 'email'\nurl = 'https://mail.example'\nfrom = 'nope'\n\
                to = ['neither', 'a@b.example', 'nor']\nrate = 10\nmin_severity = 'loud'\ncolour = 'red'\n";
    assert_told(
        &refusal(text),
        &[
            "7 mistakes:",
            "config.toml:4: alerts.channels.c.url is no address of a mail relay",
            "config.toml:5: alerts.channels.c.from is wrong: `nope` is no address of mail",
            "config.toml:6: alerts.channels.c.to is wrong: `neither` is no address of mail",
            "config.toml:6: alerts.channels.c.to is wrong: `nor` is no address of mail",
            "config.toml:7: alerts.channels.c.rate is `10`",
            "config.toml:8: alerts.channels.c.min_severity is `loud`",
            "config.toml:9: alerts.channels.c: `colour` is no setting",
        ],
    );
}
