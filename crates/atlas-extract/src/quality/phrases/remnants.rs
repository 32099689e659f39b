//! What programs write where they got no content, and where they had none to write. Lists only, in folded form.

use super::super::phrase_list::Phrases;

/// "I could not get it": messages of programs that fetch and extract.
pub(in crate::quality) static FETCH_FAILED: Phrases = Phrases::of(&[
    "failed to fetch", "failed to retrieve", "failed to download", "failed to load", "failed to extract",
    "failed to parse", "failed to scrape", "failed to get", "failed to open", "failed to connect", "failed to process",
    "failed to read", "failed to resolve", "failed to access", "failed to obtain",
    "could not fetch", "could not retrieve", "could not download", "could not load", "could not extract",
    "could not parse", "could not get", "could not connect", "could not resolve", "could not access",
    "could not be fetched", "could not be retrieved", "could not be downloaded", "could not be loaded",
    "could not be extracted", "could not be parsed", "could not be processed", "could not be reached",
    "couldnt fetch", "couldnt retrieve", "couldnt load", "couldnt download", "couldnt extract", "couldnt connect",
    "cannot be retrieved", "cannot be loaded", "cannot be displayed", "cannot retrieve", "cannot fetch",
    "unable to fetch", "unable to retrieve", "unable to download", "unable to load", "unable to extract",
    "unable to parse", "unable to connect", "unable to access", "unable to get", "unable to resolve",
    "unable to scrape", "unable to process", "unable to open", "error fetching", "error retrieving",
    "error downloading", "error loading", "error extracting", "error parsing", "error scraping",
    "error processing", "error while fetching", "error while downloading", "error while loading",
    "error while extracting", "error occurred while fetching", "error accessing", "error reading", "fetch error",
    "fetch failed", "download failed", "download error", "extraction failed", "extraction error", "parsing failed",
    "parse error", "scrape failed", "scraping failed", "request failed", "request error", "request timed out",
    "request aborted", "retrieval failed", "connection refused", "connection reset", "connection aborted",
    "connection error", "connection failed", "connection closed", "connection timed out", "connection timeout",
    "network error", "network is unreachable", "network unreachable", "no route to host", "operation timed out",
    "read timed out", "timed out", "timeout exceeded", "timeout error", "gateway timed out", "timeout while",
    "timeout after", "name or service not known", "temporary failure in name resolution", "dns lookup failed",
    "dns resolution failed", "name resolution failed", "getaddrinfo failed", "unknown host", "host not found",
    "server not found", "certificate verify failed", "certificate has expired", "ssl error", "ssl handshake failed",
    "tls handshake", "handshake failure", "too many redirects", "max retries exceeded", "maximum retries",
    "retries exhausted", "giving up after", "client error", "no response received", "empty response",
    "invalid response", "unexpected status", "bad status code", "paywall detected",
    "content blocked", "crawl failed", "job failed", "skipped unsupported",
    // German
    "konnte nicht geladen werden", "konnte nicht abgerufen werden", "konnte nicht heruntergeladen werden",
    "konnte nicht extrahiert werden", "konnten nicht geladen werden", "konnten nicht abgerufen werden",
    "konnte nicht hergestellt werden", "abruf fehlgeschlagen", "fehler beim abrufen", "fehler beim laden",
    "fehler beim herunterladen", "fehler beim extrahieren", "verbindung fehlgeschlagen",
    "verbindung abgelehnt", "verbindung verweigert", "verbindungsfehler", "netzwerkfehler", "zeitüberschreitung",
    "herunterladen fehlgeschlagen", "download fehlgeschlagen", "laden fehlgeschlagen",
    // French
    "impossible de charger", "impossible de récupérer", "impossible de télécharger", "impossible dextraire",
    "impossible daccéder", "impossible de se connecter", "na pas pu être chargé", "na pas pu être chargée",
    "na pas pu être récupéré", "na pas pu être récupérée", "na pas pu être extrait", "échec du chargement",
    "échec du téléchargement", "échec de la récupération", "échec de lextraction", "échec de la connexion",
    "échec de la requête", "erreur lors du chargement", "erreur lors de la récupération",
    "erreur lors du téléchargement", "erreur de connexion", "erreur réseau", "délai dattente dépassé",
    "délai dépassé", "connexion refusée",
    // Spanish, Portuguese
    "no se pudo cargar", "no se pudo obtener", "no se pudo descargar", "no se pudo extraer",
    "no se pudo acceder", "no se pudo conectar", "no se ha podido cargar", "no se ha podido obtener",
    "error al cargar", "error al obtener", "error al descargar", "error al extraer", "error de conexión",
    "error de red", "tiempo de espera agotado", "conexión rechazada", "fallo al descargar", "fallo al obtener",
    "não foi possível carregar", "não foi possível obter", "não foi possível baixar", "não foi possível extrair",
    "não foi possível acessar", "falha ao carregar", "falha ao obter", "falha ao baixar", "falha ao extrair",
    "erro ao carregar", "erro ao obter", "erro ao baixar", "erro de conexão", "erro de rede",
    "tempo limite esgotado", "tempo limite excedido", "conexão recusada",
    // Italian, Dutch
    "impossibile caricare", "impossibile recuperare", "impossibile scaricare", "impossibile estrarre",
    "impossibile connettersi", "errore durante il caricamento", "errore durante il recupero",
    "errore durante il download", "errore di connessione", "errore di rete", "tempo scaduto",
    "connessione rifiutata", "kon niet worden geladen", "kon niet worden opgehaald", "kan niet worden geladen",
    "kon niet laden", "ophalen mislukt", "laden mislukt", "downloaden mislukt", "fout bij het ophalen",
    "fout bij het laden", "verbinding geweigerd", "verbinding mislukt", "netwerkfout", "time out bij",
    // Polish, Czech, Swedish, Turkish
    "nie udało się pobrać", "nie udało się załadować", "nie można pobrać", "nie można załadować",
    "nie można połączyć", "błąd pobierania", "błąd połączenia", "błąd sieci", "przekroczono limit czasu",
    "nepodařilo se načíst", "nepodařilo se stáhnout", "chyba při načítání", "kunde inte hämtas",
    "kunde inte laddas", "kunde inte hämta", "det gick inte att hämta", "det gick inte att läsa in",
    "yüklenemedi", "alınamadı", "indirilemedi", "bağlantı hatası", "zaman aşımı",
    // Russian, Ukrainian
    "не удалось загрузить", "не удалось получить", "не удалось скачать", "не удалось извлечь",
    "не удалось подключиться", "ошибка загрузки", "ошибка при загрузке", "ошибка получения", "ошибка сети",
    "ошибка соединения", "ошибка подключения", "время ожидания истекло", "превышено время ожидания",
    "в соединении отказано", "не вдалося завантажити", "не вдалося отримати", "помилка завантаження",
    // Arabic, Hebrew, Persian
    "فشل في تحميل", "فشل تحميل", "تعذر تحميل", "تعذر جلب", "تعذر الوصول", "تعذر استخراج", "فشل الاتصال",
    "فشل في جلب", "خطأ في الاتصال", "خطأ في التحميل", "انتهت مهلة", "טעינה נכשלה", "שגיאה בטעינה",
    "خطا در بارگذاری", "خطا در دریافت",
    // Japanese, Chinese, Korean
    "取得に失敗", "読み込みに失敗", "ダウンロードに失敗", "抽出に失敗", "接続に失敗", "取得できませんでした", "読み込めませんでした", "抽出できませんでした",
    "接続できません", "タイムアウトしました", "接続エラー", "ネットワークエラー", "获取失败", "加载失败", "下载失败", "抓取失败", "提取失败", "解析失败",
    "请求失败", "请求超时", "连接超时", "连接失败", "连接被拒绝", "网络错误", "无法获取", "无法加载", "无法提取", "无法连接", "無法載入", "無法取得",
    "載入失敗", "下載失敗", "連線逾時", "가져오지 못했습니다", "불러오지 못했습니다", "불러올 수 없습니다", "다운로드 실패", "로드 실패", "연결 실패",
    "시간 초과", "네트워크 오류", "추출 실패",
]);

