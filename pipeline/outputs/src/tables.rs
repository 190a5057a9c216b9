//! Key-point tables that other people's tools write: one row a frame, or one row a short path.
//!
//! | kind | a row |
//! |---|---|
//! | body | 36 numbers, 18 OpenPose joints x, y ((0, 0) = missing), and a class; or a JSON list of [action, clip, image, class, file, 36 numbers] |
//! | hand | class number, then 42 numbers: 21 joints x, y |
//! | track | class number, then x, y of a finger tip in successive frames, relative to the first |
//!
//! A header line is skipped. Class names of hand and track tables are read from a file of one name a line.

use std::path::Path;

use crate::error::{Action, OutputError};

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// 18 joints of a body.
    Body,
    /// 21 joints of a hand.
    Hand,
    /// A path of a finger tip.
    Track,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// Index into the labels.
    pub class: usize,
    /// Number of the clip, when the table says so.
    pub clip: Option<i64>,
    /// Points in the table's own unit.
    pub points: Vec<[f64; 2]>,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPointTable {
    /// Class names.
    pub labels: Vec<String>,
    /// In the order of the file.
    pub rows: Vec<TableRow>,
}

/// Joints of an OpenPose body.
const BODY_POINTS: usize = 18;
/// Joints of a hand.
const HAND_POINTS: usize = 21;

/// A row as it is read: class name, clip, coordinates.
type RawRow = (String, Option<i64>, Vec<f64>);

