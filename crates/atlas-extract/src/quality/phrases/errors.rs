//! What error pages and pages that are not there say of themselves. Lists only, in folded form.

use super::super::phrase_list::Phrases;

/// "Not found": the content is not here.
pub(in crate::quality) static NOT_FOUND: Phrases = Phrases::of(&[
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
]);

/// The same for what is not found.
pub(in crate::quality) static BARE_NOT_FOUND: Phrases = Phrases::of(&[
    "404", "410", "gone",
]);

/// "It broke": the server or the application apologises.
pub(in crate::quality) static SERVER_ERROR: Phrases = Phrases::of(&[
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
    "server ip address could not be found", "dns address could not be found", "dns probe finished", "err name not resolved",
    "trouble finding that site", "cant find the server at", "cant find that server", "took too long to respond", "refused to connect",
    "unexpectedly closed the connection", "the request could not be satisfied", "guru meditation", "varnish cache server",
    "dns resolution error", "direct ip access not allowed", "ssl handshake failed", "invalid ssl certificate", "you are being rate limited",
    "origin web server", "edge server could not", "gateway received an invalid response", "upstream connect error",
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
    "generated by cloudfront", "cloudfront distribution", "connect to the server for this app", "too much traffic or a configuration error",
    "fastly error", "no healthy upstream", "upstream request timeout", "no healthy backends", "first byte timeout", "backend fetch failed",
    "backend read error", "performance security by cloudflare", "returning an unknown error", "reported a bad gateway", "origin web server timed out",
    "origin dns error", "not configured to serve web traffic", "check that this domain has been added to a service", "dont have permission to access",
    "do not have permission to access", "dont have permission to view", "do not have permission to view", "not authorized to access",
    "not authorized to view", "banned your access", "banned your ip", "website has been temporarily rate limited",
    "our services arent available right now", "working to restore all services", "thats an error", "thats all we know",
    "could not complete your request", "unable to complete your request", "unable to handle this request", "encountered an unexpected condition",
    "not able to fulfill the request", "request was blocked by the security rules", "function has crashed", "function invocation timeout",
    "deployment not found", "application failed to respond", "check your logs for details", "check the logs for details",
    "the specified key does not exist", "the resource you are looking for", "the requested url was rejected", "the requested resource",
    "the requested url", "server is temporarily unable to service your request", "due to maintenance downtime or capacity problems",
    "invalid response from an upstream server", "the server encountered", "the server returned", "server did not respond in time",
    "server took too long", "unable to connect to the origin", "edge ip", "cannot be reached right now", "having trouble loading",
    "try your request again", "zugriff auf diese seite", "zugriff auf diesen server", "keine berechtigung", "nicht autorisiert",
    "server ist vorübergehend", "vorübergehend nicht verfügbar", "zeitüberschreitung", "ist überlastet", "unerwarteter fehler", "technischer fehler",
    "technische störung", "wegen wartungsarbeiten", "pas autorisé à accéder", "nêtes pas autorisé", "navez pas lautorisation",
    "pas les droits", "pas la permission", "accès à cette page", "accès à cette ressource", "temporairement indisponible",
    "momentanément indisponible", "erreur inattendue", "erreur technique", "serveur a rencontré", "trop de requêtes",
 "no tiene permiso", "no tienes permiso", "no está autorizado", "error inesperado", "temporalmente no disponible",
    "no se puede acceder", "demasiadas solicitudes", "el servidor encontró", "não tem permissão", "não tem autorização",
    "não está autorizado", "erro inesperado", "temporariamente indisponível", "muitas solicitações", "o servidor encontrou", "erro do servidor",
    "non hai il permesso", "non sei autorizzato", "non hai i permessi", "errore imprevisto", "errore del server", "temporaneamente non disponibile",
    "troppe richieste", "il server ha riscontrato", "niet gemachtigd", "geen toegang", "onverwachte fout",
    "tijdelijk niet beschikbaar", "tijdelijk niet bereikbaar", "te veel verzoeken", "serverfout", "fout opgetreden", "nie masz uprawnień",
    "brak uprawnień", "nieoczekiwany błąd", "chwilowo niedostępna", "tymczasowo niedostępna", "wewnętrzny błąd", "zbyt wiele żądań", "odmowa dostępu",
    "dostęp zabroniony", "behörighet saknas", "internt serverfel", "intern serverfejl", "vnitřní chyba serveru", "přístup odepřen",
    "přístup zamítnut", "у вас нет прав", "нет доступа", "недостаточно прав", "доступ ограничен", "доступ к сайту", "доступ к странице",
    "доступ к ресурсу", "непредвиденная ошибка", "временно недоступен", "временно недоступна", "слишком много запросов", "внутренняя ошибка",
    "アクセス権限", "権限がありません", "アクセスできません", "内部エラー", "一時的に利用できません", "サービスを利用できません", "不具合が発生", "没有权限", "无权访问", "禁止访问", "服务不可用", "服务暂时", "请求过于频繁", "网关错误",
]);

/// Words that mean an error only when they are all of a title.
pub(in crate::quality) static BARE_ERRORS: Phrases = Phrases::of(&[
    "error", "oops", "whoops", "sorry", "fehler", "erreur", "erro", "errore", "fout", "błąd", "ошибка",
    "hata", "خطأ", "エラー", "错误", "錯誤", "오류",
]);

