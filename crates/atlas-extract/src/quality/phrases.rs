//! What junk says of itself, in many languages. Lists only: in the folded form of `text::fold`, which a test
//! checks. A phrase alone never condemns a page; the rules say where it must stand.

/// "Not found": the content is not here.
pub(super) const NOT_FOUND: &[&str] = &[
    "page not found", "not found", "404 error", "error 404", "http 404", "page cannot be found",
    "page could not be found", "page cant be found", "page does not exist", "page doesnt exist",
    "page no longer exists", "page isnt available", "page is not available", "page is no longer available",
    "no longer available", "page you requested", "page you are looking for", "page youre looking for",
    "page you were looking for", "content not found", "article not found", "resource not found",
    "file not found", "nothing found", "nothing was found", "could not be found", "couldnt find that page",
    "couldnt find this page", "couldnt find the page", "cant find that page", "cant find the page",
    "cant find this page", "has been removed", "has been deleted", "page gone", "page missing",
    "missing page", "broken link", "does not exist", "doesnt exist", "this page is missing",
    "page unavailable", "content unavailable", "link is broken",
    // German
    "seite nicht gefunden", "nicht gefunden", "seite wurde nicht gefunden", "seite existiert nicht",
    "fehler 404", "konnte nicht gefunden werden", "konnten nicht gefunden werden", "nicht mehr verfügbar",
    "nicht verfügbar", "existiert nicht mehr", "die gesuchte seite", "die angeforderte seite",
    "artikel nicht gefunden",
    // French
    "page introuvable", "page non trouvée", "introuvable", "nexiste pas", "nexiste plus", "erreur 404",
    "na pas été trouvée", "nest plus disponible", "contenu introuvable", "page que vous recherchez",
    "page que vous cherchez", "page demandée",
    // Spanish
    "página no encontrada", "no encontrada", "no se encontró", "no se ha encontrado", "no existe",
    "ya no existe", "no está disponible", "contenido no encontrado", "la página que buscas",
    "la página que busca", "no encontrado",
    // Italian
    "pagina non trovata", "non trovata", "non è stata trovata", "non esiste", "non esiste più", "errore 404",
    "pagina inesistente", "non è più disponibile", "la pagina richiesta", "la pagina che cerchi",
    // Dutch
    "pagina niet gevonden", "niet gevonden", "bestaat niet", "bestaat niet meer", "niet meer beschikbaar",
    "kan niet worden gevonden", "fout 404",
    // Portuguese
    "página não encontrada", "não encontrada", "não encontrado", "não existe", "não foi encontrada",
    "não está disponível", "erro 404", "a página que procura",
    // Polish, Czech, Slovak, Hungarian, Romanian, Turkish
    "strona nie została znaleziona", "nie znaleziono strony", "nie znaleziono", "strona nie istnieje",
    "błąd 404", "stránka nenalezena", "stránka nebyla nalezena", "stránka neexistuje", "stránka sa nenašla",
    "chyba 404", "az oldal nem található", "nem található", "pagina nu a fost găsită", "pagina nu există",
    "sayfa bulunamadı", "bulunamadı",
    // Scandinavian, Finnish
    "sidan hittades inte", "sidan kunde inte hittas", "hittades inte", "finns inte", "siden blev ikke fundet",
    "siden findes ikke", "ikke fundet", "siden finnes ikke", "fant ikke siden", "ikke funnet",
    "sivua ei löytynyt", "ei löytynyt",
    // Russian, Ukrainian, Bulgarian, Greek
    "страница не найдена", "не найдена", "не найдено", "страница не существует", "ошибка 404",
    "сторінку не знайдено", "страницата не е намерена", "η σελίδα δεν βρέθηκε", "δεν βρέθηκε",
    // Arabic, Hebrew, Persian
    "الصفحة غير موجودة", "غير موجودة", "لم يتم العثور", "الصفحة المطلوبة", "העמוד לא נמצא", "הדף לא נמצא",
    "صفحه پیدا نشد", "صفحه مورد نظر یافت نشد",
    // Japanese, Chinese, Korean, Vietnamese, Indonesian
    "ページが見つかりません", "お探しのページ", "見つかりませんでした", "ページは存在しません", "ページは削除", "页面不存在", "页面未找到", "找不到页面", "页面找不到",
    "您访问的页面", "頁面不存在", "找不到頁面", "找不到網頁", "无法找到", "已被删除", "페이지를 찾을 수 없습니다", "존재하지 않는 페이지",
    "không tìm thấy trang", "halaman tidak ditemukan", "tidak ditemukan",
];

