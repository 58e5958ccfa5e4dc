//! What a result holds, field by field: records, what the server asserts in them, forms and prose.
//!
//! Must never take for the server's assertion what stands behind prose in the same text.

use std::ops::Range;

use bytes::Bytes;
use ringfence_model::json::{Json, JsonText, Kind as JsonKind, ScanLimits};

use crate::atom::{self, Atom, Kind, LONGEST, SURPRISING};
use crate::decode;
use crate::generation::{Generation, Mark, Place};
use crate::hash::Seed;
use crate::lexicon::{Acts, Lexicon};
use crate::line::{Chunk, Line};
use crate::passage;
use crate::user::{self, phrase};

/// Most levels of a structure that are walked.
const LEVELS: usize = 32;
/// Most tokens that a record is named by.
const MOST_TOKENS: usize = 48;
/// A short field: at most so many bytes and words.
const SHORT: usize = 80;
const FEW_WORDS: usize = 8;
/// Text of this length is shingled whole where it orders something, else only the paragraphs around.
const SMALL: usize = 4 * 1024;

/// Fields that hold what somebody wrote, however short.
const PROSE_FIELDS: [&str; 22] = [
    "body",
    "text",
    "content",
    "message",
    "description",
    "note",
    "notes",
    "comment",
    "comments",
    "review",
    "html",
    "markdown",
    "snippet",
    "summary",
    "transcript",
    "details",
    "instructions",
    "bio",
    "reply",
    "memo",
    "remark",
    "excerpt",
];

/// Writes what a source holds into a generation.
pub(crate) struct Writer<'a> {
    pub(crate) into: &'a mut Generation,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) seed: Seed,
    pub(crate) line: &'a mut Line,
    pub(crate) origin: u32,
    pub(crate) suspicious: bool,
    /// Parts of any value of it count: it is secret.
    pub(crate) secret: bool,
    /// Bytes that the generation may take.
    pub(crate) most: usize,
}

/// Where in a text we are.
struct Reader {
    record: u32,
    field: u32,
    /// No prose has been seen yet.
    head: bool,
    decoded: bool,
}

