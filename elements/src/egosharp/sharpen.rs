//! One frame: from its depth map to its mask, the hands within it, and the picture without the rest.

use ego_core::draw::ColourModel;
use ego_core::hands::{Hands, Side};
use ego_core::image::{MaskView, Plane};
use ego_core::range::{BYSTANDER_SHARE, Joints, RangeFinder, RangeInfo, cut, darken, share_within};
use ego_meta::{DepthMeta, HandsMeta, MaskMeta, Stamp};
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

use super::feedback::HandsSeen;
use super::settings::{RejectBystanders, Settings};
use crate::maps::{MappedMap, Maps};
use crate::raw_video;

/// What has happened since the element started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) frames: u64,
    /// Frames that left with a mask.
    pub(super) masked: u64,
    /// Frames whose cut was relaxed.
    pub(super) relaxed: u64,
    /// Frames without a depth map, or with one that is too old or knows nothing.
    pub(super) without_depth: u64,
    /// Hands that were removed or marked.
    pub(super) rejected: u64,
    pub(super) errors: u64,
}

/// The mask that was made last, and from what.
struct Made {
    /// The map's memory: the same one gives the same mask, as long as the hands are the same.
    depth: gst::Buffer,
    hands: Vec<Joints>,
    mask: gst::Sample,
    info: RangeInfo,
}

/// Makes masks; keeps what one frame teaches about the next.
#[derive(Default)]
pub(super) struct Sharpener {
    finder: RangeFinder,
    maps: Option<(u32, u32, Maps)>,
    made: Option<Made>,
    hands: Vec<Joints>,
    /// What an element further down has told of for the frame to come.
    told: Vec<Joints>,
    /// Whether any frame has brought a depth map, a useless one included.
    pub(super) depth_seen: bool,
    pub(super) counts: Counts,
}

/// What went wrong with a frame, in words; the frame passes all the same.
pub(super) type Trouble = String;

impl Sharpener {
    /// Forgets earlier frames.
    pub(super) fn reset(&mut self) {
        self.finder.reset();
        self.made = None;
    }

    /// A setting has changed: the next mask is made anew.
    pub(super) fn forget_mask(&mut self) {
        self.made = None;
    }

    /// Takes over what an element further down has told of for the frame to come, unless it is too old.
    pub(super) fn listen(&mut self, told: Option<(&HandsSeen, u64)>, max_age_ns: u64) {
        self.told.clear();
        if let Some((seen, _)) = told.filter(|(_, age_ns)| *age_ns <= max_age_ns) {
            self.told.extend_from_slice(&seen.hands);
        }
    }

    /// Attaches the mask of a frame, rejects hands beyond it, and blackens what the settings ask for.
    pub(super) fn sharpen(&mut self, buffer: &mut gst::Buffer, info: &VideoInfo, source: &str, settings: &Settings) -> Result<(), Trouble> {
        self.counts.frames += 1;
        let made = self.mask(buffer, settings);
        let (meta, trouble) = match made {
            Ok(meta) => (meta, None),
            Err(e) => (None, Some(e)),
        };
        let mut done = Ok(());
        if let Some((stamp, range)) = &meta {
            self.counts.masked += 1;
            self.counts.relaxed += u64::from(range.relaxed);
            done = self.attach(buffer, source, stamp, *range, settings);
        } else {
            self.counts.without_depth += 1;
        }
        if settings.apply {
            let mapped = self.made.as_ref().filter(|_| meta.is_some()).map(|made| MappedMap::mask(&mask_meta(made.mask.clone())));
            let mapped = mapped.transpose()?;
            // Where nothing is known nothing may be seen.
            let nothing = MaskView { width: 1, height: 1, plane: Plane { data: &[0], stride: 1 } };
            let view = mapped.as_ref().map(MappedMap::mask_view).transpose()?.unwrap_or(nothing);
            blacken(buffer.make_mut(), info, &view)?;
        }
        match trouble {
            Some(trouble) => Err(trouble),
            None => done,
        }
    }

