//! One clip in H2O's layout.

use std::path::Path;

use ego_outputs::h2o::{Picture, RecordingWriter};
use ego_synth::clip::Clip;

use super::picture::Easel;
use super::{sensors, truth};
use crate::interrupt::Interrupt;

/// Writes the recording whose place below `root` is `path`; `false` when the user stopped it, and then nothing is left.
pub(super) fn write(root: &Path, path: &str, clip: &Clip, imu: bool, easel: &mut Easel, interrupt: &Interrupt) -> anyhow::Result<bool> {
    let k = clip.intrinsics();
    let mut recording = RecordingWriter::create(root, path, &k)?;
    let whole = easel.draw(clip, interrupt, |_, known, frame| {
        let picture = Picture { width: k.width, height: k.height, rgb: &frame.rgb, depth_m: &frame.depth_m };
        Ok(recording.frame(&truth::h2o_frame(clip, known), &picture)?)
    })?;
    if whole {
        if imu {
            sensors::write(clip, &recording.part().join("imu.csv"))?;
        }
        recording.finish()?;
    }
    Ok(whole)
}
