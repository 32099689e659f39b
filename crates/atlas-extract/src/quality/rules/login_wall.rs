//! Pages to log in, register or ask for a password. A login form in a header beside an article is not one:
//! only what stands in the page's own part counts, and only where there is little to read.

use atlas_domain::JunkClass::LoginWall;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{ACCOUNT, ACCOUNT_FIELDS, PASSWORD_FIELDS, PAYWALL, READ_ON};
use super::super::text::{fold, sentences};
use super::{heading_is, share_in_phrases, title_is};
use crate::words::count_words;

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
    text_is_form,
    lines_are_fields,
    title_names_fields,
    text_is_paywall,
    ends_at_wall,
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
    let weight = match ACCOUNT.count_in(case.text()) {
        0 | 1 => return None,
        2 => 0.3,
        _ => 0.5,
    };
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "text_says_account",
        weight,
        case.text(),
    ))
}

/// A form as stored text: its labels are all there is. Sentences about accounts say the same words, among others.
fn text_is_form(case: &Case<'_>) -> Option<Finding> {
    if !case.is_text() || case.page.article_words > 150 || case.prose_words() >= 80 {
        return None;
    }
    let (account, fields) = (
        ACCOUNT.count_in(case.text()),
        ACCOUNT_FIELDS.count_in(case.text()),
    );
    if account == 0 || account + fields < 3 {
        return None;
    }
    let share = share_in_phrases(case, &[&ACCOUNT, &ACCOUNT_FIELDS]);
    let weight = match share {
        share if share >= 0.45 => 1.2,
        share if share >= 0.25 && fields >= 1 && account >= 3 => 0.8,
        _ => return None,
    };
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "text_is_form",
        weight,
        format!(
            "{:.0} % of the words are labels of a form: {}",
            share * 100.0,
            case.text()
        ),
    ))
}

/// The labels of a form as lines of a stored text, among the menus of its page.
fn lines_are_fields(case: &Case<'_>) -> Option<Finding> {
    let fields = FormLines::of(case)?;
    let weight = match (&fields.password, fields.seen.len()) {
        (Some(_), _) => 0.7,
        (None, 4..) if fields.has_field => 0.5,
        _ => return None,
    };
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "lines_are_fields",
        weight,
        fields.seen.join(", "),
    ))
}

/// What `title_names_form` says, of a form that is lines of a stored text.
fn title_names_fields(case: &Case<'_>) -> Option<Finding> {
    let fields = FormLines::of(case)?;
    let named = title_is(case, &ACCOUNT, 4).or_else(|| heading_is(case, &ACCOUNT, 5))?;
    (fields.seen.len() >= 2).then(|| Finding::junk(LoginWall, Level::Html, "title_names_fields", 0.5, named))
}

/// The lines of a stored text that are labels of a form.
struct FormLines {
    seen: Vec<&'static str>,
    has_field: bool,
    password: Option<&'static str>,
}

impl FormLines {
    /// Looks at texts that are stored without their markup, and are not mostly sentences.
    fn of(case: &Case<'_>) -> Option<Self> {
        let is_candidate = case.is_text() && !case.is_short_by_kind();
        if !is_candidate || case.page.article_words > 400 || case.prose_words() >= MORE_THAN_A_FORM_WORDS {
            return None;
        }
        let mut lines = Self {
            seen: Vec::new(),
            has_field: false,
            password: None,
        };
        for line in case
            .article
            .text
            .lines()
            .take(300)
            .filter(|line| line.len() <= 120)
        {
            let line = fold(line);
            let field = ACCOUNT_FIELDS.filling(&line, 1);
            lines.has_field |= field.is_some();
            lines.password = lines.password.or_else(|| PASSWORD_FIELDS.filling(&line, 1));
            lines.seen.extend(field.or_else(|| ACCOUNT.filling(&line, 2)));
        }
        lines.seen.extend(lines.password);
        lines.seen.sort_unstable();
        lines.seen.dedup();
        Some(lines)
    }
}

/// A stored text of a few sentences that ends with the offer of a subscription. Of a longer beginning there is something to
/// keep: see `breaks_off`.
fn ends_at_wall(case: &Case<'_>) -> Option<Finding> {
    const FEW_SENTENCES_WORDS: u32 = 100;
    if !case.is_stored() || case.page.article_words >= FEW_SENTENCES_WORDS || text_is_paywall(case).is_some()
    {
        return None;
    }
    let text = case.article.text.trim_end();
    let tail = fold(&text[text.floor_char_boundary(text.len().saturating_sub(300))..]);
    let offers = PAYWALL
        .first_in(&tail)
        .filter(|_| case.page.article_words < 60 && PAYWALL.count_in(&tail) >= 2);
    let call = READ_ON.first_in(&tail).or(offers)?;
    Some(Finding::junk(LoginWall, Level::Text, "ends_at_wall", 1.5, call))
}

/// Much of a short text asks to pay or to register: what is left is not the article.
fn text_is_paywall(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    if words == 0 || words > 200 || case.page.main_words > 400.max(words * 2) || case.is_short_by_kind() {
        return None;
    }
    let mut said = Vec::new();
    let mut asking = 0;
    for sentence in case.article.text.lines().flat_map(sentences) {
        let folded = fold(sentence);
        let found = [READ_ON.first_in(&folded), PAYWALL.first_in(&folded)];
        if found.iter().any(Option::is_some) {
            said.extend(found.into_iter().flatten());
            asking += count_words(sentence);
        }
    }
    said.sort_unstable();
    said.dedup();
    let share = asking as f32 / words as f32;
    // An article about such walls quotes them among words of its own.
    if share_in_phrases(case, &[&READ_ON, &PAYWALL]) < 0.12 {
        return None;
    }
    let weight = match (said.len(), share) {
        (3.., share) if share >= 0.3 => 1.2,
        (2.., share) if share >= 0.35 => 1.2,
        (1.., share) if share >= 0.35 && words <= 80 => 0.7,
        _ => return None,
    };
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "text_is_paywall",
        weight,
        format!("{:.0} % of the text: {}", share * 100.0, said.join(", ")),
    ))
}
