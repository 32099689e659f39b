//! The program from outside: what it writes and what it says.

use std::process::{Command, Output};

use legacy_databases::{Preset, Truth, generate_with_truth};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_legacy-databases"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[test]
fn writes_the_truth_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let made = run(&[
        "mixed-inbox",
        path.to_str().unwrap(),
        "--rows",
        "40",
        "--seed",
        "7",
    ]);
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success() && said.contains("rows/s"), "{said}");

    let lines = std::fs::read_to_string(folder.path().join("inbox.db.truth.jsonl")).unwrap();
    let told: Vec<Truth> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut recipe = Preset::named("mixed-inbox").unwrap().recipe(Some(40));
    (recipe.seed, recipe.variation) = (7, 7);
    let (_, truths) = generate_with_truth(&recipe, &folder.path().join("again.db")).unwrap();

    assert_eq!(told, truths);
}

#[test]
fn names_its_presets() {
    let list = run(&["--list"]);
    let list = String::from_utf8_lossy(&list.stdout);
    assert!(
        Preset::all().iter().all(|preset| list.contains(preset.name)),
        "{list}"
    );
}

#[test]
fn says_what_is_wrong_with_a_name() {
    let refused = run(&["atlas", "/nowhere/atlas.db"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--list names those"));
}
