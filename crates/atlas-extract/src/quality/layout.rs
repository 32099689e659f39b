//! What an element is for, told from its name, role, identifiers and classes. Knows no tree and no junk.

use scraper::node::Element;

/// Navigation, headers, footers, side bars and dialogues: what stands around the content.
pub(super) fn is_aside(element: &Element, in_main: bool) -> bool {
    match element.name() {
        "html" | "body" | "main" | "article" | "form" | "h1" | "h2" => return false,
        "nav" | "footer" | "aside" | "dialog" => return true,
        "header" => return !in_main,
        _ => {}
    }
    let role = element.attr("role").unwrap_or_default();
    if ASIDE_ROLES.contains(&role) {
        return true;
    }
    !in_main && (element.id().is_some_and(names_aside) || element.classes().take(8).any(names_aside))
}

const ASIDE_ROLES: &[&str] = &[
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "complementary",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
];

/// Names of parts around the content: alone, or as the end of a compound (`site-footer`, `main_menu`).
const ASIDE_NAMES: &[&str] = &[
    "nav",
    "navbar",
    "navigation",
    "menu",
    "footer",
    "sidebar",
    "topbar",
    "breadcrumb",
    "breadcrumbs",
    "offcanvas",
    "dropdown",
    "submenu",
    "megamenu",
    "masthead",
    "header",
];

fn names_aside(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ASIDE_NAMES.iter().any(|aside| {
        name.strip_suffix(aside).is_some_and(|rest| {
            rest.is_empty()
                || (rest.ends_with(['-', '_'])
                    // `has-sidebar` and `page-header` describe the content, they do not stand beside it.
                    && !["has", "no", "with", "is", "page", "entry", "post", "article", "content", "section", "form", "card", "login"]
                        .contains(&rest.trim_end_matches(['-', '_'])))
        })
    })
}

/// Elements whose text a visitor does not see.
pub(super) fn is_silent(element: &Element) -> bool {
    let hidden_by_style = |style: &str| {
        let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    };
    match element.name() {
        "head" | "script" | "style" | "template" | "noscript" | "svg" | "select" | "textarea" | "object"
        | "iframe" => true,
        "body" | "html" => false,
        _ => element.attr("hidden").is_some() || element.attr("style").is_some_and(hidden_by_style),
    }
}

pub(super) fn is_block(name: &str) -> bool {
    !matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "nobr"
            | "q"
            | "rp"
            | "rt"
            | "ruby"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

pub(super) fn app_root(element: &Element) -> Option<&str> {
    const IDS: &[&str] = &[
        "root",
        "app",
        "__next",
        "__nuxt",
        "___gatsby",
        "application",
        "app-root",
        "react-root",
        "reactroot",
        "main-app",
        "mount",
        "svelte",
        "q-app",
        "ember-app",
        "vue-app",
        "appmount",
        "app-mount",
        "react-app",
        "approot",
        "spa",
    ];
    const NAMES: &[&str] = &["app-root", "my-app", "ion-app", "flutter-view", "app-shell"];
    let id = element.id().unwrap_or_default();
    if IDS.iter().any(|known| known.eq_ignore_ascii_case(id)) {
        Some(id)
    } else {
        NAMES.iter().copied().find(|known| *known == element.name())
    }
}

pub(super) fn is_search(element: &Element) -> bool {
    ["name", "id", "class", "role"]
        .iter()
        .filter_map(|name| element.attr(name))
        .any(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("search") || matches!(value.as_str(), "q" | "s" | "query" | "keyword" | "keywords")
        })
}

pub(super) fn names_account(element: &Element) -> bool {
    ["name", "id", "type", "autocomplete", "placeholder"]
        .iter()
        .filter_map(|name| element.attr(name))
        .any(|value| {
            let value = value.to_ascii_lowercase();
            ["user", "login", "mail", "passw", "pwd", "account", "nick"]
                .iter()
                .any(|part| value.contains(part))
        })
}
