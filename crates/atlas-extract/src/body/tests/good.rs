//! Bodies that must be kept, though they are short, look odd, or speak of what junk says.

use rstest::rstest;

use super::super::{BodyForm, BodyKind};
use super::{Row, form_of, shown};
use crate::Standing;

fn must_be_kept(row: Row<'_>) {
    let (verdict, assessment) = row.judged();
    assert_eq!(assessment.standing, Standing::Keep, "{}", shown(&verdict));
    assert_eq!(verdict.class, None, "{}", shown(&verdict));
}

/// C9, and what people write down.
#[rstest]
#[case::five_words("Ask Ines about the boat")]
#[case::one_word("Milk")]
#[case::one_letter("x")]
#[case::number("404")]
#[case::nothing("")]
#[case::address("https://marsh.example/heron")]
#[case::segment("Right, yeah. And then?")]
#[case::segment_none("None.")]
#[case::shopping("- milk\n- bread\n- login for the library\n- home")]
#[case::password("Reset my password for the bank")]
#[case::error("Error in the invoice, call Jo")]
#[case::failed("Failed to fetch the parcel, go again on Monday")]
#[case::not_found("Key not found, ask the neighbour")]
#[case::not_found_at_work("Fix the page not found problem on the blog")]
#[case::waiting("Just a moment")]
#[case::loading("Loading the van at 8")]
#[case::sign_in("sign in at the desk first")]
#[case::cookies("accept all cookies from grandma")]
#[case::quote("You need to enable JavaScript to run this app, it said, and I laughed.")]
#[case::segment_about_cookies(
    "And every site now asks, do you accept all cookies, and nobody reads what they consent to."
)]
#[case::highlight("The heron does not hurry; it lets the water bring what it wants.")]
#[case::japanese("牛乳とパン")]
#[case::code("cargo test -p pond")]
fn short_rows_are_not_junk_for_being_short(#[case] body: &str) {
    must_be_kept(Row::short(body));
    must_be_kept(Row::short(body).titled("Note"));
}

