//! Probes of real sockets, names and programs.

// A test binary has this set always; clippy takes it as the sign that helpers are test code too.
#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::CheckOutcome::{self, Crit, NoAnswer, Unknown, Warn};
use atlas_domain::{HttpProbe, ProbeAnswer, ProbeTarget, Prober, SystemClock};
use atlas_net::fetch::SystemResolver;
use atlas_net::probe::Probes;
use atlas_resilience::breaker::{Command, OverlayMode};
use atlas_resilience::{PolicySettings, Service, ServiceSettings, Surroundings, TokioClock};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(5);

fn probes_of(targets: &[ProbeTarget]) -> Probes {
    probes_by(targets, &service(None))
}

fn service(breaker: Option<ServiceSettings>) -> Arc<Service> {
    let settings = PolicySettings {
        attempt_timeout: LIMIT,
        overall_timeout: LIMIT,
        retry: None,
        breaker,
        concurrency: None,
        rate: None,
    };
    let surroundings = Surroundings {
        clock: Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH)),
        journal: None,
        observer: None,
        seed: 7,
    };
    Arc::new(Service::new("api_calls", settings, surroundings, None, []))
}

fn probes_by(targets: &[ProbeTarget], service: &Arc<Service>) -> Probes {
    let probes = Probes::new(
        targets.iter(),
        Arc::new(SystemResolver),
        Arc::clone(service),
        Arc::new(SystemClock),
    );
    probes.unwrap()
}

async fn probe_within(target: ProbeTarget, limit: Duration) -> ProbeAnswer {
    let probes = probes_of(std::slice::from_ref(&target));
    probes.probe("mine", &target, limit).await
}

async fn probe(target: ProbeTarget) -> ProbeAnswer {
    probe_within(target, LIMIT).await
}

/// A server that gives this answer to everybody, after reading what they ask. Nothing at all: it stays silent.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address.to_string()
}

fn http(address: &str) -> HttpProbe {
    HttpProbe {
        url: format!("http://{address}/status?key=secret").parse().unwrap(),
        statuses: Vec::new(),
        body_contains: None,
        json: None,
        slow_after: None,
        certificate_days: None,
    }
}

const WELL: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 31\r\nconnection: close\r\n\r\n{\"db\": {\"up\": true, \"lag\": 12}}";

#[rstest]
#[case::status(|_: &mut HttpProbe| {}, CheckOutcome::Ok, "answered 200")]
#[case::other_status(|probe: &mut HttpProbe| probe.statuses = vec![204], Crit, "answered 200")]
#[case::body(|probe: &mut HttpProbe| probe.body_contains = Some("\"up\"".into()), CheckOutcome::Ok, "200")]
#[case::no_body(|probe: &mut HttpProbe| probe.body_contains = Some("down".into()), Crit, "its body has no `down`")]
#[case::json(|probe: &mut HttpProbe| probe.json = Some(("/db/up".into(), "true".into())), CheckOutcome::Ok, "200")]
#[case::json_number(|probe: &mut HttpProbe| probe.json = Some(("/db/lag".into(), "0".into())), Crit, "at `/db/lag` stands 12, and not 0")]
#[case::json_nothing(|probe: &mut HttpProbe| probe.json = Some(("/cache".into(), "1".into())), Crit, "nothing at `/cache`")]
#[case::slow(|probe: &mut HttpProbe| probe.slow_after = Some(Duration::ZERO), Warn, "slow")]
#[tokio::test]
async fn an_answer_is_compared_with_what_it_must_be(
    #[case] expect: fn(&mut HttpProbe),
    #[case] outcome: CheckOutcome,
    #[case] told: &str,
) {
    let mut asked = http(&server(WELL).await);
    expect(&mut asked);
    let answer = probe(ProbeTarget::Http(Box::new(asked))).await;
    assert_eq!(answer.outcome, outcome, "{answer:?}");
    assert!(answer.message.contains(told), "{answer:?}");
    assert!(!answer.message.contains("secret"), "{answer:?}");
    assert!(answer.took_ms.is_some());
}

#[rstest]
#[case::error("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", Crit, "answered 500")]
#[case::sends_on(
    "HTTP/1.1 301 Moved\r\nlocation: /new\r\ncontent-length: 0\r\n\r\n",
    Crit,
    "sends on to /new"
)]
#[case::no_http("220 relay.example ESMTP\r\n", NoAnswer, "HTTP")]
#[tokio::test]
async fn an_answer_that_is_none_is_told_from_a_bad_one(
    #[case] answer: &'static str,
    #[case] outcome: CheckOutcome,
    #[case] told: &str,
) {
    let answer = probe(ProbeTarget::Http(Box::new(http(&server(answer).await)))).await;
    assert_eq!(answer.outcome, outcome, "{answer:?}");
    assert!(answer.message.contains(told), "{answer:?}");
}

#[tokio::test]
async fn a_check_that_hangs_is_over_when_its_time_is() {
    let asked = ProbeTarget::Http(Box::new(http(&server("").await)));
    let answer = probe_within(asked, Duration::from_millis(200)).await;
    assert_eq!(answer.outcome, NoAnswer, "{answer:?}");
    assert_eq!(answer.message, "no answer within 0.2 s");
    assert_eq!(answer.took_ms, None);
}

