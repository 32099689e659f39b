//! Has a server looked after: the probes of its services, its machine and its disks, and the task that makes health and
//! alerts of what they find. A server whose services cannot be looked after serves all the same, and says so.

use std::path::Path;
use std::sync::Arc;

use atlas_app::vitals::probes::{OwnApi, probes_of};
use atlas_app::vitals::{
    Announcer, Machine, OwnFiles, ServiceSampler, Vitals, VitalsParts, VitalsSettings, WrittenPlace,
    recall_file_check,
};
use atlas_app::{App, Runtime};
use atlas_domain::{Messenger, Prober, SystemClock};
use atlas_store::{DataDir, Ops};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::outside::Outside;
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
        settings: VitalsSettings,
        outside: &Outside,
    ) -> Result<Self, CliError> {
        recall_file_check(app, ops).await;
        let (limits, of_probes) = watch::channel(settings.limits.clone());
        let probes = probes_of(app, runtime.map(Runtime::pipeline), own, of_probes);
        let parts = VitalsParts {
            ops: ops.clone(),
            clock: Arc::new(SystemClock),
            entropy: entropy()?,
            machine: Machine::new(Path::new("/"), dir.path(), settings.measure_every),
            // A server writes nowhere else: what SQLite needs for a while stays in memory. To watch the directory for
            // temporary files too would only cry wolf, for it is often a small file system in memory.
            places: vec![WrittenPlace {
                name: "data",
                directory: dir.path().to_owned(),
            }],
            probes,
            prober: Arc::clone(&outside.probes) as Arc<dyn Prober>,
            files: OwnFiles {
                library: dir.library_db(),
                operations: dir.ops_db(),
            },
            limits,
            messenger: Arc::clone(&outside.notifier) as Arc<dyn Messenger>,
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let vitals = Vitals::start(settings, parts, stop.clone(), &tasks)
            .await
            .map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
        app.look_after(vitals.clone());
        let announcer = Announcer::new(Arc::clone(app), vitals.clone());
        tasks.spawn(announcer.run(stop.clone()));
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
