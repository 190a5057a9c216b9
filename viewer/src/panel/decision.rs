//! What it thinks: one large line under the picture; beside it the best five, a short and a long look back, and what was picked.

use ego_core::hands::{JOINT_NAMES, Side};
use ego_core::objects::InHand;
use ego_outputs::{ActionRecord, FastRecord, FrameRecord};
use egui::{Align2, Color32, CornerRadius, FontId, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::{Shared, heading};
use crate::state::{Analysis, Picked, SourceKind, State};

/// Classes that are shown as bars.
const BEST: usize = 5;
/// A short and a long look back, nanoseconds.
const WINDOWS: [(&str, u64); 2] = [("last 1 s", 1_000_000_000), ("last 5 s", 5_000_000_000)];

/// How sure a decision is, as a shape beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    Sure,
    Unsure,
    Unknown,
    None,
}

fn certainty(action: Option<&ActionRecord>) -> Certainty {
    match action {
        None => Certainty::None,
        Some(a) if a.unknown => Certainty::Unknown,
        Some(a) if !a.stable => Certainty::Unsure,
        Some(_) => Certainty::Sure,
    }
}

/// The large line.
pub fn decision_line_ui(ui: &mut Ui, state: &State, shared: &Shared<'_>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 46.0), Sense::hover());
    let painter = ui.painter_at(rect);
    let results = state.results();
    let (action, who) = results.map_or((None, None), |results| said(results));
    let (title, detail) = texts(state, results.map(|r| &**r), action, who);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{title}. {detail}")));
    let certainty = certainty(action);
    let p = shared.palette;
    let tint = action.map_or(p.weak, |a| state.labels.colour(state.labels.find(&a.label)));
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
    let strong = matches!(certainty, Certainty::Sure);
    let at = rect.left_center() + vec2(26.0, 0.0);
    let title = painter.text(at, Align2::LEFT_CENTER, title, FontId::proportional(24.0), if strong { p.text } else { p.weak });
    painter.text(title.right_center() + vec2(14.0, 3.0), Align2::LEFT_CENTER, detail, FontId::proportional(14.0), p.weak);
}

/// What the large line says: the wearer's action; where no stage decides on that, the surest of the other classifiers, with its name.
fn said(results: &FrameRecord) -> (Option<&ActionRecord>, Option<&FastRecord>) {
    if results.action.is_some() {
        return (results.action.as_ref(), None);
    }
    let surest = results.fast.iter().flatten().max_by(|a, b| a.action.score.total_cmp(&b.action.score));
    (surest.map(|fast| &fast.action), surest)
}

fn texts(state: &State, results: Option<&FrameRecord>, action: Option<&ActionRecord>, who: Option<&FastRecord>) -> (String, String) {
    let Some(action) = action else {
        let why = match (state.source.kind, state.source.analysis) {
            (SourceKind::None, _) => "",
            (_, Analysis::Loading) => "models are being loaded",
            (_, Analysis::Failed) => "the analysis has ended",
            (_, Analysis::Running) if state.trust.models.iter().any(|model| model.stage == "action") => "not decided yet",
            (_, Analysis::Running) if results.is_some_and(|r| r.hands.is_some()) => "no stage decides on actions",
            _ => "no action in these results",
        };
        return ("–".to_owned(), why.to_owned());
    };
    let mut detail = Vec::new();
    if action.unknown {
        detail.push(format!("nearest: {} {:.0} %", action.label, action.score * 100.0));
    } else {
        detail.push(format!("{:.0} %", action.score * 100.0));
    }
    if let Some(who) = who {
        detail.push(format!("{} · {}", who.subject, who.head.name()));
    } else if let Some(hand) = results.and_then(|r| hand_of(r, &action.label)) {
        detail.push(hand.to_owned());
    }
    if let Some([start, _]) = state.track.segment(state.play.position_ns).filter(|_| who.is_none()) {
        let seconds = state.play.position_ns.saturating_sub(start) as f64 * 1e-9;
        detail.push(format!("for {seconds:.1} s"));
    }
    if action.uncertainty >= 0.005 {
        detail.push(format!("evidence {:.0} %", (1.0 - action.uncertainty) * 100.0));
    }
    let title = if action.unknown {
        "unknown action".to_owned()
    } else if action.stable {
        action.label.clone()
    } else {
        format!("unsure: {}?", action.label)
    };
    (title, detail.join("  ·  "))
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
        None => {
            ui.label(RichText::new("no classes in these results").color(shared.palette.weak));
        }
    }
    for fast in results.fast.iter().flatten().take(4) {
        let action = &fast.action;
        let text = format!("{} · {}: {} {:.0} %", fast.head.name(), fast.subject, action.label, action.score * 100.0);
        let tint = if action.stable { shared.palette.text } else { shared.palette.weak };
        ui.label(RichText::new(text).size(12.0).color(tint));
    }
    if results.action.is_some() && !state.track.rows().is_empty() {
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
            next: None,
        };
        let gesture = |label, score| FastRecord { head: Head::Gesture, subject: "right".into(), action: action(label, score) };
        let mut record = FrameRecord::new("clip", 0, Some(0), 640, 360);
        assert_eq!(said(&record), (None, None));
        record.fast = Some(vec![gesture("Open", 0.5), gesture("Stop", 0.9)]);
        assert_eq!(said(&record).0.map(|a| a.label.as_str()), Some("Stop"));
        record.action = Some(action("pour milk", 0.1));
        assert!(matches!(said(&record), (Some(a), None) if a.label == "pour milk"));
    }
}
