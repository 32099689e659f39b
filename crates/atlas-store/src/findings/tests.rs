//! Findings are kept through a restart, groups name copies, and sums count each row once.

use atlas_domain::{Criteria, Criterion, Standing};

use super::*;

fn finding(rowid: i64, text: &str, url: Option<&str>) -> Finding {
    let mark = |text: &str| {
        let mut mark = [0; 16];
        mark[..text.len().min(16)].copy_from_slice(&text.as_bytes()[..text.len().min(16)]);
        mark
    };
    Finding {
        key: Key::Rowid(rowid),
        row_hash: [rowid as u8; 32],
        criteria: Criteria::NONE,
        standing: Standing::Keep,
        confidence: 0.9,
        bytes: 10,
        quality: Quality {
            words: 100,
            filled: 1,
            saved: None,
        },
        text_hash: Some(mark(text)),
        url_hash: url.map(mark),
        signature: None,
    }
}

fn all_but_first(members: &[Member]) -> Vec<Duplicate> {
    members[1..]
        .iter()
        .map(|member| Duplicate {
            id: member.id,
            survivor: members[0].id,
            criterion: Criterion::ExactDuplicate,
            standing: Standing::Junk,
            confidence: 1.0,
        })
        .collect()
}

#[test]
fn an_audit_goes_on_where_it_was_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("findings");
    let mut findings = Findings::create(&path, "a file").unwrap();
    let reached = Reached {
        after: Some(Key::Rowid(2)),
        rows_done: 2,
        is_over: false,
        more: "sums".to_owned(),
    };
    findings
        .put(3, &[finding(1, "a", None), finding(2, "b", None)], &reached)
        .unwrap();
    drop(findings);

    let (findings, about) = Findings::open(&path).unwrap();
    assert_eq!(about, "a file");
    assert_eq!(findings.reached(3).unwrap(), Some(reached));
    assert_eq!(findings.reached(4).unwrap(), None);
    let page = findings.page(3, Standing::Keep, None, 10).unwrap();
    assert_eq!(page.rows.len(), 2);
    assert_eq!(page.rows[1].key, Key::Rowid(2));
    assert_eq!(page.after, None);
}

#[test]
fn rows_with_the_same_text_are_named_once_and_junk_is_nobodys_copy() {
    let directory = tempfile::tempdir().unwrap();
    let mut findings = Findings::create(&directory.path().join("findings"), "").unwrap();
    let mut junk = finding(4, "a", None);
    junk.standing = Standing::Junk;
    junk.criteria = Criteria::NONE.with(Criterion::Stub);
    let rows = [
        finding(1, "a", None),
        finding(2, "b", None),
        finding(3, "a", None),
        junk,
    ];
    findings.put(0, &rows, &Reached::default()).unwrap();
    findings.group(0, By::Text, &mut all_but_first).unwrap();

    let bad = findings.page(0, Standing::Suspect, None, 10).unwrap();
    let told: Vec<_> = bad
        .rows
        .iter()
        .map(|row| {
            (
                row.key.clone(),
                row.criteria.to_string(),
                row.survivor.as_ref().map(|better| better.key.clone()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Key::Rowid(3), "exact_duplicate".to_owned(), Some(Key::Rowid(1))),
            (Key::Rowid(4), "stub".to_owned(), None),
        ]
    );
    let sums = findings.sums(0).unwrap();
    assert_eq!(sums.iter().map(|sum| sum.rows).sum::<u64>(), 4);
}

#[test]
fn rows_without_an_address_are_in_no_group_by_address() {
    let directory = tempfile::tempdir().unwrap();
    let mut findings = Findings::create(&directory.path().join("findings"), "").unwrap();
    let rows = [
        finding(1, "a", None),
        finding(2, "b", None),
        finding(3, "c", Some("u")),
        finding(4, "d", Some("u")),
    ];
    findings.put(0, &rows, &Reached::default()).unwrap();
    let mut groups = Vec::new();
    findings
        .group(0, By::Url, &mut |members| {
            groups.push(members.iter().map(|member| member.id).collect::<Vec<_>>());
            Vec::new()
        })
        .unwrap();
    assert_eq!(groups, [[3, 4]]);
}

#[test]
fn a_near_copy_is_compared_with_those_that_stay_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut findings = Findings::create(&directory.path().join("findings"), "").unwrap();
    // Each is near to the one before: a chain.
    let rows: Vec<Finding> = (1..=5)
        .map(|n| Finding {
            signature: Some(vec![n as u8].into_boxed_slice()),
            ..finding(n, "", None)
        })
        .collect();
    findings.put(0, &rows, &Reached::default()).unwrap();
    findings
        .near(0, |_| vec![7], &mut |member, candidates| {
            let own = member.signature.as_ref().unwrap()[0];
            let near = candidates
                .iter()
                .find(|candidate| candidate.signature[0].abs_diff(own) <= 1)?;
            Some(Duplicate {
                id: member.id,
                survivor: near.id,
                criterion: Criterion::NearDuplicate,
                standing: Standing::Suspect,
                confidence: 0.8,
            })
        })
        .unwrap();
    let bad = findings.page(0, Standing::Suspect, None, 10).unwrap();
    let pairs: Vec<_> = bad
        .rows
        .iter()
        .map(|row| (row.id, row.survivor.as_ref().unwrap().id))
        .collect();
    assert_eq!(pairs, [(2, 1), (4, 3)]);
}

#[test]
fn a_file_that_is_none_of_ours_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = Connection::open_with_flags(&path, OpenFlags::default()).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Findings::open(&path), Err(FindingsError::Other(_))));
    let missing = directory.path().join("none");
    assert!(matches!(Findings::open(&missing), Err(FindingsError::Missing(_))));
}