/// Words that mean an error only when they are all of a title.
pub(super) const BARE_ERRORS: &[&str] = &[
    "error", "oops", "whoops", "sorry", "fehler", "erreur", "erro", "errore", "fout", "błąd", "ошибка",
    "hata", "خطأ", "エラー", "错误", "錯誤", "오류",
];

/// The same for what is not found.
pub(super) const BARE_NOT_FOUND: &[&str] = &[
    "404", "410", "gone",
];

/// "It broke": the server or the application apologises.
pub(super) const SERVER_ERROR: &[&str] = &[
    "bad request", "unauthorized", "payment required", "forbidden", "method not allowed", "not acceptable",
    "proxy authentication required", "request timeout", "conflict", "length required", "precondition failed",
    "payload too large", "uri too long", "unsupported media type", "range not satisfiable",
    "expectation failed", "misdirected request", "unprocessable entity", "unprocessable content",
    "too many requests", "page expired", "unavailable for legal reasons", "internal server error",
    "internal error", "server error", "not implemented", "bad gateway", "service unavailable",
    "service temporarily unavailable", "temporarily unavailable", "currently unavailable", "gateway timeout",
    "gateway time out", "application error", "unexpected error", "an error occurred", "an error has occurred",
    "something went wrong", "error establishing a database connection", "database error",
    "connection timed out", "web server is down", "origin error", "origin is unreachable", "host error",
    "server is down", "site is down", "under maintenance", "down for maintenance", "site maintenance",
    "scheduled maintenance", "maintenance mode", "be right back", "well be back soon", "access denied",
    "fatal error", "runtime error", "server is too busy", "over capacity", "bandwidth limit exceeded",
    "account suspended", "this site cant be reached", "im a teapot", "critical error", "server overload",
    "your request could not be processed", "could not process your request", "cannot process the request",
    // German
    "interner serverfehler", "serverfehler", "ein fehler ist aufgetreten", "es ist ein fehler aufgetreten",
    "zugriff verweigert", "wartungsarbeiten", "wartungsmodus", "derzeit nicht erreichbar",
    "vorübergehend nicht erreichbar", "dienst nicht verfügbar", "etwas ist schiefgelaufen",
    // French
    "erreur interne", "erreur serveur", "une erreur est survenue", "une erreur sest produite", "accès refusé",
    "accès interdit", "service indisponible", "site en maintenance", "en maintenance",
    // Spanish, Portuguese, Italian, Dutch
    "error interno", "error del servidor", "se ha producido un error", "ha ocurrido un error",
    "acceso denegado", "servicio no disponible", "en mantenimiento", "algo salió mal", "erro interno",
    "ocorreu um erro", "acesso negado", "serviço indisponível", "em manutenção", "algo deu errado",
    "errore interno", "si è verificato un errore", "accesso negato", "servizio non disponibile",
    "in manutenzione", "interne fout", "er is een fout opgetreden", "er is iets misgegaan",
    "toegang geweigerd", "onderhoud",
    // Polish, Swedish, Russian, Turkish
    "wystąpił błąd", "błąd serwera", "brak dostępu", "ett fel inträffade", "ett fel har uppstått",
    "åtkomst nekad", "внутренняя ошибка сервера", "ошибка сервера", "произошла ошибка", "доступ запрещен",
    "доступ запрещён", "технические работы", "bir hata oluştu", "erişim engellendi",
    // Arabic, Japanese, Chinese, Korean
    "حدث خطأ", "خطأ في الخادم", "تم رفض الوصول", "エラーが発生しました", "サーバーエラー", "アクセスが拒否されました", "メンテナンス中",
    "ただいまメンテナンス", "服务器错误", "服务器内部错误", "访问被拒绝", "系统维护", "网站维护", "出错了", "伺服器錯誤", "서버 오류", "오류가 발생했습니다", "점검 중",
];

/// "Are you human?": a robot check.
pub(super) const CHALLENGE: &[&str] = &[
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
    "enable javascript and cookies to continue",
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
];

/// What a robot check has for a title, and other pages have somewhere in their text.
pub(super) const WAITING: &[&str] = &[
    "one moment please", "please stand by", "please wait", "loading please wait", "blocked by",
    "access denied", "not a bot", "captcha", "einen moment bitte", "nur einen moment", "un instant",
    "un momento", "só um momento", "solo un momento", "even geduld", "chwileczkę", "один момент",
    "bir dakika", "لحظة من فضلك", "しばらくお待ちください", "请稍候", "請稍候", "잠시만 기다", "验证码",
];

