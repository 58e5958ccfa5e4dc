//! The linear model: logistic regression over [`Features`], its weights in `data/injection.weights`. Must never score with
//! weights that were trained with other features or another lexicon.

use std::borrow::Cow;

use super::feature::{self, BUCKETS, DENSE, Features};
use super::lexicon::{Hit, Lexicon};

/// First bytes of a weights file.
const MAGIC: &[u8; 8] = b"RFINJ\0\0\x02";
const HEAD: usize = 8 + 8 + 4 + 4 + 4;

/// Weights in the form of [`Self::to_bytes`].
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    bias: f32,
    dense: Vec<f32>,
    scale: f32,
    /// Of 8 bits and signed. Those of the program are not copied.
    hashed: Cow<'static, [u8]>,
}

/// Bytes that are no weights for this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// Not a weights file of this version.
    #[error("not a weights file of version 2")]
    Format,
    /// Trained with another lexicon.
    #[error("trained with another lexicon: run `cargo xtask train injection`")]
    Lexicon,
    /// Other features, cut off, or not numbers.
    #[error("the weights do not fit the features: run `cargo xtask train injection`")]
    Shape,
}

impl Model {
    /// A model of these weights; `hashed` is rounded to 8 bits.
    #[must_use]
    pub fn new(bias: f32, dense: Vec<f32>, hashed: &[f32]) -> Self {
        let largest = hashed.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, reason = "|weight| / scale is at most 127")]
        let rounded: Vec<u8> =
            hashed.iter().map(|weight| ((weight / scale).round() as i8).cast_unsigned()).collect();
        Self { bias, dense, scale, hashed: rounded.into() }
    }

    /// The weights that are part of the program.
    ///
    /// # Errors
    /// [`WeightsError`], which the tests of this crate rule out.
    pub fn embedded() -> Result<Self, WeightsError> {
        Self::read(include_bytes!("../../data/injection.weights"), Cow::Borrowed)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`WeightsError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        Self::read(bytes, |hashed| hashed.to_vec().into())
    }

    fn read<'a>(
        bytes: &'a [u8],
        keep: impl FnOnce(&'a [u8]) -> Cow<'static, [u8]>,
    ) -> Result<Self, WeightsError> {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(WeightsError::Format)?;
        let (magic, head) = head.split_at_checked(8).ok_or(WeightsError::Format)?;
        let (digest, numbers) = head.split_at_checked(8).ok_or(WeightsError::Format)?;
        if magic != MAGIC {
            return Err(WeightsError::Format);
        }
        if digest != Lexicon::digest().to_le_bytes() {
            return Err(WeightsError::Lexicon);
        }
        let mut numbers = floats(numbers);
        let (Some(count), Some(bias), Some(scale)) = (numbers.next(), numbers.next(), numbers.next()) else {
            return Err(WeightsError::Shape);
        };
        let (dense, hashed) = rest.split_at_checked(DENSE * 4).ok_or(WeightsError::Shape)?;
        let dense: Vec<f32> = floats(dense).collect();
        let whole = [bias, scale].iter().chain(&dense).all(|number| number.is_finite());
        if count.to_bits() != u32::try_from(DENSE).unwrap_or(0) || hashed.len() != BUCKETS || !whole {
            return Err(WeightsError::Shape);
        }
        Ok(Self { bias, dense, scale, hashed: keep(hashed) })
    }

    /// Magic, digest of the lexicon, number of dense features (u32), bias and scale (f32), the dense weights (f32), the
    /// hashed weights (i8); little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.dense.len() * 4 + self.hashed.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&Lexicon::digest().to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(self.dense.len()).unwrap_or(u32::MAX).to_le_bytes());
        for number in [self.bias, self.scale].iter().chain(&self.dense) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.hashed);
        bytes
    }

    /// How likely an attack is in a window of folded text, 0 to 1; `hits` are its words. Where what the words are about
    /// speaks so much against one that no n-gram could outweigh it, those are not looked at.
    #[must_use]
    pub fn score(&self, folded: &str, hits: &[Hit]) -> f32 {
        let dense: f32 = feature::dense(folded, hits)
            .iter()
            .filter_map(|at| self.dense.get(usize::from(*at)))
            .fold(self.bias, |sum, weight| sum + weight);
        if dense < HOPELESS {
            return logistic(dense);
        }
        let (mut sum, mut count) = (0_i32, 0_usize);
        feature::n_grams(folded, |bucket| {
            sum += self.weight(bucket);
            count += 1;
        });
        self.joined(dense, sum, count)
    }

    /// The same of features that are known.
    #[must_use]
    pub fn score_of(&self, features: &Features) -> f32 {
        let dense = features.dense.iter().filter_map(|at| self.dense.get(usize::from(*at)));
        let sum = features.hashed.iter().map(|bucket| self.weight(*bucket)).sum();
        self.joined(self.bias + dense.sum::<f32>(), sum, features.hashed.len())
    }

    fn weight(&self, bucket: u32) -> i32 {
        self.hashed.get(bucket as usize).map_or(0, |weight| i32::from(weight.cast_signed()))
    }

    /// `dense` and the weights of `count` n-grams, which sum up to `sum`.
    fn joined(&self, dense: f32, sum: i32, count: usize) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a window has some thousand n-grams")]
        let hashed = sum as f32 * self.scale * share(count);
        logistic(dense + hashed)
    }
}

/// Below this sum of dense weights a window is none, whatever its n-grams are.
const HOPELESS: f32 = -3.0;

/// What one n-gram of `count` counts: the root, so that a long window says more than a short one but not in proportion.
#[expect(clippy::cast_precision_loss, reason = "a window has some thousand n-grams")]
pub(super) fn share(count: usize) -> f32 {
    1.0 / (count.max(16) as f32).sqrt()
}

pub(super) fn logistic(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four))
}
