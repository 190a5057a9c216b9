//! The three properties that describe the camera, and which of them counts.

use ego_core::camera::Intrinsics;
use ego_models::hands::IntrinsicsChoice;

use crate::worker::AnalysisError;

/// Horizontal field of view of a camera that nobody has described, degrees: a usual webcam's.
pub(crate) const DEFAULT_HFOV_DEG: f64 = 69.0;

/// The camera by its file, else by its numbers, else by its field of view in degrees (0 = [`DEFAULT_HFOV_DEG`]).
///
/// # Errors
/// When both a file and numbers are given, or the numbers cannot be read.
pub(crate) fn choose(file: Option<&str>, numbers: Option<&str>, hfov_deg: f64) -> Result<IntrinsicsChoice, AnalysisError> {
    match (file, numbers) {
        (Some(_), Some(_)) => {
            Err(AnalysisError::Setting("camera and intrinsics are both set and only one can be meant: unset one of them".to_owned()))
        }
        (Some(file), None) => Ok(IntrinsicsChoice::File(file.into())),
        (None, Some(numbers)) => parse(numbers).map(IntrinsicsChoice::Given),
        (None, None) if hfov_deg == 0.0 => Ok(IntrinsicsChoice::Hfov(DEFAULT_HFOV_DEG)),
        (None, None) => Ok(IntrinsicsChoice::Hfov(hfov_deg)),
    }
}

/// Reads `fx,fy,cx,cy,width,height`, pixels.
fn parse(text: &str) -> Result<Intrinsics, AnalysisError> {
    let wrong = |why: &str| {
        AnalysisError::Setting(format!("intrinsics={text:?} {why}; give fx,fy,cx,cy,width,height in pixels, e.g. 637,637,640,360,1280,720"))
    };
    let numbers: Vec<f64> = text
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().map_err(|_| wrong(&format!("contains {word:?}, which is not a number"))))
        .collect::<Result<_, _>>()?;
    let [fx, fy, cx, cy, width, height] = numbers[..] else {
        return Err(wrong(&format!("has {} numbers instead of 6", numbers.len())));
    };
    let whole = |v: f64| (v.fract() == 0.0 && (1.0..=65536.0).contains(&v)).then_some(v as u32);
    let (Some(width), Some(height)) = (whole(width), whole(height)) else {
        return Err(wrong("has a width or height that is not a whole positive number"));
    };
    Intrinsics { fx, fy, cx, cy, width, height }.checked().map_err(|e| wrong(&format!("is impossible ({e})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_numbers_or_a_field_of_view() {
        let k = Intrinsics { fx: 636.66, fy: 636.25, cx: 635.28, cy: 366.87, width: 1280, height: 720 };
        assert_eq!(choose(Some("h2o.txt"), None, 90.0), Ok(IntrinsicsChoice::File("h2o.txt".into())));
        assert_eq!(choose(None, Some("636.66, 636.25, 635.28,366.87,1280,720"), 90.0), Ok(IntrinsicsChoice::Given(k)));
        assert_eq!(choose(None, None, 90.0), Ok(IntrinsicsChoice::Hfov(90.0)));
        assert_eq!(choose(None, None, 0.0), Ok(IntrinsicsChoice::Hfov(69.0)));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_an_example() {
        for (numbers, word) in [
            ("1,2,3", "3 numbers"),
            ("600,600,320,x,640,480", "\"x\""),
            ("0,600,320,240,640,480", "focal length 0"),
            ("600,600,320,240,640.5,480", "whole positive"),
            ("600,600,320,240,-640,480", "whole positive"),
            ("600,nan,320,240,640,480", "NaN"),
        ] {
            let e = choose(None, Some(numbers), 0.0).unwrap_err().to_string();
            assert!(e.contains(word) && e.contains(numbers) && e.contains("fx,fy,cx,cy,width,height"), "{numbers}: {e}");
        }
        assert!(choose(Some("a"), Some("b"), 0.0).unwrap_err().to_string().contains("both"));
    }
}