#[rstest]
#[case::javascript(
    "What to do when a site wants JavaScript",
    "You need to enable JavaScript to run this app: everybody has met the sentence, and few have asked why a page of plain text should say it. \
     The answer lies in how such pages are made. The server sends an empty shell, and a program in the browser asks for the rest. If the program \
     does not run, the shell is all there is. I have kept a list of such shells for a year. Most belonged to shops, some to newspapers, and one to \
     a town that wanted to tell people when the bins are emptied. None of them had a reason that I could find."
)]
#[case::cookies(
    "The law behind the banner",
    "We value your privacy, says the banner, and what follows values it less. The law asks for consent that is freely given, and a button that says \
     accept all beside one that says nothing of the kind is not free. Courts in three countries have said so since spring. What a site has to do is \
     simple: it must ask before it stores anything that it does not need, and refusing must be as easy as agreeing. The cookie policy that nobody reads \
     does not change that, and neither do the partners, however many there are."
)]
#[case::not_found(
    "In praise of the 404 page",
    "Page not found is the most read sentence of the web, and the least loved. It began as a line in a log. A server that could not find a file said so with \
     a number, and somebody thought that people should see it. Today designers draw lost astronauts for it. I have collected them since 2009, and the best \
     of them all has no picture: it says that the page does not exist, that it is sorry, and where the page might be. The link is broken, it adds, but you are not."
)]
#[case::login(
    "How we stopped asking for passwords",
    "Our login page had two fields and a link that said forgot your password. A third of all who came to it used the link. So we took the password away. Who \
     wants to sign in writes an address and gets a letter with a key that works once. It took two weeks to build and a year to explain. People still look for \
     the field, and some write to ask where they can create an account, because a form without a password does not look like one to them."
)]
#[case::paywall(
    "What readers pay for",
    "Subscribe to continue reading, it says under the second paragraph, and most people leave. A study of forty papers now counts how many. Of a hundred readers \
     who reach a paywall, two subscribe today, nine come back within the month, and the rest read the same story elsewhere. The papers that did best asked late \
     and asked once. Those that promised unlimited access for a first month of one euro won many readers, and lost three of four when the month was over."
)]
#[case::instapaper(
    "Leaving a reading list behind",
    "I had 4,000 things in Instapaper, and read later had come to mean never. One evening I opened the archive, sorted it by oldest first, and began. Like, move, \
     delete: the three buttons under every story became a small ritual. After a week the unread folder was half as long, and I had read some very good things and \
     many that I could not remember saving. The highlights were the surprise. They were notes from somebody who had cared about other questions."
)]
#[case::traceback(
    "Reading a traceback from the bottom",
    "Traceback (most recent call last) is a promise: below stands what happened, in the order in which it happened. Beginners read it from the top and are lost \
     by the third line. Read it from the bottom. The last line names the error and says what it was about. The line above it is where it was raised, and that is \
     seldom where the mistake is. Go up until you meet a file that you have written yourself. There, usually, somebody passed None to a function that expected a list."
)]
#[case::timeouts(
    "Why requests time out",
    "Failed to fetch is what a browser says when it does not want to say more. The request may have timed out, the connection may have been refused, or a policy \
     may have forbidden it. To find out which, open the network panel and look at the status. A refused connection ends at once. One that times out takes as long as \
     somebody once thought was long enough, which is mostly thirty seconds, because thirty is a round number and nobody measured."
)]
#[case::parking(
    "The trade in unused names",
    "This domain is for sale, says the page where a library used to be. Its name had lapsed in March, and by April a broker owned it. The trade in expired names is \
     old and mostly legal. A program watches the lists of registrars, buys what has visitors, and puts up a page of links. The town could make an offer, and did. \
     The price was eleven thousand euros, so the library now has a longer name and a long letter to everybody who had written down the short one."
)]
#[case::challenge(
    "Proving that you are human",
    "Verify you are human, the page asks, and shows nine pictures of a street. The checks were invented to keep programs out, and for a while they did. Then the \
     programs got better at pictures than people. What a security check measures today is not whether you see the bicycle but how your pointer moves on the way to \
     it. That is why the box that says I am not a robot so often believes you at once, and why it never believes those who move with a keyboard."
)]
fn articles_about_junk_are_kept(#[case] title: &str, #[case] text: &str) {
    must_be_kept(Row::page(text).titled(title));
    let wrapped = wrapped_at(text, 72);
    must_be_kept(Row::page(&wrapped).titled(title));
    must_be_kept(Row::page(&format!("# {title}\n\n{wrapped}\n")));
    must_be_kept(Row::page(&format!("<h1>{title}</h1><p>{text}</p>")));
    let first_words = text.split_inclusive(' ').take(75).collect::<String>();
    must_be_kept(Row::page(&first_words).titled(title));
}

fn wrapped_at(text: &str, columns: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        if column + word.len() > columns {
            wrapped.push('\n');
            column = 0;
        } else if column > 0 {
            wrapped.push(' ');
        }
        wrapped.push_str(word);
        column += word.len() + 1;
    }
    wrapped
}