    /// Makes the mask of a frame, or finds that the last one still holds; `None` without a usable depth map.
    fn mask(&mut self, buffer: &gst::Buffer, settings: &Settings) -> Result<Option<(Stamp, RangeInfo)>, Trouble> {
        let Some(depth) = ego_meta::depth(buffer).map_err(|e| e.to_string())? else { return Ok(None) };
        self.depth_seen = true;
        if depth.stamp.age_ns > settings.max_age_ns {
            return Ok(None);
        }
        let map_buffer = depth.map.buffer_owned().ok_or("a depth map has no memory")?;
        self.gather_hands(buffer, settings);
        if let Some(made) = self.made.as_ref().filter(|made| made.depth == map_buffer && made.hands == self.hands) {
            return Ok(Some((depth.stamp, made.info)));
        }
        let mapped = MappedMap::depth(&depth)?;
        let view = mapped.depth_view(&depth)?;
        let rule = settings.rule(depth.scale);
        let Some(found) = self.finder.find(&view, depth.stamp.pts, &self.hands, &rule) else {
            self.made = None;
            return Err(why_nothing(&depth, view.extremes().is_none()));
        };
        let maps = match &mut self.maps {
            Some((width, height, maps)) if (*width, *height) == (view.width, view.height) => maps,
            slot => {
                let maps = Maps::new(VideoFormat::Gray8, view.width, view.height).ok_or("there is no memory for masks")?;
                &mut slot.insert((view.width, view.height, maps)).2
            }
        };
        let stride = maps.stride();
        let (mask, kept) = maps.whole(|bytes| cut(&view, found.limit, bytes, stride)).map_err(|_| "there is no memory for a mask")?;
        let info = RangeInfo { kept, ..found.info };
        self.made = Some(Made { depth: map_buffer, hands: self.hands.clone(), mask, info });
        Ok(Some((depth.stamp, info)))
    }

    /// The hands that are followed: those on the buffer, else those that an element further down has told of.
    fn gather_hands(&mut self, buffer: &gst::Buffer, settings: &Settings) {
        self.hands.clear();
        if !(settings.anchor || settings.relax) {
            return;
        }
        let mut on_buffer = false;
        for meta in ego_meta::all_hands(buffer).flatten() {
            on_buffer = true;
            self.hands.extend(meta.hands.hands.iter().map(|hand| hand.image_norm));
        }
        if !on_buffer {
            self.hands.extend_from_slice(&self.told);
        }
    }

    fn attach(
        &mut self,
        buffer: &mut gst::Buffer,
        source: &str,
        depth: &Stamp,
        range: RangeInfo,
        settings: &Settings,
    ) -> Result<(), Trouble> {
        let Some(made) = &self.made else { return Ok(()) };
        let stamp = Stamp { source: source.to_owned(), model: depth.model.clone(), infer_ns: 0, ..depth.clone() };
        let meta = MaskMeta { stamp, map: made.mask.clone(), kind: "range".into(), range: Some(range) };
        let buffer = buffer.make_mut();
        ego_meta::attach_mask(buffer, &meta).map_err(|e| e.to_string())?;
        if settings.bystanders == RejectBystanders::Keep || ego_meta::all_hands(buffer).next().is_none() {
            return Ok(());
        }
        let mapped = MappedMap::mask(&meta)?;
        let view = mapped.mask_view()?;
        let beyond = |joints: &Joints| share_within(&view, joints).is_some_and(|share| share < BYSTANDER_SHARE);
        let rejected =
            ego_meta::all_hands(buffer).flatten().flat_map(|meta| meta.hands.hands).filter(|hand| beyond(&hand.image_norm)).count();
        if rejected == 0 {
            return Ok(());
        }
        self.counts.rejected += rejected as u64;
        let change = |meta: HandsMeta| {
            let mut hands = meta.hands.hands;
            match settings.bystanders {
                RejectBystanders::Mark => hands.iter_mut().filter(|hand| beyond(&hand.image_norm)).for_each(|hand| {
                    (hand.side, hand.score) = (Side::Unknown, 0.0);
                }),
                _ => hands.retain(|hand| !beyond(&hand.image_norm)),
            }
            HandsMeta { hands: Hands { hands, ..meta.hands }, ..meta }
        };
        ego_meta::replace_hands(buffer, change).map_err(|e| e.to_string())
    }
}

fn mask_meta(map: gst::Sample) -> MaskMeta {
    MaskMeta { stamp: Stamp::default(), map, kind: String::new(), range: None }
}

/// Why a depth map gives no cut, and what to do.
fn why_nothing(depth: &DepthMeta, empty: bool) -> Trouble {
    if empty {
        "a depth map knows no distance at all (every value is 0): is the sensor covered, or the model wrong?".to_owned()
    } else {
        format!("range=metric needs distances in metres, the depth of \"{}\" is relative: set range=relative", depth.stamp.source)
    }
}

fn blacken(buffer: &mut gst::BufferRef, info: &VideoInfo, mask: &MaskView<'_>) -> Result<(), Trouble> {
    buffer.unset_flags(gst::BufferFlags::GAP);
    let mut frame =
        VideoFrameRef::from_buffer_ref_writable(buffer, info).map_err(|_| "cannot write to the memory of a frame".to_owned())?;
    let format = frame.format();
    let model: ColourModel = raw_video::colour_model(info);
    let mut strides = [0; 4];
    for (stride, plane) in strides.iter_mut().zip(frame.plane_stride()) {
        *stride = *plane;
    }
    let mut target = raw_video::target(format, &strides, frame.planes_data_mut())
        .ok_or_else(|| format!("cannot blacken a frame of layout {format} with rows from bottom to top"))?;
    darken(&mut target, [info.width(), info.height()], mask, model, 0);
    Ok(())
}
