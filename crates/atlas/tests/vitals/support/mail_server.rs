//! A real mail server, as a process of its own on a port of its own: what Atlas hands in is read by somebody else's code.
//! `cargo xtask test` installs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpSocket;

use super::{Certificate, Door, eventually};

/// Debian's interpreter: another one on the path does not know Debian's packages.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = include_str!("mail_server.py");

pub(crate) const USER: &str = "owner@mail.example";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// Plainly, as on the same machine.
    None,
    /// TLS from the middle of the conversation on, and a password.
    StartTls,
    /// TLS from the first byte, and a password.
    Tls,
}

/// A mail server that can be down and come up, always on the same port.
pub(crate) struct MailServer {
    security: Security,
    port: u16,
    /// Keeps the port while nobody listens on it.
    _kept: TcpSocket,
    certificate: Option<Certificate>,
    process: Option<Child>,
    letters: Arc<Mutex<Vec<Letter>>>,
}

/// A letter as a mail program reads it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Letter {
    pub(crate) sender: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) is_protected: bool,
    headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) bytes: usize,
    pub(crate) defects: Vec<String>,
}

impl Letter {
    /// The one header of that name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert!(found.next().is_none(), "{name} twice: {self:?}");
        value
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    fn is_of(&self, service: &str) -> bool {
        self.text.contains(&format!(" {service}: "))
    }
}

impl MailServer {
    /// One that does not run yet.
    pub(crate) fn down(security: Security) -> Self {
        let kept = TcpSocket::new_v4().unwrap();
        kept.set_reuseaddr(true).unwrap(); // the server takes the port beside us
        kept.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            security,
            port: kept.local_addr().unwrap().port(),
            _kept: kept,
            certificate: (security != Security::None).then(Certificate::of_this_machine),
            process: None,
            letters: Arc::default(),
        }
    }

    /// One that takes letters.
    pub(crate) async fn up(security: Security) -> Self {
        let mut server = Self::down(security);
        server.start().await;
        server
    }

    pub(crate) async fn start(&mut self) {
        let mut settings = json!({ "port": self.port, "security": self.word(), "user": "", "password": "" });
        if let Some(certificate) = &self.certificate {
            settings["certificate"] = json!(certificate.chain());
            settings["key"] = json!(certificate.key());
            settings["user"] = json!(USER);
            settings["password"] = json!(PASSWORD);
        }
        let mut process = Command::new(PYTHON)
            .args(["-c", SCRIPT, &settings.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null()) // warnings that this is no way to run a mail server
            .spawn()
            .unwrap_or_else(|error| panic!("{PYTHON}: {error}; {INSTALL}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        self.process = Some(process);
        let (lines, first) = tokio::task::spawn_blocking(move || {
            let first = lines.next();
            (lines, first)
        })
        .await
        .unwrap();
        assert!(
            first.is_some_and(|line| line.unwrap() == "\"ready\""),
            "the mail server did not start; {INSTALL}"
        );
        let letters = Arc::clone(&self.letters);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                letters.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
    }

    /// Gone, like one that was switched off.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// The channel that hands letters in here.
    pub(crate) fn channel(&self, name: &str) -> String {
        let Self { port, .. } = self;
        let user = USER.replace('@', "%40");
        let url = match self.security {
            Security::None => format!("smtp://127.0.0.1:{port}"),
            Security::StartTls => format!("smtp://{user}@localhost:{port}?tls=required"),
            Security::Tls => format!("smtps://{user}@localhost:{port}"),
        };
        let secret = match &self.certificate {
            Some(certificate) => format!("secret_file = {:?}\n", certificate.secret(PASSWORD)),
            None => String::new(),
        };
        format!(
            "name = {name:?}\nkind = \"email\"\nurl = {url:?}\nfrom = \"Atlas <atlas@mail.example>\"\n\
             to = [\"reader@mail.example\", \"second@mail.example\"]\n\
             min_severity = \"critical\"\n{secret}"
        )
    }

    /// The certificate that Atlas must trust to speak with it.
    pub(crate) fn trusted(&self) -> String {
        self.certificate.as_ref().unwrap().authority()
    }

    /// What has come about the service of a door, in order.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        let letters = self.letters.lock().unwrap();
        letters
            .iter()
            .filter(|letter| letter.is_of(Door::NAME))
            .cloned()
            .collect()
    }

    /// Waits for that many letters about the service of a door.
    pub(crate) async fn gets(&self, count: usize) -> Vec<Letter> {
        eventually(super::PATIENCE, &format!("{count} letters come"), async || {
            self.letters().len() >= count
        })
        .await;
        self.letters()
    }

    fn word(&self) -> &'static str {
        match self.security {
            Security::None => "none",
            Security::StartTls => "starttls",
            Security::Tls => "tls",
        }
    }
}

const INSTALL: &str = "these tests need Debian's python3-aiosmtpd, which `cargo xtask test` installs";

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}
