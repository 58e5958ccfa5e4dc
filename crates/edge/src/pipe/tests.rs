use ringfence_kernel::session::SessionKey;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::house::{House, initialize, legacy, subscription};
use crate::patient::Patient;

struct Piped {
    house: House,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    reader: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    writer: WriteHalf<DuplexStream>,
}

impl Piped {
    fn start() -> Self {
        Self::with(Room::new())
    }

    fn with(room: Room) -> Self {
        let house = House::new();
        let kernel = Arc::clone(&house.gate.kernel);
        let principal = Arc::new(house.gate.principals.operator(&ringfence_identity::Shown::Passphrase));
        let link = kernel.session(&principal, SessionKey::Principal, None).unwrap().link();
        let (ours, theirs) = tokio::io::duplex(4_096);
        let (read, write) = split(ours);
        let stop = CancellationToken::new();
        let serving = {
            let stop = stop.clone();
            let reader = LineReader::new(read, kernel.limits.body.0);
            let writer = Patient::new(write, kernel.limits.slow_client.0);
            tokio::spawn(
                async move { serve(&kernel, room, Endpoint::Every, link, reader, writer, stop).await },
            )
        };
        let (read, writer) = split(theirs);
        Self { house, stop, serving, reader: BufReader::new(read).lines(), writer }
    }

    async fn say(&mut self, message: &Value) -> std::io::Result<()> {
        self.writer.write_all(format!("{message}\n").as_bytes()).await
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.reader.next_line().await.unwrap().unwrap()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off_and_its_requests_do_not_pile_up() {
    let mut piped = Piped::start();
    let mut said = 0;
    // Neither answered nor refused without an end: it is not read from any more, and then it is cut off.
    while piped.say(&legacy(said, "ping", &json!({ "x": "x".repeat(1_000) }))).await.is_ok() {
        said += 1;
    }
    assert!(usize::try_from(said).unwrap() < 4 * UNREAD, "{said}");
    piped.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_kernel_does_not_wait_for_a_client_that_does_not_read() {
    let mut piped = Piped::start();
    for id in 0..200 {
        piped.say(&legacy(id, "nothing/like/it", &json!({}))).await.unwrap();
    }
    let stopped = Instant::now();
    piped.stop.cancel();
    piped.serving.await.unwrap();
    assert!(stopped.elapsed() <= ENDING, "{:?}", stopped.elapsed());
}

#[tokio::test(start_paused = true)]
async fn subscriptions_end_with_the_kernel_at_once_and_with_their_result() {
    let mut piped = Piped::start();
    piped.say(&subscription()).await.unwrap();
    assert_eq!(piped.hear().await["method"], "notifications/subscriptions/acknowledged");
    let stopped = Instant::now();
    piped.stop.cancel();
    let last = piped.hear().await;
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(1), &json!("complete")));
    piped.serving.await.unwrap();
    assert!(stopped.elapsed() < DRAIN, "{:?}", stopped.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_cancels_what_runs() {
    let mut piped = Piped::start();
    piped.say(&initialize()).await.unwrap();
    piped.hear().await;
    piped.say(&legacy(1, "tools/call", &json!({ "name": "hold", "arguments": {} }))).await.unwrap();
    piped.house.hold.has_begun(1).await;
    let left = Instant::now();
    drop((piped.writer, piped.reader));
    piped.serving.await.unwrap();
    assert!(left.elapsed() < FAREWELL, "{:?}", left.elapsed());
}

#[tokio::test(start_paused = true)]
async fn large_requests_that_run_are_bounded_together_and_others_pass() {
    let mut piped = Piped::with(Room::of(150_000));
    piped.say(&initialize()).await.unwrap();
    piped.hear().await;
    let large =
        |id| legacy(id, "tools/call", &json!({ "name": "hold", "arguments": { "x": "x".repeat(200_000) } }));
    piped.say(&large(1)).await.unwrap();
    piped.house.hold.has_begun(1).await;
    piped.say(&large(2)).await.unwrap();
    let refused = piped.hear().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(2), &json!(-32603)), "{refused}");
    piped.say(&legacy(3, "ping", &json!({}))).await.unwrap();
    assert_eq!(piped.hear().await["id"], 3);
    piped.house.hold.go.add_permits(2);
    assert_eq!(piped.hear().await["id"], 1);
    // Its room is free with its end, as soon as its task is.
    let mut id = 4;
    loop {
        piped.say(&large(id)).await.unwrap();
        if piped.hear().await.get("result").is_some() {
            break;
        }
        id += 1;
    }
    drop((piped.writer, piped.reader));
    piped.serving.await.unwrap();
}
