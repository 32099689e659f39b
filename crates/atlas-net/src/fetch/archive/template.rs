//! Where an archive keeps its copy of a page: the address that the owner has set, with the page's own in it.

use atlas_domain::url::{check_web_url, concealed};
use url::{Origin, Url};

/// What stands for the page's address.
const PLACEHOLDER: &str = "{url}";

/// The address of an archive's copies. It is trusted as it is written: the owner wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTemplate {
    before: String,
    after: String,
    origin: Origin,
}

/// A template that leads to no archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveTemplateError {
    /// There is no placeholder, or more than one.
    #[error(
        "it must say once, as {{url}}, where the page's address goes, like https://archive.example/web/{{url}}; it says \
         it {0} times"
    )]
    Placeholders(usize),
    /// The placeholder stands where it decides who is asked, or where it is not sent.
    #[error(
        "{{url}} must stand in the path or behind the question mark, like https://archive.example/web/{{url}}"
    )]
    Place,
    /// What is around the placeholder is no address of the web.
    #[error("{0}")]
    Address(String),
}

impl ArchiveTemplate {
    /// Understands what the owner wrote.
    pub fn parse(text: &str) -> Result<Self, ArchiveTemplateError> {
        let text = text.trim();
        let placeholders = text.matches(PLACEHOLDER).count();
        let Some((before, after)) = text.split_once(PLACEHOLDER).filter(|_| placeholders == 1) else {
            return Err(ArchiveTemplateError::Placeholders(placeholders));
        };
        let with = |page: &str| {
            let address = [before, page, after].concat();
            let url = Url::parse(&address).map_err(|error| {
                ArchiveTemplateError::Address(format!("`{}` is no address: {error}", concealed(text)))
            })?;
            check_web_url(&url).map_err(|error| ArchiveTemplateError::Address(error.to_string()))?;
            Ok(url)
        };
        // Wherever the page's address goes, it must change what is asked for, and not who is asked.
        let (one, other) = (with("1")?, with("2")?);
        let sent = |url: &Url| (url.path().to_owned(), url.query().map(str::to_owned));
        if one.origin() != other.origin() || sent(&one) == sent(&other) {
            return Err(ArchiveTemplateError::Place);
        }
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
            origin: one.origin(),
        })
    }

    /// Where the copy of `page` is.
    pub(in crate::fetch) fn address_of(&self, page: &Url) -> Result<Url, url::ParseError> {
        let mut page = page.clone();
        page.set_fragment(None);
        Url::parse(&[&self.before, escaped(page.as_str()).as_str(), &self.after].concat())
    }

    /// Whether `url` is a place of the archive itself.
    pub(in crate::fetch) fn is_of_archive(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }

    /// The name or the literal address of the archive.
    pub(in crate::fetch) fn host(&self) -> String {
        match &self.origin {
            Origin::Tuple(_, host, _) => host.to_string(),
            Origin::Opaque(_) => String::new(),
        }
    }
}

/// Everything that means something in an address is written as `%` and two digits.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                escaped.push(digit.to_ascii_uppercase());
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::in_the_path(
        "https://archive.example/web/2/{url}",
        "https://archive.example/web/2/https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%26d"
    )]
    #[case::in_the_query(
        "http://10.0.0.7:8080/get?of={url}&raw=1",
        "http://10.0.0.7:8080/get?of=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%26d&raw=1"
    )]
    fn the_pages_address_is_one_part_of_it(#[case] template: &str, #[case] expected: &str) {
        let page = Url::parse("https://example.com/a?b=c&d#part").unwrap();
        let template = ArchiveTemplate::parse(template).unwrap();
        let address = template.address_of(&page).unwrap();
        assert_eq!(address.as_str(), expected);
        assert!(template.is_of_archive(&address));
    }

    #[rstest]
    #[case::empty("")]
    #[case::none("https://archive.example/web/")]
    #[case::two("https://archive.example/{url}/{url}")]
    #[case::decides_who_is_asked("https://{url}.example/")]
    #[case::decides_the_port("https://archive.example:{url}/")]
    #[case::is_all_of_it("{url}")]
    #[case::is_not_sent("https://archive.example/#{url}")]
    #[case::other_scheme("ftp://archive.example/{url}")]
    #[case::no_address("archive.example/{url}")]
    #[case::credentials("https://me:secret@archive.example/{url}")]
    fn what_leads_to_no_archive_is_refused_without_telling_secrets(#[case] template: &str) {
        let refused = ArchiveTemplate::parse(template).unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
}
