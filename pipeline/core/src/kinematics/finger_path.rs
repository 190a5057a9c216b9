//! The path of the index finger's tip: layouts `finger-path` (signature) and `finger-track` (plain points), for moving gestures.
//!
//! A path of `n` points in hand sizes goes in. Both layouts divide it by its own length, so that size drops out (in `finger-path`
//! that of movements of up to two hand sizes: what came before does not count), and add that length, so that rest can be told from
//! motion. `finger-path` is the signature of the path and does not depend on how fast it was run through; `finger-track` is the
//! points themselves at even times.

use super::signature::Signature;

/// Paths shorter than this, in hand sizes, are not stretched any further: they are the trembling of a finger at rest.
const REST_H: f64 = 0.3;
/// How much of a path counts, in hand sizes, from its end: a window of some length in time sees one turn of a slow circle and two of a
/// hasty one, a window of some length in space sees the same. Of 0.7, 1, 1.5, 2, 3 and all, this one was best on the labelled recordings
/// and their replays.
const WAY_H: f64 = 2.0;

/// Length of the polygon through the points.
fn length(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])).sum()
}

fn scaled(points: &[[f64; 2]]) -> (f64, Vec<[f64; 2]>) {
    let length = length(points);
    let first = points.first().copied().unwrap_or_default();
    let unit = length.max(REST_H);
    (length, points.iter().map(|p| [(p[0] - first[0]) / unit, (p[1] - first[1]) / unit]).collect())
}

/// What the layouts share: logarithm of the length over the trembling of a finger at rest, ends' distance over length, enclosed
/// area over the squared length.
fn summary(length: f64, path: &[[f64; 2]]) -> [f64; 3] {
    let s = Signature::of_path(path);
    let chord = s.level1[0].hypot(s.level1[1]);
    [(1.0 + length / REST_H).ln(), chord, (s.level2[0][1] - s.level2[1][0]) / 2.0]
}

const SUMMARY: [&str; 3] = ["path.log_length", "path.chord", "path.area"];

/// The end of a path that is at most this long.
fn last(points: &[[f64; 2]], most: f64) -> Vec<[f64; 2]> {
    let mut way = 0.0;
    let mut out = Vec::with_capacity(points.len());
    for pair in points.windows(2).rev() {
        let [a, b] = [pair[0], pair[1]];
        if out.is_empty() {
            out.push(b);
        }
        let step = (b[0] - a[0]).hypot(b[1] - a[1]);
        if way + step >= most {
            let share = if step > 0.0 { (most - way) / step } else { 0.0 };
            out.push([b[0] + share * (a[0] - b[0]), b[1] + share * (a[1] - b[1])]);
            break;
        }
        way += step;
        out.push(a);
    }
    out.reverse();
    out
}

/// Names of [`signature_features`].
pub fn signature_names() -> Vec<String> {
    let mut names: Vec<String> = SUMMARY.iter().map(|n| (*n).to_owned()).collect();
    const AXES: [char; 2] = ['x', 'y'];
    names.extend(AXES.map(|a| format!("path.s_{a}")));
    names.extend(AXES.iter().flat_map(|a| AXES.map(|b| format!("path.s_{a}{b}"))));
    names.extend(AXES.iter().flat_map(|a| AXES.iter().flat_map(move |b| AXES.map(|c| format!("path.s_{a}{b}{c}")))));
    names
}

/// Signature of the last two hand sizes of the path, in whatever times its points were taken.
pub fn signature_features(points: &[[f64; 2]]) -> Vec<f32> {
    let (length, path) = scaled(&last(points, WAY_H));
    let signature = Signature::of_path(&path);
    summary(length, &path).into_iter().chain(signature.values()).map(|v| v as f32).collect()
}

/// Names of [`track_features`].
pub fn track_names(frames: usize) -> Vec<String> {
    let mut names = vec![SUMMARY[0].to_owned()];
    names.extend((1..frames).flat_map(|i| ["x", "y"].map(|a| format!("path.{a}{i}"))));
    names
}

/// The points of the path, which are `frames` at even times, relative to the first.
pub fn track_features(points: &[[f64; 2]]) -> Vec<f32> {
    let (length, path) = scaled(points);
    let log_length = summary(length, &path)[0];
    std::iter::once(log_length).chain(path.iter().skip(1).flatten().copied()).map(|v| v as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(turns: f64, points: usize, radius: f64, sense: f64) -> Vec<[f64; 2]> {
        (0..points)
            .map(|i| {
                let a = sense * turns * std::f64::consts::TAU * i as f64 / (points - 1) as f64;
                [radius * a.cos() + 3.0, radius * a.sin() - 1.0]
            })
            .collect()
    }

    fn area(values: &[f32]) -> f32 {
        values[signature_names().iter().position(|n| n == "path.area").unwrap()]
    }

    #[test]
    fn a_circle_encloses_its_area_with_the_sign_of_its_sense() {
        // Area pi r^2 over squared length (2 pi r)^2 = 1 / (4 pi).
        let want = 1.0 / (4.0 * std::f32::consts::PI);
        assert!((area(&signature_features(&circle(1.0, 200, 0.3, 1.0))) - want).abs() < 1e-3);
        assert!((area(&signature_features(&circle(1.0, 200, 0.1, -1.0))) + want).abs() < 1e-3, "size drops out, the sense stays");
        let line: Vec<[f64; 2]> = (0..10).map(|i| [f64::from(i), 2.0 * f64::from(i)]).collect();
        assert!(area(&signature_features(&line)).abs() < 1e-6);
    }

    #[test]
    fn the_signature_does_not_feel_the_speed_and_the_track_does() {
        // The same quarter circle, evenly and hastily.
        let at = |f: &dyn Fn(f64) -> f64| -> Vec<[f64; 2]> {
            (0..40).map(|i| f(f64::from(i) / 39.0) * 1.5).map(|a| [0.5 * a.cos(), 0.5 * a.sin()]).collect()
        };
        let (even, hasty) = (at(&|t| t), at(&|t| t * t));
        let difference =
            |f: &dyn Fn(&[[f64; 2]]) -> Vec<f32>| f(&even).iter().zip(f(&hasty)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference(&signature_features) < 2e-3, "{}", difference(&signature_features));
        assert!(difference(&track_features) > 0.1);
        assert_eq!(track_features(&even).len(), track_names(40).len());
        assert_eq!(signature_features(&even).len(), signature_names().len());
    }

    #[test]
    fn a_hasty_window_that_sees_more_of_the_way_gives_the_same_numbers() {
        // One second of a circle of 0.4 hand sizes, at one and at two and a half turns a second; both end at the same place.
        let turning = |turns: f64| -> Vec<[f64; 2]> {
            (0..=60).map(|i| -turns * std::f64::consts::TAU * (1.0 - f64::from(i) / 60.0)).map(|a| [0.4 * a.cos(), 0.4 * a.sin()]).collect()
        };
        let (slow, hasty) = (signature_features(&turning(1.0)), signature_features(&turning(2.5)));
        assert!(slow.iter().zip(&hasty).all(|(a, b)| (a - b).abs() < 0.02), "{slow:?} {hasty:?}");
    }

    #[test]
    fn a_finger_at_rest_stays_near_the_origin_whatever_its_trembling() {
        let tremble: Vec<[f64; 2]> = (0..16).map(|i| [0.002 * f64::from(i % 2), 0.001 * f64::from(i % 3)]).collect();
        assert!(signature_features(&tremble).iter().skip(1).all(|v| v.abs() < 0.05), "{:?}", signature_features(&tremble));
        assert!(signature_features(&[]).iter().all(|v| *v == 0.0));
    }
}
