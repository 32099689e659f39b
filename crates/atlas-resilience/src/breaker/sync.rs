//! The two primitives that the shell shares state with, so that the model checker can put its own in their place.

#[cfg(not(feature = "loom"))]
pub(super) use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

#[cfg(feature = "loom")]
pub(super) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};
#[cfg(feature = "loom")]
pub(super) use std::sync::PoisonError;
