use super::*;

#[test]
fn a_name_with_brackets_does_not_shift_the_fields() {
    let line = "42 (a) (b c)) S 7 42 42 0 -1 4194304 1 0 0 0 300 45 9 9 20 0 3 0 100 0 0";
    assert_eq!(Stat::read(42, line), Some(Stat { number: 42, parent: 7, ticks: 345 }));
    assert_eq!(Stat::read(42, "42 (a) S 7"), None);
}

#[test]
fn memory_is_read_in_kib() {
    assert_eq!(kib("Name:\tx\nVmHWM:\t   12345 kB\nVmRSS:\t 99 kB\n", "VmHWM:"), Some(12_345));
    assert_eq!(kib("Name:\tx\n", "VmHWM:"), None);
}

#[test]
fn this_process_uses_memory() {
    let own = Processes(vec![std::process::id()]);
    assert!(own.resident_memory() > 0 && own.peak_memory() >= own.resident_memory() / 2);
}
