//! Before the first step: what the run needs to know of its item. It decides nothing.

use atlas_store::IngestMaterial;

use super::Ingest;
use super::run::{Exit, Run};

impl Ingest {
    pub(super) async fn begin(&self, run: &mut Run) -> Result<IngestMaterial, Exit> {
        run.enter("begin");
        self.bodies.room().await;
        let material = self.library.ingest_material(run.item_id).await?;
        run.keep_always = material.item.keep_always;
        run.has = Some(material.item.state);
        Ok(material)
    }
}
