//! How the whole is: the worst of what it cannot do without. It weighs and remembers nothing.

use atlas_domain::HealthStatus;

use super::level::Level;

/// The status of the whole, from each service's own and whether the whole depends on it. Without services nobody knows.
pub fn overall(services: impl IntoIterator<Item = (HealthStatus, bool)>) -> HealthStatus {
    let contribution = |(status, critical): (HealthStatus, bool)| {
        // Not to know how a service is, is no good news and no proof of the worst.
        let level = Level::of_status(status).unwrap_or(Level::Degraded);
        if critical {
            level
        } else {
            level.min(Level::Degraded)
        }
    };
    let worst = services.into_iter().map(contribution).max();
    worst.map_or(HealthStatus::Unknown, Level::status)
}

#[cfg(test)]
mod tests {
    use HealthStatus::{Critical, Degraded, Down, Healthy, Unknown};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::all_well(&[(Healthy, true), (Healthy, false)], Healthy)]
    #[case::the_worst_critical_one_counts(&[(Degraded, true), (Down, true)], Down)]
    #[case::others_only_degrade(&[(Healthy, true), (Down, false)], Degraded)]
    #[case::others_do_not_hide_a_critical_one(&[(Critical, true), (Down, false)], Critical)]
    #[case::not_to_know_is_degraded(&[(Unknown, true), (Healthy, true)], Degraded)]
    #[case::not_to_know_hides_nothing(&[(Unknown, true), (Critical, true)], Critical)]
    #[case::without_services_nobody_knows(&[], Unknown)]
    fn the_whole_is_as_the_worst_that_it_needs(
        #[case] services: &[(HealthStatus, bool)],
        #[case] whole: HealthStatus,
    ) {
        assert_eq!(overall(services.iter().copied()), whole);
    }
}
