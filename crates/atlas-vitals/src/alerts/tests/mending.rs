//! That rows of which some are lost lead to the messages that are still owed, and to no others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_domain::HealthStatus::{Critical, Healthy};
use atlas_domain::{NoticeKind, NoticeState};
use rstest::rstest;

use super::world::*;
use crate::alerts::*;

/// A channel that fails until it is told to work, and something that is wrong.
fn world_with_a_channel_that_fails() -> (World, Arc<AtomicBool>) {
    let works = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&works);
    let mut world = World::with(settings(vec![hook()])).answering(move |_, _| {
        if answers.load(Ordering::Relaxed) {
            Answer::Delivered
        } else {
            failed()
        }
    });
    world.observe("search", Critical);
    world.pass_secs(30);
    assert!(!world.got.is_empty(), "it was tried");
    (world, works)
}

/// What is lost of the rows of the database.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Nothing,
    Messages,
    Notices,
    MessagesAndNotices,
    Channels,
}

impl Loss {
    fn of(self, rows: &mut Rows) {
        if matches!(self, Self::Messages | Self::MessagesAndNotices) {
            rows.deliveries.clear();
        }
        if matches!(self, Self::Notices | Self::MessagesAndNotices) {
            rows.notices.clear();
        }
        if matches!(self, Self::Channels) {
            rows.channels.clear();
        }
    }
}

/// The process ends, rows are lost, and the next one begins with what is made of the others.
fn lose(world: &mut World, loss: Loss) -> Mended {
    loss.of(&mut world.rows);
    let mut stored = world.rows.stored();
    let complete = match loss {
        Loss::Nothing | Loss::Channels => Completeness::Known,
        _ => Completeness::Doubtful,
    };
    let mended = stored.mend(complete, world.wall());
    world.restart_with(stored);
    mended
}

#[rstest]
#[case::nothing(Loss::Nothing, true)]
#[case::messages(Loss::Messages, false)]
#[case::notices(Loss::Notices, true)]
#[case::both(Loss::MessagesAndNotices, false)]
#[case::channels(Loss::Channels, true)]
fn what_was_under_way_is_told_and_so_is_its_end(#[case] loss: Loss, #[case] under_its_id: bool) {
    let (mut world, works) = world_with_a_channel_that_fails();
    let tried = world.got[0].message.delivery;
    lose(&mut world, loss);
    works.store(true, Ordering::Relaxed);
    world.pass_secs(1_000);
    world.observe("search", Healthy);
    world.pass_secs(1_000);

    let told = world.accepted("hook");
    let kinds: Vec<Vec<NoticeKind>> = told.iter().map(|got| got.kinds()).collect();
    assert_eq!(kinds, [[NoticeKind::Firing], [NoticeKind::Resolved]]);
    assert_eq!(told[0].message.delivery == tried, under_its_id);
    let ids: std::collections::BTreeSet<_> = told.iter().map(|got| got.message.delivery).collect();
    assert_eq!(ids.len(), 2, "no id is used twice");
}

/// It waited behind the message that is lost, and so nobody has heard of it at all.
#[test]
fn an_end_behind_a_lost_beginning_tells_both() {
    let (mut world, works) = world_with_a_channel_that_fails();
    world.observe("search", Healthy);
    world.pass_secs(5);
    lose(&mut world, Loss::Messages);
    works.store(true, Ordering::Relaxed);
    world.pass_secs(1_000);

    let told = world.accepted("hook");
    let kinds: Vec<Vec<NoticeKind>> = told.iter().map(|got| got.kinds()).collect();
    assert_eq!(kinds, [[NoticeKind::FiredAndResolved]]);
}

#[rstest]
fn what_was_told_is_not_told_again(
    #[values(
        Loss::Nothing,
        Loss::Messages,
        Loss::Notices,
        Loss::MessagesAndNotices,
        Loss::Channels
    )]
    loss: Loss,
) {
    let mut world = World::with(settings(vec![hook()]));
    world.observe("search", Critical);
    world.pass_secs(30);
    assert_eq!(world.got.len(), 1);
    let mended = lose(&mut world, loss);
    assert_eq!(mended, Mended::default());
    world.observe("search", Critical);
    world.pass_secs(600);
    assert_eq!(world.got.len(), 1);
    world.observe("search", Healthy);
    world.pass_secs(600);
    assert_eq!(world.got.len(), 2);
    assert_eq!(world.got[1].kinds(), [NoticeKind::Resolved]);
}

#[test]
fn a_notice_whose_incident_is_lost_is_given_up_and_named() {
    let mut world = World::with(settings(vec![hook()]));
    world.observe("search", Critical);
    let mut stored = world.rows.stored();
    assert_eq!(stored.notices.len(), 1);
    assert_eq!(stored.notices[0].state, NoticeState::Waiting);
    stored.incidents.clear();
    let mended = stored.mend(Completeness::Known, world.wall());
    assert_eq!(mended.lost.len(), 1);
    assert!(stored.notices.is_empty());
}
