use proptest::prelude::*;
use ringfence_model::control::AuditQuery;
use ringfence_model::entry::OutcomeKind;
use ringfence_model::verdict::{Code, Decision};

use super::*;
use crate::query::Stats;
use crate::row::CallRow;
use crate::sample;

const ALL: AuditQuery = AuditQuery::newest(10_000);

async fn empty() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&dir.path().join("state.db"), [1; 16]).await.unwrap();
    (dir, store)
}

async fn everything(store: &Store) -> (Vec<CallRow>, Stats, u64) {
    (store.calls(&ALL).await.unwrap(), store.stats().await.unwrap(), store.indexed().await)
}

/// A log of `calls` calls; every third is denied, of the others every second has ended.
fn log(calls: u64) -> Vec<(u64, Entry)> {
    let entries = (0..calls).flat_map(|call| match call % 3 {
        0 => vec![sample::judged(call, sample::ruling(call.into(), Decision::Deny))],
        1 => vec![sample::judged(call, sample::ruling(call.into(), Decision::Allow)), sample::closed(call)],
        _ => vec![
            sample::judged(call, sample::ruling(call.into(), Decision::Allow)),
            sample::ended(call, call.into(), OutcomeKind::Ok),
        ],
    });
    (0..).zip(entries).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn how_the_log_is_cut_into_batches_and_what_is_fed_twice_makes_no_difference(
        calls in 0_u64..400,
        cuts in prop::collection::vec(0_usize..800, 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let log = log(calls);
            let (_dir, at_once) = empty().await;
            at_once.index(log.clone()).await.unwrap();
            let (_dir, in_pieces) = empty().await;
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(log.len())).collect();
            cuts.push(log.len());
            cuts.sort_unstable();
            for end in cuts {
                // Each batch begins again at the start.
                in_pieces.index(log[..end].to_vec()).await.unwrap();
            }
            prop_assert_eq!(everything(&in_pieces).await, everything(&at_once).await);
            prop_assert_eq!(at_once.indexed().await, log.len() as u64);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_gap_is_refused_and_adds_nothing() {
    let (_dir, store) = empty().await;
    let log = log(300);
    store.index(log[..10].to_vec()).await.unwrap();
    let before = everything(&store).await;
    let mut holed = log.clone();
    holed.remove(200);
    let error = store.index(holed).await.unwrap_err();
    assert!(matches!(error, StoreError::Gap { expected: 200, got: 201 }), "{error}");
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.index(log.clone()).await.unwrap(), log.len() as u64);
}

#[tokio::test]
async fn what_did_not_pass_counts_as_blocked() {
    let (_dir, store) = empty().await;
    let mut asked = sample::ruling(1, Decision::Ask);
    asked.code = Some(Code::ApprovalNeeded);
    let mut confirmed = sample::ruling(1, Decision::Ask);
    confirmed.confirmed = true;
    // A modern client's retry is a call of its own.
    let mut retried = sample::ruling(5, Decision::Ask);
    retried.confirmed = true;
    retried.retries = Some(sample::ruling(3, Decision::Ask).call);
    let mut limited = sample::ruling(2, Decision::Allow);
    limited.code = Some(Code::Limited);
    let rulings = [
        sample::ruling(0, Decision::Allow),
        asked,
        confirmed,
        retried,
        limited,
        sample::ruling(3, Decision::Ask),
        sample::ruling(4, Decision::Deny),
    ];
    store.index((0..).zip(rulings.map(|ruling| sample::judged(0, ruling)))).await.unwrap();
    assert_eq!(store.stats().await.unwrap(), Stats { total: 6, blocked: 3, allowed: 3 });
}

#[tokio::test]
async fn a_call_ends_once() {
    let (_dir, store) = empty().await;
    let entries = [
        sample::judged(0, sample::ruling(1, Decision::Allow)),
        sample::ended(1, 1, OutcomeKind::Timeout),
        sample::ended(2, 1, OutcomeKind::Ok),
    ];
    store.index((0..).zip(entries)).await.unwrap();
    let rows = store.calls(&ALL).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.outcome).collect::<Vec<_>>(), [Some(OutcomeKind::Timeout)]);
}

#[tokio::test]
async fn batches_fed_at_the_same_time_are_taken_one_after_the_other() {
    let (_dir, store) = empty().await;
    let log = log(200);
    let (one, two, three) =
        tokio::join!(store.index(log.clone()), store.index(log.clone()), store.index(log.clone()));
    for due in [one, two, three] {
        assert_eq!(due.unwrap(), log.len() as u64);
    }
    assert_eq!(store.stats().await.unwrap().total, 200);
}
