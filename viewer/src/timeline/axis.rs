//! The stretch of time that the timeline shows, and its ticks.

/// From where to where the timeline shows, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeView {
    /// Left border.
    pub start_ns: f64,
    /// Right border, later than `start_ns`.
    pub end_ns: f64,
}

/// The closest zoom: a tenth of a second.
const NEAREST_NS: f64 = 1e8;

impl TimeView {
    /// The whole of a recording.
    pub fn all(duration_ns: u64) -> TimeView {
        TimeView { start_ns: 0.0, end_ns: (duration_ns as f64).max(NEAREST_NS) }
    }

    /// Length, nanoseconds.
    pub fn span_ns(&self) -> f64 {
        self.end_ns - self.start_ns
    }

    /// Place of a time, 0 at the left border and 1 at the right one.
    pub fn place(&self, ns: f64) -> f64 {
        (ns - self.start_ns) / self.span_ns()
    }

    /// Time at a place.
    pub fn time(&self, place: f64) -> f64 {
        self.start_ns + place * self.span_ns()
    }

    /// Shows `factor` times as much, with the time at `place` where it is; never more than `longest_ns`.
    #[must_use]
    pub fn zoomed(&self, factor: f64, place: f64, longest_ns: f64) -> TimeView {
        let span = (self.span_ns() * factor).clamp(NEAREST_NS, longest_ns.max(NEAREST_NS));
        let start_ns = self.time(place) - place * span;
        TimeView { start_ns, end_ns: start_ns + span }.inside(longest_ns)
    }

    /// Moved by a part of its own length.
    #[must_use]
    pub fn panned(&self, part: f64, longest_ns: f64) -> TimeView {
        let by = part * self.span_ns();
        TimeView { start_ns: self.start_ns + by, end_ns: self.end_ns + by }.inside(longest_ns)
    }

    /// Moved so that a time is in view: pages forward when it runs off the right border.
    #[must_use]
    pub fn following(&self, ns: f64, longest_ns: f64) -> TimeView {
        if (self.start_ns..=self.end_ns).contains(&ns) {
            return *self;
        }
        let start_ns = ns - 0.1 * self.span_ns();
        TimeView { start_ns, end_ns: start_ns + self.span_ns() }.inside(longest_ns)
    }

    fn inside(self, longest_ns: f64) -> TimeView {
        let span = self.span_ns();
        let start_ns = self.start_ns.min(longest_ns - span).max(0.0);
        TimeView { start_ns, end_ns: start_ns + span }
    }
}

/// Times of the ticks, in steps of 1, 2 or 5 (of minutes and hours: 1, 2, 5, 10, 15, 30), about one for every `gap` of the width.
pub fn ticks(view: &TimeView, gap: f64) -> (f64, Vec<f64>) {
    const STEPS_S: [f64; 21] = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
        18_000.0,
    ];
    let wanted = view.span_ns() * gap * 1e-9;
    let step_s = STEPS_S.into_iter().find(|s| *s >= wanted).unwrap_or(36_000.0);
    let step = step_s * 1e9;
    let first = (view.start_ns / step).ceil() as i64;
    let last = (view.end_ns / step).floor() as i64;
    (step, (first..=last).take(1000).map(|n| n as f64 * step).collect())
}

/// `1:02:03`, `02:03`, with as many decimals as the step between ticks (nanoseconds) needs.
pub fn format_time(ns: f64, step_ns: f64) -> String {
    let decimals = if step_ns >= 1e9 {
        0
    } else if step_ns >= 1e8 {
        1
    } else if step_ns >= 1e7 {
        2
    } else {
        3
    };
    let scale = 10f64.powi(decimals);
    let total = (ns.max(0.0) * 1e-9 * scale).round() / scale;
    let whole = total.floor();
    let (hours, minutes, seconds) = ((whole / 3600.0) as u64, (whole / 60.0) as u64 % 60, whole as u64 % 60);
    let fraction = format!("{:.1$}", total - whole, decimals as usize);
    let fraction = fraction.strip_prefix('0').unwrap_or("");
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}{fraction}") } else { format!("{minutes:02}:{seconds:02}{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_time_under_the_cursor_and_stays_inside() {
        let hour = 3.6e12;
        let view = TimeView::all(hour as u64);
        let near = view.zoomed(0.01, 0.25, hour);
        assert!((near.time(0.25) - view.time(0.25)).abs() < 1.0);
        assert!((near.span_ns() - 0.01 * hour).abs() < 1.0);
        assert_eq!(near.zoomed(1e9, 0.9, hour), view);
        assert_eq!(near.zoomed(0.0, 0.5, hour).span_ns(), NEAREST_NS);
        assert_eq!(near.panned(-1e9, hour).start_ns, 0.0);
        let followed = near.following(hour * 0.9, hour);
        assert!((0.0..1.0).contains(&followed.place(hour * 0.9)));
    }

    #[test]
    fn ticks_are_round_numbers_at_every_zoom() {
        for (span, gap, want) in [(8.0 * 3600.0, 0.1, 3600.0), (60.0, 0.1, 10.0), (1.0, 0.1, 0.1), (0.1, 0.1, 0.01)] {
            let (step, times) = ticks(&TimeView { start_ns: 0.0, end_ns: span * 1e9 }, gap);
            assert!((step - want * 1e9).abs() < 1.0, "{span}: {step}");
            assert!(times.len() > 4 && times.len() < 20, "{span}: {times:?}");
        }
    }

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(format_time(3_723e9, 1e9), "1:02:03");
        assert_eq!(format_time(41.233e9, 1e6), "00:41.233");
        assert_eq!(format_time(59.96e9, 1e8), "01:00.0");
        assert_eq!(format_time(-5.0, 1e9), "00:00");
    }
}
