//! The properties of `egosharp`: one list of specifications, all changeable while playing.

use ego_core::depth::DepthScale;
use ego_core::range::{PAPER_REACH_M, PAPER_THRESHOLD, RangeRule};
use gst::glib;
use gst::prelude::*;

use super::feedback::MAX_DELAY;
use crate::values::take;

const DEFAULT_MEMORY_NS: u64 = 1_000_000_000;
const DEFAULT_MAX_AGE_NS: u64 = 500_000_000;

/// What the picture is cut by; the property `range`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoSharpRange")]
#[repr(i32)]
pub enum RangeBy {
    /// Metres where the depth map has them, else relative.
    #[default]
    #[enum_value(name = "By distance where the depth map has metres, else by relative inverse depth", nick = "auto")]
    Auto = 0,
    /// Relative inverse depth.
    #[enum_value(name = "By inverse depth, divided by that of the nearest point", nick = "relative")]
    Relative = 1,
    /// Metres.
    #[enum_value(name = "By distance in metres; the depth map must have them", nick = "metric")]
    Metric = 2,
}

/// What happens to hands beyond reach; the property `bystanders`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstEgoSharpBystanders")]
#[repr(i32)]
pub enum RejectBystanders {
    /// They are taken off the buffer.
    #[default]
    #[enum_value(name = "Hands beyond reach are removed", nick = "remove")]
    Remove = 0,
    /// They stay, with an unknown side.
    #[enum_value(name = "Hands beyond reach stay, their side becomes unknown", nick = "mark")]
    Mark = 1,
    /// They stay as they are.
    #[enum_value(name = "Hands beyond reach stay as they are", nick = "keep")]
    Keep = 2,
}

/// The values of all properties.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) by: RangeBy,
    pub(super) threshold: f32,
    pub(super) reach_m: f32,
    pub(super) memory_ns: u64,
    pub(super) anchor: bool,
    pub(super) relax: bool,
    pub(super) apply: bool,
    pub(super) bystanders: RejectBystanders,
    pub(super) max_age_ns: u64,
    pub(super) hands_delay: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            by: RangeBy::default(),
            threshold: PAPER_THRESHOLD,
            reach_m: PAPER_REACH_M,
            memory_ns: DEFAULT_MEMORY_NS,
            anchor: false,
            relax: true,
            apply: false,
            bystanders: RejectBystanders::default(),
            max_age_ns: DEFAULT_MAX_AGE_NS,
            hands_delay: 0,
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
        let time = |name: &'static str, nick: &'static str, blurb: &'static str, default: u64| {
            glib::ParamSpecUInt64::builder(name).nick(nick).blurb(blurb).default_value(default).mutable_playing().build()
        };
        vec![
            glib::ParamSpecEnum::builder_with_default("range", default.by)
                .nick("Range")
                .blurb("Whether the picture is cut by distance in metres or by relative inverse depth")
                .mutable_playing()
                .build(),
            number(
                "threshold",
                "Threshold",
                "By relative depth: smallest inverse depth within reach, as a share of the nearest point's; 0 cuts nothing but the unknown",
                [0.0, 1.0],
                default.threshold,
            ),
            number("reach", "Reach", "By distance: how far is within reach (m)", [0.05, 10.0], default.reach_m),
            time(
                "max-window",
                "Window of the maximum",
                "By relative depth: the nearest point is the median over this time, so that something near for a moment does not move \
                 the cut (ns); 0 = each picture's own, as in the paper",
                default.memory_ns,
            ),
            switch("anchor", "Anchor", "Let the cut lie just behind the hands that are followed, where there are any", default.anchor),
            switch("relax", "Relax", "Move the cut back where it would remove a hand that is followed; counted in `stats`", default.relax),
            switch("apply", "Apply", "Blacken what is beyond reach in the picture, everything where no depth is known", default.apply),
            glib::ParamSpecEnum::builder_with_default("bystanders", default.bystanders)
                .nick("Bystanders")
                .blurb("What happens to hands on the buffer that are beyond reach")
                .mutable_playing()
                .build(),
            time(
                "max-age",
                "Maximum age",
                "Do not use depth maps and hands of frames that lie further back than this (ns)",
                default.max_age_ns,
            ),
            glib::ParamSpecUInt::builder("hands-delay")
                .nick("Delay of hands")
                .blurb(
                    "Hands that a later element tells of count this many frames after theirs, 0 = as soon as they come. With more frames \
                     than are on their way between the two, where each one is analysed, masks are the same in every run",
                )
                .maximum(MAX_DELAY)
                .default_value(default.hands_delay)
                .mutable_playing()
                .build(),
        ]
    }

    /// Takes a value that GObject has checked against the specification.
    pub(super) fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "range" => take(&mut self.by, value),
            "threshold" => take(&mut self.threshold, value),
            "reach" => take(&mut self.reach_m, value),
            "max-window" => take(&mut self.memory_ns, value),
            "anchor" => take(&mut self.anchor, value),
            "relax" => take(&mut self.relax, value),
            "apply" => take(&mut self.apply, value),
            "bystanders" => take(&mut self.bystanders, value),
            "max-age" => take(&mut self.max_age_ns, value),
            "hands-delay" => take(&mut self.hands_delay, value),
            _ => {}
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "range" => self.by.to_value(),
            "threshold" => self.threshold.to_value(),
            "reach" => self.reach_m.to_value(),
            "max-window" => self.memory_ns.to_value(),
            "anchor" => self.anchor.to_value(),
            "relax" => self.relax.to_value(),
            "apply" => self.apply.to_value(),
            "bystanders" => self.bystanders.to_value(),
            "max-age" => self.max_age_ns.to_value(),
            "hands-delay" => self.hands_delay.to_value(),
            _ => return None,
        })
    }

    /// The rule for a depth map of this scale.
    pub(super) fn rule(&self, scale: DepthScale) -> RangeRule {
        RangeRule {
            by: match self.by {
                RangeBy::Auto => scale,
                RangeBy::Relative => DepthScale::Relative,
                RangeBy::Metric => DepthScale::Metric,
            },
            threshold: self.threshold,
            reach_m: self.reach_m,
            memory_ns: self.memory_ns,
            anchored: self.anchor,
            relaxing: self.relax,
        }
    }
}
