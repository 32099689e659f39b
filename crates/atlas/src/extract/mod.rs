//! `atlas extract`: what Atlas would make of a page, without saving it. The same child processes, extractor and
//! gate as ingestion.

mod inputs;
mod output;

use std::collections::VecDeque;
use std::sync::Arc;

use atlas_app::extraction::{ExtractFailure, ExtractorPool};
use atlas_extract::{Engine, Extracted, FetchSignals, PageInput};
use tokio::task::JoinHandle;

use crate::cli::args::ExtractArgs;
use crate::compose::{extractor, page_fetcher};
use crate::config::Config;
use crate::error::{CliError, Exit};
use inputs::{Input, Page, Unread};
use output::{print, print_unread};

/// A page on its way, with what is known about it before it is looked at.
type Extraction = JoinHandle<(Page, Result<Extracted, ExtractFailure>)>;

/// What has yet to be printed, in the order of the inputs.
enum Waiting {
    Extraction(Extraction),
    Unread(Unread),
}

/// Extracts files, folders, addresses, or standard input.
pub(crate) async fn run(config: &Config, args: &ExtractArgs) -> Result<Exit, CliError> {
    let engine = args.engine.into();
    let as_lines = args.jsonl || args.inputs.iter().any(|input| input.is_dir());
    let inputs = inputs::collect(&args.inputs, args.url.as_deref(), args.urls.as_deref())?;
    let needs_network = inputs.iter().any(Input::is_address);
    let fetcher = if needs_network {
        Some(page_fetcher(config)?)
    } else {
        None
    };
    let pool = Arc::new(extractor(config));
    let mut waiting: VecDeque<Waiting> = VecDeque::new();
    let mut failed = 0_usize;
    let total = inputs.len();
    for input in inputs {
        if waiting.len() >= config.extraction_processes * 2 {
            failed += finish(waiting.pop_front(), as_lines).await?;
        }
        match input.read(fetcher.as_deref()).await {
            Ok(page) => waiting.push_back(Waiting::Extraction(start(Arc::clone(&pool), page, engine))),
            Err(unread) if total == 1 && !as_lines => return Err(unread.error),
            Err(unread) => waiting.push_back(Waiting::Unread(unread)),
        }
    }
    while !waiting.is_empty() {
        failed += finish(waiting.pop_front(), as_lines).await?;
    }
    pool.shutdown().await;
    Ok(match failed {
        0 => Exit::Ok,
        n if n == total => Exit::Failure,
        _ => Exit::Partial,
    })
}

fn start(pool: Arc<ExtractorPool>, mut page: Page, engine: Engine) -> Extraction {
    let input = PageInput {
        bytes: std::mem::take(&mut page.bytes),
        url: page.url.clone(),
        content_type: page.content_type.clone(),
        engine,
    };
    tokio::spawn(async move {
        let extracted = pool.extract(input).await;
        (page, extracted)
    })
}

/// Prints the oldest page. A page that cannot be read or extracted still has its line, which says why.
async fn finish(waiting: Option<Waiting>, as_lines: bool) -> Result<usize, CliError> {
    let extraction = match waiting {
        Some(Waiting::Extraction(extraction)) => extraction,
        Some(Waiting::Unread(unread)) => return print_unread(&unread, as_lines),
        None => return Ok(0),
    };
    let (page, extracted) = extraction.await.map_err(|_| CliError::unexpected())?;
    let verdict = extracted.as_ref().ok().map(|extracted| {
        let signals = match &page.snapshot {
            Some(snapshot) => FetchSignals::of(snapshot),
            None => FetchSignals::given(page.url.as_deref()),
        };
        atlas_extract::judge(&signals, extracted)
    });
    print(&page, &extracted, verdict, as_lines)
}
