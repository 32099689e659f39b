//! Who gets the data directory, and what happens to what lies there already.

use super::*;

fn holder(purpose: &str) -> Holder {
    Holder {
        pid: 42,
        purpose: purpose.to_owned(),
        socket: None,
    }
}

#[test]
fn lets_one_process_in_and_names_it_to_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path().join("deep/data"));
    let first = dir.lock(&holder("serve")).unwrap();
    let message = dir.lock(&holder("add")).unwrap_err().to_string();
    assert!(message.contains("process 42 (atlas serve)"), "{message}");
    drop(first);
    dir.lock(&holder("add")).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_with_other_things_in_it_is_refused_by_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.txt"), "mine").unwrap();
    open_to_all(folder.path());
    let error = DataDir::new(folder.path()).lock(&holder("serve")).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("is not empty and is no Atlas library")
            && message.contains(&*folder.path().to_string_lossy()),
        "{message}"
    );
    assert_eq!(mode(folder.path()), 0o755);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_empty_directory_is_taken_and_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lost+found")).unwrap(); // as a new file system has it
    open_to_all(folder.path());
    let _lock = DataDir::new(folder.path()).lock(&holder("serve")).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
    assert_eq!(mode(&DataDir::new(folder.path()).lock_file()), 0o600);
}

#[test]
fn a_directory_with_a_library_is_closed_to_others_whatever_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["library.db", "notes about my library.txt"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    open_to_all(folder.path());
    let _lock = DataDir::new(folder.path()).lock(&holder("serve")).unwrap();
    assert_eq!(mode(folder.path()), 0o700);
}

#[test]
fn a_lock_that_another_process_has_only_just_made_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    let first = File::create(dir.lock_file()).unwrap(); // it has not written its name yet
    first.lock().unwrap();
    open_to_all(folder.path());
    let second = dir.lock(&holder("add"));
    assert!(
        matches!(second, Err(DataDirError::Locked { holder: None, .. })),
        "{second:?}"
    );
    assert_eq!(mode(folder.path()), 0o755, "it is closed by whoever has the lock");
}

#[test]
fn a_shorter_holder_leaves_nothing_of_a_longer_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    drop(dir.lock(&holder("reprocess")).unwrap());
    let _lock = dir.lock(&holder("rm")).unwrap();
    assert_eq!(dir.holder().unwrap(), holder("rm"));
}

#[test]
fn whoever_keeps_it_still_keeps_writers_out_but_not_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    drop(dir.lock(&holder("add")).unwrap());
    let readers = [dir.keep_still().unwrap(), dir.keep_still().unwrap()];
    assert!(matches!(
        dir.lock(&holder("add")),
        Err(DataDirError::Locked { .. })
    ));
    drop(readers);
    let _writer = dir.lock(&holder("add")).unwrap();
    assert!(matches!(dir.keep_still(), Err(DataDirError::Locked { .. })));
}
