//! What a row hash keeps apart, and what it does not.

use proptest::prelude::*;

use super::*;
use crate::maintenance::value::LongValue;

fn any_value() -> impl Strategy<Value = Value> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..2_000);
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Real),
        bytes().prop_map(Value::Text),
        bytes().prop_map(Value::Blob),
    ]
}

fn any_row() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(any_value(), 0..6)
}

/// As a value is given when it is too long for the memory.
fn as_long(value: &Value) -> Value {
    let (kind, bytes) = match value {
        Value::Text(bytes) if bytes.len() > INLINE_BYTES => (LongKind::Text, bytes),
        Value::Blob(bytes) if bytes.len() > INLINE_BYTES => (LongKind::Blob, bytes),
        other => return other.clone(),
    };
    Value::Long(LongValue {
        kind,
        prefix: bytes[..10].to_vec(),
        length_bytes: bytes.len() as u64,
        stored_bytes: bytes.len() as u64,
        hash: blake3::hash(bytes).into(),
    })
}

/// Bit by bit: a NaN is equal to itself.
fn is_same(one: &[Value], other: &[Value]) -> bool {
    let is_same = |(one, other): (&Value, &Value)| match (one, other) {
        (Value::Real(one), Value::Real(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(is_same)
}

proptest! {
    #[test]
    fn only_equal_rows_have_equal_hashes(one in any_row(), other in any_row()) {
        prop_assert_eq!(is_same(&one, &other), row_hash(&one) == row_hash(&other));
    }

    #[test]
    fn a_value_that_moves_to_its_neighbour_changes_the_hash(left in any_row(), text in "[a-z]{2,9}") {
        let split = |at: usize| {
            let (head, tail) = text.as_bytes().split_at(at);
            let mut row = left.clone();
            row.extend([Value::Text(head.to_vec()), Value::Text(tail.to_vec())]);
            row_hash(&row)
        };
        prop_assert_ne!(split(0), split(1));
    }

    #[test]
    fn how_a_value_was_read_does_not_matter(row in any_row()) {
        let long: Vec<Value> = row.iter().map(as_long).collect();
        prop_assert_eq!(row_hash(&row), row_hash(&long));
    }

    #[test]
    fn a_table_hash_depends_on_the_rows_and_not_on_their_order(
        rows in prop::collection::btree_map(any::<i64>(), any_row(), 1..20),
        removed in any::<prop::sample::Index>(),
    ) {
        let hashed: Vec<_> = rows.iter().map(|(rowid, row)| (Key::Rowid(*rowid), row_hash(row))).collect();
        let (mut forward, mut backward) = (TableHash::default(), TableHash::default());
        for (key, row) in &hashed {
            forward.add(key, row);
        }
        for (key, row) in hashed.iter().rev() {
            backward.add(key, row);
        }
        prop_assert_eq!(forward, backward);

        let removed = removed.index(hashed.len());
        let mut kept = TableHash::default();
        for (at, (key, row)) in hashed.iter().enumerate() {
            if at != removed {
                kept.add(key, row);
            }
        }
        prop_assert_ne!(kept, forward);
        forward.remove(&hashed[removed].0, &hashed[removed].1);
        prop_assert_eq!(kept, forward);
    }
}

#[test]
fn the_same_digits_of_different_types_have_different_hashes() {
    let values = [
        Value::Integer(1),
        Value::Real(1.0),
        Value::Text(b"1".to_vec()),
        Value::Blob(b"1".to_vec()),
        Value::Null,
    ];
    let hashes: std::collections::BTreeSet<_> = values.map(|value| row_hash(&[value])).into();
    assert_eq!(hashes.len(), 5);
}

#[test]
fn the_hash_of_a_row_stays_what_it_is() {
    // Backups and vaults keep hashes: a change of the rules must be a new version.
    let row = [
        Value::Null,
        Value::Integer(-1),
        Value::Real(0.5),
        Value::Text("ä".into()),
        Value::Blob(vec![0; 2_000]),
    ];
    let hash = blake3::Hash::from(row_hash(&row)).to_hex();
    assert_eq!(
        hash.as_str(),
        "c1fc14a2a37b7b9c826c4b71b211dad32504cd64f4072bda95d27bf26713dfb5"
    );
}
