//! The kinds of junk that a text can be, in languages that are not English, long enough not to be stubs.

use atlas_domain::JunkClass::{self, *};
use rstest::rstest;

use super::{Row, shown};
use crate::Standing;

#[rstest]
#[case::portuguese_not_found(
    "Página não encontrada\nA página que você procura não existe ou mudou de endereço. Verifique se o endereço foi digitado corretamente, \
     volte para a página inicial ou use a busca para encontrar o que precisa. Se o problema continuar, fale com a nossa equipe de atendimento.",
    Soft404
)]
#[case::dutch_not_found(
    "Pagina niet gevonden\nDe pagina die u zoekt bestaat niet of is verplaatst. Controleer of u het adres goed hebt ingetypt, ga terug naar de \
     startpagina of gebruik de zoekfunctie om te vinden wat u zoekt. Blijft het probleem bestaan? Neem dan contact op met onze klantenservice.",
    Soft404
)]
#[case::polish_not_found(
    "Nie znaleziono strony\nStrona, której szukasz, nie istnieje albo została przeniesiona. Sprawdź, czy adres został wpisany poprawnie, wróć na \
     stronę główną albo skorzystaj z wyszukiwarki, aby znaleźć to, czego potrzebujesz. Jeśli problem się powtarza, napisz do nas.",
    Soft404
)]
#[case::german_not_found(
    "Seite nicht gefunden\nDie angeforderte Seite existiert nicht mehr oder wurde verschoben. Bitte prüfen Sie die Adresse auf Tippfehler, kehren \
     Sie zur Startseite zurück oder nutzen Sie die Suche, um den gewünschten Inhalt zu finden. Wir bitten um Ihr Verständnis.",
    Soft404
)]
#[case::japanese_not_found(
    "お探しのページが見つかりません\nお探しのページは削除されたか、名前が変更されたか、現在利用できない可能性があります。アドレスをもう一度ご確認いただくか、\
     トップページからお探しください。ご不便をおかけして申し訳ございません。",
    Soft404
)]
#[case::chinese_not_found(
    "抱歉，页面不存在\n您访问的页面不存在、已被删除或暂时无法访问。请检查您输入的网址是否正确，或者返回首页继续浏览其他内容。如果问题仍然存在，请与我们联系。",
    Soft404
)]
#[case::french_server_error(
    "Erreur interne du serveur\nUne erreur est survenue lors du traitement de votre demande. Le service est momentanément indisponible. Nos équipes \
     techniques ont été prévenues et travaillent à rétablir la situation. Merci de réessayer dans quelques minutes.\nCode : 500-7f2",
    Error
)]
#[case::turkish_server_error(
    "Bir hata oluştu\nİsteğiniz işlenirken beklenmeyen bir hata oluştu. Sunucu şu anda yanıt vermiyor. Lütfen birkaç dakika sonra tekrar deneyin. \
     Sorun devam ederse site yöneticisi ile iletişime geçin ve aşağıdaki kodu bildirin: 500 sunucu hatası, işlem 77-12.",
    Error
)]
#[case::korean_server_error(
    "서비스 이용에 불편을 드려 죄송합니다\n요청을 처리하는 중에 오류가 발생했습니다. 현재 서버 오류로 인해 페이지를 표시할 수 없습니다. 잠시 후 다시 시도해 주시기 바랍니다. \
     문제가 계속되면 고객센터로 문의해 주세요. 시스템 점검 중일 수 있습니다.",
    Error
)]
#[case::spanish_challenge(
    "Comprobación de seguridad\nVerifica que eres humano completando la acción siguiente. Tenemos que comprobar la seguridad de tu conexión antes de \
     continuar. Esto puede tardar unos segundos. ¿Por qué veo esta página? Nuestros sistemas han detectado tráfico inusual procedente de tu red.",
    Challenge
)]
#[case::russian_challenge(
    "Проверка браузера\nПодтвердите, что вы человек, а не робот. Проверка безопасности займёт несколько секунд, после чего вы будете перенаправлены на \
     сайт автоматически. Почему я вижу эту страницу? С вашего адреса поступает слишком много запросов. Я не робот",
    Challenge
)]
#[case::chinese_challenge(
    "安全验证\n为了保护网站安全，请完成验证后继续访问。系统检测到您的网络环境存在异常流量，请拖动滑块完成人机验证。正在检查您的浏览器，请稍候，验证通过后将自动跳转。",
    Challenge
)]
#[case::german_login(
    "Anmelden\nE-Mail-Adresse\nPasswort\nAngemeldet bleiben\nPasswort vergessen?\nAnmelden\nNoch kein Konto?\nJetzt kostenlos registrieren\n\
     Mit der Anmeldung akzeptieren Sie unsere Nutzungsbedingungen und die Datenschutzerklärung.\nHilfe\nImpressum\nDatenschutz",
    LoginWall
)]
#[case::spanish_login(
    "Iniciar sesión\nCorreo electrónico\nContraseña\nRecordarme\n¿Olvidaste tu contraseña?\nEntrar\n¿Aún no tienes cuenta?\nRegístrate\n\
     Al iniciar sesión aceptas nuestras condiciones de uso y la política de privacidad.\nContinuar con Google\nContinuar con Apple",
    LoginWall
)]
#[case::japanese_login(
    "ログイン\nメールアドレス\nパスワード\nログイン状態を保持する\nパスワードをお忘れの方\nログイン\n新規会員登録\n会員登録がお済みでない方はこちらから登録してください。\n\
     利用規約\nプライバシーポリシー\nヘルプ",
    LoginWall
)]
#[case::chinese_login(
    "用户登录\n用户名/邮箱/手机号\n密码\n记住我\n忘记密码？\n登录\n还没有账号？立即注册\n使用微信登录\n登录即表示您同意用户协议和隐私政策",
    LoginWall
)]
#[case::arabic_login(
    "تسجيل الدخول\nالبريد الإلكتروني\nكلمة المرور\nتذكرني\nنسيت كلمة المرور؟\nتسجيل الدخول\nليس لديك حساب؟ إنشاء حساب جديد\n\
     بتسجيل الدخول فإنك توافق على شروط الاستخدام وسياسة الخصوصية",
    LoginWall
)]
#[case::german_consent(
    "Wir verwenden Cookies\nWir und unsere Partner speichern Informationen auf Ihrem Gerät und greifen darauf zu. Mit Ihrer Einwilligung verarbeiten \
     wir personenbezogene Daten für Anzeigen und Inhalte. Sie können Ihre Zustimmung jederzeit widerrufen.\nAlle akzeptieren\nAlle ablehnen\nEinstellungen",
    ConsentWall
)]
#[case::french_consent(
    "Votre vie privée nous tient à cœur\nAvec votre consentement, nos partenaires et nous utilisons des cookies pour stocker et consulter des données \
     personnelles. Vous pouvez retirer votre consentement à tout moment.\nTout accepter\nTout refuser\nParamétrer les cookies",
    ConsentWall
)]
#[case::dutch_consent(
    "Wij gebruiken cookies\nWij en onze partners gebruiken cookies om advertenties te personaliseren en het gebruik te meten. Met jouw toestemming \
     verwerken wij persoonsgegevens. Jouw privacy vinden wij belangrijk.\nAlles accepteren\nAlles weigeren\nInstellingen aanpassen",
    ConsentWall
)]
#[case::japanese_consent(
    "Cookieの使用について\n当サイトでは、利便性の向上と分析のためにクッキーを使用しています。すべて同意するを押すと、すべてのクッキーを使用することに同意する\
     ものとみなされます。設定はいつでも変更できます。\nすべて同意する\nすべて拒否する\n設定",
    ConsentWall
)]
#[case::french_script(
    "Veuillez activer JavaScript\nCette application nécessite JavaScript pour fonctionner. JavaScript est désactivé dans votre navigateur. \
     Activez JavaScript dans les paramètres de votre navigateur puis rechargez la page pour accéder au contenu du site.",
    JsStub
)]
#[case::french_paywall(
    "Le conseil s'est réuni mardi pour décider du sort de l'écluse.\nIl vous reste 85 % de cet article à lire.\nLa suite est réservée aux abonnés.\n\
     Abonnez-vous dès 1 € le premier mois, sans engagement. Accès illimité à tous nos contenus.\nDéjà abonné ? Se connecter",
    LoginWall
)]
#[case::spanish_paywall(
    "El consejo se reunió el martes para decidir sobre la esclusa.\nPara seguir leyendo, suscríbete.\nEste contenido exclusivo es solo para suscriptores. \
     Acceso ilimitado por 1 € al mes. Cancela cuando quieras.\n¿Ya eres suscriptor? Inicia sesión",
    LoginWall
)]
#[case::japanese_paywall(
    "市議会は火曜日、水門の改修について協議した。\nこの記事は有料会員限定です。\n残り1,240文字\n続きを読むには会員登録が必要です。有料会員になると全文を読むことができます。\n\
     ログインして続きを読む",
    LoginWall
)]
#[case::french_parked(
    "marsh.example\nCe nom de domaine est à vendre !\nVous souhaitez acheter ce domaine ? Faites une offre au propriétaire du domaine, qui vous \
     répondra sous 24 heures. Le transfert est rapide et le paiement est sécurisé par un service de séquestre.\nRecherches associées",
    ServerDefault
)]
#[case::chinese_parked(
    "marsh.example\n该域名正在出售\n您正在访问的域名出售中，如有意购买此域名，请联系卖家。交易由平台担保，安全快捷，付款后即可完成过户。相关搜索：湿地、苍鹭、船票",
    ServerDefault
)]
#[case::french_navigation(
    "Aller au contenu\nAccueil\nActualités\nPolitique\nÉconomie\nMonde\nCulture\nSciences\nSanté\nSports\nVidéos\nNewsletters\nÀ propos\nContact\n\
     Mentions légales\nPolitique de confidentialité\nPlan du site\nSe connecter\nS'abonner\nBoutique",
    Stub
)]
#[case::japanese_navigation(
    "ホーム\nニュース\n会社概要\nサービス\n採用情報\nお問い合わせ\nよくある質問\nサイトマップ\nプライバシーポリシー\n利用規約\nログイン\n検索\nメニュー",
    Stub
)]
fn messages_in_other_languages(#[case] body: &str, #[case] class: JunkClass) {
    for row in [Row::page(body), Row::page(&body.replace('\n', " "))] {
        let (verdict, assessment) = row.judged();
        assert_ne!(assessment.standing, Standing::Keep, "{}", shown(&verdict));
        assert!(
            verdict.class == Some(class) || verdict.class == Some(Stub),
            "{}",
            shown(&verdict)
        );
    }
    let (verdict, assessment) = Row::page(body).judged();
    assert_eq!(assessment.standing, Standing::Junk, "{}", shown(&verdict));
    assert_eq!(verdict.class, Some(class), "{}", shown(&verdict));
}
