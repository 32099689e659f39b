//! TLS as the client speaks it, against a server with a throw-away certificate.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use atlas_domain::{FetchFault, PortFuture};
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
async fn serve(
    protocols: &[&[u8]],
) -> (
    SocketAddr,
    CertificateDer<'static>,
    tokio::task::JoinHandle<Option<Vec<u8>>>,
) {
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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        let _request = stream.read(&mut [0; 4096]).await.ok()?;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
            .await
            .ok()?;
        stream.shutdown().await.ok()?;
        protocol
    });
    (address, certificate, served)
}

fn client(trusted: Option<CertificateDer<'static>>) -> Client {
    let addresses = Arc::new(AddressPolicy::allowing(["127.0.0.1"]).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    build(
        GuardedResolver {
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
        .map_err(|error| Failure::of_request(&error, &url))?;
    response
        .text()
        .await
        .map_err(|error| Failure::of_body(&error, &url))
}

#[tokio::test]
async fn reads_a_page_behind_a_trusted_certificate() {
    let (server, certificate, _served) = serve(&[b"http/1.1"]).await;
    assert_eq!(
        get(&client(Some(certificate)), "site.test", server)
            .await
            .unwrap(),
        "hi"
    );
}

#[tokio::test]
async fn offers_http_2() {
    let (address, certificate, handshake) = serve(&[b"h2", b"http/1.1"]).await;
    let client = client(Some(certificate));
    // This server cannot speak HTTP/2: what counts is that it was chosen.
    let _ = get(&client, "site.test", address).await;
    assert_eq!(handshake.await.unwrap().as_deref(), Some(b"h2".as_slice()));
}

#[tokio::test]
async fn refuses_a_certificate_that_nobody_vouches_for() {
    let (server, _certificate, _served) = serve(&[b"http/1.1"]).await;
    let failure = get(&client(None), "site.test", server).await.unwrap_err();
    assert_eq!(failure.fault, FetchFault::TlsFailed, "{failure}");
}

#[tokio::test]
async fn refuses_a_certificate_of_another_name() {
    let (server, certificate, _served) = serve(&[b"http/1.1"]).await;
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

#[test]
fn trusts_the_authorities_that_browsers_trust() {
    assert!(trusted_roots().len() >= webpki_roots::TLS_SERVER_ROOTS.len());
}
