//! Pictures become input tensors: against OpenCV byte for byte, and against a slow reference in floating point for each format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "functions of a test file are tests too")]

use ego_core::image::{ImageView, MaskView, PixelFormat, Plane, YuvToRgb};
use ego_core::region::Region;
use ego_models::manifest::{Border, Channels, Input, Layout, Resize};
use ego_models::sample::Sampler;
use proptest::prelude::*;

fn input(size: usize, layout: Layout, channels: Channels, border: Border) -> Input {
    Input {
        names: vec!["x".into()],
        shape: None,
        extra: Default::default(),
        layout,
        size: [size, size],
        channels,
        resize: Resize::Crop,
        border,
        mean: [0.0; 3],
        std: [1.0; 3],
    }
}

fn noise(count: usize) -> Vec<u8> {
    let mut x = 12345u32;
    (0..count)
        .map(|_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        })
        .collect()
}

#[test]
fn crops_equal_opencv_byte_for_byte() {
    let fixture: serde_json::Value = serde_json::from_str(include_str!("data/warp.json")).expect("fixture");
    let number = |key: &str| fixture[key].as_u64().expect("number") as usize;
    let (w, h, size) = (number("width"), number("height"), number("size"));
    let rgb = noise(w * h * 3);
    let view = ImageView::packed(PixelFormat::Rgb, w as u32, h as u32, &rgb).expect("view");
    for case in fixture["cases"].as_array().expect("cases") {
        let border = if case["border"] == "zero" { Border::Zero } else { Border::Replicate };
        let r: Vec<f64> = case["region"].as_array().expect("region").iter().map(|v| v.as_f64().expect("number")).collect();
        let region = Region { cx: r[0], cy: r[1], side: r[2], angle: r[3] };
        let mut out = vec![0.0; size * size * 3];
        Sampler::new(&input(size, Layout::Nhwc, Channels::Rgb, border)).square(&view, &region, &mut out);
        let got: String = out.iter().map(|v| format!("{:02x}", *v as u8)).collect();
        assert_eq!(got, case["rgb"].as_str().expect("hex"), "{case}");
    }
}

#[test]
fn whole_pictures_equal_opencvs_resize_and_their_place_is_told() {
    let fixture: serde_json::Value = serde_json::from_str(include_str!("data/letterbox.json")).expect("fixture");
    let size = fixture["size"].as_u64().expect("number") as usize;
    for case in fixture["cases"].as_array().expect("cases") {
        let [w, h] = [0, 1].map(|i| case["picture"][i].as_u64().expect("number") as u32);
        let resize = match case["resize"].as_str().expect("word") {
            "stretch" => Resize::Stretch,
            "letterbox" => Resize::Letterbox,
            _ => Resize::LetterboxCorner,
        };
        let rgb = noise((w * h * 3) as usize);
        let view = ImageView::packed(PixelFormat::Rgb, w, h, &rgb).expect("view");
        let mut out = vec![0.0; size * size * 3];
        let input = Input { resize, ..input(size, Layout::Nhwc, Channels::Rgb, Border::Grey) };
        let placement = Sampler::new(&input).whole(&view, None, &mut out);
        let want: Vec<u8> = case["rgb"].as_str().expect("hex").as_bytes().chunks(2).map(hex_byte).collect();
        // OpenCV's resize has positions in 1/2048 pixel, ours are in 1/32: noise of 256 levels differs by a few of them.
        let errors: Vec<f64> = out.iter().zip(&want).map(|(got, want)| (f64::from(*got) - f64::from(*want)).abs()).collect();
        let (largest, mean) = (errors.iter().copied().fold(0.0, f64::max), errors.iter().sum::<f64>() / errors.len() as f64);
        assert!(largest <= 9.0 && mean < 1.2, "{w}x{h} {resize:?}: largest {largest}, mean {mean}");
        // The middle of what is covered is the middle of the picture.
        let covered: Vec<usize> = (0..size * size).filter(|i| want[3 * i..3 * i + 3] != [114; 3]).collect();
        let middle = |axis: fn(usize, usize) -> usize| {
            let at = covered.iter().map(|i| axis(*i, size));
            (at.clone().min().expect("some") + at.max().expect("some")) as f64 / 2.0 + 0.5
        };
        let [x, y] = placement.to_picture([middle(|i, n| i % n), middle(|i, n| i / n)]);
        assert!((x - f64::from(w) / 2.0).abs() < 0.01 && (y - f64::from(h) / 2.0).abs() < 0.01, "{w}x{h} {resize:?}: {x} {y}");
    }
}

