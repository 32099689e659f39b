//! What stands in elements whose content a parser keeps as text: scripts and `<noscript>`. Reads, never runs.

/// Whether a script sends the visitor to another address.
pub(super) fn sets_location(script: &str) -> bool {
    [
        "location.href=",
        "location.href =",
        "location.replace(",
        "location=",
        "location =",
        "location.assign(",
        "location.reload(",
    ]
    .iter()
    .any(|call| script.contains(call))
}

/// The words of a source text. Parsers that run scripts keep `<noscript>` as one.
pub(super) fn without_tags(source: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in source.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("window.location.href = '/next'", true)]
    #[case("location.replace('/next')", true)]
    #[case("let place = location.pathname;", false)]
    fn knows_a_script_that_sends_on(#[case] script: &str, #[case] sends: bool) {
        assert_eq!(sets_location(script), sends);
    }

    #[test]
    fn tags_part_words() {
        let text = without_tags("<p>one</p><img alt='x'>two");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["one", "two"]);
    }
}
