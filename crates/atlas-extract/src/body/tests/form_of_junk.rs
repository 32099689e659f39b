//! What is told by its form and by what its words are about, not by known phrases; and what looks like it and is kept.

use rstest::rstest;

use super::{Row, shown};
use crate::{BodyKind, Standing};

fn must_stand(row: Row<'_>, standing: Standing) {
    let (verdict, assessment) = row.judged();
    assert_eq!(assessment.standing, standing, "{}", shown(&verdict));
}

fn must_not_be_junk(row: Row<'_>) {
    let (verdict, assessment) = row.judged();
    assert_ne!(assessment.standing, Standing::Junk, "{}", shown(&verdict));
}

#[rstest]
#[case::error(
    "Whatever happened here, it was not your fault. Our servers are having a bad day and the page that you requested did not make it. Please reload your browser \
     in a moment, and contact our support team if the error is still there."
)]
#[case::wall(
    "You have been enjoying our articles. From here on the content of this site is available to members, so please create your account, choose a subscription and \
     continue in your browser. You can cancel online whenever you like."
)]
#[case::dutch(
    "Deze pagina is op dit moment niet bereikbaar. Onze server kan uw aanvraag niet verwerken. Vernieuw de pagina in uw browser, controleer uw verbinding met het \
     internet, en neem contact op met de beheerder van de website als de fout blijft."
)]
#[case::russian(
    "Ваш браузер отправил запрос, который наш сервер не смог обработать. Пожалуйста, обновите страницу и проверьте подключение к интернету. Если ошибка \
     повторится, обратитесь к администратору сайта."
)]
fn a_page_that_speaks_of_itself_to_its_visitor_is_junk(#[case] body: &str) {
    must_stand(Row::page(body), Standing::Junk);
    must_stand(Row::short(body), Standing::Junk);
}

#[rstest]
#[case::instructions(
    "Reset a mailbox: open the admin panel, choose Users, click the account, and press Reset. The user gets an email with a link that is valid for a day. If the link \
     has expired, send it again from the same page. Nobody in the office can see the new password, and that is on purpose."
)]
#[case::moving_a_blog(
    "To move the blog I exported the database, copied the uploads and pointed the domain at the new server. The first request failed because the certificate was for \
     the old name. After a restart the page loaded, and even the comments from 2009 were there."
)]
#[case::release(
    "Version 2.4 adds a cache for requests and drops the old proxy setting. Timeouts are now per host. The command line client reads its password from a file, so that \
     scripts need no prompt. Two bugs in the parser for headers are fixed."
)]
#[case::news_about_a_company(
    "The paper said on Monday that it will drop its paywall for local news in May. Readers outside the county pay as before. The publisher expects to lose a tenth of \
     its subscribers, and hopes for advertising from shops that left years ago."
)]
#[case::event(
    "The choir sings on Sunday at five in the old brewery, with songs from the harbour and two that nobody has heard since the war. Doors open at four. Tickets are \
     eight euros, or six with a card. Please register by email, because there are only ninety chairs."
)]
#[case::german_note(
    "Der neue Router steht im Flur. Das Netz heißt wie das alte, nur mit einer Zwei am Ende, und der Zettel klebt unten am Gerät. Wenn es nachts langsam ist, liegt es \
     am Nachbarn, der dann seine Filme lädt."
)]
fn notes_and_news_about_pages_are_kept(#[case] body: &str) {
    must_not_be_junk(Row::page(body));
    must_stand(Row::short(body), Standing::Keep);
}

const HEADLINES: &str = "Home News Opinion Council votes on the new Bridge over the Lock Storks return to the Marsh after ten Years Why the Ferry stops at Noon \
     Sports Rowers win in Ghent Culture A Museum for Nets and Ropes Newsletter Contact Privacy Policy Log in Subscribe";

/// Whether it has kept its lines or not.
#[rstest]
#[case::in_one_line(HEADLINES, Standing::Junk)]
#[case::spoken_german(
    "und dann sind wir mit dem Boot über den See gefahren und die Kinder saßen vorne und der Hund lag auf dem Seil und keiner hat gemerkt dass der Wind gedreht hat \
     und das Wasser kam schon über den Rand",
    Standing::Keep
)]
fn headlines_that_have_lost_their_lines_are_junk(#[case] body: &str, #[case] standing: Standing) {
    must_stand(Row::page(body), standing);
    must_stand(
        Row {
            kind: BodyKind::Article,
            ..Row::page(body)
        },
        standing,
    );
}

#[test]
fn titles_of_books_in_lines_are_kept() {
    let books = "The Old Man and the Sea\nThe Wind in the Willows\nA Room of One's Own\nThe Heart is a Lonely Hunter\nThe Sound and the Fury\n\
        Far from the Madding Crowd\nThe Remains of the Day\nThe Name of the Rose\nThings Fall Apart";
    must_stand(Row::page(books), Standing::Keep);
    must_stand(Row::short(books), Standing::Keep);
}

