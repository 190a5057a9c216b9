//! What it thinks: one large line under the picture; beside it the best five, a short and a long look back, and what was picked.

use ego_core::hands::{JOINT_NAMES, Side};
use ego_core::objects::InHand;
use ego_outputs::{ActionRecord, FastRecord, FrameRecord};
use egui::{Align2, Color32, CornerRadius, FontId, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::{Shared, heading};
use crate::state::{Analysis, Picked, SourceKind, State};
use crate::timeline::{Row, flags, is_nothing};

/// Classes that are shown as bars.
const BEST: usize = 5;
/// A short and a long look back, nanoseconds.
const WINDOWS: [(&str, u64); 2] = [("last 1 s", 1_000_000_000), ("last 5 s", 5_000_000_000)];

/// Why a decision is an earlier one.
const EARLIER: &str = "Decided when this part was played. After a jump the stage that decides has not seen enough yet.";

/// How sure a decision is, as a shape beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    Sure,
    Unsure,
    Unknown,
    None,
}

/// What the large line says.
#[derive(Clone, Copy)]
enum Said<'a> {
    /// The wearer's action.
    Action(&'a ActionRecord),
    /// The surest of the other classifiers, where no stage decides on the wearer's action.
    Fast(&'a FastRecord),
    /// What the timeline knows of the frame, where its own results have no decision.
    Earlier(&'a Row),
    Nothing,
}

impl<'a> Said<'a> {
    fn of(state: &'a State) -> Said<'a> {
        let Some(frame) = &state.frame else { return Said::Nothing };
        if let Some(action) = &frame.results.action {
            return Said::Action(action);
        }
        if let Some(row) = earlier(state) {
            return Said::Earlier(row);
        }
        let surest = frame.results.fast.iter().flatten().max_by(|a, b| a.action.score.total_cmp(&b.action.score));
        surest.map_or(Said::Nothing, Said::Fast)
    }

    fn action(self) -> Option<&'a ActionRecord> {
        match self {
            Said::Action(action) => Some(action),
            Said::Fast(fast) => Some(&fast.action),
            Said::Earlier(_) | Said::Nothing => None,
        }
    }

    fn label(self, state: &'a State) -> &'a str {
        match self {
            Said::Earlier(row) => state.labels.name(row.decision),
            _ => self.action().map_or("", |action| &action.label),
        }
    }

    fn score(self) -> f32 {
        match self {
            Said::Earlier(row) => f32::from(row.score) / 255.0,
            _ => self.action().map_or(0.0, |action| action.score),
        }
    }

    fn certainty(self) -> Certainty {
        let (unknown, unsure) = match self {
            Said::Nothing => return Certainty::None,
            Said::Earlier(row) => (row.flags & flags::UNKNOWN != 0, row.flags & flags::UNSURE != 0),
            Said::Action(action) | Said::Fast(FastRecord { action, .. }) => (action.unknown, !action.stable),
        };
        match (unknown, unsure) {
            (true, _) => Certainty::Unknown,
            (_, true) => Certainty::Unsure,
            _ => Certainty::Sure,
        }
    }
}

/// The row of the frame on the screen, where it has a decision and the results of the frame have none.
fn earlier(state: &State) -> Option<&Row> {
    let frame = state.frame.as_ref().filter(|frame| frame.results.action.is_none())?;
    state.track.same(frame.pts_ns).filter(|row| row.decision != 0)
}

/// The large line.
pub fn decision_line_ui(ui: &mut Ui, state: &State, shared: &Shared<'_>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 46.0), Sense::hover());
    let painter = ui.painter_at(rect);
    let said = Said::of(state);
    let (title, detail) = texts(state, said);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}. {detail}")));
    let certainty = said.certainty();
    let p = shared.palette;
    let tint = if certainty == Certainty::None { p.weak } else { state.labels.colour(state.labels.find(said.label(state))) };
    let bar = Rect::from_min_size(rect.min + vec2(10.0, 9.0), vec2(6.0, 28.0));
    match certainty {
        Certainty::Sure => {
            painter.rect_filled(bar, CornerRadius::same(2), tint);
        }
        // Hollow: not decided. Dashed: none of the known actions.
        Certainty::Unsure => {
            painter.rect_stroke(bar, CornerRadius::same(2), Stroke::new(1.5, tint), StrokeKind::Inside);
        }
        Certainty::Unknown | Certainty::None => {
            let corners = [bar.left_top(), bar.right_top(), bar.right_bottom(), bar.left_bottom(), bar.left_top()];
            painter.extend(egui::Shape::dashed_line(&corners, Stroke::new(1.2, p.weak), 3.0, 3.0));
        }
    }
    let strong = certainty == Certainty::Sure && !matches!(said, Said::Earlier(_));
    let at = rect.left_center() + vec2(26.0, 0.0);
    let title = painter.text(at, Align2::LEFT_CENTER, title, FontId::proportional(24.0), if strong { p.text } else { p.weak });
    painter.text(title.right_center() + vec2(14.0, 3.0), Align2::LEFT_CENTER, detail, FontId::proportional(14.0), p.weak);
    if matches!(said, Said::Earlier(_)) {
        response.on_hover_text(EARLIER);
    }
}

fn texts(state: &State, said: Said<'_>) -> (String, String) {
    let results = state.results();
    let certainty = said.certainty();
    let (label, percent) = (said.label(state), said.score() * 100.0);
    let title = match certainty {
        Certainty::None => return ("–".to_owned(), why_nothing(state).to_owned()),
        Certainty::Unknown => "unknown action".to_owned(),
        Certainty::Sure => label.to_owned(),
        Certainty::Unsure if is_nothing(label) => format!("probably {label}"),
        Certainty::Unsure => format!("unsure: {label}?"),
    };
    let mut detail =
        vec![if certainty == Certainty::Unknown { format!("nearest: {label} {percent:.0} %") } else { format!("{percent:.0} %") }];
    if let Said::Fast(fast) = said {
        detail.push(format!("{} · {}", fast.subject, fast.head.name()));
    } else {
        detail.extend(results.and_then(|r| hand_of(r, label)).map(str::to_owned));
        if let Some([start, _]) = state.track.segment(state.play.position_ns) {
            let seconds = state.play.position_ns.saturating_sub(start) as f64 * 1e-9;
            detail.push(format!("for {seconds:.1} s"));
        }
    }
    if let Some(action) = said.action().filter(|action| action.uncertainty >= 0.005) {
        detail.push(format!("evidence {:.0} %", (1.0 - action.uncertainty) * 100.0));
    }
    if matches!(said, Said::Earlier(_)) {
        detail.push("earlier result".to_owned());
    }
    (title, detail.join("  ·  "))
}

/// Why there is no decision.
fn why_nothing(state: &State) -> &'static str {
    match (state.source.kind, state.source.analysis) {
        (SourceKind::None, _) => "",
        (_, Analysis::Loading) => "models are being loaded",
        (_, Analysis::Failed) => "the analysis has ended",
        (_, Analysis::Running) if state.trust.models.iter().any(|model| model.stage == "action") => "not decided yet",
        (_, Analysis::Running) if state.results().is_some_and(|r| r.hands.is_some()) => "no stage decides on actions",
        _ => "no action in these results",
    }
}

/// Which hand holds the object of the action.
fn hand_of(results: &FrameRecord, label: &str) -> Option<&'static str> {
    let held = results.objects.iter().flatten().filter(|o| o.in_hand != InHand::None);
    let object = held.max_by_key(|o| label.contains(&o.label))?;
    Some(match object.in_hand {
        InHand::Left => "left hand",
        InHand::Right => "right hand",
        InHand::Both => "both hands",
        InHand::None => return None,
    })
}

