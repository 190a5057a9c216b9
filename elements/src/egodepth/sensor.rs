//! Depth pictures of a sensor in files, one a frame: 16-bit grey PNG, as H2O and most RGB-D data sets keep them.

use std::path::PathBuf;

use crate::worker::AnalysisError;

/// The pictures of a recording, by the running number of the frame.
pub(super) struct SensorFiles {
    before: String,
    /// Digits of the number, filled with zeros.
    digits: usize,
    after: String,
}

/// A depth picture in memory: columns, rows, steps.
pub(super) struct Steps {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) values: Vec<u16>,
}

impl SensorFiles {
    /// Reads a pattern such as `depth/%06d.png`.
    ///
    /// # Errors
    /// When the pattern holds no number, or more than one.
    pub(super) fn of(pattern: &str) -> Result<SensorFiles, AnalysisError> {
        let wrong = || {
            AnalysisError::Setting(format!(
                "sensor-location={pattern:?} should hold one frame number, e.g. depth/%06d.png for depth/000000.png and so on"
            ))
        };
        let (before, rest) = pattern.split_once('%').ok_or_else(wrong)?;
        let (number, after) = rest.split_once('d').ok_or_else(wrong)?;
        let digits = match number.strip_prefix('0') {
            Some(digits) => digits.parse().map_err(|_| wrong())?,
            None if number.is_empty() => 1,
            None => return Err(wrong()),
        };
        if after.contains('%') || digits > 20 {
            return Err(wrong());
        }
        Ok(SensorFiles { before: before.to_owned(), digits, after: after.to_owned() })
    }

    /// The file of a frame.
    pub(super) fn path(&self, frame: u64) -> PathBuf {
        let SensorFiles { before, digits, after } = self;
        format!("{before}{frame:0digits$}{after}").into()
    }

    /// The depth picture of a frame.
    ///
    /// # Errors
    /// [`AnalysisError::Frame`] when it is not there or is no 16-bit grey picture.
    pub(super) fn read(&self, frame: u64) -> Result<Steps, AnalysisError> {
        let path = self.path(frame);
        let failed = |why: String| AnalysisError::Frame(format!("the depth picture {} cannot be used: {why}", path.display()));
        match image::open(&path).map_err(|e| failed(e.to_string()))? {
            image::DynamicImage::ImageLuma16(picture) => {
                Ok(Steps { width: picture.width(), height: picture.height(), values: picture.into_raw() })
            }
            other => Err(failed(format!("it should hold 16-bit grey and holds {:?}", other.color()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_where_the_pattern_says() {
        for (pattern, want) in [("depth/%06d.png", "depth/000012.png"), ("d%d.png", "d12.png"), ("%03d", "012")] {
            assert_eq!(SensorFiles::of(pattern).ok().map(|files| files.path(12)), Some(PathBuf::from(want)), "{pattern}");
        }
        for pattern in ["depth.png", "%06f.png", "%d-%d.png", "%6d.png", "%099d"] {
            let e = SensorFiles::of(pattern).err().map(|e| e.to_string());
            assert!(e.is_some_and(|e| e.contains(pattern) && e.contains("%06d")), "{pattern}");
        }
    }

    #[test]
    fn sixteen_bit_pictures_are_read_and_others_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let pattern = folder.path().join("%d.png").to_str().expect("UTF-8").to_owned();
        let files = SensorFiles::of(&pattern).expect("a pattern");
        let picture = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(2, 1, vec![700u16, 0]).expect("large enough");
        picture.save(files.path(0)).expect("written");
        image::RgbImage::new(2, 2).save(files.path(1)).expect("written");
        let steps = files.read(0).ok().map(|s| (s.width, s.height, s.values));
        assert_eq!(steps, Some((2, 1, vec![700, 0])));
        for (frame, word) in [(1, "16-bit grey"), (2, "2.png")] {
            let e = files.read(frame).err().map(|e| e.to_string());
            assert!(e.as_ref().is_some_and(|e| e.contains(word)), "{e:?}");
        }
    }
}
