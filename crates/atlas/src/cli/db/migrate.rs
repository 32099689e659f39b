//! `atlas db migrate`: brings the library's files to the schema of this build, as every start does, or tells what that would do.

use atlas_app::views::upkeep::Schemas;
use atlas_store::{DataDir, SchemaVersion, schema_versions};
use clap::Args;

use crate::cli::output::Output;
use crate::cli::routes;
use crate::cli::table::{table, text, whole};
use crate::cli::text::Look;
use crate::client::Client;
use crate::config::Config;
use crate::error::{CliError, Exit};

/// `atlas db migrate`
#[derive(Debug, Clone, Args)]
pub(super) struct MigrateArgs {
    /// Only tell which steps would be taken
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Tells how the files stand, through whoever has them: what had to be done was done when they were opened.
pub(super) async fn by_route(client: &Client, output: &Output) -> Result<Exit, CliError> {
    tell(&client.get::<Schemas>(routes::SCHEMAS).await?, output)
}

/// The same without opening anything for writing.
pub(super) fn dry_run(config: &Config, output: &Output) -> Result<Exit, CliError> {
    super::audit::own_library(config)?;
    let files = schema_versions(&DataDir::new(&config.data_dir));
    let files = files.map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
    tell(&Schemas { files }, output)
}

fn tell(schemas: &Schemas, output: &Output) -> Result<Exit, CliError> {
    output.answer(schemas, |look| render(&schemas.files, look))?;
    if !output.is_json() {
        let is_done = schemas.files.iter().all(|file| file.pending.is_empty());
        output.say(if is_done {
            "nothing is to be done"
        } else {
            "each file is copied, and the copy checked, before its first step: atlas db migrate, or the next start of a \
             server, does it"
        });
    }
    Ok(Exit::Ok)
}

fn render(versions: &[SchemaVersion], look: Look) -> String {
    let rows: Vec<_> = versions
        .iter()
        .map(|file| {
            [
                file.path.display().to_string(),
                file.version
                    .map_or("none".to_owned(), |version| version.to_string()),
                file.newest.to_string(),
                file.pending.join(", "),
            ]
        })
        .collect();
    let columns = [
        whole("FILE"),
        whole("VERSION"),
        whole("NEWEST"),
        text("STEPS TO TAKE"),
    ];
    table(columns, &rows, look)
}
