//! What stands around content and on domains that have none: labels of navigation and of forms, offers of
//! parked domains. Lists only, in folded form.

use super::super::phrase_list::Phrases;

/// Labels of the menus and footers of ordinary sites.
pub(in crate::quality) static NAVIGATION: Phrases = Phrases::of(&[
    "home", "homepage", "about", "about us", "contact", "contact us", "contacts", "privacy policy", "privacy", "terms of service",
    "terms of use", "terms", "terms and conditions", "cookie policy", "cookies", "sitemap", "site map", "careers", "jobs", "press",
    "advertise", "advertising", "advertise with us", "newsletter", "newsletters", "subscribe", "sign in", "log in", "login", "sign up",
    "register", "my account", "search", "menu", "skip to content", "skip to main content", "skip to navigation", "toggle navigation",
    "navigation", "main menu", "categories", "archives", "tags", "blog", "news", "help", "help center", "support",
    "faq", "faqs", "accessibility", "rss", "rss feed", "facebook", "twitter", "instagram", "youtube", "linkedin", "pinterest", "tiktok",
    "share on facebook", "share on twitter", "follow us", "share", "print", "email", "back to top", "previous", "next",
    "previous post", "next post", "older posts", "newer posts", "read more", "view all", "see all", "load more", "related posts", "recent posts",
    "popular posts", "most popular", "trending", "latest", "latest news", "world", "politics", "business", "sports", "sport",
    "entertainment", "technology", "tech", "science", "health", "opinion", "lifestyle", "travel", "food", "culture",
    "video", "videos", "podcasts", "photos", "weather", "products", "services", "solutions", "pricing", "features", "resources",
    "documentation", "docs", "download", "downloads", "shop", "store", "cart", "basket", "wishlist", "checkout", "all rights reserved", "copyright",
    "legal", "imprint", "investors", "investor relations", "our team", "team", "portfolio", "gallery", "events", "forum", "community",
    "leave a comment", "comments", "language", "english", "close",
    // German
    "startseite", "über uns", "kontakt", "impressum", "datenschutz", "datenschutzerklärung", "agb", "karriere", "presse", "suche",
    "anmelden", "registrieren", "mein konto", "warenkorb", "hilfe", "zum inhalt springen", "menü", "nachrichten", "politik", "wirtschaft",
    "wissenschaft", "kultur", "werbung", "nutzungsbedingungen", "barrierefreiheit", "weiterlesen", "mehr anzeigen", "nach oben",
    // French
    "accueil", "à propos", "qui sommes nous", "mentions légales", "politique de confidentialité", "confidentialité", "conditions générales",
    "plan du site", "recherche", "rechercher", "connexion", "se connecter", "sinscrire", "mon compte", "panier", "aide", "actualités", "politique",
    "économie", "monde", "sciences", "santé", "boutique", "abonnez vous", "sabonner", "lire la suite", "voir plus", "aller au contenu",
    // Spanish, Portuguese, Italian
    "inicio", "acerca de", "sobre nosotros", "quiénes somos", "contacto", "aviso legal", "política de privacidad", "política de cookies",
    "mapa del sitio", "buscar", "iniciar sesión", "registrarse", "mi cuenta", "carrito", "ayuda", "noticias", "política", "economía",
    "deportes", "cultura", "tecnología", "ciencia", "salud", "suscríbete", "leer más", "ver más", "saltar al contenido", "início", "sobre nós", "contato", "contacte nos",
    "política de privacidade", "termos de uso", "entrar", "cadastre se", "minha conta", "carrinho", "ajuda", "notícias", "esportes", "leia mais",
    "chi siamo", "contatti", "privacy policy e cookie", "note legali", "mappa del sito", "cerca", "accedi", "registrati", "carrello", "aiuto",
    "notizie", "cronaca", "economia", "politica", "scienza", "salute", "leggi tutto", "vai al contenuto",
    // Dutch, Polish, Czech, Swedish, Turkish
    "over ons", "privacybeleid", "voorwaarden", "zoeken", "inloggen", "aanmelden", "winkelwagen", "nieuws", "vacatures", "lees meer",
    "strona główna", "o nas", "polityka prywatności", "regulamin", "szukaj", "zaloguj się", "koszyk", "pomoc", "aktualności", "kariera",
    "czytaj więcej", "domů", "o nás", "kontakty", "hledat", "přihlásit se", "hem", "om oss", "kontakta oss", "integritetspolicy", "sök",
    "logga in", "nyheter", "ana sayfa", "anasayfa", "hakkımızda", "iletişim", "gizlilik politikası", "giriş yap", "haberler", "ara",
    // Russian, Ukrainian, Greek
    "главная", "о нас", "о компании", "контакты", "политика конфиденциальности", "карта сайта", "поиск", "войти", "вход", "регистрация",
    "новости", "политика", "экономика", "спорт", "культура", "реклама", "вакансии", "помощь", "корзина", "подписаться", "читать далее", "меню",
    "головна", "про нас", "новини", "пошук", "увійти", "αρχική", "επικοινωνία", "σχετικά με εμάς",
    // Arabic, Hebrew, Persian
    "الرئيسية", "الصفحة الرئيسية", "من نحن", "اتصل بنا", "سياسة الخصوصية", "شروط الاستخدام", "تسجيل الدخول", "البحث", "بحث", "الأخبار",
    "أخبار", "رياضة", "اقتصاد", "سياسة", "اقرأ المزيد", "דף הבית", "צור קשר", "אודות", "خانه", "درباره ما", "تماس با ما",
    // Japanese, Chinese, Korean
    "ホーム", "トップページ", "会社概要", "お問い合わせ", "プライバシーポリシー", "利用規約", "サイトマップ", "ログイン", "新規登録", "ニュース", "お知らせ", "検索", "メニュー",
    "採用情報", "ヘルプ", "よくある質問", "続きを読む", "首页", "首頁", "关于我们", "關於我們", "联系我们", "聯絡我們", "隐私政策", "隱私政策", "服务条款", "网站地图", "登录", "注册",
    "登入", "新闻", "搜索", "帮助中心", "帮助", "加入我们", "홈", "회사소개", "고객센터", "개인정보처리방침", "이용약관", "로그인", "회원가입", "뉴스", "검색",
]);

