//! The two rules that lead up and down: what the last results amount to, beside flapping and failures now and then.
//! Pure questions about the past; the state is kept in `check`.

use super::level::Level;
use super::recent::Recent;
use super::settings::{CheckKind, CheckSettings};

/// The worse level that the last results have earned, if any. `failures` counts those in a row.
pub(super) fn risen(settings: &CheckSettings, recent: &Recent, failures: u32, now: Level) -> Option<Level> {
    let level = match settings.kind {
        CheckKind::Level => sustained(settings, recent, Level::Down),
        CheckKind::PassFail if failures > 0 => settings.ladder.rung(failures),
        // A warning is no failure: however often it comes, it is degraded.
        CheckKind::PassFail if recent.newest() == Some(Level::Degraded) => {
            sustained(settings, recent, Level::Degraded)
        }
        CheckKind::PassFail => Level::Healthy,
    };
    (level > now).then_some(level)
}

/// The better level that the last results have earned, if any: the worst of them.
pub(super) fn fallen(settings: &CheckSettings, recent: &Recent, now: Level) -> Option<Level> {
    // What fails is never better than the status that its failures have led to.
    let counts = |level: Level| level < now && !(settings.kind == CheckKind::PassFail && level.is_failure());
    let mut worst = Level::Healthy;
    for level in recent.last(settings.down.from(now))? {
        if !counts(level) {
            return None;
        }
        worst = worst.max(level);
    }
    Some(worst)
}

/// The greatest level, up to `most`, that the last results in a row are all at least at.
fn sustained(settings: &CheckSettings, recent: &Recent, most: Level) -> Level {
    [Level::Down, Level::Critical, Level::Degraded]
        .into_iter()
        .filter(|level| *level <= most)
        .find(|level| {
            let last = recent.last(settings.up.to(*level));
            last.is_some_and(|mut last| last.all(|result| result >= *level))
        })
        .unwrap_or_default()
}
