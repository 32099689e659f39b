//! What a program left where content should be: the message of a failed fetch, a placeholder, the name of nothing.
//!
//! Articles quote such messages, and explain them in sentences: a text that has those is not judged here.

use std::sync::LazyLock;

use atlas_domain::JunkClass::{Error, Stub};
use regex::Regex;
use serde_json::Value;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{FETCH_FAILED, FILLERS, NO_CONTENT, NOTHING, NOTHING_OF_PROGRAMS};
use super::super::text::fold;
use crate::words::count_words;

/// Somebody who explains a message does it in so many words.
const EXPLAINED_WORDS: u32 = 60;
/// A message stands at the beginning.
const MESSAGE_BYTES: usize = 240;
/// Answers of interfaces are small; larger data is data.
const MAX_JSON_BYTES: usize = 20_000;

/// What only programs write: names of exceptions, traces, messages of fetching tools, values printed as source.
static MACHINE_MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)Traceback \(most recent call last\)",
        r"|^\W{0,3}(?:[A-Za-z_][\w$]*\.)+[A-Z]\w*(?:Error|Exception|Timeout|Warning|Refused|Failure)\b",
        r"|^\W{0,3}[A-Z][a-z]\w*[a-z](?:Error|Exception|Timeout)\s*[:(]",
        r"|^\W{0,3}(?:URLError|HTTPError|SSLError|IOError|OSError|DNSError|EOFError|SSLException|IOException)\b",
        r"|\b(?:HTTPS?ConnectionPool|MaxRetryError|NewConnectionError)\(",
        r"|\b(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|EPIPE|ENOENT)\b",
        r"|\b(?:net::)?ERR_[A-Z]+_[A-Z_]+\b|\bNS_ERROR_[A-Z_]+|CERTIFICATE_VERIFY_FAILED|\[Errno -?\d+\]",
        r"|^\W{0,3}curl: ?\(\d+\)|^wget: |^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--  ?\w+://|^fatal: unable to access",
        r"|^\W{0,3}HTTP/[123](?:\.[01])? [45]\d\d\b|\b[45]\d\d (?:Client|Server) Error\b",
        r"|\b(?i:HTTP(?:S)?|status|server|response|fetch|request|download)\W{0,2}(?i:error|status|code|status code|failed|returned)?\W{0,3}(?:code\W{0,2})?[45]\d\d\b",
        r"|<Response \[\d+\]>|<[\w.]+(?: \w+)? object at 0x[0-9a-fA-F]+>|<(?:bound method|function|class|built-in|generator object|coroutine object) [^>]{1,80}>",
        r"|^(?:PHP )?(?:Fatal error|Parse error|Warning|Notice|Deprecated)\b.{1,160} on line \d+|SQLSTATE\[|\bORA-\d{5}\b",
        r#"|^\s*File "[^"]{1,120}", line \d+|^\s*at [\w.$<>]+ ?\([^)]{1,120}:\d+(?::\d+)?\)|panicked at |^goroutine \d+ \["#,
        r"|^\W{0,3}(?i:error|exception|failed)\W{1,3}(?i:timeout|timed out|null|undefined|none|unknown)\W*$",
        r"|\bException in thread\b|\bUncaught \(?(?:[\w\\]+)?(?:Error|Exception)\b|\bat [\w.$<>]+ ?\([^()\s]{1,120}:\d+(?::\d+)?\)",
        r#"|\bFile "[^"]{1,120}", line \d+, in \b|#0 /[^\s]{1,160}\(\d+\)|:\d+:in [`']|\.p[lm] line \d+\b|\bthrown in /[^\s]+ on line \d+"#,
        r"|\b(?:[a-z_]\w*\.)+[A-Z]\w*(?:Error|Exception)\b",
        r"|\b(?:Segmentation fault|core dumped|Connection refused\)|getaddrinfo)\b|<Error><Code>",
    ))
    .expect("the pattern is a constant")
});

/// "Error 404", "HTTP 503 Service Unavailable", alone or before a short explanation.
static STATUS_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\W{0,3}(?i:(?:an? )?(?:http )?(?:error|fehler|erreur|errore|erro|fout|błąd|ошибка|hata|エラー|错误|錯誤|오류)(?: code)?)\W{0,3}[45]\d\d\b",
    )
    .expect("the pattern is a constant")
});

/// "Error:" and "[ERROR]" at the beginning of a message.
static ERROR_PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\W{0,3}(?i:error|exception|failed|failure|fatal|timeout|fehler|erreur|errore|erro|fout|błąd|ошибка|hata|خطأ|エラー|错误|錯誤|오류)\s?[\]:：!)]",
    )
    .expect("the pattern is a constant")
});

/// The keys by which interfaces say that something failed.
const ERROR_KEYS: &[&str] = &[
    "error",
    "errors",
    "err",
    "error_message",
    "errormessage",
    "error_code",
    "errorcode",
    "error_description",
    "exception",
    "fault",
    "traceback",
    "stacktrace",
    "detail",
];

pub(super) const RULES: &[Rule] = &[
    text_is_machine_message,
    text_is_error_object,
    text_says_fetch_failed,
    text_is_placeholder,
    text_is_filler,
];

fn text_is_machine_message(case: &Case<'_>) -> Option<Finding> {
    if is_explained(case) || case.page.article_words > 600 {
        return None;
    }
    let beginning = beginning(case);
    let found = MACHINE_MESSAGE.find(beginning).or_else(|| {
        STATUS_LINE
            .find(beginning)
            .filter(|_| case.page.article_words < 40)
    })?;
    // A sentence may lead to it; a message has none before it.
    let weight = if count_words(&beginning[..found.start()]) <= 8 {
        1.2
    } else {
        0.7
    };
    Some(remnant(Error, "text_is_machine_message", weight, found.as_str()))
}