/// Bars of the best classes, looks back, other classifiers.
pub fn decision_ui(ui: &mut Ui, state: &State, shared: &mut Shared<'_>) {
    heading(ui, "Action");
    let Some(results) = state.results().cloned() else {
        ui.label(RichText::new("nothing yet").color(shared.palette.weak));
        return;
    };
    match &results.action {
        Some(action) => {
            for ranked in action.top.iter().take(BEST) {
                bar_ui(ui, &ranked.0, ranked.1, state.labels.colour(state.labels.find(&ranked.0)), shared);
            }
            if let Some(next) = &action.next {
                let text = format!("next: {} {:.0} %", next.label, next.probability * 100.0);
                ui.label(RichText::new(text).color(shared.palette.text)).on_hover_text("What the model expects after the present action");
            }
        }
        None => match earlier(state) {
            Some(row) => {
                for (class, score) in row.top.into_iter().zip(row.top_score).filter(|(class, _)| *class != 0) {
                    bar_ui(ui, state.labels.name(class), f32::from(score) / 255.0, state.labels.colour(class), shared);
                }
                ui.label(RichText::new("earlier result").size(11.0).color(shared.palette.weak)).on_hover_text(EARLIER);
            }
            None => {
                ui.label(RichText::new("no classes in these results").color(shared.palette.weak));
            }
        },
    }
    for fast in results.fast.iter().flatten().take(4) {
        let action = &fast.action;
        let text = format!("{} · {}: {} {:.0} %", fast.head.name(), fast.subject, action.label, action.score * 100.0);
        let tint = if action.stable { shared.palette.text } else { shared.palette.weak };
        ui.label(RichText::new(text).size(12.0).color(tint));
    }
    if (results.action.is_some() || earlier(state).is_some()) && !state.track.rows().is_empty() {
        ui.add_space(4.0);
        ui.columns(2, |columns| {
            for (column, (name, length)) in columns.iter_mut().zip(WINDOWS) {
                column.label(RichText::new(name).size(11.0).color(shared.palette.weak));
                match mean_best(state, length) {
                    Some((label, score)) => column.label(format!("{label} {:.0} %", score * 100.0)),
                    None => column.label("–"),
                };
            }
        });
    }
    if let Some(truth) = state.frame.as_ref().and_then(|f| f.truth.as_ref()).and_then(|t| t.action.as_ref()).filter(|_| state.layers.truth)
    {
        ui.label(RichText::new(format!("truth: {}", truth.label)).color(shared.palette.good));
    }
}

