//! Whether an MP4 or MOV file is as long as its own boxes say. GStreamer ends such a file early without a word.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Says what is missing when a top-level box (ISO/IEC 14496-12, section 4.2) reaches beyond the end of the file.
///
/// `None` for complete files and for everything that is not an MP4 or MOV file or cannot be read.
pub(crate) fn cut_short(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut at = 0_u64;
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut head = [0_u8; 16];
        let got = file.by_ref().take(16).read(&mut head).ok()?;
        let [a, b, c, d, kind @ ..] = head;
        let kind: [u8; 4] = kind.first_chunk().copied()?;
        if at == 0 && &kind != b"ftyp" || !kind.iter().all(|k| k.is_ascii_graphic() || *k == b' ' || *k == 0xa9) {
            return None;
        }
        let size = match u32::from_be_bytes([a, b, c, d]) {
            // To the end of the file.
            0 => return None,
            1 if got == 16 => u64::from_be_bytes(head.last_chunk::<8>().copied()?),
            short => u64::from(short),
        };
        if size < 8 {
            return None;
        }
        let end = at.saturating_add(size);
        if end > length {
            let missing = end - length;
            return Some(format!("{missing} bytes are missing at its end"));
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<&str>) {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), bytes).expect("write");
        assert_eq!(cut_short(file.path()).as_deref(), expected, "{bytes:?}");
    }

    #[test]
    fn boxes_that_end_with_the_file_are_complete() {
        let ftyp = b"\0\0\0\x10ftypisom\0\0\0\0";
        check(&[ftyp.as_slice(), b"\0\0\0\x0cmdatabcd"].concat(), None);
        check(&[ftyp.as_slice(), b"\0\0\0\x0cmdata"].concat(), Some("3 bytes are missing at its end"));
        check(&[ftyp.as_slice(), b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x14abcd"].concat(), None);
        check(&[ftyp.as_slice(), b"\0\0\0\x01mdat\0\0\0\0\0\0\x01\0abcd"].concat(), Some("236 bytes are missing at its end"));
        check(&[ftyp.as_slice(), b"\0\0\0\0mdata"].concat(), None);
        check(b"RIFF\xff\xff\xff\xffAVI LIST", None);
        check(b"", None);
    }
}
