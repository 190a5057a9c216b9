//! The cameras of this machine, under names that stay the same when plugs are moved or the machine starts again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gst::prelude::*;

use crate::error::{GraphError, Result};

/// One camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// Name to give to `ego live`: the link in `/dev/v4l/by-id`, else by-path, else the bus path, else the device file.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Device file, if it has one.
    pub path: Option<PathBuf>,
    /// What it delivers, as in `1280x720 image/jpeg 30 fps`, largest first.
    pub modes: Vec<String>,
}

/// Folders with persistent links to video devices, most stable first.
const LINKS: [&str; 2] = ["/dev/v4l/by-id", "/dev/v4l/by-path"];

/// All cameras, in the order of GStreamer.
///
/// # Errors
/// When GStreamer cannot look for devices.
pub fn cameras() -> Result<Vec<Camera>> {
    Ok(found()?.into_iter().map(|(camera, _)| camera).collect())
}

fn found() -> Result<Vec<(Camera, gst::Device)>> {
    let monitor = gst::DeviceMonitor::new();
    monitor.add_filter(Some("Video/Source"), None);
    monitor.start().map_err(|e| GraphError::Build(format!("cannot look for devices: {e}")))?;
    let devices = monitor.devices();
    monitor.stop();
    let links: Vec<(PathBuf, PathBuf)> = LINKS.iter().flat_map(|folder| links_in(Path::new(folder))).collect();
    Ok(devices.iter().map(|device| (describe(device, &links), device.clone())).collect())
}

/// Links of a folder with the files they lead to.
fn links_in(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut links: Vec<_> =
        entries.filter_map(|e| e.ok().map(|e| e.path())).filter_map(|p| Some((p.clone(), p.canonicalize().ok()?))).collect();
    links.sort();
    links
}

fn describe(device: &gst::Device, links: &[(PathBuf, PathBuf)]) -> Camera {
    let properties = device.properties();
    let text = |key: &str| properties.as_ref().and_then(|p| p.get::<String>(key).ok());
    let fields: BTreeMap<&str, String> =
        ["device.path", "api.v4l2.path", "device.bus_path"].into_iter().filter_map(|k| Some((k, text(k)?))).collect();
    let name = device.display_name().to_string();
    let path = fields.get("device.path").or_else(|| fields.get("api.v4l2.path")).map(PathBuf::from);
    let id = stable_id(path.as_deref(), fields.get("device.bus_path").map(String::as_str), &name, links);
    Camera { id, name, path, modes: device.caps().map(|c| modes(&c)).unwrap_or_default() }
}

fn stable_id(path: Option<&Path>, bus_path: Option<&str>, name: &str, links: &[(PathBuf, PathBuf)]) -> String {
    let link = links.iter().find(|(_, file)| Some(file.as_path()) == path).and_then(|(link, _)| link.file_name());
    if let Some(link) = link {
        return link.to_string_lossy().into_owned();
    }
    bus_path.map(str::to_owned).or_else(|| path.map(|p| p.display().to_string())).unwrap_or_else(|| name.to_owned())
}

fn modes(caps: &gst::Caps) -> Vec<String> {
    let mut modes: Vec<(i32, String)> = caps
        .iter()
        .filter_map(|s| {
            let (w, h) = (s.get::<i32>("width").ok()?, s.get::<i32>("height").ok()?);
            let format = s.get::<&str>("format").map_or_else(|_| s.name().to_string(), str::to_owned);
            let rate = s.get::<gst::Fraction>("framerate").ok();
            let rate = rate.or_else(|| s.get::<gst::List>("framerate").ok()?.iter().filter_map(|v| v.get::<gst::Fraction>().ok()).max());
            let rate = rate.map(|r| format!(" {} fps", (f64::from(r.numer()) / f64::from(r.denom()) * 100.0).round() / 100.0));
            Some((w * h, format!("{w}x{h} {format}{}", rate.unwrap_or_default())))
        })
        .collect();
    modes.sort_by(|a, b| b.cmp(a));
    modes.dedup();
    modes.into_iter().map(|(_, text)| text).collect()
}

/// The source element of a camera; `None` = the first one.
pub(crate) fn open(id: Option<&str>) -> Result<gst::Element> {
    let found = found()?;
    let fits = |camera: &Camera, id: &str| {
        let as_path = Path::new(id);
        camera.id == id
            || camera.name == id
            || camera.path.as_deref() == Some(as_path)
            || as_path.canonicalize().ok() == camera.path && camera.path.is_some()
    };
    let chosen = match id {
        None => found.first(),
        Some(id) => found.iter().find(|(camera, _)| fits(camera, id)),
    };
    let Some((_, device)) = chosen else {
        let ids: Vec<_> = found.iter().map(|(c, _)| c.id.as_str()).collect();
        let reason = if ids.is_empty() { "no camera was found".to_owned() } else { format!("the cameras are {}", ids.join(", ")) };
        return Err(GraphError::Source {
            source_name: id.unwrap_or("(first camera)").to_owned(),
            reason,
            hint: "`ego devices` lists the cameras; `ego live test:` shows a test pattern without one".to_owned(),
        });
    };
    device.create_element(None).map_err(|e| GraphError::Build(format!("cannot open the camera: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_most_stable_name_there_is() {
        let links = [(PathBuf::from("/dev/v4l/by-id/usb-046d_C920-video-index0"), PathBuf::from("/dev/video2"))];
        let id = |path: Option<&str>, bus| stable_id(path.map(Path::new), bus, "C920", &links);
        assert_eq!(id(Some("/dev/video2"), Some("pci-0000:00:14.0-usb-0:3:1.0")), "usb-046d_C920-video-index0");
        assert_eq!(id(Some("/dev/video3"), Some("pci-0000:00:14.0-usb-0:3:1.0")), "pci-0000:00:14.0-usb-0:3:1.0");
        assert_eq!(id(Some("/dev/video3"), None), "/dev/video3");
        assert_eq!(id(None, None), "C920");
    }

    #[test]
    fn modes_are_listed_largest_first() {
        gst::init().expect("GStreamer");
        let caps = "video/x-raw,format=YUY2,width=640,height=480,framerate={(fraction)15/1,(fraction)30/1}; image/jpeg,width=1920,height=1080,framerate=30000/1001";
        let caps: gst::Caps = caps.parse().expect("caps");
        assert_eq!(modes(&caps), ["1920x1080 image/jpeg 29.97 fps", "640x480 YUY2 30 fps"]);
    }
}
