//! The one source of randomness: counted, splittable, the same bits everywhere.

/// A stream of random numbers (SplitMix64, Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// An independent stream for a named purpose: adding a purpose later leaves the others unchanged.
    #[must_use]
    pub fn split(&self, purpose: &str) -> Rng {
        // FNV-1a over the name, then one step of the generator to mix it with the state.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let mut mixed = Rng(self.0 ^ hash);
        Rng(mixed.next_u64())
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..count`; 0 when `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_splitmix64() {
        // From the reference implementation with seed 1234567.
        let mut r = Rng::new(1_234_567);
        assert_eq!(
            [r.next_u64(), r.next_u64(), r.next_u64()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn purposes_differ_and_do_not_disturb_each_other() {
        let r = Rng::new(7);
        let (mut a, mut b, mut again) = (r.split("skin"), r.split("light"), r.split("skin"));
        assert_ne!(a.next_u64(), b.next_u64());
        let _ = again.next_u64();
        assert_eq!(a.next_u64(), again.next_u64());
    }

    #[test]
    fn moments_of_the_distributions() {
        let mut r = Rng::new(1);
        let n = 20_000;
        let (mut u, mut g, mut g2) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            u += r.unit();
            let x = r.normal();
            g += x;
            g2 += x * x;
        }
        let n = f64::from(n);
        assert!((u / n - 0.5).abs() < 0.01 && (g / n).abs() < 0.03 && (g2 / n - 1.0).abs() < 0.05);
        assert!((0..100).all(|_| r.below(3) < 3));
    }
}
