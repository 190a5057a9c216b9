//! Virtual inertial sensors on the wrists and the head.
//!
//! A pose track gives specific force `a = R^T (p'' - g)` and angular rate `w` from `R^T R'` in the sensor's own axes. The tracks
//! are smooth, so central differences over a few milliseconds do; recorded tracks must be smoothed first, because second
//! differences amplify noise by 1/dt^2. Then come bias, noise and range of a real sensor.

use ego_core::hands::Side;

use crate::clip::Clip;
use crate::rng::Rng;
use crate::space::{Pose, Vec3, origin, vec3};

/// Standard gravity, metres per square second, along -z of the world.
pub const GRAVITY: f64 = 9.806_65;

/// Half the span of the differences, seconds: as long as the averaging inside a small sensor.
const HALF_STEP_S: f64 = 0.004;

/// Where a sensor is worn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mount {
    /// At the camera, with the camera's axes.
    Head,
    /// At the wrist joint, with the axes of the hand: y to the fingers, z out of the back of the hand.
    Wrist(Side),
}

impl Mount {
    /// The word used in outputs: `head`, `left_wrist`, `right_wrist`.
    pub fn name(self) -> &'static str {
        match self {
            Mount::Head => "head",
            Mount::Wrist(Side::Left) => "left_wrist",
            Mount::Wrist(_) => "right_wrist",
        }
    }
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Since the beginning of the clip, seconds.
    pub time_s: f64,
    /// Specific force in the sensor's axes, metres per square second; a sensor at rest reads gravity upwards.
    pub accel: [f64; 3],
    /// Angular rate in the sensor's axes, radians per second.
    pub gyro: [f64; 3],
}

/// Imperfections of a sensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imperfection {
    /// White noise of the accelerometer, metres per square second and square root of hertz.
    pub accel_noise: f64,
    /// White noise of the gyroscope, radians per second and square root of hertz.
    pub gyro_noise: f64,
    /// Deviation of the constant accelerometer bias, metres per square second.
    pub accel_bias: f64,
    /// Deviation of the constant gyroscope bias, radians per second.
    pub gyro_bias: f64,
    /// Largest value of each accelerometer axis, metres per square second.
    pub accel_range: f64,
    /// Largest value of each gyroscope axis, radians per second.
    pub gyro_range: f64,
}

impl Imperfection {
    /// A perfect sensor.
    pub const NONE: Imperfection = Imperfection {
        accel_noise: 0.0,
        gyro_noise: 0.0,
        accel_bias: 0.0,
        gyro_bias: 0.0,
        accel_range: f64::INFINITY,
        gyro_range: f64::INFINITY,
    };

    /// Data-sheet values of the small sensors in watches and glasses (Bosch BMI270: 160 ug and 0.008 deg/s per root hertz, 20 mg and
    /// 0.5 deg/s offset, ranges of 8 g and 1000 deg/s).
    pub const WATCH: Imperfection = Imperfection {
        accel_noise: 160e-6 * GRAVITY,
        gyro_noise: 0.008 * std::f64::consts::PI / 180.0,
        accel_bias: 0.02 * GRAVITY,
        gyro_bias: 0.5 * std::f64::consts::PI / 180.0,
        accel_range: 8.0 * GRAVITY,
        gyro_range: 1000.0 * std::f64::consts::PI / 180.0,
    };
}

/// What a perfect sensor on a moving body reads at `t`; `world_from_sensor` is the body's pose over time.
pub fn reading(world_from_sensor: impl Fn(f64) -> Pose, t: f64) -> Reading {
    let h = HALF_STEP_S;
    let (before, now, after) = (world_from_sensor(t - h), world_from_sensor(t), world_from_sensor(t + h));
    let second = (origin(&before) + origin(&after) - origin(&now) * 2.0) / (h * h);
    let force = now.rotation.inverse() * (second + vec3(0.0, 0.0, GRAVITY));
    // Rotation vector from before to after.
    let turned = before.rotation.inverse() * after.rotation;
    let q = turned.into_inner();
    let q = if q.w < 0.0 { -q } else { q };
    let v = vec3(q.i, q.j, q.k);
    let sine = libm::sqrt(v.dot(&v));
    let scale = if sine < 1e-9 { 2.0 } else { 2.0 * libm::atan2(sine, q.w) / sine };
    // The vector is in the axes of `before`, the reading in those of `now`.
    let rate: Vec3 = v * (scale / (2.0 * h));
    let rate = now.rotation.inverse() * (before.rotation * rate);
    Reading { time_s: t, accel: force.into(), gyro: rate.into() }
}

