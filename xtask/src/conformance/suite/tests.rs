use super::*;

#[test]
fn the_scenario_is_the_folder_without_its_frame() {
    assert_eq!(scenario("server-ping-2026-11-20T20-15-32-493Z"), Some("ping"));
    assert_eq!(scenario("server-server-sse-polling-2026-11-20T20-15-32-493Z"), Some("server-sse-polling"));
    assert_eq!(scenario("client-initialize-2026-11-20T20-15-32-493Z"), None);
    assert_eq!(scenario("server-T"), None);
}
