//! A rigged hand as files give it, brought to one form: points in the file's own space and unit, weights by part of the hand.

use super::Trouble;
use crate::mesh::vec3::{V3, v3};

/// Parts that weights are told apart by: fore-arm, hand, and three bones of each finger.
pub(super) const PARTS: usize = 17;
/// The fore-arm.
pub(super) const ARM: usize = 0;
/// Everything from the wrist to the bases of the fingers.
pub(super) const PALM: usize = 1;

/// Part of a finger (0 thumb .. 4 little), bone `0..3` from its base.
pub(super) const fn part(finger: usize, bone: usize) -> usize {
    2 + 3 * finger + bone
}

/// A hand before it is bound to the skeleton of this crate.
#[derive(Clone, Debug, Default)]
pub(super) struct Rigged {
    /// Places of the skin in the file's space.
    pub(super) points: Vec<V3>,
    /// Counter-clockwise from outside.
    pub(super) triangles: Vec<[u32; 3]>,
    /// Shares of each part in each point, adding up to one.
    pub(super) weights: Vec<[f32; PARTS]>,
    /// The wrist.
    pub(super) wrist: V3,
    /// Joints of thumb .. little finger from the base; the last one only tells where the end bone points.
    pub(super) joints: [[V3; 4]; 5],
    /// The elbow, when the mesh has a fore-arm.
    pub(super) elbow: Option<V3>,
    /// Whether it is a left hand; unknown when no name says so.
    pub(super) left: Option<bool>,
}

impl Rigged {
    /// Keeps what lies mostly on the hand: `outside` is the share of other bones in each point. Welds equal points.
    pub(super) fn trimmed(mut self, outside: &[f32]) -> Result<Rigged, Trouble> {
        let sums: Vec<f32> = self.weights.iter().map(|w| w.iter().sum()).collect();
        let kept = |i: u32| sums.get(i as usize).zip(outside.get(i as usize)).is_some_and(|(s, o)| *s > 1e-6 && s > o);
        let mut slots = vec![u32::MAX; self.points.len()];
        let mut seen = std::collections::HashMap::new();
        let (mut points, mut weights, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
        for t in &self.triangles {
            if !t.iter().all(|&i| kept(i)) {
                continue;
            }
            let welded = t.map(|i| {
                let i = i as usize;
                if slots[i] == u32::MAX {
                    let p = self.points[i];
                    slots[i] = *seen.entry([p.x, p.y, p.z].map(f32::to_bits)).or_insert_with(|| {
                        points.push(p);
                        weights.push(self.weights[i].map(|w| w / sums[i]));
                        points.len() as u32 - 1
                    });
                }
                slots[i]
            });
            if welded[0] != welded[1] && welded[1] != welded[2] && welded[2] != welded[0] {
                triangles.push(welded);
            }
        }
        if triangles.len() < 20 {
            return Err(Trouble::new(
                format!("only {} triangles hang on the bones of a hand", triangles.len()),
                "export the mesh with its skin weights",
            ));
        }
        (self.points, self.weights, self.triangles) = (points, weights, triangles);
        Ok(self)
    }

    /// The right hand of the pair.
    pub(super) fn right(mut self) -> Rigged {
        if self.left.unwrap_or_else(|| self.looks_left()) {
            let flip = |p: &mut V3| *p = v3(-p.x, p.y, p.z);
            self.points.iter_mut().for_each(flip);
            self.joints.iter_mut().flatten().for_each(flip);
            flip(&mut self.wrist);
            self.elbow.iter_mut().for_each(flip);
            self.triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
        self.left = Some(false);
        self
    }

    /// Towards the palm, were it a right hand.
    pub(super) fn palm_of_right(&self) -> V3 {
        (self.joints[1][0] - self.wrist).cross(self.joints[4][0] - self.wrist).unit()
    }

    /// Told by the side to which fingers curl and the thumb lies.
    fn looks_left(&self) -> bool {
        let palm = self.palm_of_right();
        let curl: f32 = self.joints[1..]
            .iter()
            .map(|j| {
                let along = (j[1] - j[0]).unit();
                let reach = j[3] - j[0];
                (reach - along * reach.dot(along)).dot(palm)
            })
            .sum();
        curl + 0.5 * (self.joints[0][1] - self.wrist).dot(palm) < 0.0
    }
}
