//! What is told of many measurements: their median, and what few of them exceed.

#![allow(dead_code, reason = "each program uses its part")]

/// How long things took, in milliseconds and in order.
pub struct Times(Vec<f64>);

impl Times {
    /// Of these, which come in any order.
    pub fn of(mut milliseconds: Vec<f64>) -> Self {
        milliseconds.sort_unstable_by(f64::total_cmp);
        Self(milliseconds)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many of a thousand do not exceed; 0 where there are none.
    pub fn at(&self, thousandths: usize) -> f64 {
        self.0.get(self.0.len().saturating_sub(1) * thousandths / 1000).copied().unwrap_or_default()
    }
}
