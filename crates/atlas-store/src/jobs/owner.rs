//! Whose jobs a person sees to: their own, and the owner of the library also work on the whole of it, which is
//! nobody's. It says so for queries, and runs none.

use atlas_domain::UserId;

/// The condition on rows of `job`, in which the person is `?1`. For looking one job up, or few by an index.
pub(crate) fn jobs_seen_to_by(user: UserId) -> &'static str {
    if user == UserId::OWNER {
        "(job.user_id = ?1 OR job.user_id IS NULL)"
    } else {
        "job.user_id = ?1"
    }
}

/// The same as values of `user_id` to be compared by `IS`, one after the other: so each share is read in the order of
/// its index.
pub(crate) fn shares_seen_to_by(user: UserId) -> impl Iterator<Item = Option<i64>> {
    let of_nobody = (user == UserId::OWNER).then_some(None);
    std::iter::once(Some(user.0)).chain(of_nobody)
}