/// Labels of the fields of a form that asks who somebody is.
pub(in crate::quality) static ACCOUNT_FIELDS: Phrases = Phrases::of(&[
    "password", "username", "user name", "email", "e mail", "email address", "email or username", "email or phone",
    "username or email", "remember me", "keep me signed in", "keep me logged in", "stay signed in", "show password",
    "confirm password", "first name", "last name", "or", "with google", "with apple", "with facebook", "privacy policy", "terms of service",
    "passwort", "benutzername", "e mail adresse", "angemeldet bleiben", "mot de passe", "nom dutilisateur", "adresse e mail",
    "identifiant", "se souvenir de moi", "rester connecté", "contraseña", "usuario", "correo electrónico", "nombre de usuario",
    "recordarme", "recuérdame", "senha", "nome de usuário", "lembrar de mim", "nome utente", "indirizzo email", "ricordami", "wachtwoord",
    "gebruikersnaam", "e mailadres", "onthoud mij", "hasło", "nazwa użytkownika", "zapamiętaj mnie", "adres e mail", "heslo", "lösenord",
    "användarnamn", "kom ihåg mig", "şifre", "kullanıcı adı", "e posta", "beni hatırla", "пароль", "логин", "имя пользователя", "электронная почта",
    "запомнить меня", "كلمة المرور", "اسم المستخدم", "البريد الإلكتروني", "تذكرني", "סיסמה", "שם משתמש", "パスワード", "ユーザー名", "メールアドレス", "ログイン状態を保持",
    "密码", "密碼", "用户名", "邮箱", "手机号", "记住我", "비밀번호", "아이디", "이메일", "로그인 상태 유지",
]);

