//! The only crate that opens outbound connections, and none without an [`atlas_resilience::Policy`].
//!
//! It implements ports of `atlas-domain`; it reads no environment, no configuration and no system clock.

mod exec;
pub mod fetch;
pub mod llm;
pub mod notify;
pub mod probe;