/// The stream of a sensor over a whole clip; empty when the clip has no such hand.
///
/// `rate_hz` is clamped to 1..2000. Noise comes from the clip's seed.
pub fn stream(clip: &Clip, mount: Mount, rate_hz: f64, imperfection: &Imperfection) -> Vec<Reading> {
    let rate_hz = if rate_hz.is_finite() { rate_hz.clamp(1.0, 2000.0) } else { 100.0 };
    if let Mount::Wrist(side) = mount
        && clip.wrist_pose(side, 0.0).is_none()
    {
        return Vec::new();
    }
    let pose_at = |t: f64| match mount {
        Mount::Head => clip.camera_pose(t),
        Mount::Wrist(side) => clip.wrist_pose(side, t).unwrap_or_else(Pose::identity),
    };
    let mut rng = Rng::new(clip.seed()).split("imu").split(mount.name());
    let mut bias = |size: f64| -> [f64; 3] { std::array::from_fn(|_| size * rng.normal()) };
    let (accel_bias, gyro_bias) = (bias(imperfection.accel_bias), bias(imperfection.gyro_bias));
    // White noise of a density n sampled at f has deviation n * sqrt(f / 2).
    let spread = libm::sqrt(rate_hz / 2.0);
    let count = (clip.time_s(clip.frames()) * rate_hz) as u64;
    (0..count)
        .map(|i| {
            let clean = reading(pose_at, i as f64 / rate_hz);
            let mut worn = |value: [f64; 3], bias: [f64; 3], noise: f64, range: f64| -> [f64; 3] {
                std::array::from_fn(|k| {
                    (value[k] + bias[k] + if noise > 0.0 { noise * spread * rng.normal() } else { 0.0 }).clamp(-range, range)
                })
            };
            Reading {
                time_s: clean.time_s,
                accel: worn(clean.accel, accel_bias, imperfection.accel_noise, imperfection.accel_range),
                gyro: worn(clean.gyro, gyro_bias, imperfection.gyro_noise, imperfection.gyro_range),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::{Action, noun, verb};
    use crate::rng::Rng;
    use crate::script::{Script, Shake};
    use crate::space::{Turn, pose, turn, turn_z};

    fn size(v: [f64; 3]) -> f64 {
        libm::sqrt(v.iter().map(|x| x * x).sum())
    }

    #[test]
    fn at_rest_it_reads_gravity_whichever_way_it_is_turned() {
        let mut r = Rng::new(1);
        for _ in 0..50 {
            let still = pose(vec3(r.normal(), r.normal(), r.normal()), turn(vec3(r.normal(), r.normal(), r.normal()), r.range(0.0, 6.0)));
            let m = reading(|_| still, 1.0);
            assert!((size(m.accel) - GRAVITY).abs() < 1e-6 && size(m.gyro) < 1e-9);
        }
        let upright = reading(|_| Pose::identity(), 0.0);
        assert!((upright.accel[2] - GRAVITY).abs() < 1e-9, "a sensor at rest is pushed up");
    }

    #[test]
    fn on_a_circle_it_reads_the_centripetal_force_and_the_rate() {
        let (radius, omega) = (0.3, 4.0);
        let circle = |t: f64| {
            let (s, c) = libm::sincos(omega * t);
            pose(vec3(radius * c, radius * s, 0.0), turn_z(omega * t))
        };
        for t in [0.1, 0.7, 1.9] {
            let m = reading(circle, t);
            // Its x axis points outwards: the force points to the centre.
            assert!((m.accel[0] + omega * omega * radius).abs() < 1e-3 * omega * omega * radius, "{m:?}");
            assert!(m.accel[1].abs() < 1e-6 && (m.accel[2] - GRAVITY).abs() < 1e-6);
            assert!((m.gyro[2] - omega).abs() < 1e-9 && m.gyro[0].abs() < 1e-9 && m.gyro[1].abs() < 1e-9);
        }
    }

    #[test]
    fn in_free_fall_it_reads_nothing() {
        let fall = |t: f64| pose(vec3(0.2 * t, 0.0, 1.0 - 0.5 * GRAVITY * t * t), Turn::identity());
        assert!(size(reading(fall, 0.2).accel) < 1e-6);
    }

    #[test]
    fn a_clip_reads_about_gravity_on_average_and_a_missing_hand_reads_nothing() {
        let mut script = Script::of(Action { verb: verb::POUR, noun: noun::MILK });
        script.one_handed = true;
        script.main = Some(Side::Right);
        script.shake = Shake::Steady;
        let clip = Clip::new(3, &script).expect("playable");
        let right = stream(&clip, Mount::Wrist(Side::Right), 100.0, &Imperfection::WATCH);
        assert!(stream(&clip, Mount::Wrist(Side::Left), 100.0, &Imperfection::NONE).is_empty());
        assert_eq!(right.len(), (clip.time_s(clip.frames()) * 100.0) as usize);
        let mean = right.iter().map(|m| size(m.accel)).sum::<f64>() / right.len() as f64;
        assert!((8.5..13.0).contains(&mean), "{mean}");
        assert!(right.iter().all(|m| size(m.accel) < 100.0 && size(m.gyro) < 40.0), "no jumps in the motion");
        let head = stream(&clip, Mount::Head, 100.0, &Imperfection::NONE);
        assert!(head.iter().all(|m| (size(m.accel) - GRAVITY).abs() < 3.0));
    }
}
