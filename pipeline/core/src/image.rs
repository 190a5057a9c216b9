//! Borrowed views of pictures in the layouts that cameras and decoders hand out.

/// Memory layout of a picture, 8 bits a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    /// 3 bytes: R, G, B.
    Rgb,
    /// 3 bytes: B, G, R.
    Bgr,
    /// 4 bytes: R, G, B, ignored (RGBA, RGBx).
    Rgbx,
    /// 4 bytes: B, G, R, ignored (BGRA, BGRx).
    Bgrx,
    /// 1 byte of brightness, full range.
    Gray8,
    /// Planes Y, U, V; colour at half width and half height.
    I420,
    /// Planes Y and interleaved UV; colour at half width and half height.
    Nv12,
    /// Packed Y0 U Y1 V; colour at half width.
    Yuy2,
}

/// How brightness and colour differences become red, green and blue.
///
/// `r = y * (luma - y_offset) + rv * (v - 128)` and so on, all in 0..255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YuvToRgb {
    /// Black level of the brightness.
    pub y_offset: f32,
    /// Gain of the brightness.
    pub y: f32,
    /// Red from V.
    pub rv: f32,
    /// Green from U.
    pub gu: f32,
    /// Green from V.
    pub gv: f32,
    /// Blue from U.
    pub bu: f32,
}

impl YuvToRgb {
    /// From the luma weights of red and blue; `full_range` is 0..255, else 16..235 and 16..240.
    pub const fn from_weights(kr: f32, kb: f32, full_range: bool) -> YuvToRgb {
        let kg = 1.0 - kr - kb;
        let (y_offset, ys, cs) = if full_range { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
        YuvToRgb {
            y_offset,
            y: ys,
            rv: 2.0 * (1.0 - kr) * cs,
            gu: -2.0 * (1.0 - kb) * kb / kg * cs,
            gv: -2.0 * (1.0 - kr) * kr / kg * cs,
            bu: 2.0 * (1.0 - kb) * cs,
        }
    }

    /// ITU-R BT.601, studio range: standard definition.
    pub const BT601: YuvToRgb = YuvToRgb::from_weights(0.299, 0.114, false);
    /// ITU-R BT.601, full range: JPEG and most webcams.
    pub const BT601_FULL: YuvToRgb = YuvToRgb::from_weights(0.299, 0.114, true);
    /// ITU-R BT.709, studio range: high definition.
    pub const BT709: YuvToRgb = YuvToRgb::from_weights(0.2126, 0.0722, false);
}

/// One plane of a picture: bytes and the distance between two rows.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// At least `stride * (rows - 1) + row length` bytes.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A borrowed picture. Unused planes are empty.
#[derive(Clone, Copy, Debug)]
pub struct ImageView<'a> {
    /// Memory layout.
    pub format: PixelFormat,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// One to three planes, see [`PixelFormat`].
    pub planes: [Plane<'a>; 3],
    /// Used by the YUV layouts only.
    pub yuv: YuvToRgb,
}

/// A borrowed map of one byte a pixel that covers the whole of a picture, whatever its own size: 0 = not wanted.
#[derive(Clone, Copy, Debug)]
pub struct MaskView<'a> {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The bytes.
    pub plane: Plane<'a>,
}

impl<'a> MaskView<'a> {
    /// Checks that the plane is as large as the size needs; an empty map is refused as well.
    ///
    /// # Errors
    /// Names the bytes that are needed and found.
    pub fn checked(self) -> Result<MaskView<'a>, PlaneTooSmall> {
        let (w, h) = (self.width as usize, self.height as usize);
        let needed = self.plane.stride.max(w) * h.saturating_sub(1) + w.max(1);
        if w == 0 || h == 0 || self.plane.stride < w || self.plane.data.len() < needed {
            return Err(PlaneTooSmall { plane: 0, needed, found: self.plane.data.len() });
        }
        Ok(self)
    }

    /// Whether the map wants what lies at this position, divided by the picture's width and height; `None` outside the picture.
    pub fn wants(&self, norm: [f32; 2]) -> Option<bool> {
        let inside = norm.iter().all(|v| (0.0..1.0).contains(v));
        let (x, y) = ((norm[0] * self.width as f32) as usize, (norm[1] * self.height as f32) as usize);
        let value = self.plane.data.get(y * self.plane.stride + x).filter(|_| inside)?;
        Some(*value != 0)
    }
}

