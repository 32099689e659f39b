//! The buckets of a service and its scopes, and what moves between them. Pure: time is a parameter, and the lock is
//! the shell's.

use std::collections::HashMap;

use crate::clock::Moment;
use crate::retry_class::RetryClass;

use super::bucket::{Bucket, BucketShape};
use super::{BudgetExhausted, BudgetSettings};

#[derive(Debug)]
pub(super) struct Ledger {
    settings: BudgetSettings,
    scope_shape: BucketShape,
    service_shape: BucketShape,
    /// `None` until the first retry: the bucket is full.
    service: Option<Bucket>,
    /// Only those that lack something.
    scopes: HashMap<String, Bucket>,
    /// By then time alone has filled all of them, so that those that nobody calls any more are forgotten too.
    full_at: Moment,
}

impl Ledger {
    pub(super) fn new(settings: BudgetSettings) -> Self {
        Self {
            settings,
            scope_shape: BucketShape::new(settings.scope_tokens, settings.refill_every),
            service_shape: BucketShape::new(settings.service_tokens, settings.refill_every),
            service: None,
            scopes: HashMap::new(),
            full_at: Moment::ORIGIN,
        }
    }

    pub(super) fn take_retry(
        &mut self,
        scope: &str,
        class: RetryClass,
        now: Moment,
    ) -> Result<(), BudgetExhausted> {
        let price = self
            .settings
            .price_thousandths(class)
            .ok_or(BudgetExhausted::Permanent)?;
        // Both are asked before either is changed.
        let service = self.service(now).without(price).ok_or(BudgetExhausted::Service)?;
        let in_scope = self
            .scope(scope, now)
            .without(price)
            .ok_or(BudgetExhausted::Scope)?;
        self.full_at = self
            .full_at
            .max(service.full_at(self.service_shape))
            .max(in_scope.full_at(self.scope_shape));
        self.service = Some(service);
        self.put(scope, in_scope, now);
        Ok(())
    }

    pub(super) fn give_back(&mut self, scope: &str, class: RetryClass, now: Moment) {
        if let Some(price) = self.settings.price_thousandths(class) {
            self.credit(scope, price, now);
        }
    }

    pub(super) fn credit_success(&mut self, scope: &str, now: Moment) {
        self.credit(scope, self.settings.success_credit_thousandths.into(), now);
    }

    fn credit(&mut self, scope: &str, credit: u64, now: Moment) {
        if self.full_at < now {
            self.service = None;
            self.scopes.clear();
            return;
        }
        self.service = Some(self.service(now).credited(self.service_shape, credit));
        let in_scope = self.scope(scope, now).credited(self.scope_shape, credit);
        self.put(scope, in_scope, now);
    }

    /// Whether a bucket lacks something, as far as anybody has looked.
    pub(super) fn lacks(&self) -> bool {
        let service_lacks = |bucket: Bucket| !bucket.is_full(self.service_shape);
        self.service.is_some_and(service_lacks) || !self.scopes.is_empty()
    }

    pub(super) fn service_tokens(&self, now: Moment) -> u32 {
        self.service(now).whole_tokens()
    }

    pub(super) fn scope_tokens(&self, scope: &str, now: Moment) -> u32 {
        self.scope(scope, now).whole_tokens()
    }

    pub(super) fn remembered_scopes(&self) -> usize {
        self.scopes.len()
    }

    fn service(&self, now: Moment) -> Bucket {
        let full = Bucket::full(self.service_shape, now);
        self.service
            .map_or(full, |bucket| bucket.refilled(self.service_shape, now))
    }

    fn scope(&self, scope: &str, now: Moment) -> Bucket {
        let full = Bucket::full(self.scope_shape, now);
        self.scopes
            .get(scope)
            .map_or(full, |bucket| bucket.refilled(self.scope_shape, now))
    }

    fn put(&mut self, scope: &str, bucket: Bucket, now: Moment) {
        if bucket.is_full(self.scope_shape) {
            self.scopes.remove(scope);
        } else if let Some(known) = self.scopes.get_mut(scope) {
            *known = bucket;
        } else {
            self.make_room(now);
            self.scopes.insert(scope.to_owned(), bucket);
        }
    }

    /// Forgets the scopes that time has filled again, and when that is not enough, the one that lacks least.
    fn make_room(&mut self, now: Moment) {
        let limit = self.settings.max_scopes.max(1);
        if self.scopes.len() < limit {
            return;
        }
        let shape = self.scope_shape;
        self.scopes
            .retain(|_, bucket| !bucket.refilled(shape, now).is_full(shape));
        if self.scopes.len() >= limit
            && let Some(fullest) = self.fullest_scope(now)
        {
            self.scopes.remove(&fullest);
        }
    }

    /// Of several that lack equally little, the first by name.
    fn fullest_scope(&self, now: Moment) -> Option<String> {
        let level = |bucket: &Bucket| bucket.refilled(self.scope_shape, now).level_thousandths();
        let fullest = self
            .scopes
            .iter()
            .min_by_key(|(name, bucket)| (u64::MAX - level(bucket), *name));
        fullest.map(|(name, _)| name.clone())
    }
}
