//! Lanes over time: decision, truth, single classes, objects in hand, wrist speed, gaps. Drawn by columns of the screen from sums over
//! rows, so that eight hours cost as much as eight seconds.

use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::super::Shared;
use crate::paint::SIDES;
use crate::state::State;
use crate::theme::ink_on;
use crate::timeline::{Summary, TimeView, Track, flags};

/// Width of a column, points.
const COLUMN: f32 = 2.0;
/// Classes with a strip, most frequent first.
const MOST_STRIPS: usize = 8;
/// A row stands for the time up to the next one, but not for longer than this many usual distances.
const PATIENCE: f64 = 3.0;
/// Where few frames have been looked at, after jumps, their mean distance says nothing, nanoseconds.
const MOST_USUAL_NS: f64 = 0.5e9;
/// Wrist speed at the top of its lane, picture widths a second.
const TOP_SPEED: f32 = 2.0;

/// Sums of the rows behind each column of the screen.
pub(super) struct Columns {
    sums: Vec<Option<Summary>>,
    ranges: Vec<(usize, usize)>,
}

impl Columns {
    /// Looks at every column once.
    pub(super) fn new(track: &Track, view: &TimeView, width: f32) -> Columns {
        let count = (width / COLUMN).ceil().max(1.0) as usize;
        let rows = track.rows();
        let usual = match (rows.first(), rows.last()) {
            (Some(a), Some(b)) if rows.len() > 1 => ((b.pts_ns - a.pts_ns) as f64 / (rows.len() - 1) as f64).min(MOST_USUAL_NS),
            _ => 33e6,
        };
        let mut ranges = Vec::with_capacity(count);
        let mut from = track.index_at(view.start_ns);
        for column in 0..count {
            let end = view.time((column + 1) as f64 / count as f64);
            let to = from + rows.get(from..).map_or(0, |rest| rest.partition_point(|r| (r.pts_ns as f64) < end));
            // Between two rows the earlier one is on the screen.
            let shown = if to > from {
                (from, to)
            } else {
                match from.checked_sub(1).and_then(|at| rows.get(at)) {
                    Some(before) if end - before.pts_ns as f64 <= PATIENCE * usual => (from - 1, from),
                    _ => (from, from),
                }
            };
            ranges.push(shown);
            from = to;
        }
        let sums = ranges.iter().map(|(a, b)| (b > a).then(|| track.sum(*a, *b))).collect();
        Columns { sums, ranges }
    }

    /// Calls `each` with the ends of every stretch of columns that have the same key, and that key.
    fn runs<K: PartialEq + Copy>(&self, key: impl Fn(&Summary) -> Option<K>, mut each: impl FnMut(usize, usize, K)) {
        let mut start = 0;
        let mut now: Option<K> = None;
        for column in 0..=self.sums.len() {
            let next = self.sums.get(column).and_then(|s| s.as_ref()).and_then(&key);
            if next != now || column == self.sums.len() {
                if let Some(key) = now {
                    each(start, column, key);
                }
                (start, now) = (column, next);
            }
        }
    }
}