/// What such pages advise. It says nothing alone, but goes with the apology.
pub(in crate::quality) static ERROR_ADVICE: Phrases = Phrases::of(&[
    "check the address", "check the url", "check the link", "check the spelling", "mistyped", "typed the address", "typed incorrectly", "type it again",
    "go back", "go to the home page", "go to the homepage", "back to home", "back to the home page", "back to the homepage", "return home",
    "return to the home page", "return to the homepage", "return to our homepage", "visit our homepage", "start from the home page", "use the search", "try a search",
    "try searching", "search our site", "may have been moved", "might have been moved", "has been moved", "have been moved", "was moved", "moved or deleted", "may have changed",
    "name changed", "temporarily unavailable", "outdated link", "report this", "report the problem", "let us know", "contact us", "contact the administrator",
    "ray id", "reference id", "incident id", "request id", "error reference", "support id", "check if there is a typo", "check your internet connection",
    "checking the connection", "checking the proxy", "proxy and the firewall", "network diagnostics", "dns configuration", "owner of this website", "website owner", "site owner", "what can i do", "what happened",
    "contact support", "contact the webmaster", "try again", "try again later", "in a few minutes", "a few moments", "reload the page", "refresh the page", "refreshing the page",
    "apologize for", "apologise for", "sorry for the inconvenience", "were sorry", "we are sorry", "have been notified", "has been notified", "working on it", "working to fix",
    "prüfen sie die adresse", "überprüfen sie die adresse", "überprüfen sie die url", "tippfehler", "zur startseite", "zurück zur startseite", "nutzen sie die suche",
    "verwenden sie die suche", "verschoben", "umbenannt", "gelöscht", "versuchen sie es später", "versuchen sie es erneut", "erneut versuchen", "bitten um ihr verständnis", "bitten um entschuldigung",
    "es tut uns leid", "wenden sie sich an", "vérifiez ladresse", "vérifier ladresse", "vérifiez lurl", "page daccueil", "retour à laccueil", "retourner à laccueil", "utilisez la recherche",
    "utiliser la recherche", "utilisez le moteur de recherche", "a été déplacée", "a été supprimée", "a été déplacé", "a été supprimé", "réessayer", "réessayez", "contactez nous", "désolé", "désolés", "nous nous excusons",
    "verifica la dirección", "compruebe la dirección", "comprueba que la dirección", "página de inicio", "página principal", "volver al inicio", "vuelve a la portada", "utiliza el buscador", "use el buscador",
    "ha sido movida", "ha sido eliminada", "se haya eliminado", "inténtalo de nuevo", "inténtelo de nuevo", "lo sentimos", "disculpa las molestias", "verifique o endereço", "verifique se o endereço", "página inicial",
    "voltar ao início", "volte para a página inicial", "use a busca", "mudou de endereço", "foi removida", "foi movida", "tente novamente", "desculpe", "pedimos desculpas", "fale com", "controlla lindirizzo", "verifica lindirizzo",
    "pagina iniziale", "torna alla home", "torna alla homepage", "usa la ricerca", "è stata spostata", "è stata rimossa", "riprova", "ci scusiamo", "controleer het adres", "controleer of", "terug naar de startpagina", "naar de startpagina",
    "terug naar de homepage", "gebruik de zoekfunctie", "verplaatst", "verwijderd", "probeer het later", "probeer het opnieuw", "neem contact op", "neem dan contact op", "onze excuses", "sprawdź adres", "sprawdź czy adres", "stronę główną",
    "strony głównej", "z wyszukiwarki", "została przeniesiona", "została usunięta", "spróbuj ponownie", "przepraszamy", "zkontrolujte adresu", "na úvodní stránku", "zkuste to znovu", "omlouváme se", "kontrollera adressen", "till startsidan",
    "använd sökfunktionen", "försök igen", "har flyttats", "har tagits bort", "adresi kontrol", "ana sayfaya dön", "anasayfaya dön", "tekrar deneyin", "taşınmış", "silinmiş", "özür dileriz", "проверьте адрес", "проверьте правильность", "на главную", "главную страницу",
    "воспользуйтесь поиском", "была удалена", "была перемещена", "удалена или перемещена", "попробуйте позже", "повторите попытку", "попробуйте еще раз", "попробуйте ещё раз", "приносим извинения", "перевірте адресу", "спробуйте ще раз", "تحقق من العنوان",
    "الصفحة الرئيسية", "حاول مرة أخرى", "المحاولة مرة أخرى", "المحاولة لاحقا", "نعتذر", "アドレスをご確認", "アドレスをもう一度", "urlをご確認", "トップページ", "ご不便をおかけ", "申し訳ございません", "申し訳ありません", "もう一度お試し", "再度お試し", "時間をおいて",
    "返回首页", "检查您输入的", "请检查网址", "网址是否正确", "稍后再试", "请稍后重试", "与我们联系", "返回首頁", "稍後再試", "다시 시도", "홈으로", "메인으로", "주소를 확인", "고객센터",
    "if you are the owner", "if youre the owner", "if you own this", "youre a visitor", "you are a visitor", "contact the app", "contact the owner",
    "contact the site", "contact your administrator", "contact the hosting", "contact your hosting", "additional troubleshooting",
    "review the documentation", "your ip", "cf ray", "time of the request", "this happens", "please contact", "please try", "few minutes",
    "falls das problem", "sollte das problem", "falls sie", "kontaktieren sie", "si le problème persiste", "contactez ladministrateur",
    "ultérieurement", "quelques instants", "quelques minutes", "si el problema persiste", "póngase en contacto", "unos minutos", "unos momentos",
    "más tarde", "se o problema persistir", "entre em contato", "alguns minutos", "mais tarde", "se il problema persiste", "contatta lamministratore",
    "tra qualche minuto", "più tardi", "als het probleem", "neem contact", "over enkele minuten", "een paar minuten", "jeśli problem",
    "skontaktuj się", "za kilka minut", "za chwilę", "kontakta oss", "om en stund", "если проблема", "обратитесь к администратору",
    "через несколько минут", "свяжитесь",
]);
