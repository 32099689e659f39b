//! Bodies that are too long, too slow, cut short or damaged. None is held beyond its limit.

use std::io::Write;
use std::time::Duration;

use atlas_domain::FetchFault;
use atlas_net::fetch::FetchSettings;
use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use tokio::time::Instant;

use crate::server::{Server, Step, head, response};
use crate::world::{fault, fetch_with, fetched, settings};

const LIMIT_BYTES: usize = 100_000;

fn small() -> FetchSettings {
    FetchSettings {
        html_limit_bytes: LIMIT_BYTES,
        document_limit_bytes: LIMIT_BYTES * 2,
        ..settings()
    }
}

fn impatient() -> FetchSettings {
    FetchSettings {
        attempt_timeout: Duration::from_millis(300),
        ..settings()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// Text that compresses, but not to nothing.
fn text(length_bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let words = std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("word{} ", state >> 20)
    });
    words.flat_map(String::into_bytes).take(length_bytes).collect()
}

fn encoded(coding: &'static str, bytes: Vec<u8>) -> impl Fn() -> Vec<Step> + Send + Sync + 'static {
    move || response("200 OK", &[("content-encoding", coding)], &bytes)
}

#[rstest]
#[case("gzip", gzip)]
#[case("br", brotli)]
#[case("zstd", zstd)]
#[tokio::test]
async fn decompresses(#[case] coding: &'static str, #[case] compress: fn(&[u8]) -> Vec<u8>) {
    let server = Server::always(encoded(coding, compress(&text(50_000)))).await;
    let answer = fetched(server.url("/")).await;
    assert!(answer.body == text(50_000));
    assert_eq!(answer.header("content-encoding"), None);
}

#[rstest]
#[case("gzip", gzip)]
#[case("br", brotli)]
#[case("zstd", zstd)]
#[tokio::test]
async fn a_compression_bomb_is_too_large(
    #[case] coding: &'static str,
    #[case] compress: fn(&[u8]) -> Vec<u8>,
) {
    let bomb = compress(&vec![0; 50_000_000]);
    assert!(
        bomb.len() < LIMIT_BYTES,
        "{} bytes would be refused as they are",
        bomb.len()
    );
    let server = Server::always(encoded(coding, bomb)).await;
    let error = fetch_with(&small(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::TooLarge, "{error}");
}

#[rstest]
#[case("gzip", gzip)]
#[case("br", brotli)]
#[case("zstd", zstd)]
#[tokio::test]
async fn compression_that_ends_too_early_is_truncated(
    #[case] coding: &'static str,
    #[case] compress: fn(&[u8]) -> Vec<u8>,
) {
    let mut cut = compress(&text(50_000));
    cut.truncate(cut.len() / 2);
    let server = Server::always(encoded(coding, cut)).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Truncated, "{error}");
}

#[rstest]
#[case("gzip")]
#[case("br")]
#[case("zstd")]
#[tokio::test]
async fn what_is_not_the_announced_compression_is_truncated(#[case] coding: &'static str) {
    let server = Server::always(encoded(
        coding,
        b"\xff\xfe<html>this was never compressed</html>".to_vec(),
    ))
    .await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Truncated, "{error}");
}

#[tokio::test]
async fn a_wrong_checksum_is_truncated() {
    let mut damaged = gzip(&text(50_000));
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let server = Server::always(encoded("gzip", damaged)).await;
    assert_eq!(fault(server.url("/")).await, FetchFault::Truncated);
}

#[rstest]
#[case::announced(vec![("content-length", "1000")], b"only this".to_vec())]
#[case::chunked(vec![("transfer-encoding", "chunked")], b"5\r\nhello\r\n".to_vec())]
#[case::inside_a_chunk(vec![("transfer-encoding", "chunked")], b"64\r\nhello".to_vec())]
#[tokio::test]
async fn a_body_that_ends_too_early_is_truncated(
    #[case] headers: Vec<(&'static str, &'static str)>,
    #[case] body: Vec<u8>,
) {
    let bytes = [head("200 OK", &headers), body].concat();
    let server = Server::always(move || vec![Step::Send(bytes.clone()), Step::Close]).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Truncated, "{error}");
}

#[tokio::test]
async fn a_body_ends_where_its_length_says() {
    let bytes = [
        head("200 OK", &[("content-length", "5")]),
        b"hello and more".to_vec(),
    ]
    .concat();
    let server = Server::always(move || vec![Step::Send(bytes.clone()), Step::Close]).await;
    assert_eq!(fetched(server.url("/")).await.body, b"hello");
}

#[tokio::test]
async fn an_answer_whose_connection_is_reset_in_the_middle_is_truncated() {
    let bytes = [
        head("200 OK", &[("content-length", "1000")]),
        b"the beginning".to_vec(),
    ]
    .concat();
    let server = Server::always(move || vec![Step::Send(bytes.clone()), Step::Reset]).await;
    assert_eq!(fault(server.url("/")).await, FetchFault::Truncated);
}

