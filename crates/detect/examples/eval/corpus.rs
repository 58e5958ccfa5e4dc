//! Rows of a corpus: gzip'd JSON lines. Must never write one anywhere.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// Where the corpora are.
pub(crate) struct Corpora(PathBuf);

/// One item of a corpus.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    /// Its name, stable over versions of the corpus.
    pub(crate) id: String,
    /// What the detectors see.
    pub(crate) text: String,
    /// What its authors say of it: a word, a count, or spans.
    pub(crate) label: Value,
    /// What else the set says of the row.
    #[serde(flatten)]
    pub(crate) extra: serde_json::Map<String, Value>,
}

impl Row {
    /// True when the label is `word`.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.label.as_str() == Some(word)
    }

    /// A further member, when it is a string.
    pub(crate) fn extra(&self, name: &str) -> Option<&str> {
        self.extra.get(name).and_then(Value::as_str)
    }
}

/// A corpus cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}. Set RINGFENCE_CORPORA to the folder of the corpora (docs/corpora.md)", path.display())]
pub(crate) struct CorpusError {
    path: PathBuf,
    source: std::io::Error,
}

impl Corpora {
    /// `$RINGFENCE_CORPORA`, else `../shared/corpora`.
    pub(crate) fn of_environment() -> Self {
        Self(std::env::var_os("RINGFENCE_CORPORA").map_or_else(|| "../shared/corpora".into(), PathBuf::from))
    }

    /// All rows of the set `name`, e.g. `secrets-noseyparker_examples`.
    pub(crate) fn rows(&self, name: &str) -> Result<Vec<Row>, CorpusError> {
        let path = self.0.join(format!("{name}.jsonl.gz"));
        let read = || -> std::io::Result<Vec<Row>> {
            let lines = BufReader::new(MultiGzDecoder::new(File::open(&path)?)).lines();
            lines.map(|line| serde_json::from_str(&line?).map_err(std::io::Error::from)).collect()
        };
        read().map_err(|source| CorpusError { path: path.clone(), source })
    }
}
