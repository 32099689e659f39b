//! Words by which a page speaks of itself, of its visitor and of what is to be done next, in place of anything else.
//! Ordinary words, each of which stands in good texts too: only their share of a short text means something.

use super::super::phrase_list::Phrases;

/// What a page, its server, its forms and its terms are made of.
pub(in crate::quality) static PAGE_TALK: Phrases = Phrases::of(&[
    "page", "pages", "site", "sites", "website", "websites", "web", "webpage", "homepage", "url", "link", "links", "browser", "browsers", "cookie",
    "cookies", "javascript", "script", "scripts", "server", "servers", "domain", "domains", "host", "hosting", "request", "requests", "requested",
    "error", "errors", "access", "account", "accounts", "password", "username", "email", "login", "log in", "sign in", "sign up", "register",
    "registered", "registration", "subscribe", "subscribed", "subscriber", "subscribers", "subscription", "subscriptions", "member", "members", "membership",
    "free trial", "premium", "unlimited", "cancel", "per month", "click", "button", "reload", "refresh", "retry", "try again", "try again later", "visit", "visitor",
    "visitors", "administrator", "webmaster", "website owner", "site owner", "support", "contact", "please", "sorry", "apologize", "apologise", "inconvenience", "available",
    "unavailable", "temporarily", "currently", "blocked", "denied", "permission", "forbidden", "security", "secure", "verify", "verification",
    "verifying", "robot", "bot", "bots", "captcha", "connection", "connect", "internet", "network", "ip", "ip address", "privacy", "privacy policy", "policy", "terms",
    "consent", "accept", "reject", "agree", "settings", "preferences", "partners", "vendors", "advertising", "ads", "personalised",
    "personalized", "content", "article", "articles", "continue", "continue reading", "for sale", "registrar", "parked", "loading", "enable", "enabled",
    "disabled", "unsupported", "required", "app", "application", "online", "offline", "maintenance", "resource", "not found", "moved", "removed",
    "deleted", "expired", "placeholder", "coming soon", "service", "data", "device", "devices", "third party", "analytics", "traffic", "configuration",
    "gateway", "proxy", "timeout", "timed out", "cache", "header", "response", "log out", "newsletter", "download", "upload", "search", "menu", "homepage", "session", "user", "users",
    "automated", "unusual", "firewall", "status", "generated", "reference", "incident", "encountered", "could not", "cannot", "unable", "failed",
    // German
    "seite", "seiten", "webseite", "website", "internetseite", "startseite", "adresse", "browser", "cookies", "server", "domain", "anfrage", "fehler", "zugriff", "zugang",
    "konto", "kennwort", "passwort", "benutzername", "e mail", "anmelden", "anmeldung", "einloggen", "registrieren", "abo", "abonnement", "abonnieren", "abonnent", "abonnenten", "kostenlos", "probeabo",
    "testen", "kündbar", "monatlich", "klicken", "neu laden", "laden", "aktualisieren", "erneut", "versuchen", "später", "besucher", "administrator", "betreiber", "inhaber", "wenden", "kontakt", "bitte", "leider",
    "entschuldigung", "verfügbar", "erreichbar", "vorübergehend", "derzeit", "gesperrt", "blockiert", "verweigert", "berechtigung", "sicherheit", "sicherheitsprüfung", "überprüfen", "überprüft", "verbindung",
    "internet", "netzwerk", "ip adresse", "datenschutz", "datenschutzerklärung", "nutzungsbedingungen", "einwilligung", "zustimmung", "zustimmen", "akzeptieren", "ablehnen", "einstellungen", "partner", "werbung",
    "anzeigen", "personalisierte", "inhalt", "inhalte", "artikel", "weiterlesen", "lesen", "verkauf", "kaufen", "aktivieren", "aktiviert", "deaktiviert", "javascript", "wartung", "wartungsarbeiten", "gefunden",
    "verschoben", "gelöscht", "entfernt", "abgelaufen", "platzhalter", "daten", "gerät", "geräte", "informationen", "dienst", "dienste", "nutzen", "verwenden", "verarbeiten", "widerrufen",
    // French
    "page", "site", "sites", "navigateur", "cookies", "serveur", "domaine", "requête", "erreur", "accès", "accéder", "compte", "mot de passe", "identifiant", "adresse", "adresse e mail", "connexion", "connectez", "connecter",
    "inscription", "inscrire", "abonnez", "abonner", "abonné", "abonnés", "abonnement", "gratuit", "essai", "sans engagement", "par mois", "cliquez", "recharger", "rechargez", "actualiser", "réessayer", "réessayez", "plus tard", "visiteur",
    "administrateur", "propriétaire", "contactez", "contacter", "veuillez", "désolé", "désolés", "excuser", "disponible", "indisponible", "temporairement", "actuellement", "bloqué", "bloquée", "refusé", "autorisation",
    "sécurité", "vérifier", "vérification", "vérifiez", "robot", "réseau", "confidentialité", "vie privée", "politique", "conditions", "consentement", "accepter", "acceptez", "refuser", "paramètres", "préférences", "partenaires", "publicité",
    "publicités", "personnalisés", "personnalisées", "contenu", "contenus", "article", "articles", "lecture", "lire la suite", "à vendre", "acheter", "activer", "activez", "activé", "désactivé", "javascript", "maintenance",
    "introuvable", "demandée", "déplacée", "supprimée", "expiré", "données", "appareil", "terminal", "informations", "service", "services", "lien", "liens", "utilisons", "stocker", "traiter", "retirer", "finalités", "mesure",
    // Spanish
    "página", "páginas", "sitio", "sitio web", "web", "navegador", "cookies", "servidor", "dominio", "solicitud", "error", "acceso", "acceder", "cuenta", "contraseña", "usuario", "correo electrónico", "dirección", "iniciar sesión", "inicia sesión",
    "regístrate", "registrarse", "registro", "suscríbete", "suscribirse", "suscriptor", "suscriptores", "suscripción", "gratis", "prueba", "cancela", "al mes", "haz clic", "clic", "recargar", "recarga", "actualizar", "inténtalo", "intente", "intentarlo",
    "más tarde", "visitante", "administrador", "propietario", "contacta", "contacte", "por favor", "lo sentimos", "disculpa", "disponible", "temporalmente", "actualmente", "bloqueado", "bloqueada", "denegado", "permiso", "seguridad", "verificar",
    "verifica", "verificación", "robot", "conexión", "red", "privacidad", "política", "términos", "consentimiento", "aceptar", "acepta", "rechazar", "configuración", "preferencias", "socios", "publicidad", "anuncios", "personalizados", "contenido",
    "contenidos", "artículo", "artículos", "leyendo", "en venta", "comprar", "activar", "activa", "habilitar", "javascript", "mantenimiento", "no encontrada", "movido", "eliminado", "caducado", "datos", "dispositivo", "información", "servicio", "enlace", "enlaces", "utilizamos",
    // Italian
    "pagina", "pagine", "sito", "sito web", "browser", "cookie", "server", "dominio", "richiesta", "errore", "accesso", "accedi", "accedere", "account", "password", "utente", "email", "indirizzo", "registrati", "registrazione", "abbonati", "abbonato", "abbonamento",
    "gratis", "prova", "disdici", "al mese", "clicca", "fai clic", "ricarica", "aggiorna", "riprova", "più tardi", "visitatore", "amministratore", "proprietario", "contatta", "contattare", "per favore", "ci scusiamo", "spiacenti", "disponibile", "temporaneamente",
    "attualmente", "bloccato", "negato", "permesso", "autorizzazione", "sicurezza", "verifica", "verificare", "robot", "connessione", "rete", "privacy", "informativa", "termini", "consenso", "accetta", "accettare", "rifiuta", "rifiutare", "impostazioni", "preferenze",
    "partner", "pubblicità", "annunci", "personalizzati", "contenuto", "contenuti", "articolo", "articoli", "leggere", "in vendita", "acquista", "attiva", "abilita", "javascript", "manutenzione", "non trovata", "spostata", "rimossa", "scaduto", "dati", "dispositivo",
    "informazioni", "servizio", "servizi", "utilizziamo", "archiviare", "finalità", "collegamento",
    // Dutch
    "pagina", "paginas", "site", "website", "browser", "cookies", "server", "domein", "domeinnaam", "verzoek", "aanvraag", "fout", "toegang", "account", "wachtwoord", "gebruikersnaam", "e mailadres", "adres", "inloggen", "aanmelden", "log in", "registreren", "abonnee", "abonnees", "abonnement",
    "abonneren", "gratis", "proberen", "opzegbaar", "opzeggen", "per maand", "klik", "vernieuwen", "vernieuw", "opnieuw", "later", "bezoeker", "bezoekers", "beheerder", "eigenaar", "neem contact op", "contact", "helaas", "sorry", "excuses", "beschikbaar", "bereikbaar", "tijdelijk",
    "momenteel", "geblokkeerd", "geweigerd", "toestemming", "beveiliging", "controleren", "controleer", "robot", "verbinding", "internet", "netwerk", "privacy", "privacybeleid", "voorwaarden", "accepteren", "accepteer", "weigeren", "instellingen", "voorkeuren", "partners", "advertenties",
    "gepersonaliseerde", "inhoud", "content", "artikel", "artikelen", "verder lezen", "lezen", "te koop", "kopen", "inschakelen", "ingeschakeld", "uitgeschakeld", "javascript", "onderhoud", "niet gevonden", "verplaatst", "verwijderd", "verlopen", "gegevens", "apparaat", "informatie", "dienst", "diensten",
    // Polish
    "strona", "strony", "stronę", "stronie", "witryna", "witryny", "przeglądarka", "przeglądarce", "przeglądarki", "pliki cookie", "plików cookie", "serwer", "serwera", "domena", "domenę", "domeny", "żądanie", "błąd", "błędu", "dostęp", "dostępu", "konto", "konta", "hasło", "hasła", "login", "adres", "adres e mail", "zaloguj",
    "zaloguj się", "zarejestruj", "rejestracja", "subskrypcja", "subskrypcji", "subskrypcję", "subskrybuj", "prenumerata", "prenumeratę", "prenumeratorów", "bezpłatnie", "wypróbuj", "anuluj", "miesięcznie", "kliknij", "odśwież", "ponownie", "później", "administrator", "administratorem", "właściciel", "właścicielem", "skontaktuj", "prosimy", "proszę", "przepraszamy",
    "niestety", "dostępna", "dostępny", "dostępne", "niedostępna", "niedostępny", "tymczasowo", "obecnie", "zablokowany", "zablokowano", "odmowa", "uprawnień", "bezpieczeństwa", "sprawdź", "sprawdzamy", "weryfikacja", "robotem", "połączenie", "połączenia", "sieci", "prywatność", "prywatności", "polityka", "regulamin", "zgoda", "zgodę", "zgody", "akceptuję", "akceptuj",
    "zaakceptuj", "odrzuć", "ustawienia", "preferencje", "partnerzy", "partnerami", "reklamy", "reklam", "treść", "treści", "artykuł", "artykułu", "artykuły", "czytać dalej", "czytaj dalej", "na sprzedaż", "kup", "włącz", "włączyć", "obsługi", "javascript", "nie znaleziono", "przeniesiona", "usunięta", "wygasła", "dane", "danych", "urządzenie", "urządzeniu", "informacje", "usługa", "usługi",
    // Portuguese
    "página", "páginas", "site", "sites", "navegador", "cookies", "servidor", "domínio", "solicitação", "pedido", "erro", "acesso", "acessar", "conta", "senha", "palavra passe", "usuário", "utilizador", "e mail", "endereço", "entrar", "iniciar sessão", "faça login", "cadastre", "cadastro", "registe", "assine", "assinante",
    "assinantes", "assinatura", "grátis", "experimente", "cancele", "por mês", "clique", "recarregue", "recarregar", "atualize", "tente", "novamente", "mais tarde", "visitante", "administrador", "proprietário", "entre em contato", "contacte", "por favor", "desculpe", "lamentamos", "disponível", "indisponível", "temporariamente", "atualmente",
    "bloqueado", "negado", "permissão", "segurança", "verificar", "verifique", "verificação", "robô", "conexão", "ligação", "rede", "privacidade", "política", "termos", "consentimento", "aceitar", "aceita", "rejeitar", "recusar", "configurações", "definições", "preferências", "parceiros", "publicidade", "anúncios", "personalizados", "conteúdo",
    "conteúdos", "artigo", "artigos", "continuar lendo", "à venda", "comprar", "ative", "ativar", "habilite", "javascript", "manutenção", "não encontrada", "movida", "removida", "expirado", "dados", "dispositivo", "informações", "serviço", "serviços", "link", "utilizamos", "usamos",
    // Swedish, Danish, Czech, Turkish
    "sidan", "sida", "webbplats", "webbplatsen", "webbläsare", "webbläsaren", "servern", "domänen", "begäran", "fel", "åtkomst", "konto", "lösenord", "logga in", "prenumerera", "prenumerant", "prenumeration", "klicka", "ladda om", "försök igen", "tyvärr", "tillgänglig", "säkerhet", "anslutning", "samtycke", "godkänn", "avvisa",
    "inställningar", "innehåll", "artikeln", "siden", "hjemmesiden", "browseren", "serveren", "domænet", "fejl", "adgang", "adgangskode", "log ind", "abonnement", "abonner", "klik", "prøv igen", "desværre", "tilgængelig", "sikkerhed", "forbindelse", "samtykke", "accepter", "afvis", "indstillinger", "indhold", "artiklen",
    "stránka", "stránku", "stránky", "webu", "prohlížeč", "prohlížeči", "server", "doména", "požadavek", "chyba", "přístup", "účet", "heslo", "přihlásit", "přihlaste", "předplatné", "předplatitele", "klikněte", "obnovte", "zkuste", "znovu", "bohužel", "omlouváme", "dostupná", "zabezpečení", "ověření", "připojení", "souhlas", "přijmout", "odmítnout", "nastavení", "obsah", "článek", "článku",
    "sayfa", "sayfası", "sayfayı", "site", "sitesi", "tarayıcı", "tarayıcınız", "sunucu", "istek", "hata", "erişim", "hesap", "şifre", "giriş yap", "abone", "abonelik", "tıklayın", "yenileyin", "tekrar deneyin", "lütfen", "maalesef", "geçici", "güvenlik", "bağlantı", "çerez", "çerezler", "onay", "kabul", "reddet", "ayarlar", "içerik", "makale",
    // Russian
    "страница", "страницы", "страницу", "странице", "сайт", "сайта", "сайте", "сайту", "браузер", "браузера", "браузере", "файлы cookie", "cookie", "сервер", "сервера", "домен", "домена", "запрос", "запроса", "ошибка", "ошибки", "доступ", "доступа", "аккаунт", "учетную запись", "пароль", "логин", "адрес", "электронной почты", "войти", "войдите", "вход", "зарегистрируйтесь", "регистрация",
    "подписка", "подписки", "подписку", "подписаться", "подпишитесь", "подписчиков", "бесплатно", "отменить", "в месяц", "нажмите", "обновите", "перезагрузите", "повторите", "попробуйте", "попытку", "позже", "посетитель", "администратор", "администратору", "администрации", "владелец", "владельцу", "свяжитесь", "обратитесь", "пожалуйста", "извините", "извинения", "к сожалению", "доступна", "доступен", "недоступна", "недоступен",
    "временно", "заблокирован", "запрещен", "запрещён", "разрешения", "прав", "безопасности", "проверить", "проверьте", "проверка", "робот", "соединение", "подключение", "сети", "интернет", "конфиденциальности", "политика", "условия", "согласие", "принять", "отклонить", "настройки", "партнеры", "партнёры", "реклама", "рекламы", "контент", "материал", "статья", "статьи", "статью", "читать далее", "продолжить чтение", "продается", "продаётся", "купить", "включите", "включить", "javascript",
    "не найдена", "удалена", "перемещена", "данные", "данных", "устройстве", "информации", "сервис", "ссылка", "ссылку",
    // Japanese, Chinese
    "ページ", "サイト", "ウェブサイト", "ブラウザ", "ブラウザー", "クッキー", "サーバー", "サーバ", "ドメイン", "リクエスト", "エラー", "アクセス", "アカウント", "パスワード", "ログイン", "メールアドレス", "会員", "登録", "購読", "有料", "無料", "月額", "解約", "再読み込み", "再度", "お試し", "時間をおいて", "管理者", "お問い合わせ", "申し訳", "ご利用", "一時的", "現在", "ブロック", "拒否", "権限", "セキュリティ", "確認", "ロボット", "接続", "ネットワーク", "プライバシー", "ポリシー", "同意", "許可", "設定", "パートナー", "広告",
    "コンテンツ", "記事", "続き", "販売", "購入", "有効", "無効", "メンテナンス", "見つかりません", "移動", "削除", "データ", "デバイス", "情報", "サービス", "リンク", "表示", "読み込み",
    "页面", "网页", "网站", "浏览器", "服务器", "域名", "请求", "错误", "访问", "账号", "账户", "密码", "登录", "注册", "订阅", "会员", "免费", "点击", "刷新", "重试", "稍后", "管理员", "联系", "抱歉", "暂时", "无法", "权限", "安全", "验证", "连接", "网络", "隐私", "政策", "同意", "接受", "拒绝", "设置", "合作伙伴", "广告", "内容", "文章", "出售", "购买", "启用", "维护", "不存在", "移动", "删除", "数据", "设备", "信息", "服务", "链接",
]);

