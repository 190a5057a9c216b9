//! The properties of `egooverlay`: one list of specifications, all changeable while playing.

use ego_core::draw::hands::{self as layer, HandLabels, HandStyle};
use ego_core::draw::objects::ObjectLabels;
use gst::glib;
use gst::prelude::*;

use crate::values::take;

const DEFAULT_MAX_AGE_NS: u64 = 500_000_000;
const DEFAULT_DEPTH_OPACITY: f32 = 0.5;

/// What the colour of a bone means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoOverlayHandColours")]
pub enum HandColours {
    /// Left sky blue, right orange, unknown grey.
    #[default]
    #[enum_value(name = "Side: left sky blue, right orange, unknown grey", nick = "side")]
    Side,
    /// One colour a finger, one to five dots at the tips.
    #[enum_value(name = "Finger: one colour a finger, one to five dots at the tips", nick = "finger")]
    Finger,
    /// MediaPipe's finger colours.
    #[enum_value(name = "MediaPipe's finger colours", nick = "mediapipe")]
    Mediapipe,
}

impl From<HandColours> for layer::HandColours {
    fn from(colours: HandColours) -> layer::HandColours {
        match colours {
            HandColours::Side => layer::HandColours::Side,
            HandColours::Finger => layer::HandColours::Finger,
            HandColours::Mediapipe => layer::HandColours::MediaPipe,
        }
    }
}

/// How range masks are shown; the property `mask`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoOverlayMask")]
pub enum MaskStyle {
    /// Not at all.
    #[enum_value(name = "Not at all", nick = "off")]
    Off,
    /// What is beyond reach is darker.
    #[default]
    #[enum_value(name = "What is beyond reach is darker", nick = "dim")]
    Dim,
    /// A dark line around what is within reach.
    #[enum_value(name = "A dark line around what is within reach", nick = "outline")]
    Outline,
}

/// The values of all properties.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) hands: bool,
    pub(super) bodies: bool,
    pub(super) objects: bool,
    pub(super) action: bool,
    pub(super) mask: MaskStyle,
    pub(super) depth_map: bool,
    pub(super) depth_opacity: f32,
    pub(super) truth: bool,
    pub(super) labels: bool,
    pub(super) status: bool,
    pub(super) max_age_ns: u64,
    pub(super) colours: HandColours,
    pub(super) line_scale: f32,
    pub(super) threshold: f32,
    pub(super) depth: bool,
    pub(super) track_ids: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        let style = HandStyle::default();
        Settings {
            hands: true,
            bodies: true,
            objects: true,
            action: true,
            mask: MaskStyle::default(),
            depth_map: false,
            depth_opacity: DEFAULT_DEPTH_OPACITY,
            truth: false,
            labels: true,
            status: false,
            max_age_ns: DEFAULT_MAX_AGE_NS,
            colours: HandColours::default(),
            line_scale: style.line_scale,
            threshold: style.threshold,
            depth: false,
            track_ids: false,
        }
    }
}

