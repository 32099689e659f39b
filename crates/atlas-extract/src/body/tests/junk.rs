//! Bodies that are not what was meant, with nothing left of their markup or their answer.

use atlas_domain::JunkClass::{self, *};
use rstest::rstest;

use super::{Row, shown};
use crate::{BodyKind, Standing};

fn must_be_junk(row: Row<'_>, class: JunkClass) {
    let (verdict, assessment) = row.judged();
    assert_eq!(assessment.standing, Standing::Junk, "{}", shown(&verdict));
    assert_eq!(verdict.class, Some(class), "{}", shown(&verdict));
}

/// D1: what a program wrote when it got nothing. It counts whatever the row is.
#[rstest]
#[case::python_trace(
    "Traceback (most recent call last):\n  File \"/app/fetch.py\", line 88, in fetch\n    response.raise_for_status()\n\
     requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://marsh.example/heron"
)]
#[case::python_exception(
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='marsh.example', port=443): Max retries exceeded with url: /heron (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f3a2c1d>: Failed to establish a new connection: [Errno 111] Connection refused'))"
)]
#[case::errno("[Errno -2] Name or service not known")]
#[case::java(
    "java.net.SocketTimeoutException: connect timed out\n\tat java.base/java.net.PlainSocketImpl.socketConnect(Native Method)\n\tat org.pond.Fetcher.get(Fetcher.java:112)"
)]
#[case::javascript(
    "TypeError: Cannot read properties of undefined (reading 'content')\n    at extract (/srv/reader/extract.js:41:22)"
)]
#[case::node("Error: getaddrinfo ENOTFOUND marsh.example")]
#[case::chrome("net::ERR_NAME_NOT_RESOLVED")]
#[case::urllib("HTTP Error 404: Not Found")]
#[case::urlopen("<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1129)>")]
#[case::client_error("404 Client Error: Not Found for url: https://marsh.example/2024/05/heron")]
#[case::error_timeout("Error: timeout")]
#[case::curl("curl: (6) Could not resolve host: marsh.example")]
#[case::wget(
    "--2024-05-02 10:11:12--  https://marsh.example/heron\nResolving marsh.example... failed: Name or service not known.\nwget: unable to resolve host address 'marsh.example'"
)]
#[case::json_error("{\"error\": {\"code\": 404, \"message\": \"The requested resource does not exist\"}}")]
#[case::json_detail("{\"detail\":\"Not found.\"}")]
#[case::json_lines("{\n  \"success\": false,\n  \"data\": null\n}")]
#[case::json_status("{\"status\": 503, \"title\": \"Service Unavailable\", \"type\": \"about:blank\"}")]
#[case::json_error_list("[{\"errorCode\": \"E_TIMEOUT\", \"error\": \"upstream\"}]")]
#[case::python_dict("{'error': 'timeout', 'url': 'https://marsh.example/heron', 'content': None}")]
#[case::response_repr("<Response [404]>")]
#[case::object_repr("<pond.models.Article object at 0x7fd1b0c2e9d0>")]
#[case::php(
    "Warning: file_get_contents(https://marsh.example/heron): failed to open stream: HTTP request failed! in /var/www/import.php on line 17"
)]
#[case::sql("SQLSTATE[HY000] [2002] Connection refused")]
#[case::status_line("HTTP/1.1 502 Bad Gateway\nServer: nginx\nContent-Length: 0")]
#[case::failed_to_fetch("Failed to fetch https://marsh.example/2024/05/heron: timed out after 30 seconds")]
#[case::could_not_be_extracted("Content could not be extracted.")]
#[case::bracketed("[Error fetching content: connection reset by peer]")]
#[case::german("Fehler beim Abrufen der Seite: Zeitüberschreitung (https://marsh.example/reiher)")]
#[case::french("Erreur : impossible de récupérer la page https://marsh.example/heron")]
#[case::spanish("Error: no se pudo obtener el contenido de la página")]
#[case::japanese("エラー: 記事の取得に失敗しました")]
#[case::chinese("错误：无法获取文章内容，请求超时")]
#[case::russian("Ошибка: не удалось загрузить страницу")]
#[case::object_object("[object Object]")]
#[case::null("null")]
#[case::undefined("undefined")]
fn remnants_of_failed_fetches(
    #[case] body: &str,
    #[values(BodyKind::Page, BodyKind::Article, BodyKind::Short)] kind: BodyKind,
) {
    let row = Row {
        kind,
        ..Row::page(body).titled("The heron on the gate")
    };
    let (verdict, assessment) = row.judged();
    assert!(matches!(verdict.class, Some(Error | Stub)), "{}", shown(&verdict));
    // A short row may be a person's, and is then only suspected.
    let standings = [Standing::Junk, Standing::Suspect];
    let allowed = if kind == BodyKind::Short {
        &standings[..]
    } else {
        &standings[..1]
    };
    assert!(allowed.contains(&assessment.standing), "{}", shown(&verdict));
}

