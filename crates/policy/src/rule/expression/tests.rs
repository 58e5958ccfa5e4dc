use super::*;

fn why(text: &str) -> String {
    match Expression::parse(text) {
        Ok(expression) => format!("{:?}", expression.cost),
        Err(bad) => bad.why,
    }
}

#[test]
fn what_cannot_be_judged_by_is_refused() {
    for (text, said) in [
        ("args.amount >", "Syntax error"),
        ("amonut > 5", "there is no fact `amonut`"),
        ("floor.integrty == 'untrusted'", "`floor` has no `integrty`"),
        ("sise(args) > 1", "there is no function `sise`"),
        ("target.matches('a+')", "`matches` cannot be used here"),
        (
            "args.a.all(a, args.b.all(b, args.c.all(c, a == b || b == c)))",
            "it is too costly: loops stand in loops of loops",
        ),
    ] {
        let found = why(text);
        assert!(found.contains(said), "{text}: {found}");
    }
    assert_eq!(why(&format!("true{}", " ".repeat(2_048))), "it is longer than 2048 bytes");
    let deep = |depth| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(why(&deep(9)), "brackets stand more than 8 deep in it");
    assert!(why(&"!".repeat(400)).contains("more than 64 characters of operators"));
}

#[test]
fn what_is_as_large_as_can_be_is_read_on_a_small_stack() {
    let deep = format!("{}true{}", "(".repeat(8), ")".repeat(8));
    for text in [
        deep,
        format!("{}true", "!".repeat(64)),
        format!("1{} > 0", "+1".repeat(63)),
        format!("args{} == 1", ".a".repeat(62)),
        format!("true{}", " || true".repeat(32)),
        format!("true{}", " ? true : true".repeat(16)),
    ] {
        let parsed = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || Expression::parse(&text).map(|_| ()));
        assert_eq!(parsed.unwrap().join().unwrap(), Ok(()));
    }
}
