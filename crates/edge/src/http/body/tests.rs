use http_body_util::Full;

use super::*;

const LIMIT: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(15);

async fn read_of(bytes: usize, room: &Semaphore) -> Result<usize, Unread> {
    read(Full::new(Bytes::from(vec![b' '; bytes])), LIMIT, TIME, room).await.map(|body| body.len())
}

#[tokio::test]
async fn bodies_on_their_way_are_bounded_together_and_small_ones_pass() {
    let room = Semaphore::new(100);
    assert_eq!(read_of(SMALL + 100, &room).await, Ok(SMALL + 100));
    assert_eq!(room.available_permits(), 100, "given back once it is read");
    assert_eq!(read_of(SMALL + 101, &room).await, Err(Unread::NoRoom));
    let others = room.acquire_many(100).await.unwrap();
    assert_eq!(read_of(SMALL + 1, &room).await, Err(Unread::NoRoom));
    assert_eq!(read_of(SMALL, &room).await, Ok(SMALL));
    drop(others);
    assert_eq!(read_of(LIMIT + 1, &room).await, Err(Unread::TooLarge));
}
