//! Reading the configuration again while the server runs. Where it comes from and what it means is known outside.

use atlas_domain::PortFuture;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::AppError;
use crate::vitals::Vitals;

/// Reads the configuration again, and works by it as far as that is possible without a restart.
pub trait Reconfigure: Send + Sync {
    /// Applies what has changed, or nothing: then it says every mistake. `vitals` looks after this process, if anybody
    /// does.
    fn reconfigure<'a>(&'a self, vitals: Option<&'a Vitals>) -> PortFuture<'a, Result<Reconfigured, String>>;
}

/// What has changed in the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconfigured {
    /// Settings that hold from now on.
    pub applied: Vec<String>,
    /// Settings that hold after a restart.
    pub restart_needed: Vec<String>,
}

impl App {
    /// Reads the configuration again.
    pub async fn reconfigure(&self) -> Result<Reconfigured, AppError> {
        let Some(reconfigure) = self.parts.reconfigure.clone() else {
            let detail = "this process reads its configuration once; a server reads it again";
            return Err(AppError::Invalid(detail.to_owned()));
        };
        let vitals = self.vitals().cloned();
        // Once begun, it comes to its end, whether or not anybody waits for it.
        let read = tokio::spawn(async move { reconfigure.reconfigure(vitals.as_ref()).await }).await;
        let changed =
            read.map_err(|_panicked| AppError::Invalid("the configuration could not be read".to_owned()))?;
        match changed {
            Ok(changed) => {
                let (applied, restart_needed) = (changed.applied.join(" "), changed.restart_needed.join(" "));
                tracing::info!(applied, restart_needed, "the configuration was read again");
                Ok(changed)
            }
            Err(mistakes) => {
                tracing::error!(mistakes, "the configuration was not changed");
                Err(AppError::Invalid(mistakes))
            }
        }
    }
}