fn hex_byte(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).expect("text"), 16).expect("hexadecimal")
}

#[test]
fn channel_order_layout_and_normalisation() {
    // One orange picture: the value of each channel tells where it went.
    let rgb: Vec<u8> = [200u8, 100, 50].repeat(16);
    let view = ImageView::packed(PixelFormat::Rgb, 4, 4, &rgb).expect("view");
    let region = Region { cx: 1.5, cy: 1.5, side: 2.0, angle: 0.0 };
    let run = |mut i: Input| {
        i.mean = [10.0, 20.0, 30.0];
        i.std = [2.0, 4.0, 5.0];
        let mut out = vec![0.0; 12];
        Sampler::new(&i).square(&view, &region, &mut out);
        out
    };
    let rgb = [95.0, 20.0, 4.0];
    let bgr = [20.0, 20.0, 34.0];
    assert_eq!(run(input(2, Layout::Nhwc, Channels::Rgb, Border::Zero)), rgb.repeat(4));
    assert_eq!(run(input(2, Layout::Nhwc, Channels::Bgr, Border::Zero)), bgr.repeat(4));
    let planes = |c: [f32; 3]| c.iter().flat_map(|v| [*v; 4]).collect::<Vec<f32>>();
    assert_eq!(run(input(2, Layout::Nchw, Channels::Rgb, Border::Zero)), planes(rgb));
    assert_eq!(run(input(2, Layout::Nchw, Channels::Bgr, Border::Zero)), planes(bgr));
}

/// Colour at a pixel of a plane, clamped to the plane.
fn at(plane: Plane<'_>, [step, first]: [usize; 2], [cols, rows]: [usize; 2], x: i64, y: i64) -> f64 {
    let (x, y) = (x.clamp(0, cols as i64 - 1) as usize, y.clamp(0, rows as i64 - 1) as usize);
    f64::from(plane.data[y * plane.stride + x * step + first])
}

fn bilinear(get: impl Fn(i64, i64) -> f64, x: f64, y: f64) -> f64 {
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let (i, j) = (x0 as i64, y0 as i64);
    (get(i, j) * (1.0 - fx) + get(i + 1, j) * fx) * (1.0 - fy) + (get(i, j + 1) * (1.0 - fx) + get(i + 1, j + 1) * fx) * fy
}

/// The slow way: every plane in floating point, no rounding before the end.
fn reference(view: &ImageView<'_>, x: f64, y: f64) -> [f64; 3] {
    let (w, h) = (view.width as usize, view.height as usize);
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let p = view.planes;
    let packed = |step: usize, order: [usize; 3]| order.map(|k| bilinear(|i, j| at(p[0], [step, k], [w, h], i, j), x, y));
    let yuv = |luma: f64, u: f64, v: f64| {
        let m = view.yuv;
        let l = f64::from(m.y) * (luma - f64::from(m.y_offset));
        let (u, v) = (u - 128.0, v - 128.0);
        [l + f64::from(m.rv) * v, l + f64::from(m.gu) * u + f64::from(m.gv) * v, l + f64::from(m.bu) * u].map(|c| c.clamp(0.0, 255.0))
    };
    let (cx, cy) = (x / 2.0, (y - 0.5) / 2.0);
    let mix = |plane: usize, step: usize, first: usize, cols: usize, rows: usize, x: f64, y: f64| {
        bilinear(|i, j| at(p[plane], [step, first], [cols, rows], i, j), x, y)
    };
    match view.format {
        PixelFormat::Rgb => packed(3, [0, 1, 2]),
        PixelFormat::Bgr => packed(3, [2, 1, 0]),
        PixelFormat::Rgbx => packed(4, [0, 1, 2]),
        PixelFormat::Bgrx => packed(4, [2, 1, 0]),
        PixelFormat::Gray8 => packed(1, [0, 0, 0]),
        PixelFormat::I420 => yuv(mix(0, 1, 0, w, h, x, y), mix(1, 1, 0, cw, ch, cx, cy), mix(2, 1, 0, cw, ch, cx, cy)),
        PixelFormat::Nv12 => yuv(mix(0, 1, 0, w, h, x, y), mix(1, 2, 0, cw, ch, cx, cy), mix(1, 2, 1, cw, ch, cx, cy)),
        PixelFormat::Yuy2 => yuv(mix(0, 2, 0, w, h, x, y), mix(0, 4, 1, cw, h, cx, y), mix(0, 4, 3, cw, h, cx, y)),
    }
}

