use super::super::colour::{ColourModel, Rgb};
use super::super::shapes::Rect;
use super::*;
use proptest::prelude::*;

const GROUND: Rgb = Rgb(60, 130, 200);

#[derive(Clone, Copy, Debug)]
enum Layout {
    Packed(usize, [usize; 3], Option<usize>),
    Grey,
    Planar,
    SemiPlanar(bool),
    Packed422(usize, [usize; 2]),
}

const LAYOUTS: [Layout; 15] = [
    Layout::Packed(3, [0, 1, 2], None),
    Layout::Packed(3, [2, 1, 0], None),
    Layout::Packed(4, [0, 1, 2], Some(3)),
    Layout::Packed(4, [2, 1, 0], Some(3)),
    Layout::Packed(4, [0, 1, 2], None),
    Layout::Packed(4, [2, 1, 0], None),
    Layout::Packed(4, [1, 2, 3], Some(0)),
    Layout::Packed(4, [3, 2, 1], None),
    Layout::Grey,
    Layout::Planar,
    Layout::SemiPlanar(false),
    Layout::SemiPlanar(true),
    Layout::Packed422(0, [1, 3]),
    Layout::Packed422(1, [0, 2]),
    Layout::Packed422(0, [3, 1]),
];

/// A scene with every kind of edge, some of it outside.
fn draw(canvas: &mut Canvas) {
    let (w, h) = (canvas.width() as f32, canvas.height() as f32);
    for (i, colour) in [Rgb(255, 60, 0), Rgb(0, 0, 0), Rgb(250, 250, 250)].into_iter().enumerate() {
        let paint = canvas.paint(colour, 1.0 - 0.3 * i as f32).into();
        let i = i as f32;
        canvas.line([-5.0, 4.0 * i], [w + 3.0, h - 5.0 * i], 2.5, &paint);
        canvas.disc([w * 0.3 * i, h * 0.6], 5.3, &paint);
        canvas.plate(&Rect { x: w * 0.5 + i, y: 3.0 * i, width: 9.7, height: 6.2 }, 2.0, &paint);
    }
}

