//! What pages say that want to know who the visitor is or to be paid. Lists only, in folded form.

use super::super::phrase_list::Phrases;

/// "Who are you?": log in, register, get a new password.
pub(in crate::quality) static ACCOUNT: Phrases = Phrases::of(&[
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
]);

/// Calls to pay or to register where a text breaks off.
pub(in crate::quality) static READ_ON: Phrases = Phrases::of(&[
    "continue reading", "subscribe to read", "subscribe to continue", "subscribers only", "sign in to read",
    "log in to read", "to read the full", "read the full story", "already a subscriber",
    "unlock this article", "start your free trial", "this article is for subscribers",
    "this post is for paid subscribers", "jetzt weiterlesen", "weiterlesen mit", "jetzt abonnieren",
    "bereits abonnent", "nur für abonnenten", "réservé aux abonnés", "la suite est réservée", "déjà abonné",
    "solo para suscriptores", "suscríbete para", "ya eres suscriptor", "riservato agli abbonati",
    "abbonati per", "lees verder", "alleen voor abonnees", "exclusivo para assinantes",
    "dostęp dla prenumeratorów", "この記事は有料", "続きを読む", "会員限定", "订阅后",
]);

/// What else stands where a text ends at a wall to pay at.
pub(in crate::quality) static PAYWALL: Phrases = Phrases::of(&[
    "subscribe now", "subscribe today", "subscribe for", "subscribe to unlock", "become a subscriber", "become a member",
    "subscription required", "subscriber only", "subscriber exclusive", "for subscribers only", "paid subscribers", "paying subscribers",
    "premium content", "premium article", "exclusive to subscribers", "unlimited access", "full access", "digital access", "unlock full",
    "unlock the full", "read the full article", "reached your limit", "reached your article limit", "free articles remaining", "free article remaining",
    "free articles left", "articles this month", "last free article", "your free articles", "cancel anytime", "cancel at any time", "per month", "a month for",
    "for the first month", "choose your plan", "choose a plan", "view subscription options", "see subscription options", "already subscribed",
    "already a member", "have an account", "sign in to continue", "log in to continue", "sign in to keep reading", "create a free account to", "register to continue",
    "register for free to", "keep reading", "continue reading your article", "support our journalism", "the rest of this article", "remaining of this article",
    // German
    "abo abschließen", "abo erforderlich", "abonnieren sie", "abonnieren und weiterlesen", "jetzt testen", "monat testen", "probeabo", "für abonnenten",
    "exklusiv für abonnenten", "weiterlesen mit", "mit abo weiterlesen", "sie haben bereits ein abo", "bereits ein abo", "monatlich kündbar", "jederzeit kündbar",
    "freischalten", "artikel freischalten", "registrieren und weiterlesen", "alle artikel lesen", "alle plus artikel",
    // French
    "abonnez vous", "article réservé", "contenu réservé", "pour lire la suite", "lire la suite", "accès illimité", "sans engagement", "premier mois",
    "il vous reste", "de cet article à lire", "vous êtes abonné", "déjà abonnée", "je mabonne", "offre dessai",
    // Spanish, Portuguese, Italian, Dutch
    "suscríbete", "suscríbase", "para seguir leyendo", "sigue leyendo", "contenido exclusivo", "acceso ilimitado", "artículo exclusivo", "ya soy suscriptor",
    "cancela cuando quieras", "assine", "para continuar lendo", "continue lendo", "conteúdo exclusivo", "acesso ilimitado", "já é assinante", "sou assinante",
    "cancele quando quiser", "abbonati", "per continuare a leggere", "continua a leggere", "contenuto riservato", "accesso illimitato", "sei già abbonato",
    "disdici quando vuoi", "neem een abonnement", "word abonnee", "om verder te lezen", "onbeperkt toegang", "al abonnee", "maandelijks opzegbaar",
    // Polish, Czech, Swedish, Turkish, Russian
    "wykup subskrypcję", "wykup dostęp", "czytaj dalej", "aby czytać dalej", "pełny dostęp", "masz już subskrypcję", "tylko dla subskrybentów", "předplatné",
    "pouze pro předplatitele", "pro předplatitele", "bli prenumerant", "för att läsa vidare", "läs vidare", "för prenumeranter", "redan prenumerant", "abone ol", "abone olun", "okumaya devam", "aboneler için",
    "оформите подписку", "подпишитесь", "чтобы читать дальше", "чтобы продолжить чтение", "только для подписчиков", "доступно по подписке", "уже есть подписка",
    // Arabic, Japanese, Chinese, Korean
    "اشترك الآن", "للمشتركين فقط", "متابعة القراءة", "لمتابعة القراءة", "有料会員限定", "有料会員", "会員限定記事", "この記事は会員", "購読する", "残り", "全文を読む", "ログインして続き",
    "订阅后可", "订阅解锁", "付费内容", "付费阅读", "会员专享", "开通会员", "登录后阅读", "剩余内容", "阅读全文", "訂閱", "付費", "구독자 전용", "유료 회원", "구독하기", "계속 읽으려면", "로그인 후",
    "this article is for", "this content is for", "this post is for", "for subscribers",
    "available to subscribers", "available only to", "subscribe to keep", "subscribe to get", "subscribers can",
    "get unlimited", "get full access", "read the rest", "to read more",
    "create an account to", "create a free account", "register to read", "register for free", "free trial", "try it free", "try for free",
    "first month free", "billed annually", "auto renews", "cancel any time", "no commitment", "log in to read", "sign in or",
    "already have an account", "thanks for reading", "enjoyed your free", "used all your free", "your free article", "article limit",
    "support independent journalism", "independent journalism", "become a supporter", "nur mit abo", "mit abo lesen", "plus artikel",
    "diesen artikel lesen", "diesen artikel weiterlesen", "um diesen artikel", "um weiterzulesen", "den vollständigen artikel",
    "vollständigen zugriff", "vollen zugriff", "zugriff auf alle", "unbegrenzten zugang", "kostenlos testen", "gratis testen",
    "abonnenten lesen", "schon abonnent", "bereits registriert", "exklusiver inhalt", "mitglied werden",
    "cet article est réservé", "article est réservé", "réservé à nos abonnés", "pour continuer à lire", "pour continuer la lecture",
    "continuer à lire", "poursuivre la lecture", "poursuivez votre lecture", "la suite de cet article", "lintégralité de larticle",
    "lire lintégralité", "accédez à tous", "accès à tous les articles", "essai gratuit", "par mois", "sabonner",
    "je suis abonné", "connectez vous", "offre spéciale", "para leer el artículo", "para leer completo", "seguir leyendo",
    "continúa leyendo", "continuar leyendo", "artículo para suscriptores", "contenido para suscriptores", "solo suscriptores", "acceso completo",
    "hazte suscriptor", "hazte socio", "prueba gratis", "primer mes", "si ya eres suscriptor", "ya estás suscrito", "inicia sesión para",
    "per leggere", "leggi larticolo completo", "articolo completo", "articolo riservato", "contenuto per abbonati", "solo per abbonati",
    "diventa abbonato", "prova gratis", "primo mese", "hai già un abbonamento", "sei abbonato", "continua la lettura",
    "lees het hele artikel", "lees dit artikel", "dit artikel lezen", "verder lezen", "lees verder",
    "exclusief voor", "voor abonnees", "onze abonnees", "abonnees lezen", "word lid", "abonneer", "abonneer je", "neem nu", "kies een abonnement",
    "bekijk de abonnementen", "eerste maand", "per maand", "gratis proberen", "al een abonnement", "bent u al", "ben je al",
    "log in om", "inloggen om", "toegang tot alle", "volledige toegang", "op elk moment opzegbaar", "para ler o artigo", "ler o artigo completo",
    "artigo exclusivo", "exclusivo para assinantes", "só para assinantes", "acesso completo", "seja assinante", "torne se assinante",
    "experimente grátis", "primeiro mês", "por mês", "já tem assinatura", "continuar a ler", "dalsza część artykułu",
    "dalszy ciąg", "przeczytać cały", "cały artykuł", "dla prenumeratorów", "dla subskrybentów", "zostań subskrybentem", "kup subskrypcję",
    "kup dostęp", "bez limitu", "nieograniczony dostęp", "już od", "miesięcznie", "masz już konto", "zaloguj się aby", "celý článek",
    "pokračovat ve čtení", "získejte přístup", "máte předplatné", "hela artikeln", "fortsätt läsa", "endast för prenumeranter", "köp prenumeration",
    "logga in för", "læs videre", "kun for abonnenter", "bliv abonnent", "devamını okumak", "devamı için", "полный текст", "полная версия",
    "читайте полностью", "оформить подписку", "для подписчиков", "читать полностью", "безлимитный доступ", "пробный период", "в месяц", "続きは",
    "会員登録すると", "有料プラン", "月額", "初月", "全文を読むには", "购买后", "成为会员",
]);
