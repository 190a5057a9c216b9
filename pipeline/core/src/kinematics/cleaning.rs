//! Algorithm 1 of HAPTICS: one unit for x and y, 13 joints without the head, refusal of frames without neck or hips, filling of
//! missing joints from the frame before.
//!
//! Joints are those of `BodyLayout::Body13`. Input is in units of the picture's width for both axes; NaN marks a missing joint.

use super::geometry::{P3, distance};

/// Number of joints.
pub(super) const JOINTS: usize = 13;
/// Index of the neck.
pub(super) const NECK: usize = 0;
/// Indices of the hips, right and left.
pub(super) const HIPS: [usize; 2] = [7, 10];

/// Coordinates beyond this many picture widths are no people but damaged numbers.
const BEYOND: f64 = 20.0;
/// A body lower than this, in picture widths, has no size to divide by.
const MIN_HEIGHT: f64 = 1e-3;

/// A standing person, neck at the origin, in body heights (neck to middle of the hips): fills joints that were never seen.
/// Proportions after Winter, Biomechanics and Motor Control of Human Movement, segment lengths as shares of stature.
const STANDING: [[f64; 2]; JOINTS] = [
    [0.0, 0.0],
    [-0.36, 0.04],
    [-0.40, 0.60],
    [-0.40, 1.06],
    [0.36, 0.04],
    [0.40, 0.60],
    [0.40, 1.06],
    [-0.2, 1.0],
    [-0.2, 1.78],
    [-0.2, 2.56],
    [0.2, 1.0],
    [0.2, 1.78],
    [0.2, 2.56],
];

/// Why a frame of a body was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No joint at all.
    #[error("there is no skeleton")]
    Empty,
    /// The reference joint is missing.
    #[error("the neck is missing")]
    NoNeck,
    /// Both hips are missing, so there is no body height.
    #[error("both hips are missing")]
    NoHips,
    /// Neck and hips coincide.
    #[error("the body has no height")]
    NoHeight,
    /// A coordinate is infinite or beyond any picture.
    #[error("a coordinate is not finite")]
    NotFinite,
}

/// A body without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanBody {
    /// All 13 joints, picture widths.
    pub joints: [[f64; 2]; JOINTS],
    /// Which of them were filled in.
    pub filled: [bool; JOINTS],
    /// Neck to middle of the hips, picture widths.
    pub height: f64,
}

/// The cleaning of one person's frames, which must come in order.
#[derive(Clone, Debug, Default)]
pub struct BodyCleaner {
    previous: Option<CleanBody>,
}

impl BodyCleaner {
    /// Forgets the frame before.
    pub fn reset(&mut self) {
        self.previous = None;
    }

    /// Checks a frame and fills its gaps; NaN in either coordinate = missing.
    ///
    /// A missing joint keeps its place relative to the neck, scaled by the body height now over the height then. Where the frame
    /// before does not exist, a standing person of this height stands in.
    ///
    /// # Errors
    /// When the frame cannot be used; the next frame then starts without a predecessor.
    pub fn clean(&mut self, joints: &[[f64; 2]; JOINTS]) -> Result<CleanBody, Rejection> {
        let cleaned = self.checked(joints);
        self.previous = cleaned.as_ref().ok().cloned();
        cleaned
    }

    fn checked(&self, joints: &[[f64; 2]; JOINTS]) -> Result<CleanBody, Rejection> {
        if joints.iter().flatten().any(|v| v.is_infinite() || v.abs() > BEYOND) {
            return Err(Rejection::NotFinite);
        }
        let seen = joints.map(|[x, y]| !x.is_nan() && !y.is_nan());
        if !seen.contains(&true) {
            return Err(Rejection::Empty);
        }
        if !seen[NECK] {
            return Err(Rejection::NoNeck);
        }
        let hips: Vec<[f64; 2]> = HIPS.into_iter().filter(|h| seen[*h]).map(|h| joints[h]).collect();
        if hips.is_empty() {
            return Err(Rejection::NoHips);
        }
        let count = hips.len() as f64;
        let middle = hips.iter().fold([0.0, 0.0], |m, h| [m[0] + h[0] / count, m[1] + h[1] / count]);
        let neck = joints[NECK];
        let height = distance(flat(neck), flat(middle));
        if height < MIN_HEIGHT {
            return Err(Rejection::NoHeight);
        }
        let mut clean = CleanBody { joints: *joints, filled: seen.map(|s| !s), height };
        for (i, joint) in clean.joints.iter_mut().enumerate().filter(|(i, _)| !seen[*i]) {
            let offset = match &self.previous {
                Some(then) => {
                    let scale = height / then.height;
                    let (joint, neck) = (then.joints[i], then.joints[NECK]);
                    [(joint[0] - neck[0]) * scale, (joint[1] - neck[1]) * scale]
                }
                None => STANDING[i].map(|v| v * height),
            };
            *joint = [neck[0] + offset[0], neck[1] + offset[1]];
        }
        Ok(clean)
    }
}

fn flat([x, y]: [f64; 2]) -> P3 {
    [x, y, 0.0]
}