#[tokio::test]
async fn a_port_takes_connections_or_does_not() {
    let address = server(WELL).await;
    let (host, port) = address.rsplit_once(':').unwrap();
    let tcp = |port: &str| ProbeTarget::Tcp {
        host: host.to_owned(),
        port: port.parse().unwrap(),
    };
    assert_eq!(probe(tcp(port)).await.outcome, CheckOutcome::Ok);
    let answer = probe(tcp("9")).await;
    assert_eq!(answer.outcome, NoAnswer);
    assert!(answer.message.contains("127.0.0.1:9"), "{answer:?}");
}

#[rstest]
#[case::anything(&[], CheckOutcome::Ok)]
#[case::as_expected(&["127.0.0.1"], CheckOutcome::Ok)]
#[case::elsewhere(&["192.0.2.1"], Crit)]
#[tokio::test]
async fn a_name_leads_where_it_must(#[case] expected: &[&str], #[case] outcome: CheckOutcome) {
    let answer = probe(ProbeTarget::Dns {
        name: "localhost".to_owned(),
        expected: expected.iter().map(|address| address.parse().unwrap()).collect(),
    })
    .await;
    assert_eq!(answer.outcome, outcome, "{answer:?}");
}

#[rstest]
#[case::well("echo all is well", CheckOutcome::Ok, "all is well")]
#[case::warning("echo nearly full; exit 1", Warn, "nearly full (exit code 1)")]
#[case::critical("echo ok; exit 2", Crit, "ok (exit code 2)")]
#[case::critical_without_a_word("exit 2", Crit, "(exit code 2)")]
#[case::unknown("echo what; exit 3", Unknown, "`/bin/sh` ended with exit code 3: what")]
#[case::killed("kill -9 $$", Unknown, "signal")]
#[tokio::test]
async fn a_program_says_it_by_its_exit_code(
    #[case] script: &str,
    #[case] outcome: CheckOutcome,
    #[case] told: &str,
) {
    let answer = probe(ProbeTarget::Command {
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), script.to_owned()],
    })
    .await;
    assert_eq!(answer.outcome, outcome, "{answer:?}");
    assert!(answer.message.contains(told), "{answer:?}");
}

/// Of one that prints without end nothing is kept but the beginning, and it is ended with what it has started.
#[tokio::test]
async fn a_program_that_prints_without_end_is_ended_and_costs_no_memory() {
    let directory = tempfile::tempdir().unwrap();
    let pids = directory.path().join("pids");
    let script = format!("sleep 7777 & echo $! > '{}'; yes", pids.display());
    let before = most_memory_kib();
    let target = ProbeTarget::Command {
        program: "/bin/sh".into(),
        arguments: vec!["-c".to_owned(), script],
    };
    let answer = probe_within(target, Duration::from_secs(2)).await;
    assert_eq!(answer.outcome, NoAnswer, "{answer:?}");
    assert!(
        most_memory_kib() - before < 20_000,
        "it prints gigabytes in this time"
    );
    let child = std::fs::read_to_string(&pids).unwrap();
    let stat = format!("/proc/{}/stat", child.trim());
    let is_running = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let ended = tokio::time::timeout(LIMIT, async {
        while is_running() {
            tokio::task::yield_now().await;
        }
    });
    assert!(ended.await.is_ok(), "what it has started lives on");
}

/// The most that this process has held at once.
fn most_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_long_answer_is_heard_to_its_end() {
    let answer = probe(ProbeTarget::Command {
        program: "/bin/sh".into(),
        arguments: vec![
            "-c".to_owned(),
            "echo all is well; head -c 1000000 /dev/zero; exit 1".to_owned(),
        ],
    })
    .await;
    assert_eq!(
        (answer.outcome, answer.message.as_str()),
        (Warn, "all is well (exit code 1)")
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_our_own_fault() {
    let answer = probe(ProbeTarget::Command {
        program: "/nowhere/check".into(),
        arguments: Vec::new(),
    })
    .await;
    assert_eq!(answer.outcome, Unknown);
    assert!(answer.message.contains("/nowhere/check"), "{answer:?}");
}

/// Somebody knows that it is not well: that nobody asks it is no reason to know nothing.
#[tokio::test]
async fn what_a_breaker_keeps_everybody_from_is_critical() {
    let server = server(WELL).await;
    let target = ProbeTarget::Http(Box::new(http(&server)));
    let service = service(Some(ServiceSettings::default()));
    let probes = probes_by(std::slice::from_ref(&target), &service);
    let force = Command::Overlay {
        mode: OverlayMode::ForcedOpen,
        lasts: None,
        reason: "it is being moved".to_owned(),
    };
    service.policy().breakers().unwrap().operate("mine", force);

    let answer = probes.probe("mine", &target, LIMIT).await;
    assert_eq!(answer.outcome, Crit, "{answer:?}");
    assert!(answer.message.starts_with("breaker_open; "), "{answer:?}");
    assert!(answer.message.contains("opened by hand"), "{answer:?}");
    assert_eq!(answer.took_ms, None, "nothing was asked");
}

#[tokio::test]
async fn targets_that_come_later_are_trusted_as_they_are_named() {
    let server = server(WELL).await;
    // By a name: an address is not looked up, and nothing of it is judged.
    let target = ProbeTarget::Http(Box::new(http(&server.replace("127.0.0.1", "localhost"))));
    let probes = probes_of(&[]);
    assert_eq!(probes.probe("mine", &target, LIMIT).await.outcome, Unknown);

    let before = probes.replace([target.clone()].iter()).unwrap();
    assert_eq!(
        probes.probe("mine", &target, LIMIT).await.outcome,
        CheckOutcome::Ok
    );

    probes.put_back(before);
    assert_eq!(probes.probe("mine", &target, LIMIT).await.outcome, Unknown);
}
