use std::time::Duration;

use super::*;
use crate::bench::cell::{Era, Upstream};
use crate::bench::driver::Sample;
use crate::bench::report::Measured;

fn measured(rate: f64, cpu: f64, p50: u64) -> Measured {
    let p50 = Duration::from_micros(p50);
    Measured::Samples(vec![Sample { calls: 10, rate, p50, p99: p50, cpu: Some(cpu) }])
}

fn row(call: Call, connections: usize, ours: (f64, f64), proxy: Measured) -> Row {
    let cell = Cell { era: Era::Legacy, upstream: Upstream::Http, call, connections };
    let targets = vec![
        (Kind::Direct, measured(2_000.0, 0.0, 60)),
        (Kind::Nginx, measured(1_000.0, 1.0, 100)),
        (Kind::McpProxy, proxy),
        (Kind::Ringfence, measured(ours.0, ours.1, 135)),
    ];
    Row { cell, targets }
}

#[test]
fn each_floor_shows_its_worst_cell_and_whether_it_holds() {
    let rows = [
        row(Call::Echo(1), 1, (500.0, 2.5), measured(499.0, 1.0, 1)),
        row(Call::Echo(1), 8, (480.0, 2.0), Measured::Not("it died".to_owned())),
        row(Call::Echo(64), 8, (100.0, 3.0), measured(100.0, 1.0, 1)),
    ];
    assert_eq!(
        table(&rows).get(2..).unwrap(),
        [
            "| calls a second ÷ nginx, 1 KB | ≥ 0.5 | legacy:http:1k:c8 | 0.48 | **no**, in 1 of 2 cells |",
            "| calls a second ÷ nginx, 10 KB | ≥ 0.35 | | | not measured |",
            "| calls a second ÷ nginx, 64 KB | ≥ 0.12 | legacy:http:64k:c8 | 0.10 | **no**, in 1 of 1 cells |",
            "| calls a second ÷ mcp-proxy | > 1 | legacy:http:64k:c8 | 1.00 | **no**, in 1 of 2 cells |",
            "| CPU ÷ nginx | ≤ 2.5 | legacy:http:64k:c8 | 3.00 | **no**, in 1 of 3 cells |",
            "| µs added to a 1 KB call at c = 1, p50 | ≤ 70 | legacy:http:1k:c1 | 75.00 | **no**, in 1 of 1 cells |",
        ]
    );
}
