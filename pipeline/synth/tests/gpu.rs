//! The graphics device draws what the rasteriser draws. Needs any Vulkan device; Mesa's lavapipe (package mesa-vulkan-drivers) will do.
#![cfg(feature = "gpu")]

use std::collections::BTreeSet;
use std::process::Command;

use ego_synth::cast::Action;
use ego_synth::clip::Clip;
use ego_synth::error::SynthError;
use ego_synth::raster::geometry::Label;
use ego_synth::raster::{Frame, Renderer};
use ego_synth::renderer::{AnyRenderer, RendererKind};
use ego_synth::rng::Rng;
use ego_synth::script::Script;

/// A clip of an action, for pictures of this size.
#[allow(clippy::expect_used)]
fn clip(id: u32, seed: u64, (width, height): (usize, usize)) -> Clip {
    let mut script = Script::of(Action::from_id(id).expect("an action"));
    (script.camera.width, script.camera.height) = (width as u32, height as u32);
    Clip::new(seed, &script).expect("a clip")
}

/// A frame of a clip by the processor and by the device.
#[allow(clippy::expect_used)]
fn both(clip: &Clip, at_s: f64, (width, height): (usize, usize)) -> [Frame; 2] {
    let (moment, before) = (clip.moment_at(at_s), clip.moment_at(at_s - 1.0 / clip.fps()));
    [RendererKind::Cpu, RendererKind::Wgpu].map(|kind| {
        let mut frame = Frame::default();
        let mut renderer = AnyRenderer::new(kind, width, height, 2).expect("a device");
        renderer.render(&moment, Some(&before), clip.recipe(), &mut frame).expect("a picture");
        frame
    })
}

