//! What the numbers of a step stand for: addresses, bytes, tags, texts and conclusions.

use atlas_domain::CanonicalUrl;
use atlas_store::Conclusion;

use crate::fixture::{beginning, canonical, content, failed, link_only, quarantined, rejected};
use crate::model::Ending;

pub(super) fn address(page: usize) -> String {
    format!("host{page}.example/page")
}

pub(super) fn addresses(ending: Ending) -> Vec<CanonicalUrl> {
    match ending {
        Ending::Content {
            alias: Some(page), ..
        } => vec![canonical(&address(page))],
        _ => Vec::new(),
    }
}

pub(super) fn bytes_of(job: usize) -> Vec<u8> {
    format!("the answer to job {job}").into_bytes()
}

pub(super) fn tag_name(tag: usize) -> String {
    format!("tag{tag}")
}

pub(super) fn text_of(text: usize) -> String {
    format!("text number {text}")
}

pub(super) fn conclusion(ending: Ending) -> Conclusion {
    match ending {
        Ending::Content {
            text, partial: false, ..
        } => content(&text_of(text)),
        Ending::Content {
            text, partial: true, ..
        } => beginning(&text_of(text)),
        Ending::Quarantined => quarantined(),
        Ending::Rejected => rejected(),
        Ending::LinkOnly => link_only(),
        Ending::Failed => failed(),
    }
}
