//! Distances on the globe.

use serde_json::Value;

/// Mean radius of the earth in kilometres (IUGG, R1).
const EARTH_KM: f64 = 6_371.008_8;

/// A place: degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    lat: f64,
    lon: f64,
}

/// All places at most so far from a centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Circle {
    pub(crate) centre: Place,
    pub(crate) km: f64,
}

impl Place {
    /// `lat` in −90..=90 and `lon` in −180..=180.
    pub(crate) fn new(lat: f64, lon: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon))
            .then_some(Self { lat, lon })
    }

    /// Reads `{"lat": …, "lon": …}`; other members do not matter.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Self::new(value.get("lat")?.as_f64()?, value.get("lon")?.as_f64()?)
    }

    /// Kilometres along the great circle (haversine formula).
    fn distance(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let north = ((b - a) / 2.0).sin();
        let east = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let h = north * north + a.cos() * b.cos() * east * east;
        2.0 * EARTH_KM * h.min(1.0).sqrt().asin()
    }
}

impl Circle {
    /// Whether `place` is inside.
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.centre.distance(place) <= self.km
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn shanghai_and_hangzhou_are_165_kilometres_apart() {
        let shanghai = Place::new(31.2304, 121.4737).unwrap();
        let hangzhou = Place::new(30.2741, 120.1551).unwrap();
        let km = shanghai.distance(hangzhou);
        assert!((160.0..170.0).contains(&km), "{km}");
        assert!(shanghai.distance(shanghai).abs() < 1e-9);
        let antipode = Place::new(-31.2304, -58.5263).unwrap();
        assert!((shanghai.distance(antipode) - std::f64::consts::PI * EARTH_KM).abs() < 1.0);
    }

    #[test]
    fn what_is_no_place_is_not_read() {
        for bad in [
            r#"{"lat": 91, "lon": 0}"#,
            r#"{"lat": "31", "lon": 0}"#,
            "[31, 121]",
        ] {
            let value: Value = serde_json::from_str(bad).unwrap();
            assert!(Place::read(&value).is_none(), "{bad}");
        }
    }
}
