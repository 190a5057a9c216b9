//! Hands against true hands: which were found, on which side, how far their joints are off.
//!
//! A found hand belongs to the true hand whose joints lie nearest in the picture, if their mean distance is less than half the true
//! hand's size; each to one, nearest pairs first. The size of a hand is the longer side of the box around its joints.
//! Joints that the truth calls outside (score 0) count nowhere.

use crate::hands::{JOINTS, Side};

/// Mean distance, in sizes of the true hand, from which on a hand is another one.
pub const FOUND_WITHIN: f64 = 0.5;
/// The usual share of a hand's size within which a joint counts as right: PCK@0.2.
pub const PCK_AT: f64 = 0.2;

/// A hand as truth or result has it.
#[derive(Clone, Debug, PartialEq)]
pub struct HandPose {
    /// The wearer's side; `Unknown` in the truth is somebody else's hand.
    pub side: Side,
    /// Joints, pixels.
    pub image_px: [[f32; 2]; JOINTS],
    /// Joints in camera space, metres.
    pub camera_m: Option<[[f32; 3]; JOINTS]>,
    /// 0 = outside or not known.
    pub joint_score: [f32; JOINTS],
}

impl HandPose {
    /// The longer side of the box around the joints that are known, pixels.
    pub fn size_px(&self) -> f64 {
        let mut lo = [f64::INFINITY; 2];
        let mut hi = [f64::NEG_INFINITY; 2];
        for (p, _) in self.known() {
            for axis in 0..2 {
                lo[axis] = lo[axis].min(p[axis]);
                hi[axis] = hi[axis].max(p[axis]);
            }
        }
        (hi[0] - lo[0]).max(hi[1] - lo[1]).max(0.0)
    }

    /// Joints that are known, with their numbers.
    fn known(&self) -> impl Iterator<Item = ([f64; 2], usize)> + '_ {
        let usable = |j: &usize| self.joint_score[*j] > 0.0 && self.image_px[*j].iter().all(|v| v.is_finite());
        (0..JOINTS).filter(usable).map(|j| (self.image_px[j].map(f64::from), j))
    }
}

/// Which hand is which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Index of the true hand, index of the found one.
    pub pairs: Vec<(usize, usize)>,
    /// True hands that were not found.
    pub missed: Vec<usize>,
    /// Found hands that are not there.
    pub invented: Vec<usize>,
}

