//! What the task answers to those who speak with it. Each answer is as of its last step.

use atlas_vitals::alerts::{Input, Refusal};
use atlas_vitals::health::HealthInput;

use super::Task;
use crate::vitals::Request;
use crate::vitals::deciding::{SilenceOrder, number_of};
use crate::vitals::recorded::Recorded;
use crate::vitals::view::MeasuredValue;

impl Task {
    pub(super) async fn answer(&mut self, request: Request) {
        // Whoever asked may have gone.
        match request {
            Request::Health(asker) => {
                // Uptime and staleness are as of the last step.
                self.look_at(HealthInput::Tick).await;
                let _ = asker.send(self.view());
            }
            Request::Measured(asker) => {
                let _ = asker.send(self.measured_values());
            }
            Request::Decide(decision, asker) => {
                let closes = matches!(*decision, Input::Close(_));
                let effects = self.alerts.step(self.line.now(), self.line.wall(), *decision);
                if closes {
                    self.observing.tell_anew();
                }
                let refused = effects.refused.clone();
                self.carry_out(effects).await;
                let _ = asker.send(refused.map_or(Ok(()), Err));
            }
            Request::Silence(order, asker) => {
                let _ = asker.send(self.silence(*order).await);
            }
            Request::Rules(asker) => {
                let _ = asker.send(self.alerts.settings().rules.clone());
            }
            Request::KeptBack(incidents, asker) => {
                let _ = asker.send(self.alerts.kept_back(&incidents, self.line.now()));
            }
            Request::Recorded(asker) => {
                let recorded = Recorded::of(&self.measurements, self.line.now(), self.flushes);
                let _ = asker.send(recorded);
            }
            Request::Reconfigure(settings, asker) => {
                let _ = asker.send(self.reconfigure(*settings).await);
            }
            Request::Record(sample) => self.take_sample(sample).await,
            Request::Watched => self.measurements.watched(self.line.now()),
            Request::Announce(announcement) => {
                let maintenance = announcement.at(self.line.now());
                self.look_at(HealthInput::Announce(maintenance)).await;
            }
            Request::EndMaintenance(name) => self.look_at(HealthInput::EndMaintenance(name)).await,
        }
    }

    async fn silence(&mut self, order: SilenceOrder) -> Result<u64, Refusal> {
        let asked = Input::Silence(order.on(&self.line));
        let effects = self.alerts.step(self.line.now(), self.line.wall(), asked);
        let number = number_of(&effects);
        self.carry_out(effects).await;
        number
    }

    fn measured_values(&self) -> Vec<MeasuredValue> {
        let current = self.measurements.current(self.line.now());
        current.into_iter().map(MeasuredValue::of).collect()
    }
}