/// "Buy this domain": what stands where a domain has no site.
pub(in crate::quality) static PARKED: Phrases = Phrases::of(&[
    "domain is for sale", "domain may be for sale", "domain name is for sale", "domain name may be for sale",
    "domain for sale", "domain is parked", "domain has been parked", "parked domain", "parked free", "parked page",
    "buy this domain", "purchase this domain", "own this domain", "make an offer on this domain", "inquire about this domain",
    "interested in this domain", "this domain is available", "domain is available for purchase", 
    "domain registration has expired", "renew your domain", "is this your domain",
    "sponsored listings displayed above", "sedo domain parking",
    
    "domain was recently registered", "recently registered at", 
    "diese domain steht zum verkauf", "domain steht zum verkauf", "diese domain kaufen", "domain kaufen", "domain zu verkaufen", "domain ist geparkt",
    "domain könnte zum verkauf stehen", "ce domaine est à vendre", "nom de domaine est à vendre", "acheter ce domaine",
    "domaine à vendre", "domaine est peut être à vendre", "este dominio está en venta", "dominio está a la venta", "dominio en venta", "comprar este dominio",
    "este domínio está à venda", "domínio à venda", "comprar este domínio", "questo dominio è in vendita",
    "dominio è in vendita", "dominio in vendita", "acquista questo dominio", "dit domein is te koop", "domein is te koop", "domeinnaam is te koop", "domein te koop",
    "koop dit domein", "domena jest na sprzedaż", "domena na sprzedaż", "kup tę domenę", "tato doména je na prodej", "doména je na prodej", "doména na prodej", "domänen är till salu",
    "domänen är parkerad", "bu alan adı satılıktır", "alan adı satılıktır", "satılık alan adı", "домен продается", "домен продаётся", "этот домен продается", "купить домен", "купить этот домен",
    "домен припаркован", "домен выставлен на продажу", "домен продається", "هذا النطاق معروض للبيع", "النطاق معروض للبيع", "شراء هذا النطاق", "このドメインは販売", "ドメインは売り出し中", "ドメインを購入", "ドメイン販売", "该域名出售", "域名出售", "域名正在出售",
    "此域名出售", "购买此域名", "购买该域名", "網域出售", "도메인 판매", "도메인을 구매", "도메인은 판매",
]);

/// What such offers say besides, and others say as well.
pub(in crate::quality) static PARKED_BESIDE: Phrases = Phrases::of(&[
    "buy now for", "make an offer", "related searches", "sponsored listings", "domain owner",
    "courtesy of godaddy", "powered by sedo", "lease to own", "premium domain", "premium domains",
    "the sedo domain", "hugedomains", "afternic", "dan com", "bodis", "listed for sale", "price request",
    "domain broker", "domain parking", "domain has expired", "domain expired", "domain name has expired",
    "domain is registered", "verwandte suchbegriffe", "recherches associées", "búsquedas relacionadas",
    "ricerche correlate", "get this domain", "sponsored links", "escrow", "secure payment", "transfer support",
    "asking price", "whois", "registrar", "click here to inquire", "the owner of this domain", "seller", "sedo",
    "godaddy", "namecheap", "dynadot", "verkäufer", "kaufpreis", "inhaber der domain", "treuhand",
    "preis auf anfrage", "gesponserte links", "propriétaire du domaine", "liens sponsorisés",
    "propietario del dominio", "enlaces patrocinados", "proprietario del dominio", "eigenaar van dit domein",
    "właściciel domeny", "владелец домена", "スポンサーリンク", "相关搜索", "联系卖家",
]);

/// Labels of the field that only a form to log in or to register has.
pub(in crate::quality) static PASSWORD_FIELDS: Phrases = Phrases::of(&[
    "password", "your password", "confirm password", "repeat password", "verify password", "new password", "passwort", "kennwort", "mot de passe",
    "contraseña", "contrasinal", "contrasenya", "senha", "palavra passe", "wachtwoord", "hasło", "heslo", "lösenord", "adgangskode", "passord", "salasana",
    "jelszó", "parolă", "parola", "şifre", "kata sandi", "mật khẩu", "пароль", "парола", "κωδικός", "كلمة المرور", "كلمة السر", "סיסמה", "סיסמא", "رمز عبور",
    "パスワード", "密码", "密碼", "비밀번호",
]);
