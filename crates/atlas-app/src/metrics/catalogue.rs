//! What is measured for health and history, in the text format, behind what the process counts by itself.

use std::fmt;
use std::sync::Mutex;

use atlas_vitals::metrics::{Kind, Unit};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit as ExportedUnit};

use crate::vitals::MeasuredValue;

/// What the process tells already, under this name or another.
const TOLD_ALREADY: [&str; 5] = [
    "api_requests",
    "index_lag_changes",
    "library_items",
    "queue_jobs",
    "queue_oldest_ready",
];
/// How the text format ends.
const END: &str = "# EOF\n";

/// Puts them, those of one name together, behind what `text` says already.
pub(super) fn append(text: &mut String, mut measured: Vec<MeasuredValue>) {
    measured.retain(|value| !TOLD_ALREADY.contains(&value.definition.name));
    if measured.is_empty() {
        return;
    }
    let mut registry = Registry::with_prefix("atlas");
    registry.register_collector(Box::new(Measured(Mutex::new(measured))));
    if text.ends_with(END) {
        text.truncate(text.len() - END.len());
    }
    // Writing to a String does not fail.
    let _ = encode(text, &registry);
}

#[derive(Debug)]
struct Measured(Mutex<Vec<MeasuredValue>>);

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let values = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for of_one in values.chunk_by(|one, other| one.definition.name == other.definition.name) {
            let definition = of_one[0].definition;
            let unit = exported(definition.unit);
            let kind = match definition.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge | Kind::Rate => MetricType::Gauge,
            };
            let mut metric =
                encoder.encode_descriptor(definition.name, definition.help, unit.as_ref(), kind)?;
            for value in of_one {
                let Some((key, label)) = &value.label else {
                    write(metric, kind, value.value)?;
                    break; // there is but one
                };
                let labels = [(*key, label.as_str())];
                write(metric.encode_family(&labels)?, kind, value.value)?;
            }
        }
        Ok(())
    }
}

fn write(metric: MetricEncoder<'_>, kind: MetricType, value: f64) -> Result<(), fmt::Error> {
    match kind {
        MetricType::Counter => ConstCounter::new(value).encode(metric),
        _ => ConstGauge::new(value).encode(metric),
    }
}

fn exported(unit: Unit) -> Option<ExportedUnit> {
    unit.suffix()
        .map(|suffix| ExportedUnit::Other(suffix.trim_start_matches('_').to_owned()))
}

#[cfg(test)]
mod tests {
    use atlas_vitals::metrics::catalogue::{machine, service};

    use super::*;

    fn value(
        definition: &'static atlas_vitals::metrics::Definition,
        label: Option<(&'static str, &str)>,
        value: f64,
    ) -> MeasuredValue {
        MeasuredValue {
            definition,
            label: label.map(|(key, value)| (key, value.to_owned())),
            value,
        }
    }

    #[test]
    fn values_of_the_catalogue_stand_before_the_end() {
        let mut text = "# HELP atlas_degraded Conditions.\n# EOF\n".to_owned();
        append(
            &mut text,
            vec![
                value(&service::DATABASE_WAL, Some(("database", "library")), 4_096.0),
                value(&machine::MEMORY_AVAILABLE, None, 1e9),
                value(&machine::OOM_KILLS, Some(("of", "machine")), 2.0),
            ],
        );

        for line in [
            "atlas_database_wal_bytes{database=\"library\"} 4096.0",
            "atlas_memory_available_bytes 1000000000.0",
            "atlas_oom_kills_total{of=\"machine\"} 2.0",
            "# TYPE atlas_database_wal_bytes gauge",
            "# TYPE atlas_oom_kills counter",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert_eq!(text.matches("# EOF").count(), 1, "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn nothing_is_told_twice() {
        let mut text = "# EOF\n".to_owned();
        append(&mut text, vec![value(&service::QUEUE_OLDEST_READY, None, 1.0)]);
        assert_eq!(text, "# EOF\n");
    }
}
