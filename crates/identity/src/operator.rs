//! The operator credential, in `keys/operator`: what an agent of the same user does not have.
//!
//! The passphrase is kept as an Argon2id PHC string (RFC 9106) with OWASP's first recommendation of parameters (19 MiB,
//! 2 passes, 1 lane); tokens as SHA-256, which suffices for 256 random bits. Must never keep either itself. How often
//! somebody may try is the kernel's business.

use std::path::{Path, PathBuf};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use ringfence_model::control::Credential;
use ringfence_model::id::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::private::{self, Format, KeysError};
use crate::{Fill, hex, token};

/// Fewest characters of a passphrase.
pub const MIN_PASSPHRASE: usize = 12;

/// Most bytes of a passphrase and of a token's name.
const MAX_PASSPHRASE: usize = 1024;
const MAX_TOKEN_NAME: usize = 64;
/// Most tokens at a time.
const MAX_TOKENS: usize = 100;
/// What a stored hash may ask of us, in KiB and passes; ours asks for less.
const MAX_COST: (u32, u32) = (256 << 10, 16);

/// The operator credential of an installation: a passphrase, tokens, or both.
#[derive(Debug)]
pub struct OperatorCredential {
    passphrase: Option<PasswordHash>,
    tokens: Vec<(TokenInfo, [u8; 32])>,
}

/// What is known of a token that was minted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// The operator's name for it.
    pub name: String,
    /// When it was minted.
    pub created: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
    #[serde(default)]
    tokens: Vec<StoredToken>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredToken {
    name: String,
    created: Timestamp,
    sha256: String,
}

impl Format for Stored {
    const VERSION: u32 = 1;
}

/// Which of the operator's credentials was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The passphrase.
    Passphrase,
    /// The token of this name.
    Token(String),
}

impl OperatorCredential {
    /// The credential kept in `keys_dir`; none where none was ever set. One whose last token was revoked is still one,
    /// that nothing matches.
    ///
    /// # Errors
    /// [`KeysError`], above all for a file that others can read or write. The caller must then refuse operator verbs.
    pub fn load(keys_dir: &Path) -> Result<Option<Self>, KeysError> {
        let path = place(keys_dir);
        let malformed = |why: String| KeysError::Malformed { path: path.clone(), why };
        let Some(stored) = private::read::<Stored>(&path)? else { return Ok(None) };
        let passphrase =
            stored.passphrase.as_deref().map(parse).transpose().map_err(|why| malformed(why.to_string()))?;
        let tokens = stored.tokens.into_iter().map(|StoredToken { name, created, sha256 }| {
            let digest =
                hex::decode(&sha256).ok_or_else(|| malformed(format!("the digest of token {name:?}")))?;
            Ok((TokenInfo { name, created }, digest))
        });
        Ok(Some(Self { passphrase, tokens: tokens.collect::<Result<_, KeysError>>()? }))
    }

    /// Sets the passphrase, in place of an earlier one. Tokens stay. Takes 19 MiB and, on purpose, its
    /// time: not for a thread that serves others.
    ///
    /// # Errors
    /// [`KeysError::Unfit`] where it is too short or too long.
    pub fn set_passphrase(keys_dir: &Path, passphrase: &str, fill: Fill<'_>) -> Result<(), KeysError> {
        if passphrase.chars().count() < MIN_PASSPHRASE {
            return Err(KeysError::Unfit(
                "the passphrase is too short: take at least 12 characters, e.g. four or five words",
            ));
        }
        if passphrase.len() > MAX_PASSPHRASE {
            return Err(KeysError::Unfit("the passphrase is too long: take at most 1024 bytes"));
        }
        let mut salt = [0; 16];
        fill(&mut salt);
        let hash = Argon2::default()
            .hash_password_with_salt(passphrase.as_bytes(), &salt)
            .map_err(KeysError::Hash)?;
        change(keys_dir, |stored| {
            stored.passphrase = Some(hash.to_string());
            Ok(())
        })
    }