#[rstest]
#[case::at_the_limit("text/html", LIMIT_BYTES, true)]
#[case::one_byte_more("text/html", LIMIT_BYTES + 1, false)]
#[case::no_type("", LIMIT_BYTES + 1, false)]
#[case::picture("image/png", LIMIT_BYTES + 1, false)]
#[case::document("application/pdf; qs=1", LIMIT_BYTES * 2, true)]
#[case::long_document("application/pdf", LIMIT_BYTES * 2 + 1, false)]
#[case::office("application/vnd.oasis.opendocument.text", LIMIT_BYTES * 2, true)]
#[tokio::test]
async fn the_limit_depends_on_the_kind(
    #[case] media_type: &'static str,
    #[case] length_bytes: usize,
    #[case] fits: bool,
    #[values(true, false)] announced: bool,
) {
    let server = Server::always(move || {
        let body = vec![b'x'; length_bytes];
        if announced {
            response("200 OK", &[("content-type", media_type)], &body)
        } else {
            vec![
                Step::Send([head("200 OK", &[("content-type", media_type)]), body].concat()),
                Step::Close,
            ]
        }
    })
    .await;
    match fetch_with(&small(), server.url("/")).await {
        Ok(answer) => {
            assert!(fits && answer.body.len() == length_bytes);
            assert!(
                answer.body.capacity() <= LIMIT_BYTES * 2,
                "{} bytes held",
                answer.body.capacity()
            );
        }
        Err(error) => assert_eq!((error.fault, fits), (FetchFault::TooLarge, false)),
    }
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_the_body() {
    let bytes = head("200 OK", &[("content-length", "1000000000000")]);
    let server = Server::always(move || vec![Step::Send(bytes.clone()), Step::Stall]).await;
    assert_eq!(fault(server.url("/")).await, FetchFault::TooLarge);
}

#[tokio::test]
async fn an_endless_body_is_too_large() {
    let server = Server::always(|| {
        vec![
            Step::Send(head("200 OK", &[])),
            Step::SendForever(vec![b'x'; 10_000]),
        ]
    })
    .await;
    let error = fetch_with(&small(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::TooLarge, "{error}");
}

#[tokio::test]
async fn an_endless_chunked_body_is_too_large() {
    let server = Server::always(|| {
        let chunk = [b"2710\r\n".to_vec(), vec![b'x'; 10_000], b"\r\n".to_vec()].concat();
        vec![
            Step::Send(head("200 OK", &[("transfer-encoding", "chunked")])),
            Step::SendForever(chunk),
        ]
    })
    .await;
    let error = fetch_with(&small(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::TooLarge, "{error}");
}

#[rstest]
#[case::in_one_header(&[("content-encoding", "gzip, gzip")])]
#[case::in_two_headers(&[("content-encoding", "gzip"), ("content-encoding", "gzip")])]
#[case::without_saying_so(&[("content-encoding", "gzip")])]
#[tokio::test]
async fn what_is_compressed_twice_is_a_bad_response(
    #[case] headers: &'static [(&'static str, &'static str)],
) {
    let body = gzip(&gzip(&text(1_000)));
    let server = Server::always(move || response("200 OK", headers, &body)).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::BadResponse, "{error}");
}

#[tokio::test]
async fn a_compressed_file_is_no_page_but_no_bad_response_either() {
    let archive = gzip(&text(1_000));
    let expected = archive.clone();
    let server =
        Server::always(move || response("200 OK", &[("content-type", "application/gzip")], &archive)).await;
    assert_eq!(fetched(server.url("/")).await.body, expected);
}

/// Compressed data that goes on for ever and comes to nothing: no limit of size ends it.
fn endless_nothing() -> Vec<Step> {
    let start = [
        head("200 OK", &[("content-encoding", "gzip")]),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec(),
    ];
    let empty_stored_blocks = b"\x00\x00\x00\xff\xff".repeat(1_000);
    vec![Step::Send(start.concat()), Step::SendForever(empty_stored_blocks)]
}

#[rstest]
#[case::no_answer(|| vec![Step::Stall])]
#[case::endless_nothing(endless_nothing)]
#[case::endless_interim_answers(|| vec![Step::SendForever(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())])]
#[case::a_chunk_now_and_then(|| vec![
    Step::Send(head("200 OK", &[("transfer-encoding", "chunked")])),
    Step::Send(b"fffffff\r\n".to_vec()),
    Step::Trickle(b'x', Duration::from_millis(5)),
])]
#[case::stalled_body(|| vec![Step::Send(head("200 OK", &[("content-length", "9")])), Step::Stall])]
#[case::endless_header(|| vec![Step::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), Step::Trickle(b'x', Duration::from_millis(5))])]
#[case::trickle(|| vec![Step::Send(head("200 OK", &[])), Step::Trickle(b'x', Duration::from_millis(5))])]
#[tokio::test]
async fn a_slow_answer_ends_in_a_timeout(#[case] steps: fn() -> Vec<Step>) {
    let server = Server::always(steps).await;
    let start = Instant::now();
    let error = fetch_with(&impatient(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Timeout, "{error}");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn the_time_for_a_page_holds_over_all_attempts() {
    let server = Server::always(|| vec![Step::Stall]).await;
    let settings = FetchSettings {
        overall_timeout: Duration::from_millis(300),
        ..settings()
    };
    let error = fetch_with(&settings, server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Timeout, "{error}");
    assert!(error.message.contains("no complete answer within"), "{error}");
}

#[tokio::test]
async fn an_empty_body_is_an_answer_whatever_compression_it_claims() {
    let server = Server::always(|| response("404 Not Found", &[("content-encoding", "gzip")], b"")).await;
    let answer = fetched(server.url("/")).await;
    assert_eq!((answer.status, answer.body.len()), (404, 0));
}