/// A smooth picture in any layout: neighbouring samples differ little, so that 1/32-pixel positions hardly matter.
fn smooth(format: PixelFormat, w: u32, h: u32, pad: usize, phase: f64) -> (Vec<Vec<u8>>, Vec<usize>) {
    let mut planes = Vec::new();
    let mut strides = Vec::new();
    for (n, (row, rows)) in format.plane_sizes(w, h).into_iter().enumerate() {
        let stride = if row == 0 { 0 } else { row + pad };
        let mut data = vec![0u8; stride * rows];
        for j in 0..rows {
            for i in 0..row {
                let wave = ((i as f64) * 0.021 + phase + n as f64).sin() + ((j as f64) * 0.027 - phase).cos();
                data[j * stride + i] = (128.0 + wave * 45.0) as u8;
            }
        }
        planes.push(data);
        strides.push(stride);
    }
    (planes, strides)
}

fn view_of<'a>(format: PixelFormat, [width, height]: [u32; 2], planes: &'a [Vec<u8>], strides: &[usize]) -> ImageView<'a> {
    let planes = std::array::from_fn(|i| Plane { data: &planes[i], stride: strides[i] });
    ImageView { format, width, height, planes, yuv: YuvToRgb::BT709 }.checked().expect("planes fit")
}