#[test]
fn a_list_of_nothing_but_links_of_a_site_is_junk() {
    let labels = [
        "All articles about herons",
        "The ferry and its new timetable",
        "How the lock was built",
        "Photos from the marsh",
        "Newsletter and alerts",
        "Support our work",
        "Contact the editors",
        "Privacy policy",
        "Terms of use",
        "Register for an account",
        "What the council decided",
        "Search this site",
    ];
    let list = |labels: &[&str]| {
        let items: Vec<String> = labels
            .iter()
            .enumerate()
            .map(|(n, label)| format!("<li><a href=\"/{n}\">{label}</a></li>"))
            .collect();
        format!("<ul>{}</ul>", items.concat())
    };
    must_stand(Row::page(&list(&labels)), Standing::Junk);
    // What somebody has collected is about something.
    let collected: Vec<String> = (1..=12)
        .map(|n| format!("How a heron fishes in winter, chapter {n}"))
        .collect();
    let collected: Vec<&str> = collected.iter().map(String::as_str).collect();
    must_not_be_junk(Row::page(&list(&collected)));
}

#[test]
fn a_list_of_items_with_the_same_controls_is_junk_and_a_refrain_is_none() {
    let under_each = |line: &str, controls: &str| {
        let verses: Vec<String> = (1..=6)
            .map(|n| {
                format!(
                    "Verse {n} of the heron\nThe heron stood at gate number {n} and did not look at {line}.\n{controls}"
                )
            })
            .collect();
        verses.join("\n")
    };
    let items = under_each("us once", "Archive\nLike\nDelete");
    must_stand(Row::page(&items), Standing::Junk);
    let song = under_each("you", "And the water came\nand the water went\nhey ho");
    must_stand(Row::page(&song), Standing::Keep);
}

#[rstest]
#[case::offer_at_the_end(
    "The lock keeper had not slept for two nights when the water came over the gate. He knew what it meant, and he knew whom to call, but the line was dead and the \
     road under water. What he did next is still argued about in the village.\nCreate your account to keep reading this article. Subscribers have access to all \
     content on our site.",
    Standing::Junk
)]
#[case::whom_to_write_to(
    "The lock keeper had not slept for two nights when the water came over the gate. He knew what it meant, and he knew whom to call, but the line was dead and the \
     road under water. What he did next is still argued about in the village. Whoever has pictures of that night may send them to the museum, by letter or email.",
    Standing::Keep
)]
fn some_sentences_before_an_offer_are_junk(#[case] body: &str, #[case] standing: Standing) {
    must_stand(Row::page(body), standing);
}

#[rstest]
#[case::in_one_line(
    "Error: socket closed at Fetcher.run (/srv/reader/fetch.js:41:22) at process.next (node:internal/process:95:5)"
)]
#[case::php(
    "PHP message: Uncaught RuntimeException: no content in /srv/reader/get.php:12 Stack trace: #0 /srv/reader/run.php(40): get()"
)]
fn traces_without_their_lines_are_junk(#[case] body: &str) {
    must_stand(Row::page(body), Standing::Junk);
}

/// What is known to be an article is more than that.
#[test]
fn a_sentence_in_a_row_of_unknown_kind_is_only_suspected() {
    let remark = "A patient report about eleven years of reeds in the marsh.";
    must_stand(Row::page(remark), Standing::Suspect);
    must_stand(
        Row {
            kind: BodyKind::Article,
            ..Row::page(remark)
        },
        Standing::Junk,
    );
}

#[rstest]
#[case::filler(
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.",
    Standing::Junk
)]
#[case::plan(
    "The new shelf for the hall is coming soon, Jo said on the phone, and the old one goes.",
    Standing::Keep
)]
fn fillers_in_short_rows_are_junk_when_there_is_more_than_one(
    #[case] body: &str,
    #[case] standing: Standing,
) {
    must_stand(Row::short(body), standing);
}

#[test]
fn a_page_whose_offer_was_not_taken_for_content_is_junk() {
    let story = "The lock keeper had not slept for two nights when the water came over the gate. He knew what it meant, and he knew whom to call, \
        but the line was dead and the road under water. What he did next is still argued about in the village.";
    let page = |below: &str| {
        format!(
            "<!doctype html><title>The keeper</title><article><h1>The keeper</h1><p>{story}</p></article><div><p>{below}</p></div>"
        )
    };
    let offer = "Subscribe to continue reading this article. Your subscription gives you unlimited access to all content on our site. Cancel anytime.";
    must_stand(Row::page(&page(offer)), Standing::Junk);
    must_stand(
        Row::page(&page("Pictures of that night are shown in the museum until May.")),
        Standing::Keep,
    );
}
