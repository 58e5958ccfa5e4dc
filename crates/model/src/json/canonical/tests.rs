use crate::json::JsonText;

fn of(text: &str) -> String {
    JsonText::try_from(text.to_owned()).unwrap().value().canonical()
}

#[test]
fn order_and_space_do_not_matter_and_everything_else_does() {
    let one =
        of(r#"{"name":"a","inputSchema":{"type":"object","properties":{"y":{},"x":{"enum":[1, 2.0]}}}}"#);
    let same = of(
        r#" { "inputSchema": {"properties": {"x": {"enum": [1,2.0]}, "y": {}}, "type":"object"}, "n\u0061me": "a" } "#,
    );
    assert_eq!(one, same);
    for other in [
        r#"{"name":"b","inputSchema":{"type":"object","properties":{"y":{},"x":{"enum":[1,2.0]}}}}"#,
        r#"{"name":"a","inputSchema":{"type":"object","properties":{"y":{},"x":{"enum":[2.0,1]}}}}"#,
        r#"{"name":"a","inputSchema":{"type":"object","properties":{"y":{},"x":{"enum":[1,2]}}}}"#,
        r#"{"name":"a","description":"","inputSchema":{"type":"object","properties":{"y":{},"x":{"enum":[1,2.0]}}}}"#,
    ] {
        assert_ne!(one, of(other));
    }
}
