//! How requests were answered: totals, how long they took since the look before, and how fast the budget of errors goes.

use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;

use super::burn::ErrorBurn;
use crate::app::App;
use crate::metrics::AnsweredTotals;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const QUANTILES: [(&str, f64); 2] = [("0.5", 0.5), ("0.99", 0.99)];

/// What was known at the look before.
#[derive(Default)]
pub(super) struct Requests {
    burn: ErrorBurn,
    before: AnsweredTotals,
}

impl Requests {
    pub(super) fn tell(&mut self, app: &App, sample: &mut Sample) {
        let answered = app.metrics().answered();
        for (class, count) in CLASSES.into_iter().zip(answered.by_class) {
            sample.add_for(&series::API_REQUESTS, class, count as f64);
        }
        for (quantile, share) in QUANTILES {
            let took = answered.quantile_since(&self.before, share);
            sample.add_for(&series::API_LATENCY, quantile, took);
        }
        self.before = answered;
        self.burn
            .add(answered.by_class.iter().sum(), answered.by_class[4]);
        for (over, value) in self.burn.rates() {
            sample.add_for(&series::API_ERROR_BURN, over, value);
        }
    }
}
