use super::*;

#[test]
fn our_own_name_is_a_server_name() {
    assert_eq!(own_name().as_str(), "ringfence");
}

#[test]
fn shown_names_carry_their_server_in_front() {
    let server: ServerName = "9-files".parse().unwrap();
    assert_eq!(shown_name(&server, "read__file"), "9-files__read__file");
    assert_eq!(shown_uri(&server, "file:///{path}"), "mcp+9-files+file:///{path}");
}