const FORMATS: [PixelFormat; 8] = [
    PixelFormat::Rgb,
    PixelFormat::Bgr,
    PixelFormat::Rgbx,
    PixelFormat::Bgrx,
    PixelFormat::Gray8,
    PixelFormat::I420,
    PixelFormat::Nv12,
    PixelFormat::Yuy2,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_format_agrees_with_the_slow_reference(
        which in 0usize..8, w in 3u32..70, h in 3u32..70, pad in 0usize..9, phase in 0.0..6.0f64,
        u in -0.2..1.2f64, v in -0.2..1.2f64, side in 2.0..90.0f64, angle in -4.0..4.0f64,
    ) {
        let format = FORMATS[which];
        let (planes, strides) = smooth(format, w, h, pad, phase);
        let view = view_of(format, [w, h], &planes, &strides);
        let region = Region { cx: u * f64::from(w), cy: v * f64::from(h), side, angle };
        let size = 9;
        let mut out = vec![0.0f32; size * size * 3];
        Sampler::new(&input(size, Layout::Nhwc, Channels::Rgb, Border::Replicate)).square(&view, &region, &mut out);
        for (n, got) in out.chunks_exact(3).enumerate() {
            let at = [(n % size) as f64 / size as f64, (n / size) as f64 / size as f64];
            let [x, y] = region.to_picture(at);
            let want = reference(&view, x, y);
            for k in 0..3 {
                // Half a grey level of rounding, and a neighbouring position or byte where packed bytes differ by some levels.
                prop_assert!((f64::from(got[k]) - want[k]).abs() < 6.0, "{format:?} pixel {n} channel {k}: {} against {}", got[k], want[k]);
            }
        }
    }

    #[test]
    fn what_the_mask_does_not_want_is_black_and_the_rest_is_as_without(
        which in 0usize..8, w in 8u32..60, h in 8u32..60, mw in 1u32..20, mh in 1u32..20, seed: u32, stretch: bool,
    ) {
        let format = FORMATS[which];
        let (planes, strides) = smooth(format, w, h, 3, 1.0);
        let view = view_of(format, [w, h], &planes, &strides);
        let mut state = seed | 1;
        let mask: Vec<u8> = (0..mw * mh).map(|_| { state ^= state << 13; state ^= state >> 17; state ^= state << 5; (state % 2 * 255) as u8 }).collect();
        let mask = MaskView { width: mw, height: mh, plane: Plane { data: &mask, stride: mw as usize } };
        let size = 16;
        let resize = if stretch { Resize::Stretch } else { Resize::Letterbox };
        let mut sampler = Sampler::new(&Input { resize, ..input(size, Layout::Nhwc, Channels::Rgb, Border::Grey) });
        let (mut with, mut without) = (vec![0.0f32; size * size * 3], vec![0.0f32; size * size * 3]);
        let placement = sampler.whole(&view, None, &mut without);
        prop_assert_eq!(sampler.whole(&view, Some(&mask), &mut with), placement);
        for (n, (with, without)) in with.chunks(3).zip(without.chunks(3)).enumerate() {
            let [x, y] = placement.to_picture([(n % size) as f64 + 0.5, (n / size) as f64 + 0.5]);
            // Near a border of the mask either side is right: positions are in 1/32 pixel.
            let near = |p: f64, side: u32, count: u32| { let at = p / f64::from(side) * f64::from(count); (at - at.round()).abs() < 0.05 * f64::from(count) / f64::from(side) + 0.02 };
            if near(x, w, mw) || near(y, h, mh) {
                continue;
            }
            match mask.wants([(x / f64::from(w)) as f32, (y / f64::from(h)) as f32]) {
                Some(false) => prop_assert_eq!(with, [0.0; 3]),
                _ => prop_assert_eq!(with, without),
            }
        }
    }

    #[test]
    fn whole_pictures_are_what_their_map_gives_pixel_by_pixel(
        which in 0usize..8, w in 1u32..70, h in 1u32..70, pad in 0usize..9, size in 1usize..40, masked: bool, phase in 0.0..6.0f64,
    ) {
        let format = FORMATS[which];
        let (planes, strides) = smooth(format, w, h, pad, phase);
        let view = view_of(format, [w, h], &planes, &strides);
        let mask = MaskView { width: 2, height: 2, plane: Plane { data: &[255, 0, 0, 255], stride: 2 } };
        let mask = masked.then_some(&mask);
        let mut sampler = Sampler::new(&Input { resize: Resize::Stretch, ..input(size, Layout::Nhwc, Channels::Rgb, Border::Replicate) });
        let (mut whole, mut mapped) = (vec![0.0f32; size * size * 3], vec![0.0f32; size * size * 3]);
        sampler.whole(&view, mask, &mut whole);
        let scale = [w, h].map(|side| size as f64 / f64::from(side));
        let m = [[1.0 / scale[0], 0.0, 0.5 / scale[0] - 0.5], [0.0, 1.0 / scale[1], 0.5 / scale[1] - 0.5]];
        sampler.affine_within(&view, m, mask, &mut mapped);
        prop_assert_eq!(whole, mapped);
    }

    #[test]
    fn wild_regions_never_leave_the_planes(
        which in 0usize..8, w in 1u32..20, h in 1u32..20, cx in -1e9..1e9f64, cy in -1e9..1e9f64, side in 0.0..1e9f64, angle in -10.0..10.0f64, zero: bool,
    ) {
        let format = FORMATS[which];
        let (planes, strides) = smooth(format, w, h, 0, 0.0);
        let view = ImageView {
            format, width: w, height: h, yuv: YuvToRgb::BT601,
            planes: std::array::from_fn(|i| Plane { data: &planes[i], stride: strides[i] }),
        };
        let border = if zero { Border::Zero } else { Border::Replicate };
        let mut out = vec![-1.0f32; 5 * 5 * 3];
        Sampler::new(&input(5, Layout::Nchw, Channels::Rgb, border)).square(&view, &Region { cx, cy, side, angle }, &mut out);
        prop_assert!(out.iter().all(|v| (0.0..=255.0).contains(v)));
    }
}
