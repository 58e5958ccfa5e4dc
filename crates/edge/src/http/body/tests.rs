use http_body_util::Full;

use super::*;
use crate::room::SMALL;

const LIMIT: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(15);

async fn read_of(bytes: usize, room: &Room) -> Result<Bytes, Unread> {
    read(Full::new(Bytes::from(vec![b' '; bytes])), LIMIT, TIME, room).await
}

#[tokio::test]
async fn bodies_are_bounded_together_for_as_long_as_they_are_held_and_small_ones_pass() {
    let room = Room::of(100);
    let held = read_of(SMALL + 100, &room).await.unwrap();
    assert_eq!(held.len(), SMALL + 100);
    assert_eq!(read_of(SMALL + 1, &room).await, Err(Unread::NoRoom));
    assert_eq!(read_of(SMALL, &room).await.map(|body| body.len()), Ok(SMALL));
    drop(held);
    assert_eq!(read_of(SMALL + 101, &room).await, Err(Unread::NoRoom));
    assert!(read_of(SMALL + 100, &room).await.is_ok(), "what was refused holds nothing");
    assert_eq!(read_of(LIMIT + 1, &room).await, Err(Unread::TooLarge));
}