/// The class with the highest mean probability over the time before the cursor.
fn mean_best(state: &State, length_ns: u64) -> Option<(String, f32)> {
    let rows = state.track.rows();
    let to = rows.partition_point(|r| r.pts_ns <= state.play.position_ns);
    let from = rows.partition_point(|r| r.pts_ns + length_ns <= state.play.position_ns);
    let mut sums: Vec<(u16, u32)> = Vec::new();
    let window = rows.get(from..to)?;
    for row in window {
        for (class, score) in row.top.into_iter().zip(row.top_score).filter(|(class, _)| *class > 0) {
            match sums.iter_mut().find(|(c, _)| *c == class) {
                Some((_, sum)) => *sum += u32::from(score),
                None => sums.push((class, u32::from(score))),
            }
        }
    }
    let (class, sum) = sums.into_iter().max_by_key(|(_, sum)| *sum)?;
    Some((state.labels.name(class).to_owned(), sum as f32 / 255.0 / window.len() as f32))
}

fn bar_ui(ui: &mut Ui, label: &str, score: f32, tint: Color32, shared: &Shared<'_>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{label} {:.0} percent", score * 100.0)));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CornerRadius::same(3), shared.palette.field);
    let filled = Rect::from_min_size(rect.min, vec2(rect.width() * score.clamp(0.0, 1.0), rect.height()));
    painter.rect_filled(filled, CornerRadius::same(3), tint.gamma_multiply(0.45));
    let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    painter.rect_filled(edge, CornerRadius::same(1), tint);
    let font = FontId::proportional(12.5);
    painter.text(rect.left_center() + vec2(10.0, 0.0), Align2::LEFT_CENTER, label, font.clone(), shared.palette.text);
    painter.text(rect.right_center() - vec2(8.0, 0.0), Align2::RIGHT_CENTER, format!("{score:.2}"), font, shared.palette.text);
}

