//! The processes that are compared: started here, and ended with this value.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// As Prometheus asks by default.
const ASKED_EVERY: Duration = Duration::from_secs(15);

/// A server starts within this time.
const STARTING: Duration = Duration::from_secs(30);

/// As the unit in `packaging/systemd` sets it.
const TUNED: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=131072");

/// What becomes of memory that a server has given back to its C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// As in a service that is set up by our unit.
    AsInService,
    /// As the C library does by itself.
    LeftAlone,
}

/// A process that is measured.
pub struct Watched {
    /// Its name, for people.
    pub name: String,
    child: Child,
}

impl Watched {
    /// A server of Atlas on an empty library.
    pub fn server(
        atlas: &Path,
        data: &Path,
        name: &str,
        looked_after: bool,
        memory: Memory,
    ) -> io::Result<Self> {
        let mut command = Command::new(atlas);
        command.env_remove(TUNED.0);
        if memory == Memory::AsInService {
            command.env(TUNED.0, TUNED.1);
        }
        let child = command
            .arg("serve")
            .env("ATLAS_DATA_DIR", data)
            .env("ATLAS_SERVER_BIND", format!("127.0.0.1:{}", free_port()?))
            .env("ATLAS_HEALTH_ENABLED", looked_after.to_string())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// `node_exporter`, and somebody who asks it; none where it is not installed.
    pub fn node_exporter(folder: &Path) -> io::Result<Option<Self>> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new("prometheus-node-exporter");
        command
            .arg(format!("--web.listen-address={address}"))
            .current_dir(folder);
        let watched = started("node_exporter", &mut command)?;
        if watched.is_some() {
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(ASKED_EVERY);
                    let _ = ask(&address); // it may not be there yet, or not any more
                }
            });
        }
        Ok(watched)
    }

    /// Monit with the checks that come closest to ours, every 30 s; none where it is not installed.
    pub fn monit(folder: &Path) -> io::Result<Option<Self>> {
        let file = folder.join("monitrc");
        let lines = format!(
            "set daemon 30\nset pidfile {0}/monit.pid\nset idfile {0}/monit.id\nset statefile {0}/monit.state\n\
             check system here\n if loadavg (5min) > 4 then alert\n if memory usage > 90% then alert\n \
             if cpu usage > 85% then alert\ncheck filesystem data with path {0}\n if space usage > 85% then alert\n \
             if inode usage > 85% then alert\n",
            folder.display()
        );
        fs::write(&file, lines)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        started("Monit", Command::new("monit").arg("-I").arg("-c").arg(&file))
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Saves a page and searches for it, through the server on that library, as soon as it serves.
pub fn use_once(atlas: &Path, data: &Path) -> io::Result<()> {
    let page = data.with_extension("html");
    let text =
        "The ferryman counted the passengers of every crossing, and wrote the number down. ".repeat(40);
    fs::write(
        &page,
        format!("<html><title>A ferry</title><body><article><p>{text}</p></article></body></html>"),
    )?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(atlas);
        command.args(arguments).env("ATLAS_DATA_DIR", data);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    let begun_at = Instant::now();
    while !data.join("token").exists() || !run(&["list"])?.success() {
        if begun_at.elapsed() > STARTING {
            return Err(io::Error::other("a server did not start"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let page = page.to_string_lossy();
    if !run(&["add", "https://bench.invalid/ferry", "--html", &page, "--wait"])?.success() {
        return Err(io::Error::other("a page could not be saved"));
    }
    run(&["search", "ferryman"])?;
    Ok(())
}

fn started(name: &str, command: &mut Command) -> io::Result<Option<Watched>> {
    match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(child) => Ok(Some(Watched {
            name: name.to_owned(),
            child,
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("{name} is not installed, and left out");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn ask(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
