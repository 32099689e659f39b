//! Makes UTF-8 of UTF-16, piece by piece, exactly as SQLite does it for a whole value, invalid pairs included: a long
//! text must have the same bytes and hash as if it had been read at once.

/// A text on its way.
#[derive(Debug)]
pub(super) struct FromUtf16 {
    is_little_end_first: bool,
    /// The first byte of a unit whose second has not come.
    odd: Option<u8>,
    /// The first half of a pair.
    high: Option<u32>,
}

impl FromUtf16 {
    pub(super) fn new(is_little_end_first: bool) -> Self {
        Self {
            is_little_end_first,
            odd: None,
            high: None,
        }
    }

    /// Takes some bytes, and adds what they mean to `text`.
    pub(super) fn take(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for byte in bytes {
            let Some(first) = self.odd.take() else {
                self.odd = Some(*byte);
                continue;
            };
            let unit = if self.is_little_end_first {
                u16::from_le_bytes([first, *byte])
            } else {
                u16::from_be_bytes([first, *byte])
            };
            self.unit(u32::from(unit), text);
        }
    }

    /// The end: half of a pair stands for itself, half of a unit for nothing.
    pub(super) fn end(&mut self, text: &mut Vec<u8>) {
        self.odd = None;
        if let Some(high) = self.high.take() {
            put(high, text);
        }
    }

    fn unit(&mut self, unit: u32, text: &mut Vec<u8>) {
        match self.high.take() {
            // Whatever comes second is taken for the second half.
            Some(high) => {
                let point = (unit & 0x3ff) + ((high & 0x3f) << 10) + (((high & 0x3c0) + 0x40) << 10);
                put(point, text);
            }
            None if (0xd800..0xe000).contains(&unit) => self.high = Some(unit),
            None => put(unit, text),
        }
    }
}

fn put(point: u32, text: &mut Vec<u8>) {
    let last = |shift: u32| 0x80 | (point >> shift & 0x3f) as u8;
    match point {
        0..0x80 => text.push(point as u8),
        0x80..0x800 => text.extend([0xc0 | (point >> 6) as u8, last(0)]),
        0x800..0x1_0000 => text.extend([0xe0 | (point >> 12) as u8, last(6), last(0)]),
        _ => text.extend([0xf0 | (point >> 18 & 7) as u8, last(12), last(6), last(0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_make_the_same_text() {
        let text = "Ünicode: 漢字, 🦀 and plain.";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for size in 1..8 {
            let (mut from, mut made) = (FromUtf16::new(true), Vec::new());
            for piece in bytes.chunks(size) {
                from.take(piece, &mut made);
            }
            from.end(&mut made);
            assert_eq!(String::from_utf8(made).unwrap(), text, "in pieces of {size}");
        }
    }
}
