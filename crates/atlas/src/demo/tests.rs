//! The manifest and its files agree.

use super::site::SampleSite;

#[tokio::test]
async fn every_page_of_the_site_is_described_and_served() {
    let site = SampleSite::serve().await.unwrap();
    assert!(site.saved_urls().len() >= 20);
    for page in &site.manifest.pages {
        assert!(!page.about.is_empty(), "{} is not described", page.path);
    }
    assert!(site.manifest.searches.len() >= 5);
}
