//! What is drawn straight into the picture, below the marks: depth maps, and what a range mask does not want.

use ego_core::draw::depth::DepthPainter;
use ego_core::draw::{ColourModel, Target};
use ego_core::image::{MaskView, Plane};
use ego_core::range::darken;
use ego_meta::{DepthMeta, MaskMeta};

use super::settings::{MaskStyle, Settings};
use crate::maps::MappedMap;

/// Light that is left beyond reach, of 256.
const DIM: u16 = 90;
/// The outline is black.
const OUTLINE: u16 = 0;

/// The maps of one frame, and what drawing them needs between frames.
#[derive(Default)]
pub(super) struct MapLayer {
    mask: Option<MaskMeta>,
    depth: Option<DepthMeta>,
    painter: DepthPainter,
    /// The mask whose zeros are the outline of another.
    outline: Vec<u8>,
}

impl MapLayer {
    /// Takes the maps that the settings ask for from a buffer.
    pub(super) fn read(&mut self, buffer: &gst::BufferRef, settings: &Settings, trouble: &mut impl FnMut(String)) {
        (self.mask, self.depth) = (None, None);
        if settings.mask != MaskStyle::Off {
            let masks = ego_meta::masks(buffer).filter_map(|mask| mask.map_err(|e| trouble(e.to_string())).ok());
            self.mask = masks.filter(|mask| mask.kind == "range" && mask.stamp.age_ns <= settings.max_age_ns).last();
        }
        if settings.depth_map {
            let depth = ego_meta::depth(buffer).map_err(|e| trouble(e.to_string())).ok().flatten();
            self.depth = depth.filter(|depth| depth.stamp.age_ns <= settings.max_age_ns);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mask.is_none() && self.depth.is_none()
    }

    /// Whether the mask that is drawn was moved back so that it does not cut a hand.
    pub(super) fn is_relaxed(&self) -> bool {
        self.mask.as_ref().and_then(|mask| mask.range).is_some_and(|range| range.relaxed)
    }

    /// Draws them into a picture of `size` (width, height).
    ///
    /// # Errors
    /// A sentence when a map cannot be read; the others are drawn.
    pub(super) fn draw(&mut self, target: &mut Target<'_>, size: [u32; 2], model: ColourModel, settings: &Settings) -> Result<(), String> {
        let mut done = Ok(());
        if let Some(meta) = &self.depth {
            let painter = &mut self.painter;
            done = MappedMap::depth(meta).and_then(|map| {
                painter.blend(target, size, &map.depth_view(meta)?, model, settings.depth_opacity);
                Ok(())
            });
        }
        if let Some(meta) = &self.mask {
            let outline = &mut self.outline;
            let drawn = MappedMap::mask(meta).and_then(|map| {
                let view = map.mask_view()?;
                match settings.mask {
                    MaskStyle::Outline => darken(target, size, &edges(&view, outline), model, OUTLINE),
                    _ => darken(target, size, &view, model, DIM),
                }
                Ok(())
            });
            done = done.and(drawn);
        }
        done
    }
}

/// A mask that wants everything but the last pixels within reach.
fn edges<'a>(mask: &MaskView<'_>, into: &'a mut Vec<u8>) -> MaskView<'a> {
    let (width, height) = (mask.width as usize, mask.height as usize);
    let wanted = |x: usize, y: usize| mask.plane.data.get(y * mask.plane.stride + x).is_some_and(|v| *v != 0);
    into.clear();
    for y in 0..height {
        for x in 0..width {
            let inside = wanted(x, y);
            let last = inside
                && ((x > 0 && !wanted(x - 1, y))
                    || (x + 1 < width && !wanted(x + 1, y))
                    || (y > 0 && !wanted(x, y - 1))
                    || (y + 1 < height && !wanted(x, y + 1)));
            into.push(if last { 0 } else { 255 });
        }
    }
    MaskView { width: mask.width, height: mask.height, plane: Plane { data: into, stride: width } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outline_is_the_last_pixel_within_reach() {
        let mask = [0, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255];
        let view = MaskView { width: 4, height: 3, plane: Plane { data: &mask, stride: 4 } };
        let mut into = Vec::new();
        let edges = edges(&view, &mut into);
        assert_eq!((edges.width, edges.height), (4, 3));
        assert_eq!(edges.plane.data, [255, 0, 255, 255, 255, 0, 255, 255, 0, 255, 255, 255]);
    }
}
