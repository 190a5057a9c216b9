//! Inertial sensors as comma-separated values: a header, then one line a reading.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::error::{Action, OutputError};

/// The header: seconds, metres per square second, radians per second.
pub const IMU_COLUMNS: &str = "sensor,time_s,accel_x_m_s2,accel_y_m_s2,accel_z_m_s2,gyro_x_rad_s,gyro_y_rad_s,gyro_z_rad_s";

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImuRow<'a> {
    /// Name of the sensor, without commas.
    pub sensor: &'a str,
    /// Since the beginning of the clip, seconds.
    pub time_s: f64,
    /// Specific force in the sensor's axes, metres per square second.
    pub accel: [f64; 3],
    /// Angular rate in the sensor's axes, radians per second.
    pub gyro: [f64; 3],
}

/// Writes readings into a new file.
///
/// # Errors
/// When the file cannot be written.
pub fn write_imu<'a>(path: &Path, rows: impl IntoIterator<Item = ImuRow<'a>>) -> Result<(), OutputError> {
    let mut file = BufWriter::new(File::create(path).map_err(OutputError::io(Action::Create, path))?);
    let write = || {
        writeln!(file, "{IMU_COLUMNS}")?;
        for row in rows {
            let ([ax, ay, az], [gx, gy, gz]) = (row.accel, row.gyro);
            writeln!(file, "{},{:.6},{ax:.6},{ay:.6},{az:.6},{gx:.6},{gy:.6},{gz:.6}", row.sensor, row.time_s)?;
        }
        file.flush()
    };
    write().map_err(OutputError::io(Action::Write, path))
}
