//! The params of a request of ours, kept member by member until the message is written, so that a long argument is
//! copied once. Must never hold a key twice.

use std::borrow::Cow;

use ringfence_model::json::{Json, JsonText};

/// The member of params that the protocol keeps for itself.
pub(crate) const META: &str = "_meta";

/// The members of params, in order; `None` where the request has no params.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Params(Option<Vec<Member>>);

/// A member's name and value.
type Member = (Cow<'static, str>, JsonText);

impl Params {
    /// An object of these members. Keys must differ.
    #[must_use]
    pub fn of(members: impl IntoIterator<Item = (&'static str, JsonText)>) -> Self {
        Self(Some(members.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect()))
    }

    /// The member `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&JsonText> {
        self.members().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Puts `value` where the member `key` stands, or in front of all others; none takes it out.
    pub(crate) fn set(&mut self, key: &'static str, value: Option<JsonText>) {
        let place = self.0.as_ref().and_then(|members| members.iter().position(|(name, _)| name == key));
        match (place, value) {
            (None, None) => {}
            (None, Some(value)) => self.0.get_or_insert_default().insert(0, (Cow::Borrowed(key), value)),
            (Some(place), value) => {
                let members = self.0.get_or_insert_default();
                match (members.get_mut(place), value) {
                    (Some(member), Some(value)) => member.1 = value,
                    (_, _) => drop(members.remove(place)),
                }
            }
        }
    }

    /// True where the request has params, if only `{}`.
    pub(crate) const fn are_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &JsonText)> {
        self.0.iter().flatten().map(|(key, value)| (&**key, value))
    }
}

impl From<JsonText> for Params {
    fn from(params: JsonText) -> Self {
        let owned = |(key, value): (Json<'_>, Json<'_>)| {
            (Cow::Owned(key.as_str().unwrap_or_default().into_owned()), params.share(value))
        };
        Self(Some(params.value().members().map(owned).collect()))
    }
}

impl From<Option<JsonText>> for Params {
    fn from(params: Option<JsonText>) -> Self {
        params.map(Self::from).unwrap_or_default()
    }
}