    /// Mints a token under a name that no other token has. It is returned this once and cannot be had again.
    ///
    /// # Errors
    /// [`KeysError::Unfit`] for a name that is taken, empty or not printable ASCII, and where there are too many tokens.
    pub fn mint_token(
        keys_dir: &Path,
        name: &str,
        created: Timestamp,
        fill: Fill<'_>,
    ) -> Result<String, KeysError> {
        let printable = name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !(1..=MAX_TOKEN_NAME).contains(&name.len()) || !printable {
            return Err(KeysError::Unfit("a token's name has 1 to 64 printable ASCII characters"));
        }
        let token = token::mint(fill);
        let sha256 = token::digest_of(&token).map(|digest| hex::encode(&digest)).unwrap_or_default();
        change(keys_dir, |stored| {
            if stored.tokens.iter().any(|token| token.name == name) {
                return Err(KeysError::Unfit("there is a token of that name: revoke it first"));
            }
            if stored.tokens.len() >= MAX_TOKENS {
                return Err(KeysError::Unfit("there are 100 tokens: revoke one first"));
            }
            stored.tokens.push(StoredToken { name: name.to_owned(), created, sha256 });
            Ok(())
        })?;
        Ok(token)
    }

    /// Revokes the token of that name; false where there is none.
    ///
    /// # Errors
    /// [`KeysError`] where the file cannot be read or written.
    pub fn revoke_token(keys_dir: &Path, name: &str) -> Result<bool, KeysError> {
        let Some(stored) = private::read::<Stored>(&place(keys_dir))? else { return Ok(false) };
        if !stored.tokens.iter().any(|token| token.name == name) {
            return Ok(false);
        }
        change(keys_dir, |stored| {
            stored.tokens.retain(|token| token.name != name);
            Ok(())
        })?;
        Ok(true)
    }

    /// The tokens in force, oldest first.
    pub fn tokens(&self) -> impl Iterator<Item = &TokenInfo> {
        self.tokens.iter().map(|(info, _)| info)
    }

    /// True when a passphrase is set.
    #[must_use]
    pub const fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// True when `credential` is the operator's; as [`Self::identify`].
    #[must_use]
    pub fn verify(&self, credential: &Credential) -> bool {
        self.identify(credential).is_some()
    }

    /// Which of the operator's credentials this is, if it is one. The time it takes does not depend on how much of it is
    /// right; a passphrase takes 19 MiB and, on purpose, its time: not for a thread that serves others.
    #[must_use]
    pub fn identify(&self, credential: &Credential) -> Option<Shown> {
        match credential {
            Credential::Passphrase(given) => {
                let hash = self.passphrase.as_ref().filter(|_| given.len() <= MAX_PASSPHRASE)?;
                Argon2::default().verify_password(given.as_bytes(), hash).ok().map(|()| Shown::Passphrase)
            }
            Credential::Token(given) => {
                let given = token::digest_of(given)?;
                // All of them, whichever it is.
                let found = self.tokens.iter().fold(None, |found, (info, digest)| {
                    if bool::from(digest.ct_eq(&given)) { Some(info) } else { found }
                });
                found.map(|info| Shown::Token(info.name.clone()))
            }
        }
    }
}

fn place(keys_dir: &Path) -> PathBuf {
    keys_dir.join("operator")
}

fn change(keys_dir: &Path, edit: impl FnOnce(&mut Stored) -> Result<(), KeysError>) -> Result<(), KeysError> {
    let path = place(keys_dir);
    let mut stored = private::read::<Stored>(&path)?.unwrap_or_default();
    edit(&mut stored)?;
    private::write(&path, &stored)
}

/// Why a stored hash is not used.
#[derive(Debug, thiserror::Error)]
enum BadHash {
    #[error("the passphrase's hash: {0}")]
    Unreadable(argon2::password_hash::phc::Error),
    #[error("the parameters of the passphrase's hash: {0}")]
    Parameters(argon2::password_hash::Error),
    #[error("the passphrase's hash is not of Argon2id")]
    Algorithm,
    #[error("the passphrase's hash asks for too much memory or time")]
    Cost,
}

fn parse(phc: &str) -> Result<PasswordHash, BadHash> {
    let hash = PasswordHash::new(phc).map_err(BadHash::Unreadable)?;
    if hash.algorithm != argon2::ARGON2ID_IDENT || hash.hash.is_none() || hash.salt.is_none() {
        return Err(BadHash::Algorithm);
    }
    let params = Params::try_from(&hash).map_err(BadHash::Parameters)?;
    if params.m_cost() > MAX_COST.0 || params.t_cost() > MAX_COST.1 {
        return Err(BadHash::Cost);
    }
    Ok(hash)
}

#[cfg(test)]
mod tests;
