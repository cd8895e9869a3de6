//! The formulas of BG/NBD.

use libm::{exp, lgamma, log, log1p};

use crate::params::{History, Params};
use crate::special::hypergeometric;

/// How close to 1 equation 10 loses more digits than an interpolation does.
const NEAR_ONE: f64 = 1e-4;

impl Params {
    /// How likely it is that the customer has not left for good.
    ///
    /// P. S. Fader, B. G. S. Hardie: "Computing P(alive) Using the BG/NBD Model" (2008):
    ///
    /// P = 1 / (1 + a / (b + x − 1) · ((α + T) / (α + t_x))^(r + x)) for x > 0, and 1 for x = 0, because in this model a
    /// customer can only leave after a repeat order.
    pub fn p_alive(&self, history: &History) -> f64 {
        1.0 / (1.0 + self.odds_of_having_left(history))
    }

    /// a / (b + x − 1) · ((α + T) / (α + t_x))^(r + x); 0 for x = 0.
    fn odds_of_having_left(&self, history: &History) -> f64 {
        exp(self.log_odds(history))
    }

    /// The logarithm of these odds, which may be more than a float holds; −∞ for x = 0.
    fn log_odds(&self, history: &History) -> f64 {
        if history.repeats == 0 {
            return f64::NEG_INFINITY;
        }
        let x = history.repeats as f64;
        let quiet = log((self.alpha + history.age) / (self.alpha + history.last));
        log(self.a / (self.b + x - 1.0)) + (self.r + x) * quiet
    }

    /// How many repeat orders (days with one) to expect of the customer in the next `weeks`.
    ///
    /// Fader, Hardie, Lee (2005), equation 10:
    ///
    /// E = (a + b + x − 1) / (a − 1) · (1 − ((α + T) / (α + T + t))^(r + x) · ₂F₁(r + x, b + x; a + b + x − 1; t / (α + T + t)))
    ///     / (1 + a / (b + x − 1) · ((α + T) / (α + t_x))^(r + x)),   the last summand only for x > 0.
    ///
    /// As it stands there it is 0 / 0 at a = 1 and loses digits around it; so close to 1 it is the mean of its values on both sides.
    pub fn expected_orders(&self, history: &History, weeks: f64) -> f64 {
        if weeks <= 0.0 {
            return 0.0;
        }
        let while_alive = if (self.a - 1.0).abs() < NEAR_ONE {
            let below = self.orders_while_alive(1.0 - NEAR_ONE, history, weeks);
            let above = self.orders_while_alive(1.0 + NEAR_ONE, history, weeks);
            f64::midpoint(below, above)
        } else {
            self.orders_while_alive(self.a, history, weeks)
        };
        while_alive / (1.0 + self.odds_of_having_left(history))
    }

    /// The numerator of equation 10: the orders to expect of a customer who has not left.
    fn orders_while_alive(&self, a: f64, history: &History, weeks: f64) -> f64 {
        let x = history.repeats as f64;
        let (rate, stay) = (self.r + x, self.b + x);
        // Only its product with what follows has a meaning at 0.
        let c = match a + self.b + x - 1.0 {
            c if c.abs() < 1e-9 => 1e-9,
            c => c,
        };
        let until = self.alpha + history.age;
        let w = weeks / until;
        // ((α + T) / (α + T + t))^(r + x) ₂F₁(…)
        let series = hypergeometric(rate, stay, c, w / (1.0 + w), -rate * log1p(w));
        (c / (a - 1.0) * (1.0 - series)).max(0.0)
    }

    /// The logarithm of the likelihood of a customer's history.
    ///
    /// Fader, Hardie, Lee (2005), equation 6:
    ///
    /// L = B(a, b + x) / B(a, b) · Γ(r + x) α^r / (Γ(r) (α + T)^(r + x))
    ///   + B(a + 1, b + x − 1) / B(a, b) · Γ(r + x) α^r / (Γ(r) (α + t_x)^(r + x)),   the last summand only for x > 0.
    pub fn log_likelihood(&self, history: &History) -> f64 {
        let Self { r, alpha, a, b } = *self;
        let x = history.repeats as f64;
        // What both summands share: B(a + 1, b + x − 1) is B(a, b + x) · a / (b + x − 1).
        let shared = lgamma(r + x) - lgamma(r) + r * log(alpha) + lgamma(a + b) - lgamma(b)
            + lgamma(b + x)
            - lgamma(a + b + x);
        let still_here = -(r + x) * log(alpha + history.age);
        // The second summand is the first times the odds of having left.
        let log_odds = self.log_odds(history);
        shared + still_here + log_odds.max(0.0) + log1p(exp(-log_odds.abs()))
    }
}
