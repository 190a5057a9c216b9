//! Where the hands in space are seen from.

use ego_core::camera::Intrinsics;
use egui::{Pos2, Rect, Vec2, pos2};

/// Views that one key goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EyeView {
    /// From behind, above and to the right of the head.
    #[default]
    Angle,
    /// From in front, towards the wearer.
    Front,
    /// From above.
    Top,
    /// From the right.
    Side,
    /// The camera's own.
    FirstPerson,
    /// Wherever the person has turned it.
    Free,
}

impl EyeView {
    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            EyeView::Angle => "angle",
            EyeView::Front => "front",
            EyeView::Top => "top",
            EyeView::Side => "side",
            EyeView::FirstPerson => "first person",
            EyeView::Free => "free",
        }
    }
}

/// An eye that looks at the hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eye {
    /// Which view it is.
    pub view: EyeView,
    /// Turn around the vertical axis, radians; 0 looks the way the camera does.
    pub yaw: f32,
    /// Turn downwards, radians.
    pub pitch: f32,
    /// Distance from what it looks at, metres.
    pub distance: f32,
    /// What it looks at, from the middle of the hands, metres.
    pub offset: [f32; 3],
}

impl Default for Eye {
    fn default() -> Eye {
        Eye::of(EyeView::Angle)
    }
}

impl Eye {
    /// One of the fixed views.
    pub fn of(view: EyeView) -> Eye {
        use std::f32::consts::{FRAC_PI_2, PI};
        let (yaw, pitch, distance) = match view {
            EyeView::Angle | EyeView::Free => (-0.55, 0.45, 0.8),
            EyeView::Front => (PI, 0.1, 0.9),
            EyeView::Top => (0.0, FRAC_PI_2 - 0.01, 0.9),
            EyeView::Side => (-FRAC_PI_2, 0.05, 0.9),
            EyeView::FirstPerson => (0.0, 0.0, 0.0),
        };
        Eye { view, yaw, pitch, distance, offset: [0.0; 3] }
    }

    /// The next fixed view.
    #[must_use]
    pub fn next(&self) -> Eye {
        Eye::of(match self.view {
            EyeView::Angle => EyeView::Front,
            EyeView::Front => EyeView::Top,
            EyeView::Top => EyeView::Side,
            EyeView::Side => EyeView::FirstPerson,
            EyeView::FirstPerson | EyeView::Free => EyeView::Angle,
        })
    }

    /// Turned by a drag of so many points.
    pub fn turn(&mut self, by: Vec2) {
        if self.view == EyeView::FirstPerson {
            *self = Eye::of(EyeView::Angle);
        }
        self.view = EyeView::Free;
        self.yaw += by.x * 0.01;
        self.pitch = (self.pitch + by.y * 0.01).clamp(-1.5, 1.56);
    }

    /// Nearer or further by a factor.
    pub fn dolly(&mut self, factor: f32) {
        if self.view != EyeView::FirstPerson {
            self.distance = (self.distance * factor).clamp(0.15, 5.0);
        }
    }

    /// Moved sideways and up by a drag of so many points in a panel of this height.
    pub fn pan(&mut self, by: Vec2, height: f32) {
        if self.view == EyeView::FirstPerson {
            return;
        }
        let [right, down, _] = axes(self.yaw, self.pitch);
        let metres = self.distance / height.max(1.0);
        for (offset, (right, down)) in self.offset.iter_mut().zip(right.into_iter().zip(down)) {
            *offset -= metres * (by.x * right + by.y * down);
        }
    }
}

/// Right, down and forward of an eye.
fn axes(yaw: f32, pitch: f32) -> [[f32; 3]; 3] {
    let (sy, cy, sp, cp) = (yaw.sin(), yaw.cos(), pitch.sin(), pitch.cos());
    let forward = [sy * cp, sp, cy * cp];
    let right = [cy, 0.0, -sy];
    // forward x right, which for a level eye is straight down.
    let down = [
        forward[1] * right[2] - forward[2] * right[1],
        forward[2] * right[0] - forward[0] * right[2],
        forward[0] * right[1] - forward[1] * right[0],
    ];
    [right, down, forward]
}

