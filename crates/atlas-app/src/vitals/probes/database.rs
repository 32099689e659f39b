//! `DatabaseProbe`: writes a mark into the library as any other change is written, and reads it back.

use std::sync::Arc;

use atlas_domain::{CheckOutcome, PortFuture};
use tokio::time::Instant;

use super::super::{Looked, Probe};
use super::failed;
use crate::app::App;
use crate::error::AppError;

/// A write that takes longer is worth knowing.
const SLOW_MILLIS: u128 = 2_000;

/// Looks at the library's file.
pub struct DatabaseProbe(pub Arc<App>);

impl Probe for DatabaseProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            match self.beat().await {
                Ok(looked) => looked,
                Err(error) => failed(&error),
            }
        })
    }
}

impl DatabaseProbe {
    async fn beat(&self) -> Result<Looked, AppError> {
        if let Some(reason) = &self.0.parts.read_only_because {
            return Err(AppError::Store(reason.clone()));
        }
        let library = self.0.library()?;
        if let Some(trouble) = library.trouble() {
            return Err(AppError::Store(trouble));
        }
        let begun_at = Instant::now();
        library.beat().await?;
        let took = begun_at.elapsed();
        let looked = if let Some(outage) = library.outage() {
            Looked::new(
                CheckOutcome::Warn,
                format!("the file takes what it is given again; {outage}"),
            )
        } else if took.as_millis() >= SLOW_MILLIS {
            let message = format!("written and read back, but only after {} ms", took.as_millis());
            Looked::new(CheckOutcome::Warn, message)
        } else {
            Looked::new(CheckOutcome::Ok, "written and read back")
        };
        Ok(looked.after(took))
    }
}
