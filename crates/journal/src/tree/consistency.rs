//! That one tree is the beginning of another: RFC 9162 section 2.1.4. Pure.

use super::{Leaves, Tree, empty, node, split};
use crate::frame::Hash;

impl Tree {
    /// Shows that the tree of the first `old` leaves is the beginning of that of the first `new`: RFC 9162 section 2.1.4.1.
    /// `None` where there are not so many.
    pub(crate) fn consistency<L: Leaves>(
        &self,
        old: u64,
        new: u64,
        leaves: &mut L,
    ) -> Result<Option<Vec<Hash>>, L::Error> {
        if old > new || new > self.size {
            return Ok(None);
        }
        if old == 0 || old == new {
            return Ok(Some(Vec::new()));
        }
        let (mut start, mut end, mut proof) = (0, new, Vec::new());
        // Whether the part that begins at `start` is the whole of the old tree so far.
        let mut whole = true;
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                proof.push(self.range(middle, end, leaves)?);
                end = middle;
            } else {
                proof.push(self.range(start, middle, leaves)?);
                start = middle;
                whole = false;
            }
        }
        if !whole {
            proof.push(self.range(start, end, leaves)?);
        }
        proof.reverse();
        Ok(Some(proof))
    }
}

/// Whether `proof` shows that a tree of `old` leaves and this root is the beginning of the other: RFC 9162 section 2.1.4.2.
pub(crate) fn is_consistent(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    let ((old, old_root), (new, new_root)) = (old, new);
    if old > new {
        return false;
    }
    if old == new || old == 0 {
        return proof.is_empty() && (old != new || old_root == new_root) && (old != 0 || old_root == empty());
    }
    let own = [old_root];
    let mut path = if old.is_power_of_two() { own.iter().chain(proof) } else { [].iter().chain(proof) };
    let (mut first, mut last) = (old - 1, new - 1);
    while first & 1 == 1 {
        first >>= 1;
        last >>= 1;
    }
    let Some(start) = path.next() else { return false };
    let (mut before, mut after) = (*start, *start);
    for hash in path {
        if last == 0 {
            return false;
        }
        if first & 1 == 1 || first == last {
            before = node(hash, &before);
            after = node(hash, &after);
            while first & 1 == 0 && first != 0 {
                first >>= 1;
                last >>= 1;
            }
        } else {
            after = node(&after, hash);
        }
        first >>= 1;
        last >>= 1;
    }
    last == 0 && before == old_root && after == new_root
}