/// From metres to points on the screen.
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    position: [f32; 3],
    axes: [[f32; 3]; 3],
    focal: Vec2,
    centre: Pos2,
}

/// Nearer than this nothing is drawn, metres.
const NEAR: f32 = 0.02;

impl Projection {
    /// An eye that looks at `target` from a panel of the screen; the first person sees through `camera`.
    pub fn new(eye: &Eye, panel: Rect, camera: &Intrinsics, target: [f32; 3]) -> Projection {
        let (axes, focal, centre, position);
        if eye.view == EyeView::FirstPerson {
            let view = crate::paint::PictureView::new(panel, Vec2::new(camera.width as f32, camera.height as f32), 1.0, [0.5, 0.5], false);
            (axes, position) = ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0.0; 3]);
            focal = Vec2::new(camera.fx as f32, camera.fy as f32) * view.scale();
            centre = view.to_screen([camera.cx as f32, camera.cy as f32]);
        } else {
            axes = self::axes(eye.yaw, eye.pitch);
            let forward = axes[2];
            position = std::array::from_fn(|i| target[i] + eye.offset[i] - eye.distance * forward[i]);
            focal = Vec2::splat(1.25 * panel.size().min_elem());
            centre = panel.center();
        }
        Projection { position, axes, focal, centre }
    }

    /// Place on the screen and distance along the view; `None` behind the eye.
    pub fn project(&self, m: [f32; 3]) -> Option<(Pos2, f32)> {
        let from: [f32; 3] = std::array::from_fn(|i| m[i] - self.position[i]);
        let along = |axis: &[f32; 3]| axis.iter().zip(from).map(|(a, b)| a * b).sum::<f32>();
        let [x, y, z] = [&self.axes[0], &self.axes[1], &self.axes[2]].map(along);
        (z > NEAR && z.is_finite()).then(|| (pos2(self.centre.x + self.focal.x * x / z, self.centre.y + self.focal.y * y / z), z))
    }

    /// Points that a length in metres has at a distance.
    pub fn size(&self, metres: f32, distance: f32) -> f32 {
        metres * self.focal.y / distance.max(NEAR)
    }

    /// Where the axes of the camera point on the screen, for a unit of one point.
    pub fn directions(&self) -> [Vec2; 3] {
        [0, 1, 2].map(|axis| Vec2::new(self.axes[0][axis], self.axes[1][axis]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    fn projected(view: EyeView, m: [f32; 3]) -> Vec2 {
        let panel = Rect::from_min_size(Pos2::ZERO, vec2(200.0, 200.0));
        let camera = Intrinsics::from_hfov(60.0, 640, 360);
        let projection = Projection::new(&Eye::of(view), panel, &camera, [0.0, 0.0, 0.5]);
        projection.project(m).expect("in front").0 - panel.center()
    }

    #[test]
    fn fixed_views_are_what_their_names_say() {
        // A point to the right of the wearer.
        assert!(projected(EyeView::Angle, [0.2, 0.0, 0.5]).x > 1.0);
        assert!(projected(EyeView::Front, [0.2, 0.0, 0.5]).x < -1.0);
        // From above, what is further away from the wearer is higher up.
        assert!(projected(EyeView::Top, [0.0, 0.0, 0.7]).y < -1.0);
        // From the right, the wearer looks to the left or right, and down stays down.
        assert!(projected(EyeView::Side, [0.0, 0.2, 0.5]).y > 1.0);
        assert!(projected(EyeView::Side, [0.0, 0.0, 0.7]).x.abs() > 1.0);
        assert!(projected(EyeView::Angle, [0.0, 0.2, 0.5]).y > 1.0);
    }

    #[test]
    fn one_key_goes_through_all_views() {
        let mut eye = Eye::default();
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(eye.view.name());
            eye = eye.next();
        }
        assert_eq!(seen, ["angle", "front", "top", "side", "first person"]);
        assert_eq!(eye, Eye::default());
        eye.turn(vec2(10.0, 1e6));
        assert!(eye.view == EyeView::Free && eye.pitch < 1.57);
    }
}
