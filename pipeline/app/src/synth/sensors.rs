//! The virtual inertial sensors of a clip.

use std::path::Path;

use ego_core::hands::Side;
use ego_outputs::{ImuRow, ImuTrack, OutputError, write_imu};
use ego_synth::clip::Clip;
use ego_synth::imu::{Imperfection, Mount, Reading, stream};

/// Readings a second: what watches and glasses deliver.
pub(super) const RATE_HZ: f64 = 100.0;

const MOUNTS: [Mount; 3] = [Mount::Head, Mount::Wrist(Side::Left), Mount::Wrist(Side::Right)];

fn streams(clip: &Clip) -> impl Iterator<Item = (&'static str, Vec<Reading>)> + '_ {
    MOUNTS.into_iter().map(|mount| (mount.name(), stream(clip, mount, RATE_HZ, &Imperfection::WATCH)))
}

/// Writes all sensors one after the other.
pub(super) fn write(clip: &Clip, path: &Path) -> Result<(), OutputError> {
    let streams: Vec<_> = streams(clip).collect();
    let rows = streams
        .iter()
        .flat_map(|(sensor, readings)| readings.iter().map(|r| ImuRow { sensor, time_s: r.time_s, accel: r.accel, gyro: r.gyro }));
    write_imu(path, rows)
}

/// The sensors that the person wears.
pub(super) fn tracks(clip: &Clip) -> Vec<ImuTrack> {
    let six = |r: &Reading| {
        let ([ax, ay, az], [gx, gy, gz]) = (r.accel, r.gyro);
        [ax, ay, az, gx, gy, gz].map(|v| v as f32)
    };
    let worn = streams(clip).filter(|(_, readings)| !readings.is_empty());
    worn.map(|(sensor, readings)| ImuTrack { sensor: sensor.to_owned(), readings: readings.iter().map(six).collect() }).collect()
}
