//! Small vectors.

/// A point or a difference of points; z is 0 in the picture.
pub(crate) type P3 = [f64; 3];

pub(crate) fn sub(a: P3, b: P3) -> P3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn dot(a: P3, b: P3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: P3, b: P3) -> P3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) fn norm(a: P3) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn distance(a: P3, b: P3) -> f64 {
    norm(sub(a, b))
}

/// Angle between two directions, 0..pi radians; exact near 0 and pi, where the arc cosine is not. 0 for a vector without length.
pub(crate) fn angle_between(a: P3, b: P3) -> f64 {
    norm(cross(a, b)).atan2(dot(a, b))
}

/// How far the chain a-b-c is bent at b: 0 stretched, pi folded back.
pub(crate) fn flexion(a: P3, b: P3, c: P3) -> f64 {
    angle_between(sub(b, a), sub(c, b))
}
