//! How a clip looks: skin, clothes, surroundings, light and camera. Drawn once a clip; poses do not depend on it.

use crate::rng::Rng;

/// Linear red, green, blue, 0..1.
pub type Colour = [f32; 3];

/// All choices of appearance of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneRecipe {
    /// Seed of every texture and noise of the picture.
    pub texture_seed: u64,
    /// The wearer's arms.
    pub wearer: ArmLook,
    /// The bystander's arms, when there is one.
    pub bystander: ArmLook,
    /// The table, whose top is the plane z = 0.
    pub table: Table,
    /// What stands around.
    pub room: Room,
    /// Lamps and daylight.
    pub light: Light,
    /// What the camera does to the picture.
    pub effects: CameraEffects,
}

/// How a person's arms look.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmLook {
    /// Skin from lightest (0) to darkest (1) of the eight tones of the table in [`SKIN_TONES`].
    pub skin_tone: f32,
    /// Skin colour, linear.
    pub skin: Colour,
    /// Nail varnish; bare nails without.
    pub varnish: Option<Colour>,
    /// A sleeve; bare arms without.
    pub sleeve: Option<Sleeve>,
    /// A glove of this colour.
    pub glove: Option<Colour>,
    /// Rings: side index (0 left, 1 right), digit (1 index .. 4 little) and colour.
    pub rings: Vec<(usize, usize, Colour)>,
    /// A watch: side index (0 left, 1 right) and colour of its strap.
    pub watch: Option<(usize, Colour)>,
}

/// A sleeve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sleeve {
    /// Where it begins, metres from the wrist towards the elbow; negative covers the hand's root.
    pub begins_m: f32,
    /// How far the cloth stands off the skin, metres.
    pub thickness_m: f32,
    /// Its colour.
    pub colour: Colour,
    /// Stripes, checks or knit, by seed.
    pub pattern: u32,
}

/// The table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Table {
    /// Near left and far right corner, world x and y, metres.
    pub corners_m: [[f64; 2]; 2],
    /// Colour of its top.
    pub colour: Colour,
    /// Second colour of its grain or pattern.
    pub grain: Colour,
    /// Which pattern, by number.
    pub pattern: u32,
    /// 0 dull .. 1 polished.
    pub gloss: f32,
}

/// What stands around the table; all distances metres in world space.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// Number of this room of the cast; training and test clips do not share rooms.
    pub number: u32,
    /// Height of the floor (negative).
    pub floor_z_m: f64,
    /// Distance from the wearer to the wall ahead.
    pub wall_y_m: f64,
    /// Distances to the walls on the left (negative) and right.
    pub walls_x_m: [f64; 2],
    /// Colour of walls.
    pub wall: Colour,
    /// Colour of the floor.
    pub floor: Colour,
    /// A shelf at the far wall.
    pub shelf: bool,
    /// Number of things that stand about.
    pub clutter: u32,
}

/// A lamp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lamp {
    /// Direction to the lamp in world space, unit length.
    pub towards: [f32; 3],
    /// Colour times strength, linear.
    pub colour: Colour,
    /// Whether it throws shadows.
    pub shadow: bool,
}

/// All light of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// One to three lamps, the strongest first.
    pub lamps: Vec<Lamp>,
    /// Light from above.
    pub sky: Colour,
    /// Light from below.
    pub ground: Colour,
}

/// What lens and sensor do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraEffects {
    /// Gain on linear light; 1 leaves it.
    pub exposure: f32,
    /// Gains of red and blue.
    pub white_balance: [f32; 2],
    /// Share of the frame interval during which the shutter is open, 0..1.
    pub shutter: f32,
    /// Seconds from the first to the last line; 0 for a global shutter.
    pub rolling_s: f32,
    /// Deviation of noise in the shadows, of 255.
    pub noise: f32,
    /// Radial distortion k1, k2 (OpenCV); truth stays undistorted.
    pub distortion: [f32; 2],
    /// Darkening of the corners, 0..1.
    pub vignette: f32,
    /// Blur of lens or compression, pixels at 640 wide.
    pub blur_px: f32,
}

/// Eight skin tones from light to dark, linear light (measured on sRGB patches of the Monk skin tone scale's range).
pub const SKIN_TONES: [Colour; 8] = [
    [0.846, 0.610, 0.485],
    [0.760, 0.500, 0.372],
    [0.644, 0.393, 0.265],
    [0.510, 0.292, 0.180],
    [0.351, 0.189, 0.105],
    [0.221, 0.107, 0.055],
    [0.123, 0.053, 0.028],
    [0.063, 0.028, 0.017],
];

