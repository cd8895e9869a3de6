//! The four numbers of BG/NBD, and what it looks at of a customer.

use rapport_types::Violation;

/// The parameters of a BG/NBD model, with time in weeks. Each is within [`Params::LEAST`] and [`Params::MOST`].
///
/// A customer orders at random at a rate of their own, and after each order leaves for good with a chance of their own. Rates are
/// spread over customers by a gamma distribution (`r`, `alpha`), chances of leaving by a beta distribution (`a`, `b`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    pub(crate) r: f64,
    pub(crate) alpha: f64,
    pub(crate) a: f64,
    pub(crate) b: f64,
}

/// What BG/NBD looks at of a customer's past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// Days with an order after the first such day: x.
    pub repeats: u64,
    /// Weeks from the first order to the last: t_x; 0 without repeats.
    pub last: f64,
    /// Weeks from the first order until now: T, at least `last`.
    pub age: f64,
}

impl Params {
    /// The least value of a parameter. What is less means a fit that went astray.
    pub const LEAST: f64 = 0.001;
    /// The greatest value of a parameter. Beyond it all customers are alike, and the model is more than the data can bear.
    pub const MOST: f64 = 10_000.0;
    /// Their names, in the order of [`Params::new`].
    pub const NAMES: [&'static str; 4] = ["r", "alpha", "a", "b"];

    /// A model of these parameters, or what is wrong with them, with pointers such as `/alpha`.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self, Vec<Violation>> {
        let wrong: Vec<Violation> = Self::NAMES
            .into_iter()
            .zip([r, alpha, a, b])
            .filter(|(_, value)| !(Self::LEAST..=Self::MOST).contains(value))
            .map(|(name, value)| {
                let detail = format!(
                    "{name} is a number from {} to {}, not {value}",
                    Self::LEAST,
                    Self::MOST
                );
                Violation::new(format!("/{name}"), "out_of_range", detail)
            })
            .collect();
        if wrong.is_empty() {
            Ok(Self { r, alpha, a, b })
        } else {
            Err(wrong)
        }
    }

    /// r, alpha, a, b.
    pub fn values(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_no_fit_gives_are_refused_by_name() {
        assert!(Params::new(0.243, 4.414, 0.793, 2.426).is_ok());
        let wrong = Params::new(0.0, f64::NAN, 0.793, f64::INFINITY).unwrap_err();
        let places: Vec<_> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        assert_eq!(places, ["/r", "/alpha", "/b"]);
    }
}
