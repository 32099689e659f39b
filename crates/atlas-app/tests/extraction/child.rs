//! The process that the tests' pool starts. It is what the hidden subcommand of the real program is: nothing else.

fn main() -> std::io::Result<()> {
    atlas_app::extraction::run_child()
}
