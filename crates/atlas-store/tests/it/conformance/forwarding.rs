//! What jobs waited for is over by itself: they come back earlier, one after another.

use std::time::Duration;

use atlas_domain::{Job, JobState, Timestamp};
use atlas_store::{Companions, Crowd, Postponement, Saved, Turns, WaitedFor};

use crate::fixture::{Fixture, MINUTE, OWNER};

const HOUR: Duration = Duration::from_hours(1);
const APART: Duration = Duration::from_secs(2);

/// A page that waits until then, through nobody's fault.
async fn waiting(library: &Fixture, address: &str, reason: &str, until: Timestamp) -> Saved {
    put_off(library, address, reason, (until, false)).await
}

async fn put_off(
    library: &Fixture,
    address: &str,
    reason: &str,
    (until, counts): (Timestamp, bool),
) -> Saved {
    let saved = library.save(address).await;
    let lease = library.claim_job(saved.job.unwrap()).await;
    let to = Postponement {
        until,
        counts,
        reason: reason.to_owned(),
        message: format!("because of {reason}"),
    };
    library.postpone_job(&lease, to, library.attempt()).await.unwrap();
    saved
}

async fn job_of(library: &Fixture, saved: &Saved) -> Job {
    library.job(OWNER, saved.job.unwrap()).await.unwrap()
}

async fn due_of(library: &Fixture, all: &[Saved]) -> Vec<Timestamp> {
    let mut due = Vec::new();
    for saved in all {
        due.push(job_of(library, saved).await.run_at);
    }
    due
}

fn example(port: u16) -> WaitedFor {
    WaitedFor::Host {
        name: "example.com".to_owned(),
        port,
    }
}

#[tokio::test]
async fn those_who_waited_for_a_host_come_back_one_after_another_from_now_on() {
    let library = Fixture::new();
    let mut pages = Vec::new();
    for page in 0..4_u32 {
        let until = library.now().after(HOUR + page * MINUTE);
        pages.push(waiting(&library, &format!("example.com/{page}"), "circuit_open", until).await);
    }
    library.clock.advance(MINUTE);
    let now = library.now();

    assert_eq!(
        library
            .bring_forward(example(443), Turns::all(APART))
            .await
            .unwrap(),
        4
    );

    let turns = [0, 1, 2, 3].map(|turn| now.after(turn * APART));
    assert_eq!(due_of(&library, &pages).await, turns);
    let second = job_of(&library, &pages[1]).await;
    assert_eq!(
        (second.state, second.attempts, second.deferrals),
        (JobState::Ready, 0, 1)
    );
    assert_eq!(
        second.reason, "circuit_open",
        "if the host is in trouble again, it is put off with the others"
    );
    assert!(second.message.contains("asked again"), "{second:?}");
    assert_eq!(library.claim_up_to(10).await.len(), 1, "no herd");
}

#[tokio::test]
async fn whoever_would_have_come_before_its_turn_keeps_its_time() {
    let library = Fixture::new();
    let soon = library.now().after(APART / 2);
    let mut pages = vec![waiting(&library, "example.com/late", "circuit_open", soon.after(HOUR)).await];
    for page in ["first", "second"] {
        pages.push(waiting(&library, &format!("example.com/{page}"), "circuit_open", soon).await);
    }
    let now = library.now();
    library
        .bring_forward(example(443), Turns::all(APART))
        .await
        .unwrap();
    assert_eq!(due_of(&library, &pages).await, [now.after(2 * APART), now, soon]);
}

#[tokio::test]
async fn other_hosts_and_ports_and_other_reasons_wait_on() {
    let library = Fixture::new();
    let until = library.now().after(HOUR);
    let mut asleep = Vec::new();
    for (address, reason) in [
        ("sub.example.com/elsewhere", "circuit_open"),
        ("example.com:8443/another-port", "circuit_open"),
        ("example.com/asked-for-a-pause", "http_429"),
        ("example.com/failed", "http_500"),
        ("example.com/no-network", "network_down"),
    ] {
        asleep.push(waiting(&library, address, reason, until).await);
    }
    let with_dot = waiting(&library, "example.com./page", "circuit_open", until).await;
    assert_eq!(
        library
            .bring_forward(example(443), Turns::all(APART))
            .await
            .unwrap(),
        1
    );
    assert_eq!(due_of(&library, &asleep).await, [until; 5]);
    assert_eq!(job_of(&library, &with_dot).await.run_at, library.now());
}

