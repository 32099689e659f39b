//! `Screen`: the terminal while the live page is on it. However that ends, also by a panic, the terminal is given back
//! as it was. What is typed is read in `keys`.

use std::io::{Stdout, stdout};
use std::panic::PanicHookInfo;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::draw::Page;
use crate::error::{CliError, Exit};

type PanicHook = Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// The terminal, until it is dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    before: PanicHook,
}

impl Screen {
    pub(super) fn open() -> Result<Self, CliError> {
        enable_raw_mode().map_err(|error| refused(&error))?;
        // Made at once, so that whatever fails from here on gives the terminal back.
        let screen = Self {
            terminal: Terminal::new(CrosstermBackend::new(stdout())).map_err(|error| {
                give_back();
                refused(&error)
            })?,
            before: show_panics_on_the_usual_screen(),
        };
        // Not by `Terminal::clear`: it asks the terminal where its cursor is, and fails where that is not answered.
        execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), Hide)?;
        Ok(screen)
    }

    /// How many columns it has now.
    pub(super) fn columns(&self) -> u16 {
        self.terminal.size().map_or(80, |size| size.width)
    }

    /// Tells whenever it is another size.
    pub(super) fn resizes() -> Result<Signal, CliError> {
        Ok(signal(SignalKind::window_change())?)
    }

    pub(super) fn show(&mut self, page: &Page<'_>) -> Result<(), CliError> {
        self.terminal.draw(|frame| page.draw(frame))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
        if !std::thread::panicking() {
            let before = Arc::clone(&self.before);
            std::panic::set_hook(Box::new(move |panic| before(panic)));
        }
    }
}

/// A message that is written to the page is gone with it.
fn show_panics_on_the_usual_screen() -> PanicHook {
    let before: PanicHook = Arc::from(std::panic::take_hook());
    let then = Arc::clone(&before);
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        then(panic);
    }));
    before
}

/// If the terminal has gone there is nobody to tell.
fn give_back() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

pub(super) fn refused(error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::Failure,
        format!("the terminal does not let itself be drawn on ({error}); `atlas status` says the same once"),
    )
}