/// Pairs true and found hands of one frame.
pub fn pair_hands(truth: &[HandPose], found: &[HandPose]) -> Pairs {
    let mut near: Vec<(f64, usize, usize)> = Vec::new();
    for (t, true_hand) in truth.iter().enumerate() {
        let size = true_hand.size_px();
        for (f, found_hand) in found.iter().enumerate() {
            let (n, sum) = distances_px(true_hand, found_hand).fold((0, 0.0), |(n, s), d| (n + 1, s + d));
            if n > 0 && sum / f64::from(n) < FOUND_WITHIN * size {
                near.push((sum / f64::from(n) / size, t, f));
            }
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut result = Pairs::default();
    for (_, t, f) in near {
        if result.pairs.iter().all(|(a, b)| *a != t && *b != f) {
            result.pairs.push((t, f));
        }
    }
    result.missed = (0..truth.len()).filter(|t| result.pairs.iter().all(|(a, _)| a != t)).collect();
    result.invented = (0..found.len()).filter(|f| result.pairs.iter().all(|(_, b)| b != f)).collect();
    result
}

fn distances_px<'a>(truth: &'a HandPose, found: &'a HandPose) -> impl Iterator<Item = f64> + 'a {
    truth.known().map(|(p, j)| {
        let q = found.image_px[j].map(f64::from);
        let d = (p[0] - q[0]).hypot(p[1] - q[1]);
        if d.is_finite() { d } else { f64::INFINITY }
    })
}

/// Counts and sums of one side over many frames; they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SideTally {
    /// True hands.
    pub present: u64,
    /// Of these, found as a hand of either side.
    pub found: u64,
    /// Of these, found with the right side.
    pub right_side: u64,
    /// Joints that were compared in the picture.
    pub joints: u64,
    /// Of these, within [`PCK_AT`] of the hand's size.
    pub joints_right: u64,
    /// Sum of their errors, pixels.
    pub error_px: f64,
    /// Hands that were compared in camera space.
    pub hands_3d: u64,
    /// Sum over them of the mean joint error, metres.
    pub error_m: f64,
    /// The same after both wrists were put on one point.
    pub error_relative_m: f64,
}

impl SideTally {
    /// Mean per-joint position error in camera space, metres: over hands that are present and found, as papers have it.
    pub fn mpjpe_m(&self) -> Option<f64> {
        (self.hands_3d > 0).then(|| self.error_m / self.hands_3d as f64)
    }

    /// The same relative to the wrist.
    pub fn relative_mpjpe_m(&self) -> Option<f64> {
        (self.hands_3d > 0).then(|| self.error_relative_m / self.hands_3d as f64)
    }

    /// Share of joints of found hands within [`PCK_AT`] of the hand's size.
    pub fn pck(&self) -> Option<f64> {
        (self.joints > 0).then(|| self.joints_right as f64 / self.joints as f64)
    }

    /// Mean error in the picture, pixels.
    pub fn mean_px(&self) -> Option<f64> {
        (self.joints > 0).then(|| self.error_px / self.joints as f64)
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &SideTally) {
        self.present += other.present;
        self.found += other.found;
        self.right_side += other.right_side;
        self.joints += other.joints;
        self.joints_right += other.joints_right;
        self.error_px += other.error_px;
        self.hands_3d += other.hands_3d;
        self.error_m += other.error_m;
        self.error_relative_m += other.error_relative_m;
    }

    fn compare(&mut self, truth: &HandPose, found: &HandPose) {
        let size = truth.size_px();
        for d in distances_px(truth, found).filter(|d| d.is_finite()) {
            self.joints += 1;
            self.joints_right += u64::from(d <= PCK_AT * size);
            self.error_px += d;
        }
        if let (Some(t), Some(f)) = (&truth.camera_m, &found.camera_m) {
            let joints: Vec<usize> = (0..JOINTS).filter(|j| truth.joint_score[*j] > 0.0).collect();
            if let Some((absolute, relative)) = mean_errors_m(t, f, &joints) {
                self.hands_3d += 1;
                self.error_m += absolute;
                self.error_relative_m += relative;
            }
        }
    }
}

/// Mean distance of these joints, as they are and with the wrists on one point, metres; `None` without joints or with numbers that are
/// not finite.
pub fn mean_errors_m(truth: &[[f32; 3]; JOINTS], found: &[[f32; 3]; JOINTS], joints: &[usize]) -> Option<(f64, f64)> {
    let difference = |j: usize| -> [f64; 3] { std::array::from_fn(|axis| f64::from(found[j][axis]) - f64::from(truth[j][axis])) };
    let root = difference(0);
    let norm = |d: [f64; 3]| d.iter().map(|v| v * v).sum::<f64>().sqrt();
    let n = joints.len() as f64;
    let absolute = joints.iter().map(|j| norm(difference(*j))).sum::<f64>() / n;
    let relative = joints.iter().map(|j| norm(std::array::from_fn(|axis| difference(*j)[axis] - root[axis]))).sum::<f64>() / n;
    (absolute.is_finite() && relative.is_finite()).then_some((absolute, relative))
}

/// Hands of many frames against the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HandTally {
    /// Frames that were compared.
    pub frames: u64,
    /// The wearer's left hands.
    pub left: SideTally,
    /// The wearer's right hands.
    pub right: SideTally,
    /// Somebody else's hands in view.
    pub bystanders: u64,
    /// Of these, reported as one of the wearer's.
    pub bystanders_taken: u64,
    /// Found hands where no hand is.
    pub invented: u64,
}

impl HandTally {
    /// Adds one frame.
    pub fn frame(&mut self, truth: &[HandPose], found: &[HandPose]) {
        self.frames += 1;
        let pairs = pair_hands(truth, found);
        self.invented += pairs.invented.len() as u64;
        for hand in truth {
            match hand.side {
                Side::Left => self.left.present += 1,
                Side::Right => self.right.present += 1,
                Side::Unknown => self.bystanders += 1,
            }
        }
        for (t, f) in pairs.pairs {
            let (true_hand, found_hand) = (&truth[t], &found[f]);
            let tally = match true_hand.side {
                Side::Left => &mut self.left,
                Side::Right => &mut self.right,
                Side::Unknown => {
                    self.bystanders_taken += u64::from(found_hand.side != Side::Unknown);
                    continue;
                }
            };
            tally.found += 1;
            tally.right_side += u64::from(found_hand.side == true_hand.side);
            tally.compare(true_hand, found_hand);
        }
    }

