//! Has a server looked after: the probes of its services, its machine and its disks, and the task that makes health and
//! alerts of what they find. A server whose services cannot be looked after serves all the same, and says so.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use atlas_app::services::NOTIFICATIONS;
use atlas_app::vitals::probes::{OwnApi, probes_of};
use atlas_app::vitals::{
    MEASURE_EVERY, Machine, ServiceSampler, Vitals, VitalsParts, VitalsSettings, WrittenPlace,
};
use atlas_app::{App, Runtime};
use atlas_domain::{Messenger, SystemClock};
use atlas_net::fetch::{AddressPolicy, SystemResolver};
use atlas_net::notify::Notifier;
use atlas_store::{DataDir, Ops};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::parts::entropy;
use crate::error::{CliError, Exit};

/// What looks after a server.
pub(super) struct LookedAfter {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl LookedAfter {
    /// Begins to look.
    pub(super) async fn begin(
        app: &Arc<App>,
        dir: &DataDir,
        ops: &Ops,
        runtime: Option<&Runtime>,
        own: Arc<dyn OwnApi>,
    ) -> Result<Self, CliError> {
        let probes = probes_of(app, runtime.map(|runtime| Arc::clone(runtime.extractor())), own);
        let settings = VitalsSettings::built_in(&probes);
        let parts = VitalsParts {
            ops: ops.clone(),
            clock: Arc::new(SystemClock),
            entropy: entropy()?,
            machine: Machine::new(Path::new("/"), dir.path(), MEASURE_EVERY),
            places: vec![WrittenPlace {
                name: "data",
                directory: dir.path().to_owned(),
            }],
            probes,
            messenger: messenger(app)?,
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let vitals = Vitals::start(settings, parts, stop.clone(), &tasks)
            .await
            .map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
        app.look_after(vitals.clone());
        let sampler = ServiceSampler {
            app: Arc::clone(app),
            vitals,
            ops: ops.clone(),
        };
        tasks.spawn(sampler.run(stop.clone()));
        Ok(Self { stop, tasks })
    }

    /// Ends, and writes down what is known. The files must still be open.
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Sends to the channels that are set up: so far none can be, and everything is told on this machine itself.
fn messenger(app: &App) -> Result<Arc<dyn Messenger>, CliError> {
    let service = app.services().get(NOTIFICATIONS).cloned();
    let notifier = Notifier::new(
        HashMap::new(),
        &AddressPolicy::default(),
        Arc::new(SystemResolver),
        service.ok_or_else(CliError::unexpected)?,
        Arc::new(SystemClock),
    );
    match notifier {
        Ok(notifier) => Ok(Arc::new(notifier)),
        Err(error) => Err(CliError::new(Exit::Failure, error.to_string())),
    }
}
