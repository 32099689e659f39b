//! The datagrams of `sd_notify(3)`: one message each, lines of `NAME=value`, to a Unix socket. What cannot be sent is not
//! sent again; a supervisor that is away is no trouble of a server.
//!
//! Our own because what there is reads the environment itself, knows no abstract addresses, and waits for a
//! supervisor that does not read.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

/// How long a supervisor that is busy is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a supervisor listens.
pub(super) struct NotifySocket {
    /// Which waits for nobody.
    at_once: UnixDatagram,
    patient: Arc<Patient>,
}

/// Waits for a supervisor that does not read.
struct Patient {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl NotifySocket {
    /// `address` is a path, or an abstract address behind an `@`.
    pub(super) fn to(address: &str) -> io::Result<Self> {
        let (at_once, socket) = (UnixDatagram::unbound()?, UnixDatagram::unbound()?);
        at_once.set_nonblocking(true)?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let address = match address.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(address)?,
        };
        let patient = Arc::new(Patient { socket, address });
        Ok(Self { at_once, patient })
    }

    /// Sends one message. Where it must be waited for a supervisor, that is done where it holds up nobody.
    pub(super) fn tell(&self, message: &str) {
        let sent = self
            .at_once
            .send_to_addr(message.as_bytes(), &self.patient.address);
        match (sent, Handle::try_current()) {
            (Err(error), Ok(runtime)) if error.kind() == io::ErrorKind::WouldBlock => {
                let (patient, message) = (Arc::clone(&self.patient), message.to_owned());
                runtime.spawn_blocking(move || patient.tell(&message));
            }
            (Err(error), Err(_)) if error.kind() == io::ErrorKind::WouldBlock => self.patient.tell(message),
            (sent, _) => warn_of(sent, message),
        }
    }
}

impl Patient {
    fn tell(&self, message: &str) {
        warn_of(
            self.socket.send_to_addr(message.as_bytes(), &self.address),
            message,
        );
    }
}

fn warn_of(sent: io::Result<usize>, message: &str) {
    if let Err(error) = sent {
        tracing::warn!(%error, message, "the supervisor cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(listener: &UnixDatagram) -> String {
        listener.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut bytes = [0; 256];
        let length = listener.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_message_arrives_at_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        NotifySocket::to(path.to_str().unwrap()).unwrap().tell("READY=1");
        assert_eq!(received(&listener), "READY=1");
    }

    #[test]
    fn a_message_arrives_at_an_abstract_address() {
        let name = format!("atlas-test-{}", std::process::id());
        let listener = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        NotifySocket::to(&format!("@{name}")).unwrap().tell("READY=1");
        assert_eq!(received(&listener), "READY=1");
    }

    /// On one thread: whoever waited in it would hear of nothing.
    #[tokio::test]
    async fn a_supervisor_that_does_not_read_holds_up_nobody_and_hears_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let socket = NotifySocket::to(path.to_str().unwrap()).unwrap();
        let full = |socket: &NotifySocket| {
            let sent = socket.at_once.send_to_addr(b"X=1", &socket.patient.address);
            sent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        };
        while !full(&socket) {}
        let begun = tokio::time::Instant::now();
        socket.tell("READY=1");
        assert!(begun.elapsed() < PATIENCE / 2);
        let heard = tokio::task::spawn_blocking(move || {
            std::iter::repeat_with(|| received(&listener)).find(|message| message == "READY=1")
        });
        assert!(heard.await.unwrap().is_some());
    }

    #[test]
    fn a_supervisor_that_is_away_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nobody");
        NotifySocket::to(path.to_str().unwrap()).unwrap().tell("READY=1");
    }
}
