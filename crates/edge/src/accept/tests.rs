use super::*;

#[tokio::test(start_paused = true)]
async fn a_listener_without_descriptors_neither_spins_nor_floods_the_log() {
    let error = io::Error::from_raw_os_error(24);
    let mut faults = Faults::new();
    let begun = Instant::now();
    for _ in 0..100 {
        faults.rest(&error).await;
    }
    assert!(begun.elapsed() >= REST * 100);
    let mut reports = Vec::new();
    let mut faults = Faults::new();
    for _ in 0..100 {
        reports.extend(faults.due());
        tokio::time::advance(REST).await;
    }
    assert_eq!(reports, [1, 20, 20, 20, 20], "one line a second, and none of the failures is lost");
}
