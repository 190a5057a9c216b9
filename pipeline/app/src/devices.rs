//! `ego devices`: the cameras of this machine.

use crate::console;
use crate::failure::Status;

pub(crate) fn devices(json: bool) -> anyhow::Result<Status> {
    let cameras = ego_graph::cameras()?;
    for camera in &cameras {
        if json {
            let data = serde_json::json!({ "id": camera.id, "name": camera.name, "path": camera.path, "modes": camera.modes });
            console::json("device", data)?;
            continue;
        }
        let path = camera.path.as_ref().map(|p| format!("  {}", p.display())).unwrap_or_default();
        console::data(&format!("{}\n    {}{path}", camera.id, camera.name))?;
        for mode in &camera.modes {
            console::data(&format!("    {mode}"))?;
        }
    }
    if cameras.is_empty() {
        console::tell("no camera was found; `ego live test:` shows a test picture without one");
    }
    Ok(Status::Good)
}
