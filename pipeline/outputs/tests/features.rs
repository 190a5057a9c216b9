//! Features in result lines.

use std::sync::Arc;

use ego_core::features::Features;
use ego_outputs::FrameRecord;

#[test]
fn each_number_is_written_once_and_says_whose_it_is() {
    let names: Vec<String> = ["elbow.flexion_rad", "elbow.flexion_rad@1"].map(str::to_owned).to_vec();
    let features = |subject: &str| Features {
        layout: Arc::from("body"),
        subject: subject.to_owned(),
        names: Arc::from(names.clone()),
        values: vec![0.5, 0.4],
    };
    let mut record = FrameRecord::new("clip", 0, None, 64, 48);
    record.add_features(&features("wearer"), 0);
    record.add_features(&features("body:3"), 0);
    let keys: Vec<String> = record.features.iter().flatten().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, ["body:3.elbow.flexion_rad", "elbow.flexion_rad"]);
}
