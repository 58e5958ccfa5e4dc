//! Fits the model: logistic regression by stochastic gradient descent (AdaGrad; Duchi, Hazan, Singer 2011). Must never
//! depend on anything but its examples: the same ones in the same order give the same bytes.

use super::feature::{BUCKETS, DENSE, Features};
use super::model::{Model, logistic, share};

/// A labelled window.
#[derive(Debug, Clone)]
pub struct Example {
    /// What the model sees of it.
    pub features: Features,
    /// True for an attack.
    pub attack: bool,
    /// How much it counts beside the others.
    pub weight: f32,
}

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Passes over the examples.
    pub epochs: u32,
    /// First step width.
    pub rate: f32,
    /// Pull of every weight that a step touches towards zero.
    pub decay: f32,
    /// Of 256 looks at an example, so many without its n-grams. What is known of a window in a language that no example
    /// was written in is what its words are about; the dense weights must be able to stand alone.
    pub blind: u8,
}

impl Fit {
    /// The settings that the shipped weights were made with.
    pub const SHIPPED: Self = Self { epochs: 12, rate: 0.12, decay: 2e-6, blind: 96 };

    /// Fits to `examples`.
    #[must_use]
    pub fn run(self, examples: &[Example]) -> Model {
        let mut state = State::new();
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for _ in 0..self.epochs {
            random.shuffle(&mut order);
            for example in order.iter().filter_map(|at| examples.get(*at)) {
                let blind = random.next() % 256 < u64::from(self.blind);
                state.step(self, example, blind);
            }
        }
        Model::new(state.bias.value, state.dense.iter().map(|cell| cell.value).collect(), &state.hashed())
    }
}

/// A weight and the sum of its squared gradients.
#[derive(Debug, Clone, Copy)]
struct Cell {
    value: f32,
    squares: f32,
}

impl Cell {
    const ZERO: Self = Self { value: 0.0, squares: 1e-3 };

    fn descend(&mut self, fit: Fit, gradient: f32) {
        let gradient = gradient + fit.decay * self.value;
        self.squares += gradient * gradient;
        self.value -= fit.rate * gradient / self.squares.sqrt();
    }
}

struct State {
    bias: Cell,
    dense: Vec<Cell>,
    hashed: Vec<Cell>,
}

impl State {
    fn new() -> Self {
        Self { bias: Cell::ZERO, dense: vec![Cell::ZERO; DENSE], hashed: vec![Cell::ZERO; BUCKETS] }
    }

    fn hashed(&self) -> Vec<f32> {
        self.hashed.iter().map(|cell| cell.value).collect()
    }

    fn step(&mut self, fit: Fit, example: &Example, blind: bool) {
        let hashed: &[u32] = if blind { &[] } else { &example.features.hashed };
        let share = share(hashed.len());
        let sum: f32 =
            hashed.iter().filter_map(|at| self.hashed.get(*at as usize)).map(|cell| cell.value).sum();
        let dense = example.features.dense.iter().filter_map(|at| self.dense.get(usize::from(*at)));
        let logit = self.bias.value + dense.map(|cell| cell.value).sum::<f32>() + sum * share;
        let wanted = if example.attack { 1.0 } else { 0.0 };
        let error = (logistic(logit) - wanted) * example.weight;
        self.bias.descend(fit, error);
        for at in &example.features.dense {
            if let Some(cell) = self.dense.get_mut(usize::from(*at)) {
                cell.descend(fit, error);
            }
        }
        for at in hashed {
            if let Some(cell) = self.hashed.get_mut(*at as usize) {
                cell.descend(fit, error * share);
            }
        }
    }
}

/// xorshift64* (Vigna 2016), from a fixed seed.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            let other = usize::try_from(self.next()).unwrap_or(0) % (last + 1);
            order.swap(last, other);
        }
    }
}
