//! The pinhole camera: intrinsics, rays and projection.

/// Where intrinsics come from; published with every 3D result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntrinsicsSource {
    /// Guessed from a field of view.
    #[default]
    Guess,
    /// Given by the user as a property.
    Property,
    /// Read from a camera file.
    File,
    /// Known exactly (synthetic camera).
    Exact,
}

impl IntrinsicsSource {
    /// The word used in outputs.
    pub fn name(self) -> &'static str {
        match self {
            IntrinsicsSource::Guess => "guess",
            IntrinsicsSource::Property => "property",
            IntrinsicsSource::File => "file",
            IntrinsicsSource::Exact => "exact",
        }
    }

    /// The source with this name; anything else is `Guess`.
    pub fn from_name(name: &str) -> IntrinsicsSource {
        match name {
            "property" => IntrinsicsSource::Property,
            "file" => IntrinsicsSource::File,
            "exact" => IntrinsicsSource::Exact,
            _ => IntrinsicsSource::Guess,
        }
    }
}

/// Pinhole intrinsics in pixels of a picture of `width` x `height`; the middle of the first pixel is (0, 0).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intrinsics {
    /// Focal length along x, pixels.
    pub fx: f64,
    /// Focal length along y, pixels.
    pub fy: f64,
    /// Principal point x, pixels.
    pub cx: f64,
    /// Principal point y, pixels.
    pub cy: f64,
    /// Width of the picture these numbers are for.
    pub width: u32,
    /// Height of the picture these numbers are for.
    pub height: u32,
}

/// Why intrinsics cannot be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IntrinsicsError {
    /// A focal length is not a positive finite number.
    Focal(f64),
    /// The principal point is not finite.
    PrincipalPoint,
    /// The picture size is zero.
    Size,
    /// Made for another aspect ratio: (their width, their height, picture width, picture height).
    Aspect(u32, u32, u32, u32),
}

impl std::fmt::Display for IntrinsicsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IntrinsicsError::Focal(v) => write!(f, "focal length {v} is not a positive number of pixels"),
            IntrinsicsError::PrincipalPoint => write!(f, "the principal point is not a finite number of pixels"),
            IntrinsicsError::Size => write!(f, "the calibration names a picture of size zero"),
            IntrinsicsError::Aspect(cw, ch, w, h) => {
                write!(
                    f,
                    "the calibration is for {cw}x{ch}, which has another aspect ratio than the picture, {w}x{h}; give one for such pictures, or the field of view alone"
                )
            }
        }
    }
}

impl std::error::Error for IntrinsicsError {}

impl Intrinsics {
    /// A camera of this horizontal field of view (degrees, clamped to 10..170) with square pixels and a centred axis.
    pub fn from_hfov(hfov_deg: f64, width: u32, height: u32) -> Intrinsics {
        let half = hfov_deg.clamp(10.0, 170.0).to_radians() / 2.0;
        let f = f64::from(width) / 2.0 / half.tan();
        Intrinsics { fx: f, fy: f, cx: f64::from(width) / 2.0, cy: f64::from(height) / 2.0, width, height }
    }

    /// Refuses numbers that no camera has.
    ///
    /// # Errors
    /// When a focal length or the size is not positive, or a number is not finite.
    pub fn checked(self) -> Result<Intrinsics, IntrinsicsError> {
        for f in [self.fx, self.fy] {
            if !(f.is_finite() && f > 0.0) {
                return Err(IntrinsicsError::Focal(f));
            }
        }
        if !(self.cx.is_finite() && self.cy.is_finite()) {
            return Err(IntrinsicsError::PrincipalPoint);
        }
        if self.width == 0 || self.height == 0 {
            return Err(IntrinsicsError::Size);
        }
        Ok(self)
    }

    /// The same camera for a picture scaled to `width` x `height`.
    ///
    /// # Errors
    /// When the aspect ratio differs by more than 1 %: a crop cannot be told from a squeeze.
    pub fn scaled_to(self, width: u32, height: u32) -> Result<Intrinsics, IntrinsicsError> {
        if width == self.width && height == self.height {
            return Ok(self);
        }
        let (sx, sy) = (f64::from(width) / f64::from(self.width), f64::from(height) / f64::from(self.height));
        if (sx / sy - 1.0).abs() > 0.01 {
            return Err(IntrinsicsError::Aspect(self.width, self.height, width, height));
        }
        // Pixel centres are whole numbers, so the picture begins half a pixel before them.
        let (cx, cy) = ((self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5);
        Ok(Intrinsics { fx: self.fx * sx, fy: self.fy * sy, cx, cy, width, height })
    }

    /// Unit vector from the camera through a pixel.
    pub fn ray(&self, px: [f64; 2]) -> [f64; 3] {
        let (x, y) = ((px[0] - self.cx) / self.fx, (px[1] - self.cy) / self.fy);
        let n = (x * x + y * y + 1.0).sqrt();
        [x / n, y / n, 1.0 / n]
    }

    /// Pixel of a point in camera space (metres); `None` behind the camera.
    pub fn project(&self, m: [f64; 3]) -> Option<[f64; 2]> {
        (m[2] > 1e-9).then(|| [self.fx * m[0] / m[2] + self.cx, self.fy * m[1] / m[2] + self.cy])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ninety_degrees_means_focal_length_of_half_the_width() {
        let k = Intrinsics::from_hfov(90.0, 1280, 720);
        assert!((k.fx - 640.0).abs() < 1e-9 && (k.cx - 640.0).abs() < 1e-9 && (k.cy - 360.0).abs() < 1e-9, "{k:?}");
    }

    #[test]
    fn another_aspect_ratio_is_refused_and_the_same_one_scaled() {
        let k = Intrinsics { fx: 636.66, fy: 636.25, cx: 635.28, cy: 366.87, width: 1280, height: 720 };
        assert_eq!(k.scaled_to(640, 480), Err(IntrinsicsError::Aspect(1280, 720, 640, 480)));
        let half = k.scaled_to(640, 360).expect("same aspect");
        assert!((half.fx - 318.33).abs() < 1e-9 && (half.cy - 183.185).abs() < 1e-9, "{half:?}");
        // The edge of the picture, half a pixel before the first centre, stays the edge.
        assert!((half.ray([-0.5, -0.5])[0] - k.ray([-0.5, -0.5])[0]).abs() < 1e-12);
    }

    #[test]
    fn impossible_numbers_are_refused() {
        let k = Intrinsics::from_hfov(60.0, 640, 480);
        assert!(matches!(Intrinsics { fx: 0.0, ..k }.checked(), Err(IntrinsicsError::Focal(_))));
        assert!(matches!(Intrinsics { fy: f64::NAN, ..k }.checked(), Err(IntrinsicsError::Focal(_))));
        assert_eq!(Intrinsics { cx: f64::INFINITY, ..k }.checked(), Err(IntrinsicsError::PrincipalPoint));
        assert_eq!(Intrinsics { width: 0, ..k }.checked(), Err(IntrinsicsError::Size));
    }

    proptest! {
        #[test]
        fn a_point_on_a_ray_projects_back_to_its_pixel(u in -200.0..1500.0f64, v in -200.0..900.0f64, d in 0.1..3.0f64, fov in 40.0..120.0f64) {
            let k = Intrinsics::from_hfov(fov, 1280, 720);
            let r = k.ray([u, v]);
            let p = k.project([r[0] * d, r[1] * d, r[2] * d]).expect("in front");
            prop_assert!((p[0] - u).abs() < 1e-6 && (p[1] - v).abs() < 1e-6);
        }
    }
}