/// Draws the scene on a plain ground in this layout; returns Y (or R), U (or G), V (or B) of every pixel.
fn picture(layout: Layout, model: ColourModel, w: usize, h: usize) -> Vec<[u8; 3]> {
    let ground = model.encode(GROUND).map(|v| v.round() as u8);
    let (cw, ch, pad) = (w.div_ceil(2), h.div_ceil(2), 3);
    let plane = |row: usize, rows: usize, pattern: &[u8]| -> (Vec<u8>, usize) {
        let line: Vec<u8> = pattern.iter().copied().cycle().take(row).chain([77; 3]).collect();
        (line.repeat(rows), row + pad)
    };
    let mut canvas = Canvas::new(w as u32, h as u32, model);
    draw(&mut canvas);
    let pixels = || (0..h).flat_map(|y| (0..w).map(move |x| (x, y)));
    let out = match layout {
        Layout::Packed(bytes, rgb, alpha) => {
            let mut pattern = vec![255; bytes];
            rgb.into_iter().zip(ground).for_each(|(at, v)| pattern[at] = v);
            let (mut data, stride) = plane(bytes * w, h, &pattern);
            canvas.compose(&mut Target::Packed { plane: PlaneMut { data: &mut data, stride }, bytes, rgb, alpha });
            assert!(data.chunks(stride).all(|row| row[bytes * w..] == [77; 3]), "{layout:?}: padding written");
            pixels().map(|(x, y)| rgb.map(|at| data[y * stride + x * bytes + at])).collect()
        }
        Layout::Grey => {
            let (mut data, stride) = plane(w, h, &ground[..1]);
            canvas.compose(&mut Target::Grey(PlaneMut { data: &mut data, stride }));
            assert!(data.chunks(stride).all(|row| row[w..] == [77; 3]), "{layout:?}: padding written");
            pixels().map(|(x, y)| [data[y * stride + x], 0, 0]).collect()
        }
        Layout::Planar => {
            let mut y = plane(w, h, &ground[..1]);
            let mut u = plane(cw, ch, &ground[1..2]);
            let mut v = plane(cw, ch, &ground[2..]);
            let [y_plane, u_plane, v_plane] = [&mut y, &mut u, &mut v].map(|(data, stride)| PlaneMut { data, stride: *stride });
            canvas.compose(&mut Target::Planar420 { y: y_plane, u: u_plane, v: v_plane });
            pixels().map(|(x, r)| [y.0[r * y.1 + x], u.0[r / 2 * u.1 + x / 2], v.0[r / 2 * v.1 + x / 2]]).collect()
        }
        Layout::SemiPlanar(v_first) => {
            let (u_at, v_at) = if v_first { (1, 0) } else { (0, 1) };
            let mut pattern = [0; 2];
            (pattern[u_at], pattern[v_at]) = (ground[1], ground[2]);
            let mut y = plane(w, h, &ground[..1]);
            let mut uv = plane(2 * cw, ch, &pattern);
            let [y_plane, uv_plane] = [&mut y, &mut uv].map(|(data, stride)| PlaneMut { data, stride: *stride });
            canvas.compose(&mut Target::SemiPlanar420 { y: y_plane, uv: uv_plane, v_first });
            let at = |x: usize, r: usize, c: usize| uv.0[r / 2 * uv.1 + x / 2 * 2 + c];
            pixels().map(|(x, r)| [y.0[r * y.1 + x], at(x, r, u_at), at(x, r, v_at)]).collect()
        }
        Layout::Packed422(luma, chroma) => {
            let mut pattern = [ground[0]; 4];
            (pattern[chroma[0]], pattern[chroma[1]]) = (ground[1], ground[2]);
            let (mut data, stride) = plane(4 * cw, h, &pattern);
            canvas.compose(&mut Target::Packed422 { plane: PlaneMut { data: &mut data, stride }, y: luma, uv: chroma });
            let pair = |x: usize, y: usize| &data[y * stride + x / 2 * 4..][..4];
            pixels().map(|(x, y)| [pair(x, y)[luma + x % 2 * 2], pair(x, y)[chroma[0]], pair(x, y)[chroma[1]]]).collect()
        }
    };
    assert!(canvas.is_blank(), "{layout:?}: not wiped");
    out
}

/// What the layout should hold: the RGB picture (of even size, so that colour samples at the border have four pixels),
/// converted in floating point.
fn expected(layout: Layout, model: ColourModel, w: usize, h: usize) -> Vec<[f32; 3]> {
    let (ew, eh) = (w.next_multiple_of(2), h.next_multiple_of(2));
    let mut rgb = vec![[0u8; 3]; ew * eh];
    // The scene depends on the size, so it is drawn for the true one and read with its margin.
    let mut canvas = Canvas::new(w as u32, h as u32, ColourModel::RGB);
    draw(&mut canvas);
    canvas.drain(|block| {
        for (dy, row) in block.rows.iter().enumerate() {
            for dx in (0..BLOCK).filter(|dx| block.x + dx < ew) {
                rgb[(block.y + dy) * ew + block.x + dx] = [0, 1, 2].map(|c| {
                    let ground = [GROUND.0, GROUND.1, GROUND.2][c];
                    (f32::from(row[c][dx]) + f32::from(ground) * (1.0 - f32::from(row[3][dx]) / 255.0)).round() as u8
                });
                if row[3][dx] == 0 {
                    rgb[(block.y + dy) * ew + block.x + dx] = [0; 3];
                }
            }
        }
    });
    let at = |x: usize, y: usize| match rgb[y * ew + x] {
        [0, 0, 0] => model.encode(GROUND),
        [r, g, b] => model.encode(Rgb(r, g, b)),
    };
    let mean = |xs: std::ops::Range<usize>, ys: std::ops::Range<usize>, c: usize| {
        let n = (xs.len() * ys.len()) as f32;
        ys.flat_map(|y| xs.clone().map(move |x| (x, y))).map(|(x, y)| at(x, y)[c]).sum::<f32>() / n
    };
    let pixels = (0..h).flat_map(|y| (0..w).map(move |x| (x, y)));
    pixels
        .map(|(x, y)| {
            let (xs, ys) = (x / 2 * 2..x / 2 * 2 + 2, y / 2 * 2..y / 2 * 2 + 2);
            let [a, b, c] = at(x, y);
            match layout {
                Layout::Packed(..) => [a, b, c],
                Layout::Grey => [a, 0.0, 0.0],
                Layout::Planar | Layout::SemiPlanar(_) => [a, mean(xs.clone(), ys.clone(), 1), mean(xs, ys, 2)],
                Layout::Packed422(..) => [a, mean(xs.clone(), y..y + 1, 1), mean(xs, y..y + 1, 2)],
            }
        })
        .collect()
}

