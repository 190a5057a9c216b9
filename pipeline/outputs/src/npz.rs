//! NumPy's `.npz`: a zip file of `.npy` arrays, stored without compression (numpy.lib.format, version 1.0).

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// A number that arrays can hold.
pub(crate) trait Element: Copy {
    /// NumPy's name of the type, little-endian.
    const DESCR: &'static str;
    /// Adds its bytes.
    fn put(self, bytes: &mut Vec<u8>);
    /// Reads all elements of these bytes.
    fn all(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! element {
    ($type:ty, $descr:literal) => {
        impl Element for $type {
            const DESCR: &'static str = $descr;

            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn all(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|b| Self::from_le_bytes(*b)).collect()
            }
        }
    };
}

element!(u8, "|u1");
element!(u64, "<u8");
element!(f32, "<f4");
element!(f64, "<f8");

/// Writes arrays one after the other.
pub(crate) struct NpzWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    bytes: Vec<u8>,
}

impl NpzWriter<BufWriter<File>> {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(NpzWriter { zip: ZipWriter::new(BufWriter::with_capacity(1 << 16, File::create(path)?)), bytes: Vec::new() })
    }

    /// Adds an array; `values` are in C order.
    pub(crate) fn array<T: Element>(&mut self, name: &str, shape: &[usize], values: &[T]) -> io::Result<()> {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.bytes.clear();
        let shape: String = shape.iter().map(|n| format!("{n}, ")).collect();
        let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", T::DESCR, shape.trim_end());
        // Magic, version and length are ten bytes; the data begin at a multiple of 64.
        let padding = 64 - (10 + header.len() + 1) % 64;
        header.extend(std::iter::repeat_n(' ', padding % 64));
        header.push('\n');
        self.bytes.extend_from_slice(b"\x93NUMPY\x01\x00");
        self.bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
        self.bytes.extend_from_slice(header.as_bytes());
        values.iter().for_each(|v| v.put(&mut self.bytes));
        // Without a time of day: the same motion is the same bytes.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(DateTime::default());
        self.zip.start_file(format!("{name}.npy"), options)?;
        self.zip.write_all(&self.bytes)
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.zip.finish()?.flush()
    }
}

/// Reads arrays by name.
pub(crate) struct NpzReader {
    zip: ZipArchive<BufReader<File>>,
}

impl NpzReader {
    pub(crate) fn open(path: &Path) -> io::Result<NpzReader> {
        Ok(NpzReader { zip: ZipArchive::new(BufReader::new(File::open(path)?))? })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// Shape and values of an array; the problem when it is missing or of another type.
    pub(crate) fn array<T: Element>(&mut self, name: &str) -> io::Result<(Vec<usize>, Vec<T>)> {
        let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{name}.npy {what}"));
        let mut bytes = Vec::new();
        self.zip.by_name(&format!("{name}.npy"))?.read_to_end(&mut bytes)?;
        let Some((b"\x93NUMPY\x01\x00", rest)) = bytes.split_first_chunk::<8>() else { return Err(bad("is no array of version 1")) };
        let Some((length, rest)) = rest.split_first_chunk::<2>() else { return Err(bad("ends early")) };
        let length = usize::from(u16::from_le_bytes(*length));
        let Some((header, data)) = rest.split_at_checked(length) else { return Err(bad("ends early")) };
        let header = String::from_utf8_lossy(header);
        if !header.contains(&format!("'{}'", T::DESCR)) || header.contains("True") {
            return Err(bad(&format!("is not an array of {} in C order", T::DESCR)));
        }
        let shape = header.split_once("'shape': (").and_then(|(_, s)| s.split_once(')')).map_or("", |(s, _)| s);
        let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
        let values = T::all(data);
        if values.len() != shape.iter().product::<usize>() {
            return Err(bad("does not have the length of its shape"));
        }
        Ok((shape, values))
    }
}