/// Pictures of a size agree: on average, almost everywhere, in depth and in what each pixel shows. Returns the device's.
#[track_caller]
fn check(clip: &Clip, at_s: f64, size: (usize, usize)) -> Frame {
    let [cpu, gpu] = both(clip, at_s, size);
    let pixels = (size.0 * size.1) as f64;
    let off: Vec<u8> = cpu.rgb.iter().zip(&gpu.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = off.iter().map(|d| f64::from(*d)).sum::<f64>() / off.len() as f64;
    assert!(mean < 0.3, "{mean} grey levels between them on average at {size:?}");
    let close = off.chunks_exact(3).filter(|p| p.iter().all(|d| *d <= 2)).count() as f64 / pixels;
    assert!(close > 0.98, "only {close} of the pixels agree at {size:?}");
    let same = cpu.label.iter().zip(&gpu.label).filter(|(a, b)| a == b).count() as f64 / pixels;
    assert!(same > 0.99, "only {same} of the labels agree at {size:?}");
    let mut depths: Vec<f32> = cpu.depth_m.iter().zip(&gpu.depth_m).map(|(a, b)| (a - b).abs()).collect();
    depths.sort_by(f32::total_cmp);
    assert!(depths[depths.len() / 2] < 0.001 && depths[depths.len() * 98 / 100] < 0.001, "depth differs at {size:?}");
    gpu
}

#[test]
fn pictures_of_all_actions_agree() {
    let size = (256, 144);
    let mut labels = BTreeSet::new();
    let mut rng = Rng::new(3);
    for id in 1..=36 {
        let clip = clip(id, rng.next_u64(), size);
        let at_s = rng.range(0.1, 0.9) * clip.frames() as f64 / clip.fps();
        labels.extend(check(&clip, at_s, size).label);
    }
    let all = [Label::Surroundings, Label::LeftArm, Label::RightArm, Label::Object, Label::Bystander];
    assert_eq!(labels, all.map(|l| l as u8).into(), "something was never seen");
}

#[test]
fn pictures_of_other_sizes_agree() {
    // Fine arms and soft shadows begin at 500 columns, larger blocks at 1000; 321x181 fills no block, tile or group of threads.
    for (id, size) in [(4, (640, 360)), (23, (1280, 720)), (9, (321, 181)), (30, (500, 37))] {
        let clip = clip(id, u64::from(id), size);
        check(&clip, 0.4 * clip.frames() as f64 / clip.fps(), size);
    }
}

#[test]
fn movement_lens_and_noise_are_the_same() {
    let size = (320, 180);
    let mut clean = clip(9, 2, size).recipe().effects;
    (clean.noise, clean.rolling_s, clean.shutter, clean.distortion, clean.blur_px) = (0.0, 0.0, 0.0, [0.0; 2], 0.0);
    let clip = clip(9, 2, size);
    let moment = clip.moment_at(1.0);
    let mut before = moment.clone();
    let turned = ego_synth::space::turn_y(0.05);
    before.camera.camera_from_world =
        ego_synth::space::pose(ego_synth::space::vec3(0.0, 0.0, 0.0), turned) * before.camera.camera_from_world;
    let mut with = [clean; 6];
    with[1].noise = 6.0;
    with[2].rolling_s = 0.02;
    with[3].shutter = 0.9;
    with[4].distortion = [-0.11, 0.01];
    with[5].blur_px = 2.0;
    let mut cpu = Renderer::new(size.0, size.1, 2);
    let mut gpu = AnyRenderer::new(RendererKind::Wgpu, size.0, size.1, 1).expect("a device");
    let (mut a, mut b) = (Frame::default(), Frame::default());
    // The first one again at the end: a renderer remembers nothing.
    for effects in with.into_iter().chain([clean]) {
        let mut recipe = clip.recipe().clone();
        recipe.effects = effects;
        cpu.render(&moment, Some(&before), &recipe, &mut a);
        gpu.render(&moment, Some(&before), &recipe, &mut b).expect("a picture");
        let close = a.rgb.iter().zip(&b.rgb).filter(|(a, b)| a.abs_diff(**b) <= 2).count();
        assert!(close * 100 > a.rgb.len() * 98, "{close} of {} values agree with {effects:?}", a.rgb.len());
    }
}

#[test]
fn sizes_without_sense_do_no_harm_and_too_large_ones_are_refused() {
    let clip = clip(1, 1, (320, 180));
    for (w, h) in [(0, 0), (1, 1), (3, 5), (17, 1), (2, 33)] {
        let mut frame = Frame::default();
        let mut renderer = AnyRenderer::new(RendererKind::Wgpu, w, h, 1).expect("a device");
        renderer.render(&clip.moment_at(0.5), Some(&clip.moment_at(0.4)), clip.recipe(), &mut frame).expect("a picture");
        assert_eq!(frame.rgb.len(), 3 * frame.width * frame.height);
    }
    let error = AnyRenderer::new(RendererKind::Wgpu, 100_000, 16, 1).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("100000x16") && error.contains("too large") && error.contains("renderer cpu"), "{error}");
    assert!(AnyRenderer::new(RendererKind::Auto, 100_000, 16, 1).is_ok(), "auto has the processor");
}

#[test]
fn without_vulkan_wgpu_says_what_to_install_and_auto_draws() {
    const CHILD: &str = "EGO_SYNTH_TEST_WITHOUT_VULKAN";
    if std::env::var_os(CHILD).is_some() {
        assert_eq!(RendererKind::Wgpu.check(), Err(SynthError::NoGraphics));
        let error = SynthError::NoGraphics.to_string();
        assert!(["Vulkan", "mesa-vulkan-drivers", "renderer cpu"].iter().all(|word| error.contains(word)), "{error}");
        assert_eq!(AnyRenderer::new(RendererKind::Auto, 16, 16, 1).expect("the processor").name(), "cpu");
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--exact", "without_vulkan_wgpu_says_what_to_install_and_auto_draws"]).env(CHILD, "1");
    for variable in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        child.env(variable, "/nowhere.json");
    }
    let output = child.env_remove("VK_ADD_DRIVER_FILES").output().expect("a second run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