/// Reads a table; `names` is a file with the class names of a hand or track table, one a line.
///
/// # Errors
/// When a file cannot be read, a row has another number of columns or something that is no number (the line is named), or there is no
/// row.
pub fn read_table(path: &Path, kind: TableKind, names: Option<&Path>) -> Result<KeyPointTable, OutputError> {
    let text = read_text(path)?;
    let wrong = |problem: String| OutputError::Layout { path: path.to_owned(), problem };
    let raw = if text.trim_start().starts_with('[') { json_rows(&text) } else { csv_rows(&text, kind) }.map_err(wrong)?;
    let Some((_, _, first)) = raw.first() else { return Err(wrong("has no row".to_owned())) };
    let columns = first.len();
    if let Some((i, (_, _, row))) = raw.iter().enumerate().find(|(_, (_, _, row))| row.len() != columns) {
        return Err(wrong(format!("row {} has {} numbers where the first has {columns}", i + 1, row.len())));
    }
    let good = match kind {
        TableKind::Body => columns == 2 * BODY_POINTS,
        TableKind::Hand => columns == 2 * HAND_POINTS,
        TableKind::Track => columns % 2 == 0 && columns >= 8,
    };
    if !good {
        let needed = match kind {
            TableKind::Body => "36 (18 OpenPose joints x, y)",
            TableKind::Hand => "42 (21 joints x, y)",
            TableKind::Track => "an even number from 8 on (x, y of successive frames)",
        };
        return Err(wrong(format!("has {columns} numbers a row where {needed} are needed; is --kind another one?")));
    }
    let mut labels = Vec::new();
    let classes: Vec<usize> = match names {
        Some(names) => {
            labels = read_text(names)?.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
            let class = |name: &str| name.parse::<usize>().ok().filter(|c| *c < labels.len());
            let unknown = |name: &str| wrong(format!("class {name} has no name in {}, which has {}", names.display(), labels.len()));
            raw.iter().map(|(name, _, _)| class(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>()?
        }
        None => {
            for (name, _, _) in &raw {
                if !labels.contains(name) {
                    labels.push(name.clone());
                }
            }
            raw.iter().map(|(name, _, _)| labels.iter().position(|l| l == name).unwrap_or(0)).collect()
        }
    };
    let points = |row: Vec<f64>| row.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
    let rows = raw.into_iter().zip(classes).map(|((_, clip, row), class)| TableRow { class, clip, points: points(row) }).collect();
    Ok(KeyPointTable { labels, rows })
}

/// Text without the mark that some editors put in front.
fn read_text(path: &Path) -> Result<String, OutputError> {
    let bytes = std::fs::read(path).map_err(OutputError::io(Action::Read, path))?;
    let text =
        String::from_utf8(bytes).map_err(|_| OutputError::Layout { path: path.to_owned(), problem: "is not text in UTF-8".to_owned() })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn csv_rows(text: &str, kind: TableKind) -> Result<Vec<RawRow>, String> {
    let mut rows = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let mut cells: Vec<&str> = line.split(',').map(str::trim).collect();
        // Bodies carry their class at the end, hands and tracks in front.
        let class = match kind {
            TableKind::Body => cells.pop().unwrap_or_default(),
            _ => cells.remove(0),
        };
        let numbers: Result<Vec<f64>, String> =
            cells.iter().map(|c| c.parse().map_err(|_| format!("line {}: {c:?} is not a number", i + 1))).collect();
        match numbers {
            Ok(numbers) => rows.push((class.to_owned(), None, numbers)),
            Err(_) if i == 0 => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(rows)
}

fn json_rows(text: &str) -> Result<Vec<RawRow>, String> {
    let rows: Vec<Vec<serde_json::Value>> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let row = |(i, cells): (usize, &Vec<serde_json::Value>)| {
        let wrong = || format!("row {} is not [action, clip, image, class, file, numbers ...]", i + 1);
        let clip = cells.get(1).and_then(serde_json::Value::as_i64).ok_or_else(wrong)?;
        let class = cells.get(3).and_then(serde_json::Value::as_str).ok_or_else(wrong)?;
        let numbers: Option<Vec<f64>> = cells.get(5..).unwrap_or_default().iter().map(serde_json::Value::as_f64).collect();
        Ok((class.to_owned(), Some(clip), numbers.ok_or_else(wrong)?))
    };
    rows.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: TableKind, names: Option<&str>) -> Result<KeyPointTable, String> {
        let folder = tempfile::tempdir().unwrap();
        let (path, names_path) = (folder.path().join("table.csv"), folder.path().join("names.csv"));
        std::fs::write(&path, text).unwrap();
        if let Some(names) = names {
            std::fs::write(&names_path, names).unwrap();
        }
        read_table(&path, kind, names.map(|_| names_path.as_path())).map_err(|e| e.to_string())
    }

    fn numbers(n: usize) -> String {
        (0..n).map(|i| format!("0.{i}")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn the_three_kinds_with_headers_names_and_byte_order_marks() {
        let body = format!("nose_x,nose_y,class\n{},stand\n{},walk\n", numbers(36), numbers(36));
        let table = read(&body, TableKind::Body, None).unwrap();
        assert_eq!((table.labels, table.rows.len()), (vec!["stand".to_owned(), "walk".to_owned()], 2));
        assert_eq!(table.rows[1].points[17], [0.34, 0.35]);
        let hand = format!("1,{}\r\n0,{}\r\n", numbers(42), numbers(42));
        let table = read(&hand, TableKind::Hand, Some("\u{feff}open\r\nclose\r\n")).unwrap();
        assert_eq!((table.labels, table.rows[0].class), (vec!["open".to_owned(), "close".to_owned()], 1));
        let list = format!("[[1, 7, 3, \"jump\", \"a/b.jpg\", {}]]", numbers(36));
        assert_eq!(read(&list, TableKind::Body, None).unwrap().rows[0].clip, Some(7));
        assert_eq!(read(&format!("2,{}", numbers(32)), TableKind::Track, None).unwrap().rows[0].points.len(), 16);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, kind, names, word) in [
            (format!("0,{}\n0,{}", numbers(42), numbers(41)), TableKind::Hand, None, "row 2 has 41 numbers"),
            (format!("{},a\n{},x,b", numbers(36), numbers(35)), TableKind::Body, None, "line 2: \"x\" is not a number"),
            (format!("0,{}", numbers(32)), TableKind::Hand, None, "42 (21 joints x, y)"),
            (format!("4,{}", numbers(32)), TableKind::Track, Some("a\nb"), "class 4 has no name"),
            (String::new(), TableKind::Body, None, "has no row"),
            ("[[1,2]]".to_owned(), TableKind::Body, None, "row 1 is not"),
        ] {
            let e = read(&text, kind, names).unwrap_err();
            assert!(e.contains(word), "{e}");
        }
    }
}
