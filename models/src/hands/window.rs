//! Windows of a picture for the networks of our own: much smaller than the picture, so that plain sampling would skip pixels.
//!
//! Pixels count from the middle of the first one. Each tensor pixel is the mean of `k x k` bilinear samples.

use ego_core::image::{ImageView, MaskView};

use crate::manifest::{Input, Layout};
use crate::sample::Sampler;

/// Most samples along each side of a tensor pixel.
const MOST: usize = 4;
/// Samples lie at most this many picture pixels apart, as far as [`MOST`] allows.
const APART_PX: f64 = 1.5;

/// Fills input tensors of channels, rows, columns with upright windows of pictures.
#[derive(Debug)]
pub(super) struct WindowSampler {
    input: Input,
    /// Samplers of 1 to `MOST` times the tensor's size, made when first needed.
    samplers: Vec<Option<Sampler>>,
    fine: Vec<f32>,
}

impl WindowSampler {
    pub(super) fn new(input: &Input) -> WindowSampler {
        WindowSampler {
            input: Input { layout: Layout::Nchw, ..input.clone() },
            samplers: (0..MOST).map(|_| None).collect(),
            fine: Vec::new(),
        }
    }

    /// Samples the window with this middle (picture pixels), `scale` picture pixels to one tensor pixel; `mirrored` exchanges left
    /// and right in the tensor; what the mask does not want is black.
    pub(super) fn fill(
        &mut self,
        view: &ImageView<'_>,
        mask: Option<&MaskView<'_>>,
        middle: [f64; 2],
        scale: f64,
        mirrored: bool,
        out: &mut [f32],
    ) {
        let k = ((scale / APART_PX).ceil() as usize).clamp(1, MOST);
        let [w, h] = self.input.size.map(|v| v * k);
        let step = scale / k as f64;
        let m = [[step, 0.0, middle[0] - (w as f64 - 1.0) / 2.0 * step], [0.0, step, middle[1] - (h as f64 - 1.0) / 2.0 * step]];
        let Some(slot) = self.samplers.get_mut(k - 1) else { return };
        let input = &self.input;
        let sampler = slot.get_or_insert_with(|| Sampler::new(&Input { size: [w, h], ..input.clone() }));
        if k == 1 {
            sampler.affine_within(view, m, mask, out);
        } else {
            self.fine.resize(3 * w * h, 0.0);
            sampler.affine_within(view, m, mask, &mut self.fine);
            shrink(&self.fine, [w, h], k, out);
        }
        if mirrored {
            out.chunks_exact_mut(w / k).for_each(<[f32]>::reverse);
        }
    }
}

/// Means of `k x k` blocks of three planes of this size.
fn shrink(fine: &[f32], [w, h]: [usize; 2], k: usize, out: &mut [f32]) {
    let share = 1.0 / (k * k) as f32;
    let (plane, small) = (w * h, (w / k) * (h / k));
    for (planes, into) in fine.chunks_exact(plane).zip(out.chunks_exact_mut(small)) {
        for (rows, row) in planes.chunks_exact(k * w).zip(into.chunks_exact_mut(w / k)) {
            row.fill(0.0);
            for line in rows.chunks_exact(w) {
                for (pixel, block) in row.iter_mut().zip(line.chunks_exact(k)) {
                    *pixel += block.iter().sum::<f32>();
                }
            }
            row.iter_mut().for_each(|pixel| *pixel *= share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::image::PixelFormat;

    #[test]
    fn blocks_are_averaged() {
        // Two blocks of 2 x 2 beside each other, three planes.
        let plane = [1.0, 3.0, 10.0, 20.0, 5.0, 7.0, 30.0, 40.0];
        let fine: Vec<f32> = (0..3).flat_map(|c| plane.map(|v| v + c as f32)).collect();
        let mut out = [0.0; 6];
        shrink(&fine, [4, 2], 2, &mut out);
        assert_eq!(out, [4.0, 25.0, 5.0, 26.0, 6.0, 27.0]);
    }

    #[test]
    fn the_middle_stays_where_it_is_and_mirrors() {
        // A ramp: the window's pixel values are then its positions.
        let rgb: Vec<u8> = (0..100).flat_map(|_| (0..200).flat_map(|x| [x as u8; 3])).collect();
        let view = ImageView::packed(PixelFormat::Rgb, 200, 100, &rgb).expect("a picture");
        let text = include_str!("../../zoo/palm-detection-full.toml");
        let mut input = crate::manifest::Manifest::parse(text, std::path::Path::new("x")).expect("built in").input;
        (input.size, input.mean, input.std) = ([8, 4], [0.0; 3], [1.0; 3]);
        let mut sampler = WindowSampler::new(&input);
        for scale in [1.0, 2.0, 5.0] {
            for mirrored in [false, true] {
                let mut out = vec![0.0; 3 * 8 * 4];
                sampler.fill(&view, None, [100.0, 50.0], scale, mirrored, &mut out);
                let sign = if mirrored { -1.0 } else { 1.0 };
                for (u, value) in out.iter().take(8).enumerate() {
                    let want = 100.0 + sign * (u as f64 - 3.5) * scale;
                    assert!((f64::from(*value) - want).abs() < 0.6, "{u}: {value}, not {want}, at {scale} {mirrored}");
                }
            }
        }
    }
}
