//! What robot checks say, and the marks they leave in a page's source. Lists only; words are in folded form.

use super::super::phrase_list::Phrases;

/// "Are you human?": a robot check.
pub(in crate::quality) static CHALLENGE: Phrases = Phrases::of(&[
    "just a moment", "attention required", "checking your browser",
    "checking if the site connection is secure", "verify you are human", "verify you are a human",
    "verify that you are human", "verifying you are human", "verify youre human",
    "verify that you are not a robot", "verify you are not a robot", "confirm you are human",
    "confirm youre human", "confirm that you are human", "prove you are human", "you are not a robot",
    "im not a robot", "youre not a robot", "are you a robot", "are you human", "are you a human",
    "youre not a bot", "robot check", "bot check", "bot detection", "bot verification", "human verification",
    "security check", "security verification", "complete the captcha", "complete the security check",
    "enter the characters you see", "solve the captcha", "solve this captcha", "unusual traffic",
    "unusual activity", "suspicious activity", "automated access", "automated requests", "automated traffic",
    "pardon our interruption", "access to this page has been denied", "sorry you have been blocked",
    "you have been blocked", "request blocked", "request has been blocked", "you are being redirected",
    "ddos protection", "ddos guard", "please wait while we verify", "performing security verification",
    "one more step", "press hold to confirm", "press and hold", "slide to verify", "please enable cookies",
    "ray id", "incident id", "reference id", "web application firewall", "making sure youre not a bot",
    "client challenge", "human check", "why do i have to complete a captcha",
    "enable javascript and cookies to continue", "why have i been blocked", "security service to protect itself",
    "triggered the security solution", "protect itself from online attacks", "completing the captcha proves",
    "what can i do to prevent this in the future", "unusual activity from your", "detected unusual", "automated queries",
    "your ip address has been", "your ip has been", "bot protection", "anti bot", "prove that you are human",
    "your browser is being checked", "your connection is being checked", "connection needs to be verified",
    "needs to review the security of your connection", "to continue please type the characters",
    "type the characters you see", "verification is required", "verification required", "human visitor",
    // German
    "sind sie ein mensch", "sind sie ein roboter", "ich bin kein roboter", "kein roboter sind",
    "sicherheitsüberprüfung", "sicherheitsprüfung", "ihr browser wird überprüft",
    "ungewöhnlichen datenverkehr", "bestätigen sie dass sie ein mensch sind",
    // French
    "êtes vous un robot", "êtes vous humain", "je ne suis pas un robot", "vérification de sécurité",
    "vérifiez que vous êtes humain", "trafic inhabituel", "vérification de votre navigateur",
    // Spanish, Portuguese, Italian, Dutch
    "no soy un robot", "eres humano", "verifica que eres humano", "comprobación de seguridad",
    "tráfico inusual", "não sou um robô", "verificação de segurança", "verifique se você é humano",
    "non sono un robot", "verifica di sicurezza", "verifica di essere umano", "ik ben geen robot",
    "beveiligingscontrole",
    // Polish, Russian, Turkish
    "nie jestem robotem", "weryfikacja bezpieczeństwa", "я не робот", "вы не робот", "проверка безопасности",
    "проверка браузера", "подтвердите что вы человек", "ben robot değilim", "güvenlik kontrolü",
    // Arabic, Japanese, Chinese, Korean
    "أنا لست روبوت", "التحقق من أنك إنسان", "私はロボットではありません", "ロボットではない", "セキュリティチェック", "人間であることを確認", "安全验证",
    "人机验证", "请完成验证", "安全驗證", "正在检查您的浏览器", "로봇이 아닙니다", "보안 확인",
]);

/// What a robot check has for a title, and other pages have somewhere in their text.
pub(in crate::quality) static WAITING: Phrases = Phrases::of(&[
    "one moment please", "please stand by", "please wait", "loading please wait", "blocked by",
    "access denied", "not a bot", "captcha", "einen moment bitte", "nur einen moment", "un instant",
    "un momento", "só um momento", "solo un momento", "even geduld", "chwileczkę", "один момент",
    "bir dakika", "لحظة من فضلك", "しばらくお待ちください", "请稍候", "請稍候", "잠시만 기다", "验证码",
]);

/// Marks of robot checks in scripts, addresses and identifiers, in lower case.
pub(in crate::quality) const CHALLENGE_MARKS: &[&str] = &[
    "_cf_chl_opt", "cf_chl_", "cf-chl-", "cf-browser-verification", "challenge-platform/h/", "jschl",
    "cf-challenge", "cf-error-details", "cf-captcha", "challenges.cloudflare.com/turnstile", "cf-turnstile",
    "captcha-form", "challenge-form", "px-captcha", "captcha-delivery.com", "datadome", "_incapsula_resource",
    "incapsula", "sucuri_cloudproxy", "sucuri", "awswaf", "aws-waf", "ddos-guard", "ddg-captcha",
    "anubis_challenge", "techaro.lol-anubis", "within.website/x/cmd/anubis", "geetest", "kpsdk",
    "perfdrive.com", "shieldsquare", "distil_r_captcha", "distilnetworks", "recaptcha/api.js", "g-recaptcha",
    "recaptcha-challenge", "h-captcha", "hcaptcha.com", "/sorry/index", "friendlycaptcha", "frc-captcha",
    "arkoselabs", "funcaptcha", "bot-detection", "botdetect", "akamai-challenge", "sec-if-cpt-container",
    "sec-cpt", "/_sec/cp_challenge", "wsidchk", "toughcaptcha", "validate-captcha", "validatecaptcha",
    "captcha_container", "captcha-container",
];

/// Marks that ordinary forms carry as well: they count only beside words.
pub(in crate::quality) const SHARED_CHALLENGE_MARKS: &[&str] = &[
    "recaptcha/api.js", "g-recaptcha", "h-captcha", "hcaptcha.com", "cf-turnstile", "friendlycaptcha",
    "frc-captcha", "challenges.cloudflare.com/turnstile", "captcha_container", "captcha-container", "geetest",
    "sucuri", "datadome",
];
