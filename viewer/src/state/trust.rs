//! Whether to trust what is shown: latency, frame rates, drops with their reasons, models and what they run on.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use ego_graph::{StageStats, Stat};

/// Time that rates and quantiles look back on.
const WINDOW: Duration = Duration::from_secs(2);
/// Most samples of one series: ten times what 60 frames a second give in the window.
const MOST: usize = 1200;

/// Numbers of the last two seconds.
#[derive(Clone, Debug, Default)]
pub struct Series(VecDeque<(Instant, f32)>);

impl Series {
    /// Adds a number.
    pub fn add(&mut self, at: Instant, value: f32) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((at, value));
        self.forget(at);
    }

    /// Lets go of what is older than the window.
    pub fn forget(&mut self, now: Instant) {
        while self.0.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW) {
            self.0.pop_front();
        }
    }

    /// The number that such a part of all is not above; `None` when there are none.
    pub fn quantile(&self, part: f64) -> Option<f32> {
        let mut values: Vec<f32> = self.0.iter().map(|(_, v)| *v).collect();
        values.sort_by(f32::total_cmp);
        let last = values.len().checked_sub(1)?;
        values.get((part * last as f64).round() as usize).copied()
    }

    /// Numbers a second.
    pub fn rate(&self, now: Instant) -> f32 {
        let Some((first, _)) = self.0.front() else { return 0.0 };
        let span = now.saturating_duration_since(*first).max(Duration::from_millis(200)).as_secs_f32();
        if self.0.len() < 2 { 0.0 } else { (self.0.len() - 1) as f32 / span.min(WINDOW.as_secs_f32()) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A line of the latency table.
#[derive(Clone, Debug, PartialEq)]
pub struct StageLine {
    /// What is measured.
    pub name: String,
    /// Half of all are below, milliseconds.
    pub p50_ms: f32,
    /// 95 of 100 are below, milliseconds.
    pub p95_ms: f32,
}

/// Everything that the trust panel shows.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Capture (live) or hand-over (files) to paint, milliseconds.
    pub to_paint: Series,
    /// Hand-over to paint: what the window itself adds, milliseconds.
    pub in_window: Series,
    /// Milliseconds that each stage worked on a frame.
    pub stages: BTreeMap<String, Series>,
    /// Milliseconds that results were older than their picture.
    pub ages: BTreeMap<String, Series>,
    /// Pictures that were painted.
    pub painted: Series,
    /// Pictures that came out of the stream.
    pub arrived: Series,
    /// Frames that were dropped in front of the analysis because it was busy.
    pub dropped_busy: u64,
    /// Frames that the window was too slow for.
    pub dropped_window: u64,
    /// Frames that the recorder left out.
    pub dropped_recording: u64,
    /// Whether `to_paint` begins at the capture.
    pub from_capture: bool,
    /// What the stages say about themselves.
    pub models: Vec<StageStats>,
}

impl Trust {
    /// Takes the numbers of a frame that is being painted now.
    pub fn painted(&mut self, frame: &crate::frame::ViewFrame, now: Instant) {
        let ms = |d: Duration| d.as_secs_f32() * 1e3;
        let in_window = now.saturating_duration_since(frame.trace.handed_over);
        self.in_window.add(now, ms(in_window));
        self.from_capture = frame.trace.since_capture.is_some();
        self.to_paint.add(now, ms(frame.trace.since_capture.unwrap_or_default() + in_window));
        self.painted.add(now, 0.0);
        for (stage, ns) in &frame.results.trace_ns {
            self.stages.entry(stage.clone()).or_default().add(now, *ns as f32 * 1e-6);
        }
        for (stage, ns) in &frame.results.age_ns {
            self.ages.entry(stage.clone()).or_default().add(now, *ns as f32 * 1e-6);
        }
    }

    /// Lets go of old numbers, so that a stream that stands still shows none.
    pub fn forget(&mut self, now: Instant) {
        for series in [&mut self.to_paint, &mut self.in_window, &mut self.painted, &mut self.arrived] {
            series.forget(now);
        }
        for series in self.stages.values_mut().chain(self.ages.values_mut()) {
            series.forget(now);
        }
    }

    /// The latency table: stages in the order of their names, then the window, then all together.
    pub fn table(&self) -> Vec<StageLine> {
        let line = |name: &str, series: &Series| {
            Some(StageLine { name: name.to_owned(), p50_ms: series.quantile(0.5)?, p95_ms: series.quantile(0.95)? })
        };
        let mut lines: Vec<_> = self.stages.iter().filter_map(|(name, series)| line(name, series)).collect();
        lines.extend(line("window", &self.in_window));
        lines.extend(line(if self.from_capture { "capture to paint" } else { "hand-over to paint" }, &self.to_paint));
        lines
    }

    /// Drops with their reasons, those that happened only.
    pub fn drops(&self) -> Vec<(String, u64)> {
        let mut drops = vec![
            ("analysis was busy".to_owned(), self.dropped_busy),
            ("window was busy".to_owned(), self.dropped_window),
            ("recorder was busy".to_owned(), self.dropped_recording),
        ];
        for stage in &self.models {
            for (key, reason) in [("superseded", "a newer frame came"), ("skipped-qos", "too late to matter"), ("errors", "errors")] {
                if let Some((_, Stat::Whole(count))) = stage.values.iter().find(|(k, _)| k == key) {
                    drops.push((format!("{}: {reason}", stage.stage), u64::try_from(*count).unwrap_or(0)));
                }
            }
        }
        drops.retain(|(_, count)| *count > 0);
        drops
    }
}

/// How a latency is to be judged, in a word beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Up to 66 ms: two frames.
    Good,
    /// Up to 150 ms.
    Slow,
    /// Beyond.
    Late,
}

impl Grade {
    /// The grade of so many milliseconds.
    pub fn of(ms: f32) -> Grade {
        if ms <= 66.0 {
            Grade::Good
        } else if ms <= 150.0 {
            Grade::Slow
        } else {
            Grade::Late
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Slow => "slow",
            Grade::Late => "late",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_rates_look_back_two_seconds() {
        let start = Instant::now();
        let mut series = Series::default();
        for n in 0..100_u32 {
            series.add(start + Duration::from_millis(40 * u64::from(n)), n as f32);
        }
        // The last two seconds hold 51 numbers: 49 to 99.
        assert_eq!((series.len(), series.quantile(0.5), series.quantile(1.0)), (51, Some(74.0), Some(99.0)));
        assert!((series.rate(start + Duration::from_millis(3960)) - 25.0).abs() < 0.1);
        series.forget(start + Duration::from_secs(60));
        assert_eq!((series.quantile(0.5), series.rate(start + Duration::from_secs(60))), (None, 0.0));
    }

    #[test]
    fn drops_name_their_reason_and_only_when_there_are_some() {
        let values = vec![("superseded".to_owned(), Stat::Whole(3)), ("errors".to_owned(), Stat::Whole(0))];
        let models = vec![StageStats { stage: "hands".into(), values, ..StageStats::default() }];
        let trust = Trust { dropped_busy: 2, models, ..Trust::default() };
        assert_eq!(trust.drops(), [("analysis was busy".to_owned(), 2), ("hands: a newer frame came".to_owned(), 3)]);
    }

    #[test]
    fn grades_have_words() {
        assert_eq!([20.0, 66.1, 150.1].map(|ms| Grade::of(ms).word()), ["good", "slow", "late"]);
    }
}