impl Settings {
    pub(super) fn specifications() -> Vec<glib::ParamSpec> {
        let default = Settings::default();
        let switch = |name: &'static str, nick: &'static str, blurb: &'static str, default: bool| {
            glib::ParamSpecBoolean::builder(name).nick(nick).blurb(blurb).default_value(default).mutable_playing().build()
        };
        let number = |name: &'static str, nick: &'static str, blurb: &'static str, range: [f32; 2], default: f32| {
            let spec = glib::ParamSpecFloat::builder(name).nick(nick).blurb(blurb).minimum(range[0]).maximum(range[1]);
            spec.default_value(default).mutable_playing().build()
        };
        vec![
            switch("hands", "Hands", "Draw the skeletons of hands", default.hands),
            switch("bodies", "Bodies", "Draw the skeletons of people", default.bodies),
            switch("objects", "Objects", "Draw the boxes of objects, thick and yellow while they are held", default.objects),
            switch("action", "Action", "Write what somebody does into the upper left corner", default.action),
            glib::ParamSpecEnum::builder_with_default("mask", default.mask)
                .nick("Mask")
                .blurb("How range masks are shown")
                .mutable_playing()
                .build(),
            switch("depth-map", "Depth map", "Blend depth maps over the picture: near is yellow, far is blue", default.depth_map),
            number("depth-opacity", "Depth opacity", "Opacity of the depth map", [0.0, 1.0], default.depth_opacity),
            switch(
                "truth",
                "Truth",
                "Draw what egotestsrc knows: hands with dashed bones and open joints, boxes of objects, the action",
                default.truth,
            ),
            glib::ParamSpecEnum::builder_with_default("hand-colours", default.colours)
                .nick("Hand colours")
                .blurb("What the colour of a bone means; the shape of the joints always tells the side")
                .mutable_playing()
                .build(),
            switch(
                "labels",
                "Labels",
                "Write L, R or ? beside the wrist of each hand, and name and score above each object",
                default.labels,
            ),
            switch(
                "depth",
                "Depth",
                "Write the distance of wrists and objects from the camera into their labels, in metres, where it is known (~ = estimated)",
                default.depth,
            ),
            switch("track-ids", "Track ids", "Write the track number of each hand and object into its label", default.track_ids),
            switch(
                "status",
                "Status line",
                "Write number and age of the results and the source of their depth into the upper left corner",
                default.status,
            ),
            number("line-scale", "Line scale", "Factor on all strokes, joints and letters", [0.1, 10.0], default.line_scale),
            number(
                "threshold",
                "Threshold",
                "Hide joints less certain than this; those above it fade from 0.35 opacity to 1",
                [0.0, 1.0],
                default.threshold,
            ),
            glib::ParamSpecUInt64::builder("max-age")
                .nick("Maximum age")
                .blurb("Do not draw results of frames that lie further back than this (ns); 18446744073709551615 = no limit")
                .default_value(default.max_age_ns)
                .mutable_playing()
                .build(),
        ]
    }

    /// Takes a value that GObject has checked against the specification.
    pub(super) fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "hands" => take(&mut self.hands, value),
            "bodies" => take(&mut self.bodies, value),
            "objects" => take(&mut self.objects, value),
            "action" => take(&mut self.action, value),
            "mask" => take(&mut self.mask, value),
            "depth-map" => take(&mut self.depth_map, value),
            "depth-opacity" => take(&mut self.depth_opacity, value),
            "truth" => take(&mut self.truth, value),
            "hand-colours" => take(&mut self.colours, value),
            "labels" => take(&mut self.labels, value),
            "depth" => take(&mut self.depth, value),
            "track-ids" => take(&mut self.track_ids, value),
            "status" => take(&mut self.status, value),
            "line-scale" => take(&mut self.line_scale, value),
            "threshold" => take(&mut self.threshold, value),
            "max-age" => take(&mut self.max_age_ns, value),
            _ => {}
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "hands" => self.hands.to_value(),
            "bodies" => self.bodies.to_value(),
            "objects" => self.objects.to_value(),
            "action" => self.action.to_value(),
            "mask" => self.mask.to_value(),
            "depth-map" => self.depth_map.to_value(),
            "depth-opacity" => self.depth_opacity.to_value(),
            "truth" => self.truth.to_value(),
            "hand-colours" => self.colours.to_value(),
            "labels" => self.labels.to_value(),
            "depth" => self.depth.to_value(),
            "track-ids" => self.track_ids.to_value(),
            "status" => self.status.to_value(),
            "line-scale" => self.line_scale.to_value(),
            "threshold" => self.threshold.to_value(),
            "max-age" => self.max_age_ns.to_value(),
            _ => return None,
        })
    }

    pub(super) fn hand_style(&self) -> HandStyle {
        HandStyle { colours: self.colours.into(), line_scale: self.line_scale, threshold: self.threshold }
    }

    pub(super) fn object_labels(&self) -> ObjectLabels {
        ObjectLabels { depth: self.depth, track_ids: self.track_ids }
    }

    pub(super) fn hand_labels(&self) -> HandLabels {
        HandLabels { depth: self.depth, track_ids: self.track_ids }
    }
}
