//! Alerts for people: what fires and what was told of it, and what a person says to that. Reading works beside any
//! process; a decision needs the one that looks after the services, because nobody else would act on it.

mod channels;
mod inbox;
mod rules;
mod shape;
mod silences;

use std::sync::Arc;

use atlas_domain::{Suppression, SystemClock};
use atlas_store::{DatabaseServices, IncidentQuery, IncidentRecord, Ops, StoreError, TimelineMark};
use atlas_vitals::alerts::{IncidentId, Input, Refusal};

use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::status::AlertsView;
use crate::views::alerts::{
    AckRequest, AlertDetail, AlertList, AlertQuery, ListedState, Looking, NoticeView,
};
use crate::vitals::{ChannelView, Vitals};
use shape::{KeptBack, alert_detail, alert_view};

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 500;
/// Whose decisions are those of nobody in particular.
const OWNER: &str = "owner";
/// Digits in an id.
const DIGITS: usize = 16;
/// So many ids are named to whoever gave the beginning of several.
const NAMED: u32 = 5;

impl App {
    /// Incidents, the newest first.
    pub async fn alerts(&self, query: AlertQuery) -> Result<AlertList, AppError> {
        let limit = page_size(query.limit, DEFAULT_LIMIT, LARGEST_LIMIT)?;
        let after = query
            .after
            .map(|cursor| cursor.parse().map_err(|_| StoreError::BadCursor(cursor)));
        let asked = IncidentQuery {
            all: query.state == Some(ListedState::All),
            severity: query.severity,
            service: query.service,
            limit: limit + 1,
            after: after.transpose()?,
        };
        let ops = self.operations().await?;
        let mut records = ops.incidents(asked).await?;
        let has_more = records.len() > limit as usize;
        records.truncate(limit as usize);
        let kept_back = self.kept_back(&records).await;
        let mark = ops.timeline().await?;
        let incidents: Vec<_> = records
            .iter()
            .map(|record| alert_view(record, &kept_back, mark.as_ref()))
            .collect();
        let next = incidents.last().filter(|_| has_more);
        Ok(AlertList {
            next: next.map(|last| last.id.clone()),
            incidents,
            looking: self.looking(mark.as_ref()),
        })
    }

    /// Everything about one incident, by its id or the beginning of it.
    pub async fn alert(&self, id: &str) -> Result<AlertDetail, AppError> {
        let ops = self.operations().await?;
        let id = meant(&ops, id).await?;
        self.alert_by_id(&ops, id).await
    }

    /// A person takes an incident on: until it gets worse, it is not told again.
    pub async fn acknowledge_alert(&self, id: &str, request: AckRequest) -> Result<AlertDetail, AppError> {
        let by = request.by.unwrap_or_else(|| OWNER.to_owned());
        let comment = request.comment;
        self.deciding()?;
        let before = self.alert(id).await?.acknowledgement;
        let detail = self
            .decide_alert(id, |incident| Input::Acknowledge {
                incident,
                by,
                comment,
            })
            .await?;
        let detail = kept(detail, |detail| detail.acknowledgement.is_some())?;
        Ok(AlertDetail {
            replaced: before,
            ..detail
        })
    }

    /// A person gives an incident back.
    pub async fn unacknowledge_alert(&self, id: &str) -> Result<AlertDetail, AppError> {
        let detail = self.decide_alert(id, Input::Unacknowledge).await?;
        kept(detail, |detail| detail.acknowledgement.is_none())
    }

    /// A person says that an incident is over.
    pub async fn close_alert(&self, id: &str) -> Result<AlertDetail, AppError> {
        let detail = self.decide_alert(id, Input::Close).await?;
        kept(detail, |detail| detail.end.is_some())
    }

    async fn decide_alert(
        &self,
        id: &str,
        decision: impl FnOnce(IncidentId) -> Input,
    ) -> Result<AlertDetail, AppError> {
        let vitals = self.deciding()?;
        let ops = self.operations().await?;
        let id = meant(&ops, id).await?;
        let decided = vitals.decide(decision(id)).await;
        decided
            .map_err(|_ending| AppError::NotLookedAfter)?
            .map_err(|refusal| refused(&refusal))?;
        self.alert_by_id(&ops, id).await
    }

    async fn alert_by_id(&self, ops: &Ops, id: IncidentId) -> Result<AlertDetail, AppError> {
        let record = ops
            .incident(id)
            .await?
            .ok_or_else(|| not_found(&id.to_string()))?;
        let told = ops.told_of(id).await?;
        let kept_back = self.kept_back(std::slice::from_ref(&record)).await;
        let mark: Option<TimelineMark> = ops.timeline().await?;
        let mut detail = alert_detail(&record, &told, &kept_back, mark.as_ref());
        self.say_until_when(&mut detail.notices).await;
        Ok(AlertDetail {
            looking: self.looking(mark.as_ref()),
            ..detail
        })
    }

    /// Only a server keeps operations; a command without one reads what the last of them left.
    fn looking(&self, mark: Option<&TimelineMark>) -> Looking {
        Looking {
            server: self.operations.get().is_some(),
            looked_at: mark.map(|mark| mark.wall),
        }
    }

    async fn kept_back(&self, records: &[IncidentRecord]) -> KeptBack {
        let Some(vitals) = self.vitals() else {
            return KeptBack::new();
        };
        let ids = records.iter().map(|record| record.incident.id).collect();
        vitals
            .kept_back(ids)
            .await
            .unwrap_or_default()
            .into_iter()
            .collect()
    }

