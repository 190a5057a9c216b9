//! The rest shape of a right hand and fore-arm: where its bones lie, and a distance field of its skin.
//!
//! Rest space, metres: origin at the wrist, y towards the fingers, z out of the back of the hand, x towards the little finger.
//! Breadths and lengths are those of a man of middle size (hand 190 mm long, 85 mm broad); people differ by scaling bones.

use super::polygonise::Field;
use super::vec3::{Affine, V3, smoothstep, v3};

/// Distance from the end of the tip joint to the skin, metres.
const TIP_SKIN: f32 = 0.0062;

/// A finger at rest: straight, with its frame at the base (y along it, z out of its back).
#[derive(Clone, Copy, Debug)]
pub struct FingerRest {
    /// Pose of the base joint; all joints of the finger lie on its y axis.
    pub frame: Affine,
    /// Lengths of the three bones, metres.
    pub bones: [f32; 3],
    /// Half breadth, metres.
    pub radius: f32,
    /// True for the thumb.
    pub thumb: bool,
}

impl FingerRest {
    /// Distance of the joint `0..=3` from the base along the finger, metres.
    pub fn station(&self, joint: usize) -> f32 {
        self.bones.iter().take(joint).sum()
    }

    /// Rest position of the joint `0..=3` (base to tip).
    pub fn joint(&self, joint: usize) -> V3 {
        self.frame.origin + self.frame.columns[1] * self.station(joint)
    }

    /// A point in the frame of the finger.
    #[inline]
    pub fn local(&self, p: V3) -> V3 {
        let q = p - self.frame.origin;
        v3(q.dot(self.frame.columns[0]), q.dot(self.frame.columns[1]), q.dot(self.frame.columns[2]))
    }

    /// Half breadth, height above and depth below the axis at `y` along the finger.
    fn section(&self, y: f32) -> (f32, f32, f32) {
        let [a, b, c] = self.bones;
        let stations = [0.0, 0.5 * a, a, a + 0.5 * b, a + b, a + b + 0.5 * c, a + b + c];
        let (w, up, down): ([f32; 7], [f32; 7], [f32; 7]) = if self.thumb {
            (
                [1.25, 1.15, 1.08, 0.94, 1.05, 1.06, 0.84],
                [1.1, 1.0, 0.98, 0.86, 0.90, 0.66, 0.50],
                [1.45, 1.35, 1.05, 1.02, 0.88, 0.98, 0.66],
            )
        } else {
            (
                [1.12, 0.99, 1.05, 0.93, 0.955, 0.90, 0.74],
                [1.12, 0.88, 0.99, 0.84, 0.82, 0.68, 0.50],
                [1.10, 1.10, 0.92, 1.02, 0.86, 0.96, 0.64],
            )
        };
        let mut i = 0;
        while i < 5 && y > stations[i + 1] {
            i += 1;
        }
        let t = smoothstep(stations[i], stations[i + 1], y);
        let mix = |k: &[f32; 7]| (k[i] + (k[i + 1] - k[i]) * t) * self.radius;
        (mix(&w), mix(&up), mix(&down))
    }

    /// Distance to the skin of this finger alone.
    fn distance(&self, p: V3) -> f32 {
        let l = self.local(p);
        let end = self.station(3) + TIP_SKIN;
        let (w, up, down) = self.section(l.y.clamp(0.0, self.station(3)));
        let depth = if l.z > 0.0 { up } else { down };
        let cap = 0.95 * self.radius;
        let over = if l.y < 0.0 { l.y / w } else { ((l.y - (end - cap)) / cap).max(0.0) };
        // A section between ellipse and rounded square is what fingers have.
        let (u, v) = ((l.x / w).abs(), (l.z / depth).abs());
        let flat = (u * u + v * v).sqrt();
        let square = (u.powi(4) + v.powi(4)).sqrt().sqrt();
        let ring = 0.7 * flat + 0.3 * square;
        ((ring * ring + over * over).sqrt() - 1.0) * w.min(depth)
    }
}

