//! Skills and instructions: the front matter of a skill, and the commands in fenced blocks, which an agent runs as they
//! stand. Must never take prose for a command.

use std::borrow::Cow;
use std::ops::Range;

use ringfence_detect::code::Language;
use ringfence_model::finding::{Category, Finding, Severity, Span};
use serde::Deserialize;

use super::engines::{Engines, is_event};
use super::subject::Subject;

/// Most fenced blocks that are looked at.
const MOST_BLOCKS: usize = 500;

/// The keys of a skill's front matter that we look at.
#[derive(Debug, Deserialize)]
struct FrontMatter {
    name: Option<String>,
    description: Option<String>,
    #[serde(rename = "allowed-tools")]
    allowed_tools: Option<AllowedTools>,
}

/// A list, or words separated by commas or spaces.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AllowedTools {
    Words(String),
    List(Vec<String>),
}

pub(super) fn inspect(engines: &Engines, subject: &Subject, text: &str) -> Vec<Finding> {
    if !subject.is_orders() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if *subject == Subject::Skill {
        findings.extend(front_matter(text));
    }
    for block in blocks(text).into_iter().take(MOST_BLOCKS) {
        let Some(inside) = text.get(block.at.clone()) else { continue };
        let report = engines.detectors.code(inside, &block.language);
        let moved = |mut finding: Finding| {
            let start = block.at.start + finding.span.start;
            finding.span = Span::of(text, start, block.at.start + finding.span.end);
            finding
        };
        findings.extend(report.findings.into_iter().filter(is_event).map(moved));
    }
    findings
}

/// What is to be said of the front matter of a skill (Agent Skills, «SKILL.md format»).
fn front_matter(text: &str) -> Option<Finding> {
    let say = |id: &'static str, severity, message: &str, at: Range<usize>| {
        Some(Finding {
            id: Cow::Borrowed(id),
            category: Category::Uninspected,
            severity,
            confidence: 90,
            span: Span::of(text, at.start, at.end),
            message: message.to_owned(),
            alternative: None,
            reference: None,
        })
    };
    let at = yaml(text);
    let Some(yaml) = at.clone().and_then(|at| text.get(at)) else {
        return say("skill_front_matter", Severity::Low, "The skill has no front matter", 0..0);
    };
    let at = at.unwrap_or(0..0);
    let Ok(parsed) = serde_saphyr::from_str::<FrontMatter>(yaml) else {
        let message = "The front matter of the skill is no YAML of the form that skills have";
        return say("skill_front_matter", Severity::Medium, message, at);
    };
    let is_empty = |value: &Option<String>| value.as_ref().is_none_or(|value| value.trim().is_empty());
    if is_empty(&parsed.name) || is_empty(&parsed.description) {
        let message = "The front matter of the skill lacks its name or description";
        return say("skill_front_matter", Severity::Low, message, at);
    }
    let granted = parsed.allowed_tools.is_some_and(|tools| tools.any(is_unbounded));
    granted
        .then(|| {
            let message = "The skill lets itself run any command without asking";
            let alternative = Some("name the commands: Bash(git status:*)".to_owned());
            let finding = say("skill_unbounded_tools", Severity::Medium, message, at)?;
            let reference = Some(Cow::Borrowed("CWE-250"));
            Some(Finding { category: Category::Command, alternative, reference, ..finding })
        })
        .flatten()
}

impl AllowedTools {
    fn any(&self, wanted: fn(&str) -> bool) -> bool {
        match self {
            Self::Words(words) => words.split([',', ' ']).any(|word| wanted(word.trim())),
            Self::List(list) => list.iter().any(|word| wanted(word.trim())),
        }
    }
}

/// True for tools that run whatever is asked.
fn is_unbounded(tool: &str) -> bool {
    matches!(tool, "*" | "Bash" | "Bash(*)" | "Bash(*:*)" | "Bash(:*)" | "shell" | "Shell")
}

/// Where the front matter's YAML stands.
fn yaml(text: &str) -> Option<Range<usize>> {
    let start = text.strip_prefix('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8());
    let body = text.get(start..)?;
    let first = body.split_inclusive('\n').next().filter(|line| line.trim_end() == "---")?;
    let mut at = start + first.len();
    let begin = at;
    for line in text.get(begin..)?.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return Some(begin..at);
        }
        at += line.len();
    }
    None
}

/// A fenced block (CommonMark 0.31, section 4.5) whose language has an engine.
struct Block {
    language: Language,
    at: Range<usize>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(char, usize, Language, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let trimmed = line.trim();
        let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = mark.map_or(0, |mark| trimmed.len() - trimmed.trim_start_matches(mark).len());
        match &open {
            Some((mark_of, least, language, start)) => {
                if mark == Some(*mark_of) && length >= *least && length == trimmed.len() {
                    blocks.push(Block { language: language.clone(), at: *start..at });
                    open = None;
                }
            }
            None => {
                if let Some(mark) = mark.filter(|_| length >= 3) {
                    let info = trimmed.trim_start_matches(mark).trim();
                    let name = info.split([' ', ',', '{']).next().unwrap_or_default();
                    open = Some((mark, length, Language::parse(name), end));
                }
            }
        }
        at = end;
    }
    // A block that nobody closes goes to the end of the text.
    if let Some((_, _, language, start)) = open {
        blocks.push(Block { language, at: start..text.len() });
    }
    blocks.retain(|block| !matches!(block.language, Language::Other(_)));
    blocks
}
