use super::*;

fn message(bytes: usize) -> Bytes {
    Bytes::from(vec![b' '; bytes])
}

#[test]
fn a_message_holds_its_room_as_long_as_any_part_of_it_is_held() {
    let room = Room::of(100);
    let held = room.hold(message(SMALL + 60)).unwrap();
    let part = held.slice(7..9);
    drop(held);
    assert_eq!(room.hold(message(SMALL + 41)).unwrap_err().len(), SMALL + 41);
    let other = room.hold(message(SMALL + 40)).unwrap();
    assert!(room.hold(message(SMALL + 1)).is_err() && room.hold(message(SMALL)).is_ok());
    drop((part, other));
    assert!(room.hold(message(SMALL + 100)).is_ok());
    assert_eq!(room.0.available_permits(), 100);
}
