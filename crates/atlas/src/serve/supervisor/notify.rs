//! The datagrams of `sd_notify(3)`: one message each, lines of `NAME=value`, to a Unix socket. What cannot be sent is not
//! sent again; a supervisor that is away is no trouble of a server.
//!
//! Our own because what there is reads the environment itself, knows no abstract addresses, and waits for a
//! supervisor that does not read.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long a supervisor that is busy is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a supervisor listens.
pub(super) struct NotifySocket {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl NotifySocket {
    /// `address` is a path, or an abstract address behind an `@`.
    pub(super) fn to(address: &str) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let address = match address.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(address)?,
        };
        Ok(Self { socket, address })
    }

    /// Sends one message.
    pub(super) fn tell(&self, message: &str) {
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.address) {
            tracing::warn!(%error, message, "the supervisor cannot be told");
        }
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

    #[test]
    fn a_supervisor_that_is_away_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nobody");
        NotifySocket::to(path.to_str().unwrap()).unwrap().tell("READY=1");
    }
}
