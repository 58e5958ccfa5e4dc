//! Asks witnesses to keep where the log stood: a file elsewhere, or a witness over HTTP (C2SP tlog-witness).
//!
//! Must never go on as if nothing were where a witness knows another log than ours.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use ringfence_journal::{BadKey, JournalError, WitnessKey, notes};
use ringfence_model::config::WitnessConfig;
use ringfence_net::{HttpClient, HttpOptions, endpoint};

/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most bytes of an answer.
const MOST_ANSWER: usize = 16 << 10;

/// Most bytes of the end of a witness file that are looked at: its last notes.
const MOST_TAIL: u64 = 64 << 10;

/// Most times a witness may name another size than before.
const ROUNDS: usize = 3;

/// Who keeps where the log stood.
#[derive(Debug)]
pub(crate) enum Witness {
    /// A file that checkpoints are added to.
    File(PathBuf),
    /// A witness over HTTP.
    Http(HttpWitness),
}

/// A witness over HTTP.
#[derive(Debug)]
pub struct HttpWitness {
    client: HttpClient,
    target: String,
    key: WitnessKey,
}

/// An entry of `witnesses` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadWitness {
    /// Neither a file nor a URL with its key, or more than one of them.
    #[error("a witness is a `file`, or a `url` with the witness's `key`")]
    Form,
    /// A file that means something else in another folder.
    #[error("the file of a witness must be named by an absolute path")]
    Relative,
    /// The URL.
    #[error("the URL of a witness must be https://, or http:// to an address of this machine")]
    Url,
    /// The key.
    #[error("the key of a witness: {0}")]
    Key(#[from] BadKey),
}

/// Why a witness did not keep it.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// It knows more entries than there are signed here: they were taken away here.
    #[error("it knows {0} entries, more than are signed here: the log was cut off, or put back")]
    Longer(u64),
    /// It knows another log under this name.
    #[error("it knows another log of this name: one of the two was written anew")]
    Split,
    /// It does not want this log.
    #[error("it refuses: {0}")]
    Refused(StatusCode),
    /// Its answer is not signed by its key.
    #[error("its answer is not signed by {0}")]
    Unsigned(String),
    /// It cannot be reached, or does not speak the protocol.
    #[error("it cannot be asked: {0}")]
    Silent(String),
    /// The log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file.
    #[error("its file: {0}")]
    File(#[from] io::Error),
}

impl WitnessError {
    /// The witness knows another log: this is no matter of trying again.
    pub(crate) const fn disagrees(&self) -> bool {
        match self {
            Self::Longer(_) | Self::Split | Self::Journal(JournalError::Broken(_)) => true,
            Self::Refused(_) | Self::Unsigned(_) | Self::Silent(_) | Self::File(_) | Self::Journal(_) => {
                false
            }
        }
    }
}

impl Witness {
    pub(crate) fn new(config: &WitnessConfig) -> Result<Self, BadWitness> {
        match (&config.file, &config.url, &config.key) {
            (Some(file), None, None) if file.is_absolute() => Ok(Self::File(file.clone())),
            (Some(_), None, None) => Err(BadWitness::Relative),
            (None, Some(url), Some(key)) => Ok(Self::Http(HttpWitness::new(url, key.parse()?)?)),
            _ => Err(BadWitness::Form),
        }
    }

    /// As people know it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Http(witness) => witness.key.name().to_owned(),
        }
    }
}

/// The last checkpoint in the file of a witness; none where there is no file, or nothing in it.
///
/// # Errors
/// Where it cannot be read.
pub fn last(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let from = file.metadata()?.len().saturating_sub(MOST_TAIL);
    io::Seek::seek(&mut file, io::SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST_TAIL).read_to_end(&mut bytes)?;
    // Where the end is no whole note it is taken for one, and no key has signed it.
    Ok(notes(&String::from_utf8_lossy(&bytes)).pop())
}

/// Adds a checkpoint to the file of a witness.
pub(crate) fn add(path: &Path, note: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(note.as_bytes())?;
    file.sync_data()
}

impl HttpWitness {
    /// The witness at `url`. Nothing connects yet.
    ///
    /// # Errors
    /// [`BadWitness::Url`].
    pub fn new(url: &str, key: WitnessKey) -> Result<Self, BadWitness> {
        let url = endpoint(url).ok_or(BadWitness::Url)?;
        let options = HttpOptions { connections: 1, idle: 1, ..HttpOptions::default() };
        let client = HttpClient::new(&url, options).map_err(|_| BadWitness::Url)?;
        let target = format!("{}/add-checkpoint", url.path().trim_end_matches('/'));
        Ok(Self { client, target, key })
    }

    /// Has it keep the checkpoint that `body` asks for, given how many entries the witness knows. Returns when it signed it, in
    /// seconds since 1970.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub async fn submit(
        &self,
        mut body: impl FnMut(u64) -> Result<Option<String>, JournalError>,
    ) -> Result<u64, WitnessError> {
        let mut known = 0;
        for _ in 0..ROUNDS {
            let asked = body(known)?.ok_or(WitnessError::Longer(known))?;
            let (status, answer) = tokio::time::timeout(PATIENCE, self.post(asked.clone()))
                .await
                .map_err(|_| WitnessError::Silent("no answer in time".to_owned()))??;
            match status {
                StatusCode::OK => {
                    let note = asked.split_once("\n\n").map_or("", |(_, note)| note);
                    return self
                        .key
                        .signed(note, &answer)
                        .ok_or_else(|| WitnessError::Unsigned(self.key.name().to_owned()));
                }
                StatusCode::CONFLICT => {
                    let size = answer.trim().parse().ok().filter(|size| *size != known);
                    known = size.ok_or(WitnessError::Split)?;
                }
                StatusCode::UNPROCESSABLE_ENTITY => return Err(WitnessError::Split),
                other => return Err(WitnessError::Refused(other)),
            }
        }
        Err(WitnessError::Silent("it names another size each time".to_owned()))
    }

    async fn post(&self, body: String) -> Result<(StatusCode, String), WitnessError> {
        let silent = |error: &dyn ToString| WitnessError::Silent(error.to_string());
        let request = Request::post(&self.target)
            .header(CONTENT_TYPE, "text/plain")
            .header(USER_AGENT, concat!("ringfence/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| silent(&error))?;
        let response = self.client.send(request).await.map_err(|error| silent(&error))?;
        let status = response.status();
        let answer = Limited::new(response.into_body(), MOST_ANSWER).collect().await;
        let answer = answer.map_err(|error| silent(&error))?.to_bytes();
        Ok((status, String::from_utf8_lossy(&answer).into_owned()))
    }
}
