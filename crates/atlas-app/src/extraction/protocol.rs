//! What parent and child say to each other: frames of a length (32 bits, little endian) and that many bytes.
//!
//! The parent sends the limits once, then for each page a JSON header and the raw bytes; the child sends a
//! greeting, then for each page a receipt and a reply. Nothing here does I/O of its own or knows what a process is.

use std::io::{self, Read, Write};

use atlas_extract::{Engine, Extracted, PageInput};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Both sides must be of one build: the content of replies is not versioned.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Headers hold an address and a content type.
pub(super) const MAX_HEADER_BYTES: usize = 1 << 20;
/// A reply holds a page's content three times: as text, Markdown and HTML, escaped for JSON.
pub(super) const MAX_REPLY_BYTES: usize = 256 << 20;

/// The child's first words: it lives within its limits and waits for a page.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Greeting {
    pub(super) version: String,
}

/// What the parent says about the page that follows.
#[derive(Debug, Serialize, Deserialize)]
struct PageHeader {
    url: Option<String>,
    content_type: Option<String>,
    engine: Engine,
}

/// The child's word that it has the whole page: if it dies without it, the page is innocent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) page_bytes: usize,
}

/// The child's answer to a page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    Extracted(Box<Extracted>),
    Panicked(String),
}

/// A value as a frame.
pub(super) fn frame(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let body = serde_json::to_vec(value)?;
    let mut framed = length_of(&body)?.to_vec();
    framed.extend(body);
    Ok(framed)
}

/// What goes before the bytes of a page: its header, and the length of the bytes. They follow as they are.
pub(super) fn page_preamble(page: &PageInput) -> io::Result<Vec<u8>> {
    let header = PageHeader {
        url: page.url.clone(),
        content_type: page.content_type.clone(),
        engine: page.engine,
    };
    let mut preamble = frame(&header)?;
    preamble.extend(length_of(&page.bytes)?);
    Ok(preamble)
}

/// The next page; `None` when the parent is gone.
pub(super) fn read_page(from: &mut impl Read, max_page_bytes: usize) -> io::Result<Option<PageInput>> {
    let Some(header) = read_value::<PageHeader>(from)? else {
        return Ok(None);
    };
    let bytes = read_frame(from, max_page_bytes)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some(PageInput {
        bytes,
        url: header.url,
        content_type: header.content_type,
        engine: header.engine,
    }))
}

/// The next small value; `None` when the other side is gone.
pub(super) fn read_value<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    read_frame(from, MAX_HEADER_BYTES)?
        .map(|body| Ok(serde_json::from_slice(&body)?))
        .transpose()
}

/// Writes a value as one frame.
pub(super) fn write_value(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    to.write_all(&frame(value)?)?;
    to.flush()
}

/// The next frame as the parent reads it; `None` when the child is gone, in the middle of a frame or before it.
pub(super) async fn receive(
    from: &mut (impl AsyncRead + Unpin),
    max_bytes: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    };
    let length = checked_length(length, max_bytes)?;
    let mut body = Vec::new();
    from.take(length as u64).read_to_end(&mut body).await?;
    Ok((body.len() == length).then_some(body))
}

fn read_frame(from: &mut impl Read, max_bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut body = vec![0; checked_length(length, max_bytes)?];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

fn checked_length(length: [u8; 4], max_bytes: usize) -> io::Result<usize> {
    let length = u32::from_le_bytes(length) as usize;
    if length > max_bytes {
        let message = format!("a frame of {length} bytes where at most {max_bytes} are allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(length)
}

fn length_of(body: &[u8]) -> io::Result<[u8; 4]> {
    u32::try_from(body.len())
        .map(u32::to_le_bytes)
        .map_err(|_| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> PageInput {
        PageInput {
            bytes: vec![0, 159, 146, 150, b'\n'],
            url: Some("https://pond.example/".to_owned()),
            content_type: None,
            engine: Engine::Trafilatura,
        }
    }

    #[test]
    fn a_page_arrives_as_it_was_sent() {
        let mut wire = page_preamble(&page()).unwrap();
        wire.extend(page().bytes);
        let mut wire = wire.as_slice();
        let arrived = read_page(&mut wire, 5).unwrap().unwrap();
        assert_eq!(
            (arrived.bytes, arrived.url, arrived.engine),
            (page().bytes, page().url, page().engine)
        );
        assert!(
            read_page(&mut wire, 5).unwrap().is_none(),
            "the end of the pipe is the end, not an error"
        );
    }

    #[test]
    fn refuses_a_frame_over_its_limit_before_reading_it() {
        let mut wire = page_preamble(&page()).unwrap();
        wire.extend(page().bytes);
        assert_eq!(
            read_page(&mut wire.as_slice(), 4).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[tokio::test]
    async fn a_reply_that_breaks_off_is_no_reply() {
        let whole = frame(&Greeting {
            version: VERSION.to_owned(),
        })
        .unwrap();
        assert!(receive(&mut whole.as_slice(), 100).await.unwrap().is_some());
        for cut in 0..whole.len() {
            assert!(
                receive(&mut &whole[..cut], 100).await.unwrap().is_none(),
                "cut at {cut}"
            );
        }
    }
}
