//! Structured data in JSON-LD blocks, as flat as it is needed. Broken blocks are repaired or skipped.

use serde_json::{Map, Value};

use super::sources::plain;

/// A page has a handful of objects; a catalogue may have thousands, and they say nothing about the page.
const MAX_OBJECTS: usize = 2_000;

/// The objects of all blocks of a page.
#[derive(Debug, Default)]
pub(crate) struct JsonLd {
    objects: Vec<Map<String, Value>>,
}

impl JsonLd {
    /// Reads the texts of the blocks.
    pub(crate) fn of(blocks: &[String]) -> Self {
        let mut found = Self::default();
        for block in blocks {
            if let Some(value) = parse(block) {
                found.flatten(value);
            }
        }
        found
    }

    /// Every `@type` on the page, in order.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().flat_map(types)
    }

    /// A text of the object that describes the article.
    pub(crate) fn article_text(&self, key: &str) -> Option<String> {
        self.articles().find_map(|object| text(object.get(key)?))
    }

    /// The same, also from the object that describes the page around it.
    pub(crate) fn page_text(&self, key: &str) -> Option<String> {
        self.article_text(key).or_else(|| {
            let mut pages = self
                .objects
                .iter()
                .filter(|object| types(object).any(|kind| kind.ends_with("Page")));
            pages.find_map(|object| text(object.get(key)?))
        })
    }

    /// The bodies that articles on the page declare, whole, with their headlines.
    pub(crate) fn article_bodies(&self) -> impl Iterator<Item = (Option<String>, &str)> {
        self.articles().filter_map(|object| {
            let body = first(object.get("articleBody")?)?.as_str()?;
            Some((object.get("headline").and_then(text), body))
        })
    }

    /// The names of those who signed the article.
    pub(crate) fn authors(&self) -> Vec<String> {
        for object in self.articles() {
            let names: Vec<String> = ["author", "creator"]
                .iter()
                .filter_map(|key| object.get(*key))
                .map(|value| self.names(value))
                .find(|names| !names.is_empty())
                .unwrap_or_default();
            if !names.is_empty() {
                return names;
            }
        }
        Vec::new()
    }

    /// The picture of the article.
    pub(crate) fn article_image(&self) -> Option<String> {
        self.articles().find_map(|object| {
            let image = first(object.get("image").or_else(|| object.get("thumbnailUrl"))?)?;
            match image {
                Value::Object(image) => text(image.get("url").or_else(|| image.get("contentUrl"))?),
                other => text(other),
            }
        })
    }

    /// The name of the publication.
    pub(crate) fn site_name(&self) -> Option<String> {
        let site = self
            .objects
            .iter()
            .find(|object| types(object).any(|kind| kind == "WebSite"));
        site.and_then(|site| text(site.get("name")?)).or_else(|| {
            self.articles()
                .find_map(|article| self.names(article.get("publisher")?).into_iter().next())
        })
    }

    fn articles(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.objects.iter().filter(|object| types(object).any(is_article))
    }

    /// Names in a value that is a text, an object with a name, a reference, or a list of those.
    fn names(&self, value: &Value) -> Vec<String> {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            other => std::slice::from_ref(other),
        };
        values.iter().flat_map(|value| self.name(value)).collect()
    }

    fn name(&self, value: &Value) -> Vec<String> {
        match value {
            Value::String(name) => vec![plain(name)],
            Value::Object(object) => match object.get("name") {
                Some(Value::Array(names)) => names.iter().filter_map(text).collect(),
                Some(name) => text(name).into_iter().collect(),
                None => object
                    .get("@id")
                    .and_then(|id| self.name_of(id))
                    .into_iter()
                    .collect(),
            },
            _ => Vec::new(),
        }
    }

    fn name_of(&self, id: &Value) -> Option<String> {
        self.objects
            .iter()
            .filter(|object| object.get("@id") == Some(id))
            .find_map(|object| text(object.get("name")?))
    }

    /// Takes an object and the objects in its `@graph` and its main entity, without recursion.
    fn flatten(&mut self, value: Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if self.objects.len() >= MAX_OBJECTS {
                return;
            }
            match value {
                Value::Array(values) => open.extend(values.into_iter().rev()),
                Value::Object(mut object) => {
                    for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                        if matches!(object.get(key), Some(Value::Array(_) | Value::Object(_))) {
                            open.extend(object.remove(key));
                        }
                    }
                    self.objects.push(object);
                }
                _ => {}
            }
        }
    }
}

/// Whether a schema.org type is a text that somebody wrote and signed.
pub(crate) fn is_article(kind: &str) -> bool {
    kind.ends_with("Article")
        || kind.ends_with("Posting")
        || matches!(
            kind,
            "Report" | "Recipe" | "Review" | "HowTo" | "Question" | "LiveBlog" | "CreativeWork"
        )
}

fn types(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let values = match object.get("@type") {
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values
        .iter()
        .filter_map(Value::as_str)
        .map(|kind| kind.rsplit(['/', ':']).next().unwrap_or(kind))
}

fn parse(block: &str) -> Option<Value> {
    let block = block
        .trim()
        .trim_start_matches("<!--")
        .trim_end_matches("-->")
        .trim()
        .trim_end_matches(';');
    serde_json::from_str(block).ok().or_else(|| {
        // Line breaks inside texts are the usual mistake.
        let repaired: String = block
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        serde_json::from_str(&repaired).ok()
    })
}

fn first(value: &Value) -> Option<&Value> {
    match value {
        Value::Array(values) => values.first(),
        other => Some(other),
    }
}

fn text(value: &Value) -> Option<String> {
    first(value)?.as_str().map(plain).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &str) -> JsonLd {
        JsonLd::of(&[block.to_owned()])
    }

    #[test]
    fn follows_references_in_a_graph() {
        let found = read(
            r##"{"@graph": [
                {"@type": "WebPage", "datePublished": "2024-01-01"},
                {"@type": ["Article", "Thing"], "headline": "Tea &amp; cake", "author": {"@id": "#ada"}},
                {"@type": "Person", "@id": "#ada", "name": "Ada Example"},
                {"@type": "WebSite", "name": "The Example"}
            ]}"##,
        );
        assert_eq!(found.article_text("headline").as_deref(), Some("Tea & cake"));
        assert_eq!(found.authors(), ["Ada Example"]);
        assert_eq!(found.site_name().as_deref(), Some("The Example"));
        assert_eq!(found.article_text("datePublished"), None);
        assert_eq!(found.page_text("datePublished").as_deref(), Some("2024-01-01"));
    }

    #[test]
    fn reads_lists_of_authors_and_pictures() {
        let found = read(
            r#"[{"@type": "http://schema.org/NewsArticle", "author": [{"name": "Ada"}, "Bo"],
                 "image": [{"url": "https://example.com/a.png"}]}]"#,
        );
        assert_eq!(found.authors(), ["Ada", "Bo"]);
        assert_eq!(
            found.article_image().as_deref(),
            Some("https://example.com/a.png")
        );
    }

    #[test]
    fn repairs_line_breaks_inside_texts() {
        let found = read("{\"@type\": \"Article\", \"headline\": \"Two\nlines\"};");
        assert_eq!(found.article_text("headline").as_deref(), Some("Two lines"));
    }

    #[test]
    fn skips_what_is_beyond_repair() {
        assert_eq!(read("{\"@type\": ").types().count(), 0);
        assert_eq!(read(&"[".repeat(100_000)).types().count(), 0);
    }
}
