//! What is laid over the picture, and how much of it shows.

/// A layer, bottom to top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The picture itself.
    Video,
    /// Pseudo-depth.
    Depth,
    /// What the range mask keeps.
    Mask,
    /// Objects with their boxes.
    Objects,
    /// People.
    Bodies,
    /// Hands.
    Hands,
    /// Named features of the motion, at the joints that they belong to.
    Features,
}

impl Layer {
    /// All layers in the order of the keys 1 to 7.
    pub const ALL: [Layer; 7] = [Layer::Video, Layer::Hands, Layer::Bodies, Layer::Objects, Layer::Mask, Layer::Depth, Layer::Features];

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Video => "video",
            Layer::Hands => "hands",
            Layer::Bodies => "bodies",
            Layer::Objects => "objects",
            Layer::Mask => "range mask",
            Layer::Depth => "depth",
            Layer::Features => "features",
        }
    }

    fn index(self) -> usize {
        Layer::ALL.iter().position(|l| *l == self).unwrap_or(0)
    }
}

/// Visibility and opacity of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shade {
    /// Whether it shows at all.
    pub visible: bool,
    /// 0..1.
    pub opacity: f32,
}

/// What colours of hands mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandColour {
    /// Left or right.
    #[default]
    Side,
    /// Thumb to little finger.
    Finger,
}

/// All layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    shades: [Shade; 7],
    /// The truth, where it is known.
    pub truth: bool,
    /// What colours of hands mean.
    pub hand_colour: HandColour,
    /// Joints less certain than this are not drawn, 0..1.
    pub joint_threshold: f32,
    /// Mirror what is shown.
    pub mirror: bool,
}

impl Default for Layers {
    fn default() -> Layers {
        let shade = |layer| match layer {
            Layer::Mask => Shade { visible: true, opacity: 0.6 },
            Layer::Depth => Shade { visible: false, opacity: 0.5 },
            Layer::Features => Shade { visible: false, opacity: 1.0 },
            _ => Shade { visible: true, opacity: 1.0 },
        };
        Layers { shades: Layer::ALL.map(shade), truth: false, hand_colour: HandColour::Side, joint_threshold: 0.3, mirror: false }
    }
}

impl Layers {
    /// How a layer shows.
    pub fn shade(&self, layer: Layer) -> Shade {
        self.shades[layer.index()]
    }

    /// For changing it.
    pub fn shade_mut(&mut self, layer: Layer) -> &mut Shade {
        &mut self.shades[layer.index()]
    }

    /// Opacity of a layer, 0 when it is hidden.
    pub fn opacity(&self, layer: Layer) -> f32 {
        let shade = self.shade(layer);
        if shade.visible { shade.opacity } else { 0.0 }
    }

    /// Only this layer on top of the picture; all of them when that is so already.
    pub fn only(&mut self, layer: Layer) {
        let others_hidden = Layer::ALL.iter().all(|l| *l == layer || *l == Layer::Video || !self.shade(*l).visible);
        let alone = others_hidden && self.shade(layer).visible;
        for other in Layer::ALL.into_iter().filter(|l| *l != Layer::Video) {
            self.shade_mut(other).visible = alone || other == layer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_alone_and_back() {
        let mut layers = Layers::default();
        layers.only(Layer::Hands);
        assert!(layers.opacity(Layer::Hands) == 1.0 && layers.opacity(Layer::Objects) == 0.0 && layers.opacity(Layer::Video) == 1.0);
        layers.only(Layer::Hands);
        assert!(Layer::ALL.iter().all(|l| layers.shade(*l).visible));
    }
}
