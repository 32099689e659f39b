//! `Screen`: the terminal while the live page is on it. However that ends, also by a panic, the terminal is given back
//! as it was.

use std::io::{Stdout, stdout};
use std::panic::PanicHookInfo;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use tokio::sync::mpsc;

use super::draw::Page;
use crate::error::{CliError, Exit};

type PanicHook = Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// The terminal, until it is dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    before: PanicHook,
}

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To leave.
    Leave,
    /// To leave, as from any other command.
    Interrupt,
    /// To see the page in another size.
    Resize,
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

/// What somebody types, as it comes; the end when nothing can come any more. The thread that reads waits for the
/// terminal, and ends with the process.
pub(super) fn wishes() -> mpsc::UnboundedReceiver<Wish> {
    let (tell, told) = mpsc::unbounded_channel();
    // No task of the runtime: after a panic that would wait for the next key.
    std::thread::spawn(move || {
        while let Ok(event) = read() {
            if wish(&event).is_some_and(|wish| tell.send(wish).is_err()) {
                return;
            }
        }
    });
    told
}

fn wish(event: &Event) -> Option<Wish> {
    match event {
        Event::Key(KeyEvent {
            code,
            modifiers,
            kind,
            ..
        }) if *kind != KeyEventKind::Release => {
            let control = modifiers.contains(KeyModifiers::CONTROL);
            match code {
                KeyCode::Char('c' | 'd') if control => Some(Wish::Interrupt),
                KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Wish::Leave),
                _ => None,
            }
        }
        Event::Resize(..) => Some(Wish::Resize),
        _ => None,
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

fn refused(error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::Failure,
        format!("the terminal does not let itself be drawn on ({error}); `atlas status` says the same once"),
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(KeyCode::Char('q'), KeyModifiers::NONE, Some(Wish::Leave))]
    #[case(KeyCode::Char('Q'), KeyModifiers::SHIFT, Some(Wish::Leave))]
    #[case(KeyCode::Esc, KeyModifiers::NONE, Some(Wish::Leave))]
    #[case(KeyCode::Char('c'), KeyModifiers::CONTROL, Some(Wish::Interrupt))]
    #[case(KeyCode::Char('c'), KeyModifiers::NONE, None)]
    #[case(KeyCode::Enter, KeyModifiers::NONE, None)]
    fn keys_that_leave_and_keys_that_do_not(
        #[case] code: KeyCode,
        #[case] modifiers: KeyModifiers,
        #[case] wanted: Option<Wish>,
    ) {
        assert_eq!(wish(&Event::Key(KeyEvent::new(code, modifiers))), wanted);
    }

    #[test]
    fn another_size_is_shown_at_once() {
        assert_eq!(wish(&Event::Resize(60, 20)), Some(Wish::Resize));
    }
}