/// A skin colour between the tones, 0 light .. 1 dark.
pub fn skin_colour(tone: f32) -> Colour {
    let at = tone.clamp(0.0, 1.0) * (SKIN_TONES.len() - 1) as f32;
    let low = (at as usize).min(SKIN_TONES.len() - 2);
    let share = at - low as f32;
    std::array::from_fn(|c| SKIN_TONES[low][c] + (SKIN_TONES[low + 1][c] - SKIN_TONES[low][c]) * share)
}

/// Brightness of the scene as a prompt may ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LightWish {
    /// Whatever the seed gives.
    #[default]
    Any,
    /// An evening room: little light, much noise, long exposure.
    Dim,
    /// Daylight.
    Bright,
    /// Yellowish.
    Warm,
    /// Bluish.
    Cold,
}

/// Whether arms are covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cover {
    /// Whatever the seed gives.
    #[default]
    Any,
    /// Never.
    No,
    /// Always.
    Yes,
}

impl Cover {
    fn decide(self, rng: &mut Rng, probability: f64) -> bool {
        let drawn = rng.chance(probability);
        match self {
            Cover::Any => drawn,
            Cover::No => false,
            Cover::Yes => true,
        }
    }
}

/// What a script asks of the appearance; the rest comes from the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LookWish {
    /// Skin tone, 0 light .. 1 dark.
    pub skin_tone: Option<f32>,
    /// Light.
    pub light: LightWish,
    /// Sleeves.
    pub sleeves: Cover,
    /// Gloves.
    pub gloves: Cover,
    /// Rings.
    pub rings: Cover,
    /// Rooms to choose from: first and number after the last.
    pub rooms: Option<(u32, u32)>,
    /// A clean camera: no blur, noise, distortion.
    pub clean: bool,
}

/// Rooms of the cast: each number always gives the same walls, floor, table and clutter.
pub const ROOMS: u32 = 64;

fn colour(rng: &mut Rng) -> Colour {
    let raw: [f64; 3] = std::array::from_fn(|_| rng.unit());
    let mean = (raw[0] + raw[1] + raw[2]) / 3.0;
    // Most surfaces of real rooms are hardly coloured.
    let saturation = if rng.chance(0.6) { rng.range(0.0, 0.4) } else { 1.0 };
    let strength = rng.range(0.15, 1.0);
    raw.map(|c| ((mean + (c - mean) * saturation) * strength).clamp(0.01, 0.95) as f32)
}

fn arm(rng: &Rng, wish: &LookWish) -> ArmLook {
    let mut skin_rng = rng.split("skin");
    let drawn = skin_rng.unit() as f32;
    let skin_tone = wish.skin_tone.unwrap_or(drawn).clamp(0.0, 1.0);
    let red = skin_rng.normal() as f32 * 0.04;
    let base = skin_colour(skin_tone);
    let skin = [base[0] * (1.0 + red), base[1], base[2] * (1.0 - red)];
    let mut r = rng.split("clothes");
    let glove_colour = colour(&mut r);
    let sleeve = Sleeve {
        begins_m: (if r.chance(0.6) { r.range(-0.005, 0.06) } else { r.range(0.06, 0.2) }) as f32,
        thickness_m: r.range(0.003, 0.014) as f32,
        colour: colour(&mut r),
        pattern: r.below(6) as u32,
    };
    let metal = [[0.75, 0.56, 0.2], [0.6, 0.6, 0.62]][r.below(2)];
    let ring = (r.below(2), 1 + r.below(4), metal);
    let strap = (r.below(2), colour(&mut r));
    let varnish = colour(&mut r);
    ArmLook {
        skin_tone,
        skin,
        varnish: r.chance(0.12).then_some(varnish),
        sleeve: wish.sleeves.decide(&mut r, 0.6).then_some(sleeve),
        glove: wish.gloves.decide(&mut r, 0.06).then_some(glove_colour),
        rings: if wish.rings.decide(&mut r, 0.2) { vec![ring] } else { Vec::new() },
        watch: r.chance(0.15).then_some(strap),
    }
}

fn room(number: u32) -> (Room, Table) {
    let mut r = Rng::new(0x524f_4f4d).split(&format!("room {number}"));
    let room = Room {
        number,
        floor_z_m: -r.range(0.70, 0.95),
        wall_y_m: r.range(1.3, 4.5),
        walls_x_m: [-r.range(1.2, 3.5), r.range(1.2, 3.5)],
        wall: colour(&mut r),
        floor: colour(&mut r),
        shelf: r.chance(0.5),
        clutter: r.below(14) as u32,
    };
    let half = r.range(0.5, 1.0);
    let table = Table {
        corners_m: [[-half, r.range(0.02, 0.12)], [half, r.range(0.75, 1.1)]],
        colour: colour(&mut r),
        grain: colour(&mut r),
        pattern: r.below(6) as u32,
        gloss: r.unit() as f32,
    };
    (room, table)
}

