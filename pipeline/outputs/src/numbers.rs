//! Numbers in JSON: rounded to the decimals that mean something, and `null` for what is not finite (read back as NaN).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pixels: 2 decimals.
pub(crate) fn px<T: Numbers, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(1e2, serializer)
}

/// Scores: 4 decimals.
pub(crate) fn score<T: Numbers, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(1e4, serializer)
}

/// Metres and features: 5 decimals.
pub(crate) fn fine<T: Numbers, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(1e5, serializer)
}

/// Reads what the functions above write.
pub(crate) fn read<'de, T: Numbers, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// A number, or numbers in arrays, lists, options and maps.
pub(crate) trait Numbers: Sized {
    /// Writes with `scale` = 10 to the power of the decimals.
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error>;
    /// Reads, with NaN for null.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

struct Rounded<'a, T>(&'a T, f64);

impl<T: Numbers> Serialize for Rounded<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(self.1, serializer)
    }
}

struct OrNan<T>(T);

impl<'de, T: Numbers> Deserialize<'de> for OrNan<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(OrNan)
    }
}

fn round(value: f64, scale: f64) -> f64 {
    let rounded = (value * scale).round() / scale;
    // Very large numbers overflow on the way; and `+ 0.0` turns -0 into 0.
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

impl Numbers for f32 {
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_finite() { serializer.serialize_f32(round(f64::from(*self), scale) as f32) } else { serializer.serialize_none() }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f32::NAN))
    }
}

impl Numbers for f64 {
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_finite() { serializer.serialize_f64(round(*self, scale)) } else { serializer.serialize_none() }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
    }
}

/// Arrays of the lengths in use: serde reads arrays of literal length only.
macro_rules! arrays {
    ($($n:literal)*) => {
        $(impl<T: Numbers> Numbers for [T; $n] {
            fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter().map(|v| Rounded(v, scale)))
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(<[OrNan<T>; $n]>::deserialize(deserializer)?.map(|v| v.0))
            }
        })*
    };
}
arrays!(2 3 4 21);

impl<T: Numbers> Numbers for Vec<T> {
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|v| Rounded(v, scale)))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<OrNan<T>>::deserialize(deserializer)?.into_iter().map(|v| v.0).collect())
    }
}

impl<T: Numbers> Numbers for Option<T> {
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(scale, serializer),
            None => serializer.serialize_none(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<OrNan<T>>::deserialize(deserializer)?.map(|v| v.0))
    }
}

impl<T: Numbers> Numbers for BTreeMap<String, T> {
    fn write<S: Serializer>(&self, scale: f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, v)| (key, Rounded(v, scale))))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<String, OrNan<T>>::deserialize(deserializer)?.into_iter().map(|(key, v)| (key, v.0)).collect())
    }
}
