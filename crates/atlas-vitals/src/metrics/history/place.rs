//! What happens at a place of a ring where a row may lie already. Nothing newer is overwritten blindly, and nothing is
//! counted twice.

use super::packed::pack;
use super::unpacked::{RowError, unpack};

/// What to do with a place of the ring.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// Write these bytes there.
    Write {
        /// The packed row.
        bytes: Vec<u8>,
        /// What was wrong with the row that lay there, if it could not be read. It is gone.
        unreadable: Option<RowError>,
    },
    /// Leave what lies there: it contains this portion already.
    AlreadyThere,
    /// Leave what lies there: it is of a later time, and the wall clock has not been steady for long enough to say
    /// that the later time was wrong.
    LaterTimeThere,
}

/// Decides about the place of a row, given what lies there.
///
/// The ring goes on: an earlier row gives way. Portions of one row become one row, whether the process was restarted
/// between them or the clock was set back over the same hour: of what was measured nothing is lost. A row of a *later*
/// time means that the clock was wrong then or is wrong now. `wall_is_steady` says that it has gone evenly for an hour;
/// until then the later row stays, so that five minutes in the wrong century cost five minutes, and from then on it
/// gives way, so that a clock that was ahead for a day blocks no ring for years.
pub fn place(lying: Option<&[u8]>, row: &[u8], wall_is_steady: bool) -> Result<Placement, RowError> {
    let incoming = unpack(row)?;
    let write = |unreadable| Placement::Write {
        bytes: row.to_vec(),
        unreadable,
    };
    let Some(lying) = lying else {
        return Ok(write(None));
    };
    let mut lying = match unpack(lying) {
        Ok(lying) if lying.resolution == incoming.resolution => lying,
        Ok(_) => return Ok(write(Some(RowError::OtherResolution))),
        Err(error) => return Ok(write(Some(error))),
    };
    Ok(match lying.number.cmp(&incoming.number) {
        std::cmp::Ordering::Less => write(None),
        std::cmp::Ordering::Greater if wall_is_steady => write(None),
        std::cmp::Ordering::Greater => Placement::LaterTimeThere,
        std::cmp::Ordering::Equal if lying.closed_at >= incoming.closed_at => Placement::AlreadyThere,
        std::cmp::Ordering::Equal => {
            lying.take_in(incoming);
            Placement::Write {
                bytes: pack(&lying),
                unreadable: None,
            }
        }
    })
}
