//! Atlas as a process: one command at a time, or a server.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use axum::body::Body;
use serde_json::Value;
use tempfile::TempDir;

use super::eventually;

/// A data directory and the environment in which Atlas runs on it.
pub(crate) struct Atlas {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that runs.
pub(crate) struct Running(Child);

/// A server that runs. Killed when dropped.
pub(crate) struct Serving {
    child: Child,
    /// Where it listens, as it says itself.
    pub(crate) address: String,
}

impl Atlas {
    pub(crate) fn new() -> Self {
        let variables = [
            ("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.0/8"),
            ("ATLAS_FETCH_POLITENESS", "false"),
            ("ATLAS_STORAGE_RESERVE_MB", "1"), // many servers run at once
        ];
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        }
    }

    /// Sets a variable for every later command.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The token that opens the API over TCP.
    pub(crate) fn token(&self) -> String {
        std::fs::read_to_string(self.data_dir().join("token"))
            .unwrap()
            .trim()
            .to_owned()
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atlas"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("ATLAS_DATA_DIR", self.data_dir())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, &[]).await
    }

    /// Runs a command with more variables to its end.
    pub(crate) async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        Finished::of(output)
    }

    /// Runs a command to its end inside another one, for example `unshare`.
    pub(crate) async fn run_in(&self, outer: &[&str], arguments: &[&str]) -> Finished {
        let inner = self.command(arguments);
        let mut command = Command::new(outer[0]);
        command
            .args(&outer[1..])
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        Finished::of(output)
    }

    /// Starts a command whose output the test reads as it comes.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Starts a command that is to be interrupted.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().unwrap())
    }

    /// Runs a command that must succeed, and reads what it prints as JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.push("--json");
        let finished = self.run(&all).await;
        assert_eq!(finished.code, 0, "{arguments:?}: {finished:?}");
        serde_json::from_str(&finished.stdout).unwrap()
    }

    /// Saves an address, waits for its outcome, and returns its entry.
    pub(crate) async fn add(&self, url: &str) -> Value {
        let finished = self.run(&["add", "--wait", "--json", url]).await;
        let report: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
        report["items"][0].clone()
    }

    /// Reads a route over the server's socket; `None` when the server does not answer.
    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        self.call(http::Request::get(path), Body::empty()).await
    }

    /// Posts to a route over the server's socket; `None` when the server does not answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let request = http::Request::post(path).header("content-type", "application/json");
        self.call(request, Body::from(body.to_string())).await
    }

    async fn call(&self, request: http::request::Builder, body: Body) -> Option<Value> {
        let stream = tokio::net::UnixStream::connect(self.data_dir().join("socket"))
            .await
            .ok()?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
                .await
                .ok()?;
        tokio::spawn(connection);
        let request = request.header("host", "localhost").body(body).unwrap();
        let response = sender.send_request(request).await.ok()?;
        let bytes = http_body_util::BodyExt::collect(response.into_body())
            .await
            .ok()?
            .to_bytes();
        serde_json::from_slice(&bytes).ok()
    }

    /// Starts a server and waits until it serves.
    pub(crate) async fn serve(&self) -> Serving {
        self.serve_with(&[]).await
    }

    /// Starts a server that perhaps never comes to serve. It has no address.
    pub(crate) fn begin_to_serve(&self, variables: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve", "--bind", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Serving {
            child: child.unwrap(),
            address: String::new(),
        }
    }

    /// Starts a server with more variables.
    pub(crate) async fn serve_with(&self, variables: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve", "--bind", "127.0.0.1:0"]);
        command
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .stdout(Stdio::null());
        tokio::task::spawn_blocking(move || Serving::start(&mut command))
            .await
            .unwrap()
    }
}

impl Running {
    /// SIGINT, as Ctrl-C sends it, and wait until it has ended.
    pub(crate) async fn interrupt(self) -> Finished {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let output = tokio::task::spawn_blocking(move || self.0.wait_with_output().unwrap())
            .await
            .unwrap();
        Finished::of(output)
    }
}

impl Finished {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Serving {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("Atlas serves on http://") {
            assert!(
                lines.read_line(&mut seen).unwrap() > 0,
                "the server ended before it served:\n{seen}"
            );
        }
        let address = seen
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next());
        let address = address.unwrap().to_owned();
        // Somebody must go on reading, or a full pipe would stop the server.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Self { child, address }
    }

    /// SIGKILL, and wait until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns the exit code.
    pub(crate) async fn terminate(mut self) -> i32 {
        self.ask_to_end();
        self.ended().await
    }

    /// SIGHUP, and no waiting.
    pub(crate) fn hang_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// SIGTERM, and no waiting.
    pub(crate) fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> i32 {
        self.ended_within(Duration::from_secs(30)).await
    }

    /// The same, for a server that must not take long over it.
    pub(crate) async fn ended_within(&mut self, deadline: Duration) -> i32 {
        eventually(deadline, "the server ends", async || !self.runs()).await;
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
