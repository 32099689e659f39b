//! Tests of questions to files of SQLite: what is answered, and all that must not be carried out.

use rstest::rstest;
use tempfile::TempDir;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

struct OwnersFile {
    folder: TempDir,
}

impl OwnersFile {
    #[expect(
        clippy::disallowed_methods,
        reason = "the file of another program is made as that program makes it"
    )]
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Self { folder };
        let sql = Connection::open(file.path()).unwrap();
        sql.execute_batch(
            "CREATE TABLE backup (at INTEGER, size REAL, name TEXT);
             INSERT INTO backup VALUES (17, 2.5, 'monday');",
        )
        .unwrap();
        file
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("owners.db")
    }

    async fn ask(&self, statement: &str) -> Result<AskedValue, AskFailure> {
        ask_file(self.path(), statement.to_owned(), LIMIT, &Turn::default()).await
    }
}

#[rstest]
#[case::whole("SELECT at FROM backup", AskedValue::Number(17.0))]
#[case::broken("SELECT size FROM backup;", AskedValue::Number(2.5))]
#[case::counted("SELECT count(*) FROM backup WHERE at > 100", AskedValue::Number(0.0))]
#[case::nothing("SELECT max(at) FROM backup WHERE at > 100", AskedValue::Null)]
#[case::text("SELECT name FROM backup", AskedValue::NoNumber)]
#[case::no_row("SELECT at FROM backup WHERE at > 100", AskedValue::NoRow)]
#[case::with_a_comment("SELECT at FROM backup -- when it was", AskedValue::Number(17.0))]
#[case::put_together(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT max(i) FROM n",
    AskedValue::Number(9.0)
)]
#[tokio::test]
async fn the_first_value_of_the_first_row_is_the_answer(
    #[case] statement: &str,
    #[case] expected: AskedValue,
) {
    assert_eq!(OwnersFile::new().ask(statement).await, Ok(expected));
}

#[rstest]
#[case::insert("INSERT INTO backup VALUES (1, 1, 'x') RETURNING at")]
#[case::update("UPDATE backup SET at = 0")]
#[case::delete("DELETE FROM backup")]
#[case::drop("DROP TABLE backup")]
#[case::create("CREATE TABLE more (at)")]
#[case::temporary("CREATE TEMP TABLE more (at)")]
#[case::attach("ATTACH 'other.db' AS other")]
#[case::vacuum("VACUUM INTO 'copy.db'")]
#[case::pragma("PRAGMA journal_mode = DELETE")]
#[case::pragma_as_table("SELECT * FROM pragma_table_info('backup')")]
#[case::transaction("BEGIN IMMEDIATE")]
#[case::extension("SELECT load_extension('evil.so')")]
#[case::two("SELECT at FROM backup; DELETE FROM backup")]
#[case::two_that_read("SELECT 1; SELECT 2")]
#[tokio::test]
async fn whatever_does_more_than_read_is_not_carried_out(#[case] statement: &str) {
    let file = OwnersFile::new();
    let before = std::fs::read(file.path()).unwrap();

    let answer = file.ask(statement).await;

    assert_eq!(answer, Err(AskFailure::Refused), "{statement}");
    assert_eq!(std::fs::read(file.path()).unwrap(), before);
    assert_eq!(
        std::fs::read_dir(file.folder.path()).unwrap().count(),
        1,
        "nothing new lies there"
    );
}

#[tokio::test]
async fn a_statement_that_never_ends_is_ended() {
    let file = OwnersFile::new();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let limit = Duration::from_millis(50);

    let answer = ask_file(file.path(), endless.to_owned(), limit, &Turn::default()).await;

    assert_eq!(answer, Err(AskFailure::TimedOut(limit)));
    // The runtime waits for threads that block: this test ends because the statement has.
}

#[tokio::test]
async fn while_a_question_hangs_no_other_is_asked() {
    let (file, turn) = (OwnersFile::new(), Turn::default());
    let ask = || ask_file(file.path(), "SELECT at FROM backup".to_owned(), LIMIT, &turn);
    let hangs = turn.take().unwrap();

    assert_eq!(ask().await, Err(AskFailure::StillAsked));
    drop(hangs);
    assert_eq!(ask().await, Ok(AskedValue::Number(17.0)));
    assert_eq!(ask().await, Ok(AskedValue::Number(17.0)));
}

#[tokio::test]
async fn a_file_that_somebody_has_locked_is_busy() {
    let file = OwnersFile::new();
    #[expect(clippy::disallowed_methods, reason = "another program has the file open")]
    let other = Connection::open(file.path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();

    assert_eq!(file.ask("SELECT at FROM backup").await, Err(AskFailure::Busy));
}

#[rstest]
#[case::no_such_table("SELECT 1 FROM elsewhere", "no such table")]
#[case::no_sql("how are you", "syntax error")]
#[tokio::test]
async fn a_statement_that_makes_no_sense_says_why(#[case] statement: &str, #[case] expected: &str) {
    let Err(AskFailure::Failed(message)) = OwnersFile::new().ask(statement).await else {
        panic!("there is an answer");
    };
    assert!(message.contains(expected), "{message}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.db");

    let answer = ask_file(path.clone(), "SELECT 1".to_owned(), LIMIT, &Turn::default()).await;

    let Err(AskFailure::Failed(message)) = answer else {
        panic!("there is an answer");
    };
    assert!(message.contains("absent.db"), "{message}");
    assert!(!path.exists());
}