/// "There is none": what stands where content was expected and nobody had any.
pub(in crate::quality) static NO_CONTENT: Phrases = Phrases::of(&[
    "no content available", "no content found", "no content extracted", "no content was extracted",
    "no content could be extracted", "content not available", "content is not available", "content not extracted",
    "content unavailable", "content missing", "content pending", "content removed", "content goes here",
    "content will be added", "article content not available", "full text not available", "no text available",
    "no text found", "no text extracted", "no readable content", "no article text", "no article content", "no data available",
    "no description available", "no summary available", "no transcript available", "no transcript found",
    "transcript not available", "transcript unavailable", "transcript not found", "transcripts disabled", "no captions available",
    "no body", "empty content", "not yet processed", "not yet extracted", "pending extraction", "processing pending",
    "insert text here", "insert content here", "placeholder text", "placeholder content", "this is a placeholder",
    "kein inhalt", "kein inhalt verfügbar", "kein inhalt gefunden", "inhalt nicht verfügbar", "kein text vorhanden",
    "kein text gefunden", "kein transkript verfügbar", "aucun contenu", "aucun contenu disponible",
    "contenu non disponible", "contenu indisponible", "texte non disponible", "aucune transcription disponible", "sin contenido",
    "contenido no disponible", "no hay contenido disponible", "transcripción no disponible", "sem conteúdo",
    "conteúdo não disponível", "conteúdo indisponível", "nessun contenuto", "nessun contenuto disponibile",
    "contenuto non disponibile", "geen inhoud", "geen inhoud beschikbaar", "inhoud niet beschikbaar", "brak treści",
    "treść niedostępna", "žádný obsah", "obsah není k dispozici", "inget innehåll", "innehållet är inte tillgängligt",
    "içerik yok", "içerik bulunamadı", "içerik mevcut değil", "нет содержимого", "содержимое недоступно", "текст недоступен", "контент недоступен",
    "вміст недоступний", "لا يوجد محتوى", "المحتوى غير متوفر", "المحتوى غير متاح", "אין תוכן", "محتوایی وجود ندارد",
    "コンテンツがありません", "コンテンツなし", "内容なし", "本文なし", "暂无内容", "无内容", "没有内容", "内容不可用", "暫無內容", "내용 없음", "콘텐츠 없음", "내용이 없습니다",
]);

