//! Asks this very server, through its TCP listener and past its guard, as any client would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use atlas_app::vitals::probes::{OWN_MARK, OwnApi};
use atlas_domain::PortFuture;
use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::token::new_token;

/// A route behind the guard that costs next to nothing.
const PATH: &str = "/api/v1/policies";

/// Where the server listens, and what it wants to see.
pub(super) struct OwnListener {
    address: SocketAddr,
    token: String,
    /// By which the server knows its own requests. Without one they count like those of others.
    mark: Option<String>,
}

impl OwnListener {
    /// The server that listens on `bound`. One that listens everywhere is asked on loopback.
    pub(super) fn new(bound: SocketAddr, token: &str) -> Self {
        let ip = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Self {
            address: SocketAddr::new(ip, bound.port()),
            token: token.to_owned(),
            mark: new_token().ok(),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "it goes to this very process: there is no host to guard, and no breaker must hide that it is deaf"
    )]
    async fn get(&self) -> Result<u16, String> {
        let told = |error: &dyn std::fmt::Display| format!("no answer from {}: {error}", self.address);
        let mut request = Request::get(PATH)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(mark) = &self.mark {
            request = request.header(OWN_MARK, mark);
        }
        let request = request.body(Body::empty()).map_err(|error| told(&error))?;
        let stream = TcpStream::connect(self.address)
            .await
            .map_err(|error| told(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| told(&error))?;
        let exchange = async {
            let answer = sender.send_request(request).await.map_err(|error| told(&error))?;
            let status = answer.status().as_u16();
            answer.into_body().collect().await.map_err(|error| told(&error))?;
            Ok(status)
        };
        tokio::select! {
            biased;
            answered = exchange => answered,
            _ = connection => Err(told(&"the connection was closed")),
        }
    }
}

impl OwnApi for OwnListener {
    fn ask(&self) -> PortFuture<'_, Result<u16, String>> {
        Box::pin(self.get())
    }

    fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }
}
