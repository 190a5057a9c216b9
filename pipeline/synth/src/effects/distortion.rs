//! Radial lens distortion (Brown 1966; k1 and k2 as in OpenCV).

use ego_core::camera::Intrinsics;

/// Radial distortion of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distortion {
    /// Coefficients of r^2 and r^4, r in focal lengths.
    pub k: [f64; 2],
}

impl Distortion {
    /// The distortion with these coefficients, weakened where it cannot be: a strong barrel never reaches the corners of a wide
    /// picture. The same for a camera whatever the size of its picture.
    pub fn of(coefficients: [f32; 2], k: &Intrinsics) -> Distortion {
        let wanted = coefficients.map(f64::from);
        let (w, h) = (f64::from(k.width), f64::from(k.height));
        [1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1]
            .into_iter()
            .map(|share| Distortion { k: wanted.map(|c| c * share) })
            .find(|d| {
                [[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]].into_iter().all(|corner| {
                    let ideal = d.ideal_px(k, corner);
                    let back = d.distorted_px(k, ideal);
                    let stretch = (ideal[0] - k.cx).hypot(ideal[1] - k.cy) / (corner[0] - k.cx).hypot(corner[1] - k.cy).max(1e-9);
                    (back[0] - corner[0]).hypot(back[1] - corner[1]) < 1e-3 * w && stretch < 1.4
                })
            })
            .unwrap_or_default()
    }

    /// Where a point of the ideal pinhole picture (pixels) is seen in the distorted one.
    pub fn distorted_px(&self, k: &Intrinsics, px: [f64; 2]) -> [f64; 2] {
        let (x, y) = ((px[0] - k.cx) / k.fx, (px[1] - k.cy) / k.fy);
        let r2 = x * x + y * y;
        let m = 1.0 + r2 * (self.k[0] + r2 * self.k[1]);
        [k.fx * x * m + k.cx, k.fy * y * m + k.cy]
    }

    /// Where a point of the ideal pinhole picture is seen; `None` so far out that the lens never shows it.
    pub fn seen_px(&self, k: &Intrinsics, px: [f64; 2]) -> Option<[f64; 2]> {
        let seen = self.distorted_px(k, px);
        let back = self.ideal_px(k, seen);
        (libm::hypot(back[0] - px[0], back[1] - px[1]) < 0.05).then_some(seen)
    }

    /// The point of the ideal picture that is seen at this pixel of the distorted one.
    pub fn ideal_px(&self, k: &Intrinsics, px: [f64; 2]) -> [f64; 2] {
        let (x, y) = ((px[0] - k.cx) / k.fx, (px[1] - k.cy) / k.fy);
        let (mut u, mut v) = (x, y);
        for _ in 0..12 {
            let r2 = u * u + v * v;
            let m = 1.0 + r2 * (self.k[0] + r2 * self.k[1]);
            (u, v) = (x / m, y / m);
        }
        [k.fx * u + k.cx, k.fy * v + k.cy]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_barrel_is_weakened_alike_at_every_size() {
        let wide = Intrinsics::from_hfov(98.0, 640, 360);
        let d = Distortion::of([-0.12, 0.0], &wide);
        assert!(d.k[0] < 0.0 && d.k[0] > -0.12, "{d:?}");
        assert_eq!(d, Distortion::of([-0.12, 0.0], &Intrinsics::from_hfov(98.0, 256, 144)));
        let narrow = Intrinsics::from_hfov(60.0, 640, 360);
        assert_eq!(Distortion::of([-0.12, 0.0], &narrow).k[0], f64::from(-0.12f32));
    }

    #[test]
    fn there_and_back_is_the_same_pixel() {
        let k = Intrinsics::from_hfov(75.0, 640, 360);
        for d in [Distortion { k: [-0.12, 0.02] }, Distortion { k: [0.02, -0.01] }, Distortion::default()] {
            for px in [[0.0, 0.0], [320.0, 180.0], [600.0, 20.0], [100.0, 350.0]] {
                let back = d.ideal_px(&k, d.distorted_px(&k, px));
                assert!((back[0] - px[0]).abs() < 0.01 && (back[1] - px[1]).abs() < 0.01, "{px:?} came back as {back:?}");
            }
        }
    }
}
