//! The library itself: how long searches take while it is cleaned.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use legacy_databases::rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

type Failed = Box<dyn std::error::Error>;

/// Searches while nothing else goes on.
const QUIET: usize = 2_000;

pub fn run(atlas: &Path, pages: usize, folder: &Path) -> Result<(), Failed> {
    fs::create_dir_all(folder)?;
    let data = folder.join("data");
    let host = serve_pages()?;
    let urls = folder.join("urls.txt");
    let list: String = (0..pages).map(|n| format!("http://{host}/{n}\n")).collect();
    fs::write(&urls, list)?;
    let added = command(atlas, &data)
        .args(["add", "--quiet"])
        .arg(&urls)
        .status()?;
    if !added.success() {
        return Err("the pages were not saved".into());
    }
    make_copies(&data)?;
    let server = Server(
        command(atlas, &data)
            .args(["serve", "--bind", "127.0.0.1:0"])
            .spawn()?,
    );
    let socket = data.join("socket");
    wait_for(&socket)?;

    let mut client = Client::connect(&socket)?;
    let quiet = searches(&mut client, |done| done >= QUIET)?;
    println!(
        "{pages} pages, half of them copies; searches alone: {}",
        told(&quiet)
    );
    let (mut beside, mut rounds) = (Vec::new(), 0);
    while beside.len() < QUIET {
        let mut upkeep = Client::connect(&socket)?;
        upkeep.post("/api/v1/audit", &json!({"wait_secs": 600}))?;
        let plan = upkeep.post("/api/v1/cleanups", &json!({}))?;
        let path = format!(
            "/api/v1/cleanups/{}",
            plan["id"].as_str().ok_or("a plan has a name")?
        );
        let is_over = AtomicBool::new(false);
        let times = std::thread::scope(|scope| {
            let carrying_out = scope.spawn(|| {
                let applied = upkeep
                    .post(
                        &format!("{path}/apply"),
                        &json!({"allow_percent": 100, "wait_secs": 600}),
                    )
                    .map_err(|error| error.to_string());
                is_over.store(true, Ordering::Relaxed);
                applied
            });
            let times = searches(&mut client, |_| is_over.load(Ordering::Relaxed))?;
            let applied = carrying_out.join().map_err(|_| "the cleanup panicked")??;
            if applied["state"] != "applied" {
                return Err(Failed::from(format!(
                    "the cleanup did not come to its end: {applied}"
                )));
            }
            Ok(times)
        })?;
        beside.extend(times);
        upkeep.post(&format!("{path}/undo"), &json!({}))?;
        rounds += 1;
    }
    println!("beside {rounds} cleanups: {}", told(&beside));
    println!(
        "p99 beside a cleanup in ratio to p99 alone: {:.2}; target at most 2",
        percentile(&beside, 99).as_secs_f64() / percentile(&quiet, 99).as_secs_f64()
    );
    drop(server);
    Ok(())
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(atlas: &Path, data: &Path) -> Command {
    let mut command = Command::new(atlas);
    command
        .env("ATLAS_DATA_DIR", data)
        .env("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.0/8")
        .env("ATLAS_FETCH_POLITENESS", "false")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The second half of the items comes to have the content of the first: work for a cleanup that can be undone and done again.
fn make_copies(data: &Path) -> Result<(), Failed> {
    let sql = Connection::open_with_flags(data.join("library.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let columns = "content_hash, text, metadata, markdown, html, word_count";
    sql.execute_batch(&format!(
        "CREATE TEMP TABLE place AS SELECT document_id, row_number() OVER (ORDER BY id) AS n FROM item
             WHERE user_id = 1 AND document_id IS NOT NULL;
         CREATE TEMP TABLE half AS SELECT max(n) / 2 AS n FROM place;
         UPDATE document SET ({columns}) = (SELECT {columns} FROM document AS other WHERE other.id =
             (SELECT first.document_id FROM place AS first, place AS own, half
              WHERE own.document_id = document.id AND first.n = own.n - half.n))
         WHERE id IN (SELECT document_id FROM place, half WHERE place.n > half.n AND place.n <= 2 * half.n);"
    ))?;
    Ok(())
}

fn wait_for(socket: &Path) -> Result<(), Failed> {
    for _ in 0..300 {
        if UnixStream::connect(socket).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("the server does not answer".into())
}

fn searches(client: &mut Client, is_over: impl Fn(usize) -> bool) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::new();
    while !is_over(times.len()) {
        let begun_at = Instant::now();
        client.get(&format!("/api/v1/search?q=number{}", times.len() % 50))?;
        times.push(begun_at.elapsed());
    }
    Ok(times)
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted
        .get(sorted.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

fn told(times: &[Duration]) -> String {
    let millis = |percent| percentile(times, percent).as_secs_f64() * 1_000.0;
    format!(
        "{} searches, p50 {:.2} ms, p99 {:.2} ms",
        times.len(),
        millis(50),
        millis(99)
    )
}

/// A connection that stays open, as that of a browser does.
struct Client(BufReader<UnixStream>);

impl Client {
    fn connect(socket: &PathBuf) -> Result<Self, Failed> {
        Ok(Self(BufReader::new(UnixStream::connect(socket)?)))
    }

    fn get(&mut self, path: &str) -> Result<Value, Failed> {
        self.ask("GET", path, "")
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failed> {
        self.ask("POST", path, &body.to_string())
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Value, Failed> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length, mut status) = (String::new(), 0, String::new());
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let text = line.trim_end().to_ascii_lowercase();
            if status.is_empty() {
                status = text;
            } else if text.is_empty() {
                break;
            } else if let Some(number) = text.strip_prefix("content-length:") {
                length = number.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer)?;
        let answer: Value = serde_json::from_slice(&answer)?;
        if !status.contains(" 200 ") {
            return Err(format!("{method} {path}: {status}: {answer}").into());
        }
        Ok(answer)
    }
}

/// A web server of the simplest kind: one answer a connection.
fn serve_pages() -> Result<SocketAddr, Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || answer(connection));
        }
    });
    Ok(address)
}

fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let page = request
        .split_whitespace()
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/');
    let paragraph = format!(
        "<p>This is a paragraph of the page number{page}, which says something about the tides, the bread and the stars \
         that takes a whole sentence to say, and which no other page of this run says of number{page}.</p>"
    );
    let body = format!(
        "<!doctype html><html lang=en><head><title>Page {page}</title></head><body><main><article><h1>Page {page}</h1>{}\
         </article></main></body></html>",
        paragraph.repeat(8)
    );
    write!(
        connection,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