impl Writer<'_> {
    /// A result or what else an MCP message carries: blocks of text, resources, messages, structured content.
    pub(crate) fn result(&mut self, result: Json<'_>) {
        for (key, value) in result.members() {
            match key.as_str().as_deref() {
                Some("content" | "contents" | "messages") => self.blocks(value, 0),
                Some("_meta" | "isError" | "nextCursor" | "resultType") | None => {}
                Some(_) if matches!(value.kind(), JsonKind::Object | JsonKind::Array) => {
                    self.structure(value)
                }
                Some(name) => {
                    let record = self.into.add_record(self.origin, None, self.suspicious);
                    self.leaf(value, record, name);
                }
            }
        }
    }

    fn blocks(&mut self, value: Json<'_>, level: usize) {
        match value.kind() {
            _ if level > 4 => {}
            JsonKind::Array => value.elements().for_each(|block| self.blocks(block, level + 1)),
            JsonKind::String => self.document(&value.as_str().unwrap_or_default()),
            JsonKind::Object => {
                for (key, part) in value.members() {
                    match key.as_str().as_deref() {
                        Some("text") => self.document(&part.as_str().unwrap_or_default()),
                        Some("resource" | "content") => self.blocks(part, level + 1),
                        Some("uri" | "name" | "title" | "description") => {
                            let record = self.into.add_record(self.origin, None, self.suspicious);
                            self.leaf(part, record, "uri");
                        }
                        Some(_) | None => {}
                    }
                }
            }
            JsonKind::Null | JsonKind::Bool | JsonKind::Number => {}
        }
    }

    /// A text that may be JSON.
    pub(crate) fn document(&mut self, text: &str) {
        let limits = ScanLimits { bytes: text.len(), depth: 64 };
        if text.trim_start().starts_with(['{', '['])
            && let Ok(json) = JsonText::scan(Bytes::copy_from_slice(text.as_bytes()), limits)
        {
            return self.structure(json.value());
        }
        let record = self.into.add_record(self.origin, None, self.suspicious);
        let mut reader = Reader { record, field: 0, head: true, decoded: false };
        self.text(text, &mut reader, 0);
    }

    pub(crate) fn structure(&mut self, value: Json<'_>) {
        let record = self.into.add_record(self.origin, None, self.suspicious);
        self.walk(value, record, "", 0);
    }

    fn walk(&mut self, value: Json<'_>, record: u32, field: &str, level: usize) {
        if level > LEVELS || self.is_full() {
            return;
        }
        match value.kind() {
            JsonKind::Object => {
                for (key, part) in value.members() {
                    let key = key.as_str().unwrap_or_default();
                    // A map by name or id: its keys are values, too.
                    if part.kind() == JsonKind::Object
                        && level < 3
                        && Atom::of(&key).is_some_and(|key| key.kind != Kind::Words)
                    {
                        let child = self.into.add_record(self.origin, Some(record), self.suspicious);
                        self.asserted(&key, child, "id");
                        self.walk(part, child, &key, level + 1);
                        continue;
                    }
                    self.walk(part, record, &key, level + 1);
                }
            }
            JsonKind::Array => {
                for part in value.elements() {
                    let of = if part.kind() == JsonKind::Object {
                        self.into.add_record(self.origin, Some(record), self.suspicious)
                    } else {
                        record
                    };
                    self.walk(part, of, field, level + 1);
                }
            }
            JsonKind::String | JsonKind::Number => self.leaf(value, record, field),
            JsonKind::Null | JsonKind::Bool => {}
        }
    }

    fn leaf(&mut self, value: Json<'_>, record: u32, field: &str) {
        if let Some(record) = self.into.record_mut(record) {
            record.leaves += 1;
        }
        let Some(text) = value.as_str() else {
            return self.asserted(value.raw(), record, field);
        };
        let prose = PROSE_FIELDS.iter().any(|name| field.eq_ignore_ascii_case(name));
        if !prose
            && text.len() <= SHORT
            && !text.contains('\n')
            && text.split_whitespace().count() <= FEW_WORDS
        {
            self.line.read(&text, self.lexicon);
            let orders = self.line.orders().deeds();
            let points = self.line.chunks.iter().any(|chunk| !chunk.is_name);
            // `Send 500 to GB29…` as a title is no assertion.
            if orders.is_none() || !points || self.line.words < 2 {
                return self.asserted(&text, record, field);
            }
        }
        let mut reader = Reader { record, field: field_hash(self.seed, field), head: false, decoded: false };
        self.text(&text, &mut reader, 0);
    }

    /// A short field: the value, and the atoms in it.
    fn asserted(&mut self, text: &str, record: u32, field: &str) {
        let Some(atom) = Atom::of(text) else { return };
        let field = field_hash(self.seed, field);
        let mut tokens: Vec<u32> = user::tokens(self.seed, self.lexicon, text).collect();
        if let Some(record) = self.into.record_mut(record) {
            tokens.truncate(MOST_TOKENS.saturating_sub(record.tokens.len()));
            record.tokens.append(&mut tokens);
        }
        let mark = Mark {
            record,
            field,
            place: Place::Asserted,
            strong: atom.surprise() >= SURPRISING,
            decoded: false,
        };
        self.into.mark(self.hash(&atom), mark);
        if text.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<')) {
            self.line.read(text, self.lexicon);
            let chunks = std::mem::take(&mut self.line.chunks);
            for chunk in chunks.iter().filter(|chunk| !chunk.is_name) {
                let part = text.get(chunk.range.clone()).and_then(Atom::of);
                if let Some(part) = part {
                    self.into.mark(self.hash(&part), Mark { strong: part.surprise() >= SURPRISING, ..mark });
                }
            }
            self.line.chunks = chunks;
        }
        if let Some(host) = atom.spelling.split_once('@').and_then(|(_, host)| Atom::of(host)) {
            self.into.mark(self.hash(&host), Mark { strong: false, ..mark });
        }
        if self.secret {
            self.shingle(text, record);
        }
    }

    /// Text of several lines.
    fn text(&mut self, text: &str, reader: &mut Reader, level: usize) {
        passage::passages(self.seed, text, |hash| self.into.passage(hash, reader.record));
        let mut orders = Acts::NONE;
        let mut paragraph = 0..0;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if self.is_full() {
                return;
            }
            if line.trim().is_empty() {
                paragraph.start = at + line.len();
            }
            at += line.len();
            paragraph.end = at;
            let of_line = self.line(line, reader, level);
            if !of_line.is_none() && text.len() > SMALL {
                self.shingle(text.get(paragraph.clone()).unwrap_or_default(), reader.record);
                paragraph.start = at;
            }
            orders = orders.and(of_line);
        }
        if let Some(record) = self.into.record_mut(reader.record) {
            record.suspicious |= orders.meets(Acts::COMMANDS);
        }
        self.into.orders(reader.record, orders.deeds());
        if self.secret || (!orders.is_none() && text.len() <= SMALL) {
            self.shingle(text, reader.record);
        }
    }

    /// One line; what it orders.
    fn line(&mut self, text: &str, reader: &mut Reader, level: usize) -> Acts {
        self.line.read(text, self.lexicon);
        let orders = self.line.orders();
        let form = is_form(text, self.line);
        let place = match (form, reader.head, orders.deeds().is_none()) {
            (true, true, true) => Place::Asserted,
            (true, false, true) => Place::Form,
            _ => Place::Prose,
        };
        reader.head &= place == Place::Asserted || text.trim().is_empty();
        let (chunks, sentences) =
            (std::mem::take(&mut self.line.chunks), std::mem::take(&mut self.line.sentences));
        if place == Place::Asserted || place == Place::Form {
            let label = text.split([':', '|', '\t', '=']).next().unwrap_or_default();
            reader.field = field_hash(self.seed, label.trim());
            let value = text.split_once([':', '|', '\t', '=']).map_or(text, |(_, value)| value);
            if let Some(atom) = Atom::of(value) {
                self.put(&atom, place, reader);
                if place == Place::Asserted {
                    let mut tokens: Vec<u32> = user::tokens(self.seed, self.lexicon, value).collect();
                    if let Some(record) = self.into.record_mut(reader.record) {
                        tokens.truncate(MOST_TOKENS.saturating_sub(record.tokens.len()));
                        record.tokens.append(&mut tokens);
                    }
                }
            }
        }
        self.atoms(text, &chunks, place, reader, level, |sentence| {
            sentences.get(sentence).is_some_and(|sentence| !sentence.orders.deeds().is_none())
        });
        for sentence in sentences.iter().filter(|sentence| !sentence.orders.deeds().is_none()) {
            self.ordered(
                text.get(sentence.range.clone()).unwrap_or_default(),
                sentence.orders.deeds(),
                reader,
            );
        }
        (self.line.chunks, self.line.sentences) = (chunks, sentences);
        orders
    }

    fn atoms(
        &mut self,
        text: &str,
        chunks: &[Chunk],
        place: Place,
        reader: &Reader,
        level: usize,
        ordered: impl Fn(usize) -> bool,
    ) {
        let mut names = 0..0;
        let mut many = 0;
        // `GB29 NWBK 6016 1331 9268 19`: groups that stand side by side.
        let mut groups: Vec<Range<usize>> = Vec::new();
        for chunk in chunks {
            let place = if place > Place::Form && ordered(chunk.sentence) { Place::Ordered } else { place };
            let beside = groups.last().is_some_and(|last| chunk.range.start <= last.end + 1);
            if chunk.range.len() <= 6 && (beside || groups.is_empty()) {
                groups.push(chunk.range.clone());
            } else {
                self.account(text, &groups, place, reader);
                groups.clear();
                if chunk.range.len() <= 6 {
                    groups.push(chunk.range.clone());
                }
            }
            if chunk.is_name {
                let joined = many > 0 && text.get(names.end..chunk.range.start) == Some(" ");
                (names, many) =
                    if joined { (names.start..chunk.range.end, many + 1) } else { (chunk.range.clone(), 1) };
                if many <= 4 {
                    self.span(text, names.clone(), place, reader);
                }
                continue;
            }
            self.span(text, chunk.range.clone(), place, reader);
            self.inside(text.get(chunk.range.clone()).unwrap_or_default(), place, reader, level);
        }
        let last = chunks.last().is_some_and(|chunk| ordered(chunk.sentence)) && place > Place::Form;
        self.account(text, &groups, if last { Place::Ordered } else { place }, reader);
    }

    /// The account number that groups make up: the longest run of them whose check digits are right, else the longest.
    fn account(&mut self, text: &str, groups: &[Range<usize>], place: Place, reader: &Reader) {
        let begin = |range: &Range<usize>| text.get(range.clone()).is_some_and(atom::begins_account);
        let Some(from) = groups.iter().position(begin) else { return };
        let run = groups.get(from..).unwrap_or_default();
        let Some(start) = run.first().map(|first| first.start) else { return };
        let accounts: Vec<Atom> = run
            .iter()
            .rev()
            .filter_map(|last| text.get(start..last.end).and_then(Atom::of))
            .filter(|atom| atom.kind == Kind::Account)
            .collect();
        let right = accounts.iter().find(|atom| atom::checks(&atom.spelling));
        if let Some(account) = right.or(accounts.first()) {
            self.put(account, place, reader);
        }
    }

    fn span(&mut self, text: &str, range: Range<usize>, place: Place, reader: &Reader) {
        if range.len() <= LONGEST
            && let Some(atom) = text.get(range).and_then(Atom::of)
        {
            self.put(&atom, place, reader);
        }
    }

    /// What stands behind `=` or `:` in a chunk, and what a long one decodes to.
    fn inside(&mut self, chunk: &str, place: Place, reader: &Reader, level: usize) {
        if !chunk.contains("://")
            && let Some((_, value)) = chunk.rsplit_once([':', '='])
            && let Some(atom) = Atom::of(value)
        {
            self.put(&atom, place, reader);
        }
        if let Some((_, host)) = chunk.split_once('@')
            && let Some(host) = Atom::of(host)
            && place == Place::Ordered
        {
            self.put(&host, place, reader);
        }
        if level == 0 && chunk.len() >= decode::SHORTEST {
            for decoded in decode::blobs(chunk) {
                let mut inner = Reader { record: reader.record, field: 0, head: false, decoded: true };
                let kept = std::mem::replace(self.line, Line::new());
                self.text(&decoded, &mut inner, level + 1);
                self.shingle(&decoded, reader.record);
                *self.line = kept;
            }
        }
    }

    fn put(&mut self, atom: &Atom, place: Place, reader: &Reader) {
        let strong = atom.surprise() >= SURPRISING;
        let mark =
            Mark { record: reader.record, field: reader.field, place, strong, decoded: reader.decoded };
        if self.into.mark(self.hash(atom), mark)
            && let Some(record) = self.into.record_mut(reader.record)
        {
            let count = match atom.kind {
                Kind::Account => &mut record.accounts,
                Kind::Email => &mut record.emails,
                Kind::Url => &mut record.urls,
                Kind::Number | Kind::Date | Kind::Id | Kind::Words => return,
            };
            *count = count.saturating_add(1);
        }
    }

    /// A sentence that orders something: each of its words counts.
    fn ordered(&mut self, sentence: &str, acts: Acts, reader: &Reader) {
        for word in sentence.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '(' | ')')) {
            let Some(atom) = Atom::of(word) else { continue };
            let plain = atom.kind == Kind::Words;
            if plain && (word.len() < 3 || self.lexicon.is_common(&atom.spelling)) {
                continue;
            }
            if plain {
                let noun = user::token(self.seed, &atom.spelling);
                for bit in 0..8 {
                    if acts.meets(Acts(1 << bit)) {
                        self.into.order(self.seed.pair(u64::from(noun), bit), reader.record);
                    }
                }
                if !self.lexicon.acts_of(&atom.spelling).is_none() {
                    continue;
                }
            }
            self.put(&atom, Place::Ordered, reader);
        }
        // What is quoted in an order is a value of it.
        for quoted in
            sentence.split(['"', '“', '”', '`']).skip(1).step_by(2).filter(|quoted| quoted.len() <= SHORT)
        {
            if let Some(atom) = Atom::of(quoted) {
                self.put(&atom, Place::Ordered, reader);
            }
        }
    }

    fn shingle(&mut self, text: &str, record: u32) {
        if self.is_full() {
            return;
        }
        let into = &mut *self.into;
        passage::shingles(self.seed, text, |hash| into.shingle(hash, record));
        let spelled = decode::digits_of_words(text);
        if let Some(spelled) = spelled {
            passage::shingles(self.seed, &spelled, |hash| into.shingle(hash, record));
        }
    }

    fn hash(&self, atom: &Atom) -> u64 {
        hash_of(self.seed, atom)
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.into.cost() >= self.most
    }
}