/// Everything about what was picked.
pub fn selection_ui(ui: &mut Ui, state: &State, shared: &Shared<'_>) {
    let (Some(picked), Some(results)) = (state.picked, state.results()) else { return };
    ui.separator();
    heading(ui, "Selection");
    let mut lines = Vec::new();
    match picked {
        Picked::Joint { track, joint } => match results.hands.iter().flatten().find(|h| h.track == track) {
            Some(hand) => {
                let name = JOINT_NAMES.get(joint).copied().unwrap_or_default().replace('_', " ");
                let side = if hand.side == Side::Unknown { "unknown hand" } else { hand.side.name() };
                lines.push(format!("{side} {name} (joint {joint}, track {track})"));
                lines.push(format!("confidence {:.0} %", hand.joint_score[joint] * 100.0));
                let [x, y] = hand.image_px[joint];
                lines.push(format!("pixel {x:.1}, {y:.1}"));
                match hand.camera_m.map(|m| m[joint]) {
                    Some([x, y, z]) => lines.push(format!("{x:.3}, {y:.3}, {z:.3} m ({})", hand.depth_source.name())),
                    None => lines.push("no depth: relative only".to_owned()),
                }
            }
            None => lines.push(format!("the hand of track {track} is not in this frame")),
        },
        Picked::Object(index) => match results.objects.iter().flatten().nth(index) {
            Some(object) => {
                lines.push(format!("{} (class {})", object.label, object.class));
                lines.push(format!("confidence {:.0} % · held: {}", object.score * 100.0, object.in_hand.name()));
                let [x0, y0, x1, y1] = object.box_px;
                lines.push(format!("{:.0} × {:.0} pixels at {x0:.0}, {y0:.0}", x1 - x0, y1 - y0));
            }
            None => lines.push("this object is not in this frame".to_owned()),
        },
    }
    for line in lines {
        ui.label(RichText::new(line).size(12.0).color(shared.palette.text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::action::Head;

    #[test]
    fn a_gesture_is_said_where_no_stage_decides_on_actions() {
        let action = |label: &str, score: f32| ActionRecord {
            label: label.into(),
            class: 0,
            score,
            top: Vec::new(),
            unknown: false,
            uncertainty: 0.0,
            stable: true,
            window_ns: [0, 0],
            about_ns: None,
            since_ns: None,
            next: None,
        };
        let gesture = |label, score| FastRecord { head: Head::Gesture, subject: "right".into(), action: action(label, score) };
        let mut record = FrameRecord::new("clip", 0, Some(0), 640, 360);
        let mut state = State::new(".".into());
        let mut line = |record: &FrameRecord| {
            state.frame = Some(frame(record));
            texts(&state, Said::of(&state))
        };
        assert_eq!(line(&record), ("–".to_owned(), String::new()));
        record.fast = Some(vec![gesture("Open", 0.5), gesture("Stop", 0.9)]);
        assert_eq!(line(&record), ("Stop".to_owned(), "90 %  ·  right · gesture".to_owned()));
        record.action = Some(action("pour milk", 0.1));
        assert_eq!(line(&record).0, "pour milk");
    }

    fn frame(record: &FrameRecord) -> crate::frame::ViewFrame {
        crate::frame::ViewFrame {
            opening: 0,
            number: 1,
            pts_ns: record.pts_ns.unwrap_or(0),
            picture: None,
            results: std::sync::Arc::new(record.clone()),
            truth: None,
            depth: None,
            mask: None,
            camera: None,
            trace: crate::frame::Trace { handed_over: std::time::Instant::now(), since_capture: None },
        }
    }

    #[test]
    fn after_a_jump_the_line_says_what_was_decided_when_this_part_was_played() {
        let mut state = State::new(".".into());
        (state.source.kind, state.source.analysis) = (SourceKind::File, Analysis::Running);
        state.trust.models = vec![ego_graph::StageStats { stage: "action".into(), ..Default::default() }];
        let record = |n: u64, label: Option<&str>| {
            let mut record = FrameRecord::new("clip", n, Some(n * 40_000_000), 640, 360);
            record.action = label.map(|label| ActionRecord {
                label: label.into(),
                class: 0,
                score: 0.8,
                top: vec![ego_outputs::RankedLabel(label.into(), 0.8)],
                unknown: false,
                uncertainty: 0.1,
                stable: n < 60,
                window_ns: [0, 0],
                about_ns: None,
                since_ns: None,
                next: None,
            });
            record
        };
        (20..100).for_each(|n| state.add_results(&(0, std::sync::Arc::new(record(n, Some("pour milk"))), None)));
        // Back to a frame whose window is not filled yet; its new row must not wipe out the old one.
        for (n, title) in [(50, "pour milk"), (70, "unsure: pour milk?")] {
            let again = record(n, None);
            state.add_results(&(0, std::sync::Arc::new(again.clone()), None));
            state.play.position_ns = n * 40_000_000;
            state.frame = Some(frame(&again));
            let seconds = (n - 20) as f64 * 0.04;
            assert_eq!(texts(&state, Said::of(&state)), (title.to_owned(), format!("80 %  ·  for {seconds:.1} s  ·  earlier result")));
        }
        // Where nothing was played there is nothing to say.
        let new = record(10, None);
        state.add_results(&(0, std::sync::Arc::new(new.clone()), None));
        state.frame = Some(frame(&new));
        assert_eq!(texts(&state, Said::of(&state)).1, "not decided yet");
    }
}
