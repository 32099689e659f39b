//! Atlas's use cases over HTTP.
//!
//! Every route is in `router.rs`, the rule of who may call them in `auth.rs`. Nothing here decides anything about
//! the library: a handler takes a request apart, calls one use case of `atlas-app`, and writes down the answer.

mod api;
mod auth;
mod error;
mod extract;
mod intake;
mod layers;
mod listen;
mod router;

pub use auth::AccessRule;
pub use listen::{serve_tcp, serve_unix};
pub use router::{guarded_router, router};
