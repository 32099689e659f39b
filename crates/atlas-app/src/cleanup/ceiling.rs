//! How much may go unasked: to empty a table is never silent. Pure arithmetic over a plan.

use std::collections::BTreeMap;

use super::plan::PlannedTable;

/// Of one table, in percent.
const OF_A_TABLE: u64 = 20;
/// Of all rows of tables that nobody named, in percent.
const OF_ALL: u64 = 90;

/// How much of some tables may go, in percent, because somebody said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowance(pub BTreeMap<String, u64>);

/// What a plan takes, against what may go.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ceiling {
    /// What stops it, a sentence each; none if it may go on.
    pub stops: Vec<String>,
    /// What somebody has to say to let it go on.
    pub allow: Vec<String>,
}

impl Ceiling {
    /// Judges a plan. What copies of a table lose with it is covered by what is said of that table.
    pub fn of(tables: &[PlannedTable], allowance: &Allowance) -> Self {
        let (mut stops, mut allow) = (Vec::new(), Vec::new());
        for table in tables.iter().filter(|table| table.planned > 0) {
            let percent = (table.planned * 100).div_ceil(table.rows.max(1));
            let most = allowance.0.get(&table.name).copied().unwrap_or(OF_A_TABLE);
            if table.planned * 100 > most * table.rows {
                stops.push(format!(
                    "{} of the {} rows of `{}` would go, which is more than {most} %",
                    table.planned, table.rows, table.name
                ));
                allow.push(format!("--allow-table '{}={percent}%'", table.name));
            }
        }
        let unnamed = || {
            tables
                .iter()
                .filter(|table| !allowance.0.contains_key(&table.name))
        };
        let (planned, rows): (u64, u64) = unnamed().fold((0, 0), |sums, table| {
            (sums.0 + table.planned, sums.1 + table.rows)
        });
        if stops.is_empty() && planned * 100 > OF_ALL * rows {
            stops.push(format!(
                "{planned} of all {rows} rows would go, which is more than {OF_ALL} %"
            ));
        }
        Self { stops, allow }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn table(name: &str, rows: u64, planned: u64) -> PlannedTable {
        PlannedTable {
            name: name.to_owned(),
            rows,
            planned,
            ..PlannedTable::default()
        }
    }

    #[rstest]
    #[case::a_fifth(&[table("t", 100, 20)], &[], true)]
    #[case::more_than_a_fifth(&[table("t", 100, 21)], &[], false)]
    #[case::as_much_as_somebody_said(&[table("t", 100, 50)], &[("t", 50)], true)]
    #[case::more_than_somebody_said(&[table("t", 100, 51)], &[("t", 50)], false)]
    #[case::all_of_it_because_somebody_said_so(&[table("t", 100, 100)], &[("t", 100)], true)]
    #[case::another_table_was_named(&[table("t", 100, 100), table("u", 100, 0)], &[("u", 100)], false)]
    #[case::a_small_table_emptied(&[table("t", 1, 1), table("u", 1_000, 0)], &[], false)]
    #[case::nothing(&[table("t", 0, 0)], &[], true)]
    fn more_than_a_fifth_of_a_table_goes_only_because_somebody_said_so(
        #[case] tables: &[PlannedTable],
        #[case] said: &[(&str, u64)],
        #[case] may_go_on: bool,
    ) {
        let said = said
            .iter()
            .map(|(table, percent)| ((*table).to_owned(), *percent))
            .collect();
        let ceiling = Ceiling::of(tables, &Allowance(said));
        assert_eq!(ceiling.stops.is_empty(), may_go_on, "{ceiling:?}");
    }
}