/// Marks of robot checks in scripts, addresses and identifiers, in lower case.
pub(super) const CHALLENGE_MARKS: &[&str] = &[
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
pub(super) const SHARED_CHALLENGE_MARKS: &[&str] = &[
    "recaptcha/api.js", "g-recaptcha", "h-captcha", "hcaptcha.com", "cf-turnstile", "friendlycaptcha",
    "frc-captcha", "challenges.cloudflare.com/turnstile", "captcha_container", "captcha-container", "geetest",
    "sucuri", "datadome",
];

/// "Who are you?": log in, register, get a new password.
pub(super) const ACCOUNT: &[&str] = &[
    "log in", "login", "log on", "logon", "sign in", "signin", "sign on", "log into", "weblogin", "sign up",
    "signup", "register", "registration", "create account", "create an account", "create your account",
    "create new account", "new account", "create user", "create new customer account", "join us", "join now",
    "join the", "my account", "your account", "user account", "member center", "members portal",
    "membership portal", "member login", "account", "customer login", "customer portal", "forgot password",
    "forgot your password", "forgot my password", "forgotten password", "forgotten your password",
    "lost password", "lost your password", "password forgotten", "password reset", "reset password",
    "reset my password", "reset your password", "recover password", "recover my password",
    "password recovery", "request password", "new password", "get new password", "request new password",
    "authentication", "authentication required", "authorization required", "members only", "subscribers only",
    "restricted area", "not signed up yet", "not yet registered", "not a member", "registered customers",
    "new customers", "existing customers", "already a member", "already registered",
    "already have an account", "dont have an account", "no account yet", "session expired",
    "session has expired", "two factor authentication", "enter your password", "enter your credentials",
    "secure login", "single sign on", "continue with google", "continue with apple", "continue with facebook",
    // German
    "anmelden", "anmeldung", "einloggen", "registrieren", "registrierung", "benutzerkonto",
    "benutzerkonto anlegen", "konto erstellen", "konto anlegen", "kundenkonto", "mein konto",
    "passwort vergessen", "passwort zurücksetzen", "neues passwort", "kennwort vergessen", "jetzt anmelden",
    "kostenlos registrieren", "melden sie sich an", "anmeldedaten", "zugangsdaten",
    // French
    "connexion", "se connecter", "connectez vous", "identifiez vous", "inscription", "sinscrire",
    "inscrivez vous", "créer un compte", "créer mon compte", "mon compte", "mot de passe oublié",
    "mot de passe perdu", "réinitialiser le mot de passe", "réinitialisation du mot de passe",
    "ré initialisation du mot de passe", "espace client", "espace membre", "authentification",
    // Spanish, Galician, Catalan
    "iniciar sesión", "inicia sesión", "inicio de sesión", "acceder", "identifícate", "regístrate",
    "registrarse", "registro", "crear cuenta", "crear una cuenta", "crear nova conta", "conta de usuario",
    "mi cuenta", "olvidé mi contraseña", "olvidaste tu contraseña", "recuperar contraseña",
    "restablecer contraseña", "novo contrasinal", "nueva contraseña", "cuenta de usuario", "iniciar sessió",
    // Portuguese
    "iniciar sessão", "entrar", "fazer login", "faça login", "cadastro", "cadastre se", "criar conta",
    "crie sua conta", "crie a sua conta", "crie a sua própria conta", "minha conta", "esqueci minha senha",
    "esqueceu a senha", "esqueceu se da senha", "recuperar senha", "redefinir senha", "registar",
    // Italian
    "accedi", "accesso", "registrati", "registrazione", "crea account", "crea un account", "il mio account",
    "password dimenticata", "hai dimenticato la password", "recupera password", "area riservata",
    // Dutch
    "inloggen", "aanmelden", "meld aan", "meld u aan", "meld je aan", "registreren", "registreer",
    "account aanmaken", "maak een account", "mijn account", "wachtwoord vergeten", "wachtwoord herstellen",
    // Scandinavian, Finnish
    "logga in", "skapa konto", "registrera dig", "mitt konto", "glömt lösenord", "log ind", "opret konto",
    "opret bruger", "min konto", "glemt adgangskode", "ny adgangskode", "logg inn", "opprett konto",
    "glemt passord", "kirjaudu", "kirjaudu sisään", "rekisteröidy", "luo tili",
    // Polish, Czech, Slovak, Hungarian, Romanian
    "zaloguj się", "zaloguj", "logowanie", "zarejestruj się", "rejestracja", "załóż konto", "moje konto",
    "nie pamiętasz hasła", "przypomnij hasło", "odzyskaj hasło", "odzyskać hasło", "přihlášení",
    "přihlásit se", "registrace", "zapomenuté heslo", "prihlásenie", "registrácia", "bejelentkezés",
    "regisztráció", "elfelejtett jelszó", "autentificare", "înregistrare", "creează cont", "parolă uitată",
    // Turkish, Indonesian, Vietnamese
    "giriş yap", "üye girişi", "kayıt ol", "üye ol", "şifremi unuttum", "masuk", "daftar", "lupa kata sandi",
    "đăng nhập", "đăng ký", "quên mật khẩu",
    // Russian, Ukrainian, Bulgarian, Greek
    "войти", "вход", "вход на сайт", "авторизация", "регистрация", "зарегистрироваться", "личный кабинет",
    "личный раздел", "центр пользователя", "забыли пароль", "восстановление пароля", "отослать пароль",
    "напомнить пароль", "увійти", "вхід", "реєстрація", "забули пароль", "забравена парола", "σύνδεση",
    "εγγραφή", "ξεχάσατε τον κωδικό",
    // Arabic, Hebrew, Persian
    "تسجيل الدخول", "تسجيل دخول", "إنشاء حساب", "حساب جديد", "نسيت كلمة المرور", "استعادة كلمة المرور",
    "התחברות", "כניסה", "הרשמה", "שכחתי סיסמה", "ورود", "ثبت نام", "فراموشی رمز عبور",
    // Japanese, Chinese, Korean
    "ログイン", "サインイン", "会員登録", "新規登録", "新規会員登録", "マイページ", "パスワードをお忘れ", "パスワードの再設定", "パスワード再設定", "アカウント作成",
    "アカウントを作成", "登录", "登陆", "注册", "免费注册", "用户登录", "忘记密码", "找回密码", "更改密码", "重置密码", "获取密码", "登入", "註冊", "忘記密碼",
    "會員登入", "로그인", "회원가입", "비밀번호 찾기", "비밀번호를 잊으셨나요",
];

/// Sentences and buttons of consent dialogues.
pub(super) const CONSENT: &[&str] = &[
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
];

/// Titles and headings of consent dialogues' own pages.
pub(super) const CONSENT_TITLES: &[&str] = &[
    "before you continue", "privacy settings", "privacy preferences", "cookie consent", "cookies consent",
    "consent", "cookie settings", "we value your privacy", "your privacy choices", "your privacy",
    "cookie notice", "age verification", "verify your age", "confirm your age", "privacy gate",
    "bevor sie fortfahren", "datenschutzeinstellungen", "ihre privatsphäre", "einwilligung", "zustimmung",
    "avant de continuer", "votre vie privée", "antes de continuar", "tu privacidad", "prima di continuare",
    "la tua privacy", "voordat je verdergaat", "jouw privacy", "innan du fortsätter", "続行する前に",
];

/// Marks of consent dialogues in scripts, addresses and identifiers, in lower case.
pub(super) const CONSENT_MARKS: &[&str] = &[
    "onetrust", "didomi", "sourcepoint", "sp_message", "privacy-mgmt.com", "cookiebot", "usercentrics",
    "quantcast", "qc-cmp", "truste-consent", "trustarc", "consentmanager", "cmp.min.js", "fundingchoices",
    "guce.", "consent.google", "consent.youtube", "collectconsent", "consent-page", "consent-form",
    "consentform", "cookie-wall", "cookiewall", "klaro", "iubenda", "cookieyes", "osano", "borlabs",
    "tarteaucitron", "age-gate", "agegate", "consent_overlay",
];

/// "Switch on JavaScript": nothing to read without it.
pub(super) const NEEDS_SCRIPT: &[&str] = &[
    "enable javascript", "enable java script", "turn javascript on", "turn on javascript",
    "requires javascript", "javascript is required", "javascript is disabled", "javascript disabled",
    "javascript is not enabled", "javascript is not available", "javascript must be enabled",
    "without javascript", "need javascript", "needs javascript", "need to enable javascript",
    "javascript enabled", "activate javascript", "please allow javascript", "browser is not supported",
    "browser not supported", "unsupported browser", "javascript aktivieren", "javascript ist deaktiviert",
    "javascript deaktiviert", "aktivieren sie javascript", "javascript wird benötigt", "activer javascript",
    "activez javascript", "javascript est désactivé", "javascript est nécessaire", "habilitar javascript",
    "habilita javascript", "activa javascript", "activar javascript", "javascript está desactivado",
    "requiere javascript", "abilita javascript", "abilitare javascript", "attiva javascript",
    "javascript è disabilitato", "schakel javascript in", "javascript inschakelen", "ative o javascript",
    "habilite o javascript", "włącz javascript", "obsługę javascript", "aktivera javascript",
    "включите javascript", "включить javascript", "javascript i etkinleştirin", "تفعيل javascript",
    "تمكين javascript", "javascriptを有効", "javascriptが無効", "启用javascript", "開啟javascript", "javascript를 활성화",
    "启用 javascript", "javascript 활성화",
];

/// "Wait": the shell of an application before it has content.
pub(super) const LOADING: &[&str] = &[
    "loading", "loading app", "loading application", "please wait", "redirecting", "wird geladen", "lädt",
    "chargement", "cargando", "carregando", "caricamento", "laden", "ładowanie", "laddar", "загрузка",
    "yükleniyor", "読み込み中", "加载中", "載入中", "로딩 중", "جار التحميل",
];

/// What a reader service's own pages offer on every item and in every menu.
pub(super) const READER_CONTROLS: &[&str] = &[
    "archive", "unarchive", "archived", "like", "unlike", "liked", "move", "move to", "delete", "folders",
    "new folder", "create folder", "add folder", "edit folders", "highlights", "my highlights", "notes",
    "log out", "logout", "sign out", "unread", "mark as read", "mark all as read", "mark unread",
    "mark all read", "read later", "saved for later", "my list", "saves", "favorites", "favourites",
    "starred", "tags", "manage tags", "edit tags", "add tag", "untagged", "inbox", "home", "browse",
    "settings", "preferences", "profile", "your profile", "extras", "speed read", "text to speech", "listen",
    "export", "import", "download", "bulk edit", "select all", "edit", "add", "add link", "save link",
    "add bookmark", "bookmarks", "collections", "all items", "all articles", "sort by", "newest first",
    "oldest first", "shortlist", "later", "feed", "feeds", "add feed", "subscriptions", "upgrade",
    "get premium", "premium", "videos", "articles", "text", "dark mode", "list view", "grid view", "refresh",
    "sync", "trash", "share", "share via email", "send to kindle", "archiv", "archivieren", "gefällt mir",
    "verschieben", "löschen", "ordner", "markierungen", "ungelesen", "als gelesen markieren", "abmelden",
    "einstellungen", "favoriten", "später lesen", "exportieren", "bearbeiten", "archiver", "jaime",
    "déplacer", "supprimer", "dossiers", "surlignages", "non lus", "déconnexion", "paramètres", "archivar",
    "me gusta", "mover", "eliminar", "carpetas", "cerrar sesión", "ajustes", "アーカイブ", "削除", "フォルダ", "設定",
    "ログアウト", "归档", "删除", "文件夹", "设置", "退出",
];

/// Controls of the list above that hardly any other page offers.
pub(super) const READER_ONLY_CONTROLS: &[&str] = &[
    "unarchive", "archive", "archived", "unread", "mark as read", "mark all as read", "mark unread",
    "mark all read", "my highlights", "highlights", "saved for later", "read later", "speed read",
    "send to kindle", "bulk edit", "edit folders", "new folder", "create folder", "add folder", "my list",
    "saves", "unlike", "liked", "add bookmark", "add feed", "untagged", "all items", "shortlist", "move to",
    "folders", "add tag", "log out", "logout", "sign out", "archivieren", "ungelesen",
    "als gelesen markieren", "archiver", "archivar", "non lus", "アーカイブ", "归档", "später lesen", "abmelden",
    "déconnexion", "cerrar sesión",
];

/// Titles and headings of pages that come with a server, a panel or a hosting contract.
pub(super) const DEFAULT_TITLES: &[&str] = &[
    "welcome to nginx", "apache2 ubuntu default page", "apache2 debian default page", "apache2 default page",
    "default page", "default web page", "default web site page", "default website page", "it works",
    "test page for", "test page for the apache http server", "apache http server test page",
    "http server test page powered by", "nginx http server test page", "iis windows server", "iis windows",
    "iis7", "iis8", "iis 10", "internet information services", "index of", "directory listing for",
    "directory listing", "welcome to openresty", "welcome to tengine", "welcome to caddy", "caddy works",
    "apache tomcat", "welcome to centos", "welcome to xampp", "xampp for", "domain default page",
    "plesk default page", "web server s default page", "web servers default page",
    "default parallels plesk page", "default plesk page", "cpanel", "hello world",
    "lighttpd placeholder page", "placeholder page", "welcome to litespeed", "congratulations",
    "future home of", "coming soon", "under construction", "site under construction",
    "welcome to your new website", "just another wordpress site", "webmin", "welcome to laravel",
    "django the web framework", "the install worked successfully", "yay youre on rails",
    "ruby on rails welcome aboard", "phpinfo", "wamp server", "wampserver homepage", "verzeichnis von",
    "index von", "index de", "indice di", "hier entsteht", "seite im aufbau", "en construcción",
    "en construction", "sito in costruzione", "strona w budowie", "сайт в разработке", "建设中", "工事中", "準備中",
];

/// Sentences of such pages.
pub(super) const DEFAULT_SENTENCES: &[&str] = &[
    "if you see this page the nginx web server is successfully installed",
    "web server is successfully installed", "successfully installed and working",
    "further configuration is required", "this is the default welcome page",
    "this is the default web page for this server", "default web page for this server",
    "web server software is running but no content has been added", "no content has been added yet",
    "used to test the proper operation of", "used to test the correct operation of",
    "if you can read this page it means that", "you should replace this file", "thank you for using nginx",
    "you may now add content to the directory", "this page is generated by plesk",
    "this website was just created", "this domain has been registered", "has not been configured",
    "website has not been published", "the owner of this web site has not put up",
    "there is no website configured at this address", "site is not published",
    "you are seeing this page because there is nothing configured on this web server",
    "theres nothing here yet", "there is nothing here yet", "site hosted by",
    "future home of something quite cool", "this site is under construction", "website is coming soon",
    "web site is coming soon", "lorem ipsum dolor sit amet", "diese domain wurde", "hier entsteht eine neue",
    "diese webseite wurde gerade erstellt", "ce site est en construction", "este sitio está en construcción",
    "这是默认页面", "このページはデフォルト",
];

/// Calls to pay or to register where a text breaks off.
pub(super) const READ_ON: &[&str] = &[
    "continue reading", "subscribe to read", "subscribe to continue", "subscribers only", "sign in to read",
    "log in to read", "to read the full", "read the full story", "already a subscriber",
    "unlock this article", "start your free trial", "this article is for subscribers",
    "this post is for paid subscribers", "jetzt weiterlesen", "weiterlesen mit", "jetzt abonnieren",
    "bereits abonnent", "nur für abonnenten", "réservé aux abonnés", "la suite est réservée", "déjà abonné",
    "solo para suscriptores", "suscríbete para", "ya eres suscriptor", "riservato agli abbonati",
    "abbonati per", "lees verder", "alleen voor abonnees", "exclusivo para assinantes",
    "dostęp dla prenumeratorów", "この記事は有料", "続きを読む", "会員限定", "订阅后",
];

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    #[test]
    fn every_phrase_is_written_in_the_form_it_is_compared_in() {
        let lists = [
            NOT_FOUND,
            BARE_NOT_FOUND,
            SERVER_ERROR,
            BARE_ERRORS,
            CHALLENGE,
            WAITING,
            ACCOUNT,
            CONSENT,
            CONSENT_TITLES,
            NEEDS_SCRIPT,
            LOADING,
            READER_CONTROLS,
            READER_ONLY_CONTROLS,
            DEFAULT_TITLES,
            DEFAULT_SENTENCES,
            READ_ON,
        ];
        for phrase in lists.into_iter().flatten() {
            assert_eq!(fold(phrase), *phrase);
        }
    }

    #[test]
    fn every_mark_is_in_lower_case_and_shared_marks_are_marks() {
        for mark in CHALLENGE_MARKS.iter().chain(CONSENT_MARKS) {
            assert_eq!(mark.to_ascii_lowercase(), *mark);
        }
        assert!(
            SHARED_CHALLENGE_MARKS
                .iter()
                .all(|mark| CHALLENGE_MARKS.contains(mark))
        );
        assert!(
            READER_ONLY_CONTROLS
                .iter()
                .all(|control| READER_CONTROLS.contains(control))
        );
    }
}
