//! The last seconds of a live stream, limited in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::{Picture, ViewFrame};

/// Time that the look-back is meant for, nanoseconds.
pub(crate) const LENGTH_NS: u64 = 20_000_000_000;
/// Rate that pictures are made small for: 20 seconds of so many a second should fit.
const FPS: usize = 30;

/// Frames that there is room for from the beginning: 20 seconds of 60 a second.
const ROOM: usize = 1200;

/// Pictures with their results, oldest first.
pub struct LookBack {
    frames: VecDeque<ViewFrame>,
    bytes: usize,
    budget: usize,
    /// Memory of the picture that gave way last. The next copy goes there: a hundred large pieces asked for and given back each minute
    /// would leave holes between everything else.
    spare: Vec<u8>,
}

impl LookBack {
    /// Keeps at most so many bytes of pictures.
    pub fn new(budget: usize) -> LookBack {
        LookBack { frames: VecDeque::with_capacity(ROOM), bytes: 0, budget, spare: Vec::new() }
    }

    /// How many pixels of a row become one, so that 20 seconds of such pictures fit.
    pub fn step(&self, picture_bytes: usize) -> u32 {
        let wanted = picture_bytes * FPS * (LENGTH_NS / 1_000_000_000) as usize;
        (1..=8).find(|step| wanted / (step * step) as usize <= self.budget).unwrap_or(8)
    }

    /// Memory for the copy that is pushed next.
    pub fn spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Adds a frame whose picture is a copy of our own; the oldest ones give way.
    pub fn push(&mut self, frame: ViewFrame) {
        self.bytes += size(&frame);
        let newest = frame.pts_ns;
        self.frames.push_back(frame);
        let too_old = |frame: &ViewFrame| newest.saturating_sub(frame.pts_ns) > LENGTH_NS;
        while self.frames.len() > 1 && (self.bytes > self.budget || self.frames.front().is_some_and(too_old)) {
            if let Some(gone) = self.frames.pop_front() {
                self.bytes -= size(&gone);
                // One that the window shows just now keeps its memory.
                if let Some(picture) = gone.picture.and_then(Arc::into_inner) {
                    self.spare = picture.into_bytes();
                }
            }
        }
    }

    /// The frame that was on the screen at a time, or the oldest that is left.
    pub fn at(&self, pts_ns: u64) -> Option<&ViewFrame> {
        let after = self.frames.partition_point(|f| f.pts_ns <= pts_ns);
        self.frames.get(after.saturating_sub(1))
    }

    /// Bytes of pictures and maps that are kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// From when to when there are pictures, nanoseconds.
    pub fn span(&self) -> Option<[u64; 2]> {
        Some([self.frames.front()?.pts_ns, self.frames.back()?.pts_ns])
    }

    /// Lets go of everything.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
        self.spare = Vec::new();
    }
}

fn size(frame: &ViewFrame) -> usize {
    let maps = [&frame.depth, &frame.mask].into_iter().flatten().map(|m| m.data.len()).sum::<usize>();
    // About what the records of a frame take.
    const RECORDS: usize = 4096;
    frame.picture.as_ref().map_or(0, |p: &Arc<Picture>| p.bytes()) + maps + RECORDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{PlaneLayout, Trace, YuvColour};
    use ego_outputs::FrameRecord;
    use std::time::Instant;

    fn frame(n: u64, bytes: usize) -> ViewFrame {
        let picture = Picture::from_bytes(PlaneLayout::I420, 1, 1, [1; 3], YuvColour::BT601, vec![0; bytes]);
        ViewFrame {
            opening: 0,
            number: n,
            pts_ns: n * 33_333_333,
            picture: Some(Arc::new(picture)),
            results: Arc::new(FrameRecord::new("live", n, None, 1, 1)),
            truth: None,
            depth: None,
            mask: None,
            camera: None,
            trace: Trace { handed_over: Instant::now(), since_capture: None },
        }
    }

    #[test]
    fn bytes_and_seconds_are_both_bounds() {
        let mut back = LookBack::new(1_000_000);
        for n in 0..10_000 {
            back.push(frame(n, 10_000));
            assert!(back.bytes() <= 1_000_000);
        }
        let kept = back.frames.len();
        assert!((60..=71).contains(&kept), "{kept}");
        let mut back = LookBack::new(1 << 30);
        (0..2000).for_each(|n| back.push(frame(n, 100)));
        let [first, last] = back.span().expect("some");
        assert!(last - first <= LENGTH_NS && last - first > LENGTH_NS - 40_000_000);
        assert_eq!(back.at(last - 1).map(|f| f.number), Some(1998));
        assert_eq!(back.at(0).map(|f| f.pts_ns), Some(first));
    }

    #[test]
    fn copies_go_into_the_memory_of_those_that_gave_way() {
        let mut back = LookBack::new(1_000_000);
        let mut places = std::collections::HashSet::new();
        for n in 0..2000 {
            let mut bytes = back.spare();
            bytes.resize(10_000, 0);
            places.insert(bytes.as_ptr() as usize);
            let picture = Picture::from_bytes(PlaneLayout::I420, 1, 1, [1; 3], YuvColour::BT601, bytes);
            back.push(ViewFrame { picture: Some(Arc::new(picture)), ..frame(n, 0) });
        }
        assert!(places.len() <= back.frames.len() + 1, "{} pieces of memory for {} pictures", places.len(), back.frames.len());
    }

    #[test]
    fn pictures_are_made_so_small_that_twenty_seconds_fit() {
        let back = LookBack::new(256 << 20);
        assert_eq!(back.step(640 * 360 * 3 / 2), 1);
        assert_eq!(back.step(1280 * 720 * 3 / 2), 2);
        assert_eq!(back.step(1920 * 1080 * 3 / 2), 3);
    }
}
