//! What can go wrong with a log. Data only; surfaces put it into words for people.

use std::fmt;
use std::io;

/// Why the journal could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process (or this one) has this journal open for writing.
    #[error("another kernel holds this journal")]
    Locked,
    /// The operating system said no.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, e.g. `append to the journal`.
        what: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// The log is not what was written.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A format version that this build does not know.
    #[error("the journal has format version {found}; this build reads version {known}")]
    Version {
        /// The version in the file.
        found: u32,
        /// The version of this build.
        known: u32,
    },
    /// A file that is named like a segment and was not named by any build.
    #[error("the journal has a segment {name:?}, which is no name of one")]
    Segment {
        /// Name of the file.
        name: String,
    },
    /// An earlier failure left the end of the log in doubt: nothing more is appended until it is opened anew.
    #[error("the journal failed earlier and takes no more entries until it is opened again")]
    Failed,
    /// An entry over [`MAX_ENTRY`](crate::MAX_ENTRY).
    #[error("an entry of {bytes} bytes is over the limit of {limit}", limit = crate::MAX_ENTRY)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// An entry that cannot be written as JSON.
    #[error("an entry cannot be written: {0}")]
    Encode(#[source] serde_json::Error),
    /// There is no such entry.
    #[error("the journal has no entry {index}")]
    NoEntry {
        /// Which one.
        index: u64,
    },
    /// An entry that a build before 0.2 wrote: as part of the log it is proven, alone it cannot be.
    #[error("entry {index} was not written as canonical JSON, so it cannot be proven apart from the log")]
    NotCanonical {
        /// Which one.
        index: u64,
    },
    /// An entry whose bytes are as written but that this build cannot read: a newer build wrote it.
    #[error("entry {index} cannot be read by this build: {source}")]
    Decode {
        /// Which entry.
        index: u64,
        /// Why.
        source: serde_json::Error,
    },
}

impl JournalError {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    pub(crate) fn nothing() -> Self {
        Self::Io { what: "find a journal", source: io::ErrorKind::NotFound.into() }
    }
}

/// The first place where a log is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}, at byte {offset} of {segment:020}.rfj: {what}")]
pub struct Broken {
    /// Index of the entry, counted from 0; of the first one of the segment when its header is at fault.
    pub index: u64,
    /// The segment: the index of its first entry, which its file is named by.
    pub segment: u64,
    /// Where in the segment its frame begins.
    pub offset: u64,
    /// What is wrong.
    pub what: Fault,
}

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file does not begin with a whole and sound header.
    Header,
    /// The length disagrees with its own complement, is zero or over the limit.
    Length,
    /// The hash is not that of the entry and all before it.
    Hash,
    /// The file ends before an entry that had been read already.
    Shrunk,
    /// A later segment does not go on where this one ends.
    Gap,
    /// The log is shorter than what its key has signed.
    Cut,
    /// Entries up to here are not those that its key has signed.
    Unsigned,
    /// What stands in the place of a checkpoint is none that the log's key has signed.
    Checkpoint,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the header of the log is damaged",
            Self::Length => "its length field is damaged",
            Self::Hash => "it is not what was written: the hash chain breaks here",
            Self::Shrunk => "the log was cut off before it",
            Self::Gap => "entries are missing: the next segment does not go on here",
            Self::Cut => "the log was cut off here: its key has signed more entries",
            Self::Checkpoint => "the checkpoint is not one that the log's key has signed",
            Self::Unsigned => "the log up to here is not the one that its key has signed",
        })
    }
}