/// `{"error": ...}`, as JSON or as a program prints a value that it holds.
fn text_is_error_object(case: &Case<'_>) -> Option<Finding> {
    let text = case.article.text.trim();
    if !text.starts_with(['{', '[']) || text.len() > MAX_JSON_BYTES || case.page.article_words > 200 {
        return None;
    }
    let says_error = match serde_json::from_str::<Value>(text) {
        Ok(value) => is_error_value(&value),
        Err(_) => ERROR_KEYS.iter().any(|key| {
            let start = &text[..text.floor_char_boundary(MESSAGE_BYTES)].to_lowercase();
            text.ends_with(['}', ']'])
                && (start.contains(&format!("'{key}':")) || start.contains(&format!("\"{key}\":")))
        }),
    };
    says_error.then(|| remnant(Error, "text_is_error_object", 1.2, text))
}

fn is_error_value(value: &Value) -> bool {
    let object = match value {
        Value::Array(values) => values.first().and_then(Value::as_object),
        value => value.as_object(),
    };
    object.is_some_and(|object| {
        let failed = |key: &str| object.get(key).and_then(Value::as_bool) == Some(false);
        let status = [
            "status",
            "code",
            "statusCode",
            "status_code",
            "http_status",
            "httpStatus",
        ]
        .iter()
        .find_map(|key| object.get(*key));
        let is_bad_status = status.is_some_and(|status| match status {
            Value::Number(number) => number.as_u64().is_some_and(|number| (400..600).contains(&number)),
            Value::String(word) => {
                matches!(
                    word.to_lowercase().as_str(),
                    "error" | "fail" | "failed" | "failure" | "timeout"
                ) || word
                    .parse::<u16>()
                    .is_ok_and(|number| (400..600).contains(&number))
            }
            _ => false,
        });
        let names_error = object
            .iter()
            .any(|(key, value)| ERROR_KEYS.contains(&key.to_lowercase().as_str()) && !is_nothing(value));
        is_bad_status || names_error || failed("success") || failed("ok")
    })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn text_says_fetch_failed(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    if is_explained(case) || words > 80 {
        return None;
    }
    let beginning = beginning(case);
    let folded = fold(beginning);
    let phrase = FETCH_FAILED
        .first_in(&folded)
        .or_else(|| NO_CONTENT.first_in(&folded))?;
    let phrases = FETCH_FAILED.count_in(&folded) + NO_CONTENT.count_in(&folded);
    let at = folded.find(phrase).unwrap_or_default();
    let words_before = count_words(&folded[..at]);
    let is_marked = ERROR_PREFIX.is_match(beginning) || beginning.starts_with(['[', '<', '{', '(']);
    let names_address = beginning.contains("://");
    let fills = words <= count_words(phrase) + 2;
    if case.is_short_by_kind() {
        // People write "failed to load the van" into their notes.
        let is_message = fills || is_marked || names_address && words_before <= 3;
        return is_message.then(|| remnant(Error, "text_says_fetch_failed", 1.2, phrase));
    }
    let weight = match words_before {
        _ if fills || is_marked || phrases >= 2 => 1.2,
        0..=3 if words <= 30 || names_address => 1.0,
        0..=8 if words <= 40 => 0.7,
        _ => return None,
    };
    Some(remnant(Error, "text_says_fetch_failed", weight, phrase))
}

/// A stored text of some words that stands where another is to come.
fn text_is_filler(case: &Case<'_>) -> Option<Finding> {
    const SOME_WORDS: u32 = 120;
    if !case.is_stored() || case.page.article_words >= SOME_WORDS {
        return None;
    }
    let (phrase, times) = (FILLERS.first_in(case.text())?, FILLERS.count_in(case.text()));
    // People write one of them into their notes.
    if case.is_short_by_kind() && (times < 2 || case.page.article_words < 12) {
        return None;
    }
    let weight = if times >= 2 || case.page.article_words < 40 {
        1.2
    } else {
        0.6
    };
    Some(remnant(Stub, "text_is_filler", weight, phrase))
}

fn text_is_placeholder(case: &Case<'_>) -> Option<Finding> {
    let text = case.article.text.trim();
    if text.len() > 60 {
        return None;
    }
    let folded = fold(text);
    let by_program = NOTHING_OF_PROGRAMS.contains(&folded.as_str());
    let is_nothing = by_program
        || NOTHING.contains(&folded.as_str()) && !case.is_short_by_kind()
        || !text.is_empty() && folded.is_empty() && text.starts_with(['{', '[', '<', '(']);
    is_nothing.then(|| remnant(Stub, "text_is_placeholder", 1.2, text))
}

/// No person writes it, so it counts whatever the row is.
fn remnant(class: atlas_domain::JunkClass, code: &str, weight: f32, evidence: &str) -> Finding {
    Finding {
        by_program: true,
        ..Finding::junk(class, Level::Text, code, weight, evidence)
    }
}

fn is_explained(case: &Case<'_>) -> bool {
    case.prose_words() >= EXPLAINED_WORDS || case.page.embedded_words >= EXPLAINED_WORDS
}

fn beginning<'c>(case: &'c Case<'_>) -> &'c str {
    let text = case.article.text.trim_start();
    &text[..text.floor_char_boundary(MESSAGE_BYTES)]
}
