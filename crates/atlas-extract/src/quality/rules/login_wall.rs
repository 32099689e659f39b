//! Pages to log in, register or ask for a password. A login form in a header beside an article is not one:
//! only what stands in the page's own part counts, and only where there is little to read.

use atlas_domain::JunkClass::LoginWall;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::ACCOUNT;
use super::{heading_is, title_is};

/// With this many words in sentences the page is more than its form.
const MORE_THAN_A_FORM_WORDS: u32 = 200;

pub(super) const RULES: &[Rule] = &[
    landed_on_login,
    address_is_login,
    asks_for_password,
    submits_account_form,
    is_mostly_form,
    title_says_account,
    heading_says_account,
    title_names_form,
    text_says_account,
];

fn landed_on_login(case: &Case<'_>) -> Option<Finding> {
    (case.fetch.landed == Some(Landing::Login)).then(|| {
        Finding::junk(
            LoginWall,
            Level::Fetch,
            "landed_on_login",
            0.9,
            &case.fetch.final_url,
        )
    })
}

fn address_is_login(case: &Case<'_>) -> Option<Finding> {
    (case.fetch.requested == Some(Landing::Login)).then(|| {
        Finding::junk(
            LoginWall,
            Level::Fetch,
            "address_is_login",
            0.5,
            &case.fetch.requested_url,
        )
    })
}

fn asks_for_password(case: &Case<'_>) -> Option<Finding> {
    let fields = case.page.forms.main_passwords;
    if fields == 0 || case.prose_words() >= MORE_THAN_A_FORM_WORDS {
        return None;
    }
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "asks_for_password",
        0.7,
        format!("{fields} password fields"),
    ))
}

fn submits_account_form(case: &Case<'_>) -> Option<Finding> {
    let forms = &case.page.forms;
    if forms.main_fields + forms.main_passwords == 0 || case.prose_words() >= MORE_THAN_A_FORM_WORDS {
        return None;
    }
    let label = forms
        .submit_labels
        .iter()
        .find(|label| ACCOUNT.filling(label, 2).is_some())?;
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "submits_account_form",
        0.5,
        label,
    ))
}

fn is_mostly_form(case: &Case<'_>) -> Option<Finding> {
    let forms = &case.page.forms;
    let fields = forms.main_fields + forms.main_passwords;
    if forms.account_fields == 0 || case.prose_words() >= 80 || fields * 40 < case.page.main_words {
        return None;
    }
    let evidence = format!("{fields} fields, {} words", case.page.main_words);
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "is_mostly_form",
        0.4,
        evidence,
    ))
}

fn title_says_account(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &ACCOUNT, 4)?;
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "title_says_account",
        0.5,
        part,
    ))
}

fn heading_says_account(case: &Case<'_>) -> Option<Finding> {
    let heading = heading_is(case, &ACCOUNT, 5)?;
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "heading_says_account",
        0.5,
        heading,
    ))
}

/// A title or heading about accounts, above a form that asks for one: each alone is common, together they are
/// the purpose of the page.
fn title_names_form(case: &Case<'_>) -> Option<Finding> {
    if case.page.forms.account_fields == 0 || case.prose_words() >= MORE_THAN_A_FORM_WORDS {
        return None;
    }
    let named = title_is(case, &ACCOUNT, 4).or_else(|| heading_is(case, &ACCOUNT, 5))?;
    Some(Finding::junk(
        LoginWall,
        Level::Html,
        "title_names_form",
        0.5,
        named,
    ))
}

fn text_says_account(case: &Case<'_>) -> Option<Finding> {
    let forms = &case.page.forms;
    if forms.main_fields + forms.main_passwords + forms.other_passwords == 0 {
        return None;
    }
    if case.prose_words() >= MORE_THAN_A_FORM_WORDS || case.page.article_words > 200 {
        return None;
    }
    let weight = match ACCOUNT.count_in(&case.text) {
        0 | 1 => return None,
        2 => 0.3,
        _ => 0.5,
    };
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "text_says_account",
        weight,
        &case.text,
    ))
}
