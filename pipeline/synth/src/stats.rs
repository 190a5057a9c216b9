//! Counts over many clips: what `ego synth --stats` prints.

use std::collections::BTreeMap;

use ego_core::hands::Side;

use crate::cast::{ACTIONS, Action, action_name};
use crate::clip::Clip;
use crate::moment::{Moment, Owner};
use crate::space::{Vec3, origin};
use crate::truth::Truth;

/// Bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower end of the first bin.
    pub low: f64,
    /// Width of a bin.
    pub width: f64,
    /// Counts; values beyond the ends fall into the first or last bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    fn new(low: f64, high: f64, bins: usize) -> Histogram {
        Histogram { low, width: (high - low) / bins as f64, counts: vec![0; bins] }
    }

    fn add(&mut self, value: f64) {
        if value.is_finite() && !self.counts.is_empty() {
            let bin = ((value - self.low) / self.width).clamp(0.0, (self.counts.len() - 1) as f64) as usize;
            self.counts[bin] += 1;
        }
    }

    /// Number of values.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Key of verb-object pairs outside the 36 in the tables of [`Stats`]; 0 is background.
pub const UNSEEN: u32 = ACTIONS as u32 + 1;

/// What a set of clips holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// Clips looked at.
    pub clips: u64,
    /// Frames looked at.
    pub frames: u64,
    /// Labelled stretches by action number or [`UNSEEN`].
    pub actions: BTreeMap<u32, u64>,
    /// Frames by action number or [`UNSEEN`]; 0 is background.
    pub action_frames: BTreeMap<u32, u64>,
    /// Clips led by the left and by the right hand.
    pub main: [u64; 2],
    /// Frames in which the wearer's left and right hand are present.
    pub present: [u64; 2],
    /// Pace of clips, 1 = everyday.
    pub pace: Histogram,
    /// Distance from camera to wrist of present hands, metres.
    pub wrist_distance_m: Histogram,
    /// Speed of present wrists in the world, metres per second.
    pub wrist_speed_m_s: Histogram,
    /// Angle of the camera's axis below the horizon, degrees.
    pub camera_pitch_deg: Histogram,
    /// Angle between the back of a present hand and the direction to the camera, degrees: 0 shows the back, 180 the palm.
    pub hand_view_deg: Histogram,
    /// Skin tones of wearers, 0 light .. 1 dark.
    pub skin_tone: Histogram,
    /// Hand lengths of wearers, metres.
    pub hand_length_m: Histogram,
    /// Clips with gloves and with a bystander.
    pub gloves: u64,
    /// Clips with somebody else at the table.
    pub bystanders: u64,
}

fn key(action: Action) -> u32 {
    action.id().unwrap_or(UNSEEN)
}

impl Default for Stats {
    fn default() -> Stats {
        Stats {
            clips: 0,
            frames: 0,
            actions: BTreeMap::new(),
            action_frames: BTreeMap::new(),
            main: [0; 2],
            present: [0; 2],
            pace: Histogram::new(0.4, 2.0, 8),
            wrist_distance_m: Histogram::new(0.2, 0.8, 12),
            wrist_speed_m_s: Histogram::new(0.0, 1.2, 12),
            camera_pitch_deg: Histogram::new(20.0, 80.0, 12),
            hand_view_deg: Histogram::new(0.0, 180.0, 9),
            skin_tone: Histogram::new(0.0, 1.0, 8),
            hand_length_m: Histogram::new(0.12, 0.22, 10),
            gloves: 0,
            bystanders: 0,
        }
    }
}

impl Stats {
    /// Counts a clip, looking at every `stride`th frame (0 counts as 1).
    pub fn add(&mut self, clip: &Clip, stride: u64) {
        self.clips += 1;
        for label in clip.labels().iter().filter(|l| l.asked) {
            *self.actions.entry(key(label.action)).or_default() += 1;
        }
        self.main[usize::from(clip.main() == Side::Right)] += 1;
        self.pace.add(clip.speed());
        let recipe = clip.recipe();
        self.skin_tone.add(f64::from(recipe.wearer.skin_tone));
        self.gloves += u64::from(recipe.wearer.glove.is_some());
        for frame in (0..clip.frames()).step_by(stride.max(1) as usize) {
            self.frame(clip, &clip.moment(frame), frame == 0);
        }
    }

