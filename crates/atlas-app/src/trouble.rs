//! What holds this process back by itself, apart from what the library holds: said in the same words by status,
//! doctor and readiness.

use atlas_store::{Reserve, StoreError};

use crate::app::App;
use crate::error::AppError;
use crate::space::size;
use crate::status::Degradation;

impl App {
    /// Every trouble of the disk and of the file, with what to do.
    pub(crate) fn troubles(&self) -> Vec<Degradation> {
        let mut troubles = Vec::new();
        let mut tell = |code: &str, message: String| {
            troubles.push(Degradation {
                code: code.to_owned(),
                message,
            });
        };
        match self.file_trouble() {
            Some(damage @ StoreError::Corrupt { .. }) => {
                tell("library_damaged", AppError::LibraryDamaged(damage).to_string());
            }
            Some(displaced) => tell("library_displaced", displaced.to_string()),
            None => {
                if let Some(outage) = self.write_outage() {
                    tell(
                        "saving_paused",
                        format!("nothing is saved at the moment: {outage}"),
                    );
                }
            }
        }
        if let Some(reason) = &self.parts.read_only_because {
            tell("read_only", reason.to_string());
        }
        if self.is_reserve_spent() {
            tell("reserve_spent", self.about_the_reserve());
        }
        troubles
    }

    /// What has turned out to be wrong with the file of the library.
    pub(crate) fn file_trouble(&self) -> Option<StoreError> {
        self.parts.library.as_ref().ok()?.trouble()
    }

    /// Why nothing can be saved at the moment. It ends by itself, unless a person has decided so.
    pub(crate) fn write_outage(&self) -> Option<StoreError> {
        self.parts.library.as_ref().ok()?.outage()
    }

    fn is_reserve_spent(&self) -> bool {
        let wanted = self.parts.reserve_bytes;
        wanted > 0 && !Reserve::of(&self.parts.dir).is_held(wanted)
    }

    fn about_the_reserve(&self) -> String {
        let (reserve, floor) = (self.parts.reserve_bytes, self.parts.floor_bytes);
        format!(
            "the {} that are set aside against a full disk are spent, or were never there: free some space; they \
             are set aside again when {} are free",
            size(reserve),
            size(floor.saturating_add(2 * reserve))
        )
    }
}
