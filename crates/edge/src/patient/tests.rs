use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off() {
    let (ours, _theirs) = tokio::io::duplex(8);
    let begun = Instant::now();
    let failed = Patient::new(ours, PATIENCE).write_all(b"more than fits").await.unwrap_err();
    assert_eq!((failed.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, PATIENCE));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_is_not() {
    let (ours, mut theirs) = tokio::io::duplex(8);
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Ok(byte) = theirs.read_u8().await {
            all.push(byte);
            tokio::time::sleep(PATIENCE / 2).await;
        }
        all
    });
    let mut ours = Patient::new(ours, PATIENCE);
    ours.write_all(b"more than fits in it").await.unwrap();
    ours.shutdown().await.unwrap();
    drop(ours);
    assert_eq!(reading.await.unwrap(), b"more than fits in it");
}