    fn frame(&mut self, clip: &Clip, moment: &Moment, first: bool) {
        self.frames += 1;
        let truth = Truth::of_moment(clip, moment);
        *self.action_frames.entry(truth.action.map_or(0, key)).or_default() += 1;
        if first {
            self.bystanders += u64::from(moment.hands.iter().any(|h| h.owner == Owner::Bystander));
            if let Some(h) = moment.hands.first() {
                self.hand_length_m.add(h.anatomy.length_m);
            }
        }
        let eyes = origin(&truth.world_from_camera);
        let ahead = truth.world_from_camera.rotation * Vec3::z();
        self.camera_pitch_deg.add(libm::asin(-ahead.z.clamp(-1.0, 1.0)).to_degrees());
        for (h, state) in truth.hands.iter().zip(&moment.hands).filter(|(h, _)| h.owner == Owner::Wearer && h.present) {
            self.present[usize::from(h.side == Side::Right)] += 1;
            let wrist = state.pose.joints_m[0];
            self.wrist_distance_m.add((wrist - eyes).norm());
            let back = state.pose.bones[0].rotation * Vec3::z();
            let cos = crate::space::unit(eyes - wrist).dot(&back).clamp(-1.0, 1.0);
            self.hand_view_deg.add(libm::acos(cos).to_degrees());
            let step = 0.5 / clip.fps();
            let at = |t: f64| clip.wrist_pose(h.side, t).map_or(wrist, |p| origin(&p));
            let speed = (at(moment.time_s + step) - at(moment.time_s - step)).norm() * clip.fps();
            self.wrist_speed_m_s.add(speed);
        }
    }

    /// Largest deviation of an action's or a leading hand's share from an even one, as a share of the even one: 0 is balanced.
    pub fn imbalance(&self) -> f64 {
        let uneven = |counts: &[u64]| {
            let mean = counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64;
            if mean == 0.0 { 0.0 } else { counts.iter().map(|c| (*c as f64 / mean - 1.0).abs()).fold(0.0, f64::max) }
        };
        let actions: Vec<u64> = self.actions.values().copied().collect();
        uneven(&actions).max(uneven(&self.main))
    }

    /// Counts of several workers together.
    pub fn merge(&mut self, other: &Stats) {
        self.clips += other.clips;
        self.frames += other.frames;
        self.gloves += other.gloves;
        self.bystanders += other.bystanders;
        for (mine, theirs) in [(&mut self.actions, &other.actions), (&mut self.action_frames, &other.action_frames)] {
            for (k, v) in theirs {
                *mine.entry(*k).or_default() += v;
            }
        }
        for k in 0..2 {
            self.main[k] += other.main[k];
            self.present[k] += other.present[k];
        }
        let pairs = [
            (&mut self.pace, &other.pace),
            (&mut self.wrist_distance_m, &other.wrist_distance_m),
            (&mut self.wrist_speed_m_s, &other.wrist_speed_m_s),
            (&mut self.camera_pitch_deg, &other.camera_pitch_deg),
            (&mut self.hand_view_deg, &other.hand_view_deg),
            (&mut self.skin_tone, &other.skin_tone),
            (&mut self.hand_length_m, &other.hand_length_m),
        ];
        for (mine, theirs) in pairs {
            mine.counts.iter_mut().zip(&theirs.counts).for_each(|(a, b)| *a += b);
        }
    }
}

impl std::fmt::Display for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let total = self.total().max(1) as f64;
        for (k, count) in self.counts.iter().enumerate() {
            let low = self.low + self.width * k as f64;
            write!(f, "{}{low:.3}: {:.1} %", if k > 0 { "  " } else { "" }, 100.0 * *count as f64 / total)?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Stats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "clips {}, frames {}, largest imbalance {:.1} %", self.clips, self.frames, 100.0 * self.imbalance())?;
        writeln!(
            f,
            "led by left {}, right {}; hands present left {}, right {} frames",
            self.main[0], self.main[1], self.present[0], self.present[1]
        )?;
        writeln!(f, "gloves {} clips, bystander {} clips", self.gloves, self.bystanders)?;
        for (name, histogram) in [
            ("pace", &self.pace),
            ("wrist distance, m", &self.wrist_distance_m),
            ("wrist speed, m/s", &self.wrist_speed_m_s),
            ("camera pitch, deg", &self.camera_pitch_deg),
            ("hand view (0 back .. 180 palm), deg", &self.hand_view_deg),
            ("skin tone", &self.skin_tone),
            ("hand length, m", &self.hand_length_m),
        ] {
            writeln!(f, "{name}: {histogram}")?;
        }
        for (id, count) in &self.actions {
            let name = if *id == UNSEEN { "unseen pair".to_owned() } else { action_name(*id) };
            let frames = self.action_frames.get(id).copied().unwrap_or(0);
            writeln!(f, "{id:>3} {name:<22} {count:>6} times, {frames:>8} frames")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use crate::split::Split;

    #[test]
    fn the_default_set_is_balanced_and_parts_add_up() {
        let (mut whole, mut halves) = (Stats::default(), [Stats::default(), Stats::default()]);
        for index in 0..72 {
            let (seed, script) = Split::Train.clip(4, index, &Script::default());
            let clip = Clip::new(seed, &script).expect("playable");
            whole.add(&clip, 15);
            halves[(index % 2) as usize].add(&clip, 15);
        }
        let [mut sum, other] = halves;
        sum.merge(&other);
        assert_eq!(sum, whole);
        assert_eq!(whole.clips, 72);
        assert!(whole.imbalance() < 0.05, "{whole}");
        assert_eq!(whole.actions.len(), 36, "every clip has its label: {:?}", whole.actions);
        let text = whole.to_string();
        assert!(text.contains("take out cappuccino") && text.contains("wrist distance"));
    }
}