fn light(rng: &mut Rng, wish: LightWish) -> Light {
    let strength = match wish {
        LightWish::Dim => rng.range(0.10, 0.25),
        LightWish::Bright => rng.range(1.0, 1.4),
        _ => rng.range(0.45, 1.2),
    };
    let warm = match wish {
        LightWish::Warm => rng.range(0.15, 0.30),
        LightWish::Cold => -rng.range(0.12, 0.25),
        _ => rng.range(-0.12, 0.15),
    };
    let tint = |k: f64| [(k * (1.0 + warm)) as f32, k as f32, (k * (1.0 - warm)) as f32];
    let count = 1 + rng.below(3);
    let lamps = (0..count)
        .map(|i| {
            let v = [rng.normal(), rng.normal() * 0.7, 0.7 + rng.unit()];
            let n = libm::sqrt(v.iter().map(|c| c * c).sum());
            let share = if i == 0 { rng.range(0.5, 0.9) } else { rng.range(0.1, 0.4) };
            Lamp { towards: v.map(|c| (c / n) as f32), colour: tint(strength * share), shadow: i < 2 }
        })
        .collect();
    let ambient = strength * rng.range(0.25, 0.6);
    Light { lamps, sky: tint(ambient), ground: tint(ambient * rng.range(0.3, 0.8)) }
}

fn effects(rng: &mut Rng, wish: &LookWish) -> CameraEffects {
    let dim = wish.light == LightWish::Dim;
    let drawn = CameraEffects {
        exposure: rng.range(0.8, if dim { 2.2 } else { 1.25 }) as f32,
        white_balance: [rng.range(0.92, 1.09) as f32, rng.range(0.92, 1.09) as f32],
        shutter: rng.range(if dim { 0.5 } else { 0.05 }, if dim { 0.95 } else { 0.6 }) as f32,
        rolling_s: if rng.chance(0.6) { rng.range(0.005, 0.025) as f32 } else { 0.0 },
        noise: rng.range(if dim { 3.0 } else { 0.5 }, if dim { 9.0 } else { 4.0 }) as f32,
        distortion: [rng.range(-0.12, 0.02) as f32, rng.range(-0.01, 0.02) as f32],
        vignette: rng.range(0.0, 0.35) as f32,
        blur_px: rng.range(0.0, 1.0) as f32,
    };
    if wish.clean {
        return CameraEffects {
            exposure: drawn.exposure,
            white_balance: [1.0; 2],
            shutter: 0.0,
            rolling_s: 0.0,
            noise: 0.0,
            distortion: [0.0; 2],
            vignette: 0.0,
            blur_px: 0.0,
        };
    }
    drawn
}

impl SceneRecipe {
    /// The appearance of the clip with this seed, as far as the wish leaves it open.
    pub fn draw(seed: u64, wish: &LookWish) -> SceneRecipe {
        let rng = Rng::new(seed).split("look");
        let (first, end) = wish.rooms.unwrap_or((0, ROOMS));
        let number = first + rng.split("room").below(end.saturating_sub(first).max(1) as usize) as u32;
        let (room, table) = room(number);
        let others = LookWish { skin_tone: None, ..LookWish::default() };
        SceneRecipe {
            texture_seed: rng.split("texture").next_u64(),
            wearer: arm(&rng.split("wearer"), wish),
            bystander: arm(&rng.split("bystander"), &others),
            table,
            room,
            light: light(&mut rng.split("light"), wish.light),
            effects: effects(&mut rng.split("effects"), wish),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_granted_and_changes_nothing_else() {
        let plain = SceneRecipe::draw(5, &LookWish::default());
        let dark = SceneRecipe::draw(5, &LookWish { skin_tone: Some(0.9), gloves: Cover::Yes, ..LookWish::default() });
        assert!(dark.wearer.glove.is_some() && dark.wearer.skin_tone == 0.9);
        assert_eq!((plain.room, plain.light, plain.effects), (dark.room, dark.light, dark.effects));
    }

    #[test]
    fn rooms_stay_in_their_range_and_tones_cover_the_scale() {
        let wish = LookWish { rooms: Some((48, 64)), ..LookWish::default() };
        let drawn: Vec<SceneRecipe> = (0..200).map(|seed| SceneRecipe::draw(seed, &wish)).collect();
        assert!(drawn.iter().all(|r| (48..64).contains(&r.room.number)));
        for tone in 0..4 {
            let low = tone as f32 / 4.0;
            assert!(drawn.iter().filter(|r| (low..low + 0.25).contains(&r.wearer.skin_tone)).count() > 25);
        }
    }

    #[test]
    fn dim_is_darker_than_bright() {
        let sum =
            |wish| -> f32 { (0..50).map(|s| SceneRecipe::draw(s, &LookWish { light: wish, ..LookWish::default() }).light.sky[1]).sum() };
        assert!(sum(LightWish::Dim) * 3.0 < sum(LightWish::Bright));
    }
}