/// Draws all lanes that there is room for.
pub(super) fn paint(painter: &Painter, rect: Rect, names_x: f32, state: &State, columns: &Columns, shared: &Shared<'_>) {
    let mut top = rect.top() + 2.0;
    let mut lane = |height: f32, name: &str| -> Option<Rect> {
        let lane = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height));
        if lane.bottom() > rect.bottom() + 1.0 {
            return None;
        }
        top += height + 3.0;
        let font = FontId::proportional(11.0);
        painter.text(pos2(names_x, lane.center().y), Align2::LEFT_CENTER, name, font, shared.palette.weak);
        Some(lane)
    };
    let clipped = painter.with_clip_rect(rect);
    if let Some(lane) = lane(22.0, "decision") {
        decisions(&clipped, lane, state, columns, shared);
    }
    if columns.sums.iter().flatten().any(|s| s.truth() != 0)
        && let Some(lane) = lane(16.0, "truth")
    {
        columns.runs(
            |s| Some(s.truth()).filter(|t| *t != 0),
            |a, b, label| {
                let part = part(lane, a, b);
                clipped.rect_stroke(
                    part.shrink(0.5),
                    CornerRadius::same(2),
                    Stroke::new(1.2, state.labels.colour(label)),
                    StrokeKind::Inside,
                );
                text_in(&clipped, part, state.labels.name(label), shared.palette.text, 10.5);
            },
        );
    }
    if state.look.strips {
        for (class, strip) in strips(state, columns) {
            let Some(lane) = lane(12.0, &short(state.labels.name(class), 12)) else { break };
            for (column, score) in strip.iter().enumerate().filter(|(_, s)| **s > 8) {
                let tint = state.labels.colour(class).gamma_multiply(f32::from(*score) / 255.0);
                clipped.rect_filled(part(lane, column, column + 1), 0.0, tint);
            }
        }
    }
    if columns.sums.iter().flatten().any(|s| s.held() != 0)
        && let Some(lane) = lane(14.0, "in hand")
    {
        columns.runs(
            |s| Some(s.held()).filter(|h| *h != 0),
            |a, b, label| {
                let part = part(lane, a, b);
                clipped.rect_filled(part, CornerRadius::same(2), shared.palette.field);
                let under = Rect::from_min_max(pos2(part.left(), part.bottom() - 2.0), part.max);
                clipped.rect_filled(under, 0.0, Color32::from_rgb(0xF0, 0xE4, 0x42));
                text_in(&clipped, part, state.labels.name(label), shared.palette.text, 10.5);
            },
        );
    }
    if columns.sums.iter().flatten().any(|s| s.speed != [0, 0])
        && let Some(lane) = lane(26.0, "wrist speed")
    {
        speeds(&clipped, lane, columns, shared);
    }
    if let Some(lane) = lane(9.0, "gaps") {
        gaps(&clipped, lane, columns, shared);
    }
}

fn part(lane: Rect, from: usize, to: usize) -> Rect {
    Rect::from_min_max(pos2(lane.left() + from as f32 * COLUMN, lane.top()), pos2(lane.left() + to as f32 * COLUMN, lane.bottom()))
}

fn text_in(painter: &Painter, part: Rect, text: &str, tint: Color32, size: f32) {
    if part.width() < 16.0 || text.is_empty() {
        return;
    }
    painter.with_clip_rect(part.shrink2(vec2(2.0, 0.0)).intersect(painter.clip_rect())).text(
        part.left_center() + vec2(5.0, 0.0),
        Align2::LEFT_CENTER,
        text,
        FontId::proportional(size),
        tint,
    );
}

fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// Filled: sure. Hollow: unsure. Dashed: none of the known actions.
fn decisions(painter: &Painter, lane: Rect, state: &State, columns: &Columns, shared: &Shared<'_>) {
    let state_of = |s: &Summary| (s.all_flags & flags::UNKNOWN != 0, s.all_flags & flags::UNSURE != 0);
    columns.runs(
        |s| Some((s.decision(), state_of(s))).filter(|(d, _)| *d != 0),
        |a, b, (label, (unknown, unsure))| {
            let part = part(lane, a, b);
            let tint = state.labels.colour(label);
            if unknown {
                let middle = [pos2(part.left(), part.center().y), pos2(part.right(), part.center().y)];
                painter.extend(Shape::dashed_line(&middle, Stroke::new(1.5, shared.palette.weak), 4.0, 4.0));
                return;
            }
            if unsure {
                painter.rect_filled(part, CornerRadius::same(2), tint.gamma_multiply(0.12));
                painter.rect_stroke(
                    part.shrink(0.5),
                    CornerRadius::same(2),
                    Stroke::new(1.0, tint.gamma_multiply(0.7)),
                    StrokeKind::Inside,
                );
                text_in(painter, part, state.labels.name(label), shared.palette.weak, 11.5);
                return;
            }
            painter.rect_filled(part.shrink2(vec2(0.5, 0.0)), CornerRadius::same(2), tint);
            text_in(painter, part, state.labels.name(label), ink_on(tint), 11.5);
        },
    );
}

/// The classes that are most certain over what shows, with a number for each column.
fn strips(state: &State, columns: &Columns) -> Vec<(u16, Vec<u8>)> {
    let all: Vec<_> = columns.ranges.iter().map(|(a, b)| state.track.strip(*a, *b)).collect();
    let classes = state.labels.len().min(all.first().map_or(0, |s| s.len()));
    let total = |class: usize| all.iter().map(|s| u64::from(s[class])).sum::<u64>();
    let mut order: Vec<(u64, usize)> = (0..classes).map(|c| (total(c), c)).filter(|(sum, _)| *sum > 0).collect();
    order.sort_by_key(|(sum, class)| (std::cmp::Reverse(*sum), *class));
    order.truncate(MOST_STRIPS);
    order.into_iter().map(|(_, class)| (class as u16 + 1, all.iter().map(|s| s[class]).collect())).collect()
}

