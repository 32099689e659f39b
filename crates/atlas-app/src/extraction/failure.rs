//! Why a page could not be extracted, and how to tell from what is left of a child process.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Signal;

/// A page that was not extracted. The page's neighbours are not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExtractFailure {
    /// What happened.
    pub fault: ExtractFault,
    /// A sentence for people.
    pub message: String,
}

/// What happened to an extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExtractFault {
    /// It was not done at its deadline.
    Timeout,
    /// It needed more memory than it may have.
    Memory,
    /// It overflowed its stack.
    Stack,
    /// It used more processor time than it may.
    Cpu,
    /// It panicked, was killed from outside, or broke off in another way.
    Crashed,
    /// The page is larger than what is extracted at all.
    TooLarge,
    /// No child process could be started, or the pool is shutting down: not the page's fault.
    Unavailable,
}

impl ExtractFault {
    /// The stable reason code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timeout => "extract_timeout",
            Self::Memory => "extract_memory",
            Self::Stack => "extract_stack",
            Self::Cpu => "extract_cpu",
            Self::Crashed => "extract_crashed",
            Self::TooLarge => "extract_too_large",
            Self::Unavailable => "extract_unavailable",
        }
    }
}

impl ExtractFailure {
    pub(super) fn new(fault: ExtractFault, message: impl Into<String>) -> Self {
        Self {
            fault,
            message: message.into(),
        }
    }

    /// The stable reason code.
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// From how a child died and the last words it wrote to its standard error. The Rust runtime says there
    /// what it aborts for; the signal alone would not tell a full memory from a full stack.
    pub(super) fn of_death(status: Option<ExitStatus>, last_words: &str) -> Self {
        let signal = status.and_then(|status| status.signal());
        if signal == Some(Signal::XCPU.as_raw()) {
            Self::new(
                ExtractFault::Cpu,
                "extraction used more processor time than it may",
            )
        } else if last_words.contains("has overflowed its stack") {
            Self::new(
                ExtractFault::Stack,
                "the page is nested too deeply: extraction overflowed its stack",
            )
        } else if last_words.contains("memory allocation of") {
            Self::new(
                ExtractFault::Memory,
                "extraction needed more memory than it may have",
            )
        } else {
            Self::new(
                ExtractFault::Crashed,
                format!("extraction broke off: {}", ending(status, signal, last_words)),
            )
        }
    }
}

fn ending(status: Option<ExitStatus>, signal: Option<i32>, last_words: &str) -> String {
    let how = match (status, signal) {
        (_, Some(signal)) if signal == Signal::KILL.as_raw() => {
            "its process was killed from outside, perhaps because the machine ran out of memory".to_owned()
        }
        (_, Some(signal)) => format!("its process was ended by signal {signal}"),
        (Some(status), None) => format!("its process ended with {status}"),
        (None, None) => "its process did not end by itself".to_owned(),
    };
    match last_words.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("{how} ({})", line.trim().chars().take(200).collect::<String>()),
        None => how,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn died_of(signal: Signal) -> ExitStatus {
        ExitStatus::from_raw(signal.as_raw())
    }

    #[test]
    fn tells_causes_of_death_apart() {
        let fault = |signal, words| ExtractFailure::of_death(Some(died_of(signal)), words).fault;
        assert_eq!(fault(Signal::XCPU, ""), ExtractFault::Cpu);
        assert_eq!(
            fault(Signal::ABORT, "thread 'extract' has overflowed its stack\n"),
            ExtractFault::Stack
        );
        assert_eq!(
            fault(Signal::ABORT, "memory allocation of 4096 bytes failed\n"),
            ExtractFault::Memory
        );
        assert_eq!(fault(Signal::KILL, ""), ExtractFault::Crashed);
        assert_eq!(fault(Signal::SEGV, "no idea\n"), ExtractFault::Crashed);
    }

    #[test]
    fn quotes_the_last_line_of_what_a_child_said() {
        let failure =
            ExtractFailure::of_death(Some(ExitStatus::from_raw(256)), "first\nError: no such file\n\n");
        assert!(
            failure.message.contains("exit status: 1 (Error: no such file)"),
            "{}",
            failure.message
        );
    }
}