#[test]
fn every_layout_shows_the_same_picture() {
    for layout in LAYOUTS {
        let models: &[ColourModel] = match layout {
            Layout::Packed(..) => &[ColourModel::RGB],
            _ => &[ColourModel::BT601, ColourModel::BT601_FULL, ColourModel::BT709],
        };
        for model in models {
            for (w, h) in [(48, 32), (47, 31), (33, 2), (1, 1), (3, 5), (16, 17)] {
                let (got, want) = (picture(layout, *model, w, h), expected(layout, *model, w, h));
                for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                    let off = got.iter().zip(want).map(|(g, w)| (f32::from(*g) - w).abs()).fold(0.0, f32::max);
                    assert!(off <= 2.5, "{layout:?} {model:?} {w}x{h} at ({}, {}): {got:?}, wanted {want:?}", i % w, i / w);
                }
            }
        }
    }
}

#[test]
fn a_transparent_picture_keeps_the_colour_of_the_mark() {
    // An opaque and a half-opaque mark on full transparency: Porter-Duff "over" leaves the mark's own colour and opacity.
    for (opacity, alpha) in [(1.0, 255), (0.5, 128)] {
        let mut canvas = Canvas::new(3, 3, ColourModel::RGB);
        let paint = canvas.paint(Rgb(200, 100, 50), opacity).into();
        canvas.square([1.0, 1.0], 1.5, &paint);
        let mut data = vec![0; 36];
        let plane = PlaneMut { data: &mut data, stride: 12 };
        canvas.compose(&mut Target::Packed { plane, bytes: 4, rgb: [0, 1, 2], alpha: Some(3) });
        let got = &data[16..20];
        assert!(got.iter().zip([200, 100, 50, alpha]).all(|(g, w)| g.abs_diff(w) <= 1), "{got:?}");
    }
}

proptest! {
    #[test]
    fn planes_that_are_too_short_are_no_trouble(w in 0u32..40, h in 0u32..40, len in 0usize..2000, stride in 0usize..100) {
        let mut data = vec![0; len];
        let mut more = [vec![0; len / 3], vec![0; len / 5]];
        for layout in LAYOUTS {
            let mut canvas = Canvas::new(w, h, ColourModel::BT601);
            draw(&mut canvas);
            let plane = PlaneMut { data: &mut data, stride };
            let [a, b] = more.each_mut().map(|data| PlaneMut { data, stride: stride / 2 });
            canvas.compose(&mut match layout {
                Layout::Packed(bytes, rgb, alpha) => Target::Packed { plane, bytes, rgb, alpha },
                Layout::Grey => Target::Grey(plane),
                Layout::Planar => Target::Planar420 { y: plane, u: a, v: b },
                Layout::SemiPlanar(v_first) => Target::SemiPlanar420 { y: plane, uv: a, v_first },
                Layout::Packed422(y, uv) => Target::Packed422 { plane, y, uv },
            });
            prop_assert!(canvas.is_blank());
        }
    }
}
