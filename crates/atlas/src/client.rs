//! The command line's way to the routes: over the server's Unix socket, or to the same router inside this
//! process when no server runs. One surface, so that every command prints the same either way.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::error::{CliError, Exit};

/// Calls routes.
#[derive(Clone)]
pub(crate) enum Client {
    /// Those of a running server.
    Socket(PathBuf),
    /// Those of this process.
    InProcess(Router),
}

/// How long a server may take to answer what is answered at once, and twice what it allows itself. One that was
/// stopped, or hangs, must not hold up a script for ever.
const PROMPT: Duration = Duration::from_mins(1);
/// Longest path with its query. Room for the longest address and the longest query, percent-encoded.
const LONGEST_TARGET_BYTES: usize = 32_000;

/// The part of a problem document that a command needs.
#[derive(serde::Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

impl Client {
    /// Calls a route without a body. `path` begins with a slash and may have a query.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.call(Method::GET, path, Body::empty(), Some(PROMPT)).await
    }

    /// The same for what takes as long as the size of the library demands.
    pub(crate) async fn get_patiently<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.call(Method::GET, path, Body::empty(), None).await
    }

    /// Removes what `path` names.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        self.call(Method::DELETE, path, Body::empty(), Some(PROMPT)).await
    }

    /// Calls a route with a JSON body.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        self.call(Method::POST, path, json(body)?, Some(PROMPT)).await
    }

    /// The same for what takes as long as the size of the library demands.
    pub(crate) async fn post_patiently<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        self.call(Method::POST, path, json(body)?, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
        patience: Option<Duration>,
    ) -> Result<T, CliError> {
        if path.len() > LONGEST_TARGET_BYTES {
            let message = format!(
                "this is too long to ask for: it has {} bytes, and {LONGEST_TARGET_BYTES} are the limit",
                path.len()
            );
            return Err(CliError::new(Exit::Usage, message));
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| CliError::new(Exit::Failure, format!("cannot ask for {path}: {error}")))?;
        let (status, bytes) = match self {
            Self::Socket(socket) => {
                let exchange = async { read(over_socket(socket, request).await?).await };
                match patience {
                    None => exchange.await?,
                    Some(patience) => timeout(patience, exchange)
                        .await
                        .map_err(|_| hung(socket, patience))??,
                }
            }
            Self::InProcess(router) => match router.clone().oneshot(request).await {
                Ok(response) => read(response).await?,
                Err(never) => match never {},
            },
        };
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| {
                let what = "the server's answer cannot be read; is it of another version?";
                CliError::new(Exit::Failure, format!("{what} ({error})"))
            });
        }
        Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => CliError::from_problem(&problem.code, status.as_u16(), problem.detail),
            Err(_) => CliError::new(Exit::Failure, format!("the server answered {status}")),
        })
    }
}

fn json(body: &impl Serialize) -> Result<Body, CliError> {
    let json = serde_json::to_vec(body).map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
    Ok(Body::from(json))
}

async fn over_socket(socket: &Path, request: Request<Body>) -> Result<Response<Incoming>, CliError> {
    let stream = tokio::net::UnixStream::connect(socket).await.map_err(|error| {
        let message = format!("the server at {} does not answer: {error}", socket.display());
        CliError::new(Exit::Unreachable, message)
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| gone_in_the_middle(&error))?;
    tokio::spawn(connection);
    sender
        .send_request(request)
        .await
        .map_err(|error| gone_in_the_middle(&error))
}

/// It took the request, or only the connection, and has not been heard of since.
fn hung(socket: &Path, patience: Duration) -> CliError {
    let message = format!(
        "the server at {} has not answered within {} s: is it stopped, or does its disk hang? What was asked for may \
         still happen, and can be asked for again without harm",
        socket.display(),
        patience.as_secs()
    );
    CliError::new(Exit::Unreachable, message)
}

/// The request was on its way, and may have been carried out.
fn gone_in_the_middle(error: &impl std::fmt::Display) -> CliError {
    CliError::new(
        Exit::Unreachable,
        format!(
            "the server went away before it answered ({error}); what it did say it has kept is kept, and when it \
             runs again, this can be asked for again without harm"
        ),
    )
}

async fn read<B>(response: Response<B>) -> Result<(http::StatusCode, Vec<u8>), CliError>
where
    B: http_body::Body,
    B::Error: std::fmt::Display,
{
    let status = response.status();
    let body = response.into_body().collect().await;
    let bytes = body.map_err(|error| gone_in_the_middle(&error))?;
    Ok((status, bytes.to_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::net::UnixListener;
    use tokio::time::Instant;

    use super::*;

    /// A server that takes connections and says nothing.
    fn stopped_server(folder: &Path) -> Client {
        let socket = folder.join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                taken.push(connection);
            }
        });
        Client::Socket(socket)
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up_with_its_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let client = stopped_server(folder.path());
        for method in ["GET", "DELETE", "POST"] {
            let begun = Instant::now();
            let answer = match method {
                "GET" => client.get::<Value>("/").await,
                "DELETE" => client.delete::<Value>("/").await,
                _ => client.post::<Value>("/", &()).await,
            };
            let error = answer.unwrap_err();
            assert_eq!(
                (error.exit, begun.elapsed()),
                (Exit::Unreachable, PROMPT),
                "{method}"
            );
            assert!(error.message.contains("within 60 s"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_take_long_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let client = stopped_server(folder.path());
        let day = Duration::from_hours(24);
        assert!(timeout(day, client.get_patiently::<Value>("/")).await.is_err());
        assert!(
            timeout(day, client.post_patiently::<Value>("/", &()))
                .await
                .is_err()
        );
    }
}
