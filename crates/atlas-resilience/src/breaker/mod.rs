//! The circuit breaker: a pure state machine (`core`), a shell that makes it fast and shared (`shell`), and the
//! permit through which a call gives its result back.

mod core;
mod open_time;
mod overlay;
mod permit;
mod settings;
mod shell;
mod sync;
mod window;
mod word;

pub use core::{
    CallResult, Cause, Command, Core, Effects, Event, Phase, Refusal, RefusalCause, StoredBreaker, Ticket,
    Transition, WallMillis,
};
pub(crate) use open_time::fraction;
pub use overlay::{Overlay, OverlayMode};
pub use permit::Permit;
pub use settings::{
    BreakerSettings, LONGEST_TIME, OpenTime, Probing, Rate, SettingsFault, SlowCalls, TripRules, WindowKind,
};
pub use shell::{Breaker, BreakerStatus, Changed, Listener};
pub use window::Counts;
