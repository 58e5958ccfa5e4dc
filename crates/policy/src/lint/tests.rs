use ringfence_model::config::Preset;

use super::*;

fn remarks(rules: &str, catalogue: &[KnownTool]) -> Vec<String> {
    let text = format!("rules:\n  {}", rules.trim_start());
    let config =
        PolicyConfig { presets: vec![Preset::Standard, Preset::ReadOnly], ..PolicyConfig::standard() };
    lint(&[Source { name: "mine.yaml", text: &text }], &config, catalogue)
        .unwrap()
        .into_iter()
        .map(|it| format!("{} {} {}: {}", it.place, it.rule, it.kind.as_str(), it.message))
        .collect()
}

#[test]
fn what_decides_nothing_or_too_much_is_remarked_on() {
    let found = remarks(
        "\
  - { id: a, severity: high, match: { server: files }, decision: deny }
  - { id: b, severity: low, match: { server: files, tool: write }, decision: ask }
  - { id: c, severity: low, match: { server: mail }, decision: allow }
  - { id: d, severity: low, match: { server: mail }, decision: deny }
  - { id: e, severity: low, match: { action: list, tool: x }, decision: deny }
  - { id: f, severity: low, match: { arguments: { /n: { range: { min: 5, max: 2 } } } }, decision: deny }
  - { id: g, severity: low, match: { server: x, tool: y }, except: { server: x }, decision: deny }
  - { id: h, severity: low, match: { effects: read }, decision: allow }
  - { id: i, severity: low, match: {}, decision: ask }
  - { id: j, severity: low, match: { tool: t, arguments: { /x: { regex: '(a+)+$' } } }, decision: deny }
",
        &[],
    );
    assert_eq!(
        found,
        [
            "mine.yaml:3 b shadowed: whenever it speaks `a` at mine.yaml:2 speaks, too, and says deny",
            "mine.yaml:4 c contradictory: `d` at mine.yaml:5 has the same conditions and says deny",
            "mine.yaml:5 d contradictory: `c` at mine.yaml:4 has the same conditions and says allow",
            "mine.yaml:6 e unreachable: `action` leaves out tool calls, and the other conditions are about tools",
            "mine.yaml:7 f unreachable: no number lies in the range for /n",
            "mine.yaml:8 g unreachable: one of its exceptions covers everything that it matches",
            "mine.yaml:9 h too_broad: it allows, and names neither server nor tool: it stands in for the table of defaults everywhere",
            "mine.yaml:10 i too_broad: it speaks about every call, listing and greeting with it",
            "mine.yaml:11 j redos: `(a+)+$` repeats what repeats: it takes linear time here, but would hang other programs",
        ]
    );
}

#[test]
fn names_that_no_tool_has() {
    let known =
        |server: &str, tool: &str| KnownTool { server: server.parse().unwrap(), tool: tool.to_owned() };
    let catalogue = [known("files", "read_file"), known("mail", "send")];
    let found = remarks(
        "\
  - { id: a, severity: low, match: { server: files, tool: 'read_*' }, decision: deny }
  - { id: b, severity: low, match: { server: files, tool: send }, decision: deny }
  - { id: c, severity: low, match: { server: fils }, decision: deny }
",
        &catalogue,
    );
    assert_eq!(
        found,
        [
            "mine.yaml:3 b no_such_tool: no known tool of these servers has such a name",
            "mine.yaml:4 c no_such_tool: no configured server has such a name",
        ]
    );
}

#[test]
fn rules_that_are_all_needed_get_no_remark() {
    let rules = "\
  - { id: a, severity: low, match: { server: files }, decision: ask }
  - { id: b, severity: low, match: { server: files, tool: write }, decision: deny }
  - { id: c, severity: critical, match: { server: files, tool: other }, decision: ask }
  - { id: d, severity: low, match: { server: files, tool: limited }, decision: ask, obligations: { record: true } }
  - { id: e, severity: low, match: { server: mail, tool: send }, except: { server: mail, tool: other }, decision: allow }
";
    assert_eq!(remarks(rules, &[]), Vec::<String>::new());
}