/// A picture whose planes are smaller than its size and strides promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneTooSmall {
    /// Which plane, from 0.
    pub plane: usize,
    /// Bytes that are needed.
    pub needed: usize,
    /// Bytes that are there.
    pub found: usize,
}

impl std::fmt::Display for PlaneTooSmall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "plane {} holds {} bytes where {} are needed", self.plane, self.found, self.needed)
    }
}

impl std::error::Error for PlaneTooSmall {}

impl PixelFormat {
    /// For each plane: bytes in a row and number of rows, for a picture of this size.
    pub fn plane_sizes(self, width: u32, height: u32) -> [(usize, usize); 3] {
        let (w, h) = (width as usize, height as usize);
        let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
        match self {
            PixelFormat::Rgb | PixelFormat::Bgr => [(3 * w, h), (0, 0), (0, 0)],
            PixelFormat::Rgbx | PixelFormat::Bgrx => [(4 * w, h), (0, 0), (0, 0)],
            PixelFormat::Gray8 => [(w, h), (0, 0), (0, 0)],
            PixelFormat::I420 => [(w, h), (cw, ch), (cw, ch)],
            PixelFormat::Nv12 => [(w, h), (2 * cw, ch), (0, 0)],
            PixelFormat::Yuy2 => [(4 * cw, h), (0, 0), (0, 0)],
        }
    }
}

impl<'a> ImageView<'a> {
    /// A packed picture of one plane (RGB, BGR, grey, YUY2 ...) without padding between its rows.
    ///
    /// # Errors
    /// When `data` is too short.
    pub fn packed(format: PixelFormat, width: u32, height: u32, data: &'a [u8]) -> Result<ImageView<'a>, PlaneTooSmall> {
        let stride = format.plane_sizes(width, height)[0].0;
        let empty = Plane { data: &[], stride: 0 };
        ImageView { format, width, height, planes: [Plane { data, stride }, empty, empty], yuv: YuvToRgb::BT601 }.checked()
    }

    /// Checks that every plane is as large as the format needs, so that later reads stay inside.
    ///
    /// # Errors
    /// Names the first plane that is too small.
    pub fn checked(self) -> Result<ImageView<'a>, PlaneTooSmall> {
        for (i, (row, rows)) in self.format.plane_sizes(self.width, self.height).into_iter().enumerate() {
            if rows == 0 || row == 0 {
                continue;
            }
            let plane = self.planes[i];
            let needed = plane.stride.max(row) * (rows - 1) + row;
            if plane.stride < row || plane.data.len() < needed {
                return Err(PlaneTooSmall { plane: i, needed, found: plane.data.len() });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_primaries_of_bt601_and_bt709() {
        // Known answers: ITU-R BT.601 and BT.709 studio-range codes of the primaries (rounded to 8 bits).
        let rgb = |m: YuvToRgb, [y, u, v]: [f32; 3]| {
            let l = m.y * (y - m.y_offset);
            [l + m.rv * (v - 128.0), l + m.gu * (u - 128.0) + m.gv * (v - 128.0), l + m.bu * (u - 128.0)]
        };
        for (m, yuv, want) in [
            (YuvToRgb::BT601, [235.0, 128.0, 128.0], [255.0, 255.0, 255.0]),
            (YuvToRgb::BT601, [81.0, 90.0, 240.0], [255.0, 0.0, 0.0]),
            (YuvToRgb::BT601, [145.0, 54.0, 34.0], [0.0, 255.0, 0.0]),
            (YuvToRgb::BT709, [63.0, 102.0, 240.0], [255.0, 0.0, 0.0]),
            (YuvToRgb::BT709, [32.0, 240.0, 118.0], [0.0, 0.0, 255.0]),
            (YuvToRgb::BT601_FULL, [76.0, 85.0, 255.0], [254.0, 0.0, 0.0]),
        ] {
            let got = rgb(m, yuv);
            assert!(got.iter().zip(want).all(|(g, w): (&f32, f32)| (g - w).abs() < 2.0), "{yuv:?}: {got:?}, wanted {want:?}");
        }
    }

    #[test]
    fn a_short_plane_is_named() {
        let e = ImageView::packed(PixelFormat::Rgb, 4, 4, &[0; 47]).expect_err("one byte short");
        assert_eq!(e, PlaneTooSmall { plane: 0, needed: 48, found: 47 });
        assert!(ImageView::packed(PixelFormat::Rgb, 4, 4, &[0; 48]).is_ok());
    }
}
