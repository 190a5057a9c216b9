//! Settings against elements that every GStreamer has: keys, types and ranges come from the elements themselves.
#![allow(clippy::expect_used, clippy::panic, reason = "the whole file is tests")]

use std::path::Path;

use ego_graph::{ErrorKind, GraphError, Origin, Settings, Shown};

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("write");
    path.display().to_string()
}

fn folder() -> tempfile::TempDir {
    gst::init().expect("GStreamer");
    tempfile::tempdir().expect("temporary folder")
}

fn shown<'a>(all: &'a [Shown], table: &str, key: &str) -> &'a Shown {
    all.iter().find(|s| s.table == table && s.key == key).unwrap_or_else(|| panic!("{table}.{key} is not shown"))
}

/// The message and the hint of settings that must be refused.
#[track_caller]
fn refused(file: &str, overrides: &[&str]) -> (String, String) {
    let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    let error = Settings::load(file, &overrides).and_then(|s| s.check()).expect_err("must be refused");
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn the_last_layer_wins_and_every_value_knows_where_it_came_from() {
    let dir = folder();
    let base =
        write(dir.path(), "base.toml", "stages = ['videobalance']\n[videobalance]\ncontrast = 0.5\nhue = 0.25\n[live]\nqueue-frames = 5\n");
    let top = write(dir.path(), "top.toml", "extends = 'base.toml'\n[videobalance]\nhue = 0.75\n");
    let settings = Settings::load(&top, &["videobalance.saturation=1.5".into(), "live.fps=15".into()]).expect("reads");
    assert_eq!(settings.stages(), ["videobalance"]);
    let all = settings.describe().expect("is valid");
    for (table, key, value, origin) in [
        ("videobalance", "contrast", toml::Value::Float(0.5), Origin::File(base.clone().into())),
        ("videobalance", "hue", toml::Value::Float(0.75), Origin::File(top.clone().into())),
        ("videobalance", "saturation", toml::Value::Float(1.5), Origin::CommandLine),
        ("videobalance", "brightness", toml::Value::Float(0.0), Origin::Default),
        ("live", "queue-frames", toml::Value::Integer(5), Origin::File(base.into())),
        ("live", "fps", toml::Value::Float(15.0), Origin::CommandLine),
        ("annotate", "speed", toml::Value::String("veryfast".into()), Origin::Default),
    ] {
        let line = shown(&all, table, key);
        assert_eq!((&line.value, &line.origin), (&value, &origin), "{table}.{key}");
    }
}

#[test]
fn another_model_does_not_get_the_alternative_of_the_one_before() {
    let dir = folder();
    let base = write(dir.path(), "base.toml", "[hands]\nmodel = 'a'\nalternative = 'b'\n");
    let other = write(dir.path(), "other.toml", "extends = 'base.toml'\n[hands]\nmodel = 'c'\n");
    let both = write(dir.path(), "both.toml", "extends = 'base.toml'\n[hands]\nalternative = 'd'\nmodel = 'c'\n");
    for (file, overrides, want) in [
        (&base, &[][..], Some("b")),
        (&other, &[], None),
        (&both, &[], Some("d")),
        (&base, &["hands.threads=2"], Some("b")),
        (&base, &["hands.model=c"], None),
        (&base, &["hands.alternative=e", "hands.model=c"], Some("e")),
    ] {
        let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
        let settings = Settings::load(file, &overrides).expect("reads");
        assert_eq!(settings.written("hands", "alternative").and_then(|v| v.as_str()), want, "{file} {overrides:?}");
    }
}

#[test]
fn slips_of_the_keyboard_are_named_with_the_nearest_key() {
    let dir = folder();
    let file = write(dir.path(), "a.toml", "stages = ['videobalance']\n[videobalance]\ncontrats = 0.5\n");
    let (message, hint) = refused(&file, &[]);
    assert!(message.contains("unknown key `videobalance.contrats`") && message.contains("a.toml"), "{message}");
    assert_eq!(hint, "did you mean `videobalance.contrast`?");
    let good = write(dir.path(), "b.toml", "stages = ['videobalance']\n");
    for (text, want) in [
        ("live.queue-frame=2", "did you mean `live.queue-frames`?"),
        ("lvie.fps=2", "did you mean `live.fps`?"),
        ("videobalance.zzz=2", "the keys of `videobalance` are brightness, contrast, hue, saturation"),
    ] {
        assert_eq!(refused(&good, &[text]).1, want);
    }
    let (message, hint) = refused("hands-onyl", &[]);
    assert_eq!(message, "there is no preset named `hands-onyl`");
    assert!(hint.starts_with("did you mean `hands-only`?"), "{hint}");
    let file = write(dir.path(), "c.toml", "stage = ['videobalance']\n");
    assert_eq!(refused(&file, &[]).1, "did you mean `stages`?");
}

#[test]
fn values_of_the_wrong_type_or_range_say_what_they_should_be() {
    let dir = folder();
    let good = write(dir.path(), "b.toml", "stages = ['videobalance', 'identity', 'videoflip']\n");
    for (text, want) in [
        ("videobalance.contrast=3", "`videobalance.contrast` should be a number from 0 to 2, found \"3\" (--set)"),
        ("videobalance.contrast=high", "`videobalance.contrast` should be a number from 0 to 2, found \"high\" (--set)"),
        ("identity.silent=maybe", "`identity.silent` should be true or false, found \"maybe\" (--set)"),
        ("videoflip.video-direction=left", "`videoflip.video-direction` should be one of "),
        ("live.queue-frames=0", "`live.queue-frames` should be a whole number from 1 to 60, found \"0\" (--set)"),
        ("annotate.speed=warp", "`annotate.speed` should be one of ultrafast, "),
    ] {
        let (message, _) = refused(&good, &[text]);
        assert!(message.starts_with(want), "{message}");
    }
    // A file has types: a number in quotes is not a number, and a number too large for its property does not wrap around.
    for (text, want) in [
        ("[videobalance]\ncontrast = '1.0'", "`videobalance.contrast` should be a number from 0 to 2, found \"1.0\""),
        ("[identity]\ndrop-probability = true", "`identity.drop-probability` should be a number from 0 to 1, found true"),
        ("[identity]\nsleep-time = -1", "`identity.sleep-time` should be a whole number from 0 to "),
        ("[identity]\nsleep-time = 4294967297", "`identity.sleep-time` should be a whole number from 0 to "),
        ("stages = 'identity'", ""),
    ] {
        let file =
            write(dir.path(), "typed.toml", &format!("{}{text}\n", if text.starts_with('[') { "stages = ['identity']\n" } else { "" }));
        let (message, _) = refused(&file, &[]);
        assert!(message.starts_with(want), "{message}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let dir = folder();
    let missing = dir.path().join("none.toml").display().to_string();
    let error = Settings::load(&missing, &[]).expect_err("is not there");
    assert!(matches!(&error, GraphError::ReadSettings { path, .. } if *path == Path::new(&missing)), "{error}");
    let file = write(dir.path(), "broken.toml", "stages = [\n[live\n");
    assert!(refused(&file, &[]).0.contains("broken.toml"));
    write(dir.path(), "x.toml", "extends = 'y.toml'\n");
    let file = write(dir.path(), "y.toml", "extends = 'x.toml'\n");
    assert!(refused(&file, &[]).0.contains("extends itself"));
    assert!(refused(&write(dir.path(), "z.toml", "stages = ['identity', 'identity']\n"), &[]).0.contains("listed twice"));
    assert!(refused("hands-only", &["hands.threads"]).0.contains("STAGE.KEY=VALUE"));
}

#[test]
fn a_stage_without_its_element_is_an_error_that_names_it() {
    let dir = folder();
    let file = write(dir.path(), "a.toml", "stages = ['nosuchfilter']\n");
    let error = Settings::load(&file, &[]).and_then(|s| s.check()).expect_err("is not installed");
    assert!(matches!(&error, GraphError::NoElement { factory } if factory == "egonosuchfilter"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Missing);
}