    /// Both sides together.
    pub fn both(&self) -> SideTally {
        let mut both = self.left;
        both.add(&self.right);
        both
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &HandTally) {
        self.frames += other.frames;
        self.left.add(&other.left);
        self.right.add(&other.right);
        self.bystanders += other.bystanders;
        self.bystanders_taken += other.bystanders_taken;
        self.invented += other.invented;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joints on a line of 100 px and 0.1 m, moved.
    fn hand(side: Side, dx_px: f32, dz_m: f32) -> HandPose {
        HandPose {
            side,
            image_px: std::array::from_fn(|j| [100.0 + 5.0 * j as f32 + dx_px, 50.0]),
            camera_m: Some(std::array::from_fn(|j| [0.005 * j as f32, 0.0, 0.5 + dz_m])),
            joint_score: [1.0; JOINTS],
        }
    }

    #[test]
    fn a_hand_moved_as_a_whole_has_that_error_and_none_relative_to_its_wrist() {
        let mut tally = HandTally::default();
        tally.frame(&[hand(Side::Left, 0.0, 0.0)], &[hand(Side::Left, 10.0, 0.03)]);
        let left = tally.left;
        assert_eq!((left.present, left.found, left.right_side, left.joints, left.joints_right), (1, 1, 1, 21, 21));
        assert!((left.mpjpe_m().expect("3d") - 0.03).abs() < 1e-7 && left.relative_mpjpe_m().expect("3d") < 1e-7);
        assert!((left.mean_px().expect("2d") - 10.0).abs() < 1e-6);
    }

    #[test]
    fn pck_counts_joints_within_a_fifth_of_the_hand() {
        // The hand is 100 px long: 20 px are right, 21 px are not.
        let mut found = hand(Side::Right, 20.0, 0.0);
        found.image_px[7][0] += 1.0;
        found.image_px[8][0] += 1.0;
        let mut tally = HandTally::default();
        tally.frame(&[hand(Side::Right, 0.0, 0.0)], &[found]);
        assert_eq!((tally.right.joints, tally.right.joints_right), (21, 19));
        assert_eq!(tally.right.pck(), Some(19.0 / 21.0));
    }

    #[test]
    fn found_missed_invented_and_confused_hands_are_told_apart() {
        let truth = [hand(Side::Left, 0.0, 0.0), hand(Side::Right, 400.0, 0.0), hand(Side::Unknown, 800.0, 0.0)];
        let found = [hand(Side::Right, 3.0, 0.0), hand(Side::Left, 801.0, 0.0), hand(Side::Right, 1500.0, 0.0)];
        let mut tally = HandTally::default();
        tally.frame(&truth, &found);
        assert_eq!((tally.left.present, tally.left.found, tally.left.right_side), (1, 1, 0), "found, on the wrong side");
        assert_eq!((tally.right.present, tally.right.found), (1, 0), "missed");
        assert_eq!((tally.bystanders, tally.bystanders_taken, tally.invented), (1, 1, 1));
        assert_eq!(pair_hands(&truth, &found).missed, [1]);
    }

    #[test]
    fn the_nearest_hand_is_the_one_and_each_serves_once() {
        let truth = [hand(Side::Left, 0.0, 0.0)];
        let pairs = pair_hands(&truth, &[hand(Side::Left, 30.0, 0.0), hand(Side::Left, 2.0, 0.0), hand(Side::Left, 51.0, 0.0)]);
        assert_eq!((pairs.pairs, pairs.invented), (vec![(0, 1)], vec![0, 2]));
    }

    #[test]
    fn joints_outside_the_picture_and_unknown_depth_count_nowhere() {
        let mut truth = hand(Side::Left, 0.0, 0.0);
        truth.joint_score[20] = 0.0;
        truth.image_px[20] = [f32::NAN; 2];
        let mut found = hand(Side::Left, 0.0, 0.0);
        found.image_px[20] = [9000.0, 9000.0];
        found.camera_m = None;
        let mut tally = HandTally::default();
        tally.frame(&[truth], &[found]);
        assert_eq!((tally.left.joints, tally.left.joints_right, tally.left.hands_3d, tally.left.mpjpe_m()), (20, 20, 0, None));
    }

    #[test]
    fn tallies_add_up() {
        let (mut a, mut b, mut whole) = (HandTally::default(), HandTally::default(), HandTally::default());
        let truth = [hand(Side::Left, 0.0, 0.0)];
        for (tally, dx) in [(&mut a, 4.0), (&mut b, 8.0)] {
            tally.frame(&truth, &[hand(Side::Left, dx, 0.01)]);
            whole.frame(&truth, &[hand(Side::Left, dx, 0.01)]);
        }
        a.add(&b);
        assert_eq!(a, whole);
        assert!((whole.both().mean_px().expect("some") - 6.0).abs() < 1e-6);
    }
}
