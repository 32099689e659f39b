//! A proxy in the environment is not used: it would resolve names and connect on its own, past every check.
//! The environment of a process cannot be changed safely from inside, so the fetch runs in a child process.

use std::process::Command;

use url::Url;

use crate::server::{Server, page};
use crate::world::fetched;

const TARGET: &str = "ATLAS_TEST_PROXY_TARGET";

#[tokio::test(flavor = "multi_thread")]
async fn ignores_a_proxy_in_the_environment() {
    let proxy = Server::always(|| page("from the proxy")).await;
    let server = Server::always(|| page("from the server")).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxy::fetches_in_a_child_process", "--ignored"]);
    for variable in [
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HTTPS_PROXY",
        "https_proxy",
    ] {
        child.env(variable, proxy.url("/").as_str());
    }
    child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD");
    child.env(TARGET, server.url("/").as_str());
    let output = tokio::task::spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!((server.requests().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
#[ignore = "runs in a child process of ignores_a_proxy_in_the_environment"]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent process says through the environment where to fetch"
)]
async fn fetches_in_a_child_process() {
    let target = Url::parse(&std::env::var(TARGET).unwrap()).unwrap();
    assert_eq!(fetched(target).await.body, b"from the server");
}