/// The bones of the rest hand.
#[derive(Clone, Copy, Debug)]
pub struct RestHand {
    /// Thumb, index, middle, ring, little.
    pub fingers: [FingerRest; 5],
}

/// The rest hand that every mesh here is built around.
pub fn rest_hand() -> RestHand {
    let finger = |origin: V3, spread_deg: f32, bones: [f32; 3], radius: f32| {
        let a = spread_deg.to_radians();
        let along = v3(libm::sinf(a), libm::cosf(a), -0.02);
        FingerRest { frame: Affine::looking(origin, along, v3(0.0, 0.0, 1.0)), bones, radius, thumb: false }
    };
    let thumb = FingerRest {
        frame: Affine::looking(v3(-0.0229, 0.0229, -0.0114), v3(-0.60, 0.74, -0.30), v3(-0.75, -0.35, 0.55)),
        bones: [0.0480, 0.0328, 0.0255],
        radius: 0.0113,
        thumb: true,
    };
    RestHand {
        fingers: [
            thumb,
            finger(v3(-0.0260, 0.0935, -0.0010), -8.0, [0.0414, 0.0233, 0.0184], 0.0092),
            finger(v3(-0.0021, 0.0935, 0.0026), -1.0, [0.0463, 0.0273, 0.0202], 0.0094),
            finger(v3(0.0197, 0.0863, 0.0), 7.0, [0.0430, 0.0267, 0.0201], 0.0089),
            finger(v3(0.0384, 0.0748, -0.0052), 16.0, [0.0340, 0.0188, 0.0185], 0.0080),
        ],
    }
}

