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
    "ログアウト", "归档", "删除", "文件夹", "设置", "退出",
];

/// Controls of the list above that hardly any other page offers.
pub(in crate::quality) const READER_ONLY_CONTROLS: &[&str] = &[
    "unarchive", "archive", "archived", "unread", "mark as read", "mark all as read", "mark unread",
    "mark all read", "my highlights", "highlights", "saved for later", "read later", "speed read",
    "send to kindle", "bulk edit", "edit folders", "new folder", "create folder", "add folder", "my list",
    "saves", "unlike", "liked", "add bookmark", "add feed", "untagged", "all items", "shortlist", "move to",
    "folders", "add tag", "log out", "logout", "sign out", "archivieren", "ungelesen",
    "als gelesen markieren", "archiver", "archivar", "non lus", "アーカイブ", "归档", "später lesen", "abmelden",
    "déconnexion", "cerrar sesión",
];

/// The same lists, to be searched for in a text that has lost its lines.
pub(in crate::quality) static READER_PHRASES: Phrases = Phrases::of(READER_CONTROLS);
pub(in crate::quality) static READER_ONLY_PHRASES: Phrases = Phrases::of(READER_ONLY_CONTROLS);