#[tokio::test]
async fn a_host_that_is_well_again_has_those_back_that_it_failed_in_passing_too() {
    let library = Fixture::new();
    let until = library.now().after(HOUR);
    let left_alone = waiting(&library, "example.com/left-alone", "circuit_open", until).await;
    let mut failed = vec![left_alone];
    for reason in ["http_500", "timeout", "connect_refused"] {
        let address = format!("example.com/{reason}");
        failed.push(put_off(&library, &address, reason, (until, true)).await);
    }
    let mut asleep = Vec::new();
    for (address, reason, counts) in [
        ("example.com/asked-for-a-pause", "http_429", false),
        ("example.com/asked-for-a-pause-too", "http_503", false),
        ("example.com/missing-name", "name_not_found", true),
        ("example.com/unreadable", "extractor_crashed", true),
        ("example.com:8443/another-port", "http_500", true),
        ("another.example/page", "http_500", true),
    ] {
        asleep.push(put_off(&library, address, reason, (until, counts)).await);
    }
    let over = WaitedFor::Recovery {
        name: "example.com".to_owned(),
        port: 443,
    };
    let forward = library.bring_forward(over, Turns::all(APART)).await.unwrap();
    assert_eq!(forward, 4);
    let turns = [0, 1, 2, 3].map(|turn| library.now().after(turn * APART));
    let mut due = due_of(&library, &failed).await;
    due.sort();
    assert_eq!(due, turns);
    assert_eq!(due_of(&library, &asleep).await, [until; 6]);
    let second = job_of(&library, &failed[1]).await;
    assert_eq!((second.attempts, second.reason.as_str()), (1, "http_500"));
    assert!(second.message.contains("well again"), "{second:?}");
}

#[tokio::test]
async fn the_last_try_keeps_its_time() {
    let library = Fixture::new();
    let until = library.now().after(HOUR);
    let page = put_off(&library, "example.com/page", "http_500", (until, true)).await;
    let over = || WaitedFor::Recovery {
        name: "example.com".to_owned(),
        port: 443,
    };
    loop {
        library.clock.advance(HOUR);
        let job = job_of(&library, &page).await;
        if job.attempts + 1 >= job.max_attempts {
            break;
        }
        let lease = library.claim().await;
        let to = Postponement {
            until: library.now().after(2 * HOUR),
            counts: true,
            reason: "http_500".to_owned(),
            message: String::new(),
        };
        library.postpone_job(&lease, to, library.attempt()).await.unwrap();
        let is_last = job.attempts + 2 >= job.max_attempts;
        let forward = library.bring_forward(over(), Turns::all(APART)).await.unwrap();
        assert_eq!(forward, u64::from(!is_last), "after {} tries", job.attempts + 1);
    }
}

#[tokio::test]
async fn after_an_outage_of_the_network_each_host_has_at_most_one_job_in_any_second() {
    const SECOND: Duration = Duration::from_secs(1);
    let library = Fixture::new();
    let until = library.now().after(HOUR);
    let mut hosts = Vec::new();
    for host in 0..10 {
        let mut pages = Vec::new();
        for page in 0..3 {
            let address = format!("{host}.example/{page}");
            pages.push(waiting(&library, &address, "network_down", until).await);
        }
        hosts.push(pages);
    }
    let alone = waiting(&library, "alone.example/page", "circuit_open", until).await;

    assert_eq!(
        library
            .bring_forward(WaitedFor::Network, Turns::all(SECOND))
            .await
            .unwrap(),
        30
    );

    let mut firsts = Vec::new();
    for pages in &hosts {
        let due = due_of(&library, pages).await;
        let first = due[0];
        assert!(first < library.now().after(SECOND), "{due:?}");
        assert_eq!(due, [first, first.after(SECOND), first.after(2 * SECOND)]);
        firsts.push(first);
    }
    firsts.sort();
    firsts.dedup();
    assert!(firsts.len() > 5, "hosts do not begin together: {firsts:?}");
    assert_eq!(job_of(&library, &alone).await.run_at, until);
}

#[tokio::test]
async fn while_a_host_is_only_tried_a_few_come_and_the_others_wait_on() {
    let library = Fixture::new();
    let until = library.now().after(HOUR);
    let mut pages = Vec::new();
    for page in 0..4_u32 {
        let until = until.after(page * MINUTE);
        pages.push(waiting(&library, &format!("example.com/{page}"), "circuit_open", until).await);
    }
    let turns = Turns {
        begin: MINUTE,
        apart: APART,
        at_most: 2,
    };
    assert_eq!(library.bring_forward(example(443), turns).await.unwrap(), 2);
    let first = library.now().after(MINUTE);
    assert_eq!(
        due_of(&library, &pages).await,
        [
            first,
            first.after(APART),
            until.after(2 * MINUTE),
            until.after(3 * MINUTE)
        ]
    );
}

#[tokio::test]
async fn very_many_are_brought_forward_too() {
    let library = Fixture::new();
    let first = library.save("example.com/first").await;
    for page in 0..1_100 {
        library.save(&format!("example.com/{page}")).await;
    }
    let lease = library.claim_job(first.job.unwrap()).await;
    let from = library.now().after(HOUR);
    let to = Postponement {
        until: from.after(HOUR),
        counts: false,
        reason: "circuit_open".to_owned(),
        message: String::new(),
    };
    let crowd = Crowd {
        who: Companions::SameHost,
        from,
        spread: HOUR,
        made_after: library.now().before(HOUR),
    };
    let refused = library.postpone_with_crowd(&lease, to, crowd, library.attempt());
    assert_eq!(refused.await.unwrap(), 1_100);
    assert_eq!(
        library
            .bring_forward(example(443), Turns::all(APART))
            .await
            .unwrap(),
        1_101
    );
}