#[rstest]
#[case::none("None", Stub)]
#[case::not_available("N/A", Stub)]
#[case::loading("Loading…", JsStub)]
#[case::loading_german("Wird geladen…", JsStub)]
#[case::nothing("", Stub)]
#[case::blank(" \n\t \n", Stub)]
#[case::empty_list("[]", Stub)]
#[case::no_content("No content available for this article.", Error)]
#[case::no_content_french("Contenu non disponible.", Error)]
#[case::no_content_chinese("暂无内容", Error)]
#[case::title_repeated("The heron on the gate", Stub)]
fn placeholders(#[case] body: &str, #[case] class: JunkClass) {
    must_be_junk(Row::page(body).titled("The heron on the gate"), class);
}

/// Forty words and more, so that nobody can say that they are only too short.
#[rstest]
#[case::english_challenge(
    "Checking your browser before accessing marsh.example.\nThis process is automatic. Your browser will redirect to your requested \
     content shortly. Please allow up to 5 seconds while we verify you are human.\nDDoS protection by a security company\n\
     Ray ID: 7d3f0a9b1c2e4d5f",
    Challenge
)]
#[case::english_blocked(
    "Sorry, you have been blocked\nYou are unable to access marsh.example\nWhy have I been blocked?\nThis website is using a security \
     service to protect itself from online attacks. The action you just performed triggered the security solution.\nWhat can I do?\n\
     You can email the site owner to let them know you were blocked.",
    Challenge
)]
#[case::german_challenge(
    "Ihr Browser wird überprüft\nBitte bestätigen Sie, dass Sie ein Mensch sind, indem Sie die folgende Aufgabe lösen. Das kann einige \
     Sekunden dauern. Warum sehe ich diese Seite? Unsere Systeme haben ungewöhnlichen Datenverkehr aus Ihrem Netzwerk festgestellt. \
     Sicherheitsüberprüfung durch unseren Anbieter.",
    Challenge
)]
#[case::english_login(
    "Sign in\nEmail address\nPassword\nRemember me\nForgot your password?\nSign in\nor\nContinue with Google\nContinue with Apple\n\
     Don't have an account? Create one\nBy signing in you agree to our Terms of Service and Privacy Policy\nNeed help signing in?\n\
     © 2024 Marsh Media",
    LoginWall
)]
#[case::login_without_lines(
    "Log in Sign up Username or email Password Remember me Forgot password? Log in New here? Create an account Continue with Facebook \
     Continue with Google Privacy Policy Terms of Service Help Center About Contact Us Careers English Deutsch Français Español © 2024",
    LoginWall
)]
#[case::french_login(
    "Connexion\nAdresse e-mail\nMot de passe\nSe souvenir de moi\nMot de passe oublié ?\nSe connecter\nPas encore de compte ?\n\
     Créer un compte\nEn vous connectant, vous acceptez nos conditions générales d'utilisation et notre politique de confidentialité.\n\
     Besoin d'aide ? Contactez notre service client du lundi au vendredi.",
    LoginWall
)]
#[case::russian_login(
    "Вход на сайт\nЛогин\nПароль\nЗапомнить меня\nЗабыли пароль?\nВойти\nРегистрация\nЕсли у вас ещё нет учётной записи, \
     зарегистрируйтесь, чтобы оставлять комментарии и сохранять понравившиеся материалы.\nВойти через социальную сеть\n\
     Пользовательское соглашение\nПолитика конфиденциальности",
    LoginWall
)]
#[case::english_consent(
    "We value your privacy\nWe and our partners store and/or access information on a device, such as cookies, and process personal data. \
     With your permission we and our partners may use precise geolocation data. You may click to consent to our and our partners' \
     processing as described above.\nMore options\nAccept all\nReject all",
    ConsentWall
)]
#[case::italian_consent(
    "La tua privacy è importante\nNoi e i nostri partner utilizziamo i cookie per archiviare informazioni su un dispositivo. Con il tuo \
     consenso, noi e i nostri partner possiamo trattare i dati personali. Puoi accettare o rifiutare in qualsiasi momento.\n\
     Accetta tutto\nRifiuta tutto\nGestisci le preferenze",
    ConsentWall
)]
#[case::english_script(
    "You need to enable JavaScript to run this app.\nThis site requires JavaScript. Your browser does not support it, or JavaScript is \
     disabled. To continue, please enable JavaScript in the settings of your browser and reload this page. Without JavaScript this page \
     cannot be shown.",
    JsStub
)]
#[case::english_not_found(
    "Page not found\nThe page you are looking for doesn't exist or has been moved. It may be that the link is broken, or that the page \
     has been removed. You can go back to the home page, or try a search for what you were looking for on our site.\nSearch\nHome",
    Soft404
)]
#[case::spanish_not_found(
    "Página no encontrada\nLa página que buscas no existe o ya no está disponible. Es posible que haya cambiado de dirección o que se \
     haya eliminado. Comprueba que la dirección esté bien escrita o vuelve a la portada para seguir navegando por nuestro sitio.",
    Soft404
)]
#[case::english_server_error(
    "500 Internal Server Error\nSomething went wrong on our end. An unexpected error occurred and your request could not be processed. \
     Our engineers have been notified. Please try again in a few minutes, or contact the administrator of the server if this goes on.\n\
     Request: 8f2c-11",
    Error
)]
#[case::english_parked(
    "marsh.example\nThis domain is for sale!\nThe owner of marsh.example is offering it for sale for an asking price of 2,400 USD.\n\
     Make an offer\nRelated searches\nHerons\nWetlands\nBoats for sale\nCheap flights\nPrivacy Policy\nBuyer protection, safe and easy \
     transfer, and fast delivery of your new name.",
    ServerDefault
)]
#[case::german_parked(
    "marsh.example\nDiese Domain steht zum Verkauf!\nMöchten Sie diese Domain kaufen? Der Inhaber bietet sie zum Kauf an. Senden Sie uns \
     ein Angebot, wir melden uns innerhalb von 24 Stunden. Sichere Abwicklung über einen Treuhänder, schnelle Übertragung und \
     persönliche Beratung sind im Preis enthalten.",
    ServerDefault
)]
#[case::english_paywall(
    "The council met on Tuesday to decide about the sluice.\nTo continue reading, subscribe today.\nGet unlimited access to all our \
     stories for $1 a month for the first six months. Cancel anytime.\nAlready a subscriber? Log in.\nSubscribe now",
    LoginWall
)]
#[case::german_paywall(
    "Der Rat hat am Dienstag über die Schleuse beraten.\nJetzt weiterlesen mit dem Digitalabo: alle Artikel, werbefrei, jederzeit kündbar. \
     Im ersten Monat für 1 Euro.\nSie haben bereits ein Abo? Hier anmelden\nExklusiv für Abonnenten",
    LoginWall
)]
#[case::reader_lines(
    "Home\nLiked\nArchive\nVideos\nNotes\nBrowse\nFolders\nNew folder\nEdit folders\nUnread\nSettings\nExtras\nLog out\n\
     The heron on the gate\nmarsh.example\nLike\nMove\nArchive\nDelete\nA letter from the lock\npond.example\nLike\nMove\nArchive\nDelete",
    Interface
)]
#[case::reader_without_lines(
    "Home Liked Archive Videos Notes Browse Folders New folder Edit folders Unread Settings Extras Log out Mark all as read Sort by \
     Newest first Oldest first Bulk edit Like Move Archive Delete Like Move Archive Delete",
    Interface
)]
#[case::navigation(
    "Skip to content\nHome\nNews\nPolitics\nBusiness\nSport\nWeather\nOpinion\nVideo\nPodcasts\nNewsletters\nAbout us\nContact us\nCareers\n\
     Advertise with us\nTerms of use\nPrivacy policy\nCookie policy\nAccessibility\nSitemap\nFollow us\nFacebook\nTwitter\nInstagram\n\
     © 2024 Marsh Media. All rights reserved.",
    Stub
)]
#[case::navigation_in_markdown(
    "- [Start](/)\n- [Nature](/nature)\n- [Town](/town)\n- [Harbour](/harbour)\n- [Schools](/schools)\n- [Traffic](/traffic)\n\
     - [Letters](/letters)\n- [Weather](/weather)\n- [Tides](/tides)\n- [Market](/market)\n- [Boats](/boats)\n- [Imprint](/imprint)",
    Stub
)]
#[case::navigation_german(
    "Zum Inhalt springen\nStartseite\nNachrichten\nPolitik\nWirtschaft\nKultur\nWissenschaft\nÜber uns\nKontakt\nKarriere\nImpressum\n\
     Datenschutz\nAGB\nNewsletter\nAnmelden\nWarenkorb\nSuche",
    Stub
)]
fn texts_that_are_all_message(#[case] body: &str, #[case] class: JunkClass) {
    must_be_junk(Row::page(body), class);
    must_be_junk(Row::page(body).titled("marsh.example"), class);
}

/// Markup that was left in a text is no content either.
#[rstest]
#[case::login(
    "Please log in to read on.\n<form action=/login><input type=email> <input type='password' name=p>\n<button>Sign in</button>\n\
     <a href=/forgot>Forgot password?</a> <a href=/join>Create account</a>",
    LoginWall
)]
#[case::navigation(
    "Menu<br>\n<a href=\"/\">Home</a> | <a href=\"/about\">About</a> | <a href=\"/contact\">Contact</a><br>\n<a href=/news>News</a>\n\
     <a href=/shop>Shop</a>\n<a href=/faq>FAQ</a> <a href=/terms>Terms</a>",
    Stub
)]
fn texts_with_leftover_markup(#[case] body: &str, #[case] class: JunkClass) {
    must_be_junk(Row::page(body), class);
}

#[test]
fn bytes_of_a_file_are_no_note() {
    let body = format!("%PDF-1.7\n{}", "stream endstream obj ".repeat(40));
    must_be_junk(Row::short(&body), Stub);
}
