//! Gauss-Legendre nodes and weights on -1 to 1.

use std::sync::LazyLock;

/// Nodes with their weights.
pub(crate) type Nodes<const N: usize> = [(f64, f64); N];

/// Eight nodes: exact for polynomials of degree 15.
pub(crate) fn eight() -> &'static Nodes<8> {
    static NODES: LazyLock<Nodes<8>> = LazyLock::new(legendre);
    &NODES
}

/// Sixteen nodes: exact for polynomials of degree 31.
pub(crate) fn sixteen() -> &'static Nodes<16> {
    static NODES: LazyLock<Nodes<16>> = LazyLock::new(legendre);
    &NODES
}

/// The roots of the Legendre polynomial of degree `N` by Newton from Tricomi's guess.
fn legendre<const N: usize>() -> Nodes<N> {
    let mut nodes = [(0.0, 0.0); N];
    for (index, node) in nodes.iter_mut().enumerate() {
        let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (N as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut before, mut here) = (1.0, x);
            for degree in 2..=N {
                let degree = degree as f64;
                (before, here) = (here, ((2.0 * degree - 1.0) * x * here - (degree - 1.0) * before) / degree);
            }
            slope = N as f64 * (x * here - before) / (x * x - 1.0);
            let step = here / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        *node = (x, 2.0 / ((1.0 - x * x) * slope * slope));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_exact() {
        for power in 0..16 {
            let sum: f64 = eight().iter().map(|(x, weight)| weight * x.powi(power)).sum();
            let exact = if power % 2 == 0 { 2.0 / f64::from(power + 1) } else { 0.0 };
            assert!((sum - exact).abs() < 1e-14, "x^{power}: {sum}");
        }
        let sum: f64 = sixteen().iter().map(|(x, weight)| weight * x.exp()).sum();
        assert!((sum - (1.0_f64.exp() - (-1.0_f64).exp())).abs() < 1e-14);
    }
}
