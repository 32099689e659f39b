//! What holds this process back by itself, apart from what the library holds: said in the same words by status,
//! doctor and readiness.

use atlas_store::{Ops, Reserve, StoreError};

use crate::app::App;
use crate::error::AppError;
use crate::space::size;
use crate::status::Degradation;

const NOT_KEPT: &str = "the services are looked after and people are told, but none of it can be written down: what is \
                        found, told and decided from now on is lost with this server, unless it can be written when it \
                        ends";

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

    /// What is lost of operational state, or will be with the next start. Nothing of the library is, and nobody is kept
    /// from anything.
    pub(crate) fn operations_troubles(&self) -> Vec<Degradation> {
        let mut troubles = Vec::new();
        let mut tell = |code: &str, message: String| {
            troubles.push(Degradation {
                code: code.to_owned(),
                message,
            });
        };
        if self.parts.read_only_because.is_some() && self.vitals().is_some() {
            tell("operations_not_kept", NOT_KEPT.to_owned());
        }
        match self.parts.services.unreadable() {
            Some(damage) if damage.is_damage() => {
                tell("operations_damaged", about_damaged_operations(damage));
            }
            Some(error) => tell(
                "operations_unreadable",
                format!("{error}: circuit breakers, and what you decided about them, are not known"),
            ),
            None => {}
        }
        // What cannot be listed is told as a trouble of the directory.
        let names = Ops::set_aside_files(&self.parts.dir).unwrap_or_default();
        if !names.is_empty() {
            let message = format!(
                "ops.db could not be read and was begun anew: the pauses of hosts, the history of this server and what \
                 you decided with `atlas breaker` until then are lost, nothing of the library is; decide again what \
                 still holds, then delete {} in the data directory",
                names.join(", ")
            );
            tell("operations_set_aside", message);
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

pub(crate) fn about_damaged_operations(damage: &StoreError) -> String {
    format!(
        "{damage}; the next start of `atlas serve` sets the file aside and begins anew: the pauses of hosts, the history \
         of the server and what you decided with `atlas breaker` are lost then, nothing of the library is"
    )
}
