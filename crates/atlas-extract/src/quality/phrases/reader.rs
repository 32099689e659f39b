//! What a reader service's own pages offer. Lists only, in folded form.

use super::super::phrase_list::Phrases;

/// What a reader service's own pages offer on every item and in every menu.
pub(in crate::quality) const READER_CONTROLS: &[&str] = &[
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
    "ログアウト", "归档", "删除", "文件夹", "设置", "退出", "gelesen", "als ungelesen markieren", "favorit", "hervorhebungen", "notizen", "startseite", "entdecken", "suche", "suchen",
    "teilen", "alle artikel", "neueste zuerst", "älteste zuerst", "konto", "herunterladen", "listenansicht", "neuer ordner", "hinzufügen",
    "leseliste", "gespeichert", "entfernen", "artikel", "archivierte", "archiviert", "profil", "papierkorb", "aktualisieren", "sortieren",
    "schlagwörter", "tags bearbeiten", "verwalten", "favoris", "à lire plus tard", "lire plus tard", "marquer comme lu",
    "tout marquer comme lu", "non lu", "étiquettes", "accueil", "parcourir", "rechercher", "partager", "se déconnecter", "réglages",
    "télécharger", "modifier", "tout sélectionner", "ajouter", "nouveau dossier", "vidéos", "archives", "archivés", "plus récents",
    "plus anciens", "trier par", "corbeille", "actualiser", "archivo", "archivados", "no leídos", "no leído", "leer más tarde",
    "marcar como leído", "marcar todo como leído", "favoritos", "destacados", "notas", "etiquetas", "inicio", "explorar", "buscar",
    "compartir", "configuración", "perfil", "descargar", "editar", "seleccionar todo", "añadir", "nueva carpeta", "artículos",
    "ordenar por", "más recientes", "más antiguos", "papelera", "actualizar", "guardar", "archivio", "archivia", "non letti",
    "leggi più tardi", "segna come letto", "preferiti", "evidenziazioni", "note", "etichette", "esplora", "cerca", "condividi",
    "impostazioni", "profilo", "esci", "elimina", "sposta", "cartelle", "nuova cartella", "articoli", "video", "ordina per", "scarica",
    "modifica", "aggiungi", "archief", "archiveren", "ongelezen", "later lezen", "markeren als gelezen", "favorieten", "markeringen",
    "notities", "labels", "verkennen", "zoeken", "delen", "instellingen", "profiel", "uitloggen", "verwijderen", "verplaatsen", "mappen",
    "nieuwe map", "artikelen", "sorteren op", "downloaden", "bewerken", "toevoegen", "arquivar", "arquivo", "arquivados", "não lidos",
    "ler mais tarde", "marcar como lido", "destaques", "início", "pesquisar", "compartilhar", "partilhar", "configurações", "definições",
    "sair", "excluir", "pastas", "nova pasta", "artigos", "baixar", "adicionar", "lixeira", "archiwum", "archiwizuj", "nieprzeczytane",
    "przeczytaj później", "oznacz jako przeczytane", "ulubione", "zaznaczenia", "notatki", "tagi", "strona główna", "przeglądaj", "szukaj",
    "udostępnij", "ustawienia", "wyloguj", "wyloguj się", "usuń", "przenieś", "foldery", "nowy folder", "artykuły", "sortuj według",
    "pobierz", "edytuj", "dodaj", "kosz", "архив", "архивировать", "в архив", "непрочитанные", "прочитать позже", "читать позже",
    "отметить как прочитанное", "избранное", "выделения", "заметки", "теги", "главная", "обзор", "поиск", "поделиться", "настройки",
    "профиль", "выйти", "удалить", "переместить", "папки", "новая папка", "статьи", "видео", "скачать", "изменить", "добавить", "корзина",
    "未読", "既読にする", "あとで読む", "お気に入り", "ハイライト", "メモ", "タグ", "ホーム", "検索", "共有", "プロフィール", "移動", "新しいフォルダ",
    "記事", "動画", "並べ替え", "ダウンロード", "編集", "追加", "ゴミ箱",
];

/// Controls of the list above that hardly any other page offers.
pub(in crate::quality) const READER_ONLY_CONTROLS: &[&str] = &[
    "unarchive", "archive", "archived", "unread", "mark as read", "mark all as read", "mark unread",
    "mark all read", "my highlights", "highlights", "saved for later", "read later", "speed read",
    "send to kindle", "bulk edit", "edit folders", "new folder", "create folder", "add folder", "my list",
    "saves", "unlike", "liked", "add bookmark", "add feed", "untagged", "all items", "shortlist", "move to",
    "folders", "add tag", "log out", "logout", "sign out", "archivieren", "ungelesen",
    "als gelesen markieren", "archiver", "archivar", "non lus", "アーカイブ", "归档", "später lesen", "abmelden",
    "déconnexion", "cerrar sesión", "archiviert", "als ungelesen markieren", "gelesen", "hervorhebungen", "markierungen", "neuer ordner", "ordner", "leseliste",
    "lire plus tard", "à lire plus tard", "marquer comme lu", "tout marquer comme lu", "non lu", "archivés", "surlignages", "dossiers",
    "nouveau dossier", "se déconnecter", "archivados", "no leídos", "no leído", "leer más tarde", "marcar como leído",
    "marcar todo como leído", "carpetas", "nueva carpeta", "archivia", "non letti", "leggi più tardi", "segna come letto",
    "evidenziazioni", "cartelle", "nuova cartella", "archiveren", "ongelezen", "later lezen", "markeren als gelezen", "uitloggen", "mappen",
    "nieuwe map", "markeringen", "arquivar", "arquivados", "não lidos", "ler mais tarde", "marcar como lido", "pastas", "nova pasta",
    "archiwizuj", "nieprzeczytane", "przeczytaj później", "oznacz jako przeczytane", "zaznaczenia", "wyloguj", "wyloguj się",
    "nowy folder", "архивировать", "в архив", "непрочитанные", "прочитать позже", "читать позже", "отметить как прочитанное",
    "выделения", "новая папка", "未読", "既読にする", "あとで読む", "新しいフォルダ", "ログアウト", "アーカイブ",
];

/// The same lists, to be searched for in a text that has lost its lines.
pub(in crate::quality) static READER_PHRASES: Phrases = Phrases::of(READER_CONTROLS);
pub(in crate::quality) static READER_ONLY_PHRASES: Phrases = Phrases::of(READER_ONLY_CONTROLS);
