//! Makes a database, audits it, and hands out the verdict of each row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_app::audit::{AuditOrder, Audited, FileReport, audit_file};
use atlas_domain::Standing;
use atlas_store::findings::Found;
use atlas_store::maintenance::{Depth, Key, Value, Whose};
use legacy_databases::{Preset, Recipe, Truth, generate_with_truth};

/// A database with what is true of it and what was found.
pub(crate) struct Case {
    pub(crate) report: FileReport,
    pub(crate) truths: Vec<Truth>,
    /// By table and key.
    pub(crate) found: BTreeMap<(String, String), Found>,
    pub(crate) path: PathBuf,
    _directory: tempfile::TempDir,
}

pub(crate) fn preset(name: &str, rows: Option<u64>, seed: u64) -> Recipe {
    let recipe = Preset::named(name).unwrap().recipe(rows);
    Recipe { seed, ..recipe }
}

pub(crate) fn order(paths: Vec<PathBuf>, workplace: &Path) -> AuditOrder {
    AuditOrder {
        paths,
        tree: None,
        workplace: workplace.to_owned(),
        whose: Whose::Foreign,
        depth: Depth::Quick,
        choices: BTreeMap::new(),
        resume: false,
        workers: 2,
        cancel: Arc::default(),
    }
}

impl Case {
    pub(crate) fn of(recipe: &Recipe) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("legacy.db");
        let (_, truths) = generate_with_truth(recipe, &path).unwrap();
        let order = AuditOrder {
            // None of the files that rows name is there.
            tree: Some(directory.path().to_owned()),
            ..order(vec![path.clone()], &directory.path().join("work"))
        };
        let audited = audit_file(&path, &order, &|_| {}).unwrap();
        Self {
            found: found(&audited),
            report: audited.report,
            truths,
            path,
            _directory: directory,
        }
    }

    /// The verdict of the row that a truth is about; nothing where its table was not judged.
    pub(crate) fn found(&self, truth: &Truth) -> Option<&Found> {
        let key = truth.key.clone().unwrap_or_else(|| truth.rowid.to_string());
        self.found
            .get(&(truth.table.clone(), key))
            .or_else(|| self.found.get(&(truth.table.clone(), truth.rowid.to_string())))
    }

    /// Whether the table of a truth could not be judged, and that was told.
    pub(crate) fn is_refused(&self, truth: &Truth) -> bool {
        let told = format!("{} is not judged", truth.table);
        self.report.notes.iter().any(|note| note.starts_with(&told))
    }

    pub(crate) fn standing(&self, truth: &Truth) -> Standing {
        self.found(truth).map_or(Standing::Keep, |found| found.standing)
    }
}

fn found(audited: &Audited) -> BTreeMap<(String, String), Found> {
    let mut all = BTreeMap::new();
    for (place, table) in &audited.judged {
        let mut after = None;
        loop {
            let page = audited
                .findings
                .page(*place, Standing::Keep, after, 1_000)
                .unwrap();
            for row in page.rows {
                all.insert((table.name.clone(), shown(&row.key)), row);
            }
            after = page.after;
            if after.is_none() {
                break;
            }
        }
    }
    all
}

fn shown(key: &Key) -> String {
    match key {
        Key::Rowid(rowid) => rowid.to_string(),
        Key::Primary(values) => match &values[0] {
            Value::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        },
    }
}
