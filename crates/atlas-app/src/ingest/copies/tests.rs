//! When another copy is wanted, and which of two copies wins.

use atlas_domain::{Article, SnapshotId, Verdict};
use rstest::rstest;

use super::super::run::NoContent;
use super::*;

fn verdict(decision: Decision, class: Option<JunkClass>) -> Verdict {
    Verdict {
        decision,
        class,
        reasons: Vec::new(),
        gate_version: 1,
    }
}

fn judged(strategy: Strategy, decision: Decision, words: u32) -> Judged {
    Judged {
        snapshot_id: SnapshotId::from_bytes([0; 16]),
        verdict: verdict(decision, None),
        article: Article {
            word_count: words,
            ..Article::default()
        },
        addresses: Vec::new(),
        strategy,
    }
}

fn without_content(outcome: Outcome, class: Option<JunkClass>) -> Result<Judged, Exit> {
    Err(Exit::NoContent(Box::new(NoContent {
        outcome,
        snapshot_id: None,
        verdict: class.map(|class| verdict(Decision::Quarantine, Some(class))),
        addresses: Vec::new(),
    })))
}

fn link(reason: LinkReason) -> Result<Judged, Exit> {
    let message = String::new();
    without_content(Outcome::LinkOnly { reason, message }, None)
}

fn junk(class: JunkClass) -> Result<Judged, Exit> {
    let outcome = Outcome::Quarantined {
        reason: class.to_string(),
        message: String::new(),
    };
    without_content(outcome, Some(class))
}

#[rstest]
#[case::whole(Ok(judged(Strategy::Direct, Decision::Accept, 500)), Wanted::NOTHING)]
#[case::out_of_data(Ok(judged(Strategy::Embedded, Decision::Accept, 500)), Wanted::VARIANTS)]
#[case::paid_for(Ok(judged(Strategy::Direct, Decision::Partial, 100)), Wanted::ANYTHING)]
#[case::shell(junk(JunkClass::JsStub), Wanted::ANYTHING)]
#[case::login(junk(JunkClass::LoginWall), Wanted::ANYTHING)]
#[case::robot_check(junk(JunkClass::Challenge), Wanted::ANYTHING)]
#[case::consent(junk(JunkClass::ConsentWall), Wanted::ANYTHING)]
#[case::short(junk(JunkClass::Stub), Wanted::ANYTHING)]
#[case::not_found(junk(JunkClass::Soft404), Wanted::ARCHIVE)]
#[case::menus(junk(JunkClass::Interface), Wanted::NOTHING)]
#[case::server_default(junk(JunkClass::ServerDefault), Wanted::NOTHING)]
#[case::error(junk(JunkClass::Error), Wanted::NOTHING)]
#[case::gone(link(LinkReason::Gone), Wanted::ARCHIVE)]
#[case::blocked(link(LinkReason::Blocked), Wanted::ARCHIVE)]
#[case::dead(link(LinkReason::Dead), Wanted::ARCHIVE)]
#[case::bad_certificate(link(LinkReason::Tls), Wanted::ARCHIVE)]
#[case::given_up(link(LinkReason::Unreachable), Wanted::ARCHIVE)]
#[case::refused(link(LinkReason::Refused), Wanted::NOTHING)]
#[case::other_format(link(LinkReason::Unsupported), Wanted::NOTHING)]
fn another_copy_is_wanted_where_the_page_brought_little(
    #[case] page: Result<Judged, Exit>,
    #[case] wanted: Wanted,
) {
    assert_eq!(Wanted::of(&page), wanted);
}

const DIRECT: Strategy = Strategy::Direct;
const AMP: Strategy = Strategy::Amp;
const DATA: Strategy = Strategy::Embedded;
const ARCHIVE: Strategy = Strategy::Archive;

#[rstest]
#[case::for_nothing((AMP, Decision::Accept, 300), None, None, true)]
#[case::beginning_for_nothing((ARCHIVE, Decision::Partial, 300), None, None, true)]
#[case::junk_for_nothing((ARCHIVE, Decision::Quarantine, 300), None, None, false)]
#[case::whole_for_a_beginning((AMP, Decision::Accept, 300), Some((DIRECT, Decision::Partial, 100)), None, true)]
#[case::beginning_for_a_beginning((AMP, Decision::Partial, 300), Some((DIRECT, Decision::Partial, 100)), None, false)]
#[case::whole_but_less((AMP, Decision::Accept, 40), Some((DIRECT, Decision::Partial, 100)), None, false)]
#[case::markup_for_data((AMP, Decision::Accept, 300), Some((DATA, Decision::Accept, 310)), None, true)]
#[case::less_markup_for_data((AMP, Decision::Accept, 100), Some((DATA, Decision::Accept, 310)), None, false)]
#[case::beginning_for_data((AMP, Decision::Partial, 300), Some((DATA, Decision::Accept, 310)), None, false)]
#[case::archive_for_data((ARCHIVE, Decision::Accept, 300), Some((DATA, Decision::Accept, 310)), None, false)]
#[case::for_what_is_kept_against_the_gate((AMP, Decision::Accept, 300), Some((DIRECT, Decision::Quarantine, 900)), None, true)]
#[case::beginning_again((ARCHIVE, Decision::Partial, 300), None, Some(ItemState::Partial), false)]
#[case::whole_where_the_library_has_a_beginning((ARCHIVE, Decision::Accept, 300), None, Some(ItemState::Partial), true)]
#[case::whole_where_the_library_has_it((ARCHIVE, Decision::Accept, 300), None, Some(ItemState::Stored), false)]
#[case::data_as_much_as_the_library(
    (AMP, Decision::Partial, 300), Some((DATA, Decision::Partial, 300)), Some(ItemState::Partial), false)]
fn a_copy_wins_only_if_it_is_content_and_better(
    #[case] copy: (Strategy, Decision, u32),
    #[case] best: Option<(Strategy, Decision, u32)>,
    #[case] has: Option<ItemState>,
    #[case] wins: bool,
) {
    let of = |(strategy, decision, words)| judged(strategy, decision, words);
    let best = best.map_or_else(|| link(LinkReason::Blocked), |best| Ok(of(best)));
    let why_not = why_not_better(&of(copy), &best, has);
    assert_eq!(why_not.is_none(), wins, "{why_not:?}");
}
