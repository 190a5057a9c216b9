use super::*;
use crate::draw::PlaneMut;
use crate::image::Plane;
use proptest::prelude::*;

/// Which layouts are tried: bytes of the picture and its planes.
const LAYOUTS: [&str; 7] = ["rgb", "rgba", "bgrx", "grey", "i420", "nv12", "yuy2"];

fn picture_bytes(layout: &str, w: usize, h: usize) -> usize {
    let colour = w.div_ceil(2) * h.div_ceil(2);
    match layout {
        "rgb" => 3 * w * h,
        "rgba" | "bgrx" => 4 * w * h,
        "grey" => w * h,
        "yuy2" => 4 * w.div_ceil(2) * h,
        _ => w * h + 2 * colour,
    }
}

fn target<'a>(layout: &str, data: &'a mut [u8], w: usize, h: usize) -> Target<'a> {
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let plane = |data, stride| PlaneMut { data, stride };
    match layout {
        "rgb" => Target::Packed { plane: plane(data, 3 * w), bytes: 3, rgb: [0, 1, 2], alpha: None },
        "rgba" => Target::Packed { plane: plane(data, 4 * w), bytes: 4, rgb: [0, 1, 2], alpha: Some(3) },
        "bgrx" => Target::Packed { plane: plane(data, 4 * w), bytes: 4, rgb: [2, 1, 0], alpha: None },
        "grey" => Target::Grey(plane(data, w)),
        "yuy2" => Target::Packed422 { plane: plane(data, 4 * cw), y: 0, uv: [1, 3] },
        "nv12" => {
            let (y, uv) = data.split_at_mut(w * h);
            Target::SemiPlanar420 { y: plane(y, w), uv: plane(uv, 2 * cw), v_first: false }
        }
        _ => {
            let (y, rest) = data.split_at_mut(w * h);
            let (u, v) = rest.split_at_mut(cw * ch);
            Target::Planar420 { y: plane(y, w), u: plane(u, cw), v: plane(v, cw) }
        }
    }
}

fn model(layout: &str) -> ColourModel {
    match layout {
        "rgb" | "rgba" | "bgrx" => ColourModel::RGB,
        "grey" => ColourModel::BT601_FULL,
        _ => ColourModel::BT709,
    }
}

/// The samples of the brightness (or of all colours) of a pixel, and those of its colour differences.
fn samples(layout: &str, data: &[u8], w: usize, h: usize, x: usize, y: usize) -> (Vec<u8>, Vec<u8>) {
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let at = y * w + x;
    let c = y / 2 * cw + x / 2;
    match layout {
        "rgb" => (data[3 * at..3 * at + 3].to_vec(), vec![]),
        "rgba" | "bgrx" => (data[4 * at..4 * at + 3].to_vec(), vec![]),
        "grey" => (vec![data[at]], vec![]),
        "yuy2" => {
            let pair = 4 * (y * cw + x / 2);
            (vec![data[pair + 2 * (x % 2)]], vec![data[pair + 1], data[pair + 3]])
        }
        "nv12" => (vec![data[at]], vec![data[w * h + 2 * c], data[w * h + 2 * c + 1]]),
        _ => (vec![data[at]], vec![data[w * h + c], data[w * h + cw * ch + c]]),
    }
}

proptest! {
    #[test]
    fn nothing_is_left_where_the_mask_does_not_want_it_and_nothing_else_changes(
        which in 0..LAYOUTS.len(), w in 1usize..20, h in 1usize..14, mw in 1usize..24, mh in 1usize..16, seed: u64,
    ) {
        let layout = LAYOUTS[which];
        let mut state = seed | 1;
        let mut random = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state };
        let mask: Vec<u8> = (0..mw * mh).map(|_| if random() % 3 == 0 { 0 } else { 255 }).collect();
        let before: Vec<u8> = (0..picture_bytes(layout, w, h)).map(|_| 150 + (random() % 80) as u8).collect();
        let mut after = before.clone();
        let view = MaskView { width: mw as u32, height: mh as u32, plane: Plane { data: &mask, stride: mw } };
        darken(&mut target(layout, &mut after, w, h), [w as u32, h as u32], &view, model(layout), 0);
        let black = if matches!(layout, "i420" | "nv12" | "yuy2") { 16 } else { 0 };
        // The middle of the mask's pixel: where a picture's pixel lies between two, a rounded quotient may name either.
        let middle = |x: usize, size: usize, mask: usize| (((2 * x + 1) * mask / (2 * size)) as f32 + 0.5) / mask as f32;
        let wanted = |x: usize, y: usize| view.wants([middle(x, w, mw), middle(y, h, mh)]) != Some(false);
        for (x, y) in (0..h).flat_map(|y| (0..w).map(move |x| (x, y))) {
            let (light, colour) = samples(layout, &after, w, h, x, y);
            let (old_light, old_colour) = samples(layout, &before, w, h, x, y);
            if wanted(x, y) {
                prop_assert_eq!(light, old_light, "{} ({}, {})", layout, x, y);
            } else {
                prop_assert!(light.iter().all(|v| *v == black) && colour.iter().all(|v| *v == 128), "{layout} ({x}, {y}): {light:?} {colour:?}");
            }
            let rows = if layout == "yuy2" { y..y + 1 } else { y / 2 * 2..(y / 2 * 2 + 2).min(h) };
            let all = rows.flat_map(|y| (x / 2 * 2..(x / 2 * 2 + 2).min(w)).map(move |x| (x, y))).all(|(x, y)| wanted(x, y));
            if all {
                prop_assert_eq!(colour, old_colour, "{} ({}, {})", layout, x, y);
            }
        }
        if layout == "rgba" {
            prop_assert!(after.iter().skip(3).step_by(4).eq(before.iter().skip(3).step_by(4)), "opacity stays");
        }
    }
}

#[test]
fn half_the_light_is_half_way_to_black_and_once_only() {
    let (w, h) = (4, 4);
    for layout in LAYOUTS {
        let mut data = vec![216; picture_bytes(layout, w, h)];
        let mask = [0];
        let view = MaskView { width: 1, height: 1, plane: Plane { data: &mask, stride: 1 } };
        darken(&mut target(layout, &mut data, w, h), [4, 4], &view, model(layout), 128);
        let (light, colour) = samples(layout, &data, w, h, 1, 1);
        let want = if matches!(layout, "i420" | "nv12" | "yuy2") { 116 } else { 108 };
        assert!(light.iter().all(|v| *v == want), "{layout}: {light:?}");
        assert!(colour.iter().all(|v| *v == 172), "{layout}: {colour:?}");
    }
}
