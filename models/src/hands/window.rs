//! Windows of a picture for the networks of our own: much smaller than the picture, so that plain sampling would skip pixels.
//!
//! Pixels count from the middle of the first one. Each tensor pixel is the mean of `k x k` bilinear samples; outside the picture is black.

use ego_core::image::{ImageView, MaskView};

use super::shrink::{Planes, Shrinker, Window};
use crate::manifest::{Channels, Input};

/// Most samples along each side of a tensor pixel.
const MOST: usize = 4;
/// Samples lie at most this many picture pixels apart, as far as [`MOST`] allows.
const APART_PX: f64 = 1.5;

/// Fills input tensors of channels, rows, columns with upright windows of pictures.
#[derive(Debug)]
pub(super) struct WindowSampler {
    input: Input,
    shrinker: Box<Shrinker>,
}

impl WindowSampler {
    pub(super) fn new(input: &Input) -> WindowSampler {
        WindowSampler { input: input.clone(), shrinker: Box::default() }
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
        let Input { size, mean, std, channels, .. } = &self.input;
        let samples = ((scale / APART_PX).ceil() as usize).clamp(1, MOST);
        let plane = size[0] * size[1];
        let (first, rest) = out.split_at_mut(plane.min(out.len()));
        let (second, third) = rest.split_at_mut(plane.min(rest.len()));
        let per_level = std.map(|std| 1.0 / std);
        let window = Window { middle, scale, samples, mirrored };
        // As red, green and blue go into them.
        let out = match channels {
            Channels::Rgb => Planes { planes: [first, second, third], mean: *mean, per_level },
            Channels::Bgr => {
                let turned = |[a, b, c]: [f32; 3]| [c, b, a];
                Planes { planes: [third, second, first], mean: turned(*mean), per_level: turned(per_level) }
            }
        };
        self.shrinker.fill(view, mask, window, *size, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Layout;
    use crate::sample::Sampler;
    use ego_core::image::{PixelFormat, Plane, YuvToRgb};

    /// Means of `k x k` bilinear samples, each made by the sampler that the other networks use.
    fn by_samples(input: &Input, view: &ImageView<'_>, mask: Option<&MaskView<'_>>, middle: [f64; 2], scale: f64) -> Vec<f32> {
        let k = ((scale / APART_PX).ceil() as usize).clamp(1, MOST);
        let [w, h] = input.size.map(|v| v * k);
        let step = scale / k as f64;
        let m = [[step, 0.0, middle[0] - (w as f64 - 1.0) / 2.0 * step], [0.0, step, middle[1] - (h as f64 - 1.0) / 2.0 * step]];
        let mut fine = vec![0.0; 3 * w * h];
        Sampler::new(&Input { size: [w, h], layout: Layout::Nchw, ..input.clone() }).affine_within(view, m, mask, &mut fine);
        let mean = |c: usize, u: usize, v: usize| {
            let block = (0..k * k).map(|n| fine[c * w * h + (v * k + n / k) * w + u * k + n % k]);
            block.sum::<f32>() / (k * k) as f32
        };
        let [w, h] = input.size;
        (0..3 * w * h).map(|at| mean(at / (w * h), at % w, at / w % h)).collect()
    }

    fn input(size: [usize; 2]) -> Input {
        let text = include_str!("../../zoo/ego-hand-finder.toml");
        let parsed = crate::manifest::Manifest::parse(text, std::path::Path::new("x")).expect("built in").input;
        Input { size, ..parsed }
    }

    #[test]
    fn windows_are_means_of_bilinear_samples_in_every_layout() {
        const SIZE: [u32; 2] = [90, 60];
        // Colours that no conversion cuts off at 0 or 255: where it does, the mean of what is cut is not what is cut of the mean.
        let bytes: Vec<u8> = (0..4 * SIZE[0] * SIZE[1]).map(|i| (128.0 + 30.0 * (f64::from(i) * 0.021).sin()) as u8).collect();
        let mask = [255u8, 255, 0, 255, 255, 255];
        let mask = MaskView { width: 3, height: 2, plane: Plane { data: &mask, stride: 3 } };
        let [w, h] = SIZE.map(|v| v as usize);
        let plane = |at: usize, stride: usize| Plane { data: &bytes[at..], stride };
        let none = Plane { data: &[], stride: 0 };
        let planes = |format| match format {
            PixelFormat::I420 => [plane(0, w), plane(w * h, w / 2), plane(w * h * 5 / 4, w / 2)],
            PixelFormat::Nv12 => [plane(0, w), plane(w * h, w), none],
            PixelFormat::Yuy2 => [plane(0, 2 * w), none, none],
            PixelFormat::Gray8 => [plane(0, w), none, none],
            PixelFormat::Rgb | PixelFormat::Bgr => [plane(0, 3 * w), none, none],
            PixelFormat::Rgbx | PixelFormat::Bgrx => [plane(0, 4 * w), none, none],
        };
        use PixelFormat::{Bgr, Bgrx, Gray8, I420, Nv12, Rgb, Rgbx, Yuy2};
        for format in [Rgb, Bgr, Rgbx, Bgrx, I420, Nv12, Yuy2, Gray8] {
            let view = ImageView {
                format,
                width: SIZE[0],
                height: SIZE[1],
                planes: planes(format),
                yuv: YuvToRgb::from_weights(0.2126, 0.0722, false),
            };
            for (middle, scale) in [([44.0, 29.0], 1.0), ([40.3, 30.8], 2.3), ([44.5, 29.5], 4.7), ([10.0, 50.0], 3.1), ([80.2, 8.0], 0.7)]
            {
                for mask in [None, Some(&mask)] {
                    let input = input([32, 24]);
                    let want = by_samples(&input, &view, mask, middle, scale);
                    let mut out = vec![0.0; want.len()];
                    WindowSampler::new(&input).fill(&view, mask, middle, scale, false, &mut out);
                    let off: Vec<f32> = out.iter().zip(&want).map(|(a, b)| (a - b).abs() * input.std[0]).collect();
                    let mean = off.iter().sum::<f32>() / off.len() as f32;
                    let most = off.iter().filter(|v| **v > 6.0).count() as f64 / off.len() as f64;
                    // In grey levels; at the mask's and the picture's edges whole samples differ.
                    let limit = if mask.is_some() { (4.0, 0.06) } else { (1.0, 0.03) };
                    assert!(mean < limit.0 && most < limit.1, "{format:?} {middle:?} {scale} {}: {mean}, {most}", mask.is_some());
                    let mut mirrored = vec![0.0; want.len()];
                    WindowSampler::new(&input).fill(&view, mask, middle, scale, true, &mut mirrored);
                    mirrored.chunks_exact_mut(32).for_each(<[f32]>::reverse);
                    assert!(mirrored == out, "{format:?} {middle:?} {scale}: the mirror image is another");
                }
            }
        }
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
