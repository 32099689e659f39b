//! Benches against the real binary: `cargo run --release --manifest-path benches/Cargo.toml -- ATLAS [PAGES]`.
//!
//! Ingest: PAGES pages from a local web server, from the first save to the last page that can be found, beside
//! extraction alone of the same pages in the same run. It prints figures and never fails on one. On a machine that
//! others use too, processor time says more than time on the clock.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A library's pages come from many hosts, and of one host only two pages are looked at at once.
const HOSTS: u8 = 16;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(atlas) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: atlas-benches ATLAS [PAGES]   (ATLAS: path of a release build)");
        std::process::exit(2);
    };
    let pages: usize = arguments
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or(1_000);
    let folder = std::env::temp_dir().join(format!("atlas-bench-{}", std::process::id()));
    let site = folder.join("site");
    fs::create_dir_all(&site)?;
    write_pages(&site, pages)?;
    let hosts = (1..=HOSTS)
        .map(|n| serve(Ipv4Addr::new(127, 0, 0, n), site.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let urls = folder.join("urls.txt");
    let list: String = (0..pages)
        .map(|n| format!("http://{}/{n}.html\n", hosts[n % hosts.len()]))
        .collect();
    fs::write(&urls, list)?;

    let extraction = measure(Command::new(&atlas).arg("extract").arg(&site).arg("--jsonl"))?;
    let ingest = measure(
        Command::new(&atlas)
            .args(["add", "--quiet"])
            .arg(&urls)
            .env("ATLAS_DATA_DIR", folder.join("data"))
            .env("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.0/8")
            .env("ATLAS_FETCH_POLITENESS", "false"),
    )?;
    println!("pages: {pages}");
    println!("extraction alone:   {}", extraction.told(pages));
    println!("ingest, end to end: {}", ingest.told(pages));
    println!(
        "ingest in ratio to extraction alone: {:.2} by the clock, {:.2} by processor time",
        extraction.took.as_secs_f64() / ingest.took.as_secs_f64(),
        extraction.processor.as_secs_f64() / ingest.processor.as_secs_f64()
    );
    fs::remove_dir_all(&folder)
}

/// Pages made from the bundled sample site's good ones, each with words of its own so that none is a duplicate.
fn write_pages(site: &Path, pages: usize) -> std::io::Result<()> {
    // Asked at run time: checkouts may share build products.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| std::io::Error::other("run this through cargo"))?;
    let samples = Path::new(&package).join("../crates/atlas/sample-site/pages");
    let names = [
        "courier-tides.html",
        "blog-sourdough.html",
        "wiki-star-catalogue.html",
        "docs-uncertain-dates.html",
    ];
    for n in 0..pages {
        let html = fs::read_to_string(samples.join(names[n % names.len()]))?;
        let own = format!(
            "<p>This copy has the number {n}, which no other page of the run has, and it says so.</p></p>"
        );
        fs::write(site.join(format!("{n}.html")), html.replacen("</p>", &own, 1))?;
    }
    Ok(())
}

/// A web server of the simplest kind: one answer a connection.
fn serve(host: Ipv4Addr, site: PathBuf) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((host, 0))?;
    let address = listener.local_addr()?;
    let site = Arc::new(site);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let site = Arc::clone(&site);
            std::thread::spawn(move || answer(&site, connection));
        }
    });
    Ok(address)
}

fn answer(site: &Path, mut connection: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let name = request
        .split_whitespace()
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/');
    let body = fs::read(site.join(name.replace('/', "")))?;
    write!(
        connection,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(&body)
}

/// What a command took.
struct Measured {
    /// By the clock.
    took: Duration,
    /// Of all processors, its own children included.
    processor: Duration,
}

impl Measured {
    fn told(&self, pages: usize) -> String {
        let pages = pages as f64;
        let rate = pages / self.took.as_secs_f64();
        let cost_ms = self.processor.as_secs_f64() * 1_000.0 / pages;
        format!("{rate:.1} pages/s, {cost_ms:.1} ms CPU a page")
    }
}

fn measure(command: &mut Command) -> std::io::Result<Measured> {
    let (begun, used) = (Instant::now(), processor_time_of_children()?);
    let status = command.stdout(Stdio::null()).status()?;
    let measured = Measured {
        took: begun.elapsed(),
        processor: processor_time_of_children()?.saturating_sub(used),
    };
    if !status.success() {
        eprintln!("{command:?} ended with {status}");
    }
    Ok(measured)
}

/// What all children that have ended took, with those that they themselves have waited for: `cutime` and `cstime` in
/// `/proc/self/stat`, see proc(5). Linux counts them in hundredths of a second on every processor that Atlas runs on.
fn processor_time_of_children() -> std::io::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program is in parentheses and may hold anything; behind it, the third field comes first.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<u64>().ok());
    match (ticks(16), ticks(17)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 10)),
        _ => Err(std::io::Error::other("/proc/self/stat is unreadable")),
    }
}
