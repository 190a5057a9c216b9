//! RGB to the planar layouts that encoders take.

/// BT.601 studio-range brightness and colour of 8-bit RGB, in 16.16 fixed point.
fn yuv(r: i32, g: i32, b: i32) -> [i32; 3] {
    [
        (16_829 * r + 33_039 * g + 6_416 * b + (16 << 16) + (1 << 15)) >> 16,
        (-9_714 * r - 19_070 * g + 28_784 * b + (128 << 16) + (1 << 15)) >> 16,
        (28_784 * r - 24_103 * g - 4_681 * b + (128 << 16) + (1 << 15)) >> 16,
    ]
}

/// Where the colour of 2 x 2 pixels goes.
pub enum Chroma<'a> {
    /// One plane of pairs (NV12) and its stride in bytes.
    Pairs(&'a mut [u8], usize),
    /// Two planes (I420) and their common stride in bytes.
    Planes(&'a mut [u8], &'a mut [u8], usize),
}

/// Writes packed RGB of `width` x `height` as brightness (stride in bytes) and colour at half size, BT.601 studio range.
/// Stops early, without harm, where a plane is too short.
pub fn rgb_to_yuv(rgb: &[u8], width: usize, height: usize, luma: &mut [u8], luma_stride: usize, mut chroma: Chroma<'_>) {
    for y in (0..height).step_by(2) {
        for x in (0..width).step_by(2) {
            let mut sum = [0i32; 3];
            let mut count = 0;
            for (px, py) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                if px >= width || py >= height {
                    continue;
                }
                let Some(&[r, g, b]) = rgb.get(3 * (py * width + px)..).and_then(|p| p.first_chunk::<3>()) else { continue };
                let [r, g, b] = [r, g, b].map(i32::from);
                if let Some(out) = luma.get_mut(py * luma_stride + px) {
                    *out = yuv(r, g, b)[0] as u8;
                }
                sum = [sum[0] + r, sum[1] + g, sum[2] + b];
                count += 1;
            }
            let [r, g, b] = sum.map(|s| (s + count / 2) / count.max(1));
            let [_, u, v] = yuv(r, g, b);
            let (cx, cy) = (x / 2, y / 2);
            match &mut chroma {
                Chroma::Pairs(plane, stride) => {
                    if let Some([pu, pv]) = plane.get_mut(cy * *stride + 2 * cx..).and_then(|p| p.first_chunk_mut::<2>()) {
                        (*pu, *pv) = (u as u8, v as u8);
                    }
                }
                Chroma::Planes(us, vs, stride) => {
                    if let (Some(pu), Some(pv)) = (us.get_mut(cy * *stride + cx), vs.get_mut(cy * *stride + cx)) {
                        (*pu, *pv) = (u as u8, v as u8);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_have_the_codes_of_bt601() {
        // ITU-R BT.601 studio-range codes of 100 % bars.
        for (rgb, want) in [
            ([255, 255, 255], [235, 128, 128]),
            ([0, 0, 0], [16, 128, 128]),
            ([255, 0, 0], [82, 90, 240]),
            ([0, 255, 0], [144, 54, 34]),
            ([0, 0, 255], [41, 240, 110]),
        ] {
            let picture: Vec<u8> = rgb.iter().copied().cycle().take(3 * 3 * 3).collect();
            let (mut y, mut uv) = (vec![0; 12], vec![0; 8]);
            rgb_to_yuv(&picture, 3, 3, &mut y, 4, Chroma::Pairs(&mut uv, 4));
            let (mut y2, mut u, mut v) = (vec![0; 12], vec![0; 4], vec![0; 4]);
            rgb_to_yuv(&picture, 3, 3, &mut y2, 4, Chroma::Planes(&mut u, &mut v, 2));
            assert_eq!(y, y2);
            let got = [y[0], uv[0], uv[1]];
            assert!(got.iter().zip(want).all(|(g, w)| (i32::from(*g) - w).abs() <= 1), "{rgb:?}: {got:?}, not {want:?}");
            assert_eq!((u[3], v[3]), (uv[6], uv[7]));
        }
    }
}