/// Nothing, as programs write it. Whole texts only; the first few are written by nobody else.
pub(in crate::quality) const NOTHING_OF_PROGRAMS: &[&str] = &[
    "null", "undefined", "nan", "object object", "object promise", "nonetype", "null null", "undefined undefined",
    "function", "native code",
];

/// What stands where a text is to come.
pub(in crate::quality) static FILLERS: Phrases = Phrases::of(&[
    "lorem ipsum", "dolor sit amet", "consectetur adipiscing", "consectetuer adipiscing", "sed do eiusmod", "placeholder text", "dummy text",
    "sample text", "this is a placeholder", "your text here", "your text goes here", "text goes here", "your content here",
    "your content goes here", "content goes here", "insert text here", "insert your text", "add your text", "replace this text",
    "click to edit", "coming soon", "under construction", "watch this space", "to be announced", "hello world", "welcome to wordpress", "this is your first post",
    "blindtext", "hier steht ein text", "platzhaltertext", "demnächst verfügbar", "hier entsteht", "texte à venir", "texte dexemple",
    "contenu à venir", "bientôt disponible", "texto de ejemplo", "texto de relleno", "próximamente", "testo segnaposto", "testo di esempio",
    "in arrivo", "voorbeeldtekst", "binnenkort beschikbaar", "tekst zastępczy", "przykładowy tekst", "wkrótce", "texto de exemplo", "em breve",
    "текст заполнитель", "скоро здесь", "в разработке", "ダミーテキスト", "準備中", "近日公開", "占位文本", "敬请期待",
    "intentionally left blank", "content coming soon", "check back soon", "check back later", "more information coming", "more coming soon",
 "will be published soon", "will be available soon", "will be added soon",
    "article goes here", "type your text", "description goes here", "edit this text", "edit this page", "sample page", "example page",
    "example post", "demo content", "demo text", "enter your content", "enter text here", "ut enim ad minim", "duis aute irure",
    "excepteur sint occaecat", "eiusmod tempor", "at vero eos et accusam", "stet clita kasd", "nemo enim ipsam", "sed ut perspiciatis",
    "temporibus autem", "en cours de construction", "en cours de rédaction", "en cours de mise à jour",
    "contenu en cours", "contenu provisoire", "texte provisoire", "faux texte", "votre texte ici", "saisissez votre texte",
    "ajoutez votre texte", "insérez votre texte", "revenez bientôt", "revenez plus tard", "sera bientôt", "seront bientôt",
    "page dexemple", "im aufbau", "wird gerade überarbeitet", "wird derzeit überarbeitet", "inhalt folgt", "inhalte folgen", "text folgt",
    "weitere informationen folgen", "hier steht ihr text", "hier steht dein text", "fügen sie hier", "geben sie hier", "mustertext",
    "beispieltext", "beispielseite", "fülltext", "noch keine inhalte", "noch kein inhalt", "schauen sie bald", "folgt in kürze", "bald verfügbar",
    "bald mehr", "texto de muestra", "tu texto aquí", "su texto aquí", "escribe aquí", "vuelve pronto", "contenido próximamente",
 "página de ejemplo", "il tuo testo", "inserisci qui",
    "inserisci il testo", "torna presto", "contenuto in arrivo", "pagina di esempio",
    "uw tekst hier", "voeg hier", "plaats hier", "tijdelijke tekst", "opvultekst", "kom binnenkort terug", "volgt binnenkort", "volgt nog",
 "seu texto aqui", "insira o texto", "insira aqui", "volte em breve", "conteúdo em breve", "página de exemplo",
 "wpisz tutaj", "twój tekst", "wprowadź tekst", "treść wkrótce", "przykładowa strona", "zapraszamy wkrótce",
 "exempeltext", "eksempeltekst",
    "vzorový text", "yapım aşamasında", "örnek metin", "в стадии разработки",
 "текст рыба", "введите текст", "пример текста", "пример страницы", "工事中", "サンプルテキスト", "仮のテキスト", "ここにテキスト",
    "テキストを入力", "近日中に", "近日公開予定", "建设中", "示例文本", "在此输入", "即将推出", "即将上线",
]);

/// Nothing, as people write it as well.
pub(in crate::quality) const NOTHING: &[&str] = &[
    "none", "n a", "na", "nil", "nat", "void", "todo", "tbd", "tba", "placeholder", "untitled", "no content", "no text",
    "no data", "no title", "empty", "blank", "missing", "unknown", "true", "false", "error", "ok", "lorem ipsum", "xxx",
    "test",
];