/// The 13 joints of an 18-joint OpenPose skeleton (nose, neck, right arm, left arm, right leg, left leg, eyes, ears); (0, 0) marks a
/// missing joint there.
///
/// `aspect` is the unit of y over the unit of x: height over width for coordinates divided by width and height, 1 for others.
pub fn from_openpose18(joints: &[[f64; 2]; 18], aspect: f64) -> [[f64; 2]; JOINTS] {
    std::array::from_fn(|i| match joints[i + 1] {
        [0.0, 0.0] => [f64::NAN; 2],
        [x, y] => [x, y * aspect],
    })
}

/// Where the joints after the neck are in MediaPipe's 33.
const OF_33: [usize; 12] = [12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27];

/// The 13 joints of MediaPipe's 33: the neck is the middle of the shoulders. The middle of the hips is no joint of its own.
pub fn from_body33(joints: &[[f32; 2]; 33]) -> [[f32; 2]; JOINTS] {
    let (right, left) = (joints[12], joints[11]);
    std::array::from_fn(|i| match i.checked_sub(1).and_then(|i| OF_33.get(i)) {
        Some(j) => joints[*j],
        None => [(right[0] + left[0]) / 2.0, (right[1] + left[1]) / 2.0],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT_WRIST: usize = 3;

    fn standing(neck: [f64; 2], height: f64) -> [[f64; 2]; JOINTS] {
        STANDING.map(|[x, y]| [neck[0] + x * height, neck[1] + y * height])
    }

    #[test]
    fn the_papers_example_a_hand_ten_pixels_right_of_the_neck_stays_there() {
        // In pixels of a picture 100 wide: 10 px = 0.1 widths.
        let mut cleaner = BodyCleaner::default();
        let mut first = standing([0.5, 0.2], 0.3);
        first[RIGHT_WRIST] = [0.6, 0.2];
        cleaner.clean(&first).unwrap();
        let mut second = standing([0.57, 0.25], 0.3);
        second[RIGHT_WRIST] = [f64::NAN; 2];
        let clean = cleaner.clean(&second).unwrap();
        assert!((clean.joints[RIGHT_WRIST][0] - 0.67).abs() < 1e-12 && (clean.joints[RIGHT_WRIST][1] - 0.25).abs() < 1e-12, "{clean:?}");
        assert_eq!(clean.filled.iter().filter(|f| **f).count(), 1);
    }

    #[test]
    fn a_filled_joint_grows_with_the_body() {
        let mut cleaner = BodyCleaner::default();
        cleaner.clean(&standing([0.5, 0.2], 0.2)).unwrap();
        let mut nearer = standing([0.5, 0.2], 0.4);
        nearer[9] = [f64::NAN; 2];
        let clean = cleaner.clean(&nearer).unwrap();
        let want = standing([0.5, 0.2], 0.4)[9];
        assert!((clean.joints[9][0] - want[0]).abs() < 1e-12 && (clean.joints[9][1] - want[1]).abs() < 1e-12);
    }

    #[test]
    fn one_hip_is_enough_and_a_frame_without_reference_is_refused() {
        let good = standing([0.5, 0.2], 0.3);
        let without = |gone: &[usize]| {
            let mut joints = good;
            gone.iter().for_each(|i| joints[*i] = [f64::NAN; 2]);
            BodyCleaner::default().clean(&joints)
        };
        assert!(without(&[7]).is_ok() && without(&[10, 11, 12]).is_ok());
        assert_eq!(without(&[0]), Err(Rejection::NoNeck));
        assert_eq!(without(&[7, 10]), Err(Rejection::NoHips));
        assert_eq!(without(&(0..13).collect::<Vec<_>>()), Err(Rejection::Empty));
        let mut infinite = good;
        infinite[4][1] = f64::INFINITY;
        assert_eq!(BodyCleaner::default().clean(&infinite), Err(Rejection::NotFinite));
        assert_eq!(BodyCleaner::default().clean(&[[0.5, 0.5]; 13]), Err(Rejection::NoHeight));
    }

    #[test]
    fn a_refused_frame_ends_the_memory() {
        let mut cleaner = BodyCleaner::default();
        let mut odd = standing([0.5, 0.2], 0.3);
        odd[RIGHT_WRIST] = [0.9, 0.1];
        cleaner.clean(&odd).unwrap();
        assert!(cleaner.clean(&[[f64::NAN; 2]; 13]).is_err());
        let mut gap = standing([0.5, 0.2], 0.3);
        gap[RIGHT_WRIST] = [f64::NAN; 2];
        let clean = cleaner.clean(&gap).unwrap();
        assert!((clean.joints[RIGHT_WRIST][0] - (0.5 - 0.4 * 0.3)).abs() < 1e-12, "the standing person stands in");
    }

    #[test]
    fn layouts_of_other_programs_become_13_joints() {
        let openpose: [[f64; 2]; 18] = std::array::from_fn(|i| [i as f64 + 1.0, 10.0 * i as f64]);
        let ours = from_openpose18(&openpose, 0.5);
        assert_eq!((ours[0], ours[12]), ([2.0, 5.0], [14.0, 65.0]));
        let mediapipe: [[f32; 2]; 33] = std::array::from_fn(|i| [i as f32, 0.0]);
        let ours = from_body33(&mediapipe).map(|p| p[0]);
        assert_eq!(ours, [11.5, 12.0, 14.0, 16.0, 11.0, 13.0, 15.0, 24.0, 26.0, 28.0, 23.0, 25.0, 27.0]);
    }
}
