//! The arguments of the commands that reach the library in their own way, or not at all: `serve`, `demo`,
//! `extract`, `config` and `completions`. What they do is not here.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

pub(super) const SERVE_EXAMPLES: &str = "Examples:\n  \
    atlas serve\n  \
    atlas serve --bind 127.0.0.1:8080";

pub(super) const DEMO_EXAMPLES: &str = "Examples:\n  \
    atlas demo\n  \
    atlas demo --exit";

pub(super) const EXTRACT_EXAMPLES: &str = "Examples:\n  \
    atlas extract page.html --url https://example.com/page\n  \
    curl -s https://example.com/page | atlas extract - --url https://example.com/page\n  \
    atlas extract pages/ --jsonl --urls gold.jsonl";

pub(super) const CONFIG_EXAMPLES: &str = "Examples:\n  \
    atlas config show\n  \
    atlas config show --origin";

pub(super) const COMPLETIONS_EXAMPLES: &str = "Examples:\n  \
    atlas completions bash > ~/.local/share/bash-completion/completions/atlas\n  \
    atlas completions zsh > ~/.zfunc/_atlas\n  \
    atlas completions fish > ~/.config/fish/completions/atlas.fish";

/// `atlas serve`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArgs {
    #[arg(
        long,
        value_name = "ADDR:PORT",
        help = "Where to listen for HTTP; loopback only [env: ATLAS_SERVER_BIND]"
    )]
    pub(crate) bind: Option<String>,
}

/// `atlas demo`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DemoArgs {
    /// End after the tour instead of serving until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
    /// Where to listen for HTTP; loopback only
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) bind: Option<String>,
}

/// `atlas extract`
#[derive(Debug, Clone, Args)]
pub(crate) struct ExtractArgs {
    /// Files, directories of `.html` and `.html.gz` files, addresses, or `-` for standard input
    #[arg(value_name = "FILE|DIR|URL|-", required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// The address of the page, for absolute links and metadata
    #[arg(long, value_name = "URL", conflicts_with = "urls")]
    pub(crate) url: Option<String>,
    /// JSON Lines with the `id` (the file's name without its ending) and the `url` of each page
    #[arg(long, value_name = "GOLD")]
    pub(crate) urls: Option<PathBuf>,
    /// Print one line of JSON a page
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Which extractor decides
    #[arg(long, value_enum, default_value_t)]
    pub(crate) engine: EngineChoice,
}

/// Which extractor decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// The first candidate, with a second opinion where the first is doubtful
    #[default]
    Selected,
    /// The crate `trafilatura` in its balanced mode alone
    Trafilatura,
}

impl From<EngineChoice> for atlas_extract::Engine {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Selected => Self::Selected,
            EngineChoice::Trafilatura => Self::Trafilatura,
        }
    }
}

/// `atlas config`
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

/// What to do about the configuration.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value
    Show {
        /// Say where each value came from
        #[arg(long)]
        origin: bool,
    },
    /// Let the running server read its configuration again
    Reload,
}

/// `atlas completions`
#[derive(Debug, Clone, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
