use super::*;
use crate::bench::cell::{Call, Era, Upstream};

fn sample(rate: f64, p50: u64) -> Sample {
    Sample {
        calls: 10,
        rate,
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(900),
        cpu: Some(1.5),
    }
}

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    assert_eq!(median(vec![]), None);
}

#[test]
fn a_row_shows_medians_ratios_and_reasons() {
    let cell = Cell { era: Era::Legacy, upstream: Upstream::Http, call: Call::Echo(1), connections: 8 };
    let direct = Measured::Samples(vec![Sample { cpu: None, ..sample(20_000.0, 100) }]);
    let targets = vec![
        (Kind::Direct, direct),
        (
            Kind::Nginx,
            Measured::Samples(vec![sample(9_000.0, 120), sample(10_000.0, 124), sample(12_000.0, 130)]),
        ),
        (Kind::McpProxy, Measured::Not("refused |\nby it".to_owned())),
        (Kind::Ringfence, Measured::Samples(vec![sample(5_000.0, 170)])),
    ];
    let lines = table(&[Row { cell, targets }]);
    assert_eq!(
        lines.get(2..).unwrap(),
        [
            "| legacy | http | 1k | 8 | direct | 20000 (20000–20000) | 100 |  | 900 |  | 2.00 |  |",
            "| legacy | http | 1k | 8 | nginx | 10000 (9000–12000) | 124 | +24 | 900 | 1.50 |  |  |",
            "| legacy | http | 1k | 8 | mcp-proxy | n/a: refused   by it | | | | | | |",
            "| legacy | http | 1k | 8 | ringfence | 5000 (5000–5000) | 170 | +70 | 900 | 1.50 | 0.50 |  |",
        ]
    );
}
