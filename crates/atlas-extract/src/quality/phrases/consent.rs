//! What consent dialogues say, and the marks they leave in a page's source. Lists only; words are in folded form.

use super::super::phrase_list::Phrases;

/// Sentences and buttons of consent dialogues.
pub(in crate::quality) static CONSENT: Phrases = Phrases::of(&[
    "we use cookies", "uses cookies", "use cookies and", "cookies and similar technologies",
    "cookies and other technologies", "we value your privacy", "your privacy is important",
    "we care about your privacy", "your privacy choices", "before you continue", "we and our partners",
    "our partners store", "store and or access information on a device", "legitimate interest",
    "withdraw your consent", "give your consent", "your consent", "consent to", "cookie policy",
    "cookie settings", "cookie preferences", "cookie notice", "manage cookies", "manage preferences",
    "manage options", "manage settings", "accept all", "accept cookies", "accept and continue", "reject all",
    "agree and continue", "i accept", "i agree", "privacy settings", "privacy preferences",
    "personalised ads", "personalized ads", "personalised content", "personalized content",
    "terms of service have changed", "updated our terms", "confirm your age", "verify your age",
    "age verification", "are you over 18", "you must be 18",
    // German
    "wir verwenden cookies", "wir nutzen cookies", "verwendet cookies", "bevor sie fortfahren",
    "ihre privatsphäre", "deine privatsphäre", "unsere partner", "wir und unsere partner", "einwilligung",
    "zustimmung", "alle akzeptieren", "alles akzeptieren", "alle ablehnen", "akzeptieren und weiter",
    "zustimmen und weiter", "mit werbung weiterlesen", "cookie einstellungen", "datenschutzeinstellungen",
    "privatsphäre einstellungen", "berechtigtes interesse",
    // French
    "nous utilisons des cookies", "utilise des cookies", "avant de continuer", "votre vie privée",
    "nos partenaires", "votre consentement", "tout accepter", "tout refuser", "accepter et continuer",
    "continuer sans accepter", "paramétrer les cookies", "gérer les cookies",
    // Spanish, Portuguese, Italian, Dutch
    "utilizamos cookies", "usamos cookies", "antes de continuar", "tu privacidad", "nuestros socios",
    "aceptar todo", "rechazar todo", "aceptar todas", "aceptar y continuar", "valoramos tu privacidad",
    "sua privacidade", "aceitar todos", "rejeitar todos", "aceitar tudo", "utilizziamo i cookie",
    "prima di continuare", "la tua privacy", "i nostri partner", "accetta tutto", "accetta tutti",
    "rifiuta tutto", "wij gebruiken cookies", "we gebruiken cookies", "voordat je verdergaat", "jouw privacy",
    "onze partners", "alles accepteren", "alles weigeren", "alle cookies accepteren",
    // Polish, Swedish, Danish, Russian, Turkish
    "używamy plików cookie", "twoja prywatność", "nasi partnerzy", "akceptuj wszystkie",
    "zaakceptuj wszystko", "odrzuć wszystko", "vi använder cookies", "innan du fortsätter", "godkänn alla",
    "vi bruger cookies", "accepter alle", "мы используем файлы cookie", "принять все",
    "çerezleri kullanıyoruz", "tümünü kabul et",
    // Arabic, Japanese, Chinese, Korean
    "نستخدم ملفات تعريف الارتباط", "قبول الكل", "رفض الكل", "クッキーを使用", "cookieを使用", "すべて同意", "すべて受け入れる",
    "続行する前に", "同意する", "我们使用cookie", "接受所有", "全部接受", "全部拒绝", "接受所有cookie", "쿠키를 사용", "모두 동의", "모두 수락",
]);

/// Titles and headings of consent dialogues' own pages.
pub(in crate::quality) static CONSENT_TITLES: Phrases = Phrases::of(&[
    "before you continue", "privacy settings", "privacy preferences", "cookie consent", "cookies consent",
    "consent", "cookie settings", "we value your privacy", "your privacy choices", "your privacy",
    "cookie notice", "age verification", "verify your age", "confirm your age", "privacy gate",
    "bevor sie fortfahren", "datenschutzeinstellungen", "ihre privatsphäre", "einwilligung", "zustimmung",
    "avant de continuer", "votre vie privée", "antes de continuar", "tu privacidad", "prima di continuare",
    "la tua privacy", "voordat je verdergaat", "jouw privacy", "innan du fortsätter", "続行する前に",
]);

/// Marks of consent dialogues in scripts, addresses and identifiers, in lower case.
pub(in crate::quality) const CONSENT_MARKS: &[&str] = &[
    "onetrust", "didomi", "sourcepoint", "sp_message", "privacy-mgmt.com", "cookiebot", "usercentrics",
    "quantcast", "qc-cmp", "truste-consent", "trustarc", "consentmanager", "cmp.min.js", "fundingchoices",
    "guce.", "consent.google", "consent.youtube", "collectconsent", "consent-page", "consent-form",
    "consentform", "cookie-wall", "cookiewall", "klaro", "iubenda", "cookieyes", "osano", "borlabs",
    "tarteaucitron", "age-gate", "agegate", "consent_overlay",
];
