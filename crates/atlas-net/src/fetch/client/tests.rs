//! TLS as the client speaks it, against a server with a throw-away certificate.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use atlas_domain::{FetchFault, PortFuture};
use rstest::rstest;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::*;
use crate::fetch::address::AddressPolicy;
use crate::fetch::failure::Failure;
use crate::fetch::resolve::{Resolve, ResolveError};

/// Every name leads to this machine.
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, _name: &'a str) -> PortFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(async { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) })
    }
}

/// A TLS server for `site.test` that answers one request, and the certificate it shows.
async fn serve() -> (SocketAddr, CertificateDer<'static>) {
    let (acceptor, certificate) = acceptor(&[b"http/1.1"]);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.ok()?;
        let _request = stream.read(&mut [0; 4096]).await.ok()?;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
            .await
            .ok()?;
        stream.shutdown().await.ok()
    });
    (address, certificate)
}

/// TLS for `site.test` with a throw-away certificate, and that certificate.
fn acceptor(protocols: &[&[u8]]) -> (TlsAcceptor, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["site.test".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), certificate)
}

fn client(trusted: Option<CertificateDer<'static>>) -> Client {
    let addresses = Arc::new(AddressPolicy::allowing(["127.0.0.1"]).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    build(
        GuardedResolver {
            limit: Duration::from_secs(5),
            resolver: Arc::new(Here),
            addresses,
        },
        roots,
        Duration::from_secs(5),
    )
    .unwrap()
}

async fn get(client: &Client, host: &str, server: SocketAddr) -> Result<String, Failure> {
    let url = Url::parse(&format!("https://{host}:{}/", server.port())).unwrap();
    let response = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| Failure::of_request(error, &url))?;
    response
        .text()
        .await
        .map_err(|error| Failure::of_body(error, &url))
}

#[tokio::test]
async fn reads_a_page_behind_a_trusted_certificate() {
    let (server, certificate) = serve().await;
    assert_eq!(
        get(&client(Some(certificate)), "site.test", server)
            .await
            .unwrap(),
        "hi"
    );
}

/// How a server ends the one stream it is asked for.
#[derive(Debug, Clone, Copy)]
enum StreamEnd {
    Whole,
    Reset,
    GoAway,
    EndlessHeaders,
}

/// An HTTP/2 server for `site.test` that answers one request, with `hi` or with the beginning of it.
async fn serve_http_2(end: StreamEnd) -> (SocketAddr, CertificateDer<'static>) {
    let (acceptor, certificate) = acceptor(&[b"h2"]);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (_request, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut response = http::Response::new(());
        if matches!(end, StreamEnd::EndlessHeaders) {
            let long = HeaderValue::from_str(&"x".repeat(16_000)).unwrap();
            for _ in 0..100 {
                response.headers_mut().append("x-header", long.clone());
            }
        }
        let mut body = respond.send_response(response, false).unwrap();
        match end {
            StreamEnd::Whole | StreamEnd::EndlessHeaders => body.send_data("hi".into(), true).unwrap(),
            StreamEnd::Reset => {
                body.send_data("h".into(), false).unwrap();
                body.send_reset(h2::Reason::INTERNAL_ERROR);
            }
            StreamEnd::GoAway => {
                body.send_data("h".into(), false).unwrap();
                connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM);
            }
        }
        // Only an accepting connection moves its frames.
        while let Some(Ok(_)) = connection.accept().await {}
    });
    (address, certificate)
}

#[tokio::test]
async fn speaks_http_2_with_those_who_can() {
    let (server, certificate) = serve_http_2(StreamEnd::Whole).await;
    assert_eq!(
        get(&client(Some(certificate)), "site.test", server)
            .await
            .unwrap(),
        "hi"
    );
}

#[rstest]
#[case::stream(StreamEnd::Reset)]
#[case::connection(StreamEnd::GoAway)]
#[tokio::test]
async fn an_http_2_answer_that_breaks_off_is_named(#[case] end: StreamEnd) {
    let (server, certificate) = serve_http_2(end).await;
    let failure = get(&client(Some(certificate)), "site.test", server)
        .await
        .unwrap_err();
    assert_eq!(failure.fault, FetchFault::ConnectFailed, "{failure}");
}

#[tokio::test]
async fn endless_http_2_headers_are_not_collected() {
    let (server, certificate) = serve_http_2(StreamEnd::EndlessHeaders).await;
    let failure = get(&client(Some(certificate)), "site.test", server)
        .await
        .unwrap_err();
    assert_eq!(failure.fault, FetchFault::ConnectFailed, "{failure}");
}

#[tokio::test]
async fn refuses_a_certificate_that_nobody_vouches_for() {
    let (server, _certificate) = serve().await;
    let failure = get(&client(None), "site.test", server).await.unwrap_err();
    assert_eq!(failure.fault, FetchFault::TlsFailed, "{failure}");
}

#[tokio::test]
async fn refuses_a_certificate_of_another_name() {
    let (server, certificate) = serve().await;
    let failure = get(&client(Some(certificate)), "other.test", server)
        .await
        .unwrap_err();
    assert_eq!(failure.fault, FetchFault::TlsFailed, "{failure}");
}

#[tokio::test]
async fn refuses_a_server_without_tls() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _hello = stream.read(&mut [0; 4096]).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        stream.shutdown().await.unwrap();
    });
    let failure = get(&client(None), "site.test", server).await.unwrap_err();
    assert_eq!(failure.fault, FetchFault::TlsFailed, "{failure}");
}

/// What a server says in place of its half of the handshake.
async fn answering_hello(said: &'static [u8]) -> Failure {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _hello = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(said).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    get(&client(None), "site.test", server).await.unwrap_err()
}

#[rstest]
#[case::no_common_cipher(b"\x15\x03\x03\x00\x02\x02\x28")]
#[case::no_common_version(b"\x15\x03\x03\x00\x02\x02\x46")]
#[case::no_site_of_that_name(b"\x15\x03\x03\x00\x02\x02\x70")]
#[tokio::test]
async fn who_cannot_agree_with_us_will_not_tomorrow(#[case] alert: &'static [u8]) {
    let failure = answering_hello(alert).await;
    assert_eq!(failure.fault, FetchFault::TlsFailed, "{failure}");
}

#[rstest]
#[case::internal_error(b"\x15\x03\x03\x00\x02\x02\x50")]
#[case::decode_error(b"\x15\x03\x03\x00\x02\x02\x32")]
#[case::no_proper_message(b"\x16\x03\x03\x00\x04\xff\x00\x00\x00")]
#[case::nothing(b"")]
#[tokio::test]
async fn a_handshake_that_breaks_off_is_no_lasting_refusal(#[case] said: &'static [u8]) {
    let failure = answering_hello(said).await;
    assert_eq!(failure.fault, FetchFault::ConnectFailed, "{failure}");
}

#[test]
fn trusts_the_authorities_that_browsers_trust() {
    assert!(trusted_roots().len() >= webpki_roots::TLS_SERVER_ROOTS.len());
}
