//! Writing maps: samples that ride on buffers; their memory is used again once nobody holds them.

use gst::prelude::*;
use gst_video::{VideoFormat, VideoInfo};

/// Makes samples of one format and size.
pub(crate) struct Maps {
    pool: gst::BufferPool,
    caps: gst::Caps,
    stride: usize,
    height: usize,
}

impl Maps {
    /// `None` when GStreamer cannot make such a pool.
    pub(crate) fn new(format: VideoFormat, width: u32, height: u32) -> Option<Maps> {
        let info = VideoInfo::builder(format, width, height).build().ok()?;
        let caps = info.to_caps().ok()?;
        let pool = gst::BufferPool::new();
        let mut config = pool.config();
        // No upper limit: who keeps frames must not stop the source.
        config.set_params(Some(&caps), u32::try_from(info.size()).ok()?, 2, 0);
        pool.set_config(config).ok()?;
        pool.set_active(true).ok()?;
        Some(Maps { pool, caps, stride: usize::try_from(info.stride()[0]).ok()?, height: height as usize })
    }

    /// Bytes from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// A sample whose bytes, padding and all, `fill` writes.
    pub(crate) fn whole<T>(&self, fill: impl FnOnce(&mut [u8]) -> T) -> Result<(gst::Sample, T), gst::FlowError> {
        let mut buffer = self.pool.acquire_buffer(None)?;
        let answer = {
            let mut map = buffer.get_mut().ok_or(gst::FlowError::Error)?.map_writable().map_err(|_| gst::FlowError::Error)?;
            fill(map.as_mut_slice())
        };
        Ok((gst::Sample::builder().buffer(&buffer).caps(&self.caps).build(), answer))
    }

    /// A sample whose rows (without their number, with their padding) `fill` writes.
    pub(crate) fn sample(&self, mut fill: impl FnMut(usize, &mut [u8])) -> Result<gst::Sample, gst::FlowError> {
        let (sample, ()) = self.whole(|bytes| {
            for (y, row) in bytes.chunks_exact_mut(self.stride).take(self.height).enumerate() {
                fill(y, row);
            }
        })?;
        Ok(sample)
    }
}

impl Drop for Maps {
    fn drop(&mut self) {
        // A pool that stays active would keep its memory; nothing else can be done about a failure.
        let _ = self.pool.set_active(false);
    }
}

/// Writes metres as millimetres, little-endian; 0 where nothing is, 65535 from 65.535 m on.
pub(crate) fn write_millimetres(metres: &[f32], row: &mut [u8]) {
    for (m, out) in metres.iter().zip(row.as_chunks_mut::<2>().0) {
        *out = ((m * 1000.0 + 0.5) as u16).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_are_rounded_and_never_wrap() {
        let mut row = [7; 12];
        write_millimetres(&[0.0, 0.4321, 0.0016, 65.535, 900.0], &mut row);
        let read: Vec<u16> = row.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        assert_eq!(read, [0, 432, 2, 65535, 65535, 0x0707]);
    }

    #[test]
    fn memory_comes_back_and_is_used_again() {
        assert!(gst::init().is_ok());
        let maps = Maps::new(VideoFormat::Gray16Le, 3, 2).map(|maps| {
            let first = maps.sample(|y, row| row.fill(y as u8));
            let bytes = first.as_ref().ok().and_then(|s| s.buffer()).and_then(|b| b.map_readable().ok()).map(|b| b.to_vec());
            // Three pixels of two bytes, padded to eight.
            assert_eq!(bytes.as_deref(), Some(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1][..]));
            let many: Vec<_> = (0..50).map(|_| maps.sample(|_, _| {}).is_ok()).collect();
            assert!(many.iter().all(|ok| *ok));
        });
        assert!(maps.is_some());
    }
}