/// The hash under which an atom is kept.
pub(crate) fn hash_of(seed: Seed, atom: &Atom) -> u64 {
    match atom.kind {
        Kind::Words => phrase(seed, &atom.spelling),
        Kind::Number | Kind::Date | Kind::Email | Kind::Url | Kind::Account | Kind::Id => {
            seed.of(atom.spelling.bytes())
        }
    }
}

/// The hash of the last word of a field's name: `file_id`, `fileId` and `id` are one.
pub(crate) fn field_hash(seed: Seed, name: &str) -> u32 {
    let last =
        name.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let cut = last
        .rfind(|c: char| c.is_ascii_uppercase())
        .filter(|at| *at > 0 && last.bytes().any(|byte| byte.is_ascii_lowercase()));
    user::token(seed, last.get(cut.unwrap_or(0)..).unwrap_or_default())
}

/// A line that is data by its shape: `Label: value`, a row of a table, a point of a list.
fn is_form(text: &str, line: &Line) -> bool {
    let text = text.trim();
    let marked =
        text.contains([':', '|', '\t', '=']) || text.starts_with(['-', '*', '•']) || line.commas >= 2;
    !text.is_empty()
        && text.len() <= 160
        && marked
        && line.words <= FEW_WORDS
        && !(line.ends && line.words > 4)
}