    /// Only the process that tells knows when a channel may carry what it holds back.
    async fn say_until_when(&self, notices: &mut [NoticeView]) {
        let is_held = |notice: &&mut NoticeView| notice.suppressed_by == Some(Suppression::RateLimit);
        let mut held: Vec<_> = notices.iter_mut().filter(is_held).collect();
        if held.is_empty() {
            return;
        }
        let channels = self.health().await.map(|health| health.channels);
        let channels = channels.unwrap_or_default();
        for notice in &mut held {
            let channel = channels.iter().find(|channel| channel.name == notice.channel);
            notice.held_until = channel.and_then(|channel| channel.held_until);
        }
    }

    /// What is wrong and who is told of it, for the page that tells everything in short. What cannot be read is told
    /// there as what is wrong with its file.
    pub(crate) async fn alerts_in_short(&self, channels: Vec<ChannelView>) -> Option<AlertsView> {
        let ops = self.operations().await.ok()?;
        let open = ops.open_incidents().await.ok()?;
        Some(AlertsView {
            open: open.all,
            critical: open.critical,
            unacknowledged: open.unacknowledged,
            unread: ops.unread_in_inbox().await.ok()?,
            channels,
        })
    }

    /// Whoever acts on decisions.
    fn deciding(&self) -> Result<&Vitals, AppError> {
        self.vitals().ok_or(AppError::NotLookedAfter)
    }

    /// What is kept of operations: that of this process, or beside whoever writes it.
    pub(super) async fn operations(&self) -> Result<Ops, AppError> {
        if let Some(ops) = self.operations.get() {
            return Ok(ops.clone());
        }
        let dir = self.parts.dir.clone();
        let looked = tokio::task::spawn_blocking(move || {
            Ops::open_read_only(&dir, Arc::new(SystemClock), &DatabaseServices::default())
        });
        let opened = looked.await.unwrap_or(Err(StoreError::Closed));
        let opened = opened.map_err(|error| match error {
            damage @ StoreError::Corrupt { .. } => AppError::OperationsDamaged(damage),
            other => AppError::Store(other),
        })?;
        opened.ok_or_else(|| self.no_operations())
    }

    /// Nobody has looked after anything here; which need not mean that there is no library.
    fn no_operations(&self) -> AppError {
        let dir = &self.parts.dir;
        if dir.library_db().exists() {
            return AppError::NoOperations(dir.path().to_owned());
        }
        AppError::Store(StoreError::NoLibrary(dir.path().to_owned()))
    }
}

/// The incident that is meant by its id, or by a beginning that no other id has.
async fn meant(ops: &Ops, text: &str) -> Result<IncidentId, AppError> {
    let prefix = text.trim().to_ascii_lowercase();
    let is_beginning =
        (1..=DIGITS).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_beginning {
        return Err(AppError::Invalid(format!(
            "`{text}` is not the id of an incident: sixteen hexadecimal digits, or the first of them"
        )));
    }
    let found = ops.incidents_named(&prefix, NAMED + 1).await?;
    match found.as_slice() {
        [] => Err(not_found(text)),
        [id] => Ok(*id),
        several => {
            if let Some(told) = the_only_one_told(ops, several).await? {
                return Ok(told);
            }
            let mut named: Vec<_> = several
                .iter()
                .take(NAMED as usize)
                .map(ToString::to_string)
                .collect();
            if several.len() > named.len() {
                named.push("...".to_owned());
            }
            Err(AppError::Invalid(format!(
                "`{text}` is the beginning of several ids: {}; give more digits",
                named.join(", ")
            )))
        }
    }
}

/// Of several, the one that is listed: the others held for too short a time to be told to anybody.
async fn the_only_one_told(ops: &Ops, several: &[IncidentId]) -> Result<Option<IncidentId>, AppError> {
    if several.len() > NAMED as usize {
        return Ok(None); // they are not all known here
    }
    let mut told = Vec::new();
    for id in several {
        let record = ops.incident(*id).await?;
        if record.is_some_and(|record| record.incident.fired_wall.is_some()) {
            told.push(*id);
        }
    }
    Ok(match told.as_slice() {
        [one] => Some(*one),
        _ => None,
    })
}

fn not_found(id: &str) -> AppError {
    AppError::Store(StoreError::NotFound {
        what: "incident",
        name: id.to_owned(),
    })
}

/// Why a decision changed nothing.
fn refused(refusal: &Refusal) -> AppError {
    match refusal {
        Refusal::NoIncident(id) => AppError::Store(StoreError::Conflict(format!(
            "incident {id} is over: there is nothing left to decide about it"
        ))),
        Refusal::NoSilence(number) => AppError::NoSuch(format!(
            "silence {number} has ended, or never was; `atlas alert silence ls` lists those that hold"
        )),
        Refusal::Silence(_) | Refusal::Settings(_) => AppError::Invalid(refusal.to_string()),
    }
}

/// What was decided is told as kept only when it is on the disk.
fn kept<T>(view: T, is_so: impl FnOnce(&T) -> bool) -> Result<T, AppError> {
    if is_so(&view) {
        Ok(view)
    } else {
        Err(AppError::DecisionNotKept)
    }
}
