//! The same alerts, sent to Alertmanager by its own interface, as Prometheus would send what its rules have found.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Prometheus sends as many at once.
const BATCH: usize = 64;
/// It takes so long to start.
const STARTING: Duration = Duration::from_secs(20);
/// Groups are waited for as long as ours; then the messages are made.
const SETTLING: Duration = Duration::from_secs(45);

/// One minute of the storm, as fast as it is taken; none where it is not installed. Its receiver refuses connections,
/// so that what it costs to send them is hardly counted.
pub fn storm(folder: &Path, alerts: usize) -> io::Result<Option<String>> {
    let port = free_port()?;
    let receiver = free_port()?;
    let file = folder.join("alertmanager.yml");
    std::fs::write(
        &file,
        format!(
            "route:\n  receiver: hook\n  group_by: [service, severity]\n  group_wait: 10s\nreceivers:\n- name: hook\n  \
             webhook_configs:\n  - url: http://127.0.0.1:{receiver}/\n"
        ),
    )?;
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.path={}",
            folder.join("alertmanager").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = match command.spawn() {
        Ok(child) => Running(child),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    wait_for(port)?;
    let before = super::ran(child.0.id())?;
    for first in (0..alerts).step_by(BATCH) {
        post(port, &batch(first..alerts.min(first + BATCH)))?;
    }
    std::thread::sleep(SETTLING);
    let ran = super::ran(child.0.id())?.saturating_sub(before);
    let per_ten_thousand = super::per_ten_thousand(ran, alerts);
    let resident = resident_mib(child.0.id())?;
    Ok(Some(format!(
        "{per_ten_thousand:.2} s of processor for 10,000, {resident:.0} MiB resident"
    )))
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn batch(numbers: std::ops::Range<usize>) -> String {
    let mut json = String::from("[");
    for number in numbers.clone() {
        let separator = if number == numbers.start { "" } else { "," };
        let severity = if number % 2 == 0 { "warning" } else { "critical" };
        let _ = write!(
            json,
            "{separator}{{\"labels\":{{\"alertname\":\"shard\",\"service\":\"search\",\"severity\":\"{severity}\",\
             \"shard\":\"{number}\"}},\"annotations\":{{\"summary\":\"shard {number} is slow\"}}}}"
        );
    }
    json.push(']');
    json
}

fn post(port: u16, body: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    write!(
        stream,
        "POST /api/v2/alerts HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    let first = answer.lines().next().unwrap_or_default();
    Err(io::Error::other(format!("Alertmanager answered: {first}")))
}

fn wait_for(port: u16) -> io::Result<()> {
    let begun_at = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if begun_at.elapsed() > STARTING {
            return Err(io::Error::other("Alertmanager does not listen"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn resident_mib(pid: u32) -> io::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib: f64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0.0);
    Ok(kib / 1024.0)
}
