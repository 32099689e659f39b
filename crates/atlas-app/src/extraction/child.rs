//! The child's side: limits itself, then extracts one page after another until the parent is gone.
//!
//! It must not open files or connections (its own limits see to that), and must not outlive its parent: the
//! thread that reads notices the end of the pipe even while a page hangs.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};

use atlas_domain::panic_message;
use atlas_extract::PageInput;

use super::limits::{ChildLimits, STACK_BYTES};
use super::protocol::{Greeting, Receipt, Reply, VERSION, read_page, read_value, write_value};

/// A panic may repeat a part of the page; so much of it is enough to find the place.
const PANIC_CHARS: usize = 500;

/// Serves the pool that started this process. Returns when the pool closes the pipe; the process must then end.
pub fn run_child() -> io::Result<()> {
    let mut requests = io::stdin().lock();
    let mut receipts = take_stdout()?;
    // A second handle, made while files may still be opened; the two threads never write at the same time.
    let mut replies = receipts.try_clone()?;
    let Some(limits) = read_value::<ChildLimits>(&mut requests)? else {
        return Ok(());
    };
    limits.apply()?;
    write_value(
        &mut receipts,
        &Greeting {
            version: VERSION.to_owned(),
        },
    )?;
    let (pages, queue) = channel();
    std::thread::Builder::new()
        .name("extract".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || serve(&queue, &mut replies, limits))?;
    while let Some(page) = read_page(&mut requests, limits.max_page_bytes)? {
        write_value(
            &mut receipts,
            &Receipt {
                page_bytes: page.bytes.len(),
            },
        )?;
        if pages.send(page).is_err() {
            break;
        }
    }
    Ok(())
}

/// Replies go to the pipe that standard output was; whatever a library prints goes to standard error.
fn take_stdout() -> io::Result<File> {
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(File::from(pipe))
}

/// Ends when the pages end, or when a reply cannot be sent because the parent is gone.
fn serve(pages: &Receiver<PageInput>, replies: &mut File, limits: ChildLimits) {
    for page in pages {
        let answered = limits
            .renew_cpu()
            .and_then(|()| write_value(replies, &reply(&page)));
        if answered.is_err() {
            break;
        }
    }
}

fn reply(page: &PageInput) -> Reply {
    // The page's own data is dropped and the parent replaces this process: nothing half-done is used again.
    let extracted = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "failpoints")]
        super::faults::provoke(page);
        atlas_extract::extract(page)
    }));
    match extracted {
        Ok(extracted) => Reply::Extracted(Box::new(extracted)),
        Err(panic) => Reply::Panicked(panic_message(panic.as_ref()).chars().take(PANIC_CHARS).collect()),
    }
}
