//! The inbox: everything that was told, on this machine itself, whatever the channels did.

use atlas_store::InboxRecord;

use super::{App, DEFAULT_LIMIT, LARGEST_LIMIT, page_size};
use crate::error::AppError;
use crate::views::alerts::{Inbox, InboxNotice, InboxQuery, ReadReport, ReadRequest};

impl App {
    /// What was told, the newest first.
    pub async fn inbox(&self, query: InboxQuery) -> Result<Inbox, AppError> {
        let limit = page_size(query.limit, DEFAULT_LIMIT, LARGEST_LIMIT)?;
        let ops = self.operations().await?;
        let mut records = ops.inbox(query.unread, query.after, limit + 1).await?;
        let has_more = records.len() > limit as usize;
        records.truncate(limit as usize);
        Ok(Inbox {
            next: records.last().filter(|_| has_more).map(|last| last.id),
            unread: ops.unread_in_inbox().await?,
            notices: records.into_iter().map(notice).collect(),
        })
    }

    /// Marks what was told as read, up to and with the notice of that number. It needs nobody who looks after the
    /// services: it only has to be written.
    pub async fn read_inbox(&self, request: ReadRequest) -> Result<ReadReport, AppError> {
        if request.up_to < 1 {
            return Err(AppError::Invalid(
                "`up_to` is the number of a notice, as the inbox shows it: 1 or more".to_owned(),
            ));
        }
        let ops = self.operations.get().ok_or(AppError::NotLookedAfter)?;
        Ok(ReadReport {
            read: ops.read_inbox(request.up_to).await? as u64,
            unread: ops.unread_in_inbox().await?,
        })
    }
}

fn notice(record: InboxRecord) -> InboxNotice {
    let InboxRecord { id, row, read_at } = record;
    InboxNotice {
        number: id,
        incident: row.incident.to_string(),
        kind: row.kind,
        severity: row.severity,
        title: row.title,
        why: row.why,
        at: row.wall,
        suppressed_by: row.suppressed_by,
        read_at,
    }
}
