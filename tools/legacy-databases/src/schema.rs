//! Tables as data: which columns there are, what each holds, and how the tables of a file hang together. The SQL that
//! makes and fills them follows from that.

use std::fmt::Write as _;

use crate::random::Random;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The rowid.
    Id,
    /// Sixteen hexadecimal digits that follow from the rowid.
    Uid,
    /// The rowid of the row that this one belongs to.
    OwnerId,
    /// That row's sixteen digits.
    OwnerUid,
    Title,
    Url,
    /// An address even where the piece has none.
    AnyUrl,
    Body,
    /// The beginning of the body.
    Excerpt,
    ContentType,
    Metadata,
    Created,
    Updated,
    WordCount,
    /// A few words, separated by commas.
    Tags,
    /// Tags as JSON.
    TagList,
    Score,
    /// Sixteen numbers as bytes.
    Vector,
    /// A number up to this.
    Number(usize),
    Path,
    Person,
    /// One of these.
    Word(&'static [&'static str]),
    Null,
}

/// A column: name, declaration, what it holds.
pub(crate) type Column = (&'static str, &'static str, Field);

/// What the rows of a table are to those of the main table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Rows of its own, so many of a hundred of the recipe's.
    Main(u64),
    /// One for each row of the first main table, with its text.
    Copy,
    /// So many for a hundred rows of the first main table.
    Child(usize),
    /// So many for a hundred of the recipe's rows; nobody's.
    Catalogue(u64),
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) columns: Vec<Column>,
    /// Columns that not every version had.
    pub(crate) optional: Vec<Column>,
    /// What follows the columns.
    pub(crate) constraint: &'static str,
}

/// A full-text index that triggers keep in step with its table.
#[derive(Debug, Clone)]
pub(crate) struct Fts {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Whether it reads the text in the table instead of holding its own.
    pub(crate) is_external: bool,
    /// Whether every file of this shape has it.
    pub(crate) is_certain: bool,
}

/// All tables of a file.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    /// The first one is the main table.
    pub(crate) tables: Vec<Table>,
    pub(crate) fts: Vec<Fts>,
    /// Name, table, column.
    pub(crate) indexes: Vec<(&'static str, &'static str, &'static str)>,
}

pub(crate) fn table(name: &'static str, role: Role, columns: &[Column]) -> Table {
    Table {
        name,
        role,
        columns: columns.to_vec(),
        optional: Vec::new(),
        constraint: "",
    }
}

impl Table {
    pub(crate) fn with_optional(mut self, columns: &[Column]) -> Self {
        self.optional = columns.to_vec();
        self
    }

    pub(crate) fn constrained(mut self, constraint: &'static str) -> Self {
        self.constraint = constraint;
        self
    }

    /// All columns, optional ones last.
    pub(crate) fn settle(&mut self, keep: impl FnMut(&Column) -> bool) {
        let mut optional = std::mem::take(&mut self.optional);
        optional.retain(keep);
        self.columns.append(&mut optional);
    }

    pub(crate) fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|(_, _, held)| *held == field)
    }

    pub(crate) fn is_unique(&self, field: Field) -> bool {
        self.columns
            .iter()
            .any(|(_, declared, held)| *held == field && declared.contains("UNIQUE"))
    }

    fn creation(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, declared, _)| format!("{} {declared}", quoted(name)))
            .collect();
        format!(
            "CREATE TABLE {} ({}{})",
            quoted(self.name),
            columns.join(", "),
            self.constraint
        )
    }

    /// Parameters in the order of the columns; where none is the rowid, that comes last.
    pub(crate) fn insertion(&self) -> String {
        let mut names: Vec<String> = self.columns.iter().map(|(name, _, _)| quoted(name)).collect();
        if !self.has(Field::Id) {
            names.push("rowid".to_owned());
        }
        let marks = vec!["?"; names.len()].join(", ");
        format!(
            "INSERT INTO {} ({}) VALUES ({marks})",
            quoted(self.name),
            names.join(", ")
        )
    }
}

impl Fts {
    fn creation(&self) -> String {
        let columns = self.columns.join(", ");
        let content = if self.is_external {
            format!(", content='{}', content_rowid='rowid'", self.table)
        } else {
            String::new()
        };
        let of = |row: &str| {
            let values: Vec<String> = self
                .columns
                .iter()
                .map(|column| format!("{row}.{column}"))
                .collect();
            values.join(", ")
        };
        let (name, table) = (self.name, self.table);
        let add = format!(
            "INSERT INTO {name}(rowid, {columns}) VALUES (new.rowid, {});",
            of("new")
        );
        let remove = if self.is_external {
            format!(
                "INSERT INTO {name}({name}, rowid, {columns}) VALUES ('delete', old.rowid, {});",
                of("old")
            )
        } else {
            format!("DELETE FROM {name} WHERE rowid = old.rowid;")
        };
        format!(
            "CREATE VIRTUAL TABLE {name} USING fts5({columns}{content});\n\
             CREATE TRIGGER {name}_ai AFTER INSERT ON {table} BEGIN {add} END;\n\
             CREATE TRIGGER {name}_ad AFTER DELETE ON {table} BEGIN {remove} END;\n\
             CREATE TRIGGER {name}_au AFTER UPDATE ON {table} BEGIN {remove} {add} END"
        )
    }
}

impl Schema {
    /// Makes it one of the many versions that there were; variation 0 has everything, in the usual order, and only
    /// those full-text indexes that are certain.
    pub(crate) fn vary(mut self, variation: u64) -> Self {
        let mut random = Random::new(variation);
        for table in &mut self.tables {
            table.settle(|_| variation == 0 || random.chance(60));
        }
        if variation == 0 {
            self.fts.retain(|fts| fts.is_certain);
            return self;
        }
        for table in &mut self.tables {
            random.shuffle(&mut table.columns);
        }
        self.fts.retain(|fts| fts.is_certain || random.chance(60));
        for fts in &mut self.fts {
            fts.is_external = random.chance(60);
        }
        self
    }

    /// The statements that make it. Tables come in another order where the variation is not 0.
    pub(crate) fn creation(&self, variation: u64) -> String {
        let mut tables: Vec<String> = self.tables.iter().map(Table::creation).collect();
        if variation != 0 {
            Random::new(variation ^ 0x5eed).shuffle(&mut tables);
        }
        let mut all = String::new();
        for statement in tables.into_iter().chain(self.fts.iter().map(Fts::creation)) {
            let _ = writeln!(all, "{statement};");
        }
        for (name, table, column) in &self.indexes {
            let _ = writeln!(
                all,
                "CREATE INDEX {name} ON {}({});",
                quoted(table),
                quoted(column)
            );
        }
        all
    }

    /// Tables that hold a copy of each row of the main table.
    pub(crate) fn copies(&self) -> usize {
        self.tables
            .iter()
            .filter(|table| table.role == Role::Copy)
            .count()
    }
}

/// A name as SQL wants it, whatever it consists of.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
