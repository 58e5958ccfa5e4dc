//! `cargo xtask bench policy`: what a verdict costs with 10 to 10,000 rules of every kind, and of each kind by itself.
//!
//! Counts processor time of this thread and takes the best of many rounds, the sizes in turn, so that what else the machine does
//! falls out. Must never measure rules of which none speaks: of the mixed ones some must, before it counts.

use std::fmt::Write as _;
use std::sync::Arc;

use ringfence_model::call::ActionKind;
use ringfence_model::config::{PolicyConfig, PolicyMode, Preset};
use ringfence_model::effect::{Effect, EffectSource, Effects, ToolFacts};
use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::id::Timestamp;
use ringfence_model::json::JsonText;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::name::ServerName;
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::provenance::{Origin, Provenance, Role, Word};
use ringfence_model::tally::Recent;
use ringfence_policy::{Facts, PolicySet, Source};
use rustix::time::{ClockId, clock_gettime};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// Rounds of which the best counts.
const ROUNDS: usize = 15;

/// How a rule of a kind is written: its conditions, for the rule of this number.
type Kind = (&'static str, fn(usize) -> String);

/// Every kind of condition that a rule can hang on.
const KINDS: [Kind; 18] = [
    ("tool", |at| format!("tool: tool_{at}")),
    ("server and effect", |at| format!("server: server-{}, effects: [send]", at % 500)),
    ("tool glob", |at| format!("tool: '*_{at}_*'")),
    ("tool regex", |at| format!("tool: {{ regex: '(get|set)_thing{at}(_v[0-9]+)?' }}")),
    ("tool, argument regex", |at| {
        format!("tool: tool_{at}, arguments: {{ /path: {{ regex: '(^|/)\\.[^/]' }} }}")
    }),
    ("argument regex", |at| format!("arguments: {{ /body: {{ regex: 'project-{at}[- ]secret' }} }}")),
    ("argument glob", |at| format!("arguments: {{ /path: {{ glob: '/srv/project-{at}/**' }} }}")),
    ("argument in a list", |at| {
        format!("arguments: {{ /to: {{ in: ['user{at}@a.example', 'user{at}@b.example'] }} }}")
    }),
    ("argument range", |at| format!("arguments: {{ /amount: {{ range: {{ above: {at} }} }} }}")),
    ("argument below a folder", |at| {
        format!("arguments: {{ /path: {{ path_under: '/srv/project-{at}' }} }}")
    }),
    ("argument in a network", |at| {
        format!("arguments: {{ /host: {{ cidr: '10.{}.{}.0/24' }} }}", at / 250, at % 250)
    }),
    ("principal", |at| format!("principal: 'agent-{at}', effects: [delete, send]")),
    ("finding", |at| format!("findings: {{ id: 'key_{at}' }}")),
    ("floor and tool", |at| format!("tool: [send_{at}, post_{at}], floor: {{ integrity: untrusted }}")),
    ("provenance", |at| {
        format!("effects: [pay], provenance: {{ pointer: /account, word: untrusted, server: server-{at} }}")
    }),
    ("effects and floor", |_| "effects: [pay, admin], floor: { confidentiality: secret }".to_owned()),
    ("CEL", |at| format!("tool: transfer_{at}, when: \"has(args.amount) && args.amount > {at}.0\"")),
    ("time", |at| format!("tool: deploy_{at}, time: {{ days: [sat, sun] }}")),
];

/// Every kind in turn.
fn mixed(at: usize) -> String {
    KINDS.get(at % KINDS.len()).map_or_else(String::new, |(_, rule)| rule(at))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls = Calls::new()?;
    let base = load(0, mixed)?;
    let spoken = calls.spoken(&load(100, mixed)?);
    if spoken == 0 {
        return Err("none of the rules speaks about any of the calls".into());
    }
    let empty = best(&mut [(&base, f64::MAX)], &calls);
    say(&format!("no rule of one's own: {} ns a verdict (preset standard)", nanoseconds(&empty, 0)));
    say("");
    say("| rules | 10 | 100 | 1,000 | 10,000 | 10,000 ÷ 100 |");
    say("|---|--:|--:|--:|--:|--:|");
    let mut floors = Vec::new();
    for (name, rule) in std::iter::once(&("every kind in turn", mixed as fn(usize) -> String)).chain(&KINDS) {
        let sets = SIZES.map(|size| load(size, *rule));
        let [ten, hundred, thousand, most] = sets;
        let sets = [ten?, hundred?, thousand?, most?];
        let mut measured: Vec<(&PolicySet, f64)> = sets.iter().map(|set| (set, f64::MAX)).collect();
        let times = best(&mut measured, &calls);
        let cells: Vec<String> = (0..SIZES.len()).map(|at| nanoseconds(&times, at)).collect();
        let ratio = times.last().zip(times.get(1)).map_or(0.0, |(most, hundred)| most / hundred);
        floors.push((times.get(1).copied().unwrap_or(f64::MAX), ratio));
        say(&format!("| {name} | {} | {ratio:.2} |", cells.join(" | ")));
    }
    say("");
    say(&format!(
        "nanoseconds of processor time a verdict: {} calls, best of {ROUNDS} rounds",
        calls.0.len()
    ));
    let (most, hundred) = (
        floors.iter().map(|(_, ratio)| *ratio).fold(0.0, f64::max),
        floors.iter().map(|(hundred, _)| *hundred).fold(0.0, f64::max),
    );
    say(&format!(
        "floors: 3,000 ns at 100 rules: {}; 10,000 at most twice 100: {}",
        held(hundred <= 3e-6),
        held(most <= 2.0)
    ));
    Ok(())
}

const fn held(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}

fn load(rules: usize, rule: fn(usize) -> String) -> Result<PolicySet, String> {
    let mut text = "rules:\n".to_owned();
    for at in 0..rules {
        let _ =
            writeln!(text, "- {{ id: r{at}, severity: medium, match: {{ {} }}, decision: deny }}", rule(at));
    }
    if rules == 0 {
        text.push_str("  []\n");
    }
    let config = PolicyConfig {
        mode: PolicyMode::Strict,
        presets: vec![Preset::Standard],
        environment: None,
        files: Vec::new(),
        roles: indexmap::IndexMap::new(),
    };
    PolicySet::load(&[Source { name: "bench", text: &text }], &config)
        .map_err(|errors| errors.first().map_or_else(String::new, ToString::to_string))
}

/// Best seconds a verdict, of each set.
fn best(sets: &mut [(&PolicySet, f64)], calls: &Calls) -> Vec<f64> {
    for round in 0..=ROUNDS {
        for (set, best) in sets.iter_mut() {
            let repeat = if round == 0 { 1 } else { 40 };
            let began = now();
            for _ in 0..repeat {
                calls.each(|facts| {
                    std::hint::black_box(set.judge(facts));
                });
            }
            let each = (now() - began) / (repeat * calls.0.len()) as f64;
            if round > 0 {
                *best = best.min(each);
            }
        }
    }
    sets.iter().map(|(_, best)| *best).collect()
}

fn nanoseconds(times: &[f64], at: usize) -> String {
    times.get(at).map_or_else(String::new, |time| format!("{:.0}", time * 1e9))
}

/// What is judged.
struct Call {
    server: ServerName,
    target: String,
    tool: ToolFacts,
    principal: Principal,
    arguments: JsonText,
    findings: Vec<Finding>,
    provenance: Provenance,
    floor: Label,
}

struct Calls(Vec<Call>);

impl Calls {
    /// Of every effect, with arguments of some words to 1 KB; some meet a rule of their kind, most meet none.
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        use Effect::{Delete, Execute, Network, Pay, Read, Send, Write};
        let prose =
            "The team in Lindau had a good year and the numbers in the report were final. ".repeat(12);
        let rows: [(&str, &str, &[Effect], String); 10] = [
            ("files", "read_file", &[Read], r#"{"path":"/home/u/docs/report.md"}"#.to_owned()),
            (
                "files",
                "write_file",
                &[Write],
                format!(r#"{{"path":"/home/u/notes.txt","content":"{prose}"}}"#),
            ),
            ("server-7", "tool_7", &[Read], r#"{"path":"/home/u/.ssh/id","n":7}"#.to_owned()),
            (
                "mail",
                "send_7",
                &[Send],
                format!(
                    r#"{{"to":["maria@a.example","user7@a.example"],"subject":"figures","body":"{prose}"}}"#
                ),
            ),
            (
                "bank",
                "pay_bill",
                &[Pay],
                r#"{"account":"DE02120300000000202051","amount":3,"currency":"EUR"}"#.to_owned(),
            ),
            ("web", "fetch", &[Network], r#"{"url":"https://docs.example/guide?page=3"}"#.to_owned()),
            ("shop", "get_thing9_v2", &[Read, Network], r#"{"q":"red shoes","limit":20}"#.to_owned()),
            ("files", "delete_file", &[Delete], r#"{"path":"/srv/project-6/tmp/a.bin"}"#.to_owned()),
            ("dev", "run_7_tests", &[Execute], r#"{"suite":"unit","args":["-q"]}"#.to_owned()),
            (
                "tickets",
                "search_tickets",
                &[Read],
                r#"{"query":"login fails","state":"open","labels":["bug","urgent"]}"#.to_owned(),
            ),
        ];
        let calls = rows.into_iter().enumerate().map(|(at, (server, target, effects, arguments))| {
            let strangers = at % 2 == 1;
            Ok(Call {
                server: server.parse()?,
                target: target.to_owned(),
                tool: ToolFacts {
                    effects: Effects::of(effects),
                    source: EffectSource::Inferred,
                    irreversible: false,
                    egress: false,
                    content: Integrity::Untrusted,
                    confidentiality: Confidentiality::Public,
                    consequential: Vec::new(),
                },
                principal: Principal {
                    realm: "local".parse()?,
                    name: "uid:1000".into(),
                    authentication: Authentication::PeerCredentials { uid: 1000 },
                    scopes: Arc::new([]),
                },
                arguments: arguments.try_into().map_err(|_| "arguments")?,
                findings: if at == 3 { vec![finding()] } else { Vec::new() },
                provenance: Provenance { values: if strangers { vec![origin()] } else { Vec::new() } },
                floor: if strangers {
                    Label { integrity: Integrity::Untrusted, ..Label::FRESH }
                } else {
                    Label::FRESH
                },
            })
        });
        calls.collect::<Result<Vec<_>, Box<dyn std::error::Error>>>().map(Self)
    }

    /// About how many of them a rule speaks.
    fn spoken(&self, set: &PolicySet) -> usize {
        let mut spoken = 0;
        self.each(|facts| {
            spoken += usize::from(
                set.judge(facts)
                    .reasons
                    .iter()
                    .any(|reason| reason.rule.starts_with('r') && !reason.rule.starts_with("ringfence.")),
            );
        });
        spoken
    }

    fn each(&self, mut look: impl FnMut(&Facts<'_>)) {
        for call in &self.0 {
            look(&Facts {
                action: ActionKind::CallTool,
                server: Some(&call.server),
                target: &call.target,
                tool: Some(&call.tool),
                principal: &call.principal,
                arguments: Some(&call.arguments),
                findings: &call.findings,
                runnable: &[],
                provenance: &call.provenance,
                floor: call.floor,
                time: Timestamp(1_790_000_000_000_000_000),
                recent: Recent::NOTHING,
                sandboxed: false,
                answerable: true,
            });
        }
    }
}

fn finding() -> Finding {
    Finding {
        id: "key_7".into(),
        category: Category::Secret,
        severity: Severity::Low,
        confidence: 90,
        span: Span { start: 0, end: 1, line: 1, column: 1 },
        message: "something was seen".into(),
        alternative: None,
        reference: None,
    }
}

fn origin() -> Origin {
    Origin {
        pointer: "/to/0".into(),
        role: Role::Consequential,
        word: Word::Model,
        label: Label::FRESH,
        sources: Vec::new(),
    }
}

/// Seconds of processor time of this thread.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[expect(clippy::print_stdout, reason = "a report is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