#[rstest]
#[case::recipe(
    "Nettle soup\n\nIngredients\n\n- 200 g young nettles\n- 1 onion\n- 2 potatoes\n- 1 litre of stock\n- cream\n- salt, pepper, nutmeg\n\nMethod\n\n\
     1. Wash the nettles with gloves on.\n2. Fry the onion, add the potatoes and the stock, and let it cook for 15 minutes.\n3. Add the nettles and cook for 5 more.\n\
     4. Blend, add cream, and season."
)]
#[case::poem(
    "The gate is grey,\nthe water too,\na heron stands\nas herons do.\n\nIt does not look,\nit does not stay,\nit is the gate\nfor half a day.\n\n\
     And when it goes\nthe gate goes on\nwith being grey\nand being gone.\n\nWe count the rings\nthe rain has made\nand leave the bread\nin the reeds' shade."
)]
#[case::transcript(
    "so we got to the lock around nine and there was nobody there and then this guy comes out of the hut and he says you know the water is too low today and we said \
     how low is too low and he just points at the boat and it was already sitting on the mud basically so we had breakfast and we waited and around noon it came back up"
)]
#[case::reading_list(
    "Some good things that I read this month:\n\n- [The slow return of the bittern](https://wetland.example/bittern) – a patient report about eleven years of reeds, by \
     somebody who counted.\n- [Locks and keys](https://canal.example/locks) – how a canal works, with drawings that I wish I had had as a child.\n\
     - [A letter from the lock](https://pond.example/letter) – short, funny, and sad at the end."
)]
#[case::json_article(
    "{\"error\": null, \"title\": \"Herons\", \"body\": \"The heron stood on the gate for most of the morning and did not look at us once. We had brought bread, which it ignored, \
     and a camera, which it seemed to know. When the water fell it walked down to the ditch, and stood there.\"}"
)]
#[case::source_code(
    "```python\ndef fetch(url):\n    try:\n        return get(url)\n    except ConnectionError:\n        return None\n```\n\nThe function above returns `None` where the \
     connection fails. That is the mistake: whoever calls it cannot tell an empty page from a dead host. Let it raise, and decide where you know what the page is for."
)]
#[case::japanese(
    "サギは午前中ずっと門の上に立っていて、一度もこちらを見なかった。私たちはパンを持ってきたが、見向きもしなかった。水が引くと、溝のほうへ歩いていった。\
     そこでまた立ち止まり、夕方までそのまま動かなかった。翌朝、門の上には別の鳥がいた。"
)]
#[case::arabic(
    "وقف مالك الحزين على البوابة معظم الصباح ولم ينظر إلينا مرة واحدة. كنا قد أحضرنا الخبز فتجاهله تماما. وعندما انخفض الماء مشى نحو الخندق ووقف هناك حتى المساء. \
     في صباح اليوم التالي كان على البوابة طائر آخر، ولم نعرف أين ذهب الأول، ولا لماذا بقي كل ذلك الوقت."
)]
#[case::short_news(
    "The library will be closed on Saturday for maintenance of the heating. Books can be returned at the town hall from 9 to 12. Reservations are kept until Tuesday, \
     and the reading group meets in the school instead. Please bring your own chair."
)]
fn texts_of_other_shapes_are_kept(#[case] body: &str) {
    must_be_kept(Row::page(body).titled("A title"));
    must_be_kept(Row {
        kind: BodyKind::Article,
        ..Row::page(body)
    });
}

#[test]
fn code_about_pages_is_no_page() {
    let body = "Every page begins alike. Here is one that shows a heron:\n\n```html\n<!doctype html>\n<html><head><title>Heron</title></head>\n\
        <body><form><input type=password></form></body></html>\n```\n\nThe first line tells the browser which rules to follow, and the rest is a tree. \
        The form in it asks for a password, which no heron would. Leave it out, and the page is complete: it has a title, a body, and nothing to steal.";
    assert_eq!(form_of(body), BodyForm::Markdown);
    must_be_kept(Row::page(body));
}

/// The form decides how a body is read, not what is thought of it.
#[test]
fn the_same_article_is_kept_in_every_form() {
    let sentences = "The heron stood on the gate for most of the morning and did not look at us once. We had brought bread, which it ignored. ";
    let text = sentences.repeat(6);
    let forms = [
        (BodyForm::Plain, format!("The heron\n\n{text}")),
        (
            BodyForm::Markdown,
            format!("# The heron\n\n{text}\n\nSee [the pond](https://pond.example/)."),
        ),
        (
            BodyForm::Mixed,
            format!("The heron<br>\n{text}<br/>\nSee <b>the pond</b> &amp; the gate."),
        ),
        (BodyForm::Fragment, format!("<h2>The heron</h2><p>{text}</p>")),
        (
            BodyForm::Page,
            format!(
                "<!doctype html><title>The heron</title><nav><a href=/>Home</a></nav><article><h1>The heron</h1><p>{text}</p></article>"
            ),
        ),
    ];
    for (form, body) in forms {
        assert_eq!(form_of(&body), form, "{body}");
        must_be_kept(Row::page(&body));
    }
}
