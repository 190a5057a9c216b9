//! Colours of the conversion pass against a reference in 64-bit numbers, on the software device.
#![allow(clippy::expect_used, reason = "the whole file is tests")]

use std::sync::Arc;
use std::time::Instant;

use ego_outputs::FrameRecord;
use ego_viewer::frame::{GreyMap, Picture, PlaneLayout, Trace, ViewFrame, YuvColour};
use ego_viewer::gpu::{Offscreen, PictureLook, PicturePass};

/// Numbers that look random and are the same everywhere (Steele, Lea and Flood 2014, SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    }
}

/// One plane with its size and the bytes from row to row.
struct Plane {
    width: usize,
    height: usize,
    stride: usize,
    data: Vec<u8>,
}

impl Plane {
    fn new(width: usize, height: usize, padding: usize, random: &mut Random) -> Plane {
        let stride = width + padding;
        Plane { width, height, stride, data: (0..stride * height).map(|_| random.next()).collect() }
    }

    fn at(&self, x: isize, y: isize) -> f64 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        f64::from(self.data[y * self.stride + x])
    }

    /// Bilinear, at a place in samples.
    fn between(&self, x: f64, y: f64) -> f64 {
        let (x0, y0) = (x.floor(), y.floor());
        let (fx, fy) = (x - x0, y - y0);
        let (x0, y0) = (x0 as isize, y0 as isize);
        let row = |y| self.at(x0, y) * (1.0 - fx) + self.at(x0 + 1, y) * fx;
        row(y0) * (1.0 - fy) + row(y0 + 1) * fy
    }
}

/// Red, green and blue by the equations of the standards, colour samples left of each pair of columns and between the two rows.
fn reference(y: &Plane, u: &Plane, v: &Plane, x: usize, row: usize, (kr, kb, full): (f64, f64, bool)) -> [f64; 3] {
    let (cx, cy) = (x as f64 / 2.0, (row as f64 - 0.5) / 2.0);
    let (luma, u, v) = (y.at(x as isize, row as isize), u.between(cx, cy), v.between(cx, cy));
    let (e_y, e_u, e_v) = if full {
        (luma / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0)
    } else {
        ((luma - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0)
    };
    let r = e_y + 2.0 * (1.0 - kr) * e_v;
    let b = e_y + 2.0 * (1.0 - kb) * e_u;
    let g = (e_y - kr * r - kb * b) / (1.0 - kr - kb);
    [r, g, b].map(|c| (c * 255.0).clamp(0.0, 255.0))
}

fn frame(picture: Picture) -> ViewFrame {
    let results = Arc::new(FrameRecord::new("test", 0, None, picture.width, picture.height));
    ViewFrame {
        opening: 0,
        number: 1,
        pts_ns: 0,
        picture: Some(Arc::new(picture)),
        results,
        truth: None,
        depth: None,
        mask: None,
        camera: None,
        trace: Trace { handed_over: Instant::now(), since_capture: None },
    }
}

#[test]
fn colours_are_within_two_of_the_reference_for_every_standard_layout_and_odd_stride() {
    let device = Offscreen::new().expect("a software device");
    let mut pass = PicturePass::new(device.graphics());
    let mut random = Random(7);
    for (kr, kb, full) in [(0.299, 0.114, false), (0.299, 0.114, true), (0.2126, 0.0722, false), (0.2126, 0.0722, true)] {
        for layout in [PlaneLayout::Nv12, PlaneLayout::I420] {
            for (width, height, padding) in [(64, 48, 0), (37, 23, 5), (101, 3, 31), (2, 2, 1)] {
                let (cw, ch) = (width / 2 + width % 2, height / 2 + height % 2);
                let y = Plane::new(width, height, padding, &mut random);
                let u = Plane::new(cw, ch, padding, &mut random);
                let v = Plane::new(cw, ch, padding, &mut random);
                let (bytes, strides) = match layout {
                    PlaneLayout::I420 => {
                        ([y.data.clone(), u.data.clone(), v.data.clone()].concat(), [y.stride, u.stride, v.stride].map(|s| s as u32))
                    }
                    PlaneLayout::Nv12 => {
                        let stride = 2 * cw + padding;
                        let mut pairs = vec![0; stride * ch];
                        for row in 0..ch {
                            for x in 0..cw {
                                pairs[row * stride + 2 * x] = u.data[row * u.stride + x];
                                pairs[row * stride + 2 * x + 1] = v.data[row * v.stride + x];
                            }
                        }
                        ([y.data.clone(), pairs].concat(), [y.stride as u32, stride as u32, 0])
                    }
                };
                let colour = YuvColour { kr, kb, full_range: full };
                let picture = Picture::from_bytes(layout, width as u32, height as u32, strides, colour, bytes);
                pass.show(&frame(picture), PictureLook::default()).expect("a whole picture");
                let image = device.read(pass.texture().expect("converted")).expect("readable");
                for row in 0..height {
                    for x in 0..width {
                        let want = reference(&y, &u, &v, x, row, (kr, kb, full));
                        let got = image.get_pixel(x as u32, row as u32).0;
                        for (g, w) in got.iter().zip(want) {
                            assert!(
                                (f64::from(*g) - w).abs() <= 2.0,
                                "{layout:?} {colour:?} {width}x{height}+{padding} at {x}, {row}: {got:?}, wanted {want:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn depth_is_blended_and_what_is_out_of_reach_is_dark() {
    let device = Offscreen::new().expect("a software device");
    let mut pass = PicturePass::new(device.graphics());
    let grey = || {
        Picture::from_bytes(PlaneLayout::I420, 32, 32, [32, 16, 16], YuvColour { full_range: true, ..YuvColour::BT601 }, {
            let mut bytes = vec![200; 32 * 32];
            bytes.extend([128; 2 * 16 * 16]);
            bytes
        })
    };
    let map = |near, far| Arc::new(GreyMap { width: 2, height: 1, data: vec![near, far] });
    let shown = |pass: &mut PicturePass, frame: &ViewFrame, look| {
        pass.show(frame, look).expect("whole");
        device.read(pass.texture().expect("converted")).expect("readable")
    };
    let with_depth = ViewFrame { depth: Some(map(255, 0)), ..frame(grey()) };
    let image = shown(&mut pass, &with_depth, PictureLook { depth: 1.0, ..PictureLook::default() });
    let (near, far) = (image.get_pixel(1, 16).0, image.get_pixel(30, 16).0);
    assert_eq!((&near[..3], &far[..3]), ([255, 234, 70].as_slice(), [0, 32, 77].as_slice()));
    let half = shown(&mut pass, &with_depth, PictureLook { depth: 0.5, ..PictureLook::default() });
    assert!(half.get_pixel(30, 16).0[0].abs_diff(100) <= 1, "{:?}", half.get_pixel(30, 16));
    let with_mask = ViewFrame { mask: Some(map(255, 0)), ..frame(grey()) };
    let image = shown(&mut pass, &with_mask, PictureLook { mask: 1.0, ..PictureLook::default() });
    assert_eq!(image.get_pixel(1, 16).0[..3], [200; 3]);
    let row: Vec<u8> = (24..32).map(|x| image.get_pixel(x, 16).0[0]).collect();
    assert!(row.iter().all(|v| *v < 110), "{row:?}");
    // The maps are gone with the frame that had them.
    let image = shown(&mut pass, &frame(grey()), PictureLook { mask: 1.0, depth: 1.0, ..PictureLook::default() });
    assert_eq!(image.get_pixel(30, 16).0[..3], [200; 3]);
}