/// By which a page turns to its visitor, or points at itself. Notes about pages, and instructions, name them instead.
pub(in crate::quality) static ADDRESS: Phrases = Phrases::of(&[
    "you", "your", "youre", "youve", "we", "our", "us", "were", "weve", "this page", "this site", "this website", "this web", "this domain", "this server", "this content", "this article",
    "this resource", "this request", "this link", "this app", "this service", "this browser", "this document", "this post", "this story", "this account", "this url", "this address", "this time", "the page", "the site", "the server", "the requested",
    "please", "sorry", "thank you", "thanks",
    // German
    "sie", "ihr", "ihre", "ihren", "ihrem", "ihrer", "ihnen", "du", "dein", "deine", "deinen", "deinem", "dir", "wir", "uns", "unser", "unsere", "unseren", "unserer", "diese seite", "diese website", "diese webseite",
    "diese domain", "dieser seite", "dieser server", "dieser artikel", "dieser inhalt", "dieses", "diesen", "diesem", "die seite", "der server", "bitte", "leider", "danke",
    // French
    "vous", "votre", "vos", "nous", "notre", "nos", "tu", "ton", "ta", "tes", "cette page", "ce site", "ce domaine", "cet article", "ce contenu", "cette ressource", "la page", "le site", "le serveur", "veuillez", "désolé", "désolés", "merci",
    // Spanish, Portuguese, Italian
    "tu", "tus", "te", "usted", "su", "sus", "nosotros", "nuestro", "nuestra", "nuestros", "nuestras", "nos", "esta página", "este sitio", "esta web", "este dominio", "este artículo", "este contenido", "la página", "el sitio", "el servidor", "por favor",
    "lo sentimos", "gracias", "você", "seu", "sua", "seus", "suas", "teu", "tua", "nós", "nosso", "nossa", "nossos", "nossas", "este site", "este domínio", "este artigo", "este conteúdo", "a página", "o site", "o servidor", "desculpe", "lamentamos", "obrigado",
    "tuo", "tua", "tuoi", "tue", "ti", "noi", "nostro", "nostra", "nostri", "nostre", "questa pagina", "questo sito", "questo dominio", "questo articolo", "questo contenuto", "la pagina", "il sito", "il server", "per favore", "spiacenti", "ci scusiamo", "grazie",
    // Dutch, Polish
    "je", "jij", "jouw", "jou", "u", "uw", "wij", "we", "ons", "onze", "deze pagina", "deze site", "deze website", "dit domein", "dit artikel", "deze inhoud", "de pagina", "de site", "de server", "helaas", "alstublieft", "bedankt",
    "twój", "twoja", "twoje", "twoją", "twojej", "twojego", "ci", "ciebie", "masz", "możesz", "nasz", "nasza", "nasze", "naszych", "naszej", "ta strona", "tej strony", "tę stronę", "tej stronie", "ten serwis", "ta domena", "ten artykuł", "strona", "serwer", "prosimy", "proszę", "przepraszamy", "niestety", "dziękujemy",
    // Swedish, Danish, Czech, Turkish
    "du", "din", "ditt", "dina", "dig", "vi", "vår", "vårt", "våra", "oss", "denna sida", "sidan", "denna webbplats", "tyvärr", "tack", "dit", "dine", "dig", "vores", "os", "denne side", "siden", "denne hjemmeside", "desværre", "tak",
    "vy", "váš", "vaše", "vaši", "vašem", "vám", "vás", "my", "naše", "naši", "našich", "tato stránka", "tuto stránku", "tento web", "tato doména", "tento článek", "prosím", "bohužel", "omlouváme", "děkujeme", "siz", "sizin", "biz", "bizim", "bu sayfa", "bu site", "bu alan", "bu makale", "lütfen", "maalesef", "teşekkürler",
    // Russian, Ukrainian
    "вы", "вас", "вам", "ваш", "ваша", "ваше", "ваши", "вашего", "вашем", "вашу", "мы", "нас", "нам", "наш", "наши", "нашем", "наших", "эта страница", "эту страницу", "этой странице", "этот сайт", "этого сайта", "этот домен", "эта статья", "страница", "сервер", "пожалуйста", "извините", "к сожалению", "спасибо",
    // Arabic, Japanese, Chinese, Korean
    "هذه الصفحة", "هذا الموقع", "هذا النطاق", "يرجى", "عذرا", "نحن", "ください", "下さい", "お客様", "あなた", "当サイト", "このページ", "このサイト", "本サイト", "このドメイン", "この記事", "申し訳", "ご利用", "ご確認", "お試し", "您", "您的", "我们", "请", "抱歉", "本站", "本页", "该页面", "此页面", "您访问", "당사", "이 페이지", "이 사이트", "귀하", "주세요", "죄송",
]);