/// Smooth minimum; `k` is the width of the seam in metres.
#[inline]
fn blend(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

fn round_cone(p: V3, a: V3, ra: f32, b: V3, rb: f32) -> f32 {
    let (pa, ba) = (p - a, b - a);
    let t = (pa.dot(ba) / ba.dot(ba)).clamp(0.0, 1.0);
    (pa - ba * t).norm() - (ra + (rb - ra) * t)
}

/// An ellipsoid whose y axis points along `along`.
fn ellipsoid(p: V3, frame: &Affine, radii: V3) -> f32 {
    let q = p - frame.origin;
    let l = v3(q.dot(frame.columns[0]) / radii.x, q.dot(frame.columns[1]) / radii.y, q.dot(frame.columns[2]) / radii.z);
    (l.norm() - 1.0) * radii.x.min(radii.y).min(radii.z)
}

/// The skin of the rest hand.
pub struct HandField {
    hand: RestHand,
    thenar: Affine,
    hypothenar: Affine,
}

impl HandField {
    /// The field around the bones of [`rest_hand`].
    pub fn new() -> HandField {
        let hand = rest_hand();
        let thumb = hand.fingers[0].frame.columns[1];
        HandField {
            hand,
            thenar: Affine::looking(v3(-0.024, 0.034, -0.0125), v3(thumb.x * 0.8, thumb.y, thumb.z * 0.4), v3(-0.3, 0.0, 1.0)),
            hypothenar: Affine::looking(v3(0.021, 0.034, -0.009), v3(0.16, 1.0, 0.0), v3(0.2, 0.0, 1.0)),
        }
    }

    /// Distance to the skin of one finger alone (0 thumb .. 4 little).
    pub fn finger_distance(&self, finger: usize, p: V3) -> f32 {
        self.hand.fingers[finger].distance(p)
    }

    fn palm(&self, p: V3) -> f32 {
        let f = &self.hand.fingers;
        let carpal = [v3(-0.013, 0.008, 0.000), v3(-0.004, 0.006, 0.0015), v3(0.005, 0.006, 0.0015), v3(0.013, 0.008, -0.001)];
        let head = [0.0128, 0.0126, 0.0118, 0.0108];
        let mut d = f32::INFINITY;
        for i in 0..4 {
            let bone = round_cone(p, carpal[i], 0.0145, f[i + 1].joint(0), head[i]);
            d = if i == 0 { bone } else { blend(d, bone, 0.012) };
        }
        // Pads: below the finger bases, of the thumb, of the little finger.
        let across = round_cone(p, f[1].joint(0) + v3(0.004, -0.006, -0.007), 0.0085, f[4].joint(0) + v3(-0.002, -0.002, -0.005), 0.0080);
        d = blend(d, across, 0.008);
        d = blend(d, ellipsoid(p, &self.thenar, v3(0.0165, 0.030, 0.0150)), 0.010);
        d = blend(d, ellipsoid(p, &self.hypothenar, v3(0.0155, 0.033, 0.0155)), 0.010);
        // Web of the thumb: a thin sheet from the thumb's metacarpal to that of the index finger.
        let thumb = &f[0];
        let near = |t: f32| thumb.frame.origin + thumb.frame.columns[1] * (t * thumb.bones[0]);
        let index = |t: f32| carpal[0].lerp(f[1].joint(0), t);
        d = blend(d, round_cone(p, near(0.55), 0.0085, index(0.55), 0.0085), 0.012);
        d = blend(d, round_cone(p, near(0.95), 0.0050, index(0.66), 0.0075), 0.014);
        // Webs between the fingers, a third up the first bone, on the palm's side.
        for i in 1..4 {
            let at = |k: usize| {
                let (q, t) = (&f[k], if k == 4 { 0.26 } else { 0.24 });
                q.frame.origin + q.frame.columns[1] * (t * q.bones[0]) - q.frame.columns[2] * 0.0022
            };
            d = blend(d, round_cone(p, at(i), 0.0072, at(i + 1), 0.0068), 0.006);
        }
        // Knuckles and tendons on the back.
        for i in 0..4 {
            let knuckle = f[i + 1].joint(0) + v3(0.0, -0.001, 0.0045);
            d = blend(d, (p - knuckle).norm() - 0.0090, 0.007);
            d = blend(
                d,
                round_cone(p, carpal[i] * 0.5 + v3(0.0, 0.004, 0.0125), 0.0022, f[i + 1].joint(0) + v3(0.0, -0.012, 0.0105), 0.0026),
                0.006,
            );
        }
        d
    }

    fn arm(&self, p: V3) -> f32 {
        // Half breadth and half thickness from the wrist to the elbow.
        let t = -p.y;
        let grow = smoothstep(0.0, 0.22, t);
        let w = 0.0270 - 0.0012 * smoothstep(-0.01, 0.025, t) + 0.0190 * grow;
        let h = 0.0185 + 0.0220 * grow;
        let ring = ((p.x / w).powi(2) + ((p.z + 0.001) / h).powi(2)).sqrt();
        let over = if p.y > 0.012 { (p.y - 0.012) / 0.022 } else { ((t - 0.28) / 0.02).max(0.0) };
        let tube = ((ring * ring + over * over).sqrt() - 1.0) * w.min(h).min(0.02);
        let ulna = (p - v3(0.0195, -0.014, 0.0095)).norm() - 0.0085;
        blend(tube, ulna, 0.010)
    }
}

impl Default for HandField {
    fn default() -> HandField {
        HandField::new()
    }
}

impl Field for HandField {
    fn distance(&self, p: V3) -> f32 {
        let mut d = if p.y < 0.125 && p.y > -0.06 { self.palm(p) } else { f32::INFINITY };
        if p.y < 0.05 {
            let arm = self.arm(p);
            d = if d.is_finite() { blend(d, arm, 0.018) } else { arm };
        }
        let mut fingers = f32::INFINITY;
        for (i, f) in self.hand.fingers.iter().enumerate() {
            // Far fingers need no shape: the distance to their axis is enough.
            let l = f.local(p);
            let rough = v3(l.x, l.y - l.y.clamp(0.0, f.station(3)), l.z).norm() - 1.6 * f.radius;
            let one = if rough > 0.02 { rough } else { f.distance(p) };
            fingers = if i == 0 { one } else { blend(fingers, one, 0.0012) };
        }
        if d.is_finite() { blend(d, fingers, 0.008) } else { fingers }
    }
}