/// Left: a full line; right: a dashed one.
fn speeds(painter: &Painter, lane: Rect, columns: &Columns, shared: &Shared<'_>) {
    painter.line_segment([lane.left_bottom(), lane.right_bottom()], Stroke::new(1.0, shared.palette.line));
    for side in (0..2).filter(|side| columns.sums.iter().flatten().any(|s| s.speed[*side] > 0)) {
        let mut line = Vec::new();
        let flush = |line: &mut Vec<egui::Pos2>| {
            if line.len() > 1 {
                let stroke = Stroke::new(1.3, SIDES[side]);
                if side == 0 {
                    painter.add(Shape::line(std::mem::take(line), stroke));
                } else {
                    painter.extend(Shape::dashed_line(line, stroke, 5.0, 2.0));
                }
            }
            line.clear();
        };
        for (column, sum) in columns.sums.iter().enumerate() {
            match sum {
                Some(sum) => {
                    let speed = f32::from(sum.speed[side]) * 0.02;
                    let up = (speed / TOP_SPEED).min(1.0) * (lane.height() - 2.0);
                    line.push(pos2(lane.left() + (column as f32 + 0.5) * COLUMN, lane.bottom() - 1.0 - up));
                }
                None => flush(&mut line),
            }
        }
        flush(&mut line);
    }
}

/// Three reasons, three hatches: upright for dropped frames, slanted for no hand, dots for frames that nobody has analysed in time.
fn gaps(painter: &Painter, lane: Rect, columns: &Columns, shared: &Shared<'_>) {
    let reason = |s: &Summary| {
        if s.any_flags & flags::DROPPED != 0 {
            Some(0_u8)
        } else if s.all_flags & (flags::NOT_ANALYSED | flags::STALE) != 0 {
            Some(2)
        } else if s.all_flags & flags::NO_HAND != 0 {
            Some(1)
        } else {
            None
        }
    };
    columns.runs(reason, |a, b, reason| {
        let part = part(lane, a, b);
        let tint = if reason == 0 { shared.palette.error } else { shared.palette.weak };
        let inside = painter.with_clip_rect(part.intersect(painter.clip_rect()));
        // In step with the lane, so that neighbours of one reason join.
        let first = (part.left() / 5.0).floor() as i32 - 2;
        let last = (part.right() / 5.0).ceil() as i32;
        for k in first..=last {
            let x = k as f32 * 5.0;
            match reason {
                0 => inside.line_segment([pos2(x, part.top()), pos2(x, part.bottom())], Stroke::new(2.0, tint)),
                1 => inside.line_segment([pos2(x, part.bottom()), pos2(x + 8.0, part.top())], Stroke::new(1.0, tint)),
                _ => inside.circle_filled(pos2(x, part.center().y), 1.2, tint),
            };
        }
    });
}

/// What the lanes say about a time, in words.
pub(super) fn described(state: &State, ns: u64) -> Vec<String> {
    let Some(row) = state.track.row_at(ns) else { return vec!["no results here".to_owned()] };
    let mut lines = Vec::new();
    if row.decision != 0 {
        let how = if row.flags & flags::UNKNOWN != 0 {
            " (unknown action)"
        } else if row.flags & flags::UNSURE != 0 {
            " (unsure)"
        } else {
            ""
        };
        lines.push(format!("{} {:.0} %{how}", state.labels.name(row.decision), f32::from(row.score) / 2.55));
    }
    if row.truth != 0 {
        lines.push(format!("truth: {}", state.labels.name(row.truth)));
    }
    if row.held != 0 {
        lines.push(format!("in hand: {}", state.labels.name(row.held)));
    }
    let speeds = [0, 1].map(|side| row.wrist_speed(side));
    if speeds != [0.0, 0.0] {
        lines.push(format!("wrists {:.2} and {:.2} widths/s", speeds[0], speeds[1]));
    }
    for (flag, text) in [
        (flags::DROPPED, "frames are missing before this one"),
        (flags::NO_HAND, "no hand"),
        (flags::STALE, "the result is old"),
        (flags::NOT_ANALYSED, "not analysed"),
        (flags::RELAXED, "range mask relaxed"),
    ] {
        if row.flags & flag != 0 {
            lines.push(text.to_owned());
        }
    }
    lines
}
